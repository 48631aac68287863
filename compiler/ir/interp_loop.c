/* interp_loop.c - nodes that run over index spaces: compute, softmax, cumsum, cummax, scatter; and checks.
 * Takes a node whose operands are ready, gives its value. This file is the meaning of these kinds. */
#include <math.h>
#include <string.h>
#include "compiler/ir/interp_loop.h"

typedef struct Run {
    Interp *ip; Program *p; const Node *n; Value *out; int floats, wide; /* the body is a float, an i64 */
    int64_t size[MAX_RANK], at;          /* sizes of the output indices; flat number of the current element */
    int dead;                            /* a condition on output indices failed: nothing is in the domain */
    int done; int64_t count; Reg acc;    /* of the reduction: no more is needed; elements met; value so far */
    unsigned char *pass;                 /* row operations: is the element in the domain */
    void (*point)(struct Run *r);        /* for every output element */
    void (*element)(struct Run *r);      /* for every element of the domain */
} Run;

static void inner(Run *r, int s);

/* ---- loops ---- */

static void outer(Run *r, int s)
{
    Program *p = r->p;
    if (s == p->rank) {
        r->point(r);
        r->at++;
        return;
    }
    int dead = r->dead;
    for (int64_t v = 0; v < r->size[s]; v++) {
        p->regs[s].i = v;
        program_level(p, s + 1);
        if (!dead) r->dead = !program_conj(r->ip, p, s + 1);
        outer(r, s + 1);
    }
    r->dead = dead;
}

static void run_outer(Run *r)
{
    program_bind(r->ip, r->p);
    program_level(r->p, 0);
    r->dead = !program_conj(r->ip, r->p, 0);
    r->at = 0;
    outer(r, 0);
}

/* The loop of a matrix product: both addresses move by a stride. 0: not that simple, use the general loop. */
static int dot_loop(Run *r, int64_t lo, int64_t hi)
{
    Program *p = r->p;
    if (p->dot < 0 || r->n->red != RED_sum || hi <= lo || lo < 0 || p->marked[p->nslots - 1]) return 0;
    const Ins *x = &p->ins[p->dot], *y = x + 1;
    int64_t a = p->regs[x->a].i, b = p->regs[y->a].i;
    if (y->op == INS_load_f32) {
        const Ins *swap = x;
        int64_t at = a;
        x = y, y = swap, a = b, b = at;
    }
    if (a < 0 || b < 0 || hi > x->size || hi > y->size || y->op != INS_load_f) return 0;
    const double *g = (const double *)y->base + b;
    double sum = r->acc.f;
    if (x->op == INS_load_f) {
        const double *f = (const double *)x->base + a;
        for (int64_t v = lo; v < hi; v++) sum += f[v * x->stride] * g[v * y->stride];
    } else {
        const char *f = (const char *)x->base + (size_t)a * sizeof(float);
        float e;
        for (int64_t v = lo; v < hi; v++) {
            memcpy(&e, f + (size_t)(v * x->stride) * sizeof e, sizeof e);
            sum += (double)e * g[v * y->stride];
        }
    }
    r->acc.f = sum;
    r->count += hi - lo;
    return 1;
}

static void inner(Run *r, int s)
{
    Program *p = r->p;
    if (s == p->nslots) {
        r->element(r);
        return;
    }
    int64_t lo = program_demand(r->ip, p, p->lo[s - p->rank]).i, hi = program_demand(r->ip, p, p->hi[s - p->rank]).i;
    if (s + 1 == p->nslots && r->n && r->n->kind == NODE_compute && dot_loop(r, lo, hi)) return;
    for (int64_t v = lo; v < hi && !r->done; v++) {
        p->regs[s].i = v;
        program_level(p, s + 1);
        if (program_conj(r->ip, p, s + 1)) inner(r, s + 1);
    }
}

/* ---- compute ---- */

