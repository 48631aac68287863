/* kernel.c - choice of specialised steps and of the dimension order that they want. Takes nodes in canonical form, gives
 * a Kernel each. A contraction out = sum a*b gets register tiles: 16 lanes over an output index that walks through
 * b and out, rows over one that walks through a only. */
#include "compiler/plan/kernel.h"
#include "compiler/plan/plan_int.h"

typedef struct Classes { uint32_t a, b, out, red; } Classes;

static uint32_t slots_in(const Expr *e) { return ex_slots(e); }

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

/* The lane slot: in b and out, not in a; largest extent wins; it must not appear in ranges or conditions. */
static int free_of(const Node *n, int slot)
{
    for (int k = 0; k < n->nred; k++) if (ex_uses_slot(n->r[k].lo, slot) || ex_uses_slot(n->r[k].hi, slot)) return 0;
    for (int k = 0; k < n->nconj; k++) if (ex_uses_slot(n->conj[k], slot)) return 0;
    return 1;
}

static int pick(const Module *m, const Entry *e, const Node *n, const Expr *in, const Expr *not_in, int prefer_last)
{
    int best = -1;
    int64_t size = 0;
    for (int s = 0; s < n->rank; s++) {
        if (!ex_uses_slot(in, s) || ex_uses_slot(not_in, s) || !free_of(n, s) || unit_axis(m, in, s) < 0) continue;
        int64_t b = node_bound(m, e, n, s);
        if (b > size || (prefer_last && b == size)) { best = s; size = b; }
    }
    return best;
}

static int try_tile(const Module *m, const Entry *e, const Node *n, Expr *a, Expr *b, int region_axis, Kernel *k)
{
    int lane = pick(m, e, n, b, a, 1);
    if (lane < 0 || lane == region_axis || node_bound(m, e, n, lane) < LANES / 2) return 0;
    k->lane = lane;
    k->row = pick(m, e, n, a, b, 0);
    if (region_axis >= 0) {                                  /* rows are few: either they are the tile's, or the tile has one */
        int fits = ex_uses_slot(a, region_axis) && !ex_uses_slot(b, region_axis) && free_of(n, region_axis) && unit_axis(m, a, region_axis) >= 0;
        if (fits) k->row = region_axis;
    }
    k->rows = k->row >= 0 && node_bound(m, e, n, k->row) >= 2 ? TILE_ROWS : 1;
    k->a = a; k->b = b; k->kind = KERNEL_tile;
    return 1;
}

void kernel_choose(const Module *m, const Entry *e, const Node *n, int region_axis, Kernel *k)
{
    Kernel none = {KERNEL_nest, -1, -1, 1, NULL, NULL};
    *k = none;
    if (n->kind != NODE_compute || n->red != RED_sum || !n->nred || n->rank < 1 || n->empty) return;
    if (n->body->op != EX_mul || n->body->dtype != DT_f32) return;
    Expr *x = n->body->arg[0], *y = n->body->arg[1];
    if (!affine_read(x) || !affine_read(y)) return;
    uint32_t red = ((1u << n->nred) - 1) << n->rank;
    if (!(slots_in(x) & slots_in(y) & red)) return;
    /* the operand that is a weight is b when both fit: its layout is free */
    Kernel kx = none, ky = none;
    int fx = try_tile(m, e, n, x, y, region_axis, &ky), fy = try_tile(m, e, n, y, x, region_axis, &kx);
    if (fx && fy) {
        int wy = node_is_const(y->u.node), wx = node_is_const(x->u.node);
        *k = wy >= wx ? ky : kx;
        if (wy == wx && node_bound(m, e, n, kx.lane) > node_bound(m, e, n, ky.lane)) *k = kx;
    } else if (fx) *k = ky;
    else if (fy) *k = kx;
}

/* ---- layouts ---- */
int layout_last_axis(const Map *wanted, const Node *x)
{
    void *v = map_get(wanted, x);
    return v ? (int)(intptr_t)v - 1 : -1;
}

typedef struct Want { Module *m; const Entry *e; Map *wanted; } Want;

static void want_node(void *u, Node *n)
{
    Want *w = u;
    Kernel k;
    kernel_choose(w->m, w->e, n, -1, &k);
    if (k.kind != KERNEL_tile) return;
    Node *x = k.b->u.node;
    int axis = unit_axis(w->m, k.b, k.lane);
    if (axis < 0 || axis == x->rank - 1 || x->kind == NODE_input || x->kind == NODE_state || x->kind == NODE_scatter || x->kind == NODE_arg) return;
    if (!map_get(w->wanted, x)) map_put(w->wanted, x, (void *)(intptr_t)(axis + 1));
}

void layout_want(Module *m, const Entry *e, Map *wanted, Arena *a)
{
    Want w = {m, e, wanted};
    (void)a;
    block_each_node(e->block, want_node, &w);
}
