/* program.c - programs over tokens (.rasp): from tokens, as written or as JSON, to the inputs of the model that the frontend
 * made of them, and from its outputs back. Takes one input a call, prints one line for each. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/base/json.h"
#include "compiler/driver/driver.h"
#include "frontends/tfx/tfx.h"

int is_program(const Options *o) { return o->input && ends_with(o->input, ".rasp"); }

static int64_t max_length(Ctx *ctx)
{
    for (int k = 0; k < ctx->defines.n; k++) {
        Define *d = &ctx->defines.at[k];
        if (strcmp(d->name, "T")) continue;
        char *end;
        long long n = strtoll(d->value, &end, 10);
        d->used = 1;
        if (*end || n < 1 || n > 10000000) diag_error(&ctx->diag, span_none(), "rasp-length", "-D T=%s: the largest length is 1..10000000", d->value);
        else return n;
    }
    return 256;
}

Source *program_source(const Options *o, Ctx *ctx, Source *s, RaspProgram **program, const RaspEntry **entry)
{
    const char *want = o->calls.n ? o->calls.at[0]->entry : NULL, *all = "";
    RaspProgram *p = rasp_load(ctx, s, max_length(ctx));
    if (!p) return NULL;
    const RaspEntry *e = p->entries.n && !want ? &p->entries.at[p->entries.n - 1] : NULL;
    for (int k = 0; k < p->entries.n; k++) {
        if (want && !strcmp(p->entries.at[k].name, want)) e = &p->entries.at[k];
        all = arena_printf(ctx->perm, "%s%s%s", all, k ? ", " : "", p->entries.at[k].name);
    }
    if (!e) {
        diag_error(&ctx->diag, span_none(), "rasp-entry", "%s: there is no s-op '%s'; the program has %s", o->input, want ? want : "", *all ? all : "none");
        return NULL;
    }
    if (program) *program = p;
    if (entry) *entry = e;
    vec_push(ctx->perm, &ctx->diag.disabled, "index-unproved");      /* what may fail at run time is meant to be checked there */
    Ctx *c = ctx;
    for (int k = 0; k < c->defines.n; k++)
        if (!strcmp(c->defines.at[k].name, "T")) c->defines.at[k] = c->defines.at[--c->defines.n];
    return source_add(&ctx->sources, arena_printf(ctx->perm, "%s.tfx", e->name), e->text, strlen(e->text), 0);
}

/* ---- tokens ---- */

typedef struct Token { const char *text; double num; int is_text, is_float, is_bool; } Token;
typedef struct Tokens { VEC(Token) v; } Tokens;

/* The shortest digits that read back as x, in the form that Python gives them: 10.0, 0.0001, 1e-05, 1e+16. */
static const char *real_text(Arena *a, double x)
{
    char digits[40];
    int p = 0, at;
    if (!(x < 0 || x > 0) && !isnan(x)) return "0.0";          /* no difference is made between the zeros */
    if (!isfinite(x)) return isnan(x) ? "nan" : x < 0 ? "-inf" : "inf";
    do snprintf(digits, sizeof digits, "%.*e", p, x); while (strtod(digits, NULL) != x && ++p < 17);
    at = atoi(strchr(digits, 'e') + 1);
    if (at >= -4 && at < 16) return arena_printf(a, "%.*f", p - at > 1 ? p - at : 1, x);
    return arena_printf(a, "%s", digits);
}

static int token_of(Ctx *ctx, const Json *j, const char *text, Token *t)
{
    (void)text;
    *t = (Token){.num = j->num};
    switch (j->kind) {
    case JSON_string: t->text = j->str; t->is_text = 1; return 1;
    case JSON_bool: t->num = j->boolean; t->is_bool = 1; t->text = j->boolean ? "True" : "False"; return 1;
    case JSON_number:
        t->is_float = !j->is_integer;
        t->text = j->is_integer ? arena_printf(ctx->perm, "%lld", (long long)j->integer) : real_text(ctx->perm, j->num);
        return 1;
    default: return 0;
    }
}

