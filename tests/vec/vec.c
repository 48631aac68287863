/* targets/vector/math.h against double libm, of all compilers and instruction sets at once, because the reference is what takes
 * the time.  Compiled in two ways:
 *   -DKERNELS=NAME -DVEC_H="targets/ISA/vec.h": the table NAME of loops over the functions, with that set of instructions;
 *   -DSETS="SET(NAME) SET(NAME)": the program that compares all those tables.
 * usage: vec STRIDE [PART PARTS]   every STRIDE-th bit pattern (1: all 2^32); of the functions those whose number is PART
 * modulo PARTS.  Prints a line for each function and table: `ok NAME: largest error at ..` or `not ok`.
 * An error is in units of the last place of the exact result; below 2^-126 the unit is 2^-149.  gelu: absolute error over
 * max(1, |x|).  NaN must be NaN, infinities exact (the largest float beside them is one unit off), zeros of the right sign. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 };
typedef struct {
  const char *name;
  void (*f)(float *y, const float *x, const float *z);
} VecLoop;

#ifdef KERNELS
#define TFX_INLINE static inline __attribute__((unused))
#include <immintrin.h>
#include "../../runtime/math/bits.c"
#include "../../runtime/math/sincos.c"
#include VEC_H
#include "../../targets/vector/math.h"

#define FUNCTIONS(F) F(exp) F(exp2) F(expm1) F(log) F(log2) F(log1p) F(tanh) F(sigmoid) F(silu) F(erf) F(gelu) F(gelu_tanh) F(sin) F(cos) F(rsqrt)
#define LOOP(NAME) \
  static void loop_##NAME(float *y, const float *x, const float *z) { \
    (void)z; \
    for (int i = 0; i < BLOCK; i += TFX_W) tfx_v_store(y + i, tfx_v_##NAME(tfx_v_load(x + i))); \
  }
FUNCTIONS(LOOP)
static void loop_exp_low(float *y, const float *x, const float *z) {
  (void)z;
  for (int i = 0; i < BLOCK; i += TFX_W) tfx_v_store(y + i, tfx_v_exp_low(tfx_v_min(tfx_v_zero(), tfx_v_load(x + i))));
}
static void loop_pow(float *y, const float *x, const float *z) {
  for (int i = 0; i < BLOCK; i += TFX_W) tfx_v_store(y + i, tfx_v_pow(tfx_v_load(x + i), tfx_v_load(z + i)));
}
#define ROW(NAME) {#NAME, loop_##NAME},
extern const VecLoop KERNELS[];
const VecLoop KERNELS[] = {FUNCTIONS(ROW) {"exp_low", loop_exp_low}, {"pow", loop_pow}, {NULL, NULL}};

#else
#include <float.h>
#include <math.h>

#define SET(NAME) extern const VecLoop NAME[];
SETS
#undef SET
#define SET(NAME) {#NAME, NAME},
static const struct { const char *name; const VecLoop *rows; } sets[] = {SETS};
enum { NSETS = (int)(sizeof sets / sizeof *sets) };

static double ref_exp_low(double x) { return x < -86.9f ? 0 : exp(x > 0 ? 0 : x); }
static double ref_sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double ref_silu(double x) { return x / (1 + exp(-x)); }
static double ref_gelu(double x) { return x * 0.5 * erfc(-x * 0.70710678118654752440); }
static double ref_gelu_tanh(double x) { return x / (1 + exp(-1.5957691216057307118 * (x + 0.044715 * x * x * x))); }
static double ref_rsqrt(double x) { return 1 / sqrt(x); }

typedef enum { ULP, SILU, ABSOLUTE } Gate;
static const struct { const char *name; double (*ref)(double); double bound; Gate gate; } functions[] = {
  {"exp", exp, 1.0, ULP}, {"exp_low", ref_exp_low, 1.0, ULP}, {"exp2", exp2, 1.0, ULP}, {"expm1", expm1, 2.0, ULP}, {"log", log, 1.0, ULP},
  {"log2", log2, 1.5, ULP}, {"log1p", log1p, 1.5, ULP}, {"tanh", tanh, 3.0, ULP}, {"sigmoid", ref_sigmoid, 2.5, ULP},
  {"silu", ref_silu, 3.0, SILU}, {"erf", erf, 2.0, ULP}, {"gelu", ref_gelu, 4e-7, ABSOLUTE}, {"gelu_tanh", ref_gelu_tanh, 4e-7, ABSOLUTE},
  {"sin", sin, 2.0, ULP}, {"cos", cos, 2.0, ULP}, {"rsqrt", ref_rsqrt, 1.5, ULP},
};
enum { NFUNCTIONS = (int)(sizeof functions / sizeof *functions) };

typedef struct {
  double worst;
  float x, z, y;
} Worst;

static float bits_float(uint32_t u) {
  float f;
  memcpy(&f, &u, sizeof f);
  return f;
}
static uint64_t seed = 88172645463325252u;
static uint32_t rnd(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 32);
}
static float unit(void) { return (float)(int32_t)rnd() * 0x1p-31f; }

/* 2^24 over the binade of |r|: what turns a difference into units of the last place */
static double per_unit(double r) {
  uint64_t u;
  memcpy(&u, &r, sizeof u);
  const int e = (int)(u >> 52 & 2047u) - 1023;
  u = (uint64_t)(23 - (e < -126 ? -126 : e) + 1023) << 52;
  memcpy(&r, &u, sizeof r);
  return r;
}
static double error(float y, double r, float x, Gate gate) {
  if (isnan(r)) return isnan(y) ? 0 : INFINITY;
  if (isnan(y)) return INFINITY;
  if (r == 0) return y == 0 && !signbit(y) == !signbit(r) ? 0 : INFINITY;
  const float f = (float)r;
  if (isinf(f)) return y == f ? 0 : fabsf(y) == FLT_MAX && fabs(r) < 0x1.000002p128 && (y > 0) == (f > 0) ? 1 : INFINITY;
  if (isinf(y)) return fabs(r) > FLT_MAX * (1 - 0x1p-24) && (y > 0) == (f > 0) ? 1 : INFINITY;
  const double d = fabs((double)y - r), a = fabs((double)x);
  if (gate == ABSOLUTE) return d / (a > 1 ? a : 1);
  if (gate == SILU && x < -88.7228317f && y == 0 && signbit(y)) return 0;
  return d * per_unit(r);
}

