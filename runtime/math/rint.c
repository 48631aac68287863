/*: math floor,ceil,round,trunc,toint needs=bits
 * Rounding to an integer and conversion, without libm.  Method: |x| < 2^23 goes through an int32, larger values are integers.
 * tfx_round rounds halves to even (as rint, nearbyint and torch.round), tfx_trunc towards zero.
 * Error: 0 (exact on every float).  The sign of zero is that of x (floor(-0) = -0, round(-0.3) = -0, ceil(-0.3) = -0).
 * Special: +-inf and NaN are returned.  tfx_toint: truncates to int32, saturates, NaN gives 0.
 */
TFX_INLINE float tfx_trunc(float x) {
  const uint32_t u = tfx_f2u(x), sign = u & 0x80000000u;
  const int small = (u ^ sign) < 0x4B000000u;
  const float t = (float)(int32_t)(small ? x : 0.0f);
  return small ? tfx_u2f(tfx_f2u(t) | sign) : x;
}
TFX_INLINE float tfx_floor(float x) {
  const float t = tfx_trunc(x);
  return t - (t > x ? 1.0f : 0.0f);
}
TFX_INLINE float tfx_ceil(float x) {
  const float t = tfx_trunc(x);
  return t - (t < x ? -1.0f : 0.0f); /* not t + 0, which loses -0 */
}
TFX_INLINE float tfx_round(float x) {
  const uint32_t u = tfx_f2u(x), sign = u & 0x80000000u;
  const uint32_t a = u ^ sign;
  const int small = a < 0x4B000000u;
  /* |x| + 2^23 rounds to an integer (half to even), which is read from the mantissa */
  const int32_t n = tfx_f2i((small ? tfx_u2f(a) : 0.0f) + 8388608.0f) - 0x4B000000;
  return small ? tfx_u2f(tfx_f2u((float)n) | sign) : x;
}
TFX_INLINE int32_t tfx_toint(float x) {
  const int lo = x < -2147483648.0f, hi = x >= 2147483648.0f;
  const int32_t n = (int32_t)((lo | hi | (x != x)) ? 0.0f : x);
  const int32_t m = lo ? INT32_MIN : n;
  return hi ? INT32_MAX : m;
}
