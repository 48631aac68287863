/* test_affine_range.c - intervals, facts and conditions (range.c), and building and replacing nodes (graph.c).
 * Random expressions over slots, sizes and reads are evaluated at random points of their domain; every value must lie
 * in the interval that range_of gives, and what range_proves says must hold at every point. */
#include <stdlib.h>
#include "compiler/ir/ir.h"
#include "tests/unit/check.h"

static Ctx ctx;
static Module *mod;
static uint64_t rng_state;

static Expr *I(int64_t v) { return ex_int(mod, v); }
static Expr *O(int slot) { return ex_index(mod, slot); }
static Expr *op2(ExprOp op, Expr *a, Expr *b) { return ex_bin(mod, op, a, b); }
static Expr *add(Expr *a, Expr *b) { return ex_add(mod, a, b); }
static Expr *sub(Expr *a, Expr *b) { return ex_sub(mod, a, b); }
static Expr *mul(Expr *a, Expr *b) { return ex_mul(mod, a, b); }
static Expr *lt(Expr *a, Expr *b) { return op2(EX_lt, a, b); }
static Expr *le(Expr *a, Expr *b) { return op2(EX_le, a, b); }

static Expr *size(const char *name, int64_t lo, int64_t hi) { return ex_sym(mod, sym_new(mod, name, SYM_dim, lo, hi, span_none())); }

static Expr *scalar(int64_t lo, int64_t hi)
{
    Node *n = node_new(mod, NULL, NODE_input, DT_i32, 0, NULL, NULL, span_none());
    n->lo = lo, n->hi = hi;
    return ex_read(mod, n, NULL);
}

static Node *compute(Entry *e, int rank, Expr *const *ext, Expr *body)
{
    Node *n = node_new(mod, e->block, NODE_compute, DT_i32, rank, ext, NULL, span_none());
    n->body = body;
    return n;
}

static int range_is(const RangeCtx *rc, const Expr *e, int64_t lo, int64_t hi)
{
    int64_t l, h;
    range_of(rc, e, &l, &h);
    if (l != lo || h != hi) printf("  range %lld .. %lld, wanted %lld .. %lld\n", (long long)l, (long long)h, (long long)lo, (long long)hi);
    return l == lo && h == hi;
}

static void test_operators(void)
{
    RangeCtx rc;
    Expr *p = scalar(-7, 20), *q = scalar(3, 5), *any = scalar(INT32_MIN, INT32_MAX), *args[3] = {I(1), any, q};
    range_ctx(&rc, mod, NULL, NULL);
    CHECK(range_is(&rc, add(mul(p, I(-2)), q), -37, 19));
    CHECK(range_is(&rc, sub(p, p), 0, 0));
    CHECK(range_is(&rc, mul(p, q), -35, 100));
    CHECK(range_is(&rc, op2(EX_div, p, q), -3, 6));
    CHECK(range_is(&rc, op2(EX_div, q, p), -5, 5));
    CHECK(range_is(&rc, op2(EX_mod, p, I(8)), 0, 7));
    CHECK(range_is(&rc, op2(EX_mod, q, I(8)), 3, 5));
    CHECK(range_is(&rc, op2(EX_mod, p, q), 0, 4));
    CHECK(range_is(&rc, op2(EX_mod, any, I(-8)), -7, 0));
    CHECK(range_is(&rc, op2(EX_min, p, q), -7, 5) && range_is(&rc, op2(EX_max, p, q), 3, 20));
    CHECK(range_is(&rc, ex_un(mod, EX_abs, p), 0, 20) && range_is(&rc, ex_un(mod, EX_sign, q), 1, 1));
    CHECK(range_is(&rc, ex_select(mod, lt(p, q), p, q), -7, 20));
    CHECK(range_is(&rc, ex_select(mod, lt(p, I(100)), p, any), -7, 20));
    CHECK(range_is(&rc, op2(EX_guard, p, I(10)), 0, 9) && range_is(&rc, ex_op(mod, EX_randint, args), 0, 4));
    CHECK(range_is(&rc, op2(EX_band, any, I(63)), 0, 63) && range_is(&rc, op2(EX_shr, p, I(1)), -7, 20));
    CHECK(range_is(&rc, ex_cast(mod, CLS_I, lt(p, q)), 0, 1));
    /* data that may wrap can be anything */
    CHECK(range_is(&rc, add(any, I(1)), INT32_MIN, INT32_MAX) && range_is(&rc, mul(any, any), INT32_MIN, INT32_MAX));
    CHECK(range_proves(&rc, le(any, add(any, q))) == -1 && range_proves(&rc, le(p, add(p, q))) == 1);
    CHECK(range_proves(&rc, lt(p, I(21))) == 1 && range_proves(&rc, lt(I(20), p)) == 0 && range_proves(&rc, lt(p, q)) == -1);
    CHECK(range_proves(&rc, op2(EX_eq, p, I(30))) == 0 && range_proves(&rc, op2(EX_ne, p, I(30))) == 1);
    CHECK(range_proves(&rc, op2(EX_or, lt(p, q), le(I(-7), p))) == 1 && range_proves(&rc, op2(EX_and, lt(p, q), lt(q, I(3)))) == 0);
}