/* A block of every stride-th bit pattern from *next on; at the end it repeats the last one. */
static void fill_patterns(float *x, uint32_t stride, uint64_t *next) {
  const uint64_t last = 0xFFFFFFFFu - 0xFFFFFFFFu % stride;
  for (int i = 0; i < BLOCK; i++, *next += stride) x[i] = bits_float((uint32_t)(*next < last ? *next : last));
}
/* Special values, points where the curves bend, then neighbours of multiples of pi/2. */
enum { DENSE = 60 };
static void fill_dense(float *x, int round) {
  static const float special[] = {0.0f, 1.0f, 0x1p-149f, 0x1p-148f, 0x1.8p-148f, 0x1p-126f, 0x1.fffffcp-127f, FLT_MAX, INFINITY, NAN, 0x1.fffffep-1f,
    0x1.000002p0f, 88.0f, 88.72283f, 88.72284f, 89.0f, 87.33654f, 87.33655f, 103.97f, 103.98f, 104.0f, 126.0f, 127.99999f, 128.0f, 149.0f, 149.5f, 150.0f, 151.0f,
    9.01f, 10.0f, 3.95f, 0.875f, 14.3f, 1e5f, 100000.01f, 99999.99f, 1.41421354f, 0.707106769f, 17.0f, 18.0f, 16367173.0f * 0x1p72f, 3.4e38f, 0.5f, 1.5f, 2.5f};
  const int n = (int)(sizeof special / sizeof *special);
  for (int i = 0; i < BLOCK; i++) {
    if (round == 0) x[i] = special[i / 2 % n] * (i & 1 ? -1.0f : 1.0f);
    else if (round < 40) x[i] = unit() * (round & 1 ? 110.0f : 4.0f);
    else {
      const float m = (float)((double)((round - 40) * BLOCK + i) * 1.5707963267948966);
      uint32_t u;
      memcpy(&u, &m, sizeof u);
      x[i] = bits_float(u + (u ? (uint32_t)i % 3u - 1u : 0u));
    }
  }
}

static int report(const char *name, const char *set, const Worst *w, double bound) {
  const int ok = w->worst <= bound;
  printf("%s %s %s: %.4g, stated %.4g, at %.9g %.9g giving %.9g\n", ok ? "ok" : "not ok", name, set, w->worst, bound, (double)w->x, (double)w->z, (double)w->y);
  fflush(stdout);
  return !ok;
}
static const VecLoop *row(int set, const char *name) {
  for (const VecLoop *r = sets[set].rows; r->name; r++)
    if (!strcmp(r->name, name)) return r;
  fprintf(stderr, "%s has no %s\n", sets[set].name, name);
  exit(2);
}