/* Is v a new extremum? NaN never is. */
static int beyond(const Run *r, RedOp red, Reg v)
{
    int low = red == RED_min || red == RED_argmin;
    if (r->floats) return low ? v.f < r->acc.f : v.f > r->acc.f;
    return low ? v.i < r->acc.i : v.i > r->acc.i;
}

static void reduce_float(Run *r, Reg v)
{
    switch (r->n->red) {
    case RED_sum: r->acc.f += v.f; break;
    case RED_prod: r->acc.f *= v.f; break;
    default: r->acc = v;                              /* none, first, last */
    }
}

static void reduce_int(Run *r, Reg v)
{
    int64_t two[2] = {r->acc.i, v.i};
    switch (r->n->red) {
    case RED_sum: r->acc.i = r->wide ? expr_eval_l(EX_add, two) : expr_eval_i(EX_add, two); break;
    case RED_prod: r->acc.i = r->wide ? expr_eval_l(EX_mul, two) : expr_eval_i(EX_mul, two); break;
    case RED_any: r->acc.i |= v.i; break;
    case RED_all: r->acc.i &= v.i; break;
    default: r->acc = v;
    }
}

static void compute_element(Run *r)
{
    Program *p = r->p;
    RedOp red = r->n->red;
    Reg v = program_demand(r->ip, p, p->body);
    r->done = red == RED_first;
    if (red >= RED_max && red <= RED_min) {
        if (!r->count || beyond(r, red, v)) r->acc = v;
    } else if (red == RED_argmax || red == RED_argmin) {
        /* r->acc is the extremum; the register of acc, free until post, keeps its index */
        if (!r->count || beyond(r, red, v)) {
            r->acc = v;
            p->regs[p->acc].i = p->regs[p->rank].i;
        }
    } else if (r->floats) {
        reduce_float(r, v);
    } else {
        reduce_int(r, v);
    }
    r->count++;
}

/* The value of a domain without elements. */
static Reg empty_value(Run *r)
{
    Reg v = {.i = 0};
    RedOp red = r->n->red;
    int is_float = r->floats;
    if (r->p->empty >= 0) return program_demand(r->ip, r->p, r->p->empty);
    if (is_float) v.f = red == RED_prod ? 1 : red == RED_max ? -HUGE_VAL : red == RED_min ? HUGE_VAL : 0;
    else v.i = red == RED_prod || red == RED_all ? 1 : red == RED_max ? (r->wide ? INT64_MIN : INT32_MIN) : red == RED_min ? (r->wide ? INT64_MAX : INT32_MAX) : 0;
    if (red == RED_argmax || red == RED_argmin) v.i = -1;
    return v;
}

static void put(Value *out, int64_t at, Reg v)
{
    if (out->f) out->f[at] = store_f(out->dtype, v.f);
    else out->i[at] = store_i(out->dtype, v.i);
}

static void compute_point(Run *r)
{
    Program *p = r->p;
    RedOp red = r->n->red;
    r->count = r->done = 0;
    r->acc.i = red == RED_prod || red == RED_all;
    if (r->floats) r->acc.f = red == RED_prod ? 1 : 0;
    if (!r->dead) inner(r, p->rank);
    Reg v = r->acc;
    if (!r->count) v = empty_value(r);
    else if (red == RED_argmax || red == RED_argmin) v = p->regs[p->acc];
    if (p->post >= 0) {
        p->regs[p->acc] = v;
        program_level(p, p->last);
        v = program_demand(r->ip, p, p->post);
    }
    put(r->out, r->at, v);
}

/* ---- row operations ---- */

static void row_point(Run *r)
{
    Reg v = {.i = 0};
    r->pass[r->at] = !r->dead;
    if (!r->dead) v = program_demand(r->ip, r->p, r->p->body);
    if (r->out->f) r->out->f[r->at] = v.f;
    else r->out->i[r->at] = v.i;
}

