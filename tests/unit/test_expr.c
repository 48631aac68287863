/* test_expr.c - constructors of scalar expressions: sharing, canonical integers, folding, rewriting; half floats.
 * Random integer expressions are built twice, as a plain tree and through the constructors, and must agree on random
 * values: index arithmetic while nothing overflows, arithmetic on data always, wrapping included. */
#include <math.h>
#include <stdlib.h>
#include "compiler/ir/ir.h"
#include "tests/unit/check.h"

static Ctx ctx;
static Module *mod;
static Expr *o0, *o1, *r0, *T;
static Sym *symT;

static Expr *I(int64_t v) { return ex_int(mod, v); }
static Expr *F(double v) { return ex_flt(mod, v); }
static Expr *op2(ExprOp op, Expr *a, Expr *b) { return ex_bin(mod, op, a, b); }
static Expr *add(Expr *a, Expr *b) { return ex_add(mod, a, b); }
static Expr *sub(Expr *a, Expr *b) { return ex_sub(mod, a, b); }
static Expr *mul(Expr *a, Expr *b) { return ex_mul(mod, a, b); }
static Expr *divi(Expr *a, Expr *b) { return op2(EX_div, a, b); }
static Expr *modi(Expr *a, Expr *b) { return op2(EX_mod, a, b); }

static Node *scalar_node(DType t, int64_t lo, int64_t hi)
{
    Node *n = node_new(mod, NULL, NODE_input, t, 0, NULL, NULL, span_none());
    if (dtype_class(t) == CLS_I) n->lo = lo, n->hi = hi;
    return n;
}

/* ---- canonical integers ---- */

static void test_affine_form(void)
{
    CHECK(add(mul(o0, I(64)), r0) == add(r0, mul(I(64), o0)));
    CHECK(sub(add(o0, I(5)), I(5)) == o0);
    CHECK(sub(add(o0, r0), r0) == o0);
    CHECK(add(o0, o0) == mul(I(2), o0));
    CHECK(mul(add(o0, I(3)), I(4)) == add(mul(o0, I(4)), I(12)));
    CHECK(ex_un(mod, EX_neg, sub(o0, r0)) == sub(r0, o0));
    CHECK(mul(o0, T) == mul(T, o0));
    CHECK(mul(mul(o0, T), r0) == mul(r0, mul(T, o0)));
    CHECK(mul(mul(o0, I(2)), T) == mul(I(2), mul(T, o0)));
    CHECK(mul(add(o0, I(1)), mul(T, I(3))) == mul(mul(I(3), T), add(I(1), o0)));
    CHECK(mul(sub(r0, o0), T) == sub(I(0), mul(T, sub(o0, r0))));
    CHECK(sub(o0, o0) == I(0) && mul(o0, I(0)) == I(0) && mul(o0, I(1)) == o0);
    CHECK(mul(mul(o0, I(65536)), I(65536)) == I(0));
    CHECK(add(I(INT32_MAX), I(1)) == I(INT32_MIN));
    /* one shape: left-deep sum, constant last, subtraction for negative terms */
    Expr *e = add(sub(mul(r0, I(4)), o0), I(-3));
    CHECK(e->op == EX_sub && e->arg[1] == I(3) && e->arg[0]->op == EX_sub && e->arg[0]->arg[0] == mul(r0, I(4)) && e->arg[0]->arg[1] == o0);
    CHECK(sub(I(5), o0)->op == EX_sub && sub(I(5), o0)->arg[0] == I(5));
    CHECK(op2(EX_shl, o0, I(3)) == mul(o0, I(8)));
    CHECK(ex_un(mod, EX_abs, sub(o0, r0)) == ex_un(mod, EX_abs, sub(r0, o0)));
}

static void test_many_terms(void)
{
    Expr *a = I(0), *b = I(0), *syms[40];
    for (int i = 0; i < 40; i++) syms[i] = ex_sym(mod, sym_new(mod, arena_printf(ctx.perm, "s%d", i), SYM_dim, 0, 100, span_none()));
    for (int i = 0; i < 40; i++) a = add(a, syms[i]);
    for (int i = 0; i < 40; i++) b = add(b, syms[i]);
    CHECK(a == b && a->op == EX_add);
    CHECK(sub(a, b) == I(0));
    CHECK(mul(a, I(2)) == mul(I(2), b));
    CHECK(ex_un(mod, EX_neg, a)->op == EX_neg);
    Affine f;
    CHECK(!affine_of(a, &f));
}