/* Symbolic sizes: o0 < T although both are only bounded by 512; P + T <= cap from a check of the entry. */
static void test_symbols(void)
{
    Entry *e = entry_new(mod, "step", span_none());
    Expr *T = size("T", 1, 512), *ext[2] = {T, I(64)}, *P = scalar(0, 1 << 20), *cap = I(4096);
    Node *n = compute(e, 2, ext, I(0));
    RangeCtx rc;
    n->red = RED_sum;
    n->nred = 1;
    n->r[0] = (Range){I(0), add(P, T)};
    range_ctx(&rc, mod, e, n);
    CHECK(range_proves(&rc, lt(O(0), T)) == 1 && range_proves(&rc, le(T, O(0))) == 0);
    CHECK(range_is(&rc, O(0), 0, 511) && range_is(&rc, sub(sub(T, O(0)), I(1)), 0, 511) && range_is(&rc, O(1), 0, 63));
    CHECK(range_proves(&rc, lt(add(P, O(0)), add(P, T))) == 1);
    CHECK(range_proves(&rc, lt(O(2), cap)) == -1);
    vec_push(mod->arena, &e->facts, le(add(P, T), cap));
    range_ctx(&rc, mod, e, n);
    CHECK(range_proves(&rc, lt(O(2), cap)) == 1 && range_proves(&rc, lt(add(P, O(0)), cap)) == 1);
    CHECK(range_proves(&rc, lt(add(P, O(0)), I(4095))) == -1);
    CHECK(range_is(&rc, P, 0, 4095) && range_is(&rc, add(P, T), 1, 4096));
    node_add_conj(mod, n, op2(EX_and, le(O(2), add(P, O(0))), lt(sub(O(0), I(4)), O(0))));
    CHECK(n->nconj == 1);
    Expr *unused = le(O(2), add(P, T));
    range_ctx(&rc, mod, e, n);
    CHECK(range_proves(&rc, n->conj[0]) == 1 && range_proves(&rc, unused) == 1);
    range_ctx_skip(&rc, mod, e, n, n->conj[0]);
    CHECK(range_proves(&rc, n->conj[0]) == -1 && range_proves(&rc, unused) == 1);
    range_ctx_base(&rc, mod, e, n);
    CHECK(range_proves(&rc, n->conj[0]) == -1);
    CHECK(node_bound(mod, e, n, 0) == 512 && node_count_bound(mod, e, n) == 512 * 64);
    Range r[1] = {{I(0), T}};
    range_ctx_ranges(&rc, mod, e, r, 1);
    CHECK(range_proves(&rc, lt(O(0), T)) == 1 && range_is(&rc, O(0), 0, 511));
    Expr *open[1] = {size("N", 0, INT64_MAX)};
    CHECK(node_bound(mod, e, compute(e, 1, open, I(0)), 0) == -1);
}

