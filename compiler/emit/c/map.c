/* map.c - maps, and sums, maxima and minima of columns, in the target's vectors along memory: the output index along which the result is
 * contiguous becomes a loop over vectors, the others stay loops around it. Conditions on indices are decided by cutting loops (cut.c) where
 * they are few. Takes compute nodes of floats whose reads step by 1 or not at all with that index; for anything else it gives 0, and the
 * generic nest is written. */
#include "compiler/emit/c/c_int.h"
#include "compiler/plan/kernel.h"

/* What is written for each vector: value, or the reduction of red's body behind its post, to places `to` of p. */
typedef struct Run { FnC *f; int slot; const Buffer *dst; const char *p; Expr *to; const Expr *value, *post; const Node *red; } Run;

static const char *start_of(FnC *f, RedOp red)
{
    CEmit *e = f->e;
    if (red == RED_sum) return arena_printf(e->a, "%s_v_zero()", e->prefix);
    return arena_printf(e->a, "%s_v_set1(%s)", e->prefix, c_limit(e, DT_f32, red == RED_min));
}

/* The reduction of a vector of columns, in the written order; "acc". */
static const char *reduced(const Run *r, VecAt at)
{
    FnC *f = r->f;
    Out *o = &f->body;
    const Node *n = r->red;
    const char *x = f->e->prefix;
    out_f(o, "%s_v acc = %s;\n", x, start_of(f, n->red));
    for (int k = 0; k < n->nred; k++) open_loop(f, c_slot(f, n->rank + k), c_expr(f, n->r[k].lo), c_expr(f, n->r[k].hi));
    const char *v = vector_expr(f, r->value, at);
    if (!v) return NULL;
    if (n->red == RED_sum) out_f(o, "acc = %s_v_add(acc, %s);\n", x, v);
    else out_f(o, "acc = %s_v_%s(%s, acc);\n", x, n->red == RED_max ? "max" : "min", v);
    close_loops(f, n->nred);
    return "acc";
}

static int one_vector(const Run *r, const char *left)
{
    FnC *f = r->f;
    Expr *lane = ex_index(f->e->plan->module, r->slot);
    VecAt at = {lane, NULL, left};
    const char *v = r->red ? reduced(r, at) : vector_expr(f, r->value, at);
    if (v && r->post) {
        if (!r->red) out_f(&f->body, "const %s_v acc = %s;\n", f->e->prefix, v);
        at.acc = "acc";
        v = vector_expr(f, r->post, at);
    }
    const char *line = v ? vector_store(f, r->dst, vector_place(f, r->p, r->to, lane), left, v) : NULL;
    if (!line) return 0;
    out_f(&f->body, "%s\n", line);
    return 1;
}

/* All vectors from lo to hi, and the part of one that is left. */
static int run(const Run *r, const char *lo, const char *hi, int64_t known)
{
    FnC *f = r->f;
    Out *o = &f->body;
    int w = f->e->target->width;
    const char *v = c_slot(f, r->slot);
    if (known >= 0 && known % w == 0) {
        out_f(o, "for (int32_t %s = %s; %s < %s; %s += %d) {\n", v, lo, v, hi, v, w);
        o->indent++;
        if (!one_vector(r, NULL)) return 0;
        close_loops(f, 1);
        return 1;
    }
    out_f(o, "{\n");
    o->indent++;
    out_f(o, "int32_t %s = %s;\n", v, lo);
    if (known < 0 || known >= w) {
        out_f(o, "for (; %s + %d <= %s; %s += %d) {\n", v, w, hi, v, w);
        o->indent++;
        if (!one_vector(r, NULL)) return 0;
        close_loops(f, 1);
    }
    out_f(o, known < 0 ? "if (%s < %s) {\n" : "{\n", v, hi);
    o->indent++;
    out_f(o, "const int32_t left = %s - %s;\n", hi, v);
    if (!one_vector(r, "left")) return 0;
    close_loops(f, 2);
    return 1;
}

int vector_run(FnC *f, int slot, const char *lo, const char *hi, int64_t known, const Buffer *dst, const char *p, Expr *to, const Expr *value)
{
    Run r = {f, slot, dst, p, to, value, NULL, NULL};
    return run(&r, lo, hi, known);
}

/* ---- maps ---- */
typedef struct Maps { FnC *f; Module *m; Node *n; const Buffer *dst; const char *p; int lane; uint32_t all; } Maps;

static int along(Maps *g, Expr *body, Expr *post, const char *lo, const char *hi, int64_t known)
{
    Run r = {g->f, g->lane, g->dst, g->p, buffer_at(g->f, g->dst, g->f->at), body, post, g->n->nred ? g->n : NULL};
    return run(&r, lo, hi, known);
}

