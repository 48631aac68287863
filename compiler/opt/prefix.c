/* prefix.c - reductions over all earlier positions become running ones: O(n) instead of O(n^2). Takes
 *
 *     out[.., i, ..] = post( R[j in 0..H where j <= i + k && Q(j)] body(j) )       R: sum max min any all
 *
 * whose body and other conditions do not use i, gives a cumsum or cummax c over j and out = post(c[.., i + k, ..]), what
 * the empty reduction gives where i + k < 0. The bound may also be the end of the range. min, any and all are a running
 * maximum of -body, of body and of !body as numbers.
 * Left alone: several reduced indices, bodies that look at i, bounds from below (windows, suffixes), integer min. */
#include <math.h>
#include "compiler/opt/util.h"

typedef struct Prefix { OptCtx *c; Module *m; Entry *e; Node *n; int axis; Expr *last; int conj; } Prefix;

/* e as j <= axis + rest, the axis being an output index with coefficient 1: gives axis and the inclusive end. */
static int bound_of(Prefix *p, Expr *hi)
{
    Affine a;
    if (hi->traits & TRAIT_data || !affine_of(hi, &a)) return 0;
    p->axis = -1;
    for (int i = 0; i < a.n; i++) {
        const Expr *x = a.t[i].atom;
        if (x->op == EX_index && x->u.slot < p->n->rank) {
            if (p->axis >= 0 || a.t[i].k != 1) return 0;
            p->axis = x->u.slot;
        } else if (ex_slots(x)) return 0;
    }
    p->last = hi;
    return p->axis >= 0;
}

/* The conjunct j <= e or j < e. */
static int conj_bound(Prefix *p, const Expr *c)
{
    Module *m = p->m;
    int64_t k;
    Expr *rest;
    if ((c->op != EX_le && c->op != EX_lt) || c->arg[0]->dtype != DT_i32 || c->traits & TRAIT_data) return 0;
    if (!affine_split(m, ex_sub(m, c->arg[0], c->arg[1]), p->n->rank, &k, &rest) || k != 1) return 0;
    Expr *hi = ex_un(m, EX_neg, rest);
    return bound_of(p, c->op == EX_lt ? ex_sub(m, hi, ex_int(m, 1)) : hi);
}

static int uses_axis(const Prefix *p, const Expr *e) { return e && ex_uses_slot(e, p->axis); }

/* Finds the bound, and that nothing else of the reduction depends on the output index in it. */
static int matches(Prefix *p)
{
    const Node *n = p->n;
    int64_t lo;
    if (n->kind != NODE_compute || n->nred != 1 || n->empty || n->rank < 1 || !ex_is_int(n->r[0].lo, &lo) || lo) return 0;
    p->conj = -1;
    if (ex_slots(n->r[0].hi)) {
        if (!bound_of(p, ex_sub(p->m, n->r[0].hi, ex_int(p->m, 1)))) return 0;
    } else {
        for (int i = 0; i < n->nconj && p->conj < 0; i++)
            if (conj_bound(p, n->conj[i])) p->conj = i;
        if (p->conj < 0) return 0;
    }
    if (uses_axis(p, n->body)) return 0;
    for (int i = 0; i < n->nconj; i++)
        if (i != p->conj && uses_axis(p, n->conj[i])) return 0;
    return 1;
}

/* ---- kinds of reduction ---- */

static int can_run(const Node *n)
{
    switch (n->red) {
    case RED_sum: case RED_max: return n->body->dtype != DT_bool;
    case RED_min: return dtype_is_float(n->body->dtype);
    case RED_any: case RED_all: return 1;
    default: return 0;
    }
}

static Expr *running_body(Module *m, const Node *n)
{
    switch (n->red) {
    case RED_min: return ex_un(m, EX_neg, n->body);
    case RED_any: return ex_cast(m, CLS_I, n->body);
    case RED_all: return ex_cast(m, CLS_I, ex_un(m, EX_not, n->body));
    default: return n->body;
    }
}

