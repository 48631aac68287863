/*: math sqrt needs=bits
 * Square root, correctly rounded (IEEE, to nearest even) without a call or instruction for it.  (The compiler builtin
 * may emit a call of the C library for negative arguments.)
 * Method: x = 4^k a, a in [1, 4); y ~ 1/sqrt a by the exponent-halving guess and three Newton steps; s = a y within a few
 * units; the 24-bit integer root is then corrected with the exact residual a 2^46 - s^2, which is small, so 32-bit
 * arithmetic modulo 2^32 gives it.
 * Error: 0.5 ULP.
 * Special: +-0 gives +-0; +inf gives inf; x < 0 and NaN give NaN.  Subnormal arguments are exact too.
 */
TFX_INLINE float tfx_sqrt(float x) {
  const int sub = x < 1.17549435e-38f;
  const uint32_t u = tfx_f2u(tfx_sel(sub, x * 16777216.0f, x)) & 0x7FFFFFFFu;
  const int32_t k = ((int32_t)(u >> 23) - 127) >> 1;
  const uint32_t ua = u - ((uint32_t)k << 24);
  const float a = tfx_u2f(ua), ha = 0.5f * a;
  float y = tfx_u2f(0x5F375A86u - (ua >> 1));
  y = y * (1.5f - ha * y * y);
  y = y * (1.5f - ha * y * y);
  y = y * (1.5f - ha * y * y);
  uint32_t s = (uint32_t)(int32_t)(a * y * 8388608.0f);
  /* a 2^46 modulo 2^32: the exponent of a is 127 or 128 */
  const uint32_t top = ((ua & 0x007FFFFFu) | 0x00800000u) << ((ua >> 23) - 104u);
  int32_t d = (int32_t)(top - s * s);
  /* half-even is never needed: a root is never half way.  Step |d| / 2s, rounded, is within 1 of the answer */
  const int32_t step = (int32_t)((float)d * y * 5.96046448e-8f);
  s += (uint32_t)step;
  d = (int32_t)(top - s * s);
  const int32_t fix = (int32_t)tfx_selu(d > (int32_t)s, 1u, 0u) - (int32_t)tfx_selu(d <= -(int32_t)s, 1u, 0u);
  s += (uint32_t)fix;
  const float scale = tfx_u2f(((uint32_t)k + tfx_selu(sub, 92u, 104u)) << 23); /* 2^(k-23), less 12 when pre-scaled */
  float r = (float)(int32_t)s * scale;
  r = tfx_sel(x < tfx_i2f(0x7F800000), r, x);
  r = tfx_sel(x < 0.0f, tfx_i2f(0x7FC00000), r);
  return tfx_sel(x == 0.0f, x, r);
}
