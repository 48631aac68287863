/* softmax.c - softmax spelled out becomes a softmax node. Takes quotients e / sum e with e = exp(s), in any order of
 * factors, with or without a maximum (or anything else that is constant along the row) subtracted, by a reciprocal, or
 * with the division after the weighted sum; gives a softmax node and its readers. Masks are mask.c.
 *
 * The rule is pointwise: x / z[..] with z the sum of x over some indices is an element of a softmax, wherever it
 * stands. What is constant along the row drops out of it, so the maximum need not even be the right one; without one the
 * answer is the same as long as exp does not leave the floats, and a better one beyond.
 * A sum under conditions is the softmax under the same conditions, which is 0 elsewhere: the reader must hold them too.
 * Left alone: sums with something added (z + eps), values stored with rounding, rows whose length depends on the row. */
#include "compiler/opt/mask.h"

enum { MAX_LOOK = 4 };
typedef struct Soft { OptCtx *c; Module *m; Entry *e; Map made; int changes; } Soft;

/* A sum of exponentials as a softmax over its own indices: logit and conditions in the slots of the sum. term: what is
 * summed, without its condition. */
enum { MAX_CONJ = 32 };
typedef struct Row { Node *sum; Expr *term, *logit, *conj[MAX_CONJ]; int nconj; } Row;

/* ---- looking through maps ---- */

/* The code behind the read of a map, as often as there is one. */
static Expr *look(Module *m, Expr *e)
{
    for (int i = 0; i < MAX_LOOK && e->op == EX_read; i++) {
        const Node *n = e->u.node;
        if (!node_is_map(n) || n->dtype != DT_f32 || !(n->body->traits & TRAIT_read)) return e;
        e = ex_subst_slots(m, n->body, e->arg, n->rank);
    }
    return e;
}

static int is_one(const Expr *e)
{
    double v;
    return ex_is_lit(e, &v) && v >= 1 && v <= 1;
}

/* ---- rows ---- */

/* e without what is constant along the row (slots of `row`): softmax does not see it. */
static Expr *strip(Module *m, Expr *e, uint32_t row)
{
    if (!(ex_slots(e) & row)) return e;
    Expr *l = look(m, e);
    if (l->op != EX_add && l->op != EX_sub && l->op != EX_mul && l->op != EX_div) return e;
    Expr *a = l->arg[0], *b = l->arg[1];
    int fa = !(ex_slots(a) & row), fb = !(ex_slots(b) & row);
    if (fa == fb) return e;
    switch (l->op) {
    case EX_add: return strip(m, fb ? a : b, row);
    case EX_sub: return fb ? strip(m, a, row) : ex_un(m, EX_neg, strip(m, b, row));
    case EX_mul: return fb ? ex_mul(m, strip(m, a, row), b) : ex_mul(m, a, strip(m, b, row));
    default: return fb ? ex_bin(m, EX_div, strip(m, a, row), b) : e;
    }
}

/* The conjuncts of c behind those in list; their number, or -1: too many. */
static int split_and(Expr *c, Expr **list, int n)
{
    if (c->op == EX_and) {
        n = split_and(c->arg[0], list, n);
        return n < 0 ? n : split_and(c->arg[1], list, n);
    }
    if (n == MAX_CONJ) return -1;
    list[n] = c;
    return n + 1;
}

static int is_zero(const Expr *e)
{
    double v;
    return ex_is_lit(e, &v) && v >= 0 && v <= 0;
}

/* P ? x : 0 */
static int is_masked(const Expr *e) { return e->op == EX_select && is_zero(e->arg[2]); }

/* n sums exponentials over whole axes, under conditions or with zeros where they do not hold. */
static int row_of(Soft *s, Node *n, Row *out)
{
    Module *m = s->m;
    int64_t lo;
    if (n->kind != NODE_compute || n->red != RED_sum || !n->nred || n->empty || n->dtype != DT_f32 || n->body->dtype != DT_f32) return 0;
    if (n->rank + n->nred > MAX_RANK || n->nconj > MAX_CONJ) return 0;
    for (int i = 0; i < n->nred; i++)
        if (!ex_is_int(n->r[i].lo, &lo) || lo || ex_slots(n->r[i].hi)) return 0;
    uint32_t row = ((1u << n->nred) - 1) << n->rank;
    Expr *x = look(m, n->body);
    *out = (Row){.sum = n, .nconj = n->nconj};
    for (int i = 0; i < n->nconj; i++) out->conj[i] = n->conj[i];
    if (is_masked(x)) {
        out->nconj = split_and(x->arg[0], out->conj, out->nconj);
        x = look(m, x->arg[1]);
    }
    if (out->nconj < 0 || (x->op != EX_exp && x->op != EX_exp2)) return 0;
    out->term = x;
    out->logit = strip(m, x->arg[0], row);
    if (x->op == EX_exp2) out->logit = ex_mul(m, out->logit, ex_flt(m, 0.69314718055994530942));
    return 1;
}

