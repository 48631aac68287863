/* simplify.c - scalar code by intervals. Takes nodes, gives the same nodes with less arithmetic:
 * div and mod that cannot carry, comparisons and selects that are decided, guards and padded reads that are always
 * inside, conjuncts that always hold. What is zero in a factor of a sum (padding, a false condition) becomes conjuncts,
 * from which the planner makes loop bounds. It does not know which reduction a node is good for. */
#include <math.h>
#include <string.h>
#include "compiler/opt/util.h"

typedef struct Simp { OptCtx *c; Module *m; const RangeCtx *rc; int changes; } Simp;

static Expr *changed(Simp *s, Expr *to)
{
    if (!opt_may(s->c)) return NULL;
    s->changes++;
    return to;
}

/* ---- div and mod ---- */

/* x = g*y + z with the terms that g divides in y: 1 when 0 <= z < g. The constant goes to z, modulo g. */
static int split_by(Simp *s, const Affine *x, int64_t g, Expr **y, Expr **z)
{
    Affine hi = {0}, lo = {0};
    int64_t l, h, c = x->c % g;
    if (c < 0) c += g;
    hi.c = (x->c - c) / g;
    lo.c = c;
    for (int i = 0; i < x->n; i++) {
        AffTerm t = x->t[i];
        if (t.k % g == 0) hi.t[hi.n++] = (AffTerm){t.atom, t.k / g};
        else lo.t[lo.n++] = t;
    }
    if (!hi.n) return 0;
    *z = affine_expr(s->m, &lo);
    range_of(s->rc, *z, &l, &h);
    if (l < 0 || h >= g) return 0;
    *y = affine_expr(s->m, &hi);
    return 1;
}

