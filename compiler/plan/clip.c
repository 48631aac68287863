/* clip.c - masked work is skipped: conditions of a softmax that bound the index along its row become loop bounds of the
 * scores before it and of the sums behind it. Takes the steps of a region, gives Step.clip.
 *
 * A bound holds for all rows at hand (the least lower and the largest upper one), so places inside may still be masked:
 * the softmax makes them 0. Outside nothing is computed, nothing is stored, and nothing may be read: every reader of the
 * result must be a sum over exactly that index. Causal masks, windows and lengths are bounds, and so is what a tensor says
 * of each row, such as where its sequence begins and ends among packed ones; anything else stays a test. */
#include "compiler/plan/plan_int.h"

typedef struct Clip { PlanCtx *c; const Step *soft; int slot; Expr *lo, *hi; } Clip;

typedef struct Known { Clip *k; const Region *r; int bad; } Known;
static void known_read(void *u, const Expr *e)
{
    Known *n = u;
    if (e->op == EX_sym && e->u.sym->kind == SYM_loop) n->bad = 1;
    if (e->op == EX_guard) n->bad = 1;
    if (e->op != EX_read && e->op != EX_read_or) return;
    const NodeInfo *i = e->u.node->block ? plan_info(n->k->c, e->u.node) : NULL;
    if (!i || i->nin || i->pos >= n->r->begin_pos) n->bad = 1;
}

/* e, which reads data at the row of region r, as a number that each iteration finds before its steps. NULL: it depends on more. */
static Expr *row_bound(Clip *k, Region *r, Expr *e, int axis, int sign)
{
    Module *m = k->c->m;
    Known known = {k, r, r->outer != NULL};
    Expr *to[MAX_SLOTS] = {0};
    RangeCtx rc;
    int64_t lo, hi;
    ex_visit(e, known_read, &known);
    if (known.bad || ex_slots(e) != 1u << axis) return NULL;
    range_ctx(&rc, m, k->c->ep->entry, k->soft->node);
    range_of(&rc, e, &lo, &hi);
    to[axis] = ex_index(m, 0);
    e = ex_subst_slots(m, e, to, k->soft->node->rank);
    for (int j = 0; j < r->bounds.n; j++)
        if (r->bounds.at[j].e == e && r->bounds.at[j].sign == sign) return ex_sym(m, r->bounds.at[j].sym);
    RowBound b = {sym_new(m, sign < 0 ? "least" : "most", SYM_loop, lo, hi, k->soft->node->span), e, sign};
    vec_push(k->c->a, &r->bounds, b);
    return ex_sym(m, b.sym);
}

/* e at its least (sign < 0) or largest over the rows at hand; NULL when it has an index that is not fixed here. */
static Expr *extreme(Clip *k, Expr *e, int sign)
{
    Module *m = k->c->m;
    for (int j = 0; j < k->soft->nin; j++) {
        const Region *r = k->soft->in[j].region;
        int64_t coef;
        Expr *rest, *to[MAX_SLOTS] = {0};
        if (!ex_uses_slot(e, k->soft->in[j].axis)) continue;
        if (r->rows > 1 && !affine_split(m, e, k->soft->in[j].axis, &coef, &rest)) {
            if (!(e = row_bound(k, k->soft->in[j].region, e, k->soft->in[j].axis, sign))) return NULL;
            continue;
        }
        to[k->soft->in[j].axis] = ex_sym(m, r->first);
        if (r->rows > 1 && coef * sign > 0) {
            Expr *count = r->exact ? ex_int(m, r->rows) : ex_sym(m, r->count);
            to[k->soft->in[j].axis] = ex_sub(m, ex_add(m, ex_sym(m, r->first), count), ex_int(m, 1));
        }
        e = ex_subst_slots(m, e, to, k->soft->node->rank);
    }
    return ex_slots(e) ? NULL : e;
}

/* slack >= 0 is a condition: slack = coef*slot + rest */
static void bound(Clip *k, Expr *slack)
{
    Module *m = k->c->m;
    int64_t coef;
    Expr *rest;
    if (!ex_uses_slot(slack, k->slot) || !affine_split(m, slack, k->slot, &coef, &rest) || ex_uses_slot(rest, k->slot)) return;
    if (coef == 1 && (rest = extreme(k, ex_un(m, EX_neg, rest), -1))) k->lo = ex_bin(m, EX_max, k->lo, rest);
    if (coef == -1 && (rest = extreme(k, ex_add(m, rest, ex_int(m, 1)), 1))) k->hi = ex_bin(m, EX_min, k->hi, rest);
}