/* The softmax node of a row, made once, in front of its sum. */
static Node *row_node(Soft *s, const Row *r)
{
    Node *z = r->sum, *n = map_get(&s->made, z);
    Expr *ext[MAX_RANK];
    if (n) return n;
    for (int i = 0; i < z->rank; i++) ext[i] = z->ext[i];
    for (int i = 0; i < z->nred; i++) ext[z->rank + i] = z->r[i].hi;
    n = node_before(s->m, z, NODE_softmax, DT_f32, z->rank + z->nred, ext, NULL);
    n->body = r->logit;
    n->row_axes = ((1u << z->nred) - 1) << z->rank;
    for (int i = 0; i < r->nconj; i++) node_add_conj(s->m, n, r->conj[i]);
    map_put(&s->made, z, n);
    return n;
}

/* ---- quotients ---- */

/* A product in a node: numerators and divisors. by[]: what the slots of the sum stand for. */
typedef struct Quot { Soft *s; Node *n; RangeCtx rc; Row row; Expr *by[MAX_SLOTS]; Expr *inverse; } Quot;

/* Is f a reciprocal of a sum: read of a map 1 / z, or of a sum with post 1 / acc? Gives the read of z. */
static Expr *reciprocal(Module *m, Expr *f)
{
    if (f->op != EX_read) return NULL;
    const Node *n = f->u.node;
    if (node_is_map(n) && n->dtype == DT_f32 && n->body->op == EX_div && is_one(n->body->arg[0]) && n->body->arg[1]->op == EX_read)
        return ex_subst_slots(m, n->body->arg[1], f->arg, n->rank);
    const Expr *p = n->post;
    if (n->kind == NODE_compute && p && p->op == EX_div && is_one(p->arg[0]) && p->arg[1]->op == EX_acc) return f;
    return NULL;
}

/* Sets q->row when d reads a sum of exponentials whose value is used as it is (inverse: its reciprocal). */
static int divisor(Quot *q, Expr *d, int inverse)
{
    if (d->op != EX_read || !row_of(q->s, d->u.node, &q->row)) return 0;
    if (!d->u.node->post != !inverse) return 0;
    for (int i = 0; i < MAX_SLOTS; i++) q->by[i] = i < d->u.node->rank ? d->arg[i] : NULL;
    return 1;
}

/* What the element x of a product would be: exp under conditions of its own (P ? exp : 0). */
typedef struct Elem { Expr *term, *conj[MAX_CONJ]; int nconj; } Elem;

static int elem_of(Quot *q, Expr *x, Elem *out)
{
    Expr *l = look(q->s->m, x);
    *out = (Elem){.term = l};
    if (!is_masked(l)) return 1;
    out->nconj = split_and(l->arg[0], out->conj, 0);
    out->term = look(q->s->m, l->arg[1]);
    return out->nconj >= 0;
}

static int has_conj(Expr *const *list, int n, const Expr *c)
{
    for (int i = 0; i < n; i++)
        if (list[i] == c) return 1;
    return 0;
}

/* The element is 0 exactly where the softmax is: its conditions are those of the sum, or known to hold here. */
static int same_conj(Quot *q, const Elem *x)
{
    const Node *z = q->row.sum;
    Expr *conj[MAX_CONJ];
    for (int i = 0; i < q->row.nconj; i++) {
        conj[i] = ex_subst_slots(q->s->m, q->row.conj[i], q->by, z->rank + z->nred);
        if (!has_conj(x->conj, x->nconj, conj[i]) && range_proves(&q->rc, conj[i]) != 1) return 0;
    }
    for (int i = 0; i < x->nconj; i++)
        if (!has_conj(conj, q->row.nconj, x->conj[i])) return 0;
    return 1;
}

/* Is x the summed term with the reduced slots from `k` on chosen among the slots of the reader? */
static int same_term(Quot *q, const Elem *x, int k)
{
    const Node *z = q->row.sum, *n = q->n;
    Module *m = q->s->m;
    if (k == z->nred)
        return ex_subst_slots(m, q->row.term, q->by, z->rank + z->nred) == x->term && same_conj(q, x);
    for (int s = 0; s < n->rank + n->nred; s++) {
        Expr *i = ex_index(m, s);
        int taken = !ex_uses_slot(x->term, s) || expr_inside(m, &q->rc, i, z->r[k].hi) != 1;
        for (int p = 0; p < k; p++) taken |= q->by[z->rank + p] == i;
        if (taken) continue;
        q->by[z->rank + k] = i;
        if (same_term(q, x, k + 1)) return 1;
    }
    return 0;
}

