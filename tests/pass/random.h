/* random.h - random modules whose nodes look like what the passes rewrite: maps, products under sums, masks, rows spelled
 * out, running sums, split and merged indices, padded reads. Sizes are 1, odd, products; one is a run-time size.
 * Values stay moderate and no answer jumps at a rounding error: floats are compared only where both sides agree. */
#ifndef TESTS_PASS_RANDOM_H
#define TESTS_PASS_RANDOM_H
#include <math.h>
#include "compiler/ir/ir.h"

typedef struct Rnd { uint64_t state; Module *m; Entry *e; Expr *size[6]; Node *f[64]; int nf; Node *tok, *ints[64]; int ni; Node *n; int nslots; } Rnd;

static uint32_t rnd(Rnd *r, uint32_t n)
{
    r->state = r->state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(r->state >> 33) % n;
}

static double rnd_value(Rnd *r)
{
    static const double values[] = {0, 1, -1, 0.5, 2, 0.25, -0.125, 3};
    return rnd(r, 2) ? values[rnd(r, 8)] : (double)rnd(r, 2000) / 1000 - 1;
}

static Expr *slot_size(const Rnd *r, int slot) { return slot < r->n->rank ? r->n->ext[slot] : r->n->r[slot - r->n->rank].hi; }

/* A subscript inside `size`, by some slot of the node if one fits. */
static Expr *rnd_sub(Rnd *r, Expr *size)
{
    Module *m = r->m;
    int64_t e, s;
    for (int i = 0; i < 6; i++) {
        int slot = (int)rnd(r, (uint32_t)r->nslots);
        Expr *x = ex_index(m, slot), *own = slot_size(r, slot);
        if (own == size) return rnd(r, 8) || !ex_is_int(size, &s) ? x : ex_sub(m, ex_int(m, s - 1), x);
        if (!ex_is_int(size, &e) || !ex_is_int(own, &s)) continue;
        if (s < e) return e % s || rnd(r, 2) || slot + 1 >= r->nslots ? x : ex_add(m, ex_mul(m, x, ex_int(m, e / s)), ex_int(m, (int64_t)rnd(r, (uint32_t)(e / s))));
        if (s % e == 0) return rnd(r, 2) ? ex_bin(m, EX_mod, x, ex_int(m, e)) : ex_bin(m, EX_div, x, ex_int(m, s / e));
    }
    for (int slot = 0; slot + 1 < r->nslots; slot++) {
        int64_t a, b;
        if (ex_is_int(size, &e) && ex_is_int(slot_size(r, slot), &a) && ex_is_int(slot_size(r, slot + 1), &b) && a * b == e)
            return ex_add(m, ex_mul(m, ex_index(m, slot), ex_int(m, b)), ex_index(m, slot + 1));
    }
    if (ex_is_int(size, &e)) return ex_int(m, (int64_t)rnd(r, (uint32_t)e));
    return ex_int(m, 0);                                              /* run-time sizes are at least 1 */
}

static Expr *rnd_read(Rnd *r)
{
    Node *x = r->f[rnd(r, (uint32_t)r->nf)];
    Expr *subs[MAX_RANK];
    for (int i = 0; i < x->rank; i++) subs[i] = rnd_sub(r, x->ext[i]);
    if (x->rank && !rnd(r, 6)) {
        int i = (int)rnd(r, (uint32_t)x->rank);
        subs[i] = ex_add(r->m, subs[i], ex_int(r->m, (int64_t)rnd(r, 5) - 2));
        return ex_read_or(r->m, x, subs, ex_flt(r->m, rnd(r, 3) ? 0 : rnd_value(r)));
    }
    return ex_read(r->m, x, subs);
}

static Expr *rnd_index(Rnd *r) { return ex_index(r->m, (int)rnd(r, (uint32_t)r->nslots)); }

/* An element of an integer tensor. */
static Expr *rnd_int(Rnd *r)
{
    Node *x = r->ints[rnd(r, (uint32_t)r->ni)];
    Expr *subs[MAX_RANK];
    for (int i = 0; i < x->rank; i++) subs[i] = rnd_sub(r, x->ext[i]);
    return ex_read(r->m, x, subs);
}

