/* The scalar operators of the compiler (compiler/ir/expr_eval.c, double and int64) against those of emitted programs
 * (runtime/math, float and int32): two texts, one meaning. Also the random numbers of expr_eval.c against rng_ref.py.
 * usage: test_eval VECTORS. Last line "N passed, N failed". */
#include "all.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir/ir.h"

static int passed, failed;

static void check(int ok, const char *what)
{
    if (ok) passed++;
    else failed++, printf("FAIL %s\n", what);
}

static const int32_t ints[] = {0, 1, -1, 2, -2, 3, -3, 5, 7, -7, 31, 32, 33, -31, -32, 100, -1000, 46341, 65535, 65536, -65536,
                               1 << 30, INT32_MAX, INT32_MAX - 1, INT32_MIN, INT32_MIN + 1};
static const float floats[] = {0.0f, -0.0f, 0.25f, -0.25f, 0.5f, -0.5f, 1.0f, -1.0f, 1.5f, 2.5f, -2.5f, 3.0f, 1e-10f, -7.75f, 20.0f, -30.0f,
                               70.0f, 1000.5f, 8388608.5f, 2147483520.0f, 2147483648.0f, -2147483648.0f, 1e10f, -1e30f, 0x1p-140f,
                               3.4028235e38f, INFINITY, -INFINITY, NAN};
enum { INTS = sizeof ints / sizeof *ints, FLOATS = sizeof floats / sizeof *floats };

static void int_operators(void)
{
    static const struct { ExprOp op; int32_t (*f)(int32_t, int32_t); } two[] = {
        {EX_div, tfx_idiv}, {EX_mod, tfx_imod}, {EX_pow, tfx_ipow}, {EX_min, tfx_imin}, {EX_max, tfx_imax}, {EX_shl, tfx_shl}, {EX_shr, tfx_shr}, {EX_rand_u32, tfx_rand_u32}};
    static const struct { ExprOp op; int32_t (*f)(int32_t); } one[] = {{EX_abs, tfx_iabs}, {EX_sign, tfx_isign}};
    for (size_t k = 0; k < sizeof two / sizeof *two; k++) {
        int ok = 1;
        for (int i = 0; i < INTS * INTS; i++) {
            const int64_t a[2] = {ints[i / INTS], ints[i % INTS]};
            const int32_t y = two[k].f((int32_t)a[0], (int32_t)a[1]);
            if (expr_eval_i(two[k].op, a) == y) continue;
            ok = 0;
            printf("%s(%lld, %lld) = %d\n", expr_info[two[k].op].name, (long long)a[0], (long long)a[1], y);
        }
        check(ok, expr_info[two[k].op].name);
    }
    for (size_t k = 0; k < sizeof one / sizeof *one; k++)
        for (int i = 0; i < INTS; i++) check(expr_eval_i(one[k].op, &(int64_t){ints[i]}) == one[k].f(ints[i]), expr_info[one[k].op].name);
    int ok = 1;
    for (int i = 0; i < INTS * INTS; i++) {
        const int64_t a[3] = {17, ints[i / INTS], ints[i % INTS]};
        int32_t err = 0;
        ok &= expr_eval_i(EX_randint, a) == tfx_randint(17, (int32_t)a[1], (int32_t)a[2]);
        ok &= expr_eval_i(EX_guard, a + 1) == tfx_guard((int32_t)a[1], (int32_t)a[2], &err);
    }
    check(ok, "randint, guard");
}

/* Near enough for a float function of at most 3 ULP; results below the normal range may be 0. */
static int near(double want, float got)
{
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
    const float w = (float)want;
    if (isinf(w) || isinf(got)) return w == got;
    return fabs((double)got - want) <= fabs(want) * 0x1p-21 + 0x1p-126;
}