static void test_div_mod(void)
{
    CHECK(divi(mul(o0, I(64)), I(64)) == o0 && modi(mul(o0, I(64)), I(64)) == I(0));
    CHECK(divi(add(mul(o0, I(64)), I(70)), I(64)) == add(o0, I(1)));
    CHECK(divi(add(mul(o0, I(64)), r0), I(64)) == add(o0, divi(r0, I(64))));
    CHECK(modi(add(mul(o0, I(64)), r0), I(64)) == modi(r0, I(64)));
    CHECK(add(mul(divi(o0, I(8)), I(8)), modi(o0, I(8))) == o0);
    CHECK(add(mul(divi(o0, T), T), modi(o0, T)) == o0);
    CHECK(add(mul(divi(o0, I(8)), I(4)), modi(o0, I(8))) != o0 && add(mul(divi(o0, I(8)), I(16)), mul(I(2), modi(o0, I(8)))) == mul(o0, I(2)));
    CHECK(divi(divi(o0, I(3)), I(4)) == divi(o0, I(12)));
    CHECK(modi(modi(o0, I(12)), I(4)) == modi(o0, I(4)));
    CHECK(divi(modi(o0, I(4)), I(4)) == I(0));
    CHECK(divi(mul(o0, I(2)), I(4)) == divi(o0, I(2)));
    CHECK(modi(mul(o0, I(2)), I(4)) == mul(modi(o0, I(2)), I(2)));
    CHECK(divi(add(mul(o0, T), r0), T) == add(o0, divi(r0, T)));
    CHECK(modi(add(mul(T, o0), r0), T) == modi(r0, T));
    CHECK(divi(o0, I(1)) == o0 && modi(o0, I(1)) == I(0) && divi(I(0), o0) == I(0) && divi(o0, I(0)) == I(0));
    CHECK(divi(I(-7), I(2)) == I(-4) && modi(I(-7), I(2)) == I(1) && modi(I(7), I(-2)) == I(-1) && divi(I(7), I(0)) == I(0));
    CHECK(divi(I(INT32_MIN), I(-1)) == I(INT32_MIN));
    /* data may wrap: (x * 64) / 64 is not x */
    Expr *x = ex_read(mod, scalar_node(DT_i32, INT32_MIN, INT32_MAX), NULL), *y = ex_read(mod, scalar_node(DT_i32, 0, 1000), NULL);
    CHECK(divi(mul(x, I(64)), I(64)) != x);
    CHECK(divi(mul(y, I(64)), I(64)) == y);
}

