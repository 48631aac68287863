/* kernel.c - choice of specialised steps and of the dimension order that they want. Takes nodes in canonical form, gives
 * a Kernel each. A contraction out = sum a*b gets register tiles: 16 lanes over an output index that walks through
 * b and out, rows over one that walks through a only. */
#include "compiler/plan/kernel.h"
#include "compiler/plan/plan_int.h"
#include "compiler/plan/tuning.h"
#include "targets/targets.h"

/* Position of the only subscript of read e that uses slot, with coefficient 1 and nothing else of that slot; -1. */
static int unit_axis(const Module *m, const Expr *e, int slot)
{
    int at = -1;
    for (int k = 0; k < e->n; k++) {
        if (!ex_uses_slot(e->arg[k], slot)) continue;
        int64_t coef;
        Expr *rest;
        if (at >= 0 || !affine_split((Module *)(uintptr_t)m, e->arg[k], slot, &coef, &rest) || coef != 1) return -1;
        at = k;
    }
    return at;
}

static int affine_read(const Expr *e)
{
    if (e->op != EX_read || dtype_class(e->u.node->dtype) != CLS_F) return 0;
    for (int k = 0; k < e->n; k++) {
        Affine f;
        if (!affine_of(e->arg[k], &f)) return 0;
    }
    return 1;
}

static int in_ranges(const Node *n, int slot)
{
    for (int k = 0; k < n->nred; k++) if (ex_uses_slot(n->r[k].lo, slot) || ex_uses_slot(n->r[k].hi, slot)) return 1;
    return 0;
}

static int in_conditions(const Node *n, int slot)
{
    for (int k = 0; k < n->nconj; k++) if (ex_uses_slot(n->conj[k], slot)) return 1;
    return 0;
}

/* The region around that keeps a few rows of an output slot; NULL: the slot runs over all of its extent. */
static const Region *region_of(const RegionAt *in, int nin, int slot)
{
    for (int k = 0; k < nin; k++) if (in[k].axis == slot) return in[k].region;
    return NULL;
}

typedef struct Choice { const Module *m; const Entry *e; const Node *n; const RegionAt *in; int nin; } Choice;

/* Lanes and rows are in no condition; they may bound the ranges where there is an inside. A lane steps by one element, and it bounds ranges only
 * in a tensor that is stored along it: positions, where the channels give no lane. */
static int may_walk(const Choice *c, const Expr *in, int s, int lane)
{
    Expr *from, *to;
    Range r[MAX_RED];
    if (in_conditions(c->n, s) || (lane && unit_axis(c->m, in, s) < 0)) return 0;
    if (!in_ranges(c->n, s)) return 1;
    if (lane && (unit_axis(c->m, in, s) != in->n - 1 || node_is_const(in->u.node))) return 0;
    return kernel_inner((Module *)(uintptr_t)c->m, c->n, s, &from, &to, r);
}

/* Output slot of `in` alone that a loop of the tile can run over: largest extent, at equal ones the last (rows: of those that bound ranges). */
static int pick(const Choice *c, const Expr *in, const Expr *not_in, int lane)
{
    int best = -1;
    int64_t size = 0;
    for (int s = 0; s < c->n->rank; s++) {
        if (!ex_uses_slot(in, s) || ex_uses_slot(not_in, s) || !may_walk(c, in, s, lane)) continue;
        const Region *r = region_of(c->in, c->nin, s);
        if (r && (r->rows == 1 || lane)) continue;
        int64_t b = node_bound(c->m, c->e, c->n, s);
        if (r && !r->under) return s;                        /* the rows of the region are the tile's */
        if (b > size || (b == size && (lane || in_ranges(c->n, s)))) { best = s; size = b; }
    }
    return best;
}

static int try_tile(const Choice *c, Expr *a, Expr *b, Kernel *k)
{
    int lane = pick(c, b, a, 1);
    if (lane < 0 || node_bound(c->m, c->e, c->n, lane) < LANES / 2) return 0;
    k->lane = lane;
    k->row = pick(c, a, b, 0);
    if (k->row >= 0 && in_ranges(c->n, lane) && in_ranges(c->n, k->row)) k->row = -1;
    k->rows = k->row >= 0 && node_bound(c->m, c->e, c->n, k->row) >= 2 ? TILE_ROWS : 1;
    k->a = a; k->b = b; k->kind = KERNEL_tile;
    return 1;
}

