/* explain.c - why a learned program gives a class: what each feature adds to it and to its strongest rival, and for the features
 * that decide, where their values come from: the key that was looked for, the positions that have it, the one that was taken. */
#include <stdlib.h>
#include <string.h>
#include "frontends/tprog/tprog.h"

typedef struct Explain { Ctx *ctx; const Tprog *p; int64_t n; int32_t **value; Out *o; unsigned char **shown; } Explain;
typedef struct Share { const TpScore *s; double own, rival; } Share;
enum { DECIDING = 4 };

static int place(const Explain *e, const TpVar *v)
{
    int k = 0;
    while (e->p->vars.at[k] != v) k++;
    return k;
}

static int32_t at(const Explain *e, const TpVar *v, int64_t i) { return e->value[place(e, v)][i]; }
static const char *text(const Explain *e, const TpVar *v, int64_t i) { return tprog_code_text(e->ctx->perm, e->p, v, at(e, v, i)); }

static double unit(const Tprog *p)
{
    double u = 1;
    for (int k = 0; k < p->decimals; k++) u /= 10;
    return u;
}

static double adds(const Explain *e, const TpScore *s, int c, int64_t i)
{
    int number = s->var->type == TP_number;
    int64_t k = (number ? 0 : (int64_t)at(e, s->var, i)) * e->p->nclasses + c;
    return (e->p->decimals < 0 ? s->f[k] : (double)s->w[k] * unit(e->p)) * (number ? at(e, s->var, i) : 1);
}

static void variable(Explain *e, const TpVar *v, int64_t i, int depth);

static void head(Explain *e, const TpVar *v, int64_t i, int depth)
{
    const char *found = "", *query = text(e, v->queries, i);
    int64_t upto = v->causal ? i + 1 : e->n;
    int matches = 0;
    for (int64_t j = 0; j < upto; j++) {
        if (!tprog_match(v, at(e, v->queries, i), at(e, v->keys, j))) continue;
        found = arena_printf(e->ctx->perm, "%s %lld", found, (long long)j);
        matches++;
    }
    int32_t key = v->key_of ? v->key_of[at(e, v->queries, i)] : -1;
    out_f(e->o, "   %s is %s and looks for %s %s:", v->queries->name, query, v->keys->name, key < 0 ? "(no one value)" : tprog_code_text(e->ctx->perm, e->p, v->keys, key));
    if (v->how == TP_sum) {
        out_f(e->o, matches ? " at%s%s\n" : "%s nowhere%s\n", found, "");
        variable(e, v->queries, i, depth + 1);
        return;
    }
    int64_t taken = tprog_chosen(e->p, v, e->value, e->n, i);
    if (matches) out_f(e->o, " at%s, takes %s[%lld]\n", found, v->values->name, (long long)taken);
    else out_f(e->o, " nowhere, takes %s[0]\n", v->values->name);
    variable(e, v->values, taken, depth + 1);
    variable(e, v->queries, i, depth + 1);
}

static void variable(Explain *e, const TpVar *v, int64_t i, int depth)
{
    unsigned char *shown = &e->shown[place(e, v)][i];
    if (v->how == TP_ones || v->how == TP_positions) return;
    out_f(e->o, "%*s%s[%lld] = %s", 2 * depth, "", v->name, (long long)i, text(e, v, i));
    if (*shown && v->how != TP_tokens) { out_s(e->o, "   (see above)\n"); return; }
    *shown = 1;
    switch (v->how) {
    case TP_closest: case TP_sum: head(e, v, i, depth); return;
    case TP_embedding: out_f(e->o, "   for the word %s\n", tprog_code_text(e->ctx->perm, e->p, e->p->vars.at[0], at(e, e->p->vars.at[0], i))); return;
    case TP_table:
        out_f(e->o, "   = %s(", v->function);
        for (int k = 0; k < v->nin; k++) out_f(e->o, "%s%s", k ? ", " : "", text(e, v->in[k], i));
        out_s(e->o, ")\n");
        for (int k = 0; k < v->nin; k++) variable(e, v->in[k], i, depth + 1);
        return;
    default: out_s(e->o, "\n");
    }
}