/* Calls f for the first element of every row. */
static void each_row(Run *r, void (*f)(Run *r, int64_t first))
{
    int64_t stride[MAX_RANK], total = value_count(r->out), s = 1;
    for (int d = r->out->rank - 1; d >= 0; d--) stride[d] = s, s *= r->out->shape[d];
    for (int64_t at = 0; at < total; at++) {
        int first = 1;
        for (int d = 0; d < r->out->rank; d++)
            if (r->n->row_axes >> d & 1 && at / stride[d] % r->out->shape[d]) first = 0;
        if (first) f(r, at);
    }
}

/* Moves `at` to the next element of its row in row-major order; 0 at the end, with `at` back at the first. */
static int next_in_row(const Run *r, int64_t *at)
{
    int64_t stride = 1;
    for (int d = r->out->rank - 1; d >= 0; d--) {
        int64_t size = r->out->shape[d];
        if (r->n->row_axes >> d & 1) {
            if (*at / stride % size + 1 < size) return *at += stride, 1;
            *at -= (size - 1) * stride;
        }
        stride *= size;
    }
    return 0;
}

/* exp(x - max) / sum; 0 outside the domain. An element of -inf is as if it were outside, so that a row which has no other
 * gives zeros, whether it was masked by a predicate or by adding -inf. NaN or +inf makes the whole row NaN. */
static void softmax_row(Run *r, int64_t first)
{
    double top = -HUGE_VAL, sum = 0, *f = r->out->f;
    int64_t at = first;
    do if (r->pass[at] && f[at] > top) top = f[at]; while (next_in_row(r, &at));
    do {
        f[at] = r->pass[at] && f[at] != -HUGE_VAL ? exp(f[at] - top) : 0;
        sum += f[at];
    } while (next_in_row(r, &at));
    do f[at] = store_f(r->out->dtype, sum == 0 ? 0 : f[at] / sum); while (next_in_row(r, &at));
}

static void running_row(Run *r, int64_t first)
{
    int64_t at = first;
    int sum = r->n->kind == NODE_cumsum;
    double f = sum ? 0 : -HUGE_VAL;
    int64_t two[2] = {sum ? 0 : r->wide ? INT64_MIN : INT32_MIN, 0};
    do {
        if (r->out->f) {
            double v = r->out->f[at];
            if (r->pass[at]) f = sum ? f + v : v > f ? v : f;
            r->out->f[at] = store_f(r->out->dtype, f);
        } else {
            two[1] = r->out->i[at];
            if (r->pass[at]) two[0] = r->wide ? expr_eval_l(sum ? EX_add : EX_max, two) : expr_eval_i(sum ? EX_add : EX_max, two);
            r->out->i[at] = store_i(r->out->dtype, two[0]);
        }
    } while (next_in_row(r, &at));
}

/* ---- scatter ---- */

static void combine_float(double *at, ScatterMode mode, double v)
{
    if (mode == SCATTER_set) *at = v;
    else if (mode == SCATTER_add) *at += v;
    else if (mode == SCATTER_max ? v > *at : v < *at) *at = v;
}

static void combine_int(int64_t *at, ScatterMode mode, int wide, int64_t v)
{
    int64_t two[2] = {*at, v};
    if (mode == SCATTER_set) *at = v;
    else if (wide && mode == SCATTER_add) *at = expr_eval_l(EX_add, two);
    else *at = expr_eval_i(mode == SCATTER_add ? EX_add : mode == SCATTER_max ? EX_max : EX_min, two);
}

