/* check.c - the same answer before and after a pass; see check.h. Takes a module, draws inputs within the declared
 * ranges, compares all that a caller can see. It is as slow as the interpreter: for small models and tests. */
#include <math.h>
#include <string.h>
#include <stdio.h>
#include "compiler/opt/check.h"

enum { SAMPLES = 4, CALLS = 2, TRIES = 12 };

/* What one call of an entry gave. */
typedef struct Seen { int ran; InterpStatus status; Value *out; Value *tap; Value *state; } Seen;
struct OptCheck { Module *m; Arena *arena; Seen *seen; int n; };

/* ---- random inputs ---- */

static uint64_t key_of(const Entry *e, const char *name, uint64_t sample)
{
    uint64_t k = hash_bytes(e->name, strlen(e->name), 11);
    return hash_u64(sample, hash_bytes(name ? name : "", name ? strlen(name) : 0, k));
}

static int64_t draw(uint64_t key, int64_t lo, int64_t hi)
{
    uint64_t span = (uint64_t)hi - (uint64_t)lo + 1;
    return span ? lo + (int64_t)(hash_u64(key, 77) % span) : (int64_t)key;
}

/* Sizes: the smallest, the largest when it is small, otherwise something between. */
static int64_t draw_size(const Entry *e, const Sym *s, uint64_t sample)
{
    int64_t hi = s->hi - s->lo > 9 ? s->lo + 9 : s->hi;
    if (sample % SAMPLES == 0) return s->lo;
    return sample % SAMPLES == 1 ? hi : draw(key_of(e, s->name, sample), s->lo, hi);
}

static int64_t size_value(const Entry *e, const int64_t *dims, const Expr *x)
{
    int64_t a[3] = {0};
    if (x->op == EX_int) return x->u.i;
    if (x->op == EX_sym)
        for (int i = 0; i < e->dims.n; i++)
            if (e->dims.at[i] == x->u.sym) return dims[i];
    if (x->op == EX_sym || x->n < 1 || x->n > 3) return 0;
    for (int i = 0; i < x->n; i++) a[i] = size_value(e, dims, x->arg[i]);
    return expr_eval_i(x->op, a);
}

static Value draw_input(Arena *arena, const Entry *e, const Node *n, const int64_t *dims, uint64_t sample)
{
    int64_t shape[MAX_RANK];
    for (int i = 0; i < n->rank; i++) shape[i] = size_value(e, dims, n->ext[i]);
    Value v = value_new(arena, n->dtype, n->rank, shape);
    int64_t count = value_count(&v);
    TypeClass cls = dtype_class(n->dtype);
    int64_t lo = cls == CLS_B ? 0 : n->lo, hi = cls == CLS_B ? 1 : n->hi;
    if (lo <= INT32_MIN && hi >= INT32_MAX) lo = -9, hi = 9;
    for (int64_t i = 0; i < count; i++) {
        uint64_t k = key_of(e, n->name, hash_u64((uint64_t)i, sample));
        if (v.f) v.f[i] = (double)(k >> 11) / (double)(1ull << 52) - 1;
        else v.i[i] = draw(k, lo, hi);
    }
    return v;
}

/* ---- running ---- */

static Value copy_value(Arena *a, const Value *v)
{
    Value c = *v;
    size_t n = (size_t)value_count(v);
    if (v->f) c.f = arena_dup(a, v->f, n * sizeof *v->f);
    if (v->i) c.i = arena_dup(a, v->i, n * sizeof *v->i);
    return c;
}

static void keep(const OptCheck *k, Interp *ip, const Entry *e, Seen *s, const Value *out, const Value *tap)
{
    Arena *a = k->arena;
    s->out = NEWN(a, Value, e->outputs.n + 1);
    s->tap = NEWN(a, Value, e->taps.n + 1);
    s->state = NEWN(a, Value, k->m->states.n + 1);
    for (int i = 0; s->status == INTERP_OK && i < e->outputs.n; i++) s->out[i] = copy_value(a, &out[i]);
    for (int i = 0; s->status == INTERP_OK && i < e->taps.n; i++) s->tap[i] = copy_value(a, &tap[i]);
    for (int i = 0; i < k->m->states.n; i++) {
        Value v = interp_state(ip, k->m->states.at[i]);
        s->state[i] = copy_value(a, &v);
    }
}

