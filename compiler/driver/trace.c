/* trace.c - tfxc trace: a program on one input, everything by name: the value of each s-op or variable at each position, the rows of
 * each selector, and with --why where one result comes from. Takes the program as written, gives text; nothing is compiled. */
#include <string.h>
#include <unistd.h>
#include "compiler/driver/program.h"
#include "compiler/inspect/why.h"
#include "frontends/tfx/tfx.h"

typedef struct Row { const char *name; int n; const char **cell; } Row;
typedef struct Trace { Ctx *ctx; Options *o; Program *p; Tokens tokens; VEC(Row) rows; Out text; int color; } Trace;

/* As wide as a terminal shows it: bytes that continue a character take no room. */
static int width(const char *s)
{
    int n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void cell(Trace *t, const char *s, int wide, const char *color)
{
    out_f(&t->text, "%*s%s%s%s", wide - width(s), "", t->color ? color : "", s, t->color && *color ? "\033[0m" : "");
}

static void row_add(Trace *t, const char *name, int n, const char **cells) { Row r = {name, n, cells}; vec_push(t->ctx->perm, &t->rows, r); }

/* Rows with a column a position; the first two are positions and tokens. */
static void print_rows(Trace *t)
{
    int names = 0, wide = 1;
    for (int k = 0; k < t->rows.n; k++) {
        if (width(t->rows.at[k].name) > names) names = width(t->rows.at[k].name);
        for (int i = 0; i < t->rows.at[k].n; i++) if (width(t->rows.at[k].cell[i]) > wide) wide = width(t->rows.at[k].cell[i]);
    }
    for (int k = 0; k < t->rows.n; k++) {
        out_f(&t->text, "%s%*s ", t->rows.at[k].name, names - width(t->rows.at[k].name), "");
        for (int i = 0; i < t->rows.at[k].n; i++) { out_s(&t->text, " "); cell(t, t->rows.at[k].cell[i], wide, k == 0 ? "\033[2m" : k == 1 ? "\033[1m" : ""); }
        out_s(&t->text, "\n");
    }
}

static const char **cells_new(Trace *t) { return NEWN(t->ctx->perm, const char *, t->tokens.v.n); }

static void head_rows(Trace *t)
{
    const char **number = cells_new(t), **token = cells_new(t);
    for (int i = 0; i < t->tokens.v.n; i++) {
        number[i] = arena_printf(t->ctx->perm, "%d", i);
        token[i] = t->tokens.v.at[i].text;
    }
    row_add(t, "position", t->tokens.v.n, number);
    row_add(t, "token", t->tokens.v.n, token);
}

/* ---- RASP ---- */

/* One text of the program on the tokens, by the interpreter. */
static int run_text(Trace *t, const RaspEntry *e, ProgramRunner *r, Why *why, Value **out)
{
    const char *fault = NULL;
    Program *p = arena_dup(t->ctx->perm, t->p, sizeof *p);
    p->entry = e;
    p->text = source_add(&t->ctx->sources, arena_printf(t->ctx->perm, "%s.tfx", e->name), e->text, strlen(e->text), 0);
    *r = (ProgramRunner){.ctx = t->ctx, .o = t->o, .p = p, .m = tfx_load(t->ctx, p->text, NULL)};
    if (!r->m) return 0;
    r->ip = interp_new(r->m, t->ctx->perm);
    if (why) { why->ip = r->ip; why->m = r->m; why->e = r->m->entries.at[0]; why_watch(why); }
    if (program_apply(r, &t->tokens, out, &fault)) return 1;
    fprintf(stderr, "tfxc: %s: %s\n", e->name, fault);
    return 0;
}

/* Truth values as the language prints them. */
static const char *letter(const char *s, const RaspEntry *e) { return e->out.type != RT_bool ? s : *s == 't' ? "T" : "F"; }

static int rasp_rows(Trace *t)
{
    int ok = 1, shown;
    for (int k = 0; k < t->p->rasp->entries.n; k++) {
        const RaspEntry *e = &t->p->rasp->entries.at[k];
        ProgramRunner r;
        Value *out;
        const char **c = cells_new(t);
        shown = run_text(t, e, &r, NULL, &out);
        ok &= shown;
        for (int i = 0; shown && i < t->tokens.v.n; i++) c[i] = letter(program_element(&r, out, i, 0), e);
        if (shown) row_add(t, e->name, t->tokens.v.n, c);
    }
    return ok;
}

static void selector_rows(Trace *t)
{
    int n = t->tokens.v.n;
    for (int k = 0; k < t->p->rasp->selectors.n; k++) {
        const RaspEntry *e = &t->p->rasp->selectors.at[k];
        ProgramRunner r;
        Value *out;
        int left = 0, wide = 1;
        if (!run_text(t, e, &r, NULL, &out)) continue;
        for (int i = 0; i < n; i++) {
            if (width(t->tokens.v.at[i].text) > wide) wide = width(t->tokens.v.at[i].text);
            if (width(t->tokens.v.at[i].text) + 4 > left) left = width(t->tokens.v.at[i].text) + 4;
        }
        out_f(&t->text, "\n%s: a row for each position that looks, a column for each that is looked at\n%*s", e->name, left + 1, "");
        for (int j = 0; j < n; j++) { out_s(&t->text, " "); cell(t, t->tokens.v.at[j].text, wide, "\033[1m"); }
        out_s(&t->text, "\n");
        for (int i = 0; i < n; i++) {
            out_f(&t->text, "%3d ", i);
            out_f(&t->text, "%s%*s ", t->tokens.v.at[i].text, left - 4 - width(t->tokens.v.at[i].text), "");
            for (int j = 0; j < n; j++) { out_s(&t->text, " "); cell(t, out[0].i[i * n + j] ? "1" : ".", wide, out[0].i[i * n + j] ? "\033[32m" : "\033[2m"); }
            out_s(&t->text, "\n");
        }
    }
}

static const char *token_text(void *user, const Node *n, int64_t at)
{
    const Trace *t = user;
    return at < t->tokens.v.n && (!n->name || strncmp(n->name, "tokens", 6) == 0) ? arena_printf(t->ctx->perm, t->tokens.v.at[at].is_text ? "\"%s\"" : "%s", t->tokens.v.at[at].text) : NULL;
}

static int rasp_why(Trace *t, int at)
{
    ProgramRunner r;
    Value *out;
    int64_t dims[1] = {t->tokens.v.n};
    Why w = {.dims = dims, .a = t->ctx->perm, .o = &t->text, .input_text = token_text, .user = t};
    if (!run_text(t, t->p->entry, &r, &w, &out)) return 0;
    out_f(&t->text, "\n%s[%d] is %s because\n", t->p->entry->name, at, program_element(&r, out, at, 0));
    const Entry *e = r.m->entries.at[0];
    for (int k = 0; k < e->outputs.n; k++) why_explain(&w, &e->outputs.at[k], at);
    return 1;
}

/* ---- learned programs ---- */

static int learned_trace(Trace *t)
{
    const Tprog *p = t->p->learned;
    int n = t->tokens.v.n;
    const char *fault = NULL;
    Value in;
    int32_t *tokens = NEWN(t->ctx->perm, int32_t, n), *out = NEWN(t->ctx->perm, int32_t, n);
    if (!learned_input(t->ctx, p, &t->tokens, &fault, &in) || n > p->most) {
        fprintf(stderr, "tfxc: %s\n", fault ? fault : arena_printf(t->ctx->perm, "it has %d tokens, the program takes %d", n, (int)p->most));
        return 0;
    }
    for (int i = 0; i < n; i++) tokens[i] = (int32_t)in.i[i];
    int32_t **value = tprog_values(p, t->ctx->perm, tokens, n);
    tprog_eval(p, t->ctx->perm, tokens, n, out);
    for (int k = 1; k < p->vars.n; k++) {
        const TpVar *v = p->vars.at[k];
        const char **c = cells_new(t), **from = cells_new(t);
        if (v->how == TP_ones || v->how == TP_positions) continue;
        for (int i = 0; i < n; i++) {
            c[i] = v->type == TP_token ? p->words.at[value[k][i]] : tprog_code_text(t->ctx->perm, p, v, value[k][i]);
            if (v->how == TP_closest) from[i] = arena_printf(t->ctx->perm, "@%d", (int)tprog_chosen(p, v, value, n, i));
        }
        if (v->how == TP_closest) row_add(t, arena_printf(t->ctx->perm, "%s from", v->name), n, from);
        row_add(t, v->name, n, c);
    }
    const char **c = cells_new(t);
    for (int i = 0; i < n; i++) c[i] = p->classes.at[out[p->pooled ? 0 : i]];
    row_add(t, "output", p->pooled ? 1 : n, c);
    print_rows(t);
    if (t->o->why < 0) return 1;
    out_f(&t->text, "\noutput[%d] is \"%s\" because\n", t->o->why, p->classes.at[out[p->pooled ? 0 : t->o->why]]);
    tprog_explain(t->ctx, p, tokens, n, t->o->why, &t->text);
    return 1;
}

int trace_verb(Options *o, Ctx *ctx)
{
    Trace t = {.ctx = ctx, .o = o};
    const char *why = NULL;
    if (!is_program(o)) return usage("%s", "trace shows programs over tokens (.rasp, .py); of a model, --trace and --taps");
    if (o->calls.n != 1 || o->calls.at[0]->args.n != 1) return usage("%s", "trace wants a program and one input");
    Source *s = source_read(&ctx->sources, o->input, &why);
    if (!s) return diag_error(&ctx->diag, span_none(), "cannot-read", "%s: %s", o->input, why), EXIT_INPUT;
    o->opt.level = 0;
    t.p = program_load(o, ctx, s);
    if (!t.p) return EXIT_INPUT;
    t.color = o->color > 0 || (o->color < 0 && isatty(1));
    if (!(t.p->learned ? words_read : tokens_read)(ctx, o, o->calls.at[0]->args.at[0], &t.tokens, &why)) { fprintf(stderr, "tfxc: %s\n", why); return EXIT_INPUT; }
    if (o->why >= t.tokens.v.n) return usage("--why: the last position is %s", arena_printf(ctx->perm, "%d", t.tokens.v.n - 1));
    out_init(&t.text, ctx->perm);
    head_rows(&t);
    int ok;
    if (t.p->learned) ok = learned_trace(&t);
    else {
        ok = rasp_rows(&t);
        print_rows(&t);
        selector_rows(&t);
        if (ok && o->why >= 0) ok = rasp_why(&t, o->why);
    }
    if (t.text.n) fwrite(t.text.at, 1, t.text.n, stdout);
    return ok ? 0 : EXIT_INPUT;
}
