/* expr_eval.c - what every scalar operator means: f64 for floats, 32-bit two's complement for integers.
 * Takes an operator and operand values, gives the value. Constant folding and the interpreter both use it, so they
 * cannot disagree. It evaluates operators, not leaves: int, flt, index, sym, read and acc are the caller's.
 *
 * Which function: expr_eval_f when a result or any operand is a float (to_f, to_i and comparisons of floats, uniform
 * and normal of integers); integers and truth values come and go as exact doubles. expr_eval_i otherwise.
 *
 * Random numbers are a function of (seed, counter), both taken as 32 bits unsigned: w0 and w1 are the first two words of
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC'11) with key (seed, 0) and counter (counter, 0, 0, 0).
 *     rand_u32 = w0 as a signed number
 *     randint  = (w0 * 2^32 + w1) * n >> 64, 0 when n <= 0
 *     uniform  = (w0 >> 8) * 2^-24
 *     normal   = sqrt(-2 log u) * cos(2 pi v), u = (2 (w0 >> 9) + 1) * 2^-24, v = (w1 >> 8) * 2^-24 */
#include <limits.h>
#include <math.h>
#include "compiler/ir/ir.h"

/* ---- integers ---- */

static int64_t wrap32(int64_t x) { return (int32_t)(uint32_t)(uint64_t)x; }

static int64_t floor_div(int64_t a, int64_t b)
{
    if (b == 0) return 0;
    int64_t q = a / b;
    return q - ((a % b != 0) && ((a < 0) != (b < 0)));
}

/* a ** b modulo 2^32. A negative exponent gives the quotient 1 / a**-b rounded toward 0: 0 unless a is 1 or -1. */
static int64_t int_pow(int64_t a, int64_t b)
{
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    uint32_t r = 1, x = (uint32_t)a;
    for (; b; b >>= 1, x *= x)
        if (b & 1) r *= x;
    return (int32_t)r;
}

typedef struct RandomWords { uint32_t w0, w1; } RandomWords;

/* One round maps the block c to (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)); the key grows by the
 * golden ratio and sqrt(3) - 1 after each. */
static RandomWords random_words(int64_t seed, int64_t counter)
{
    uint64_t c[4] = {(uint32_t)counter, 0, 0, 0};
    uint64_t key[2] = {(uint32_t)seed, 0};
    for (int round = 0; round < 10; round++) {
        uint64_t even = c[0] * 0xD2511F53u, odd = c[2] * 0xCD9E8D57u;
        uint64_t next[4] = {(odd >> 32) ^ c[1] ^ key[0], odd & 0xFFFFFFFFu, (even >> 32) ^ c[3] ^ key[1], even & 0xFFFFFFFFu};
        for (int k = 0; k < 4; k++) c[k] = next[k];
        key[0] = (key[0] + 0x9E3779B9u) & 0xFFFFFFFFu;
        key[1] = (key[1] + 0xBB67AE85u) & 0xFFFFFFFFu;
    }
    return (RandomWords){(uint32_t)c[0], (uint32_t)c[1]};
}

static int64_t rand_below(RandomWords w, int64_t n)
{
    if (n <= 0) return 0;
    uint64_t low = (uint64_t)w.w1 * (uint64_t)n >> 32;
    return (int64_t)(((uint64_t)w.w0 * (uint64_t)n + low) >> 32);
}

static int64_t eval_bits(ExprOp op, int64_t a, int64_t b)
{
    switch (op) {
    case EX_band: return a & b;
    case EX_bor: return a | b;
    case EX_bxor: return a ^ b;
    case EX_shl: return (int32_t)((uint32_t)a << (b & 31));
    default: return floor_div(a, (int64_t)1 << (b & 31));             /* shr: arithmetic */
    }
}

static int64_t eval_int_arith(ExprOp op, int64_t a, int64_t b)
{
    switch (op) {
    case EX_add: return wrap32(a + b);
    case EX_sub: return wrap32(a - b);
    case EX_mul: return wrap32(a * b);
    case EX_div: return wrap32(floor_div(a, b));
    case EX_mod: return b == 0 ? 0 : a - b * floor_div(a, b);
    case EX_pow: return int_pow(a, b);
    case EX_min: return a < b ? a : b;
    default: return a > b ? a : b;                                    /* max */
    }
}

static int64_t pow64(int64_t a, int64_t b)
{
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    uint64_t r = 1, x = (uint64_t)a;
    for (; b; b >>= 1, x *= x)
        if (b & 1) r *= x;
    return (int64_t)r;
}

/* Unlike expr_eval_i these wrap at 64 bits; the rest is the same. -2^63 / -1 wraps too. */
int64_t expr_eval_l(ExprOp op, const int64_t *a)
{
    uint64_t x = (uint64_t)a[0], y;
    switch (op) {
    case EX_add: y = (uint64_t)a[1]; return (int64_t)(x + y);
    case EX_sub: y = (uint64_t)a[1]; return (int64_t)(x - y);
    case EX_mul: y = (uint64_t)a[1]; return (int64_t)(x * y);
    case EX_div: return a[1] == -1 ? (int64_t)(0 - x) : floor_div(a[0], a[1]);
    case EX_mod: return a[1] == 0 || a[1] == -1 ? 0 : a[0] - a[1] * floor_div(a[0], a[1]);
    case EX_pow: return pow64(a[0], a[1]);
    case EX_neg: return (int64_t)(0 - x);
    case EX_abs: return a[0] < 0 ? (int64_t)(0 - x) : a[0];
    case EX_to_i: return (int32_t)(uint32_t)x;
    case EX_to_l: return a[0];
    default: return expr_eval_i(op, a);
    }
}