static void test_compare(void)
{
    CHECK(op2(EX_lt, o0, add(o0, I(1))) == ex_bool(mod, 1) && op2(EX_le, add(o0, I(1)), o0) == ex_bool(mod, 0));
    CHECK(op2(EX_eq, o0, r0) == op2(EX_eq, r0, o0) && op2(EX_ne, o0, o0) == ex_bool(mod, 0));
    CHECK(ex_un(mod, EX_not, op2(EX_lt, o0, r0)) == op2(EX_le, r0, o0));
    Expr *x = ex_read(mod, scalar_node(DT_f32, 0, 0), NULL), *z = F(2);
    Expr *less = op2(EX_lt, x, z);
    CHECK(ex_un(mod, EX_not, less)->op == EX_not && ex_un(mod, EX_not, ex_un(mod, EX_not, less)) == less);
    CHECK(op2(EX_eq, x, x)->op == EX_eq && op2(EX_lt, x, x) == ex_bool(mod, 0));
    CHECK(op2(EX_and, less, ex_un(mod, EX_not, less)) == ex_bool(mod, 0) && op2(EX_or, less, ex_bool(mod, 0)) == less);
    CHECK(ex_select(mod, less, x, x) == x && ex_select(mod, ex_bool(mod, 0), x, z) == z);
    CHECK(ex_select(mod, ex_un(mod, EX_not, less), x, z) == ex_select(mod, less, z, x));
    CHECK(op2(EX_min, o0, o0) == o0 && op2(EX_max, o0, add(o0, I(2))) == add(o0, I(2)));
    CHECK(op2(EX_min, op2(EX_min, o0, I(7)), I(5)) == op2(EX_min, I(5), o0));
    /* of full-range data x < x + 1 is not always true */
    Expr *d = ex_read(mod, scalar_node(DT_i32, INT32_MIN, INT32_MAX), NULL);
    CHECK(op2(EX_lt, d, add(d, I(1)))->op == EX_lt && op2(EX_eq, d, add(d, I(1))) == ex_bool(mod, 0));
    Expr *b = ex_read(mod, scalar_node(DT_bool, 0, 1), NULL);
    CHECK(op2(EX_eq, b, ex_bool(mod, 0)) == ex_un(mod, EX_not, b) && ex_cast(mod, CLS_B, ex_cast(mod, CLS_F, b)) == b);
    CHECK(ex_cast(mod, CLS_I, ex_cast(mod, CLS_F, o0)) == o0 && ex_cast(mod, CLS_I, F(-2.7)) == I(-2) && ex_cast(mod, CLS_I, F(1e30)) == I(INT32_MAX));
}

static void test_float(void)
{
    Expr *x = ex_read(mod, scalar_node(DT_f32, 0, 0), NULL), *y = ex_read(mod, scalar_node(DT_f32, 0, 0), NULL);
    CHECK(mul(x, F(1)) == x && add(x, F(0)) == x && divi(x, F(1)) == x && sub(F(0), x) == ex_un(mod, EX_neg, x));
    CHECK(mul(x, F(0)) != F(0) && sub(x, x) != F(0));
    CHECK(add(add(x, F(1)), F(2)) != add(x, F(3)));
    CHECK(add(x, y) != add(y, x));
    CHECK(ex_un(mod, EX_exp, F(0)) == F(1) && add(F(1), F(2)) == F(3) && F(-0.0) == F(0.0) && F(NAN) == F(-NAN));
    CHECK(op2(EX_pow, x, F(2)) == mul(x, x) && op2(EX_pow, x, F(0.5)) == ex_un(mod, EX_sqrt, x));
    CHECK(ex_cost(ex_un(mod, EX_exp, mul(x, x))) == 1 + 1 + 10);
}

/* ---- rewriting ---- */

static Expr *zero_index(void *u, Expr *e) { return e->op == EX_index && e->u.slot == *(int *)u ? ex_int(mod, 0) : NULL; }
static void count_one(void *u, const Expr *e) { (void)e; ++*(int *)u; }

static void test_rewrite(void)
{
    int slot = 0, count = 0;
    Expr *by[2] = {o1, o0}, *e = add(mul(o0, I(8)), o1), *ext[1] = {I(64)};
    CHECK(ex_rewrite(mod, e, zero_index, &slot) == o1);
    CHECK(ex_subst_slots(mod, e, by, 2) == add(mul(o1, I(8)), o0));
    CHECK(ex_shift_slots(mod, e, 1, 3) == add(mul(o0, I(8)), ex_index(mod, 4)) && ex_shift_slots(mod, e, 2, 3) == e);
    CHECK(ex_slots(e) == 3 && ex_uses_slot(e, 1) && !ex_uses_slot(e, 2));
    Node *a = node_new(mod, NULL, NODE_input, DT_f32, 1, ext, "a", span_none()), *b = node_new(mod, NULL, NODE_input, DT_f32, 1, ext, "b", span_none());
    Expr *ra = ex_read(mod, a, &e), *rb = ex_read(mod, b, &e);
    CHECK(ex_reads(mul(ra, ra), a) && !ex_reads(mul(ra, ra), b));
    CHECK(ex_subst_node(mod, mul(ra, ra), a, b) == mul(rb, rb));
    /* a graph of 60 levels with 2^60 paths */
    Expr *deep = ra;
    for (int i = 0; i < 60; i++) deep = op2(EX_max, mul(deep, F(1 + i)), deep);
    ex_visit(deep, count_one, &count);
    CHECK(count < 300);
    CHECK(ex_subst_node(mod, ex_subst_node(mod, deep, a, b), b, a) == deep && ex_cost(deep) < 200);
    int64_t coef;
    Expr *rest;
    CHECK(affine_split(mod, e, 0, &coef, &rest) && coef == 8 && rest == o1);
    CHECK(affine_split(mod, e, 5, &coef, &rest) && coef == 0 && rest == e);
    CHECK(!affine_split(mod, divi(o0, I(3)), 0, &coef, &rest));
}