/* (g*y + z) / d with 0 <= z < g and g | d is y / (d/g); the remainder is g * (y % (d/g)) + z. */
static Expr *split_div_mod(Simp *s, Expr *e, int64_t d)
{
    Affine x;
    Expr *y, *z;
    Module *m = s->m;
    if (!affine_of(e->arg[0], &x)) return NULL;
    for (int i = 0; i < x.n; i++) {
        int64_t g = x.t[i].k < 0 ? -x.t[i].k : x.t[i].k;
        if (g < 2 || d % g || !split_by(s, &x, g, &y, &z)) continue;
        if (e->op == EX_div) return ex_bin(m, EX_div, y, ex_int(m, d / g));
        return ex_add(m, ex_mul(m, ex_bin(m, EX_mod, y, ex_int(m, d / g)), ex_int(m, g)), z);
    }
    return NULL;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

static Expr *div_mod(Simp *s, Expr *e)
{
    int64_t d, lo, hi;
    Expr *x = e->arg[0];
    if (e->dtype != DT_i32) return NULL;
    if (!ex_is_int(e->arg[1], &d)) {
        if (expr_inside(s->m, s->rc, x, e->arg[1]) != 1) return NULL;
        return e->op == EX_div ? ex_int(s->m, 0) : x;
    }
    if (d < 1) return NULL;
    range_of(s->rc, x, &lo, &hi);
    if (lo >= INT32_MIN && hi <= INT32_MAX && floor_div(lo, d) == floor_div(hi, d)) {
        int64_t q = floor_div(lo, d);
        if (e->op == EX_div) return ex_int(s->m, q);
        return ex_sub(s->m, x, ex_int(s->m, q * d));
    }
    return x->traits & TRAIT_data ? NULL : split_div_mod(s, e, d);
}

/* ---- other operators ---- */

static Expr *min_max(Simp *s, Expr *e)
{
    if (e->dtype != DT_i32) return NULL;
    int less = range_proves(s->rc, ex_bin(s->m, EX_le, e->arg[0], e->arg[1]));
    if (less < 0) less = range_proves(s->rc, ex_bin(s->m, EX_le, e->arg[1], e->arg[0])) == 1 ? 0 : -1;
    if (less < 0) return NULL;
    return e->arg[(e->op == EX_min) == (less == 1) ? 0 : 1];
}

static Expr *absolute(Simp *s, Expr *e)
{
    int64_t lo, hi;
    if (e->dtype != DT_i32) return NULL;
    range_of(s->rc, e->arg[0], &lo, &hi);
    if (lo >= 0) return e->arg[0];
    return hi <= 0 && lo > INT32_MIN ? ex_un(s->m, EX_neg, e->arg[0]) : NULL;
}

static Expr *padded_read(Simp *s, Expr *e)
{
    int inside = 1;
    Node *n = e->u.node;
    for (int i = 0; i < n->rank && inside; i++) {
        int in = expr_inside(s->m, s->rc, e->arg[i], n->ext[i]);
        if (in == 0) return e->arg[e->n - 1];
        inside = in == 1;
    }
    return inside ? ex_read(s->m, n, e->arg) : NULL;
}

static Expr *simp_part(void *u, Expr *e)
{
    Simp *s = u;
    Expr *to = NULL;
    switch (e->op) {
    case EX_div: case EX_mod: to = div_mod(s, e); break;
    case EX_min: case EX_max: to = min_max(s, e); break;
    case EX_abs: to = absolute(s, e); break;
    case EX_read_or: to = padded_read(s, e); break;
    case EX_guard: to = expr_inside(s->m, s->rc, e->arg[0], e->arg[1]) == 1 ? e->arg[0] : NULL; break;
    case EX_eq: case EX_ne: case EX_lt: case EX_le: {
        int p = range_proves(s->rc, e);
        to = p < 0 ? NULL : ex_bool(s->m, p);
        break;
    }
    default: break;
    }
    return to && to != e ? changed(s, to) : NULL;
}

static void simp_expr(Simp *s, const RangeCtx *rc, Expr **e)
{
    if (!*e) return;
    s->rc = rc;
    for (int round = 0; round < 4; round++) {
        Expr *old = *e;
        *e = ex_rewrite(s->m, old, simp_part, s);
        if (*e == old) return;
    }
}

/* ---- conjuncts ---- */

static void set_conj(const Simp *s, Node *n, Expr *const *conj, int nconj)
{
    n->nconj = 0;
    n->conj = NULL;
    for (int i = 0; i < nconj; i++) node_add_conj(s->m, n, conj[i]);
}

/* What is known where a conjunct with reads is evaluated: maybe before the others, and outside of deeper loops. Were it
 * rewritten by what those say, it might read outside a tensor where they do not hold. */
static void conj_context(Simp *s, Entry *e, const Node *n, const Expr *conj, RangeCtx *rc, Node *bare)
{
    int deepest = 0;
    for (uint32_t slots = ex_slots(conj); slots; slots >>= 1) deepest++;
    range_ctx_outside(rc, bare, s->m, e, n, deepest > n->rank ? deepest - n->rank : 0);
}

/* Simplifies each conjunct by what the others say; drops it when they imply it. */
static void simp_conj(Simp *s, Entry *e, Node *n)
{
    for (int i = 0; i < n->nconj; i++) {
        RangeCtx rc;
        Node bare;
        Expr *conj[64], *old = n->conj[i], *now = old;
        int k = n->nconj;
        if (k > 64) return;
        if (old->traits & TRAIT_read) conj_context(s, e, n, old, &rc, &bare);
        else range_ctx_skip(&rc, s->m, e, n, old);
        simp_expr(s, &rc, &now);
        range_ctx_skip(&rc, s->m, e, n, old);
        int p = now->op == EX_int ? (int)now->u.i : range_proves(&rc, now);
        if (p >= 0 && now->op != EX_int) {
            if (!changed(s, now)) return;
            now = ex_bool(s->m, p);
        }
        if (now == old) continue;
        memcpy(conj, n->conj, (size_t)k * sizeof *conj);
        conj[i] = now;
        set_conj(s, n, conj, k);
        if (n->nconj < k) i--;
    }
}

static int never(const Node *n)
{
    for (int i = 0; i < n->nconj; i++)
        if (n->conj[i]->op == EX_int && !n->conj[i]->u.i) return 1;
    return 0;
}

/* What a reduction over nothing gives; NULL: unknown. */
static Expr *empty_value(Module *m, const Node *n)
{
    DType t = n->body->dtype;
    switch (n->red) {
    case RED_sum: case RED_first: case RED_last: return ex_number(m, t, 0);
    case RED_prod: return ex_number(m, t, 1);
    case RED_max: return dtype_is_float(t) ? ex_number(m, t, -INFINITY) : t == DT_i64 ? ex_long(m, INT64_MIN) : ex_int(m, INT32_MIN);
    case RED_min: return dtype_is_float(t) ? ex_number(m, t, INFINITY) : t == DT_i64 ? ex_long(m, INT64_MAX) : ex_int(m, INT32_MAX);
    case RED_any: return ex_bool(m, 0);
    case RED_all: return ex_bool(m, 1);
    default: return NULL;
    }
}

static Expr *put_acc(void *u, Expr *e) { return e->op == EX_acc ? u : NULL; }

/* A reduction whose conditions never hold is a constant. */
static void empty_domain(Simp *s, Node *n)
{
    if (n->kind != NODE_compute || n->red == RED_none || !never(n) || n->empty) return;
    Expr *v = empty_value(s->m, n);
    if (!v || !changed(s, v)) return;
    n->body = n->post ? ex_rewrite(s->m, n->post, put_acc, v) : v;
    n->post = NULL;
    n->red = RED_none;
    n->nred = n->nconj = 0;
}

/* ---- zero factors ---- */

typedef struct HasFloat { int found; } HasFloat;

static void has_float(void *u, const Expr *e)
{
    HasFloat *h = u;
    if (dtype_is_float(e->dtype)) h->found = 1;
}

/* A condition on indices, sizes and integer tensors. A comparison of floats (relu) would only spoil the product. */
static int is_index_condition(const Expr *e)
{
    HasFloat h = {0};
    ex_visit(e, has_float, &h);
    return !h.found;
}

static int is_zero(const Expr *e)
{
    double v;
    return ex_is_lit(e, &v) && v >= 0 && v <= 0;
}

typedef struct Conds { int n; Expr *c[2 * MAX_RANK]; } Conds;

static void inside_conds(Module *m, const Expr *e, Conds *k)
{
    for (int i = 0; i < e->u.node->rank; i++) {
        k->c[k->n++] = ex_bin(m, EX_le, ex_int(m, 0), e->arg[i]);
        k->c[k->n++] = ex_bin(m, EX_lt, e->arg[i], e->u.node->ext[i]);
    }
}

/* f as (conditions) ? value : 0; NULL when it is not of that form. */
static Expr *zero_unless(Module *m, Expr *f, Conds *k)
{
    k->n = 0;
    if (f->op == EX_read_or && is_zero(f->arg[f->n - 1])) {
        inside_conds(m, f, k);
        return ex_read(m, f->u.node, f->arg);
    }
    if (f->op == EX_select && is_index_condition(f->arg[0])) {
        if (is_zero(f->arg[2])) return k->c[k->n++] = f->arg[0], f->arg[1];
        if (is_zero(f->arg[1])) return k->c[k->n++] = ex_un(m, EX_not, f->arg[0]), f->arg[2];
    }
    if ((f->op == EX_to_f || f->op == EX_to_i) && f->arg[0]->dtype == DT_bool && is_index_condition(f->arg[0])) {
        k->c[k->n++] = f->arg[0];
        return f->dtype == DT_f32 ? ex_flt(m, 1) : ex_int(m, 1);
    }
    return NULL;
}

static int uses_reduced(const Node *n, const Expr *e) { return (ex_slots(e) >> n->rank) != 0; }

static int any_reduced(const Node *n, const Conds *k)
{
    for (int i = 0; i < k->n; i++)
        if (uses_reduced(n, k->c[i])) return 1;
    return 0;
}

/* sum of (P ? x : 0) * y is the sum of x * y where P. */
static void zero_factors(Simp *s, Node *n)
{
    Factors f;
    Conds k;
    if (n->kind != NODE_compute || n->red != RED_sum || n->empty || !factors_of(n->body, &f)) return;
    for (int i = 0; i < f.n; i++) {
        Expr *v = zero_unless(s->m, f.f[i], &k);
        if (!v || !any_reduced(n, &k) || !changed(s, v)) continue;
        f.f[i] = v;
        for (int c = 0; c < k.n; c++) node_add_conj(s->m, n, k.c[c]);
        n->body = factors_expr(s->m, &f, n->body->dtype);
        if (!factors_of(n->body, &f)) return;
        i = -1;
    }
}

/* max of a read padded with -inf is the max over what is inside; likewise min. */
static void neutral_pad(Simp *s, Node *n)
{
    Conds k = {0};
    double pad;
    if (n->kind != NODE_compute || (n->red != RED_max && n->red != RED_min) || n->empty) return;
    if (n->body->op != EX_read_or || !ex_is_lit(n->body->arg[n->body->n - 1], &pad)) return;
    if (!isinf(pad) || (pad > 0) != (n->red == RED_min)) return;
    inside_conds(s->m, n->body, &k);
    if (!changed(s, n->body)) return;
    n->body = ex_read(s->m, n->body->u.node, n->body->arg);
    for (int c = 0; c < k.n; c++) node_add_conj(s->m, n, k.c[c]);
}

/* ---- nodes ---- */

int simplify_node(OptCtx *c, Entry *e, Node *n)
{
    Simp s = {c, c->m, NULL, 0};
    RangeCtx base, rc;
    Node bare;
    if (n->nconj) node_tidy_conj(s.m, n);
    zero_factors(&s, n);
    neutral_pad(&s, n);
    range_ctx_outside(&base, &bare, s.m, e, n, 0);
    for (int i = 0; i < n->rank; i++) simp_expr(&s, &base, &n->ext[i]);
    for (int i = 0; i < n->nred; i++) {
        range_ctx_outside(&base, &bare, s.m, e, n, i);
        simp_expr(&s, &base, &n->r[i].lo);
        simp_expr(&s, &base, &n->r[i].hi);
    }
    simp_conj(&s, e, n);
    empty_domain(&s, n);
    range_ctx_outside(&base, &bare, s.m, e, n, 0);
    range_ctx(&rc, s.m, e, n);
    if (!never(n)) simp_expr(&s, &rc, &n->body);
    for (int i = 0; i < MAX_RANK; i++) simp_expr(&s, &rc, &n->sub[i]);
    simp_expr(&s, &base, &n->post);
    simp_expr(&s, &base, &n->empty);
    simp_expr(&s, &base, &n->trip);
    simp_expr(&s, &base, &n->cond);
    return s.changes;
}

Expr *simplify_expr(Module *m, Entry *e, const Node *n, Expr *x)
{
    OptOptions free = {0};
    OptCtx c = {.m = m, .o = &free};
    Simp s = {&c, m, NULL, 0};
    RangeCtx rc;
    range_ctx(&rc, m, e, n);
    simp_expr(&s, &rc, &x);
    return x;
}

int pass_simplify(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) changes += simplify_node(c, m->entries.at[i], list.v.at[k]);
    }
    return changes;
}