static void test_narrowing(void)
{
    Entry *e = entry_new(mod, "narrow", span_none());
    Expr *ext[1] = {I(100)};
    Node *n = compute(e, 1, ext, I(0));
    RangeCtx rc;
    n->red = RED_sum;
    n->nred = 1;
    n->r[0] = (Range){I(0), I(100)};
    node_add_conj(mod, n, le(add(O(1), I(40)), O(0)));            /* r0 + 40 <= o0 */
    node_add_conj(mod, n, le(I(10), mul(O(1), I(2))));            /* r0 >= 5 */
    range_ctx(&rc, mod, e, n);
    CHECK(rc.lo[1] == 5 && rc.hi[1] == 59 && rc.lo[0] == 45 && rc.hi[0] == 99);
    CHECK(range_is(&rc, sub(O(0), O(1)), 40, 94));
    range_ctx_base(&rc, mod, e, n);
    CHECK(rc.lo[1] == 0 && rc.hi[1] == 99 && rc.lo[0] == 0);
    CHECK(range_is(&rc, op2(EX_mod, op2(EX_div, O(0), I(10)), I(20)), 0, 9));
    rc.fixed = 1, rc.lo[0] = 32, rc.hi[0] = 35;
    CHECK(range_is(&rc, op2(EX_mod, O(0), I(16)), 0, 3) && range_is(&rc, op2(EX_div, O(0), I(16)), 2, 2));
}

/* ---- random ---- */

enum { NSLOT = 3, NSYM = 2, NREAD = 2, LEAVES = NSLOT + NSYM + NREAD };
static Expr *leaf[LEAVES];
static int64_t lo_of[LEAVES], hi_of[LEAVES];

static uint32_t rnd(uint32_t n)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((rng_state >> 33) % n);
}

static Expr *random_cond(int depth);

static Expr *random_int(int depth)
{
    static const ExprOp ops[] = {EX_add, EX_sub, EX_add, EX_sub, EX_mul, EX_div, EX_mod, EX_min, EX_max, EX_abs, EX_neg, EX_sign, EX_select,
                                 EX_band, EX_bor, EX_shr, EX_to_i, EX_mul};
    if (depth == 0 || rnd(6) == 0) return rnd(3) ? leaf[rnd(LEAVES)] : I((int)rnd(24) - 6);
    ExprOp op = ops[rnd(18)];
    Expr *a[3];
    for (int i = 0; i < expr_info[op].arity; i++) a[i] = op == EX_to_i || (op == EX_select && i == 0) ? random_cond(depth - 1) : random_int(depth - 1);
    return ex_op(mod, op, a);
}

static Expr *random_cond(int depth)
{
    static const ExprOp ops[] = {EX_lt, EX_le, EX_eq, EX_ne, EX_and, EX_or, EX_not};
    ExprOp op = ops[rnd(depth > 1 ? 7 : 4)];
    Expr *a[2];
    for (int i = 0; i < expr_info[op].arity; i++) a[i] = op >= EX_and ? random_cond(depth - 1) : random_int(depth > 1 ? depth - 1 : 1);
    return ex_op(mod, op, a);
}

static int too_big;

static int64_t value(const Expr *e, const int64_t *v)
{
    int64_t a[3] = {0};
    if (e->op == EX_int) return e->u.i;
    for (int i = 0; i < LEAVES; i++)
        if (e == leaf[i]) return v[i];
    for (int i = 0; i < e->n; i++) a[i] = value(e->arg[i], v);
    if (e->op == EX_mul && llabs(a[0] * a[1]) > 1 << 26) too_big = 1;  /* indices do not wrap */
    return expr_eval_i(e->op, a);
}

