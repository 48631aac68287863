/* region.c - row regions: maximal runs of nodes that share a row index, done a few rows at a time so that what only they
 * use is a tile of those rows instead of a whole tensor. Norms, feed-forward chains and attention rows need no
 * recogniser: they are regions. Takes a block in order with last uses known, fills NodeInfo (in, tile).
 *
 * A node joins when one of its output axes has the region's extent and every read of a tensor made in the region uses
 * exactly that index at the tensor's row axis. A run is cut where no tile is live across: fusing further would delete
 * no buffer and only lengthen lives.
 *
 * Inside a region the same is done once more over a batch index, one at a time: an index that both operands of a
 * contraction have, such as the head of attention. Scores then shrink to [rows][T]. An index that only one operand
 * has, such as the query head of a group that shares its keys, would be better used by the register tile; it makes a region only where
 * the tiles are large: one at a time beside many rows, several at once where there is a single row. */
#include "compiler/plan/kernel.h"
#include "compiler/plan/plan_int.h"
#include "compiler/plan/tuning.h"
#include "targets/targets.h"

enum { MIN_ROWS = 2, GROUP_ROWS = 8, MAX_DEPTH = 3, MAX_TILE_BYTES = 16384, HEAVY_WEIGHTS = 512 * 1024, HEAVY_ROWS = 16 };
/* axis[k] of node k of the block; -1: not a member. outer: only nodes of this region are looked at; NULL: the block */
typedef struct Grow { PlanCtx *c; Block *b; Region *outer; int from, to, limit; int *axis; Expr *ext; } Grow;

static int eligible(const Node *n)
{
    return n->kind == NODE_compute || n->kind == NODE_softmax || n->kind == NODE_cumsum || n->kind == NODE_cummax;
}

/* Nodes that a region passes over: they have no step inside it. */
static int transparent(const Grow *g, const Node *n)
{
    if (n->kind == NODE_input || n->kind == NODE_state || n->kind == NODE_arg) return 1;
    const NodeInfo *i = plan_info(g->c, n);
    if (i->table) return 1;
    return g->outer && (!i->nin || i->in[i->nin - 1].region != g->outer);
}

static int taken_axis(const NodeInfo *i, int axis)
{
    for (int k = 0; k < i->nin; k++) if (i->in[k].axis == axis) return 1;
    return 0;
}

typedef struct Align { const Grow *g; int axis, bad, seen; } Align;

static int member_axis(const Grow *g, const Node *x)
{
    for (int k = g->from; k < g->to; k++) if (g->b->nodes.at[k] == x) return g->axis[k];
    return -1;
}

static void align_read(void *u, const Expr *e)
{
    Align *a = u;
    if (e->op != EX_read && e->op != EX_read_or) return;
    int row = member_axis(a->g, e->u.node);
    if (row < 0) return;
    a->seen = 1;
    if (e->arg[row]->op != EX_index || e->arg[row]->u.slot != a->axis) a->bad = 1;
}

static void align_expr(void *u, Expr **e) { ex_visit(*e, align_read, u); }

static int may_run(const Grow *g, const Node *n, int axis)
{
    return !(n->kind != NODE_compute && n->row_axes >> axis & 1) && !taken_axis(plan_info(g->c, n), axis);
}

/* Axis of n that fits the region; -1. */
static int joining_axis(const Grow *g, const Node *n)
{
    for (int a = 0; a < n->rank; a++) {
        if (n->ext[a] != g->ext || !may_run(g, n, a)) continue;
        Align al = {g, a, 0, 0};
        node_each_expr((Node *)(uintptr_t)n, align_expr, &al);
        if (al.seen && !al.bad) return a;
    }
    return -1;
}

static int last_member(const Grow *g)
{
    int last = g->from;
    for (int k = g->from; k < g->to; k++) if (g->axis[k] >= 0) last = k;
    return last;
}

static int is_tile(const Grow *g, int k, int end)
{
    const Node *n = g->b->nodes.at[k];
    NodeInfo *i = plan_info(g->c, n);
    return g->axis[k] >= 0 && !i->in_state && i->last >= 0 && i->last <= plan_info(g->c, g->b->nodes.at[end])->pos && i->tile == i->nin;
}

static void grow(Grow *g, int axis)
{
    Block *b = g->b;
    g->ext = b->nodes.at[g->from]->ext[axis];
    g->axis[g->from] = axis;
    for (g->to = g->from + 1; g->to < g->limit; g->to++) {
        const Node *n = b->nodes.at[g->to];
        g->axis[g->to] = -1;
        if (transparent(g, n)) continue;
        int a = eligible(n) && !kernel_alone(g->c->m, g->c->ep->entry, n) ? joining_axis(g, n) : -1;
        if (a < 0) break;
        g->axis[g->to] = a;
    }
}

