/* Accuracy and boundary tests of runtime/math.
 * usage: test_math VECTORS [STRIDE [--table]]   VECTORS: rng_vectors.txt; every STRIDE-th float bit pattern, both signs;
 * default 1009, 1 = every float.
 * Reference: double libm.  An error is in units of the last place of the float nearest the reference; below 2^-126 the
 * unit is 2^-149.  --table prints markdown rows instead of test lines.
 * Last line "N passed, N failed"; exit 1 if anything failed. */
#include "all.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed, table;
static const char *vectors_path;

static void check(int ok, const char *what) {
  if (ok) passed++;
  else { failed++; printf("FAIL %s\n", what); }
}
static uint64_t lcg = 88172645463325252u;
static uint32_t rnd(void) {
  lcg = lcg * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(lcg >> 32);
}
/* error of y against ref in ULP; infinite for a wrong class; flush: a zero for a subnormal reference counts as right */
static double ulps(float y, double ref, int flush) {
  if (isnan(ref)) return isnan(y) ? 0 : INFINITY;
  if (isnan(y)) return INFINITY;
  if (flush && fabs(ref) < 0x1p-126 * (1 + 0x1p-22) && y == 0) return 0;
  const float rf = (float)ref;
  if (isinf(rf)) return isinf(y) && (y > 0) == (rf > 0) ? 0 : fabsf(y) == FLT_MAX && !isinf(ref) && fabs(ref) < 0x1.000002p128 ? 1 : INFINITY;
  if (isinf(y)) return fabs(ref) > FLT_MAX * (1 - 0x1p-24) ? 1 : INFINITY;
  int e;
  frexp(ref == 0 ? 0x1p-149 : ref, &e);
  return fabs((double)y - ref) / ldexp(1.0, (e < -125 ? -125 : e) - 24);
}

static double ref_sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double ref_rsqrt(double x) { return 1 / sqrt(x); }

typedef struct {
  const char *name;
  float (*f)(float);
  double (*ref)(double);
  double bound; /* ULP, the one stated in the file's head */
  int flush;    /* subnormal results may be 0 */
  const char *zero; /* what the table says about subnormal results */
} Unary;
static const Unary unary[] = {
  {"exp", tfx_exp, exp, 1.0, 1, "0 below 2^-126"},   {"exp2", tfx_exp2, exp2, 1.2, 1, "0 below 2^-126"},
  {"expm1", tfx_expm1, expm1, 1.6, 0, "kept"},       {"log", tfx_log, log, 1.0, 0, "-"},
  {"log1p", tfx_log1p, log1p, 1.5, 0, "kept"},       {"log2", tfx_log2, log2, 1.5, 0, "-"},
  {"tanh", tfx_tanh, tanh, 3.0, 0, "kept"},          {"sigmoid", tfx_sigmoid, ref_sigmoid, 2.5, 1, "0 below -88.72"},
  {"erf", tfx_erf, erf, 1.5, 0, "kept"},             {"sin", tfx_sin, sin, 2.0, 0, "kept"},
  {"cos", tfx_cos, cos, 2.0, 0, "-"},                {"sqrt", tfx_sqrt, sqrt, 0.5, 0, "-"},
  {"rsqrt", tfx_rsqrt, ref_rsqrt, 2.0, 0, "-"},
};
static const struct { const char *name; float (*f)(float); double (*ref)(double); } exact[] = {
  {"floor", tfx_floor, floor}, {"ceil", tfx_ceil, ceil}, {"round", tfx_round, rint},
  {"trunc", tfx_trunc, trunc}, {"fabs", tfx_fabs, fabs},
};

