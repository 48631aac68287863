/*: math log1p needs=bits
 * log(1 + x), accurate near 0 (softplus: max(x, 0) + log1p(exp(-|x|))).  Method: u = 1 + x rounded, c = its rounding
 * error (exact); u = 2^n m as in log, f = (m - 1) + c 2^-n; then the polynomial of log.  Must not be compiled with
 * value-changing options such as -ffast-math: they remove c.
 * Error: <= 1.5 ULP for all x > -1.
 * Special: |x| < 2^-24 gives x (keeps -0 and subnormals); -1 gives -inf; x < -1 gives NaN; +inf gives inf; NaN gives NaN.
 */
TFX_INLINE float tfx_log1p(float x) {
  const float t = 1.0f + x;
  const float c1 = x - (t - 1.0f), c2 = 1.0f - (t - x);
  const float c = tfx_sel(x < 1.0f, c1, c2);
  const uint32_t u = tfx_f2u(t);
  const int32_t n = (int32_t)(u - 0x3F3504F3u) >> 23;
  const int32_t k = (int32_t)tfx_selu(n > 64, 64u, (uint32_t)n); /* c 2^-n is far below an ULP there; keeps the scale a normal number */
  const float f = (tfx_u2f(u - ((uint32_t)n << 23)) - 1.0f) + c * tfx_u2f((uint32_t)(127 - k) << 23);
  const float nf = (float)n;
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
  y = tfx_sel(x > -1.0f, y, tfx_i2f(0x7FC00000));
  y = tfx_sel(x == -1.0f, tfx_u2f(0xFF800000u), y);
  return tfx_sel((x < 5.96046448e-8f) & (x > -5.96046448e-8f), x, y);
}