/* The calls of one sample: s[0 .. CALLS-1]. Gives whether the first one was accepted. */
static int run_sample(const OptCheck *k, const Entry *e, uint64_t sample, Seen *s)
{
    Arena *a = arena_new();
    Interp *ip = interp_new(k->m, a);
    int calls = k->m->states.n ? CALLS : 1;
    int64_t *dims = NEWN(a, int64_t, e->dims.n + 1);
    Value *in = NEWN(a, Value, e->inputs.n + 1), *out = NEWN(a, Value, e->outputs.n + 1), *tap = NEWN(a, Value, e->taps.n + 1);
    for (int c = 0; c < calls; c++) {
        const char *why;
        for (int i = 0; i < e->dims.n; i++) dims[i] = draw_size(e, e->dims.at[i], sample + (uint64_t)c * 5 * SAMPLES);
        for (int i = 0; i < e->inputs.n; i++) in[i] = draw_input(a, e, e->inputs.at[i], dims, sample + (uint64_t)c);
        s[c].ran = 1;
        s[c].status = interp_run(ip, e, dims, in, out, tap, &why);
        keep(k, ip, e, &s[c], out, tap);
    }
    int ok = s[0].status == INTERP_OK;
    arena_free(a);
    return ok;
}

/* Inputs that the entry's checks refuse say little: other ones are tried. Which ones depends on the entry alone. */
static void run_all(const OptCheck *k, Seen *seen)
{
    for (int i = 0; i < k->m->entries.n; i++)
        for (uint64_t s = 0; s < SAMPLES; s++)
            for (uint64_t t = 0; t < TRIES; t++)
                if (run_sample(k, k->m->entries.at[i], s + t * SAMPLES, &seen[(i * SAMPLES + (int)s) * CALLS])) break;
}

/* ---- comparing ---- */

/* Largest difference over largest magnitude, or over 1e-4: what ought to be 0 is so only up to rounding. Equal
 * infinities and two NaN are equal. */
static double difference(const Value *a, const Value *b)
{
    int64_t n = value_count(a);
    double most = 0, size = 1e-4;
    if (n != value_count(b) || a->rank != b->rank || !a->f != !b->f) return INFINITY;
    for (int64_t i = 0; i < n; i++) {
        if (!a->f && a->i[i] != b->i[i]) return INFINITY;
        if (!a->f || (isnan(a->f[i]) && isnan(b->f[i]))) continue;
        if (isinf(a->f[i]) && isinf(b->f[i]) && (a->f[i] > 0) == (b->f[i] > 0)) continue;
        double d = fabs(a->f[i] - b->f[i]);
        if (!(d <= most)) most = d;
        if (isnan(most) || isinf(most)) return INFINITY;
        if (isfinite(a->f[i])) size = fmax(size, fabs(a->f[i]));
    }
    return most / size;
}

typedef struct Told { const OptCheck *k; const Entry *e; const char *pass; int bad; } Told;

static void compare(Told *t, const char *what, const char *name, const Value *a, const Value *b)
{
    double d = t->bad ? 0 : difference(a, b);
    if (d <= 1e-9) return;
    t->bad = 1;
    diag_error(&t->k->m->ctx->diag, t->e->span, "pass-changed-answer", "pass %s changed %s %s of entry %s: error %.3g",
               t->pass, what, name, t->e->name, d);
}

static void compare_call(Told *t, const Seen *a, const Seen *b)
{
    if (t->bad || !a->ran) return;
    if (a->status != b->status) {
        t->bad = 1;
        diag_error(&t->k->m->ctx->diag, t->e->span, "pass-changed-answer", "pass %s changed the status of entry %s from %d to %d",
                   t->pass, t->e->name, (int)a->status, (int)b->status);
        return;
    }
    for (int i = 0; a->status == INTERP_OK && i < t->e->outputs.n; i++)
        compare(t, "output", t->e->outputs.at[i].name, &a->out[i], &b->out[i]);
    for (int i = 0; a->status == INTERP_OK && i < t->e->taps.n; i++) compare(t, "tap", t->e->taps.at[i].name, &a->tap[i], &b->tap[i]);
    for (int i = 0; i < t->k->m->states.n; i++) compare(t, "state", t->k->m->states.at[i]->name, &a->state[i], &b->state[i]);
}

OptCheck *opt_check_new(Module *m, Arena *a)
{
    OptCheck *k = NEW(a, OptCheck);
    k->m = m;
    k->arena = a;
    k->n = m->entries.n * SAMPLES * CALLS;
    k->seen = NEWN(a, Seen, k->n + 1);
    run_all(k, k->seen);
    return k;
}

int opt_check_pass(OptCheck *k, const char *pass)
{
    Seen *now = NEWN(k->arena, Seen, k->n + 1);
    Told t = {k, NULL, pass, 0};
    run_all(k, now);
    for (int i = 0; i < k->n; i++) {
        t.e = k->m->entries.at[i / (SAMPLES * CALLS)];
        compare_call(&t, &k->seen[i], &now[i]);
    }
    k->seen = now;
    return !t.bad;
}
