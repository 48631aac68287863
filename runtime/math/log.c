/*: math log needs=bits
 * Natural logarithm.  Method: x = 2^n m, m in [sqrt(1/2), sqrt 2), f = m - 1 (exact);
 * log x = n ln2 + f - f^2/2 + f^3 P(f), P of degree 7 (Remez, tests/math/fit.py), ln2 split in two constants.
 * Error: <= 1 ULP on all positive floats, subnormals too.
 * Special: +-0 gives -inf; x < 0 gives NaN; +inf gives inf; NaN gives NaN.
 */
TFX_INLINE float tfx_log(float x) {
  const int sub = x < 1.17549435e-38f;
  const uint32_t u = tfx_f2u(tfx_sel(sub, x * 8388608.0f, x));
  const int32_t n = (int32_t)(u - 0x3F3504F3u) >> 23; /* arithmetic shift: floor */
  const float f = tfx_u2f(u - ((uint32_t)n << 23)) - 1.0f;
  const float nf = (float)(n - (int32_t)tfx_selu(sub, 23u, 0u));
  const float s = f * f;
  float p = -0.0764468685f;
  p = p * f + 0.1277024f;
  p = p * f - 0.131605759f;
  p = p * f + 0.142006516f;
  p = p * f - 0.166232109f;
  p = p * f + 0.200012669f;
  p = p * f - 0.250008255f;
  p = p * f + 0.333333313f;
  float y = s * f * p + nf * -2.12194440e-4f;
  y = nf * 0.693359375f + (f + (y - 0.5f * s));
  y = tfx_sel(x < tfx_i2f(0x7F800000), y, x);
  y = tfx_sel(x > 0.0f, y, tfx_i2f(0x7FC00000));
  return tfx_sel(x == 0.0f, tfx_u2f(0xFF800000u), y);
}
