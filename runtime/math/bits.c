/*: math bits needs=
 * Bit casts between float and 32-bit integers.  C99 (6.5.2.3, with TC3) defines reading another union member.
 * Gives tfx_f2i, tfx_i2f, tfx_f2u, tfx_u2f.  All bits pass unchanged, NaN payloads too.
 * tfx_sel(c, a, b), tfx_selu(c, a, b): c ? a : b by masks, c 0 or 1.  A conditional expression whose arms are
 * computed values will not do: the compiler moves the computation into a branch, and then, since it could raise a
 * floating-point exception, does not take the loop to vectors.  Masks of comparisons become blends.
 */
typedef union {
  float f;
  int32_t i;
  uint32_t u;
} tfx_bits;

TFX_INLINE int32_t tfx_f2i(float x) {
  tfx_bits b;
  b.f = x;
  return b.i;
}
TFX_INLINE float tfx_i2f(int32_t i) {
  tfx_bits b;
  b.i = i;
  return b.f;
}
TFX_INLINE uint32_t tfx_f2u(float x) {
  tfx_bits b;
  b.f = x;
  return b.u;
}
TFX_INLINE float tfx_u2f(uint32_t u) {
  tfx_bits b;
  b.u = u;
  return b.f;
}
TFX_INLINE uint32_t tfx_selu(int c, uint32_t a, uint32_t b) {
  const uint32_t m = c ? 0xFFFFFFFFu : 0u;
  return (a & m) | (b & ~m);
}
TFX_INLINE float tfx_sel(int c, float a, float b) {
  return tfx_u2f(tfx_selu(c, tfx_f2u(a), tfx_f2u(b)));
}