static int64_t whole_count(const Grow *g, const Node *n)
{
    int64_t v = node_count_bound(g->c->m, g->c->ep->entry, n);
    return v > 0 ? v : 0;
}

/* Elements of a tensor when only the rows of the regions that it is a tile of are kept. */
static int64_t kept_count(const Grow *g, const Node *n)
{
    int64_t v = whole_count(g, n);
    const NodeInfo *i = plan_info(g->c, n);
    for (int k = 0; k < i->tile; k++) {
        int64_t ext = node_bound(g->c->m, g->c->ep->entry, n, i->in[k].axis);
        if (ext > i->in[k].region->rows) v = v / ext * i->in[k].region->rows;
    }
    return v;
}

/* Elements of tensors that become tiles. */
static int64_t benefit(const Grow *g)
{
    int64_t sum = 0;
    int end = last_member(g);
    for (int k = g->from; k <= end; k++)
        if (is_tile(g, k, end)) sum += kept_count(g, g->b->nodes.at[k]);
    return sum;
}

enum { USE_none, USE_left, USE_both, USE_lane };
/* How the contractions among the members use the region's index. */
static int index_use(const Grow *g)
{
    int best = USE_none;
    for (int k = g->from; k < g->to; k++) {
        const Node *n = g->b->nodes.at[k];
        const NodeInfo *i = plan_info(g->c, n);
        Kernel kernel;
        if (g->axis[k] < 0) continue;
        kernel_choose(g->c->m, g->c->ep->entry, n, i->in, i->nin, &kernel);
        if (kernel.kind != KERNEL_tile) {
            if (g->axis[k] == n->rank - 1) return USE_lane;              /* loops over contiguous elements stay */
            continue;
        }
        if (kernel.lane == g->axis[k] || !ex_uses_slot(kernel.a, g->axis[k])) return USE_lane;
        int use = ex_uses_slot(kernel.b, g->axis[k]) ? USE_both : USE_left;
        if (use > best) best = use;
    }
    return best;
}

static Region *region_new(PlanCtx *c, const Node *n, int axis, int rows, Region *outer)
{
    Region *r = NEW(c->a, Region);
    int64_t size;
    r->id = ++c->regions;
    r->ext = n->ext[axis];
    r->outer = outer;
    for (r->under = rows > 1 ? outer : NULL; r->under && r->under->rows == 1;) r->under = r->under->outer;
    if (r->under && ex_is_int(r->under->ext, &size)) { r->under = NULL; rows = 1; }   /* never a single row */
    r->rows = rows;
    int64_t bound = node_bound(c->m, c->ep->entry, n, axis);
    if (bound >= 0 && bound < r->rows) r->rows = (int)bound;
    r->exact = r->rows == 1 || (!r->under && ex_is_int(r->ext, &size) && size % r->rows == 0);
    if (bound < 1) bound = 1;
    r->first = sym_new(c->m, rows == 1 ? "item" : "row", SYM_loop, 0, r->exact ? bound - r->rows : bound - 1, n->span);
    r->count = sym_new(c->m, "rows", SYM_loop, 1, r->rows, n->span);
    return r;
}

/* Marks from..end (inclusive) as one region when it holds a tile. */
static void mark(Grow *g, int from, int end, int whole_end, int rows)
{
    int tiles = 0;
    Region *r = NULL;
    for (int k = from; k <= end; k++) if (is_tile(g, k, whole_end)) tiles++;
    if (!tiles) return;
    for (int k = from; k <= end; k++) {
        Node *n = g->b->nodes.at[k];
        if (g->axis[k] < 0) continue;
        NodeInfo *i = plan_info(g->c, n);
        if (!r) {
            r = region_new(g->c, n, g->axis[k], rows, g->outer);
            r->begin_pos = i->pos;
            vec_push(g->c->a, &g->c->ep->regions, r);
        }
        if (is_tile(g, k, whole_end)) i->tile++;
        i->in[i->nin].region = r; i->in[i->nin++].axis = g->axis[k];
        r->end_pos = i->pos;
    }
}

typedef struct Weighs { const Grow *g; int64_t bytes; } Weighs;
static void weigh_read(void *u, Node *x)
{
    Weighs *w = u;
    if (!x->block) w->bytes += 4 * whole_count(w->g, x);
}