/* A condition on indices and tokens. */
static Expr *rnd_cond(Rnd *r, int depth)
{
    Module *m = r->m;
    Expr *a = rnd_index(r), *b = rnd(r, 4) ? rnd_index(r) : ex_int(m, rnd(r, 4));
    if (depth && !rnd(r, 4)) return ex_bin(m, rnd(r, 2) ? EX_and : EX_or, rnd_cond(r, depth - 1), rnd_cond(r, depth - 1));
    switch (rnd(r, 9)) {
    case 0: return ex_bin(m, EX_lt, a, b);
    case 1: return ex_bin(m, EX_le, ex_un(m, EX_abs, ex_sub(m, a, b)), ex_int(m, 1 + rnd(r, 2)));
    case 2: return ex_bin(m, EX_eq, ex_bin(m, EX_div, a, ex_int(m, 2)), ex_bin(m, EX_div, b, ex_int(m, 2)));
    case 3: return ex_bin(m, EX_eq, ex_bin(m, EX_mod, ex_sub(m, a, b), ex_int(m, 2)), ex_int(m, 0));
    case 4: return ex_un(m, EX_not, ex_bin(m, EX_lt, a, ex_add(m, b, ex_int(m, rnd(r, 3)))));
    case 5: return ex_bin(m, rnd(r, 2) ? EX_eq : EX_le, rnd_int(r), rnd(r, 2) ? b : ex_int(m, rnd(r, 4)));
    default: return ex_bin(m, EX_le, a, b);
    }
}

static Expr *rnd_expr(Rnd *r, int depth)
{
    Module *m = r->m;
    if (!depth) return rnd(r, 5) ? rnd_read(r) : ex_flt(m, rnd_value(r));
    Expr *a = rnd_expr(r, depth - 1), *b = rnd(r, 2) ? rnd_expr(r, depth - 1) : rnd_expr(r, 0);
    switch (rnd(r, 12)) {
    case 0: case 1: return ex_add(m, a, b);
    case 2: case 3: return ex_sub(m, a, b);
    case 4: case 5: case 6: return ex_mul(m, a, b);
    case 7: return ex_bin(m, EX_div, a, ex_add(m, ex_un(m, EX_abs, b), ex_flt(m, 1)));
    case 8: return ex_un(m, rnd(r, 2) ? EX_tanh : EX_sigmoid, a);
    case 9: return ex_bin(m, EX_max, a, rnd(r, 2) ? b : ex_flt(m, 0));
    case 10: return ex_select(m, rnd_cond(r, 1), a, rnd(r, 2) ? ex_flt(m, 0) : b);
    default: return ex_mul(m, a, ex_cast(m, CLS_F, rnd_cond(r, 0)));
    }
}

/* A node over random sizes; the slots of r are its own. */
static Node *rnd_node(Rnd *r, NodeKind kind, int rank)
{
    Expr *ext[MAX_RANK];
    for (int i = 0; i < rank; i++) ext[i] = r->size[rnd(r, 6)];
    r->n = node_new(r->m, r->e->block, kind, DT_f32, rank, ext, NULL, span_none());
    r->nslots = rank;
    return r->n;
}

static void rnd_done(Rnd *r) { r->f[r->nf++] = r->n; }

static Node *rnd_map(Rnd *r, int rank, Expr *const *ext, Expr *body)
{
    Node *n = node_new(r->m, r->e->block, NODE_compute, DT_f32, rank, ext, NULL, span_none());
    n->body = body;
    return n;
}

/* Counts, places, and whether: over tokens. */
static void rnd_discrete(Rnd *r)
{
    static const RedOp ops[] = {RED_sum, RED_argmax, RED_any, RED_all, RED_max, RED_first};
    Module *m = r->m;
    Node *n = rnd_node(r, NODE_compute, 1 + (int)rnd(r, 2));
    n->red = ops[rnd(r, 6)];
    n->nred = 1;
    n->r[0] = (Range){ex_int(m, 0), r->size[rnd(r, 6)]};
    r->nslots++;
    int truth = n->red == RED_any || n->red == RED_all;
    n->body = truth ? rnd_cond(r, 1) : rnd(r, 3) ? rnd_int(r) : rnd_index(r);
    n->dtype = truth ? DT_bool : DT_i32;
    if (rnd(r, 3)) node_add_conj(m, n, rnd_cond(r, 1));
    if (truth) n->lo = 0, n->hi = 1;
    else n->lo = INT32_MIN, n->hi = INT32_MAX;
    r->nslots = n->rank;
    Expr *at[MAX_RANK];
    for (int i = 0; i < n->rank; i++) at[i] = ex_index(m, i);
    Node *x = rnd_map(r, n->rank, n->ext, NULL);
    Expr *v = ex_read(m, n, at);
    if (truth) v = ex_cast(m, CLS_I, v);
    x->dtype = DT_i32;
    x->lo = INT32_MIN;
    x->hi = INT32_MAX;
    x->body = rnd(r, 2) ? v : ex_add(m, ex_mul(m, ex_bin(m, EX_min, v, ex_int(m, 99)), ex_int(m, 2)), ex_int(m, 1));
    r->ints[r->ni++] = x;
    r->n = rnd_map(r, n->rank, n->ext, ex_un(m, EX_tanh, ex_cast(m, CLS_F, ex_read(m, x, at))));
    rnd_done(r);
}