static void float_operators(void)
{
#define ROW(name) {EX_##name, tfx_##name}
    static const struct { ExprOp op; float (*f)(float); } one[] = {
        ROW(exp), ROW(exp2), ROW(expm1), ROW(log), ROW(log2), ROW(log1p), ROW(sin), ROW(cos), ROW(tanh), ROW(sigmoid), ROW(erf), ROW(sqrt), ROW(rsqrt),
        ROW(floor), ROW(ceil), ROW(round), ROW(trunc), ROW(round_f16), ROW(round_bf16), ROW(sign), {EX_abs, tfx_fabs}};
    static const struct { ExprOp op; float (*f)(float, float); } two[] = {ROW(pow), {EX_min, tfx_fmin}, {EX_max, tfx_fmax}};
#undef ROW
    for (size_t k = 0; k < sizeof one / sizeof *one; k++) {
        int ok = 1;
        for (int i = 0; i < FLOATS; i++) {
            const double want = expr_eval_f(one[k].op, &(double){floats[i]});
            if (near(want, one[k].f(floats[i]))) continue;
            ok = 0;
            printf("%s(%a) = %a, wanted %a\n", expr_info[one[k].op].name, (double)floats[i], (double)one[k].f(floats[i]), want);
        }
        check(ok, expr_info[one[k].op].name);
    }
    for (size_t k = 0; k < sizeof two / sizeof *two; k++) {
        int ok = 1;
        for (int i = 0; i < FLOATS * FLOATS; i++) {
            const double a[2] = {floats[i / FLOATS], floats[i % FLOATS]}, want = expr_eval_f(two[k].op, a);
            const float got = two[k].f((float)a[0], (float)a[1]);
            if (near(want, got)) continue;
            ok = 0;
            printf("%s(%a, %a) = %a, wanted %a\n", expr_info[two[k].op].name, a[0], a[1], (double)got, want);
        }
        check(ok, expr_info[two[k].op].name);
    }
    int ok = 1;
    for (int i = 0; i < FLOATS; i++) ok &= (int32_t)expr_eval_f(EX_to_i, &(double){floats[i]}) == tfx_toint(floats[i]);
    check(ok, "to_i");
}

static int vector_right(const char *kind, const int64_t *a, const char *want)
{
    const double f[2] = {(double)a[0], (double)a[1]};
    const float u = (float)expr_eval_f(EX_uniform, f);
    if (!strcmp(kind, "u32")) return (uint32_t)expr_eval_i(EX_rand_u32, a) == strtoul(want, NULL, 16);
    if (!strcmp(kind, "int")) return (uint64_t)expr_eval_i(EX_randint, a) == strtoul(want, NULL, 16);
    if (!strcmp(kind, "uniform")) return tfx_f2u(u) == strtoul(want, NULL, 16);
    if (!strcmp(kind, "normal")) return fabs(expr_eval_f(EX_normal, f) - strtod(want, NULL)) <= 1e-11; /* written with 12 digits */
    return 0;
}

static void random_vectors(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[256], kind[16], want[64];
    unsigned seed, ctr, n;
    int count = 0, ok = 1;
    while (f && fgets(line, sizeof line, f)) {
        if (*line == '#') continue;
        const int read = sscanf(line, "%15s %x %x %x %63s", kind, &seed, &ctr, &n, want) == 5;
        if (!read || !vector_right(kind, (int64_t[]){(int32_t)seed, (int32_t)ctr, (int32_t)n}, want)) ok = 0, printf("rng: %s", line);
        count++;
    }
    if (f) fclose(f);
    check(ok && count >= 100, "random numbers equal the vectors of rng_ref.py");
    double far = 0;
    for (int i = 0; i < 100000; i++) far = fmax(far, fabs(expr_eval_f(EX_normal, (double[]){7, i}) - (double)tfx_normal(7, i)));
    check(far <= 2e-6, "normal in float within 2e-6 of normal in double");
}

int main(int argc, char **argv)
{
    int_operators();
    float_operators();
    random_vectors(argc > 1 ? argv[1] : "tests/math/rng_vectors.txt");
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
