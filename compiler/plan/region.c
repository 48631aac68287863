/* region.c - row regions: maximal runs of nodes that share a row index, done a few rows at a time so that what only they
 * use is a tile of those rows instead of a whole tensor. Norms, feed-forward chains and attention rows need no
 * recogniser: they are regions. Takes a block in order with last uses known, marks NodeInfo (region, row_axis, tile).
 *
 * A node joins when one of its output axes has the region's extent and every read of a tensor made in the region uses
 * exactly that index at the tensor's row axis. A run is cut where no tile is live across: fusing further would delete
 * no buffer and only lengthen lives. */
#include "compiler/plan/kernel.h"
#include "compiler/plan/plan_int.h"

enum { MIN_ROWS = 2 };
typedef struct Grow { PlanCtx *c; Block *b; int from, to; int *axis; Expr *ext; } Grow;   /* axis[k] of node k; -1: not a member */

static int transparent(const Node *n) { return n->kind == NODE_input || n->kind == NODE_state || n->kind == NODE_arg; }
static int eligible(const Node *n)
{
    return n->kind == NODE_compute || n->kind == NODE_softmax || n->kind == NODE_cumsum || n->kind == NODE_cummax;
}

typedef struct Align { const Grow *g; const Node *n; int axis, bad, seen; } Align;

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

/* Axis of n that fits the region; -1. */
static int joining_axis(const Grow *g, const Node *n)
{
    for (int a = 0; a < n->rank; a++) {
        if (n->ext[a] != g->ext || (n->kind != NODE_compute && n->row_axes >> a & 1)) continue;
        Align al = {g, n, a, 0, 0};
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
    return g->axis[k] >= 0 && !i->in_state && i->last >= 0 && i->last <= plan_info(g->c, g->b->nodes.at[end])->pos;
}

static void grow(Grow *g, int axis)
{
    Block *b = g->b;
    g->ext = b->nodes.at[g->from]->ext[axis];
    g->axis[g->from] = axis;
    for (g->to = g->from + 1; g->to < b->nodes.n; g->to++) {
        const Node *n = b->nodes.at[g->to];
        g->axis[g->to] = -1;
        if (transparent(n)) continue;
        int a = eligible(n) ? joining_axis(g, n) : -1;
        if (a < 0) break;
        g->axis[g->to] = a;
    }
}

/* Bytes of tensors that become tiles. */
static int64_t benefit(const Grow *g)
{
    int64_t sum = 0;
    int end = last_member(g);
    for (int k = g->from; k <= end; k++)
        if (is_tile(g, k, end)) {
            int64_t n = node_count_bound(g->c->m, g->c->ep->entry, g->b->nodes.at[k]);
            sum += n > 0 ? n : 0;
        }
    return sum;
}

static Region *region_new(PlanCtx *c, const Node *n, int axis)
{
    Region *r = NEW(c->a, Region);
    int64_t size;
    r->id = ++c->regions;
    r->ext = n->ext[axis];
    r->rows = TILE_ROWS;
    int64_t bound = node_bound(c->m, c->ep->entry, n, axis);
    if (bound >= 0 && bound < r->rows) r->rows = (int)bound;
    r->exact = ex_is_int(r->ext, &size) && size % r->rows == 0;
    r->first = sym_new(c->m, "row", SYM_loop, 0, bound > 0 ? bound - 1 : 0, n->span);
    r->end = sym_new(c->m, "row_end", SYM_loop, 1, bound > 0 ? bound : 1, n->span);
    return r;
}

/* Marks from..end (inclusive) as one region when it holds a tile. */
static void mark(Grow *g, int from, int end, int whole_end)
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
            r = region_new(g->c, n, g->axis[k]);
            r->begin_pos = i->pos;
            vec_push(g->c->a, &g->c->all_regions, r);
        }
        i->region = r; i->row_axis = g->axis[k]; i->tile = is_tile(g, k, whole_end);
        r->end_pos = i->pos;
    }
}

static void cut_and_mark(Grow *g)
{
    int end = last_member(g), from = g->from;
    for (int k = g->from; k <= end; k++) {
        int live = 0;
        for (int j = from; j <= k; j++)
            if (is_tile(g, j, end) && plan_info(g->c, g->b->nodes.at[j])->last > plan_info(g->c, g->b->nodes.at[k])->pos) live = 1;
        if (live && k < end) continue;
        mark(g, from, k, end);
        from = k + 1;
    }
}

void regions_form(PlanCtx *c, Block *b)
{
    Grow g = {c, b, 0, 0, NEWN(c->a, int, b->nodes.n + 1), NULL};
    for (int k = 0; k < b->nodes.n;) {
        const Node *n = b->nodes.at[k];
        int best = -1;
        int64_t gain = 0;
        g.from = k;
        for (int a = 0; eligible(n) && a < n->rank; a++) {
            if ((n->kind != NODE_compute && n->row_axes >> a & 1) || node_bound(c->m, c->ep->entry, n, a) < MIN_ROWS) continue;
            grow(&g, a);
            int64_t v = benefit(&g);
            if (v > gain) { gain = v; best = a; }
        }
        if (best < 0) { k++; continue; }
        grow(&g, best);
        cut_and_mark(&g);
        k = last_member(&g) + 1;
    }
}

Region *region_at(PlanCtx *c, int pos)
{
    for (int k = 0; k < c->all_regions.n; k++)
        if (c->all_regions.at[k]->begin_pos <= pos && pos <= c->all_regions.at[k]->end_pos) return c->all_regions.at[k];
    return NULL;
}

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
        if (i->region != r) continue;
        o.row = i->row_axis;
        node_each_expr(b->nodes.at[k], outside_expr, &o);
    }
    return o.bad ? -1 : o.axis;
}