static void rnd_reduce(Rnd *r)
{
    static const RedOp ops[] = {RED_sum, RED_sum, RED_sum, RED_max, RED_min, RED_last, RED_first};
    Module *m = r->m;
    Node *n = rnd_node(r, NODE_compute, 1 + (int)rnd(r, 2));
    n->red = ops[rnd(r, 7)];
    n->nred = 1 + (rnd(r, 3) == 0);
    for (int i = 0; i < n->nred; i++) n->r[i] = (Range){ex_int(m, 0), r->size[rnd(r, 6)]};
    r->nslots += n->nred;
    n->body = n->red == RED_sum && rnd(r, 2) ? ex_mul(m, rnd_expr(r, 1), rnd_expr(r, 1)) : rnd_expr(r, 1);
    int k = (int)rnd(r, 3);
    for (int i = 0; i < k; i++) node_add_conj(m, n, rnd_cond(r, 1));
    r->nslots = n->rank;
    Expr *acc = ex_acc(m, DT_f32);
    if (n->red == RED_max || n->red == RED_min) n->post = ex_un(m, EX_tanh, acc);     /* of an infinity too */
    else if (!rnd(r, 3)) n->post = ex_add(m, ex_mul(m, acc, ex_flt(m, rnd_value(r))), rnd_expr(r, 0));
    rnd_done(r);
}

/* A logit with masks; every row has an element or not, as it comes. */
static Expr *rnd_logit(Rnd *r)
{
    Module *m = r->m;
    static const double big[] = {-1e4, -3e4, -1e5};             /* larger ones leave no digits to the rest of a sum */
    Expr *s = rnd_expr(r, 1), *c = ex_flt(m, big[rnd(r, 3)]);
    switch (rnd(r, 5)) {
    case 0: return ex_add(m, s, ex_select(m, rnd_cond(r, 0), ex_flt(m, 0), c));
    case 1: return ex_select(m, rnd_cond(r, 0), s, c);
    case 2: return ex_add(m, ex_mul(m, ex_sub(m, ex_flt(m, 1), ex_cast(m, CLS_F, rnd_cond(r, 0))), c), s);
    default: return s;
    }
}

static void rnd_softmax(Rnd *r)
{
    Node *n = rnd_node(r, NODE_softmax, 1 + (int)rnd(r, 3));
    n->row_axes = 1u << rnd(r, (uint32_t)n->rank);
    n->body = rnd_logit(r);
    if (!rnd(r, 3)) node_add_conj(r->m, n, rnd_cond(r, 1));
    rnd_done(r);
}

/* max, exp, sum, divide over the last axis, with variations. */
static void rnd_spelled(Rnd *r)
{
    Module *m = r->m;
    Node *s = rnd_node(r, NODE_compute, 2 + (int)rnd(r, 2)), *n[3];
    int row = s->rank - 1;
    Expr *at[MAX_RANK], *all[MAX_RANK];
    for (int i = 0; i < s->rank; i++) at[i] = ex_index(m, i), all[i] = i < row ? ex_index(m, i) : ex_index(m, row);
    int plain = !rnd(r, 3);                                           /* no maximum: then exp must not leave the floats */
    s->body = plain ? rnd_expr(r, 1) : rnd_logit(r);
    Expr *cond = rnd(r, 3) ? NULL : ex_bin(m, EX_le, ex_index(m, row), ex_index(m, 0));
    for (int k = 0; k < 2; k++) {
        if (k) {
            Expr *e = ex_read(m, s, at);
            if (!plain) e = ex_sub(m, e, ex_read(m, n[0], at));
            n[1] = rnd_map(r, s->rank, s->ext, ex_un(m, EX_exp, e));
            if (cond && rnd(r, 2)) n[1]->body = ex_select(m, cond, n[1]->body, ex_flt(m, 0));
        }
        n[k ? 2 : 0] = node_new(m, r->e->block, NODE_compute, DT_f32, row, s->ext, NULL, span_none());
        Node *z = n[k ? 2 : 0];
        z->red = k ? RED_sum : RED_max;
        z->nred = 1;
        z->r[0] = (Range){ex_int(m, 0), s->ext[row]};
        z->body = ex_read(m, k ? n[1] : s, all);
        if (cond && (!k || n[1]->body->op != EX_select)) node_add_conj(m, z, cond);
    }
    Expr *e = ex_read(m, n[1], at), *z = ex_read(m, n[2], at);
    Expr *q = rnd(r, 2) ? ex_bin(m, EX_div, e, z) : ex_mul(m, ex_bin(m, EX_div, ex_flt(m, 1), z), e);
    if (cond) q = ex_select(m, cond, q, ex_flt(m, 0));
    r->n = rnd_map(r, s->rank, s->ext, q);
    rnd_done(r);
}

