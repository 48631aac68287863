/* tokens.c - what stands before and behind the model of a program over tokens: an input as written or as JSON becomes codes,
 * outputs become the line that is printed. Of RASP programs; those of learned programs are in learned.c. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/base/json.h"
#include "compiler/driver/program.h"

/* ---- tokens ---- */

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

int program_wrong(const char **why, const char *what) { return *why = what, 0; }

int tokens_read(Ctx *ctx, const Options *o, const char *input, Tokens *to, const char **fault)
{
    const char *why;
    size_t at;
    memset(to, 0, sizeof *to);
    if (!o->json_io) characters(ctx, input, to);
    else {
        Json *j = json_parse(ctx->perm, input, strlen(input), &why, &at);
        if (!j) return program_wrong(fault, arena_printf(ctx->perm, "no JSON: %s at character %zu", why, at + 1));
        if (j->kind == JSON_string) characters(ctx, j->str, to);
        else if (j->kind != JSON_array) return program_wrong(fault, "a text or a list of tokens is wanted");
        for (const Json *k = j->kind == JSON_array ? j->first : NULL; k; k = k->next) {
            Token t;
            if (!token_of(ctx, k, input, &t)) return program_wrong(fault, "a token is a text, a number or a truth value");
            vec_push(ctx->perm, &to->v, t);
        }
    }
    return to->v.n ? 1 : program_wrong(fault, "at least one token is wanted");
}

static int64_t code_of(RaspProgram *p, const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    int n = u[0] < 0x80 ? 1 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
    if (u[0] && strlen(s) == (size_t)n) {
        int64_t c = n == 1 ? u[0] : u[0] & (0x7F >> n);
        for (int k = 1; k < n; k++) c = c << 6 | (u[k] & 0x3F);
        return c;
    }
    for (int k = 0; k < p->texts.n; k++) if (!strcmp(p->texts.at[k], s)) return RASP_TEXTS + k;
    s = arena_str(p->arena, s, strlen(s));
    vec_push(p->arena, &p->texts, s);
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

int rasp_input(Ctx *ctx, RaspProgram *p, int base, const Tokens *k, const char **fault, Value *to)
{
    static const DType types[] = {DT_i32, DT_i32, DT_f64, DT_bool};
    int64_t n = k->v.n;
    *to = value_new(ctx->perm, base < 0 ? DT_i32 : types[base], 1, &n);
    for (int64_t i = 0; base >= 0 && i < n; i++) {
        const Token *t = &k->v.at[i];
        double x = 0;
        int ok = base == BASE_int ? whole(t, &x) && fabs(x) < 2147483648.0 : base == BASE_float ? real(t, &x) : 1;
        if (!ok) return program_wrong(fault, arena_printf(ctx->perm, "'%s' is no %s", t->text, base == BASE_int ? "integer of 32 bits" : "number"));
        if (base == BASE_tokens) to->i[i] = code_of(p, t->text);
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

void json_quoted(Out *o, const char *s)
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

void rasp_print(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o)
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

const char *rasp_element(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t k, int kinds)
{
    Out o;
    int tag = tag_at(e, out, k);
    double x = out->f ? out->f[k] : (double)out->i[k];
    if (e->out.type == RT_text && !kinds) return joined(ctx, p, e, out, k);
    out_init(&o, ctx->perm);
    if (e->out.type == RT_text) json_quoted(&o, joined(ctx, p, e, out, k));
    else if (tag == TAG_bool) out_s(&o, x < 0 || x > 0 ? "true" : "false");
    else if (tag == TAG_int && out->f) out_f(&o, "%lld", (long long)x);
    else if (tag == TAG_int) out_f(&o, "%lld", (long long)out->i[k]);
    else out_s(&o, real_text(ctx->perm, x));
    return o.at;
}

void rasp_print_json(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o)
{
    out_s(o, "[");
    for (int64_t k = 0; k < n; k++) out_f(o, "%s%s", k ? ", " : "", rasp_element(ctx, p, e, out, k, 1));
    out_s(o, "]\n");
}