/* ---- random expressions ---- */

typedef struct Tree { ExprOp op; int leaf; int64_t v; struct Tree *a[3]; } Tree;
enum { LEAVES = 8 };
static uint64_t rng_state;
static Expr *leaf_expr[LEAVES];
static int data_mode, overflow;

static uint32_t rnd(uint32_t n)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((rng_state >> 33) % n);
}

static int64_t rnd_literal(void)
{
    static const int64_t odd[] = {INT32_MIN, INT32_MAX, INT32_MIN + 1, 65536, -65536, 1 << 30};
    static const int64_t small[] = {0, 1, -1, 2, 3, 4, 5, 8, 12, -2, -3, 7, 64};
    if (data_mode && rnd(6) == 0) return odd[rnd(6)];
    return small[rnd(13)];
}

/* want_bool: a comparison or a logic operator */
static Tree *grow(int depth, int want_bool)
{
    static const ExprOp ints[] = {EX_add, EX_add, EX_sub, EX_sub, EX_mul, EX_mul, EX_div, EX_mod, EX_min, EX_max, EX_neg, EX_abs,
                                  EX_sign, EX_select, EX_div, EX_mod, EX_band, EX_bor, EX_bxor, EX_shl, EX_shr, EX_to_i};
    static const ExprOp bools[] = {EX_eq, EX_ne, EX_lt, EX_le, EX_lt, EX_and, EX_or, EX_not};
    Tree *t = NEW(ctx.perm, Tree);
    if (!want_bool && (depth == 0 || rnd(6) == 0)) {
        t->op = rnd(3) ? EX_index : EX_int;
        t->leaf = (int)rnd(LEAVES);
        t->v = rnd_literal();
        return t;
    }
    t->op = want_bool ? bools[rnd(depth ? 8 : 5)] : ints[rnd(data_mode ? 22 : 16)];
    int logic = t->op == EX_and || t->op == EX_or || t->op == EX_not || t->op == EX_to_i;
    for (int i = 0; i < expr_info[t->op].arity; i++) t->a[i] = grow(depth ? depth - 1 : 0, logic || (t->op == EX_select && i == 0));
    return t;
}

static Tree *tree_op(ExprOp op, Tree *a, Tree *b)
{
    Tree *t = NEW(ctx.perm, Tree);
    t->op = op;
    t->a[0] = a, t->a[1] = b;
    return t;
}

static Tree *tree_int(int64_t v)
{
    Tree *t = tree_op(EX_int, NULL, NULL);
    t->v = v;
    return t;
}

/* Index arithmetic as reshapes make it: sums of multiples, quotients and remainders by few numbers, nested. */
static Tree *grow_index(int depth)
{
    static const int64_t by[] = {2, 3, 4, 6, 8, 12, 24, 1, -4};
    Tree *t = tree_int((int)rnd(9) - 4);
    for (int i = 1 + (int)rnd(3); i > 0; i--) {
        Tree *part;
        if (depth && rnd(2)) {
            part = tree_op(rnd(2) ? EX_div : EX_mod, grow_index(depth - 1), tree_int(by[rnd(9)]));
            if (rnd(5) == 0) part->a[1] = tree_op(EX_index, NULL, NULL), part->a[1]->leaf = 6;
        } else {
            part = tree_op(EX_index, NULL, NULL);
            part->leaf = (int)rnd(data_mode ? LEAVES : 3);
        }
        if (rnd(3) == 0) part = tree_op(EX_mul, part, tree_int(by[rnd(9)]));
        if (rnd(6) == 0) part = tree_op(EX_mul, part, tree_op(EX_index, NULL, NULL)), part->a[1]->leaf = 6;
        t = tree_op(rnd(4) ? EX_add : EX_sub, t, part);
    }
    return t;
}