static void rnd_running(Rnd *r)
{
    Node *n = rnd_node(r, rnd(r, 2) ? NODE_cumsum : NODE_cummax, 1 + (int)rnd(r, 2));
    n->row_axes = 1u << rnd(r, (uint32_t)n->rank);
    n->body = rnd_expr(r, 1);
    if (n->kind == NODE_cummax) n->body = ex_un(r->m, EX_tanh, n->body);
    else if (!rnd(r, 3)) node_add_conj(r->m, n, rnd_cond(r, 0));
    rnd_done(r);
}

static Tensor *rnd_tensor(Module *m, const char *name, int rank, const int64_t *shape, uint64_t seed)
{
    Tensor *t = NEW(m->arena, Tensor);
    *t = (Tensor){.name = name, .dtype = DT_f32, .rank = rank, .seed = seed, .scale = 1};
    for (int i = 0; i < rank; i++) t->shape[i] = shape[i];
    return t;
}

static void rnd_leaves(Rnd *r)
{
    Module *m = r->m;
    static const int64_t sizes[] = {4, 6, 8, 1, 3};
    Sym *t = sym_new(m, "T", SYM_dim, 1, 7, span_none());
    vec_push(m->arena, &r->e->dims, t);
    r->size[0] = ex_sym(m, t);
    for (int i = 0; i < 5; i++) r->size[i + 1] = ex_int(m, sizes[i]);
    Expr *two[2] = {r->size[0], r->size[1 + rnd(r, 5)]};
    for (int i = 0; i < 2; i++) {
        Node *x = node_new(m, r->e->block, NODE_input, DT_f32, 2 - i, two, i ? "y" : "x", span_none());
        vec_push(m->arena, &r->e->inputs, x);
        r->f[r->nf++] = x;
    }
    r->tok = node_new(m, r->e->block, NODE_input, DT_i32, 1, two, "tok", span_none());
    r->tok->lo = 0;
    r->tok->hi = 3;
    vec_push(m->arena, &r->e->inputs, r->tok);
    r->ints[r->ni++] = r->tok;
    for (int i = 0; i < 2; i++) {
        int64_t shape[2] = {sizes[rnd(r, 5)], sizes[rnd(r, 5)]};
        Expr *ext[2] = {ex_int(m, shape[0]), ex_int(m, shape[1])};
        const char *name = i ? "b" : "w";
        Node *p = node_new(m, NULL, NODE_param, DT_f32, 2 - i, ext, name, span_none());
        p->data = rnd_tensor(m, name, 2 - i, shape, r->state);
        r->f[r->nf++] = p;
    }
}

static Module *random_module(Ctx *ctx, uint64_t seed)
{
    Module *m = module_new(ctx, "random");
    Rnd r = {.state = seed * 2654435761u + 12345, .m = m};
    rnd(&r, 2);
    r.e = entry_new(m, "step", span_none());
    rnd_leaves(&r);
    int nodes = 3 + (int)rnd(&r, 8);
    for (int i = 0; i < nodes; i++) {
        switch (rnd(&r, 9)) {
        case 0: case 1: rnd_node(&r, NODE_compute, 1 + (int)rnd(&r, 3)); r.n->body = rnd_expr(&r, 2); rnd_done(&r); break;
        case 2: rnd_softmax(&r); break;
        case 3: rnd_spelled(&r); break;
        case 4: rnd_running(&r); break;
        case 5: rnd_discrete(&r); break;
        default: rnd_reduce(&r); break;
        }
    }
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        Output o = {names[i], i ? r.f[r.nf - 1 - (int)rnd(&r, (uint32_t)nodes)] : r.f[r.nf - 1], span_none()};
        vec_push(m->arena, &r.e->outputs, o);
    }
    return m;
}
#endif