/* The loop along memory, in pieces. */
static int lane_loop(Maps *g, Expr *body, Expr *post)
{
    FnC *f = g->f;
    Arena *a = f->e->a;
    int64_t size, at[CUT_MOST + 1];
    if (!ex_is_int(g->n->ext[g->lane], &size)) size = -1;
    int n = size > 0 && !g->n->nred ? cut_points(f, body, g->lane, size, at) : 0;
    if (f->split == SPLIT_wanted) {                          /* the only loop there is */
        if (!n && split_evenly(f, node_bound(g->m, f->ep->entry, f->step->node, g->lane) / LANES)) {
            split_bounds(f, c_expr(f, g->n->ext[g->lane]), LANES);
            return along(g, body, post, "begin", "past", -1);
        }
        f->split = SPLIT_no;
    }
    if (size < 0) return along(g, cut_simplify(f, body, -1, 0, 0), post, "0", c_expr(f, g->n->ext[g->lane]), -1);
    at[n] = size;
    for (int64_t k = 0, lo = 0; k <= n; lo = at[k++])
        if (!along(g, cut_simplify(f, body, g->lane, lo, at[k]), post, arena_printf(a, "%lld", (long long)lo), arena_printf(a, "%lld", (long long)at[k]), at[k] - lo)) return 0;
    return 1;
}

static int levels(Maps *g, int k, uint32_t open, Expr *body, Expr *post);

/* A short index that decides conditions together with the lane: a block for each of its values. */
static int unrolled(Maps *g, int k, uint32_t open, Expr *body, Expr *post, int64_t size)
{
    FnC *f = g->f;
    Expr *had[MAX_SLOTS], *to[MAX_SLOTS] = {0};
    for (int j = 0; j < g->n->rank; j++) had[j] = f->at[j];
    for (int64_t v = 0; v < size; v++) {
        to[k] = ex_int(g->m, v);
        for (int j = 0; j < g->n->rank; j++) f->at[j] = ex_subst_slots(g->m, had[j], to, g->n->rank);
        int ok = levels(g, k + 1, open, ex_subst_slots(g->m, body, to, g->n->rank), post ? ex_subst_slots(g->m, post, to, g->n->rank) : NULL);
        for (int j = 0; j < g->n->rank; j++) f->at[j] = had[j];
        if (!ok) return 0;
    }
    return 1;
}

static int levels(Maps *g, int k, uint32_t open, Expr *body, Expr *post)
{
    enum { FEW = 4 };
    FnC *f = g->f;
    int64_t size;
    if (k == g->n->rank) return lane_loop(g, body, post);
    if (k == g->lane) return levels(g, k + 1, open, body, post);
    open |= 1u << k;
    if (!(f->fixed >> k & 1) && ex_is_int(g->n->ext[k], &size) && size <= FEW && f->split != SPLIT_wanted && cut_together(body, k, g->lane))
        return unrolled(g, k, open, body, post, size);
    int mark = local_mark(f), depth = open_slot(f, k);
    local_hoist(f, body, open, g->all);
    if (!levels(g, k + 1, open, body, post)) return 0;
    close_loops(f, depth);
    local_forget(f, mark);
    return 1;
}

/* The output index along which the result is contiguous; -1. */
static int lane_of(FnC *f, const Node *n, const Buffer *dst)
{
    int64_t step, k;
    Expr *rest;
    for (int s = 0; s < n->rank; s++) {
        if (f->fixed >> s & 1 || !ex_is_int(dst->stride[s], &step) || step != 1) continue;
        if (node_bound(f->e->plan->module, f->ep->entry, f->step->node, s) * 2 < f->e->target->width) continue;
        if (affine_split(f->e->plan->module, buffer_at(f, dst, f->at), s, &k, &rest) && k == 1) return s;
    }
    return -1;
}

int map_body(FnC *f, Node *n, const Buffer *dst, const char *p)
{
    Module *m = f->e->plan->module;
    if (!f->e->target->width || n->body->dtype != DT_f32 || n->nconj || n->empty || dst->panel) return 0;
    if (n->red != RED_none && n->red != RED_sum && n->red != RED_max && n->red != RED_min) return 0;
    Maps g = {f, m, n, dst, p, lane_of(f, n, dst), (1u << (n->rank + n->nred)) - 1};
    if (g.lane < 0) return 0;
    for (int k = 0; k < n->nred; k++) if (ex_uses_slot(n->r[k].lo, g.lane) || ex_uses_slot(n->r[k].hi, g.lane)) return 0;
    Out had = f->body;
    int temps = f->ntemps, split = f->split, mark = local_mark(f);
    Expr *at[MAX_SLOTS];
    for (int k = 0; k < n->rank; k++) at[k] = f->at[k];
    local_hoist(f, n->body, 0, g.all);
    if (levels(&g, 0, 0, n->body, n->post)) return 1;
    local_forget(f, mark);
    f->body.n = had.n;
    f->body.indent = had.indent;
    f->ntemps = temps;
    f->split = split;
    for (int k = 0; k < n->rank; k++) f->at[k] = at[k];
    return 0;
}