static void characters(Ctx *ctx, const char *s, Tokens *to)
{
    while (*s) {
        size_t n = 1;
        while (((unsigned char)s[n] & 0xC0) == 0x80) n++;
        Token t = {.text = arena_str(ctx->perm, s, n), .is_text = 1};
        vec_push(ctx->perm, &to->v, t);
        s += n;
    }
}

static int wrong(const char **why, const char *what) { return *why = what, 0; }

static int tokens_read(Ctx *ctx, const Options *o, const char *input, Tokens *to, const char **fault)
{
    const char *why;
    size_t at;
    memset(to, 0, sizeof *to);
    if (!o->json_io) characters(ctx, input, to);
    else {
        Json *j = json_parse(ctx->perm, input, strlen(input), &why, &at);
        if (!j) return wrong(fault, arena_printf(ctx->perm, "no JSON: %s at character %zu", why, at + 1));
        if (j->kind == JSON_string) characters(ctx, j->str, to);
        else if (j->kind != JSON_array) return wrong(fault, "a text or a list of tokens is wanted");
        for (const Json *k = j->kind == JSON_array ? j->first : NULL; k; k = k->next) {
            Token t;
            if (!token_of(ctx, k, input, &t)) return wrong(fault, "a token is a text, a number or a truth value");
            vec_push(ctx->perm, &to->v, t);
        }
    }
    return to->v.n ? 1 : wrong(fault, "at least one token is wanted");
}

static int64_t code_of(Ctx *ctx, RaspProgram *p, const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    int n = u[0] < 0x80 ? 1 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
    if (u[0] && strlen(s) == (size_t)n) {
        int64_t c = n == 1 ? u[0] : u[0] & (0x7F >> n);
        for (int k = 1; k < n; k++) c = c << 6 | (u[k] & 0x3F);
        return c;
    }
    for (int k = 0; k < p->texts.n; k++) if (!strcmp(p->texts.at[k], s)) return RASP_TEXTS + k;
    vec_push(ctx->perm, &p->texts, s);
    return RASP_TEXTS + p->texts.n - 1;
}

static int whole(const Token *t, double *to)
{
    char *end;
    if (!t->is_text) { *to = trunc(t->num); return 1; }
    long long v = strtoll(t->text, &end, 10);
    *to = (double)v;
    return end != t->text && !*end;
}

static int real(const Token *t, double *to)
{
    char *end;
    if (!t->is_text) { *to = t->num; return 1; }
    *to = strtod(t->text, &end);
    return end != t->text && !*end;
}

static int input_value(Ctx *ctx, RaspProgram *p, int base, const Tokens *k, const char **fault, Value *to)
{
    static const DType types[] = {DT_i32, DT_i32, DT_f64, DT_bool};
    int64_t n = k->v.n;
    *to = value_new(ctx->perm, base < 0 ? DT_i32 : types[base], 1, &n);
    for (int64_t i = 0; base >= 0 && i < n; i++) {
        const Token *t = &k->v.at[i];
        double x = 0;
        int ok = base == BASE_int ? whole(t, &x) && fabs(x) < 2147483648.0 : base == BASE_float ? real(t, &x) : 1;
        if (!ok) return wrong(fault, arena_printf(ctx->perm, "'%s' is no %s", t->text, base == BASE_int ? "integer of 32 bits" : "number"));
        if (base == BASE_tokens) to->i[i] = code_of(ctx, p, t->text);
        else if (base == BASE_bool) to->i[i] = t->is_text ? *t->text != 0 : t->num < 0 || t->num > 0;
        else if (base == BASE_int) to->i[i] = (int64_t)x;
        else to->f[i] = x;
    }
    return 1;
}

/* ---- results ---- */

static const char *text_of(Ctx *ctx, const RaspProgram *p, int64_t c)
{
    if (c >= RASP_TEXTS && c - RASP_TEXTS < p->texts.n) return p->texts.at[c - RASP_TEXTS];
    unsigned u = (unsigned)c;
    if (u < 0x80) return arena_printf(ctx->perm, "%c", (char)u);
    if (u < 0x800) return arena_printf(ctx->perm, "%c%c", (char)(0xC0 | u >> 6), (char)(0x80 | (u & 63)));
    if (u < 0x10000) return arena_printf(ctx->perm, "%c%c%c", (char)(0xE0 | u >> 12), (char)(0x80 | (u >> 6 & 63)), (char)(0x80 | (u & 63)));
    return arena_printf(ctx->perm, "%c%c%c%c", (char)(0xF0 | u >> 18), (char)(0x80 | (u >> 12 & 63)), (char)(0x80 | (u >> 6 & 63)), (char)(0x80 | (u & 63)));
}

