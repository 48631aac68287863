/* One 16-lane loop a function, as emitted programs call them.  run.sh compiles it to see that each loop becomes vector
 * code, that the object needs no outside symbol, and that the text is clean under strict warnings.  Not a program. */
#include "all.h"
#if defined(__GNUC__) && !defined(__clang__)
#define LANES _Pragma("GCC unroll 1")
#else
#define LANES
#endif
#define MAP(NAME, OUT, IN) \
  void lanes_##NAME(OUT *restrict y, const IN *restrict x); \
  void lanes_##NAME(OUT *restrict y, const IN *restrict x) { LANES for (int l = 0; l < 16; l++) y[l] = tfx_##NAME(x[l]); }
#define MAP2(NAME, T, U) \
  void lanes_##NAME(T *restrict y, const T *restrict x, const U *restrict z); \
  void lanes_##NAME(T *restrict y, const T *restrict x, const U *restrict z) { LANES for (int l = 0; l < 16; l++) y[l] = tfx_##NAME(x[l], z[l]); }
MAP(exp, float, float)
MAP(exp2, float, float)
MAP(expm1, float, float)
MAP(log, float, float)
MAP(log1p, float, float)
MAP(log2, float, float)
MAP(tanh, float, float)
MAP(sigmoid, float, float)
MAP(erf, float, float)
MAP(sin, float, float)
MAP(cos, float, float)
MAP(sqrt, float, float)
MAP(rsqrt, float, float)
MAP(fabs, float, float)
MAP(floor, float, float)
MAP(ceil, float, float)
MAP(round, float, float)
MAP(trunc, float, float)
MAP(toint, int32_t, float)
MAP(f16_to_f32, float, uint16_t)
MAP(f32_to_f16, uint16_t, float)
MAP(bf16_to_f32, float, uint16_t)
MAP(f32_to_bf16, uint16_t, float)
MAP2(pow, float, float)
MAP2(fmin, float, float)
MAP2(fmax, float, float)
MAP(sign, float, float)
MAP2(imin, int32_t, int32_t)
MAP2(imax, int32_t, int32_t)
MAP(iabs, int32_t, int32_t)
MAP(isign, int32_t, int32_t)
MAP2(shl, int32_t, int32_t)
MAP2(shr, int32_t, int32_t)
MAP(round_f16, float, float)
MAP(round_bf16, float, float)
MAP2(fmod, float, float)
#ifndef LANES_VECTOR_ONLY /* integer division and 64-bit products: no vector form is asked for */
MAP2(idiv, int32_t, int32_t)
MAP2(imod, int32_t, int32_t)
MAP2(ipow, int32_t, int32_t)
#define MAPR(NAME, T) \
  void lanes_##NAME(T *y, int32_t seed, int32_t ctr); \
  void lanes_##NAME(T *y, int32_t seed, int32_t ctr) { for (int32_t l = 0; l < 16; l++) y[l] = tfx_##NAME(seed, ctr + l); }
MAPR(rand_u32, int32_t)
MAPR(uniform, float)
MAPR(normal, float)
void lanes_randint(int32_t *y, int32_t seed, int32_t ctr, int32_t n);
void lanes_randint(int32_t *y, int32_t seed, int32_t ctr, int32_t n) { for (int32_t l = 0; l < 16; l++) y[l] = tfx_randint(seed, ctr + l, n); }
void lanes_guard(int32_t *y, int32_t n, int32_t *err);
void lanes_guard(int32_t *y, int32_t n, int32_t *err) { for (int l = 0; l < 16; l++) y[l] = tfx_guard(y[l], n, err); }
void lanes_special(float *y);
void lanes_special(float *y) { y[0] = tfx_inf(); y[1] = tfx_nan(); }
#endif