static void scatter_element(Run *r)
{
    Program *p = r->p;
    int64_t at = 0;
    for (int d = 0; d < p->rank; d++) {
        int64_t s = program_demand(r->ip, p, p->sub[d]).i;
        if (s < 0 || s >= r->out->shape[d]) {
            interp_fault(r->ip, INTERP_RANGE, "%%%u: subscript %d of scatter is %lld, the size is %lld", r->n->id, d, (long long)s, (long long)r->out->shape[d]);
            return;
        }
        at = at * r->out->shape[d] + s;
    }
    Reg v = program_demand(r->ip, p, p->body);
    if (r->out->f) {
        combine_float(&r->out->f[at], r->n->mode, v.f);
        r->out->f[at] = store_f(r->out->dtype, r->out->f[at]);
    } else {
        combine_int(&r->out->i[at], r->n->mode, r->wide, v.i);
        r->out->i[at] = store_i(r->out->dtype, r->out->i[at]);
    }
}

/* ---- entry points ---- */

static Program *node_program(Interp *ip, const Node *n)
{
    Program *p = map_get(&ip->programs, n);
    if (p) return p;
    ProgramSource s = {.rank = n->rank, .nred = n->nred, .r = n->r, .nconj = n->nconj, .conj = n->conj, .body = n->body,
                       .post = n->post, .empty = n->empty, .sub = n->sub, .nsub = n->kind == NODE_scatter ? n->rank : 0};
    p = program_new(ip->arena, &s);
    map_put(&ip->programs, n, p);
    return p;
}

void interp_index_node(Interp *ip, const Node *n)
{
    Run r = {.ip = ip, .n = n, .p = node_program(ip, n), .floats = dtype_is_float(n->body->dtype), .wide = n->body->dtype == DT_i64};
    interp_shape(ip, n, r.size);
    r.out = interp_make(ip, n, n->rank, r.size);
    if (n->kind == NODE_compute) {
        r.point = compute_point;
        r.element = compute_element;
        run_outer(&r);
        return;
    }
    Arena *a = arena_new();
    r.pass = arena_alloc(a, (size_t)value_count(r.out) + 1);
    r.point = row_point;
    run_outer(&r);
    each_row(&r, n->kind == NODE_softmax ? softmax_row : running_row);
    arena_free(a);
}

void interp_scatter(Interp *ip, const Node *n)
{
    Run r = {.ip = ip, .n = n, .p = node_program(ip, n), .element = scatter_element};
    const Value *base = interp_value(ip, n->in[0]);
    size_t count = (size_t)value_count(base);
    r.out = interp_make(ip, n, base->rank, base->shape);
    for (size_t i = 0; i < count; i++) {
        if (r.out->f) r.out->f[i] = store_f(n->dtype, base->f[i]);
        else r.out->i[i] = store_i(n->dtype, base->i[i]);
    }
    program_bind(ip, r.p);
    for (int level = 0; level <= r.p->rank; level++) program_level(r.p, level);
    if (program_conj(ip, r.p, 0)) inner(&r, r.p->rank);
}

static void check_element(Run *r)
{
    r->acc.i &= program_demand(r->ip, r->p, r->p->body).i;
    r->done = !r->acc.i;
}

int interp_check(Interp *ip, const Check *c)
{
    Run r = {.ip = ip, .element = check_element, .acc = {.i = 1}};
    r.p = map_get(&ip->programs, c->cond);
    if (!r.p || c->nred) {
        ProgramSource s = {.nred = c->nred, .r = c->r, .body = c->cond};
        r.p = program_new(c->nred ? ip->run : ip->arena, &s);
        if (!c->nred) map_put(&ip->programs, c->cond, r.p);
    }
    program_bind(ip, r.p);
    program_level(r.p, 0);
    inner(&r, 0);
    return r.acc.i != 0;
}

int64_t interp_int(Interp *ip, Expr *e)
{
    if (e->op == EX_int) return e->u.i;
    if (e->op == EX_sym) return interp_sym(ip, e->u.sym);
    Program *p = map_get(&ip->programs, e);
    if (!p) {
        ProgramSource s = {.body = e};
        p = program_new(ip->arena, &s);
        map_put(&ip->programs, e, p);
    }
    program_bind(ip, p);
    program_level(p, 0);
    return program_demand(ip, p, p->body).i;
}
