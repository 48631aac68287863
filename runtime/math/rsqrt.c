/*: math rsqrt needs=bits
 * 1 / sqrt(x).  Method: exponent-halving guess (integer subtraction), three Newton steps, the last one in the form
 * y + y (1/2 - x/2 y y) that rounds once.
 * Error: <= 2 ULP on all positive floats, subnormals too.
 * Special: +-0 gives +-inf; +inf gives 0; x < 0 and NaN give NaN.
 */
TFX_INLINE float tfx_rsqrt(float x) {
  const int sub = x < 1e-30f; /* x/2 must stay a normal number */
  const float a = tfx_sel(sub, x * 16777216.0f, x), h = 0.5f * a;
  float y = tfx_u2f(0x5F375A86u - (tfx_f2u(a) >> 1));
  y = y * (1.5f - h * y * y);
  y = y * (1.5f - h * y * y);
  y = y + y * (0.5f - h * y * y);
  y = tfx_sel(sub, y * 4096.0f, y);
  y = tfx_sel(x < tfx_i2f(0x7F800000), y, 0.0f);
  y = tfx_sel(x >= 0.0f, y, tfx_i2f(0x7FC00000));
  return tfx_u2f(tfx_selu(x == 0.0f, (tfx_f2u(x) & 0x80000000u) | 0x7F800000u, tfx_f2u(y)));
}
