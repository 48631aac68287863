/* text.c - a program as .tfx text, for people first: tables as constants with what they say beside them, one paragraph a head
 * or table, names as in the Python. Takes a Tprog, gives the text whose meaning is the program's. Not: simplification. */
#include <stdio.h>
#include <string.h>
#include "frontends/tprog/tprog.h"

enum { LINE = 110 };
typedef struct Text { Ctx *ctx; const Tprog *p; Out o; } Text;


const char *tprog_code_text(Arena *a, const Tprog *p, const TpVar *v, int64_t code)
{
    if (v->type == TP_token) return arena_printf(a, "\"%s\"", p->words.at[code]);
    return v->type == TP_enum ? arena_printf(a, "%s.V%02d", v->klass, (int)code) : arena_printf(a, "%d", (int)code);
}

static const char *code_text(Text *t, const TpVar *v, int64_t code) { return tprog_code_text(t->ctx->perm, t->p, v, code); }

static void items(Text *t, int64_t n, const char *(*item)(Text *t, const void *of, int64_t k), const void *of)
{
    int width = 0;
    for (int64_t k = 0; k < n; k++) {
        const char *s = item(t, of, k);
        width += (int)strlen(s) + 2;
        if (k) out_s(&t->o, width > LINE ? ",\n  " : ", ");
        if (width > LINE) width = (int)strlen(s) + 2;
        out_s(&t->o, s);
    }
}

static const char *word_item(Text *t, const void *of, int64_t k)
{
    (void)of;
    return arena_printf(t->ctx->perm, "%d \"%s\"", (int)k, t->p->words.at[k]);
}

static void comment(Text *t, const char *title, int64_t n, const char *(*item)(Text *t, const void *of, int64_t k), const void *of)
{
    int width = 0;
    for (int64_t k = 0; k < n; k++) {
        const char *s = item(t, of, k);
        if (!width || width + (int)strlen(s) > LINE) { out_f(&t->o, "%s//%s", k ? "\n" : "", k ? "  " : title); width = 4; }
        out_s(&t->o, " ");
        for (const char *c = s; *c; c++) {
            char one[2] = {(unsigned char)*c < 32 ? '?' : *c, 0};
            out_s(&t->o, one);
        }
        width += (int)strlen(s) + 1;
    }
    out_s(&t->o, "\n");
}

static const char *class_item(Text *t, const void *of, int64_t k)
{
    (void)of;
    return arena_printf(t->ctx->perm, "%d \"%s\"", (int)k, t->p->classes.at[k]);
}

/* ---- tables ---- */

static const char *key_item(Text *t, const void *of, int64_t k) { return arena_printf(t->ctx->perm, "%d", ((const TpVar *)of)->key_of[k]); }
static const char *code_item(Text *t, const void *of, int64_t k) { return arena_printf(t->ctx->perm, "%d", (int)((const int32_t *)of)[k]); }
static const char *match_item(Text *t, const void *of, int64_t k) { return arena_printf(t->ctx->perm, "%d", ((const unsigned char *)of)[k]); }

/* "0" "3" -> "<s>": the queries that look for the same key. */
static const char *rule_item(Text *t, const void *of, int64_t rule)
{
    const TpVar *h = of;
    const char *s = "";
    int64_t seen = -1;
    for (int64_t key = 0; key < h->keys->size; key++) {
        int any = 0;
        for (int64_t q = 0; q < h->queries->size; q++) any |= h->key_of[q] == key;
        if (!any || ++seen != rule) continue;
        for (int64_t q = 0; q < h->queries->size; q++)
            if (h->key_of[q] == key) s = arena_printf(t->ctx->perm, "%s%s ", s, code_text(t, h->queries, q));
        return arena_printf(t->ctx->perm, "%s-> %s;", s, code_text(t, h->keys, key));
    }
    return "";
}

static void head_table(Text *t, const TpVar *h)
{
    int64_t rules = 0;
    if (!h->key_of) {
        out_f(&t->o, "// row: %s, column: %s; 1: they match\nconst %s: u8[%lld,%lld] = [", h->queries->name, h->keys->name, h->predicate, (long long)h->queries->size, (long long)h->keys->size);
        for (int64_t q = 0; q < h->queries->size; q++) {
            out_s(&t->o, q ? ",\n  [" : "[");
            items(t, h->keys->size, match_item, h->match + q * h->keys->size);
            out_s(&t->o, "]");
        }
        out_s(&t->o, "];\n");
        return;
    }
    for (int64_t key = 0; key < h->keys->size; key++) {
        int any = 0;
        for (int64_t q = 0; q < h->queries->size; q++) any |= h->key_of[q] == key;
        rules += any;
    }
    comment(t, arena_printf(t->ctx->perm, " %s -> %s:", h->queries->name, h->keys->name), rules, rule_item, h);
    if (!rules) out_f(&t->o, "// %s never matches a %s\n", h->queries->name, h->keys->name);
    out_f(&t->o, "const %s: i32[%lld] = [", h->predicate, (long long)h->queries->size);
    items(t, h->queries->size, key_item, h);
    out_s(&t->o, "];\n");
}

