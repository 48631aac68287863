/* cut.c - a loop in pieces at the indices where what its body says changes: the halves of a rotary embedding, a border of zeros. Takes
 * an expression and an index of known extent, gives the places where a comparison, the inside of a tensor, or a quotient of that
 * index alone changes, and the expression as it is within a piece: without the conditions that are decided there. */
#include "compiler/emit/c/c_int.h"

typedef struct Cut { FnC *f; Module *m; int slot; int64_t size; int n; int64_t *at; } Cut;

/* e as k * slot + c; 0: it is something else, or does not use the slot. */
static int line_of(const Cut *c, const Expr *e, int64_t *k, int64_t *add)
{
    Expr *rest;
    return e->dtype == DT_i32 && ex_uses_slot(e, c->slot) && affine_split(c->m, e, c->slot, k, &rest) && ex_is_int(rest, add);
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

/* What is said of k * s + add: its sign, whether it is 0, its quotient. */
static int64_t said(ExprOp op, int64_t v, int64_t by)
{
    switch (op) {
    case EX_lt: return v < 0;
    case EX_le: return v <= 0;
    case EX_eq: case EX_ne: return v == 0;
    default: return floor_div(v, by);
    }
}

static void add_point(Cut *c, int64_t p)
{
    int k = c->n;
    for (int j = 0; j < c->n; j++) if (c->at[j] == p) return;
    if (c->n == CUT_MOST) return;
    for (; k > 0 && c->at[k - 1] > p; k--) c->at[k] = c->at[k - 1];
    c->at[k] = p;
    c->n++;
}

/* All changes, if they are few. */
static void add_changes(Cut *c, ExprOp op, int64_t k, int64_t add, int64_t by)
{
    int64_t found[CUT_MOST];
    int n = 0;
    for (int64_t s = 1; s < c->size; s++) {
        if (said(op, k * (s - 1) + add, by) == said(op, k * s + add, by)) continue;
        if (n == CUT_MOST) return;
        found[n++] = s;
    }
    for (int j = 0; j < n; j++) add_point(c, found[j]);
}

static void look(void *u, const Expr *e)
{
    Cut *c = u;
    int64_t k, add, by;
    switch (e->op) {
    case EX_lt: case EX_le: case EX_eq: case EX_ne:
        if (e->arg[0]->dtype == DT_i32 && line_of(c, ex_sub(c->m, e->arg[0], e->arg[1]), &k, &add)) add_changes(c, e->op, k, add, 1);
        break;
    case EX_div: case EX_mod:
        if (ex_is_int(e->arg[1], &by) && by > 0 && line_of(c, e->arg[0], &k, &add)) add_changes(c, EX_div, k, add, by);
        break;
    case EX_read_or:
        for (int j = 0; j < e->u.node->rank; j++) {
            if (!line_of(c, e->arg[j], &k, &add)) continue;
            add_changes(c, EX_lt, k, add, 1);
            if (ex_is_int(e->u.node->ext[j], &by)) add_changes(c, EX_lt, k, add - by, 1);
        }
        break;
    default: break;
    }
}

int cut_points(FnC *f, const Expr *e, int slot, int64_t size, int64_t at[CUT_MOST])
{
    enum { LONGEST = 1 << 14 };
    Cut c = {f, f->e->plan->module, slot, size, 0, at};
    if (size <= LONGEST) ex_visit(e, look, &c);
    return c.n;
}

typedef struct Both { int a, b, found; } Both;
static void uses_both(Both *b, const Expr *e) { b->found |= ex_uses_slot(e, b->a) && ex_uses_slot(e, b->b); }
static void look_both(void *u, const Expr *e)
{
    Both *b = u;
    if (e->op == EX_lt || e->op == EX_le || e->op == EX_eq || e->op == EX_ne || e->op == EX_div || e->op == EX_mod) uses_both(b, e);
    if (e->op == EX_read_or) for (int j = 0; j < e->u.node->rank; j++) uses_both(b, e->arg[j]);
}

int cut_together(const Expr *e, int slot, int lane)
{
    Both b = {slot, lane, 0};
    ex_visit(e, look_both, &b);
    return b.found;
}

/* ---- an expression within a piece ---- */
typedef struct Within { FnC *f; Module *m; RangeCtx rc; } Within;

/* A row at hand, of a tensor with as many rows. */
static int is_row(const FnC *f, const Expr *sub, const Expr *ext)
{
    for (int j = 0; f->step && j < f->step->nin; j++)
        if (sub == f->at[f->step->in[j].axis] && ext == f->step->in[j].region->ext) return 1;
    return 0;
}

static Expr *inside_read(Within *w, Expr *e)
{
    for (int j = 0; j < e->u.node->rank; j++) {
        int64_t lo, hi;
        if (is_row(w->f, e->arg[j], e->u.node->ext[j])) continue;
        range_of(&w->rc, e->arg[j], &lo, &hi);
        if (lo < 0 || range_proves(&w->rc, ex_bin(w->m, EX_lt, e->arg[j], e->u.node->ext[j])) != 1) return NULL;
    }
    return ex_read(w->m, e->u.node, e->arg);
}

static Expr *within(void *u, Expr *e)
{
    Within *w = u;
    int64_t by, lo, hi;
    int holds;
    switch (e->op) {
    case EX_select:
        holds = e->arg[0]->traits & TRAIT_guard ? -1 : range_proves(&w->rc, e->arg[0]);
        return holds < 0 ? NULL : e->arg[holds ? 1 : 2];
    case EX_read_or: return inside_read(w, e);
    case EX_div: case EX_mod:
        if (e->dtype != DT_i32 || !ex_is_int(e->arg[1], &by) || by <= 0 || e->traits & TRAIT_guard) return NULL;
        range_of(&w->rc, ex_bin(w->m, EX_div, e->arg[0], e->arg[1]), &lo, &hi);
        if (lo != hi) return NULL;
        return e->op == EX_div ? ex_int(w->m, lo) : ex_sub(w->m, e->arg[0], ex_int(w->m, lo * by));
    default: return NULL;
    }
}

Expr *cut_simplify(FnC *f, Expr *e, int slot, int64_t lo, int64_t hi)
{
    Within w;
    w.f = f;
    w.m = f->e->plan->module;
    range_ctx_base(&w.rc, w.m, f->ep->entry, f->node);
    if (slot >= 0) { w.rc.lo[slot] = lo; w.rc.hi[slot] = hi - 1; }
    return ex_rewrite(w.m, e, within, &w);
}