static void condition(Clip *k, const Expr *c)
{
    Module *m = k->c->m;
    if ((c->op != EX_lt && c->op != EX_le && c->op != EX_eq) || c->arg[0]->dtype != DT_i32) return;
    Expr *up = ex_sub(m, c->arg[1], c->arg[0]);
    bound(k, c->op == EX_lt ? ex_sub(m, up, ex_int(m, 1)) : up);
    if (c->op == EX_eq) bound(k, ex_sub(m, c->arg[0], c->arg[1]));
}

static Step *step_of(Step *const *s, int n, const Node *x)
{
    for (int k = 0; k < n; k++) if (s[k]->kind == STEP_node && s[k]->node == x) return s[k];
    return NULL;
}

typedef struct Reader { const Node *x; int axis, slot, bad, seen; } Reader;

/* Every read of x has at `axis` one index alone, the same in all. */
static void reader_expr(void *u, const Expr *e)
{
    Reader *r = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != r->x) return;
    const Expr *s = e->arg[r->axis];
    if (e->op == EX_read_or || s->op != EX_index || (r->seen && r->slot != s->u.slot)) r->bad = 1;
    else r->slot = s->u.slot;
    r->seen = 1;
}

static void reader_slots(void *u, Expr **e) { ex_visit(*e, reader_expr, u); }

static Reader read_by(const Node *n, const Node *x, int axis)
{
    Reader r = {x, axis, -1, 0, 0};
    node_each_expr((Node *)(uintptr_t)n, reader_slots, &r);
    for (int k = 0; k < n->nin; k++) if (n->in[k] == x) r.bad = r.seen = 1;
    return r;
}

static int whole_range(const Module *m, const Node *n, int slot, const Node *x, int axis)
{
    int64_t lo;
    (void)m;
    if (slot < n->rank || n->red != RED_sum) return 0;
    const Range *r = &n->r[slot - n->rank];
    return ex_is_int(r->lo, &lo) && lo == 0 && r->hi == x->ext[axis];
}

/* Readers of p along `axis`; each is given the clip when `give`. 0: one of them wants all of p. */
static int readers(Clip *k, Step *const *s, int n, int give)
{
    const Node *p = k->soft->node;
    for (int j = 0; j < p->block->nodes.n; j++) {
        Reader r = read_by(p->block->nodes.at[j], p, k->slot);
        if (!r.seen) continue;
        Step *by = step_of(s, n, p->block->nodes.at[j]);
        if (!by || r.bad || !whole_range(k->c->m, by->node, r.slot, p, k->slot)) return 0;
        if (give) { by->clip.slot = r.slot; by->clip.lo = k->lo; by->clip.hi = k->hi; }
    }
    return 1;
}

/* The scores, when nobody but the softmax reads them. */
static void clip_scores(Clip *k, Step *const *s, int n)
{
    const Node *p = k->soft->node;
    for (int j = 0; j < n; j++) {
        if (s[j]->kind != STEP_node || s[j]->dst->ntile < s[j]->nin) continue;
        const Node *x = s[j]->node;
        for (int axis = 0; axis < x->rank; axis++) {
            Reader r = read_by(p, x, axis);
            if (!r.seen || r.bad || r.slot != k->slot || x->ext[axis] != p->ext[k->slot]) continue;
            int only = 1;
            for (int i = 0; i < x->block->nodes.n; i++)
                if (x->block->nodes.at[i] != p && read_by(x->block->nodes.at[i], x, axis).seen) only = 0;
            for (int i = 0; i < p->nconj; i++) if (ex_reads(p->conj[i], x)) only = 0;
            if (!only) continue;
            s[j]->clip.slot = axis; s[j]->clip.lo = k->lo; s[j]->clip.hi = k->hi;
        }
    }
}

static void clip_softmax(PlanCtx *c, Step *soft, Step *const *s, int n)
{
    const Node *p = soft->node;
    Clip k = {c, soft, 0, ex_int(c->m, 0), NULL};
    while (k.slot < p->rank && !(p->row_axes >> k.slot & 1)) k.slot++;
    if (p->row_axes != 1u << k.slot || soft->dst->ntile < soft->nin) return;
    k.hi = p->ext[k.slot];
    Expr *lo = k.lo, *hi = k.hi;
    for (int j = 0; j < p->nconj; j++) condition(&k, p->conj[j]);
    if ((k.lo == lo && k.hi == hi) || !readers(&k, s, n, 0)) return;
    readers(&k, s, n, 1);
    soft->clip.slot = k.slot; soft->clip.lo = k.lo; soft->clip.hi = k.hi;
    clip_scores(&k, s, n);
}

void clip_steps(PlanCtx *c, Step *const *s, int n)
{
    for (int k = 0; k < n; k++) {
        if (s[k]->kind == STEP_node && s[k]->node->kind == NODE_softmax && s[k]->nin && s[k]->node->nconj) clip_softmax(c, s[k], s, n);
        clip_steps(c, s[k]->body.at, s[k]->body.n);
        clip_steps(c, s[k]->other.at, s[k]->other.n);
    }
}