static int by_effect(const void *x, const void *y)
{
    const Share *a = x, *b = y;
    double d = (b->own - b->rival) - (a->own - a->rival);
    return d > 0 ? 1 : d < 0 ? -1 : a->s < b->s ? -1 : a->s > b->s;
}

/* The two highest classes over the positions lo .. hi. */
static void ranking(const Explain *e, int64_t lo, int64_t hi, int *first, int *second, double *sum)
{
    *first = *second = -1;
    for (int c = 0; c < e->p->nclasses; c++) {
        sum[c] = e->p->bias ? (double)e->p->bias[c] * unit(e->p) * (double)(hi - lo) : 0;
        for (int64_t i = lo; i < hi; i++) for (int k = 0; k < e->p->scores.n; k++) sum[c] += adds(e, &e->p->scores.at[k], c, i);
        if (*first < 0 || sum[c] > sum[*first]) { *second = *first; *first = c; }
        else if (*second < 0 || sum[c] > sum[*second]) *second = c;
    }
}

void tprog_explain(Ctx *ctx, const Tprog *p, const int32_t *tokens, int64_t n, int64_t where, Out *o)
{
    Explain e = {ctx, p, n, tprog_values(p, ctx->perm, tokens, n), o, NEWN(ctx->perm, unsigned char *, p->vars.n)};
    int64_t lo = p->pooled ? 0 : where, hi = p->pooled ? n : where + 1;
    double *sum = NEWN(ctx->perm, double, p->nclasses);
    int first, second, forced = p->pooled ? 0 : where == n - 1 && p->last_token >= 0 && tokens[where] == p->last_token ? 2 : where == 0 && p->first_token >= 0 && tokens[0] == p->first_token;
    for (int k = 0; k < p->vars.n; k++) e.shown[k] = NEWN(ctx->perm, unsigned char, n);
    if (forced) {
        out_f(o, "  the program puts \"%s\" here, because the token is that\n", p->classes.at[forced == 2 ? p->last_class : p->first_class]);
        return;
    }
    ranking(&e, lo, hi, &first, &second, sum);
    out_f(o, "  class \"%s\" has %.3f", p->classes.at[first], sum[first]);
    if (second >= 0) out_f(o, ", \"%s\" %.3f; of the difference", p->classes.at[second], sum[second]);
    out_s(o, "\n");
    Share *share = NEWN(ctx->perm, Share, p->scores.n + 1);
    for (int k = 0; k < p->scores.n; k++) {
        share[k].s = &p->scores.at[k];
        for (int64_t i = lo; i < hi; i++) {
            share[k].own += adds(&e, share[k].s, first, i);
            share[k].rival += second >= 0 ? adds(&e, share[k].s, second, i) : 0;
        }
    }
    qsort(share, (size_t)p->scores.n, sizeof *share, by_effect);
    for (int k = 0; k < p->scores.n; k++)
        out_f(o, "    %+9.3f  %s%s%s\n", share[k].own - share[k].rival, share[k].s->var->name, p->pooled ? "" : " = ", p->pooled ? "" : text(&e, share[k].s->var, where));
    if (p->bias && second >= 0) out_f(o, "    %+9.3f  (always)\n", (double)(p->bias[first] - p->bias[second]) * unit(p) * (double)(hi - lo));
    out_s(o, "  the features that decide:\n");
    for (int k = 0; !p->pooled && k < p->scores.n && k < DECIDING; k++)
        if (share[k].own > share[k].rival) variable(&e, share[k].s->var, where, 2);
    for (int64_t i = 0; p->pooled && i < n; i++) variable(&e, share[0].s->var, i, 2);
}