/* Rows of a region: few keep the tiles small; where every iteration reads much of the weights, more rows share them. */
static int region_rows(const Grow *g)
{
    Weighs w = {g, 0};
    for (int k = g->from; k < g->to; k++) if (g->axis[k] >= 0) node_each_read(g->b->nodes.at[k], weigh_read, &w);
    const Module *m = g->c->m;
    const Node *first = g->b->nodes.at[g->from];
    int vectors = m->ctx->target && m->ctx->target->width;
    int rows = tuning_step(m, g->c->ep->entry, first, TUNE_region, vectors || w.bytes > HEAVY_WEIGHTS ? HEAVY_ROWS : TILE_ROWS);
    for (int k = g->from; m->ctx->tuning && k < g->to; k++) if (g->axis[k] >= 0) tuning_also(m, g->c->ep->entry, first, TUNE_region, g->b->nodes.at[k]);
    return rows;
}

static void form(PlanCtx *c, Block *b, Region *outer, int from, int limit, int depth);

static void cut_and_mark(Grow *g, int rows, int depth)
{
    int end = last_member(g), from = g->from;
    for (int k = g->from; k <= end; k++) {
        int live = 0;
        for (int j = from; j <= k; j++)
            if (is_tile(g, j, end) && plan_info(g->c, g->b->nodes.at[j])->last > plan_info(g->c, g->b->nodes.at[k])->pos) live = 1;
        if (live && k < end) continue;
        int had = g->c->ep->regions.n;
        mark(g, from, k, end, rows);
        if (g->c->ep->regions.n > had) form(g->c, g->b, g->c->ep->regions.at[had], from, k + 1, depth + 1);
        from = k + 1;
    }
}

/* Best axis of node g->from to begin a region with, and how many rows; -1. */
static int best_axis(Grow *g, int *rows)
{
    const Node *n = g->b->nodes.at[g->from];
    int best = -1, single = -1, group = 0;
    int64_t gain = 0, single_gain = 0;
    for (int a = 0; a < n->rank; a++) {
        if (!may_run(g, n, a) || node_bound(g->c->m, g->c->ep->entry, n, a) < MIN_ROWS) continue;
        grow(g, a);
        int64_t v = benefit(g);
        int use = v > 0 ? index_use(g) : USE_none;
        if (!g->outer && use != USE_both && v > gain) { gain = v; best = a; }
        if ((use == USE_both || (g->outer && use == USE_left && v * 4 > MAX_TILE_BYTES)) && v > single_gain) { single_gain = v; single = a; group = use == USE_left; }
    }
    if (best >= 0) grow(g, best);
    *rows = best >= 0 ? region_rows(g) : group ? GROUP_ROWS : 1;
    return best >= 0 ? best : single;
}

static void form(PlanCtx *c, Block *b, Region *outer, int from, int limit, int depth)
{
    if (depth >= MAX_DEPTH) return;
    Grow g = {c, b, outer, 0, 0, limit, NEWN(c->a, int, b->nodes.n + 1), NULL};
    for (int k = from; k < limit;) {
        int rows, best = -1;
        g.from = k;
        if (eligible(b->nodes.at[k]) && !transparent(&g, b->nodes.at[k]) && !kernel_alone(c->m, c->ep->entry, b->nodes.at[k])) best = best_axis(&g, &rows);
        if (best < 0) { k++; continue; }
        grow(&g, best);
        int end = last_member(&g) + 1;
        cut_and_mark(&g, rows, depth);
        k = end;
    }
}

void regions_form(PlanCtx *c, Block *b) { form(c, b, NULL, 0, b->nodes.n, 0); }

typedef struct Outside { const Node *x; int row, axis, bad; } Outside;

static void outside_read(void *u, const Expr *e)
{
    Outside *o = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != o->x) return;
    int at = -1;
    for (int k = 0; k < o->x->rank; k++)
        if (e->arg[k]->op == EX_index && e->arg[k]->u.slot == o->row) at = k;
    if (at < 0 || (o->axis >= 0 && o->axis != at)) o->bad = 1;
    o->axis = at;
}

static void outside_expr(void *u, Expr **e) { ex_visit(*e, outside_read, u); }

int region_aligned(PlanCtx *c, const Region *r, const Node *x)
{
    Outside o = {x, 0, -1, 0};
    const Block *b = x->block;
    for (int k = 0; k < b->nodes.n; k++) {
        NodeInfo *i = plan_info(c, b->nodes.at[k]);
        for (int j = 0; j < i->nin; j++) {
            if (i->in[j].region != r) continue;
            o.row = i->in[j].axis;
            node_each_expr(b->nodes.at[k], outside_expr, &o);
        }
    }
    return o.bad ? -1 : o.axis;
}