/* x as an element of the softmax. Where x is a 0 of its own, its row must not be empty: 0 / 0 is no number. */
static int is_term(Quot *q, Expr *x)
{
    Elem e;
    const Node *z = q->row.sum;
    if (!elem_of(q, x, &e) || (e.term->op != EX_exp && e.term->op != EX_exp2) || !same_term(q, &e, 0)) return 0;
    if (!e.nconj) return 1;
    Node k = *z;
    for (int i = 0; i < z->nred; i++) k.ext[z->rank + i] = z->r[i].hi;
    k.rank += k.nred;
    k.nred = 0;
    return mask_nonempty(q->s->m, q->s->e, &k, ((1u << z->nred) - 1) << z->rank, q->row.conj, q->row.nconj);
}

/* The whole map is the quotient, element for element: it is the softmax itself. */
static int becomes_softmax(Quot *q, const Factors *f, int at)
{
    Node *n = q->n, *z = q->row.sum;
    uint32_t seen = 0, row = 0;
    int slot, slots = z->rank + z->nred;
    if (!node_is_map(n) || n->dtype != DT_f32 || n->rank != slots || f->n != 1 || f->nd || at || !(f->k >= 1 && f->k <= 1)) return 0;
    for (int i = 0; i < slots; i++) {
        if (!expr_is_index(q->by[i], &slot) || seen >> slot & 1) return 0;
        if ((i < z->rank ? z->ext[i] : z->r[i - z->rank].hi) != n->ext[slot]) return 0;
        seen |= 1u << slot;
        if (i >= z->rank) row |= 1u << slot;
    }
    Module *m = q->s->m;
    n->kind = NODE_softmax;
    n->row_axes = row;
    n->body = ex_subst_slots(m, q->row.logit, q->by, slots);
    for (int i = 0; i < q->row.nconj; i++) node_add_conj(m, n, ex_subst_slots(m, q->row.conj[i], q->by, slots));
    return 1;
}

/* The numerator f.f[at] and a divisor already taken out of f: the node's body becomes f with a read of the softmax. */
static void put_softmax(Quot *q, Factors *f, int at)
{
    if (becomes_softmax(q, f, at)) return;
    f->f[at] = ex_read(q->s->m, row_node(q->s, &q->row), q->by);
    q->n->body = factors_expr(q->s->m, f, DT_f32);
}

static int find_term(Quot *q, const Factors *f, const Expr *but)
{
    for (int i = 0; i < f->n; i++)
        if (f->f[i] != but && is_term(q, f->f[i])) return i;
    return -1;
}

/* Takes divisor i (or reciprocal factor i) out of `f`. */
static void take(Factors *f, int i, int inverse)
{
    if (inverse) f->f[i] = f->f[--f->n];
    else f->d[i] = f->d[--f->nd];
}

/* Finds a sum of exponentials among the divisors of `in` whose term is among the numerators of `terms`. */
static int find_quotient(Quot *q, Factors *in, Factors *terms, int *at)
{
    Module *m = q->s->m;
    for (int i = 0; i < in->nd; i++)
        if (divisor(q, look(m, in->d[i]), 0) && (*at = find_term(q, terms, NULL)) >= 0) return take(in, i, 0), 1;
    for (int i = 0; i < in->n; i++) {
        Expr *f = in->f[i], *d = reciprocal(m, f);
        if (!d || !divisor(q, d, d == f) || (*at = find_term(q, terms, f)) < 0) continue;
        take(in, i, 1);
        if (in == terms && *at == in->n) *at = i;                     /* the last one has moved to i */
        return 1;
    }
    return 0;
}

/* e / z in the body. */
static int in_body(Quot *q)
{
    Factors f;
    int at;
    if (!factors_of(q->n->body, &f) || !find_quotient(q, &f, &f, &at) || !opt_may(q->s->c)) return 0;
    put_softmax(q, &f, at);
    return 1;
}

/* (sum e * v) / z: the division is the last step of a sum with e in its product. */
static int in_post(Quot *q)
{
    Factors body, post;
    int at;
    const Node *n = q->n;
    if (n->red != RED_sum || !n->post || n->empty || !factors_of(n->post, &post) || !factors_of(n->body, &body)) return 0;
    for (int i = 0; i < post.n; i++)
        if (post.f[i]->traits & TRAIT_acc && post.f[i]->op != EX_acc) return 0;
    for (int i = 0; i < post.nd; i++)
        if (post.d[i]->traits & TRAIT_acc) return 0;
    if (!find_quotient(q, &post, &body, &at) || !opt_may(q->s->c)) return 0;
    put_softmax(q, &body, at);
    Expr *p = factors_expr(q->s->m, &post, DT_f32);
    q->n->post = p->op == EX_acc ? NULL : p;
    return 1;
}