static int sweep(int k, uint32_t stride) {
  static float x[BLOCK], y[BLOCK], first[BLOCK];
  static double r[BLOCK];
  const VecLoop *loops[NSETS];
  Worst worst[NSETS] = {{0, 0, 0, 0}}, of_first = {0, 0, 0, 0};
  int failed = 0;
  for (int s = 0; s < NSETS; s++) loops[s] = row(s, functions[k].name);
  uint64_t next = 0;
  for (int round = 0; round < DENSE;) {
    if (next <= 0xFFFFFFFFu) fill_patterns(x, stride, &next);
    else fill_dense(x, round++);
    for (int i = 0; i < BLOCK; i++) r[i] = functions[k].ref((double)x[i]);
    for (int s = 0; s < NSETS; s++) {
      loops[s]->f(s ? y : first, x, x);
      if (s && !memcmp(y, first, sizeof y)) { /* as the first set, in nearly every block */
        if (of_first.worst > worst[s].worst) worst[s] = of_first;
        continue;
      }
      Worst w = {0, 0, 0, 0};
      for (int i = 0; i < BLOCK; i++) {
        const float v = s ? y[i] : first[i];
        const double e = error(v, r[i], x[i], functions[k].gate);
        if (e > w.worst) w = (Worst){e, x[i], 0, v};
      }
      if (!s) of_first = w;
      if (w.worst > worst[s].worst) worst[s] = w;
    }
  }
  for (int s = 0; s < NSETS; s++) failed += report(functions[k].name, sets[s].name, &worst[s], functions[k].bound);
  return failed;
}

/* Special values in all pairs, then pairs whose results are all over the range, near 1, and signs of negative bases. */
static void fill_pow(float *x, float *z, uint64_t block) {
  static const float sp[] = {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -2.0f, 0.5f, -0.5f, 3.0f, -3.0f, 1.5f, -1.5f, 0x1p-149f, -0x1p-149f, 0x1p-126f,
    FLT_MAX, -FLT_MAX, INFINITY, -INFINITY, NAN, 16777215.0f, 16777216.0f, -16777215.0f, 8388607.5f, 0x1.fffffep-1f, 0x1.000002p0f, 0x1p40f, -0x1p40f, 1e10f, 127.0f, -149.0f, -150.0f, 128.0f};
  const int n = (int)(sizeof sp / sizeof *sp);
  for (int i = 0; i < BLOCK; i++) {
    if (block == 0) { x[i] = sp[i / n % n]; z[i] = sp[i % n]; continue; }
    x[i] = bits_float(rnd() & 0x7FFFFFFFu);
    switch (i & 7) {
    case 0: z[i] = bits_float(rnd()); break;
    case 1: x[i] = 1.0f + unit() * 0.5f; z[i] = unit() * 300.0f; break;
    case 2: x[i] = -(float)(rnd() % 100u); z[i] = (float)(rnd() % 80u) - 40.0f; break;
    case 3: x[i] = 1.0f + unit() * 0x1p-10f; z[i] = unit() * 150000.0f; break;
    default: z[i] = (float)((double)unit() * 150.0 / fabs(log2((double)x[i]) + 1e-9)); break;
    }
  }
}
static int sweep_pow(uint32_t stride) {
  static float x[BLOCK], y[BLOCK], z[BLOCK];
  static double r[BLOCK];
  Worst worst[NSETS] = {{0, 0, 0, 0}};
  int failed = 0;
  const uint64_t blocks = 0x80000000u / BLOCK / (stride < 4 ? 4 : stride) + 2;
  for (uint64_t b = 0; b < blocks; b++) {
    fill_pow(x, z, b);
    for (int i = 0; i < BLOCK; i++) r[i] = pow((double)x[i], (double)z[i]);
    for (int s = 0; s < NSETS; s++) {
      row(s, "pow")->f(y, x, z);
      for (int i = 0; i < BLOCK; i++) {
        const double e = error(y[i], r[i], x[i], ULP);
        if (e > worst[s].worst) worst[s] = (Worst){e, x[i], z[i], y[i]};
      }
    }
  }
  for (int s = 0; s < NSETS; s++) failed += report("pow", sets[s].name, &worst[s], 2.5);
  return failed;
}

int main(int argc, char **argv) {
  const uint32_t stride = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 4093u;
  const int part = argc > 3 ? atoi(argv[2]) : 0, parts = argc > 3 ? atoi(argv[3]) : 1;
  int failed = 0;
  if (stride == 0 || parts < 1) { fprintf(stderr, "usage: vec STRIDE [PART PARTS]\n"); return 2; }
  for (int k = 0; k < NFUNCTIONS; k++)
    if (k % parts == part) failed += sweep(k, stride);
  if (NFUNCTIONS % parts == part) failed += sweep_pow(stride);
  return failed != 0;
}
#endif