static void table_table(Text *t, const TpVar *v)
{
    if (!v->nin) return;
    if (v->nin == 1) {
        out_f(&t->o, "// by %s\nconst %s: i32[%lld] = [", v->in[0]->name, v->function, (long long)v->extent[0]);
        items(t, v->extent[0], code_item, v->table);
        out_s(&t->o, "];\n");
        return;
    }
    out_f(&t->o, "// row: %s, column: %s\nconst %s: i32[%lld,%lld] = [", v->in[0]->name, v->in[1]->name, v->function, (long long)v->extent[0], (long long)v->extent[1]);
    for (int64_t r = 0; r < v->extent[0]; r++) {
        out_s(&t->o, r ? ",\n  [" : "\n  [");
        items(t, v->extent[1], code_item, v->table + r * v->extent[1]);
        out_s(&t->o, "]");
    }
    out_s(&t->o, "];\n");
}

typedef struct Row { const TpScore *s; int64_t row; } Row;
static const char *weight_item(Text *t, const void *of, int64_t k)
{
    const Row *r = of;
    int64_t at = r->row * t->p->nclasses + k;
    if (t->p->decimals >= 0) return arena_printf(t->ctx->perm, "%lld", (long long)r->s->w[at]);
    const char *s = fmt_f64(t->ctx->perm, r->s->f[at]);
    return strpbrk(s, ".e") ? s : arena_printf(t->ctx->perm, "%s.0", s);
}

static void score_table(Text *t, const TpScore *s)
{
    const char *type = t->p->decimals >= 0 ? "i64" : "f64";
    int number = s->var->type == TP_number;
    if (number) out_f(&t->o, "const w_%s: %s[%d] = [", s->var->name, type, t->p->nclasses);
    else out_f(&t->o, "const w_%s: %s[%lld,%d] = [\n  ", s->var->name, type, (long long)s->rows, t->p->nclasses);
    for (int64_t k = 0; k < s->rows; k++) {
        Row row = {s, k};
        out_s(&t->o, number ? "" : k ? ",\n  [" : "[");
        items(t, t->p->nclasses, weight_item, &row);
        out_s(&t->o, number ? "" : "]");
    }
    out_s(&t->o, "];\n");
}

/* ---- computation ---- */

static const char *key_test(Text *t, const TpVar *h)
{
    const char *causal = h->causal ? " && j <= i" : "";
    if (h->key_of) return arena_printf(t->ctx->perm, "%s[j] == %s[%s[i]]%s", h->keys->name, h->predicate, h->queries->name, causal);
    return arena_printf(t->ctx->perm, "%s[%s[i],%s[j]] == 1%s", h->predicate, h->queries->name, h->keys->name, causal);
}

static void head(Text *t, const TpVar *v)
{
    const char *test = key_test(t, v), *own = "T", *at = v->name;
    if (v->how == TP_sum) {
        if (v->values->how == TP_ones) out_f(&t->o, "let %s[i in 0 .. T] = count[j in 0 .. T where %s];\n", v->name, test);
        else out_f(&t->o, "let %s[i in 0 .. T] = sum[j in 0 .. T where %s] %s[j];\n", v->name, test, v->values->name);
        return;
    }
    if (!t->p->model) {
        out_f(&t->o, "let %s_matches[i in 0 .. T] = count[j in 0 .. T where %s];\n", at, test);
        own = arena_printf(t->ctx->perm, "%s_matches[i]", at);
    }
    out_f(&t->o, "let %s_at[i in 0 .. T] = argmin[j in 0 .. T where %s] (j == i ? %s : abs(i - j));\n", at, test, own);
    out_f(&t->o, "let %s[i in 0 .. T] = %s[max(%s_at[i], 0)];\n", at, v->values->name, at);
}

static const char *table_index(Text *t, const TpVar *v, int k)
{
    int64_t all = v->in[k]->type == TP_number ? v->in[k]->size + 1 : v->in[k]->size;
    if (v->extent[k] < all) return arena_printf(t->ctx->perm, "min(%s[i], %lld)", v->in[k]->name, (long long)v->extent[k] - 1);
    return arena_printf(t->ctx->perm, "%s[i]", v->in[k]->name);
}

static void var_text(Text *t, const TpVar *v)
{
    switch (v->how) {
    case TP_tokens: return;
    case TP_positions: out_f(&t->o, "let %s[i in 0 .. T] = i;\n", v->name); return;
    case TP_ones:
        for (int k = 0; k < t->p->vars.n; k++)
            if (t->p->vars.at[k]->in[0] == v || t->p->vars.at[k]->in[1] == v) { out_f(&t->o, "let %s[i in 0 .. T] = 1;\n", v->name); return; }
        return;
    case TP_embedding: out_f(&t->o, "let %s[i in 0 .. T] = code_of_%s[tokens[i]];\n", v->name, v->name); return;
    case TP_closest: case TP_sum: head(t, v); return;
    case TP_table:
        if (!v->nin) out_f(&t->o, "let %s[i in 0 .. T] = %d;\n", v->name, (int)v->table[0]);
        else if (v->nin == 1) out_f(&t->o, "let %s[i in 0 .. T] = %s[%s];\n", v->name, v->function, table_index(t, v, 0));
        else out_f(&t->o, "let %s[i in 0 .. T] = %s[%s,%s];\n", v->name, v->function, table_index(t, v, 0), table_index(t, v, 1));
    }
}

