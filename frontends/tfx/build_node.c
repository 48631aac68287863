/* build_node.c - nodes out of expressions with surrounding slots, regions' states, scatter.
 * Takes a NodeSpec whose expressions use the slots around, gives a Val that reads the new node at those slots.
 * Is not: proofs about ranges (build_prove.c). */
#include <limits.h>
#include "frontends/tfx/build.h"

static uint32_t below(int n) { return n >= 32 ? ~0u : ((uint32_t)1 << n) - 1; }

static uint32_t used_slots(const NodeSpec *s)
{
    uint32_t u = s->row;
    if (s->body) u |= ex_slots(s->body);
    if (s->empty) u |= ex_slots(s->empty);
    for (int i = 0; i < s->nconj; i++) u |= ex_slots(s->conj[i]);
    for (int i = 0; i < s->nred; i++) u |= ex_slots(s->r[i].lo) | ex_slots(s->r[i].hi);
    return u;
}

/* The value of slot k of the text as an expression of axis `axis` of the node. */
static Expr *slot_value(Build *b, const Slot *s, int axis)
{
    Expr *i = ex_index(b->m, axis);
    return s->off ? ex_add(b->m, i, s->off) : i;
}

/* Axes for the surrounding slots in use: fills by[] and around[]; number of axes, -1 after an error. */
static int around_axes(Build *b, const NodeSpec *s, uint32_t used, Expr **by, int *around, Expr **ext)
{
    int n = 0;
    for (int i = 0; i < b->depth; i++) {
        Slot *t = &b->slot[i];
        if (!(used >> i & 1)) continue;
        if (!t->ext) {
            tfx_error(b, t->at, "index-unbound", "nothing says how far '%s' runs; write its range: %s in 0 .. N", t->name, t->name);
            return -1;
        }
        if (n + s->nown >= MAX_RANK) {
            tfx_error(b, s->span, "too-many-dims", "a tensor of more than %d dimensions", MAX_RANK);
            return -1;
        }
        ext[n] = t->ext;
        by[i] = slot_value(b, t, n);
        around[n++] = i;
    }
    return n;
}

typedef struct Places { Build *b; Expr **by; int n; VEC(Expr *) from; } Places;
static void collect_place(void *u, const Expr *e)
{
    Places *p = u;
    if ((e->op == EX_read || e->op == EX_read_or) && map_get(&p->b->read_at, e)) vec_push(p->b->a, &p->from, (Expr *)(uintptr_t)e);
}

/* Reads keep the place of their text when their slots are renamed. */
static Expr *rename_slots(Build *b, Expr *e, Expr **by, int n)
{
    Places p = {.b = b, .by = by, .n = n};
    if (!e) return NULL;
    ex_visit(e, collect_place, &p);
    for (int i = 0; i < p.from.n; i++) {
        Expr *to = ex_subst_slots(b->m, p.from.at[i], by, n);
        if (!map_get(&b->read_at, to)) map_put(&b->read_at, to, map_get(&b->read_at, p.from.at[i]));
    }
    return ex_subst_slots(b->m, e, by, n);
}

static int64_t clamp32(int64_t x) { return x < INT32_MIN ? INT32_MIN : x > INT32_MAX ? INT32_MAX : x; }

/* What an integer node can hold, from what it is made of. */
static void integer_range(Build *b, Node *n)
{
    RangeCtx rc;
    int64_t lo, hi, l, h, count = 1;
    if (dtype_class(n->dtype) != CLS_I || n->kind != NODE_compute) return;
    range_ctx(&rc, b->m, b->entry, n);
    if (n->red == RED_none || n->red == RED_first || n->red == RED_last) {
        range_of(&rc, n->body, &lo, &hi);
        if (n->empty) {
            range_of(&rc, n->empty, &l, &h);
            lo = l < lo ? l : lo;
            hi = h > hi ? h : hi;
        } else if (n->red != RED_none) {
            lo = lo > 0 ? 0 : lo;
            hi = hi < 0 ? 0 : hi;
        }
        n->lo = clamp32(lo);
        n->hi = clamp32(hi);
    } else if (n->red == RED_argmax || n->red == RED_argmin) {
        range_of(&rc, n->r[0].lo, &l, &h);
        int64_t least = l;
        range_of(&rc, n->r[0].hi, &l, &h);
        int nonempty = !n->nconj && l > 0 && !n->r[0].lo->traits && !n->r[0].hi->traits;
        RangeCtx base;
        range_ctx_base(&base, b->m, b->entry, n);
        nonempty |= !n->nconj && range_proves(&base, ex_bin(b->m, EX_lt, n->r[0].lo, n->r[0].hi)) == 1;
        n->lo = nonempty ? clamp32(least) : clamp32(least < -1 ? least : -1);
        n->hi = clamp32(h - 1);
    } else if (n->red == RED_sum && n->body->op == EX_int && n->body->u.i == 1) {
        for (int i = 0; i < n->nred; i++) {
            range_of(&rc, ex_sub(b->m, n->r[i].hi, n->r[i].lo), &l, &h);
            if (h < 0) h = 0;
            if (h > INT32_MAX || __builtin_mul_overflow(count, h, &count)) return;
        }
        n->lo = 0;
        n->hi = clamp32(count);
    }
}

