/* equiv.c - tfxc equiv: two programs over tokens on every input of an alphabet up to a length, shortest first: nothing is
 * sampled. Values and their kinds must be equal (1 is not 1.0); an input that both refuse counts as equal. */
#include <string.h>
#include "compiler/base/json.h"
#include "compiler/driver/driver.h"

enum { MOST_LETTERS = 64 };
typedef struct Letters { int n; const char *at[MOST_LETTERS]; } Letters;
typedef struct Equiv { ProgramRunner a, b; Letters l; int64_t inputs, differ, refused, length_differ, at[65]; /* at: of this length, how many differ at a position */ } Equiv;

static int letters_of(Arena *a, const char *s, Letters *l)
{
    while (s && *s) {
        size_t n = 1;
        while (((unsigned char)s[n] & 0xC0) == 0x80) n++;
        if (l->n == MOST_LETTERS || *s == '"' || *s == '\\' || (unsigned char)*s < 32) return 0;
        l->at[l->n++] = arena_str(a, s, n);
        s += n;
    }
    return l->n > 0;
}

/* The result as text, "" when it fails; memory of the call is that of `scratch`. */
static const char *result(ProgramRunner *r, Arena *scratch, const char *input, const char **why)
{
    Arena *keep = r->ctx->perm;
    Out text;
    r->ctx->perm = scratch;
    out_init(&text, scratch);
    *why = NULL;
    int ok = program_call(r, input, &text, why);
    r->ctx->perm = keep;
    return ok ? text.at : "";
}

static void show(const char *who, const char *text, const char *why) { printf("  %-24s %s%s", who, *text ? text : "fails: ", *text ? "" : why); if (!*text) printf("\n"); }

/* Which positions two results differ at. */
static void positions(Equiv *e, Arena *scratch, const char *a, const char *b)
{
    const char *why;
    size_t at;
    Json *x = *a ? json_parse(scratch, a, strlen(a), &why, &at) : NULL, *y = *b ? json_parse(scratch, b, strlen(b), &why, &at) : NULL;
    if (!x || !y) return;
    const Json *p = x->first, *q = y->first;
    for (int k = 0; p && q && k < 64; k++, p = p->next, q = q->next)
        e->at[k] += p->end - p->offset != q->end - q->offset || memcmp(a + p->offset, b + q->offset, p->end - p->offset);
}

static void one(Equiv *e, const char *input)
{
    Arena *scratch = arena_new();
    const char *why_a, *why_b, *a = result(&e->a, scratch, input, &why_a), *b = result(&e->b, scratch, input, &why_b);
    e->inputs++;
    e->refused += !*a && !*b;
    if (strcmp(a, b) && !e->differ++) {
        printf("they differ on %s\n", input);
        show(e->a.o->input, a, why_a);
        show(e->b.o->input, b, why_b);
    }
    if (strcmp(a, b)) {
        e->length_differ++;
        positions(e, scratch, a, b);
    }
    arena_free(scratch);
}

/* Every input of n letters, as a number with n digits. */
static void all_of_length(Equiv *e, int n)
{
    int digit[64] = {0};
    char text[64 * 4 + 3];
    int64_t before = e->inputs;
    e->length_differ = 0;
    memset(e->at, 0, sizeof e->at);
    for (;;) {
        char *p = text;
        *p++ = '"';
        for (int k = 0; k < n; k++) {
            size_t m = strlen(e->l.at[digit[k]]);
            memcpy(p, e->l.at[digit[k]], m);
            p += m;
        }
        *p++ = '"';
        *p = 0;
        one(e, text);
        int k = n - 1;
        while (k >= 0 && ++digit[k] == e->l.n) digit[k--] = 0;
        if (k < 0) break;
    }
    if (!e->differ) return;
    printf("  of %d tokens: %lld of %lld inputs differ; at each position", n, (long long)e->length_differ, (long long)(e->inputs - before));
    for (int k = 0; k < n; k++) printf(" %lld", (long long)e->at[k]);
    printf("\n");
}

static int open_both(Equiv *e, Options *o, Ctx *ctx, Options *ob, Ctx *other)
{
    ctx_again(other, ctx);
    if (other->diag.out != stderr) fclose(other->diag.out);
    other->diag.out = stderr;
    other->diag.json = ctx->diag.json;
    *ob = *o;
    ob->input = o->calls.at[0]->args.at[0];
    o->json_io = ob->json_io = 1;
    if (!is_program(o) || !is_program(ob)) return usage("%s", "equiv compares two programs over tokens (.rasp)");
    e->a = (ProgramRunner){.ctx = ctx, .o = o};
    e->b = (ProgramRunner){.ctx = other, .o = ob};
    int st = program_open(&e->a);
    if (st) return st;
    st = program_open(&e->b);
    diag_flush(&other->diag);
    if (st) program_close(&e->a);
    return st;
}

int equiv_verb(Options *o, Ctx *ctx)
{
    Equiv e = {0};
    Ctx other;
    Options ob;
    double inputs = 0, power = 1;
    if (o->calls.n != 1 || o->calls.at[0]->args.n != 1) return usage("%s", "equiv wants two programs");
    if (!letters_of(ctx->perm, o->alphabet, &e.l)) return usage("%s", "equiv wants --alphabet=LETTERS: up to 64 characters, no quotes");
    if (o->length < 1) return usage("%s", "--length is at least 1");
    for (int k = 0; k < o->length; k++) inputs += power *= e.l.n;
    if (inputs > 1e9) return usage("%s", "more than a thousand million inputs: take a smaller --length or --alphabet");
    int st = open_both(&e, o, ctx, &ob, &other);
    for (int n = 1; !st && n <= o->length; n++) all_of_length(&e, n);
    if (!st && e.differ) printf("%lld of %lld inputs differ\n", (long long)e.differ, (long long)e.inputs);
    else if (!st) printf("the same on all %lld inputs of 1..%d tokens%s\n", (long long)e.inputs, o->length, e.refused ? arena_printf(ctx->perm, " (%lld of them refused by both)", (long long)e.refused) : "");
    if (!st) { program_close(&e.a); program_close(&e.b); }
    ctx_close(&other);
    return st ? st : e.differ ? EXIT_INPUT : 0;
}