/* Wide: reads of any 32-bit value, which wrap. */
static void random_leaves(Node **node, Entry *e, int wide)
{
    static const char *const name[] = {"M", "N"};
    Expr *ext[2];
    for (int i = 0; i < NSYM; i++) {
        int k = NSLOT + i;
        lo_of[k] = 1, hi_of[k] = 1 + rnd(12);
        leaf[k] = ex_sym(mod, sym_new(mod, name[i], SYM_dim, lo_of[k], hi_of[k] + 1, span_none()));
        hi_of[k]++;
    }
    for (int i = 0; i < NREAD; i++) {
        int k = NSLOT + NSYM + i;
        lo_of[k] = wide && i ? INT32_MIN : (int)rnd(10) - 6;
        hi_of[k] = wide && i ? INT32_MAX : lo_of[k] + 1 + rnd(9);
        leaf[k] = scalar(lo_of[k], hi_of[k]);
    }
    for (int i = 0; i < NSLOT; i++) leaf[i] = O(i);
    ext[0] = leaf[NSLOT], ext[1] = add(leaf[NSLOT + 1], I(rnd(5)));
    *node = compute(e, 2, ext, I(0));
    (*node)->red = RED_sum;
    (*node)->nred = 1;
    (*node)->r[0] = rnd(2) ? (Range){I((int)rnd(5) - 3), leaf[NSLOT]} : (Range){O(0), add(O(0), I(1 + rnd(5)))};
}

static int64_t pick(int64_t lo, int64_t hi)
{
    uint64_t n = (uint64_t)(hi - lo) + 1;
    switch (rnd(4)) {
    case 0: return lo;
    case 1: return hi;
    default: return lo + (int64_t)((((uint64_t)rnd(1u << 16) << 16) | rnd(1u << 16)) % n);
    }
}

/* A point of the node's domain where conj and facts hold; 0 when the try failed. */
static int random_point(const Node *n, const Entry *e, int64_t *v)
{
    for (int k = NSLOT; k < LEAVES; k++) v[k] = pick(lo_of[k], hi_of[k]);
    for (int s = 0; s < NSLOT; s++) {
        int64_t lo = s < 2 ? 0 : value(n->r[0].lo, v), hi = value(s < 2 ? n->ext[s] : n->r[0].hi, v);
        if (lo >= hi) return 0;
        v[s] = pick(lo, hi - 1);
    }
    too_big = 0;
    for (int i = 0; i < n->nconj; i++)
        if (!value(n->conj[i], v)) return 0;
    for (int i = 0; i < e->facts.n; i++)
        if (!value(e->facts.at[i], v)) return 0;
    return !too_big;
}

typedef struct Tally { int points, bad_range, bad_proof, proved; } Tally;

static void check_expr(const RangeCtx *rc, const Node *n, const Entry *e, Tally *t)
{
    int64_t lo, hi, v[LEAVES], got;
    Expr *x = random_int(3), *c = random_cond(3);
    range_of(rc, x, &lo, &hi);
    int p = range_proves(rc, c);
    t->proved += p >= 0;
    for (int k = 0; k < 40; k++) {
        if (!random_point(n, e, v)) continue;
        got = value(x, v);
        if (!too_big) t->bad_range += got < lo || got > hi, t->points++;
        too_big = 0;
        got = value(c, v);
        if (!too_big) t->bad_proof += p >= 0 && got != p;
    }
}