/* Are there few rows, or may there be at run time? */
static void try_few(const Choice *c, Kernel *k)
{
    enum { MOST = 8, LONG = 32, FLOATS = 64 };
    const Node *n = c->n;
    int64_t rows = 1, size, group = 1, columns;
    RangeCtx rc;
    if (node_is_const(k->b->u.node) || in_ranges(n, k->lane) || (k->row >= 0 && in_ranges(n, k->row))) return;
    for (int s = 0; s < n->rank; s++) {
        if (s == k->lane || !ex_uses_slot(k->a, s) || ex_uses_slot(k->b, s)) continue;
        if (!ex_is_int(n->ext[s], &size)) {
            if (k->only >= 0) return;
            k->only = s;
            continue;
        }
        if (rows * size > MOST) return;
        rows *= size;
        const Region *r = region_of(c->in, c->nin, s);
        if (size > group && !in_ranges(n, s) && !in_conditions(n, s) && unit_axis(c->m, k->a, s) >= 0 && (!r || r->rows > 1)) { group = size; k->group = s; }
    }
    k->few = (int)rows;
    if (n->nred != 1 || n->nconj || !ex_is_int(n->ext[k->lane], &columns)) return;
    range_ctx_base(&rc, c->m, c->e, n);
    int64_t lo, hi, low;
    range_of(&rc, n->r[0].lo, &lo, &low);
    range_of(&rc, n->r[0].hi, &low, &hi);
    if (hi - lo < LONG) return;
    while (k->sums < MAX_SUMS && 2 * k->sums * rows * columns <= FLOATS) k->sums *= 2;
}

/* Is slot the last subscript of a tensor whose layout is row-major, or that can be laid out so? */
static int runs_last(const Choice *c, const Expr *read, int slot)
{
    int axis = unit_axis(c->m, read, slot);
    return axis >= 0 && (axis == read->n - 1 || node_is_const(read->u.node));
}

/* Products of two runs, element by element: the lane is in both, and no other index than the lane would do. Only b may be a weight. */
static int try_wide(const Choice *c, Expr *a, Expr *b, Kernel *k)
{
    int64_t size = LANES / 2 - 1;
    for (int s = 0; s < c->n->rank; s++) {
        if (!ex_uses_slot(a, s) || in_ranges(c->n, s) || !may_walk(c, a, s, 1) || region_of(c->in, c->nin, s)) continue;
        if (node_is_const(a->u.node) || !runs_last(c, a, s) || !runs_last(c, b, s)) continue;
        int64_t bound = node_bound(c->m, c->e, c->n, s);
        if (bound > size) { k->lane = s; size = bound; }
    }
    if (k->lane < 0) return 0;
    k->row = pick(c, a, b, 0);
    k->rows = k->row >= 0 && node_bound(c->m, c->e, c->n, k->row) >= 2 ? TILE_ROWS : 1;
    k->a = a; k->b = b; k->kind = KERNEL_tile; k->wide = 1;
    return 1;
}

void kernel_choose(const Module *m, const Entry *e, const Node *n, const RegionAt *in, int nin, Kernel *k)
{
    Kernel none = {KERNEL_nest, -1, -1, 1, 0, NULL, NULL, 0, -1, -1, 1, 0, 0, -1};
    Choice c = {m, e, n, in, nin};
    *k = none;
    if (n->kind != NODE_compute || n->red != RED_sum || !n->nred || n->rank < 1 || n->empty) return;
    if (n->body->op != EX_mul || n->body->dtype != DT_f32) return;
    Expr *x = n->body->arg[0], *y = n->body->arg[1];
    if (!affine_read(x) || !affine_read(y)) return;
    uint32_t red = ((1u << n->nred) - 1) << n->rank;
    if (!(ex_slots(x) & ex_slots(y) & red)) return;
    /* the operand that is a weight is b when both fit: its layout is free; else the one with the longer lane run */
    Kernel kx = none, ky = none;
    int fx = try_tile(&c, x, y, &ky), fy = try_tile(&c, y, x, &kx);
    if (fx && fy) {
        int wy = node_is_const(y->u.node), wx = node_is_const(x->u.node);
        *k = wy >= wx ? ky : kx;
        if (wy == wx && node_bound(m, e, n, kx.lane) > node_bound(m, e, n, ky.lane)) *k = kx;
    } else if (fx) *k = ky;
    else if (fy) *k = kx;
    if (k->kind == KERNEL_tile) try_few(&c, k);
    else if (node_is_const(x->u.node)) try_wide(&c, y, x, k);
    else try_wide(&c, x, y, k);
}