static void fill_node(Build *b, NodeSpec *s, Node *n, Expr **by, int nby)
{
    n->red = s->red;
    n->nred = s->nred;
    for (int i = 0; i < s->nred; i++) {
        n->r[i].lo = rename_slots(b, s->r[i].lo, by, nby);
        n->r[i].hi = rename_slots(b, s->r[i].hi, by, nby);
    }
    for (int i = 0; i < s->nconj; i++) node_add_conj(b->m, n, rename_slots(b, s->conj[i], by, nby));
    n->body = rename_slots(b, s->body, by, nby);
    n->empty = rename_slots(b, s->empty, by, nby);
}

Val node_make(Build *b, NodeSpec *s)
{
    Expr *by[MAX_SLOTS] = {0}, *ext[MAX_RANK], *sub[MAX_RANK];
    int around[MAX_RANK], nby = MAX_SLOTS;
    int k = around_axes(b, s, used_slots(s) & below(b->depth), by, around, ext);
    if (k < 0) return tfx_bad(s->span);
    for (int i = 0; i < s->nown; i++) {
        if (ex_slots(s->own_ext[i])) return tfx_error(b, s->span, "ragged-size", "a dimension may not have a size that depends on an index: %s", ext_text(b, s->own_ext[i]));
        ext[k + i] = s->own_ext[i];
        by[s->own[i]] = ex_index(b->m, k + i);
    }
    for (int i = 0; i < s->nred; i++) by[s->redslot[i]] = ex_index(b->m, k + s->nown + i);
    Node *n = node_new(b->m, b->block, s->kind, s->dtype, k + s->nown, ext, s->name, s->span);
    fill_node(b, s, n, by, nby);
    for (int i = 0; i < k; i++)
        if (s->row >> around[i] & 1) n->row_axes |= (uint32_t)1 << i;
    int keep = b->ncond;
    Expr *outer[64];
    for (int i = 0; i < keep; i++) {                     /* what holds on the way here, as far as this node can see it */
        outer[i] = b->cond[i];
        b->cond[i] = ex_slots(outer[i]) & ~used_slots(s) ? ex_bool(b->m, 1) : rename_slots(b, outer[i], by, nby);
    }
    node_prove(b, n);
    for (int i = 0; i < keep; i++) b->cond[i] = outer[i];
    integer_range(b, n);
    Val v = {.kind = VAL_num, .span = s->span, .rank = s->nown, .depth = b->depth};
    for (int i = 0; i < k; i++) {
        const Slot *t = &b->slot[around[i]];
        sub[i] = ex_index(b->m, around[i]);
        if (t->off) sub[i] = ex_sub(b->m, sub[i], t->off);
    }
    for (int i = 0; i < s->nown; i++) {
        v.ext[i] = s->own_ext[i];
        sub[k + i] = ex_index(b->m, b->depth + i);
    }
    v.e = ex_read(b->m, n, sub);
    return v;
}

/* base with element sub[..] := value for every index in lo..hi. Index slots of the text: idx[]; surrounding slots in
 * use become leading axes of the result, over which base is repeated. Axes of base: its own dimensions. */