static void report(const char *name, double worst, float at, float at2, double bound, const char *sub) {
  if (table) printf("| tfx_%s | %.2f | %.2f | %s |\n", name, bound, worst, sub);
  else printf("%-8s worst %8.4f ULP (stated %.2f) at %.9g %.9g\n", name, worst, bound, (double)at, (double)at2);
  check(worst <= bound, name);
}
static void sweep_unary(uint32_t stride) {
  for (size_t k = 0; k < sizeof unary / sizeof *unary; k++) {
    const Unary *u = &unary[k];
    double worst = 0;
    float at = 0;
    for (uint64_t b = 0; b < 0x100000000u; b += stride) {
      const float x = tfx_u2f((uint32_t)b);
      const double e = ulps(u->f(x), u->ref((double)x), u->flush);
      if (e > worst) { worst = e; at = x; }
    }
    /* dense where the curves bend and the reductions switch */
    for (uint32_t i = 0, n = 400000000u / stride; i < n && i < 400000u; i++) {
      const float x = (float)(int32_t)rnd() * 0x1p-31f * (i & 1 ? 110.0f : 4.0f);
      const double e = ulps(u->f(x), u->ref((double)x), u->flush);
      if (e > worst) { worst = e; at = x; }
    }
    report(u->name, worst, at, 0, u->bound, u->zero);
  }
}
static void sweep_exact(uint32_t stride) {
  for (size_t k = 0; k < sizeof exact / sizeof *exact; k++) {
    int ok = 1;
    for (uint64_t b = 0; b < 0x100000000u; b += stride) {
      const float x = tfx_u2f((uint32_t)b), y = exact[k].f(x);
      const float r = (float)exact[k].ref((double)x);
      if (!(isnan(x) ? isnan(y) : tfx_f2u(y) == tfx_f2u(r)) && ok) { ok = 0; printf("%s(%a) = %a\n", exact[k].name, (double)x, (double)y); }
    }
    for (int i = -4000; i <= 4000; i++) {
      const float x = (float)i * 0.25f, y = exact[k].f(x);
      if (tfx_f2u(y) != tfx_f2u((float)exact[k].ref((double)x))) ok = 0;
    }
    if (table) printf("| tfx_%s | exact | %s | kept |\n", exact[k].name, ok ? "exact" : "WRONG");
    check(ok, exact[k].name);
  }
}
/* neighbours of multiples of pi/2, arguments as of rotary position codes, and the known hardest float for reduction */
static void sweep_trig(uint32_t stride) {
  double ws = 0, wc = 0;
  float as = 0, ac = 0;
  const int step = stride > 1009u ? 11 : 1;
  for (int i = 0; i < 2000000; i += step) {
    float x;
    if (i == 0) x = 16367173.0f * 0x1p72f;
    else if (i < 700000) x = tfx_u2f(tfx_f2u((float)((double)i * 1.5707963267948966)) + (uint32_t)(i % 5) - 2u);
    else if (i < 1400000) x = (float)(rnd() >> 8) * 0x1p-24f * 1e5f;
    else x = tfx_u2f(0x3F000000u + rnd() % 0x40800000u);
    const double es = ulps(tfx_sin(x), sin((double)x), 0), ec = ulps(tfx_cos(x), cos((double)x), 0);
    if (es > ws) { ws = es; as = x; }
    if (ec > wc) { wc = ec; ac = x; }
  }
  if (!table) printf("trig     sin %.4f at %a, cos %.4f at %a (stated 2.00)\n", ws, (double)as, wc, (double)ac);
  check(ws <= 2.0 && wc <= 2.0, "sin, cos near multiples of pi/2 and large");
}
static double ulps_pow(float y, float x, float p) {
  /* a negative base with an integer exponent is in double pow as well */
  return ulps(y, pow((double)x, (double)p), 0);
}
static void sweep_pow(uint32_t stride) {
  static const float sp[] = {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -2.0f, 0.5f, -0.5f, 3.0f, -3.0f, 1.5f, -1.5f, 0x1p-149f, -0x1p-149f, 0x1p-126f,
    FLT_MAX, -FLT_MAX, INFINITY, -INFINITY, NAN, 16777215.0f, 16777216.0f, -16777215.0f, 8388607.5f, 0x1.fffffep-1f, 0x1.000002p0f, 0x1p40f, -0x1p40f, 1e10f, 127.0f, -149.0f, -150.0f, 128.0f};
  const size_t n = sizeof sp / sizeof *sp;
  double worst = 0;
  float wx = 0, wp = 0;
  int ok = 1;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      const float y = tfx_pow(sp[i], sp[j]);
      const float r = powf(sp[i], sp[j]);
      if (!(isnan(r) ? isnan(y) : (!signbit(y) == !signbit(r) && ulps_pow(y, sp[i], sp[j]) <= 2.0))) { ok = 0; printf("pow(%a, %a) = %a, wanted %a\n", (double)sp[i], (double)sp[j], (double)y, (double)r); }
    }
  check(ok, "pow of special values");
  const long count = 4000000000l / (long)stride;
  for (long i = 0; i < count; i++) {
    float x = tfx_u2f(rnd() & 0x7FFFFFFFu), p;
    const uint32_t kind = (uint32_t)i & 7u;
    if (isnan(x) || isinf(x)) continue;
    if (kind == 0) p = tfx_u2f(rnd());
    else if (kind == 1) { x = 1.0f + (float)(int32_t)rnd() * 0x1p-31f * 0.5f; p = (float)(int32_t)rnd() * 0x1p-31f * 300.0f; }
    else if (kind == 2) { x = -(float)(rnd() % 100u); p = (float)(int32_t)(rnd() % 80u) - 40.0f; }
    else if (kind == 3) { x = 1.0f + (float)(int32_t)rnd() * 0x1p-31f * 0x1p-10f; p = (float)(int32_t)rnd() * 0x1p-31f * 150000.0f; }
    else { p = (float)((double)(int32_t)rnd() * 0x1p-31 * 150.0 / fabs(log2((double)x) + 1e-9)); } /* results all over the range */
    const double e = ulps_pow(tfx_pow(x, p), x, p);
    if (e > worst) { worst = e; wx = x; wp = p; }
  }
  report("pow", worst, wx, wp, 2.5, "kept");
}
static int same(float a, float b) { return isnan(a) ? isnan(b) : tfx_f2u(a) == tfx_f2u(b); }
static void boundaries(uint32_t stride) {
  check(same(tfx_exp(-INFINITY), 0.0f) && same(tfx_exp(-104.0f), 0.0f) && same(tfx_exp(-1e30f), 0.0f) && same(tfx_exp(-FLT_MAX), 0.0f), "exp is 0 when masked");
  check(isinf(tfx_exp(INFINITY)) && isinf(tfx_exp(88.73f)) && isinf(tfx_exp(FLT_MAX)) && !isinf(tfx_exp(88.72f)) && isnan(tfx_exp(NAN)) && isnan(tfx_exp(-NAN)), "exp limits");
  check(same(tfx_exp(0.0f), 1.0f) && same(tfx_exp(-0.0f), 1.0f) && same(tfx_exp2(0.0f), 1.0f), "exp(0) = 1");
  int ok = 1;
  for (int i = -126; i < 128; i++) ok &= same(tfx_exp2((float)i), ldexpf(1.0f, i)) && same(tfx_log2(ldexpf(1.0f, i)), (float)i);
  for (int i = -149; i < -126; i++) ok &= same(tfx_log2(ldexpf(1.0f, i)), (float)i);
  check(ok, "exp2 and log2 exact at whole powers");
  check(same(tfx_exp2(-INFINITY), 0.0f) && isinf(tfx_exp2(128.0f)) && isinf(tfx_exp2(INFINITY)) && isnan(tfx_exp2(NAN)) && same(tfx_exp2(-1e30f), 0.0f), "exp2 limits");
  check(same(tfx_expm1(-INFINITY), -1.0f) && isinf(tfx_expm1(INFINITY)) && isnan(tfx_expm1(NAN)) && same(tfx_expm1(-0.0f), -0.0f), "expm1 limits");
  check(same(tfx_log(1.0f), 0.0f) && same(tfx_log2(1.0f), 0.0f), "log(1) = 0");
  check(same(tfx_log(0.0f), -INFINITY) && same(tfx_log(-0.0f), -INFINITY) && isnan(tfx_log(-1.0f)) && isnan(tfx_log(-INFINITY)) && same(tfx_log(INFINITY), INFINITY) && isnan(tfx_log(NAN)), "log limits");
  check(same(tfx_log2(0.0f), -INFINITY) && isnan(tfx_log2(-1.0f)) && same(tfx_log2(INFINITY), INFINITY) && isnan(tfx_log2(NAN)), "log2 limits");
  check(same(tfx_log1p(-1.0f), -INFINITY) && isnan(tfx_log1p(-1.5f)) && same(tfx_log1p(INFINITY), INFINITY) && isnan(tfx_log1p(NAN)) && same(tfx_log1p(-0.0f), -0.0f), "log1p limits");
  check(same(tfx_tanh(INFINITY), 1.0f) && same(tfx_tanh(-INFINITY), -1.0f) && same(tfx_tanh(20.0f), 1.0f) && same(tfx_tanh(-0.0f), -0.0f) && isnan(tfx_tanh(NAN)) && same(tfx_tanh(0x1p-149f), 0x1p-149f), "tanh limits");
  check(same(tfx_sigmoid(INFINITY), 1.0f) && same(tfx_sigmoid(-INFINITY), 0.0f) && same(tfx_sigmoid(0.0f), 0.5f) && isnan(tfx_sigmoid(NAN)), "sigmoid limits");
  check(same(tfx_erf(INFINITY), 1.0f) && same(tfx_erf(-INFINITY), -1.0f) && same(tfx_erf(-0.0f), -0.0f) && isnan(tfx_erf(NAN)), "erf limits");
  check(isnan(tfx_sin(INFINITY)) && isnan(tfx_cos(-INFINITY)) && isnan(tfx_sin(NAN)) && same(tfx_sin(-0.0f), -0.0f) && same(tfx_cos(0.0f), 1.0f) && same(tfx_sin(0x1p-149f), 0x1p-149f), "sin, cos limits");
  check(same(tfx_sqrt(-0.0f), -0.0f) && same(tfx_sqrt(INFINITY), INFINITY) && isnan(tfx_sqrt(-1.0f)) && isnan(tfx_sqrt(-INFINITY)) && isnan(tfx_sqrt(-0x1p-149f)) && isnan(tfx_sqrt(NAN)), "sqrt limits");
  ok = 1;
  for (uint32_t b = 0x3F800000u; b < 0x40800000u; b += stride > 1009u ? 31 : 3) ok &= same(tfx_sqrt(tfx_u2f(b)), sqrtf(tfx_u2f(b)));
  for (uint32_t b = 0; b < 0x01000000u; b += 37) ok &= same(tfx_sqrt(tfx_u2f(b)), sqrtf(tfx_u2f(b)));
  check(ok, "sqrt correctly rounded on [1,4) and subnormals");
  check(same(tfx_rsqrt(0.0f), INFINITY) && same(tfx_rsqrt(-0.0f), -INFINITY) && same(tfx_rsqrt(INFINITY), 0.0f) && isnan(tfx_rsqrt(-1.0f)) && isnan(tfx_rsqrt(NAN)), "rsqrt limits");
  check(isnan(tfx_fmax(1.0f, NAN)) && isnan(tfx_fmin(1.0f, NAN)) && same(tfx_fmax(NAN, 1.0f), 1.0f) && same(tfx_fmin(NAN, 1.0f), 1.0f), "fmin, fmax with NaN give the second");
  check(same(tfx_fmax(0.0f, -0.0f), -0.0f) && same(tfx_fmin(-0.0f, 0.0f), 0.0f), "fmin, fmax of zeros give the second");
  check(same(tfx_sign(-3.0f), -1.0f) && same(tfx_sign(0x1p-149f), 1.0f) && tfx_sign(-0.0f) == 0.0f && tfx_sign(NAN) == 0.0f && same(tfx_sign(INFINITY), 1.0f), "sign");
  check(tfx_fmax(1.0f, 2.0f) == 2.0f && tfx_fmax(2.0f, 1.0f) == 2.0f && tfx_fmin(1.0f, 2.0f) == 1.0f && tfx_fmin(2.0f, 1.0f) == 1.0f && tfx_fmax(-INFINITY, 1.0f) == 1.0f, "fmin, fmax");
  check(tfx_toint(1.9f) == 1 && tfx_toint(-1.9f) == -1 && tfx_toint(NAN) == 0 && tfx_toint(3e9f) == INT32_MAX && tfx_toint(-3e9f) == INT32_MIN && tfx_toint(INFINITY) == INT32_MAX &&
        tfx_toint(-INFINITY) == INT32_MIN && tfx_toint(-2147483648.0f) == INT32_MIN && tfx_toint(2147483648.0f) == INT32_MAX, "toint");
}
/* value of a half by its definition */
static double half_value(uint32_t h) {
  const int e = (int)(h >> 10 & 31u), m = (int)(h & 1023u);
  const double v = e == 31 ? (m ? (double)NAN : (double)INFINITY) : e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);
  return h >> 15 ? -v : v;
}
static void halves(void) {
  int ok = 1, back = 1, nearest = 1;
  for (uint32_t h = 0; h < 65536; h++) {
    const double v = half_value(h);
    const float y = tfx_f16_to_f32((uint16_t)h);
    ok &= isnan(v) ? isnan(y) : (double)y == v && !signbit(y) == !(h >> 15);
    back &= isnan(v) ? isnan(tfx_f16_to_f32(tfx_f32_to_f16(y))) : tfx_f32_to_f16(y) == h;
  }
  check(ok, "half to float, all 65536");
  check(back, "float to half is the inverse");
  for (uint32_t h = 0; h < 0x7C00u; h++) { /* half way between neighbours goes to even, one float beside it to the neighbour */
    const double up = h == 0x7BFFu ? 65536.0 : half_value(h + 1);
    const float mid = (float)((half_value(h) + up) / 2);
    const uint32_t even = h & 1u ? h + 1 : h;
    nearest &= tfx_f32_to_f16(mid) == even && tfx_f32_to_f16(-mid) == (even | 0x8000u);
    nearest &= tfx_f32_to_f16(nextafterf(mid, 0.0f)) == h && tfx_f32_to_f16(nextafterf(mid, INFINITY)) == h + 1;
  }
  check(nearest, "float to half rounds to nearest even");
  check(tfx_f32_to_f16(INFINITY) == 0x7C00u && tfx_f32_to_f16(1e30f) == 0x7C00u && tfx_f32_to_f16(-1e30f) == 0xFC00u && tfx_f32_to_f16(0x1p-149f) == 0 && tfx_f32_to_f16(-0.0f) == 0x8000u, "half limits");
  ok = 1;
  for (uint32_t h = 0; h < 65536; h++) {
    const float y = tfx_bf16_to_f32((uint16_t)h);
    ok &= tfx_f2u(y) == h << 16;
    ok &= isnan(y) ? isnan(tfx_bf16_to_f32(tfx_f32_to_bf16(y))) : tfx_f32_to_bf16(y) == h;
    if ((h & 0x7FFFu) < 0x7F80u) ok &= tfx_f32_to_bf16(tfx_u2f((h << 16) + 0x8000u)) == (h & 1u ? h + 1 : h) && tfx_f32_to_bf16(tfx_u2f((h << 16) + 0x7FFFu)) == h && tfx_f32_to_bf16(tfx_u2f((h << 16) + 0x8001u)) == h + 1;
  }
  check(ok, "bfloat16 both ways, all 65536");
}
static int64_t floor_div(int64_t a, int64_t b) { /* by definition, in long double for int32 arguments */
  return (int64_t)floorl((long double)a / (long double)b);
}
static void integers(void) {
  static const int32_t v[] = {0, 1, -1, 2, -2, 3, -3, 7, -7, 10, 1000, -1000, 65535, 65536, INT32_MAX, INT32_MIN, INT32_MAX - 1, INT32_MIN + 1};
  const size_t n = sizeof v / sizeof *v;
  int ok = 1;
  for (size_t i = 0; i < n + 200; i++)
    for (size_t j = 0; j < n + 200; j++) {
      const int32_t a = i < n ? v[i] : (int32_t)rnd(), b = j < n ? v[j] : (int32_t)rnd() >> (rnd() & 31);
      const int32_t q = b == 0 ? 0 : a == INT32_MIN && b == -1 ? INT32_MIN : (int32_t)floor_div(a, b);
      const int32_t r = b == 0 ? 0 : (int32_t)((int64_t)a - (int64_t)b * floor_div(a, b));
      ok &= tfx_idiv(a, b) == q && tfx_imod(a, b) == r;
    }
  check(ok, "idiv, imod against floor(a/b)");
  ok = 1;
  for (int32_t a = -20; a <= 20; a++) {
    uint64_t y = 1;
    for (int32_t e = 0; e < 80; e++) {
      ok &= tfx_ipow(a, e) == (int32_t)(uint32_t)y;
      y *= (uint64_t)(int64_t)a;
    }
  }
  ok &= tfx_ipow(1, -5) == 1 && tfx_ipow(-1, -5) == -1 && tfx_ipow(-1, -4) == 1 && tfx_ipow(2, -1) == 0 && tfx_ipow(0, -1) == 0 && tfx_ipow(0, 0) == 1 && tfx_ipow(-1, INT32_MIN) == 1;
  check(ok, "ipow");
  ok = 1;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      const int32_t a = v[i], b = v[j];
      const int64_t low = (int64_t)a < b ? a : b, high = a > b ? a : b, mag = a < 0 ? -(int64_t)a : a;
      ok &= tfx_imin(a, b) == low && tfx_imax(a, b) == high && tfx_iabs(a) == (int32_t)(uint32_t)mag && tfx_isign(a) == (a < 0 ? -1 : a > 0);
    }
  check(ok, "imin, imax, iabs, isign");
}
static void indices(void) {
  static const int32_t v[] = {0, 1, -1, 2, -2, 6, 1000, -1000, INT32_MAX, INT32_MIN, 0x55555555, -0x55555555};
  int ok = 1;
  for (size_t i = 0; i < sizeof v / sizeof *v; i++)
    for (int32_t by = -40; by <= 40; by++) {
      const int k = (by % 32 + 32) % 32;
      ok &= (uint32_t)tfx_shl(v[i], by) == (uint32_t)((uint64_t)(uint32_t)v[i] * ((uint64_t)1 << k));
      ok &= tfx_shr(v[i], by) == (int32_t)floor((double)v[i] / (double)((uint64_t)1 << k));
    }
  check(ok, "shl, shr by every amount");
  int32_t err = 0;
  ok = tfx_guard(0, 1, &err) == 0 && tfx_guard(6, 7, &err) == 6 && tfx_guard(INT32_MAX - 1, INT32_MAX, &err) == INT32_MAX - 1;
  check(ok && err == 0, "guard passes what is inside");
  static const struct { int32_t e, n; } bad[] = {{-1, 7}, {7, 7}, {INT32_MIN, 7}, {INT32_MAX, 7}, {0, 0}, {0, -1}, {-1, 0}, {INT32_MAX, INT32_MAX}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    err = 0;
    check(tfx_guard(bad[i].e, bad[i].n, &err) == 0 && err == 1, "guard stops what is outside");
  }
  ok = tfx_guard(3, 7, &err) == 3 && err == 1;
  check(ok, "guard keeps an earlier error");
  check(same(tfx_inf(), INFINITY) && isnan(tfx_nan()), "inf, nan");
}
/* rounding to a narrower type and back is the nearest value of that type; floor modulo */
static void narrower(uint32_t stride) {
  int ok = 1;
  for (uint32_t h = 0; h < 65536; h++) {
    const float y = tfx_f16_to_f32((uint16_t)h), z = tfx_bf16_to_f32((uint16_t)h);
    ok &= same(tfx_round_f16(y), y) && same(tfx_round_bf16(z), z);
  }
  check(ok, "round_f16, round_bf16 keep all 65536 halves");
  int ok16 = 1, okb = 1;
  for (uint64_t b = 0; b < 0x100000000u; b += stride) {
    const float x = tfx_u2f((uint32_t)b);
    if (isnan(x)) { ok16 &= isnan(tfx_round_f16(x)); okb &= isnan(tfx_round_bf16(x)); continue; }
    /* quantum of the type at x; the quotient has at most 24 bits, so that rint on it is exact */
    int e;
    frexp((double)x, &e);
    const double q16 = ldexp(1, (e < -13 ? -13 : e) - 11), qb = ldexp(1, (e < -125 ? -125 : e) - 8);
    const double r16 = rint((double)x / q16) * q16, rb = rint((double)x / qb) * qb;
    ok16 &= same(tfx_round_f16(x), fabs(r16) > 65504 ? copysignf(INFINITY, x) : copysignf((float)r16, x));
    okb &= same(tfx_round_bf16(x), copysignf((float)rb, x));
  }
  check(ok16, "round_f16 is nearest even");
  check(okb, "round_bf16 is nearest even");
  ok = 1;
  for (int a = -200; a <= 200; a++)
    for (int b = -9; b <= 9; b++)
      if (b) ok &= tfx_fmod((float)a * 0.25f, (float)b * 0.25f) == 0.25f * (float)(((a % b) + b) % b);
  for (int i = 0; i < 200000; i++) {
    const float b = (float)(1 + rnd() % 1000u) * 0.125f * (rnd() & 1u ? 1.0f : -1.0f), a = (float)((int32_t)rnd() >> 12) * 0.0078125f, y = tfx_fmod(a, b);
    const double r = fabs((double)y - ((double)a - (double)b * floor((double)a / (double)b)));
    /* an error of a unit of a, or a whole period where a/b is beside an integer */
    if (r > fabs((double)a) * 0x1p-23 && fabs(r - fabs((double)b)) > fabs((double)a) * 0x1p-23) { ok = 0; printf("fmod(%a, %a) = %a\n", (double)a, (double)b, (double)y); }
  }
  check(ok && isnan(tfx_fmod(1.0f, 0.0f)) && isnan(tfx_fmod(INFINITY, 2.0f)) && isnan(tfx_fmod(NAN, 2.0f)) && isnan(tfx_fmod(1.0f, NAN)), "fmod");
}
/* vectors made by rng_ref.py: kind seed ctr n expected */
static int vector_right(const char *kind, int32_t seed, int32_t ctr, int32_t n, const char *want) {
  if (!strcmp(kind, "u32")) return (uint32_t)tfx_rand_u32(seed, ctr) == strtoul(want, NULL, 16);
  if (!strcmp(kind, "int")) return (uint32_t)tfx_randint(seed, ctr, n) == strtoul(want, NULL, 16);
  if (!strcmp(kind, "uniform")) return tfx_f2u(tfx_uniform(seed, ctr)) == strtoul(want, NULL, 16);
  if (!strcmp(kind, "normal")) return fabs((double)tfx_normal(seed, ctr) - strtod(want, NULL)) <= 2e-6;
  return 0;
}
static void random_vectors(void) {
  FILE *f = fopen(vectors_path, "r");
  char line[256];
  int count = 0, ok = 1;
  if (!f) { check(0, vectors_path); return; }
  while (fgets(line, sizeof line, f)) {
    char kind[16], want[64];
    unsigned seed, ctr, n;
    if (line[0] == '#') continue;
    const int good = sscanf(line, "%15s %x %x %x %63s", kind, &seed, &ctr, &n, want) == 5 && vector_right(kind, (int32_t)seed, (int32_t)ctr, (int32_t)n, want);
    if (!good) printf("rng: %s", line);
    ok &= good;
    count++;
  }
  fclose(f);
  check(ok && count >= 100, "random numbers equal the vectors of rng_ref.py");
}
/* coarse distribution: mean, variance, 16 cells within 5 sigma */
static void random_numbers(void) {
  check(tfx_randint(1, 2, 0) == 0 && tfx_randint(1, 2, 1) == 0 && tfx_randint(1, 2, -5) == 0 && tfx_randint(1, 2, INT32_MIN) == 0, "randint of 1 and less");
  const int n = 200000;
  double s = 0, s2 = 0, t = 0;
  int cell[16] = {0}, bad = 0;
  for (int i = 0; i < n; i++) {
    const double x = (double)tfx_normal(42, i), u = (double)tfx_uniform(43, i);
    s += x; s2 += x * x; t += u;
    bad |= u < 0 || u >= 1;
    cell[tfx_randint(44, i, 16)]++;
  }
  check(!bad && fabs(t / n - 0.5) < 5 * 0.2887 / sqrt(n), "uniform: range, mean");
  check(fabs(s / n) < 5 / sqrt(n) && fabs(s2 / n - 1) < 5 * sqrt(2.0 / n), "normal: mean, variance");
  for (int i = 0; i < 16; i++) bad |= fabs(cell[i] - n / 16.0) > 5 * sqrt(n / 16.0);
  check(!bad, "randint: 16 cells even");
}
int main(int argc, char **argv) {
  const uint32_t stride = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1009u;
  vectors_path = argc > 1 ? argv[1] : "tests/math/rng_vectors.txt";
  table = argc > 3 && !strcmp(argv[3], "--table");
  if (stride == 0) { fprintf(stderr, "stride must be positive\n"); return 2; }
  if (table) printf("| function | stated ULP | measured, every %uth float | subnormal results |\n|---|---|---|---|\n", (unsigned)stride);
  sweep_unary(stride);
  sweep_pow(stride < 17 ? 17 : stride);
  sweep_exact(stride);
  sweep_trig(stride);
  boundaries(stride);
  halves();
  narrower(stride);
  integers();
  indices();
  random_vectors();
  random_numbers();
  if (!table) printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
