/* learned.c - what stands before and behind the model of a learned program: words become codes, results become classes. */
#include <string.h>
#include "compiler/driver/program.h"

int words_read(Ctx *ctx, const Options *o, const char *input, Tokens *to, const char **fault)
{
    memset(to, 0, sizeof *to);
    if (o->json_io) {
        if (!tokens_read(ctx, o, input, to, fault)) return 0;
        for (int k = 0; k < to->v.n; k++)
            if (!to->v.at[k].is_text) return program_wrong(fault, arena_printf(ctx->perm, "%s is no text: tokens of a learned program are texts, \"%s\"", to->v.at[k].text, to->v.at[k].text));
        return 1;
    }
    for (const char *s = input + strspn(input, " \t"); *s; s += strspn(s, " \t")) {
        size_t n = strcspn(s, " \t");
        Token t = {.text = arena_str(ctx->perm, s, n), .is_text = 1};
        vec_push(ctx->perm, &to->v, t);
        s += n;
    }
    return to->v.n ? 1 : program_wrong(fault, "at least one token is wanted");
}

int learned_input(Ctx *ctx, const Tprog *t, const Tokens *k, const char **fault, Value *to)
{
    int64_t n = k->v.n;
    int unknown = 0;
    *to = value_new(ctx->perm, DT_i32, 1, &n);
    for (int w = 0; w < t->words.n; w++) unknown |= !strcmp(t->words.at[w], "<unk>");
    for (int64_t i = 0; i < n; i++) {
        to->i[i] = -1;
        for (int w = 0; w < t->words.n; w++) if (!strcmp(t->words.at[w], k->v.at[i].text)) to->i[i] = w;
        if (to->i[i] < 0) return program_wrong(fault, arena_printf(ctx->perm, "'%s' is no token of the program%s", k->v.at[i].text, unknown ? "; it has <unk> for what it does not know" : ""));
    }
    return 1;
}

void learned_print(const Tprog *t, int json, const Value *out, int64_t n, Out *o)
{
    if (json && !t->pooled) out_s(o, "[");
    for (int64_t i = 0; i < (t->pooled ? 1 : n); i++) {
        const char *name = t->classes.at[out[0].i[i]];
        if (i) out_s(o, json ? ", " : " ");
        if (json) json_quoted(o, name);
        else out_s(o, name);
    }
    out_s(o, json && !t->pooled ? "]\n" : "\n");
}
