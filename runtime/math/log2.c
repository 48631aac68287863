/*: math log2 needs=bits
 * Base-2 logarithm.  Method: x = 2^n m, m in [sqrt(1/2), sqrt 2), f = m - 1 (exact);
 * log2 x = n + f + f (c0 + f Q(f)), c0 = log2(e) - 1, Q of degree 8 (Remez, tests/math/fit.py).
 * Error: <= 1.5 ULP on all positive floats, subnormals too.  Powers of two are exact.
 * Special: +-0 gives -inf; x < 0 gives NaN; +inf gives inf; NaN gives NaN.
 */
TFX_INLINE float tfx_log2(float x) {
  const int sub = x < 1.17549435e-38f;
  const uint32_t u = tfx_f2u(tfx_sel(sub, x * 8388608.0f, x));
  const int32_t n = (int32_t)(u - 0x3F3504F3u) >> 23;
  const float f = tfx_u2f(u - ((uint32_t)n << 23)) - 1.0f;
  const float nf = (float)(n - (int32_t)tfx_selu(sub, 23u, 0u));
  float q = -0.146902904f;
  q = q * f + 0.209782168f;
  q = q * f - 0.187532976f;
  q = q * f + 0.2005312f;
  q = q * f - 0.239551201f;
  q = q * f + 0.28878805f;
  q = q * f - 0.360707074f;
  q = q * f + 0.480894387f;
  q = q * f - 0.721347213f;
  float y = nf + (f + f * (0.442695051f + f * q));
  y = tfx_sel(x < tfx_i2f(0x7F800000), y, x);
  y = tfx_sel(x > 0.0f, y, tfx_i2f(0x7FC00000));
  return tfx_sel(x == 0.0f, tfx_u2f(0xFF800000u), y);
}