/* What the reduction gives when the running value is v. */
static Expr *result(Module *m, const Node *n, Expr *v)
{
    switch (n->red) {
    case RED_min: return ex_un(m, EX_neg, v);
    case RED_any: return ex_bin(m, EX_lt, ex_int(m, 0), v);
    case RED_all: return ex_bin(m, EX_le, v, ex_int(m, 0));
    default: return v;
    }
}

/* The running value before the first element. */
static Expr *before_first(Module *m, RedOp red, DType t)
{
    if (red == RED_sum) return ex_number(m, t, 0);
    return dtype_is_float(t) ? ex_number(m, t, -INFINITY) : t == DT_i64 ? ex_long(m, INT64_MIN) : ex_int(m, INT32_MIN);
}

/* ---- rewriting ---- */

/* Subscript along the axis: the end, not beyond the last position. */
static Expr *place(Prefix *p, Expr *size)
{
    RangeCtx rc;
    Node bare;
    Expr *top = ex_sub(p->m, size, ex_int(p->m, 1));
    range_ctx_outside(&rc, &bare, p->m, p->e, p->n, 0);
    if (range_proves(&rc, ex_bin(p->m, EX_le, p->last, top)) == 1) return p->last;
    return ex_bin(p->m, EX_min, p->last, top);
}

/* Positions of the running value: the range of j, or all that the last i reaches when j runs over 0..i + k + 1. */
static Expr *length(const Prefix *p)
{
    Expr *by[MAX_SLOTS] = {0}, *hi = p->n->r[0].hi;
    by[p->axis] = ex_sub(p->m, p->n->ext[p->axis], ex_int(p->m, 1));
    return ex_subst_slots(p->m, hi, by, p->n->rank);
}

/* Without the bound the code is evaluated at every position: are its reads inside their tensors there? */
static int is_safe(Prefix *p)
{
    RangeCtx rc;
    Expr *conj[64];
    Node bare = *p->n;
    if (bare.nconj > 64) return 0;
    bare.conj = conj;
    bare.nconj = 0;
    for (int i = 0; i < p->n->nconj; i++)
        if (i != p->conj) conj[bare.nconj++] = p->n->conj[i];
    bare.r[0].hi = length(p);
    range_ctx_base(&rc, p->m, p->e, &bare);
    for (int i = 0; i < bare.nconj; i++)
        if (!expr_is_safe(p->m, &rc, conj[i])) return 0;
    range_ctx(&rc, p->m, p->e, &bare);
    return expr_is_safe(p->m, &rc, bare.body);
}

/* The node of the running value, in front of the reduction. */
static Node *running(Prefix *p)
{
    Module *m = p->m;
    const Node *n = p->n;
    Expr *ext[MAX_RANK], *by[MAX_SLOTS] = {0};
    for (int i = 0; i < n->rank; i++) ext[i] = n->ext[i];
    ext[p->axis] = length(p);
    by[n->rank] = ex_index(m, p->axis);                               /* j walks along the axis */
    Expr *body = ex_subst_slots(m, running_body(m, n), by, n->rank + 1);
    Node *c = node_before(m, p->n, n->red == RED_sum ? NODE_cumsum : NODE_cummax, body->dtype, n->rank, ext, n->name);
    c->body = body;
    c->row_axes = 1u << p->axis;
    for (int i = 0; i < n->nconj; i++)
        if (i != p->conj) node_add_conj(m, c, ex_subst_slots(m, n->conj[i], by, n->rank + 1));
    return c;
}

/* The running value is the result as it is: the node itself becomes it. */
static int becomes_running(Node *n, const Node *c, const Expr *v)
{
    int slot;
    if (n->post || n->dtype != c->dtype || v->op != EX_read) return 0;
    for (int i = 0; i < n->rank; i++)
        if (n->ext[i] != c->ext[i] || !expr_is_index(v->arg[i], &slot) || slot != i) return 0;
    n->kind = c->kind;
    n->row_axes = c->row_axes;
    n->body = c->body;
    n->conj = c->conj;
    n->nconj = c->nconj;
    return 1;
}