static int64_t tree_value(const Tree *t, const int64_t *leaf)
{
    int64_t a[3] = {0}, v;
    if (t->op == EX_int) return t->v;
    if (t->op == EX_index) return leaf[t->leaf];
    for (int i = 0; i < expr_info[t->op].arity; i++) a[i] = tree_value(t->a[i], leaf);
    if (t->op == EX_mul && llabs(a[0] * a[1]) > 1 << 24) overflow = 1;
    v = expr_eval_i(t->op, a);
    if (llabs(v) > 1 << 24) overflow = 1;
    return v;
}

static Expr *tree_expr(const Tree *t)
{
    Expr *a[3];
    if (t->op == EX_int) return I(t->v);
    if (t->op == EX_index) return leaf_expr[t->leaf];
    for (int i = 0; i < expr_info[t->op].arity; i++) a[i] = tree_expr(t->a[i]);
    return ex_op(mod, t->op, a);
}

static int64_t expr_value(const Expr *e, const int64_t *leaf)
{
    int64_t a[3];
    if (e->op == EX_int) return e->u.i;
    for (int i = 0; i < LEAVES; i++)
        if (e == leaf_expr[i]) return leaf[i];
    for (int i = 0; i < e->n; i++) a[i] = expr_value(e->arg[i], leaf);
    return expr_eval_i(e->op, a);
}

static int64_t leaf_value(int i)
{
    if (!data_mode) return leaf_expr[i]->op == EX_sym ? 1 + rnd(9) : rnd(40);
    switch (rnd(4)) {
    case 0: return rnd_literal();
    case 1: return (int)rnd(20) - 10;
    default: return (int32_t)(rnd(65536) << 16 | rnd(65536));
    }
}

static void test_random(int data, uint64_t seed, int rounds)
{
    int bad = 0, used = 0, folded = 0;
    data_mode = data;
    rng_state = seed;
    for (int i = 0; i < LEAVES; i++) {
        if (data) leaf_expr[i] = ex_read(mod, scalar_node(DT_i32, INT32_MIN, INT32_MAX), NULL);
        else leaf_expr[i] = i < 6 ? ex_index(mod, i) : ex_sym(mod, sym_new(mod, i == 6 ? "P" : "Q", SYM_dim, 1, 9, span_none()));
    }
    for (int n = 0; n < rounds; n++) {
        Tree *t = n % 2 ? grow_index(1 + (int)rnd(3)) : grow(1 + (int)rnd(5), n % 8 == 0);
        Expr *e = tree_expr(t);
        CHECK(tree_expr(t) == e);
        for (int k = 0; k < 30; k++) {
            int64_t leaf[LEAVES];
            for (int i = 0; i < LEAVES; i++) leaf[i] = leaf_value(i);
            overflow = 0;
            int64_t want = tree_value(t, leaf);
            if (overflow && !data) continue;
            used++;
            folded += e->op == EX_int;
            bad += expr_value(e, leaf) != want;
        }
    }
    if (bad) printf("random expressions of seed %llu, %s: %d wrong values\n", (unsigned long long)seed, data ? "data" : "indices", bad);
    CHECK(bad == 0);
    CHECK(used > rounds * 5 && folded < used / 2);
}

/* Adding the operands of a sum in any order gives the same pointer. */
static void test_random_order(uint64_t seed)
{
    rng_state = seed;
    for (int n = 0; n < 200; n++) {
        Expr *part[8], *e = I(0), *f = I(0);
        int used[8] = {0};
        for (int i = 0; i < 8; i++) part[i] = mul(leaf_expr[rnd(LEAVES)], I((int)rnd(11) - 5));
        for (int i = 0; i < 8; i++) e = add(e, part[i]);
        for (int i = 0; i < 8; i++) {
            uint32_t k = rnd(8);
            while (used[k]) k = (k + 1) % 8;
            used[k] = 1;
            f = add(part[k], f);
        }
        CHECK(e == f && sub(e, f) == I(0));
        Affine a;
        CHECK(affine_of(e, &a) && affine_expr(mod, &a) == e);
    }
}

