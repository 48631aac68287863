/* arguments.c - the words of the command line, with @FILE replaced by the words in FILE. Words are separated by white
 * space; '..' and ".." keep it, a backslash keeps the next character, # at the start of a word begins a comment. */
#include <string.h>
#include "compiler/driver/driver.h"

enum { DEPTH = 10 };

int arguments_split(Arena *a, const char *p, Arguments *args)
{
    while (*p) {
        p += strspn(p, " \t\r\n");
        if (*p == '#') { p += strcspn(p, "\n"); continue; }
        if (!*p) break;
        Out w;
        out_init(&w, a);
        for (char quote = 0; *p && (quote || !strchr(" \t\r\n", *p)); p++) {
            if (quote && *p == quote) quote = 0;
            else if (!quote && (*p == '"' || *p == '\'')) quote = *p;
            else if (*p == '\\' && quote != '\'' && p[1]) out_n(&w, ++p, 1);
            else out_n(&w, p, 1);
            if (quote && !p[1]) return 0;
        }
        const char *word = arena_str(a, w.n ? w.at : "", w.n);
        vec_push(a, &args->list, word);
    }
    return 1;
}

static int add(Arguments *args, Ctx *ctx, const char *word, int depth)
{
    const char *why = NULL;
    if (word[0] != '@' || !word[1]) {
        vec_push(ctx->perm, &args->list, word);
        return 0;
    }
    if (depth >= DEPTH) return usage("%s: files of arguments include each other", word);
    Source *s = source_read(&ctx->sources, word + 1, &why);
    if (!s) return usage("cannot read %s", arena_printf(ctx->perm, "%s: %s", word + 1, why));
    ctx->sources.list.n--;                          /* not a source of the model */
    Arguments inner = {{0}};
    if (!arguments_split(ctx->perm, s->text, &inner)) return usage("%s: a quote is not closed", word + 1);
    for (int k = 0; k < inner.list.n; k++) {
        int st = add(args, ctx, inner.list.at[k], depth + 1);
        if (st) return st;
    }
    return 0;
}

int arguments_read(Arguments *args, Ctx *ctx, int argc, char **argv)
{
    memset(args, 0, sizeof *args);
    for (int k = 1; k < argc; k++) {
        int st = add(args, ctx, argv[k], 0);
        if (st) return st;
    }
    return 0;
}