Val node_scatter(Build *b, const Val *base, int nidx, const int *idx, Expr *const *lo, Expr *const *hi, Expr *const *sub, Expr *value, ScatterMode mode, DType t, const char *name, Span at)
{
    NodeSpec s = {.kind = NODE_scatter, .name = name, .span = at, .nown = base->rank};
    Expr *by[MAX_SLOTS] = {0}, *ext[MAX_RANK], *basesub[MAX_RANK];
    int around[MAX_RANK];
    uint32_t used = ex_slots(value) | ex_slots(base->e);
    for (int i = 0; i < base->rank; i++) used |= ex_slots(sub[i]);
    for (int i = 0; i < nidx; i++) used |= ex_slots(lo[i]) | ex_slots(hi[i]);
    for (int i = 0; i < b->ncond; i++) used |= ex_slots(b->cond[i]);
    int outer_depth = nidx ? idx[0] : b->depth, depth = b->depth;
    used &= below(outer_depth) & below(base->depth < outer_depth ? outer_depth : outer_depth);
    b->depth = outer_depth;
    int k = around_axes(b, &s, used, by, around, ext);
    if (k < 0 || k + nidx > MAX_RED) {
        b->depth = depth;
        return k < 0 ? tfx_bad(at) : tfx_error(b, at, "too-many-dims", "an assignment over more than %d indices", MAX_RED);
    }
    for (int i = 0; i < base->rank; i++) ext[k + i] = base->ext[i];
    /* the base, with the surrounding axes in front */
    Node *in;
    int rank = k + base->rank;
    if (!k && base->e->op == EX_read && base->e->u.node->rank == base->rank && base->e->u.node->dtype == t && val_to_node(b, *base, NULL, t, 0) == base->e->u.node) {
        in = base->e->u.node;
    } else {
        Expr *sub0[MAX_SLOTS] = {0};
        for (int i = 0; i < outer_depth; i++) sub0[i] = by[i];
        for (int i = 0; i < base->rank; i++) sub0[base->depth + i] = ex_index(b->m, k + i);
        in = node_new(b->m, b->block, NODE_compute, t, rank, ext, name, at);
        in->body = ex_subst_slots(b->m, base->e, sub0, MAX_SLOTS);
    }
    Node *n = node_new(b->m, b->block, NODE_scatter, t, rank, ext, name, at);
    node_add_in(b->m, n, in);
    n->mode = mode;
    n->nred = k + nidx;
    for (int i = 0; i < k; i++) {
        by[around[i]] = slot_value(b, &b->slot[around[i]], rank + i);
        n->r[i] = (Range){ex_int(b->m, 0), ext[i]};
        n->sub[i] = ex_index(b->m, rank + i);
    }
    for (int i = 0; i < nidx; i++) by[idx[i]] = ex_index(b->m, rank + k + i);
    for (int i = 0; i < nidx; i++) n->r[k + i] = (Range){rename_slots(b, lo[i], by, MAX_SLOTS), rename_slots(b, hi[i], by, MAX_SLOTS)};
    for (int i = 0; i < base->rank; i++) n->sub[k + i] = rename_slots(b, sub[i], by, MAX_SLOTS);
    n->body = rename_slots(b, value, by, MAX_SLOTS);
    n->lo = in->lo;
    n->hi = in->hi;
    int keep = b->ncond;
    b->ncond = 0;
    node_prove(b, n);
    b->ncond = keep;
    Val v = {.kind = VAL_num, .span = at, .rank = base->rank, .depth = outer_depth};
    for (int i = 0; i < k; i++) {
        const Slot *t2 = &b->slot[around[i]];
        basesub[i] = ex_index(b->m, around[i]);
        if (t2->off) basesub[i] = ex_sub(b->m, basesub[i], t2->off);
    }
    for (int i = 0; i < base->rank; i++) {
        v.ext[i] = base->ext[i];
        basesub[k + i] = ex_index(b->m, outer_depth + i);
    }
    v.e = ex_read(b->m, n, basesub);
    b->depth = depth;
    return v;
}

/* ---- states ---- */

Node *state_node(Build *b, State *s)
{
    Node *n = map_get(&b->states, s);
    if (n) return n;
    Expr *ext[MAX_RANK];
    for (int i = 0; i < s->rank; i++) ext[i] = ex_int(b->m, s->shape[i]);
    n = node_new(b->m, b->root, NODE_state, s->dtype, s->rank, ext, s->name, s->span);
    n->state = s;
    if (dtype_class(s->dtype) == CLS_I) n->lo = s->lo, n->hi = s->hi;
    map_put(&b->states, s, n);
    map_put(&b->state_at_entry, s, n);
    return n;
}

void state_set(Build *b, State *s, Node *n)
{
    Node *old = state_node(b, s);
    if (b->recording) {
        Change c = {NULL, {0}, s, old};
        vec_push(b->a, &b->journal, c);
    }
    map_put(&b->states, s, n);
}