/* y / z with y the read of a sum of e * v that only this map reads: the division moves into y. */
static int behind_read(Quot *q, Uses *uses)
{
    Factors f, body;
    Node *n = q->n;
    int at, perm[MAX_RANK];
    if (!node_is_map(n) || !factors_of(n->body, &f)) return 0;
    for (int i = 0; i < f.n; i++) {
        Node *y = f.f[i]->op == EX_read ? f.f[i]->u.node : NULL;
        if (!y || y->id >= uses->n || y->kind != NODE_compute || y->red != RED_sum || y->post || y->empty || y->dtype != DT_f32) continue;
        const Use *use = use_of(uses, y);
        if (use->pinned || use->by.n != 1 || y->rank != n->rank || !subs_are_permutation(f.f[i], n->rank, perm)) continue;
        Expr *by[MAX_SLOTS] = {0};
        for (int k = 0; k < n->rank; k++) by[perm[k]] = ex_index(q->s->m, k);
        Quot inner = {.s = q->s, .n = y};
        range_ctx(&inner.rc, q->s->m, q->s->e, y);
        if (!factors_of(y->body, &body)) continue;
        for (int d = 0; d < f.nd; d++) {
            if (!divisor(&inner, ex_subst_slots(q->s->m, look(q->s->m, f.d[d]), by, n->rank), 0)) continue;
            if (inner.row.sum->id > y->id || inner.row.sum->block != y->block) continue;      /* is z there when y is made? */
            if ((at = find_term(&inner, &body, NULL)) < 0 || !opt_may(q->s->c)) continue;
            put_softmax(&inner, &body, at);
            take(&f, d, 0);
            n->body = factors_expr(q->s->m, &f, DT_f32);
            return 1;
        }
    }
    return 0;
}

static void raise(Soft *s, Node *n, Uses *uses)
{
    Quot q = {.s = s, .n = n};
    if (n->kind != NODE_compute || !n->body || n->body->dtype != DT_f32) return;
    range_ctx(&q.rc, s->m, s->e, n);
    int done = in_body(&q) || in_post(&q) || behind_read(&q, uses);
    s->changes += done;
}

/* ---- what a softmax implies ---- */

/* sum[j where P] p[i,j] * v: p is 0 where P does not hold, so the sum needs no condition of its own. */
static int implied_by(Soft *s, Expr *const *f, int nf, const Expr *conj)
{
    for (int i = 0; i < nf; i++) {
        const Node *p = f[i]->op == EX_read ? f[i]->u.node : NULL;
        if (!p || p->kind != NODE_softmax) continue;
        for (int k = 0; k < p->nconj; k++)
            if (ex_subst_slots(s->m, p->conj[k], f[i]->arg, p->rank) == conj) return 1;
    }
    return 0;
}

/* Drops the conjuncts of a sum that one of its factors implies, when everything else may be evaluated without them. */
static void drop_implied(Soft *s, Node *n)
{
    Factors f;
    int kept = 0, all = n->nconj;
    Expr *conj[MAX_CONJ];
    RangeCtx rc;
    if (n->kind != NODE_compute || n->red != RED_sum || !all || all > MAX_CONJ || n->empty || !factors_of(n->body, &f) || f.nd) return;
    for (int i = 0; i < all; i++)
        if (!implied_by(s, f.f, f.n, n->conj[i])) conj[kept++] = n->conj[i];
    if (kept == all) return;
    Node bare = *n;
    bare.conj = conj;
    bare.nconj = kept;
    range_ctx(&rc, s->m, s->e, &bare);
    if (!expr_is_safe(s->m, &rc, n->body) || !opt_may(s->c)) return;
    n->nconj = 0;
    n->conj = NULL;
    for (int i = 0; i < kept; i++) node_add_conj(s->m, n, conj[i]);
    s->changes++;
}

int pass_softmax(OptCtx *c, Module *m)
{
    Soft s = {.c = c, .m = m};
    Uses uses = uses_of(c, m);
    map_init(&s.made, c->scratch);
    for (int i = 0; i < m->entries.n; i++) {
        s.e = m->entries.at[i];
        NodeList list = entry_nodes(c, s.e);
        for (int k = 0; k < list.v.n; k++) raise(&s, list.v.at[k], &uses), drop_implied(&s, list.v.at[k]);
    }
    if (!s.changes) return mask_softmax(c, m);
    return s.changes + mask_softmax(c, m);
}
