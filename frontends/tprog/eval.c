/* eval.c - what a program gives, in the most obvious way: every variable at every position, the classifier's sums, the largest.
 * For checks of simplify.c and of the text; nothing that is compiled goes through it. */
#include "frontends/tprog/tprog.h"

typedef struct Eval { const Tprog *p; int64_t n; int32_t **value; const int32_t *tokens; } Eval;

static int32_t *values_of(const Eval *e, const TpVar *v)
{
    for (int k = 0; k < e->p->vars.n; k++) if (e->p->vars.at[k] == v) return e->value[k];
    bug("a variable of another program");
}

static int match(const TpVar *h, int32_t query, int32_t key) { return h->key_of ? h->key_of[query] == key : h->match[(int64_t)query * h->keys->size + key]; }

/* The position that a head of TP_closest chooses. */
static int64_t chosen(const Eval *e, const TpVar *h, const int32_t *keys, int32_t query, int64_t i)
{
    int64_t upto = h->causal ? i + 1 : e->n, matches = 0, best = 0, least = -1;
    for (int64_t j = 0; j < upto; j++) matches += match(h, query, keys[j]);
    for (int64_t j = 0; j < upto; j++) {
        int64_t cost = j == i ? (e->p->model ? e->n : matches) : j < i ? i - j : j - i;
        if (match(h, query, keys[j]) && (least < 0 || cost < least)) { least = cost; best = j; }
    }
    return best;
}

static int64_t clamped(int64_t x, int64_t extent) { return x < extent ? x : extent - 1; }

static void compute(const Eval *e, const TpVar *v, int32_t *to)
{
    const int32_t *keys = v->keys ? values_of(e, v->keys) : NULL, *queries = v->queries ? values_of(e, v->queries) : NULL, *of = v->values ? values_of(e, v->values) : NULL;
    const int32_t *a = v->nin > 0 ? values_of(e, v->in[0]) : NULL, *b = v->nin > 1 ? values_of(e, v->in[1]) : NULL;
    for (int64_t i = 0; i < e->n; i++) {
        int64_t upto = v->causal ? i + 1 : e->n;
        to[i] = 0;
        switch (v->how) {
        case TP_tokens: to[i] = e->tokens[i]; break;
        case TP_positions: to[i] = (int32_t)i; break;
        case TP_ones: to[i] = 1; break;
        case TP_embedding: to[i] = v->code_of[e->tokens[i]]; break;
        case TP_closest: to[i] = of[chosen(e, v, keys, queries[i], i)]; break;
        case TP_sum: for (int64_t j = 0; j < upto; j++) if (match(v, queries[i], keys[j])) to[i] += of[j]; break;
        case TP_table: to[i] = v->table[(a ? clamped(a[i], v->extent[0]) : 0) * v->extent[1] + (b ? clamped(b[i], v->extent[1]) : 0)]; break;
        }
    }
}

static int argmax(const Eval *e, int64_t from, int64_t to)
{
    const Tprog *p = e->p;
    int best = 0;
    int64_t most = 0;
    double most_f = 0;
    for (int c = 0; c < p->nclasses; c++) {
        int64_t sum = 0;
        double f = 0;
        for (int64_t i = from; i < to; i++) {
            if (p->bias) sum += p->bias[c];
            for (int k = 0; k < p->scores.n; k++) {
                const TpScore *s = &p->scores.at[k];
                int32_t v = values_of(e, s->var)[i];
                int number = s->var->type == TP_number;
                if (p->decimals >= 0) sum += number ? v * s->w[c] : s->w[(int64_t)v * p->nclasses + c];
                else f += number ? v * s->f[c] : s->f[(int64_t)v * p->nclasses + c];
            }
        }
        if (!c || (p->decimals >= 0 ? sum > most : f > most_f)) { best = c; most = sum; most_f = f; }
    }
    return best;
}

int32_t **tprog_values(const Tprog *p, Arena *scratch, const int32_t *tokens, int64_t n)
{
    Eval e = {p, n, NEWN(scratch, int32_t *, p->vars.n), tokens};
    for (int k = 0; k < p->vars.n; k++) {
        e.value[k] = NEWN(scratch, int32_t, n);
        compute(&e, p->vars.at[k], e.value[k]);
    }
    return e.value;
}

int tprog_match(const TpVar *head, int32_t query, int32_t key) { return match(head, query, key); }

int64_t tprog_chosen(const Tprog *p, const TpVar *head, int32_t *const *value, int64_t n, int64_t i)
{
    Eval e = {p, n, (int32_t **)(uintptr_t)value, NULL};
    return chosen(&e, head, values_of(&e, head->keys), values_of(&e, head->queries)[i], i);
}

int tprog_eval(const Tprog *p, Arena *scratch, const int32_t *tokens, int64_t n, int32_t *out)
{
    if (n < 1 || n > p->most) return 0;
    Eval e = {p, n, tprog_values(p, scratch, tokens, n), tokens};
    if (p->pooled) { out[0] = argmax(&e, 0, n); return 1; }
    for (int64_t i = 0; i < n; i++) out[i] = argmax(&e, i, i + 1);
    if (p->first_token >= 0 && tokens[0] == p->first_token) out[0] = p->first_class;
    if (p->last_token >= 0 && tokens[n - 1] == p->last_token) out[n - 1] = p->last_class;
    return 1;
}