static void quoted(Out *o, const char *s)
{
    out_s(o, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') out_f(o, "\\%c", *s);
        else if ((unsigned char)*s < 32) out_f(o, "\\u%04x", (unsigned char)*s);
        else out_n(o, s, 1);
    }
    out_s(o, "\"");
}

static int tag_at(const RaspEntry *e, const Value *out, int64_t k)
{
    return e->out.type == RT_mixed ? (int)out[1].i[k] : e->out.type == RT_int ? TAG_int : e->out.type == RT_bool ? TAG_bool : TAG_float;
}

static const char *joined(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t k)
{
    const char *s = e->out.literal[0];
    for (int i = 0; i < e->out.nparts; i++) s = arena_printf(ctx->perm, "%s%s%s", s, text_of(ctx, p, out[i].i[k]), e->out.literal[i + 1]);
    return s;
}

/* As the reference prints it: floats with three digits at most, T and F, texts bare. */
static const char *shown(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t k)
{
    if (e->out.type == RT_text) return joined(ctx, p, e, out, k);
    double x = out->f ? out->f[k] : (double)out->i[k];
    int tag = tag_at(e, out, k);
    if (tag == TAG_bool) return x < 0 || x > 0 ? "T" : "F";
    if (tag == TAG_int) return arena_printf(ctx->perm, "%lld", out->f ? (long long)x : (long long)out->i[k]);
    return real_text(ctx->perm, nearbyint(x * 1000) / 1000);
}

static void print_reference(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o)
{
    static const char *const kinds[] = {"ints", "floats", "bools", "strings"};
    int same = n > 1, kind = e->out.type;
    if (kind == RT_mixed) {                             /* the kind of what is there now */
        int floats = 0, ints = 0;
        for (int64_t k = 0; k < n; k++) {
            floats |= out[1].i[k] == TAG_float;
            ints |= out[1].i[k] == TAG_int;
        }
        kind = floats ? RT_float : ints ? RT_int : RT_bool;
    }
    for (int64_t k = 1; same && k < n; k++) same = !strcmp(shown(ctx, p, e, out, 0), shown(ctx, p, e, out, k));
    out_s(o, "[");
    for (int64_t k = 0; k < (same ? 1 : n); k++) out_f(o, "%s%s", k ? ", " : "", shown(ctx, p, e, out, k));
    out_s(o, "]");
    if (same) out_f(o, "*%lld", (long long)n);
    out_f(o, " (%s)\n", kinds[kind]);
}

static void print_json(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o)
{
    out_s(o, "[");
    for (int64_t k = 0; k < n; k++) {
        if (k) out_s(o, ", ");
        int tag = tag_at(e, out, k);
        double x = out->f ? out->f[k] : (double)out->i[k];
        if (e->out.type == RT_text) quoted(o, joined(ctx, p, e, out, k));
        else if (tag == TAG_bool) out_s(o, x < 0 || x > 0 ? "true" : "false");
        else if (tag == TAG_int && out->f) out_f(o, "%lld", (long long)x);
        else if (tag == TAG_int) out_f(o, "%lld", (long long)out->i[k]);
        else out_s(o, real_text(ctx->perm, x));
    }
    out_s(o, "]\n");
}

/* ---- runs ---- */