/* ---- layouts ---- */
const Layout *layout_of(const Map *wanted, const Node *x) { return map_get(wanted, x); }

typedef struct Want { Module *m; const EntryPlan *ep; Map *wanted; Arena *a; } Want;

/* Axes of operand b whose subscripts walk with output slots only: they are the columns; the others go with the sum.
 * 0: some subscript mixes both. */
static uint32_t columns(const Node *n, const Expr *b)
{
    uint32_t cols = 0, outs = (1u << n->rank) - 1;
    for (int k = 0; k < b->n; k++) {
        uint32_t s = ex_slots(b->arg[k]);
        if ((s & outs) && (s & ~outs)) return 0;
        if (s & outs) cols |= 1u << k;
    }
    return cols;
}

/* What a node takes as a whole keeps the plain order. */
static void want_plain(void *u, Node *n)
{
    Want *w = u;
    for (int k = 0; k < n->nin; k++) {
        Layout *l = NEW(w->a, Layout);
        l->last = n->in[k]->rank - 1;
        if (!map_get(w->wanted, n->in[k])) map_put(w->wanted, n->in[k], l);
    }
}

/* Rows that a step does against each load of b, when they are known; 0. */
static int64_t rows_at_hand(const Node *n, const RegionAt *in, int nin, int row)
{
    int64_t size;
    for (int k = 0; k < nin; k++) if (in[k].axis == row) return in[k].region->exact ? in[k].region->rows : 0;
    return ex_is_int(n->ext[row], &size) ? size : 0;
}

int tile_sizes(const Module *m, const Entry *e, const Node *n, const RegionAt *in, int nin, const Kernel *k, TileSizes *to)
{
    int64_t rows = k->row < 0 ? 1 : rows_at_hand(n, in, nin, k->row), lane = node_bound(m, e, n, k->lane), count = node_count_bound(m, e, k->b->u.node);
    int64_t all = node_count_bound(m, e, n);
    to->bits = dtype_info[k->b->u.node->dtype].bits;
    to->rows = (double)rows;
    to->columns = (double)lane;
    to->depth = all > 0 ? node_macs(m, e, n) / (double)all : 0;
    to->weights = (double)count * to->bits / 8;
    return rows > 0 && lane > 0 && count > 0 && to->depth >= 1;
}

/* Columns of a panel: what a register tile of the target takes of a row of weights, as their first reader wants it. */
static int panel_width(const Want *w, const Node *n, const Kernel *k, uint32_t cols)
{
    const Target *t = w->m->ctx->target;
    const NodeInfo *i = map_get(&w->ep->info, n);
    const Node *x = k->b->u.node;
    TileSizes s;
    int64_t count = 1, v;
    if (!t || !t->width) return LANES;
    for (int j = 0; j < x->rank; j++) if (cols >> j & 1) count *= ex_is_int(x->ext[j], &v) ? v : 1;
    int known = tile_sizes(w->m, w->ep->entry, n, i ? i->in : NULL, i ? i->nin : 0, k, &s);
    s.columns = (double)count;
    return tuning_weight(w->m, w->ep->entry, n, x, TUNE_columns, tile_columns(t, known ? &s : NULL, count));
}

void kernel_tile(const Plan *p, const Node *n, const Kernel *k, int *rows, int *columns)
{
    const Target *t = p->module->ctx->target;
    const Buffer *b = map_get(&p->weight_of, k->b->u.node);
    int64_t count;
    *columns = LANES;
    if (t && t->width && b && b->panel) *columns = target_tile(t, b->panel);
    else if (t && t->width && ex_is_int(n->ext[k->lane], &count)) *columns = k->columns ? k->columns : target_columns(t, count);
    *rows = k->rows < 2 ? k->rows : k->tile_rows ? k->tile_rows : t && t->width ? target_rows(t, *columns) : k->rows;
}