static void test_random(uint64_t seed, int wide)
{
    Tally t = {0};
    rng_state = seed;
    for (int round = 0; round < 150; round++) {
        Entry *e = entry_new(mod, "random", span_none());
        Node *n;
        RangeCtx rc;
        random_leaves(&n, e, wide);
        for (int i = (int)rnd(3); i > 0; i--) node_add_conj(mod, n, random_cond(2));
        if (!wide && rnd(2)) vec_push(mod->arena, &e->facts, le(add(leaf[NSLOT], leaf[LEAVES - 1]), I(3 + rnd(8))));
        range_ctx(&rc, mod, e, n);
        for (int i = 0; i < 20; i++) check_expr(&rc, n, e, &t);
    }
    if (t.bad_range || t.bad_proof) printf("seed %llu%s: %d values out of range, %d false proofs\n", (unsigned long long)seed, wide ? " wide" : "", t.bad_range, t.bad_proof);
    CHECK(t.bad_range == 0);
    CHECK(t.bad_proof == 0);
    CHECK(t.points > 10000 && t.proved > 300);
}

/* ---- graph ---- */

typedef struct Seen { int n; const Node *last; } Seen;
static void see(void *u, Node *n) { Seen *s = u; s->n++; s->last = n; }

static void test_graph(void)
{
    Entry *e = entry_new(mod, "graph", span_none());
    Expr *ext[1] = {I(8)}, *i0 = O(0);
    Node *x = node_new(mod, e->block, NODE_input, DT_i32, 1, ext, "x", span_none());
    Node *a = compute(e, 1, ext, add(ex_read(mod, x, &i0), I(1)));
    Node *b = compute(e, 1, ext, mul(ex_read(mod, a, &i0), ex_read(mod, a, &i0)));
    Node *loop = node_new(mod, e->block, NODE_loop, DT_i32, 0, NULL, NULL, span_none());
    node_add_in(mod, loop, a);
    loop->then = block_new(mod, e->block);
    Node *in = node_new(mod, loop->then, NODE_compute, DT_i32, 1, ext, NULL, span_none());
    in->body = ex_read(mod, a, &i0);
    vec_push(mod->arena, &loop->then->results, a);
    Output out = {"y", a, span_none()};
    vec_push(mod->arena, &e->outputs, out);
    Seen s = {0};
    node_each_read(b, see, &s);
    CHECK(s.n == 1 && s.last == a);
    s.n = 0;
    block_each_node(e->block, see, &s);
    CHECK(s.n == 5 && s.last == in);
    Node *c = compute(e, 1, ext, add(ex_read(mod, a, &i0), I(0)));
    module_replace(mod, a, c);
    CHECK(b->body == mul(ex_read(mod, c, &i0), ex_read(mod, c, &i0)) && c->body == ex_read(mod, a, &i0));
    CHECK(loop->in[0] == c && in->body == ex_read(mod, c, &i0) && loop->then->results.at[0] == c && e->outputs.at[0].node == c);
    Map by;
    map_init(&by, mod->arena);
    map_put(&by, c, b), map_put(&by, b, x);
    module_replace_all(mod, &by);
    CHECK(in->body == ex_read(mod, x, &i0) && loop->in[0] == x && e->outputs.at[0].node == x);
    Node *k = node_const_scalar(mod, DT_i32, 0, -5), *f = node_const_scalar(mod, DT_bf16, 0.5, 0);
    CHECK(tensor_i64(k->data, 0) == -5 && k->lo == -5 && k->hi == -5 && tensor_f64(f->data, 0) == 0.5);
    Node *kc = compute(e, 1, ext, add(ex_read(mod, k, NULL), i0)), *kk = compute(e, 1, ext, ex_read(mod, kc, &i0));
    CHECK(node_is_const(kk) && node_is_const(k) && !node_is_const(b) && !node_is_const(x));
    kc->body = add(kc->body, size("S", 0, 9));
    CHECK(!node_is_const(kk));
}

int main(void)
{
    ctx.perm = arena_new();
    mod = module_new(&ctx, "test");
    test_operators();
    test_symbols();
    test_narrowing();
    test_graph();
    for (uint64_t seed = 1; seed <= 6; seed++) test_random(seed, seed > 3);
    arena_free(ctx.perm);
    return check_done();
}