static void classifier(Text *t)
{
    const Tprog *p = t->p;
    const char *wide = p->decimals >= 0 ? "i64" : "f64";
    out_f(&t->o, "\n// the classifier adds a row of weights for each variable");
    if (p->decimals >= 0) out_f(&t->o, ", in units of 1e-%d", p->decimals);
    out_f(&t->o, "\nlet logits[i in 0 .. T,c in 0 .. %d] =", p->nclasses);
    if (p->bias) out_s(&t->o, " w_always[c]");
    for (int k = 0; k < p->scores.n; k++) {
        const TpVar *v = p->scores.at[k].var;
        out_s(&t->o, k || p->bias ? "\n  + " : " ");
        if (v->how == TP_ones) out_f(&t->o, "w_%s[c]", v->name);
        else if (v->type == TP_number) out_f(&t->o, "%s(%s[i]) * w_%s[c]", wide, v->name, v->name);
        else out_f(&t->o, "w_%s[%s[i],c]", v->name, v->name);
    }
    if (!p->scores.n && !p->bias) out_f(&t->o, " %s(0)", wide);
    out_s(&t->o, ";\n");
    if (p->pooled) {
        out_f(&t->o, "let pooled[c in 0 .. %d] = sum[i in 0 .. T] logits[i,c];\nlet best = argmax[c] pooled[c];\nreturn best;\n", p->nclasses);
        return;
    }
    out_s(&t->o, "let best[i in 0 .. T] = argmax[c] logits[i,c];\n");
    if (p->first_token < 0 && p->last_token < 0) { out_s(&t->o, "return best;\n"); return; }
    out_s(&t->o, "let out[i in 0 .. T] =");
    if (p->last_token >= 0) out_f(&t->o, " i == T - 1 && tokens[i] == %d ? %d :", p->last_token, p->last_class);
    if (p->first_token >= 0) out_f(&t->o, " i == 0 && tokens[i] == %d ? %d :", p->first_token, p->first_class);
    out_s(&t->o, " best[i];\nreturn out;\n");
}

static int used_as_table(const Tprog *p, const TpVar *v, int upto, const char *name)
{
    for (int k = 0; k < upto; k++) {
        const TpVar *w = p->vars.at[k];
        const char *other = w->predicate ? w->predicate : w->function;
        if (w != v && other && !strcmp(other, name)) return 1;
    }
    return 0;
}

const char *tprog_text(Ctx *ctx, const Tprog *p, const char *notes)
{
    Text t = {.ctx = ctx, .p = p};
    out_init(&t.o, ctx->perm);
    out_f(&t.o, "// %s: a learned Transformer Program, %s\n", p->name, p->model ? "as the trained network computes it" : "as its Python computes it");
    if (p->words.n <= 64) comment(&t, " tokens:", p->words.n, word_item, NULL);
    else out_f(&t.o, "// tokens: %d words\n", p->words.n);
    comment(&t, " classes:", p->classes.n, class_item, NULL);
    out_s(&t.o, notes);
    out_f(&t.o, "dim T <= %lld;\n\n", (long long)p->most);
    for (int k = 0; k < p->vars.n; k++) {
        const TpVar *v = p->vars.at[k];
        if (v->how == TP_embedding) {
            out_f(&t.o, "const code_of_%s: i32[%d] = [\n  ", v->name, p->words.n);
            items(&t, p->words.n, code_item, v->code_of);
            out_s(&t.o, "];\n");
        }
        if (v->predicate && !used_as_table(p, v, k, v->predicate)) head_table(&t, v);
        if (v->function && !used_as_table(p, v, k, v->function)) table_table(&t, v);
    }
    for (int k = 0; k < p->scores.n; k++) score_table(&t, &p->scores.at[k]);
    if (p->bias) {
        out_f(&t.o, "const w_always: i64[%d] = [", p->nclasses);
        for (int k = 0; k < p->nclasses; k++) out_f(&t.o, "%s%lld", k ? ", " : "", (long long)p->bias[k]);
        out_s(&t.o, "];\n");
    }
    out_f(&t.o, "\nmodel Program {\n  entry run(tokens: i32[T] in 0 .. %d) -> (%s) {\n", p->words.n, p->pooled ? "out: i32" : "out: i32[T]");
    t.o.indent = 2;
    for (int k = 0; k < p->vars.n; k++) var_text(&t, p->vars.at[k]);
    classifier(&t);
    t.o.indent = 0;
    out_s(&t.o, "  }\n}\n");
    return arena_str(ctx->perm, t.o.at, t.o.n);
}