int program_call(ProgramRunner *r, const char *input, Out *text, const char **fault)
{
    Tokens k;
    Value in[BASE_COUNT], *out;
    int n = 0, status;
    const Entry *e = r->m->entries.at[0];
    int64_t dims[1];
    const char *why = NULL;
    if (!tokens_read(r->ctx, r->o, input, &k, fault)) return 0;
    dims[0] = k.v.n;
    for (int b = 0; b < BASE_COUNT; b++)
        if (r->e->uses[b] && !input_value(r->ctx, r->p, b, &k, fault, &in[n++])) return 0;
    if (!n) input_value(r->ctx, r->p, -1, &k, fault, &in[0]);
    out = NEWN(r->ctx->perm, Value, e->outputs.n + 1);
    for (int j = 0; j < e->outputs.n; j++) out[j] = value_new(r->ctx->perm, e->outputs.at[j].node->dtype, 1, dims);
    if (r->ip) status = (int)interp_run(r->ip, e, dims, in, out, NULL, &why);
    else status = host_call(r->host, 0, dims, in, out);
    if (status) return wrong(fault, status == 1 && k.v.n > max_length(r->ctx) ? "it is too long; -D T=N allows N tokens" : status_text(status));
    (r->o->json_io ? print_json : print_reference)(r->ctx, r->p, r->e, out, k.v.n, text);
    return 1;
}

/* The reference tries every s-op on the example and takes none that fails; so do we, with the interpreter. */
int program_example(const Options *o, Ctx *ctx, RaspProgram *p, const RaspEntry *e, const Module *m)
{
    Options json = *o;
    Out text;
    ProgramRunner r = {ctx, &json, p, e, (Module *)(uintptr_t)m, interp_new(m, ctx->perm), NULL};
    json.json_io = 1;
    out_init(&text, ctx->perm);
    const char *why = NULL;
    if (program_call(&r, p->example, &text, &why)) return 1;
    diag_error(&ctx->diag, e->span, "rasp-example", "the s-op '%s' fails on the example %s: %s; `set example ..` gives another", e->name, p->example, why);
    return 0;
}

int program_open(ProgramRunner *r)
{
    const char *why = NULL;
    Source *s = source_read(&r->ctx->sources, r->o->input, &why);
    if (!s) return diag_error(&r->ctx->diag, span_none(), "cannot-read", "%s: %s", r->o->input, why), EXIT_INPUT;
    Source *text = program_source(r->o, r->ctx, s, &r->p, &r->e);
    r->m = text ? tfx_load(r->ctx, text, NULL) : NULL;
    if (!r->m || !program_example(r->o, r->ctx, r->p, r->e, r->m)) return EXIT_INPUT;
    if (r->o->interpret) { r->ip = interp_new(r->m, r->ctx->perm); return 0; }
    if (opt_run(r->m, &r->o->opt)) return EXIT_INPUT;
    Plan *p = model_plan(r->ctx, r->m);
    r->host = p ? host_build(r->ctx, p) : NULL;
    return r->host ? 0 : p ? EXIT_USAGE : EXIT_INPUT;
}

void program_close(ProgramRunner *r) { if (r->host) host_close(r->host); }

static int say(ProgramRunner *r, const char *input, Out *text)
{
    const char *why = NULL;
    if (program_call(r, input, text, &why)) return 1;
    fprintf(stderr, "tfxc: input %s: %s\n", input, why);
    return 0;
}

/* One input after the other; all are tried, the first failure makes the exit status. */
int program_run(Options *o, Ctx *ctx)
{
    ProgramRunner r = {.ctx = ctx, .o = o};
    Out text;
    int bad = 0, st = program_open(&r);
    const char *why = NULL;
    if (st) return st;
    out_init(&text, ctx->perm);
    const CallSpec *c = o->calls.n ? o->calls.at[0] : NULL;
    for (int k = 0; c && k < c->args.n; k++) bad |= !say(&r, c->args.at[k], &text);
    if (o->inputs) {
        Source *s = source_read(&ctx->sources, o->inputs, &why);
        if (!s) return usage("cannot read %s", arena_printf(ctx->perm, "%s: %s", o->inputs, why));
        for (const char *p = s->text; *p;) {
            size_t n = strcspn(p, "\r\n");
            if (n) bad |= !say(&r, arena_str(ctx->perm, p, n), &text);
            p += n + strspn(p + n, "\r\n");
        }
    }
    if (text.n) fwrite(text.at, 1, text.n, stdout);
    program_close(&r);
    return bad ? EXIT_INPUT : 0;
}