void kernel_tune(const Plan *p, const Entry *e, const Node *n, const RegionAt *in, int nin, Kernel *k)
{
    const Module *m = p->module;
    const Target *t = m->ctx->target;
    const Buffer *b = map_get(&p->weight_of, k->b->u.node);
    int vectors = t && t->width, columns = LANES, panel = b ? b->panel : 0;
    int64_t count;
    if (k->kind != KERNEL_tile || !m->ctx->tuning) return;
    if (vectors && panel) columns = target_tile(t, panel);
    else if (vectors && ex_is_int(n->ext[k->lane], &count)) {
        int rule = target_columns(t, count);
        columns = tuning_step(m, e, n, TUNE_columns, rule);
        k->columns = columns != rule ? columns : 0;
    }
    if (k->row < 0 || k->rows < 2) return;
    int by_rule = vectors ? target_rows(t, columns) : k->rows, rows = tuning_step(m, e, n, TUNE_rows, by_rule);
    k->tile_rows = rows != by_rule ? rows : 0;
    int64_t tiles = (rows_at_hand(n, in, nin, k->row) + rows - 1) / rows;
    if (!vectors || tiles < 2 || panel != columns || b->dtype != DT_f32) return;
    int likely = tiles <= MANY_TILES && b->bytes > ALONE_BYTES, ahead = tuning_step(m, e, n, TUNE_ahead, likely);
    k->ahead = ahead != likely ? ahead : -1;
}

int kernel_alone(const Module *m, const Entry *e, const Node *n)
{
    Kernel k;
    if (!m->ctx->target || !m->ctx->target->width || n->kind != NODE_compute) return 0;
    if (!n->nred && n->body->op == EX_read && n->body->u.node->kind == NODE_input) return 1;
    kernel_choose(m, e, n, NULL, 0, &k);
    if (k.kind != KERNEL_tile || k.wide || !node_is_const(k.b->u.node)) return 0;
    return tuning_step(m, e, n, TUNE_alone, node_count_bound(m, e, k.b->u.node) * 4 > ALONE_BYTES);
}

/* Axes of operand b that walk with an index which both operands have, such as the head of a cache. */
static uint32_t batch_axes(const Node *n, const Kernel *k)
{
    uint32_t both = ex_slots(k->a) & ((1u << n->rank) - 1), axes = 0;
    for (int j = 0; j < k->b->n; j++) if (ex_slots(k->b->arg[j]) & both) axes |= 1u << j;
    return axes;
}

/* A cache, of which a contraction reads one head after the other: what a head has lies together. Keys, whose positions are the
 * columns of the scores, lie in panels [head][positions / panel][channel][panel]: a row of scores reads one run of memory. Values
 * lie [head][position][channel]. What lives in the state's memory is laid out with it. Only where the target's vectors gain
 * from it, and only when every reader of the cache computes. */
static void want_state(Want *w, const State *s, const Node *n, const Kernel *k, int axis)
{
    const Target *t = w->m->ctx->target;
    const Node *x = k->b->u.node;
    if (!t || !t->width || x->rank != s->rank || map_get(w->wanted, s)) return;
    uint32_t cols = columns(n, k->b), batch = batch_axes(n, k);
    int keys = axis != x->rank - 1;
    if (keys ? !(cols >> axis & 1) || node_bound(w->m, w->ep->entry, x, axis) % LANES : !batch) return;   /* whole panels */
    Layout *l = NEW(w->a, Layout);
    l->last = axis;
    if (keys) { l->panel = LANES; l->col_axes = cols; }
    else l->outer = batch & ~(1u << axis);
    map_put(w->wanted, (void *)(uintptr_t)s, l);
}

static void want_node(void *u, Node *n)
{
    Want *w = u;
    Kernel k;
    NodeInfo *i = map_get(&w->ep->info, n);
    kernel_choose(w->m, w->ep->entry, n, i ? i->in : NULL, i ? i->nin : 0, &k);
    if (k.kind != KERNEL_tile) return;
    Node *x = k.b->u.node;
    int axis = unit_axis(w->m, k.b, k.lane);
    if (axis < 0 || x->kind == NODE_input) return;
    const NodeInfo *xi = map_get(&w->ep->info, x);
    if (xi && xi->in_state) { want_state(w, xi->in_state, n, &k, axis); return; }
    if (x->kind == NODE_state || x->kind == NODE_scatter || x->kind == NODE_arg || x->kind == NODE_result) return;
    if (map_get(w->wanted, x)) return;
    uint32_t cols = x->block ? 0 : columns(n, k.b);
    if (axis == x->rank - 1 && !cols) return;
    Layout *l = NEW(w->a, Layout);
    l->last = axis;
    if (cols && !(cols >> axis & 1)) bug("lane outside the columns");
    l->panel = cols ? panel_width(w, n, &k, cols) : 0;
    l->col_axes = cols;
    map_put(w->wanted, x, l);
}

void layout_want(Module *m, const EntryPlan *ep, Map *wanted, Arena *a)
{
    Want w = {m, ep, wanted, a};
    block_each_node(ep->entry->block, want_plain, &w);
    block_each_node(ep->entry->block, want_node, &w);
}
