/*: math floor,ceil,round,trunc,toint needs=bits
 * Rounding to an integer and conversion, without libm.  Method: |x| < 2^23 goes through an int32, larger values are integers.
 * tfx_round rounds halves to even (as rint, nearbyint and torch.round), tfx_trunc towards zero.
 * Error: 0 (exact on every float).  The sign of zero is that of x (floor(-0) = -0, round(-0.3) = -0, ceil(-0.3) = -0).
 * Special: +-inf and NaN are returned.  tfx_toint: truncates to int32, saturates, NaN gives 0.
 */
TFX_INLINE float tfx_trunc(float x) {
  const uint32_t u = tfx_f2u(x), sign = u & 0x80000000u;
  const int small = (u ^ sign) < 0x4B000000u;
  const float t = (float)(int32_t)tfx_sel(small, x, 0.0f);
  return tfx_u2f(tfx_selu(small, tfx_f2u(t) | sign, u));
}
TFX_INLINE float tfx_floor(float x) {
  const float t = tfx_trunc(x);
  return t - tfx_sel(t > x, 1.0f, 0.0f);
}
TFX_INLINE float tfx_ceil(float x) {
  const float t = tfx_trunc(x);
  return t - tfx_sel(t < x, -1.0f, 0.0f); /* not t + 0, which loses -0 */
}
TFX_INLINE float tfx_round(float x) {
  const uint32_t u = tfx_f2u(x), sign = u & 0x80000000u;
  const uint32_t a = u ^ sign;
  const int small = a < 0x4B000000u;
  /* |x| + 2^23 rounds to an integer (half to even), which is read from the mantissa */
  const int32_t n = (int32_t)(tfx_f2u(tfx_u2f(tfx_selu(small, a, 0u)) + 8388608.0f) - 0x4B000000u);
  return tfx_u2f(tfx_selu(small, tfx_f2u((float)n) | sign, u));
}
TFX_INLINE int32_t tfx_toint(float x) {
  const int lo = x < -2147483648.0f, hi = x >= 2147483648.0f;
  const int32_t n = (int32_t)tfx_sel(lo | hi | (x != x), 0.0f, x);
  const uint32_t m = tfx_selu(lo, 0x80000000u, (uint32_t)n);
  return (int32_t)tfx_selu(hi, 0x7FFFFFFFu, m);
}