int64_t expr_eval_i(ExprOp op, const int64_t *a)
{
    switch (op) {
    case EX_add: case EX_sub: case EX_mul: case EX_div: case EX_mod: case EX_pow: case EX_min: case EX_max:
        return eval_int_arith(op, a[0], a[1]);
    case EX_neg: return wrap32(-a[0]);
    case EX_abs: return wrap32(a[0] < 0 ? -a[0] : a[0]);
    case EX_sign: return (a[0] > 0) - (a[0] < 0);
    case EX_eq: return a[0] == a[1];
    case EX_ne: return a[0] != a[1];
    case EX_lt: return a[0] < a[1];
    case EX_le: return a[0] <= a[1];
    case EX_and: return a[0] && a[1];
    case EX_or: return a[0] || a[1];
    case EX_not: return !a[0];
    case EX_band: case EX_bor: case EX_bxor: case EX_shl: case EX_shr: return eval_bits(op, a[0], a[1]);
    case EX_select: return a[0] ? a[1] : a[2];
    case EX_to_i: return a[0];
    case EX_to_l: return a[0];
    case EX_to_b: return a[0] != 0;
    case EX_rand_u32: return (int32_t)random_words(a[0], a[1]).w0;
    case EX_randint: return rand_below(random_words(a[0], a[1]), a[2]);
    case EX_guard: return a[0] >= 0 && a[0] < a[1] ? a[0] : 0;
    default: bug("operator %d is not an integer operator", (int)op);
    }
}

/* ---- floats ---- */

static int64_t to_int(double x)
{
    if (isnan(x)) return 0;
    return x >= INT32_MAX ? INT32_MAX : x <= INT32_MIN ? INT32_MIN : (int64_t)x;
}

int64_t double_to_i64(double x)
{
    if (isnan(x)) return 0;
    return x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static double uniform24(RandomWords w) { return (double)(w.w0 >> 8) * 0x1p-24; }

static double normal(RandomWords w)
{
    double u = (double)(w.w0 >> 8 | 1u) * 0x1p-24, v = (double)(w.w1 >> 8) * 0x1p-24;
    return sqrt(-2 * log(u)) * cos(6.283185307179586477 * v);
}

static double sigmoid(double x)
{
    if (x >= 0) return 1 / (1 + exp(-x));
    double e = exp(x);                                                /* no overflow for large -x */
    return e / (1 + e);
}

static double eval_function(ExprOp op, double x)
{
    switch (op) {
    case EX_exp: return exp(x);
    case EX_exp2: return exp2(x);
    case EX_expm1: return expm1(x);
    case EX_log: return log(x);
    case EX_log2: return log2(x);
    case EX_log1p: return log1p(x);
    case EX_sin: return sin(x);
    case EX_cos: return cos(x);
    case EX_tanh: return tanh(x);
    case EX_sigmoid: return sigmoid(x);
    case EX_erf: return erf(x);
    case EX_sqrt: return sqrt(x);
    case EX_rsqrt: return 1 / sqrt(x);
    case EX_floor: return floor(x);
    case EX_ceil: return ceil(x);
    case EX_round: return nearbyint(x);
    case EX_trunc: return trunc(x);
    case EX_round_f16: return f16_to_f64(f64_to_f16(x));
    case EX_round_bf16: return bf16_to_f64(f64_to_bf16(x));
    default: bug("operator %d is not a float operator", (int)op);
    }
}

/* a - b * floor(a / b) without rounding the quotient; a result with the sign of a is exact. */
static double floor_mod(double a, double b)
{
    double r = fmod(a, b);
    if (b == 0 || isinf(a) || isnan(r)) return NAN;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

double expr_eval_f(ExprOp op, const double *a)
{
    switch (op) {
    case EX_add: return a[0] + a[1];
    case EX_sub: return a[0] - a[1];
    case EX_mul: return a[0] * a[1];
    case EX_div: return a[0] / a[1];
    case EX_mod: return floor_mod(a[0], a[1]);
    case EX_pow: return pow(a[0], a[1]);
    case EX_min: return a[0] < a[1] ? a[0] : a[1];                    /* second operand when unordered, as in C */
    case EX_max: return a[0] > a[1] ? a[0] : a[1];
    case EX_neg: return -a[0];
    case EX_abs: return fabs(a[0]);
    case EX_sign: return (a[0] > 0) - (a[0] < 0);
    case EX_eq: return a[0] == a[1];
    case EX_ne: return a[0] != a[1];
    case EX_lt: return a[0] < a[1];
    case EX_le: return a[0] <= a[1];
    case EX_select: return a[0] != 0 ? a[1] : a[2];
    case EX_to_f: case EX_to_d: return a[0];
    case EX_to_i: return (double)to_int(a[0]);
    case EX_to_l: return (double)double_to_i64(a[0]);
    case EX_to_b: return a[0] != 0;
    case EX_uniform: return uniform24(random_words((int64_t)a[0], (int64_t)a[1]));
    case EX_normal: return normal(random_words((int64_t)a[0], (int64_t)a[1]));
    default: return eval_function(op, a[0]);
    }
}