static void becomes(Prefix *p, Expr *v)
{
    Node *n = p->n;
    n->body = n->post ? expr_put_acc(p->c, n->post, n->body->dtype, v) : v;
    n->conj = NULL;
    n->nconj = 0;
    n->post = n->empty = NULL;
    n->red = RED_none;
    n->nred = 0;
}

/* A whole number added up for each earlier position: so many of them, times the number. */
static int closed_form(Prefix *p)
{
    Module *m = p->m;
    const Node *n = p->n;
    int64_t each;
    if (n->red != RED_sum || !ex_is_int(n->body, &each) || n->nconj > (p->conj >= 0)) return 0;
    Expr *positions = ex_add(m, place(p, length(p)), ex_int(m, 1));
    RangeCtx rc;
    Node bare;
    range_ctx_outside(&rc, &bare, m, p->e, n, 0);
    if (range_proves(&rc, ex_bin(m, EX_le, ex_int(m, 0), positions)) != 1) positions = ex_bin(m, EX_max, positions, ex_int(m, 0));
    becomes(p, ex_mul(m, ex_cast(m, dtype_class(n->body->dtype), positions), n->body));
    return 1;
}

/* The first position of a range that has one, where all conditions hold: the reduction is what stands there. */
static int takes_first(Prefix *p)
{
    Module *m = p->m;
    Node *n = p->n;
    RangeCtx rc;
    Node bare;
    Expr *by[MAX_SLOTS] = {0};
    if (n->kind != NODE_compute || n->red != RED_first || n->nred != 1) return 0;
    range_ctx_outside(&rc, &bare, m, p->e, n, 0);
    if (range_proves(&rc, ex_bin(m, EX_lt, n->r[0].lo, n->r[0].hi)) != 1) return 0;
    by[n->rank] = n->r[0].lo;
    for (int i = 0; i < n->nconj; i++)
        if (range_proves(&rc, ex_subst_slots(m, n->conj[i], by, n->rank + 1)) != 1) return 0;
    Expr *v = ex_subst_slots(m, n->body, by, n->rank + 1);
    if (!expr_is_safe(m, &rc, v) || !opt_may(p->c)) return 0;
    becomes(p, v);
    return 1;
}

static void rewrite(Prefix *p)
{
    if (closed_form(p)) return;
    Module *m = p->m;
    Node *n = p->n, *c = running(p);
    Expr *subs[MAX_RANK];
    RangeCtx rc;
    Node bare;
    for (int i = 0; i < n->rank; i++) subs[i] = ex_index(m, i);
    subs[p->axis] = place(p, c->ext[p->axis]);
    range_ctx_outside(&rc, &bare, m, p->e, n, 0);
    Expr *v = expr_inside(m, &rc, subs[p->axis], c->ext[p->axis]) == 1 ? ex_read(m, c, subs)
            : ex_read_or(m, c, subs, before_first(m, n->red, c->body->dtype));
    v = result(m, n, v);
    if (!becomes_running(n, c, v)) {                                  /* otherwise c is dead */
        n->body = n->post ? expr_put_acc(p->c, n->post, n->body->dtype, v) : v;
        n->conj = NULL;
        n->nconj = 0;
    }
    n->post = NULL;
    n->red = RED_none;
    n->nred = 0;
}

int pass_prefix(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) {
            Prefix p = {.c = c, .m = m, .e = m->entries.at[i], .n = list.v.at[k]};
            if (takes_first(&p)) changes++;
            else if (matches(&p) && can_run(p.n) && is_safe(&p) && opt_may(c)) rewrite(&p), changes++;
        }
    }
    return changes;
}