/* ---- stored numbers ---- */

static void test_halfs(void)
{
    int bad = 0;
    for (unsigned h = 0; h < 65536; h++) {
        double f = f16_to_f64((uint16_t)h), b = bf16_to_f64((uint16_t)h);
        bad += !isnan(f) && f64_to_f16(f) != h;
        bad += !isnan(b) && f64_to_bf16(b) != h;
    }
    CHECK(bad == 0);
    CHECK(f64_to_f16(65519.9) == 0x7bff && f64_to_f16(65520) == 0x7c00 && f64_to_f16(1 + 0x1p-11) == 0x3c00 && f64_to_f16(1 + 0x3p-11) == 0x3c02);
    CHECK(f64_to_f16(0x1p-25) == 0 && f64_to_f16(0x1.8p-25) == 1 && isnan(f16_to_f64(f64_to_f16(NAN))) && f64_to_bf16(1e39) == 0x7f80);
    CHECK(f64_to_bf16(-1 - 0x1p-8) == 0xbf80 && f64_to_bf16(-1 - 0x3p-8) == 0xbf82);
}

static void test_tensor(void)
{
    unsigned char bytes[] = {99, 0, 0, 128, 63, 0, 0, 0, 192, 255, 127};    /* f32 1, -2 at an odd address */
    Tensor t = {.dtype = DT_f32, .rank = 1, .shape = {2}, .data = bytes + 1, .bytes = 8}, s = {.dtype = DT_f32, .rank = 1, .shape = {100}, .seed = 7, .scale = 0.5};
    float run[2];
    CHECK(tensor_f64(&t, 0) == 1 && tensor_f64(&t, 1) == -2 && tensor_i64(&t, 1) == -2);
    tensor_f32_run(&t, 1, -1, 2, run);
    CHECK(run[0] == -2 && run[1] == 1);
    t.dtype = DT_i16, t.data = bytes + 9, t.bytes = 2;
    CHECK(tensor_i64(&t, 0) == 0x7fff);
    double lo = 1, hi = -1;
    for (int i = 0; i < 100; i++) lo = fmin(lo, tensor_f64(&s, i)), hi = fmax(hi, tensor_f64(&s, i));
    CHECK(lo >= -0.5 && lo < -0.3 && hi <= 0.5 && hi > 0.3);
}

static void test_eval(void)
{
    int64_t i3[] = {1, 2, 10}, shift[] = {-5, 1};
    double f3[] = {1, 2}, u = 0;
    for (int k = 0; k < 1000; k++) {
        i3[1] = k;
        int64_t r = expr_eval_i(EX_randint, i3);
        CHECK(r >= 0 && r < 10);
        f3[1] = k;
        u += expr_eval_f(EX_uniform, f3) / 1000;
    }
    CHECK(u > 0.45 && u < 0.55);
    CHECK(expr_eval_i(EX_shr, shift) == -3 && expr_eval_i(EX_shl, shift) == -10);
    double nan2[] = {NAN, 1}, m[] = {-1.5, 2};
    CHECK(expr_eval_f(EX_to_i, nan2) == 0 && expr_eval_f(EX_mod, m) == 0.5);
}

int main(void)
{
    ctx.perm = arena_new();
    mod = module_new(&ctx, "test");
    o0 = ex_index(mod, 0), o1 = ex_index(mod, 1), r0 = ex_index(mod, 2);
    symT = sym_new(mod, "T", SYM_dim, 1, 512, span_none());
    T = ex_sym(mod, symT);
    test_affine_form();
    test_many_terms();
    test_div_mod();
    test_compare();
    test_float();
    test_rewrite();
    for (uint64_t seed = 1; seed <= 4; seed++) {
        test_random(0, seed, 3000);
        test_random_order(seed);
        test_random(1, seed, 3000);
    }
    test_halfs();
    test_tensor();
    test_eval();
    arena_free(ctx.perm);
    return check_done();
}
