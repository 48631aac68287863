/*: math exp2 needs=bits
 * 2^x.  Method: n = round(x), r = x - n (exact), 2^r = 1 + r g(r), g of degree 5 (Remez, tests/math/fit.py), n is added
 * to the exponent field.
 * Error: <= 1.2 ULP for every x with a normal result.
 * Special: x < -126 (subnormal results) and -inf give exactly 0; x >= 128 and +inf give inf; NaN gives NaN.
 */
TFX_INLINE float tfx_exp2(float x) {
  const int32_t n = (int32_t)(tfx_f2u(x + 12582912.0f) - 0x4B400000u);
  const float r = x - (float)n;
  float g = 0.000158252122f;
  g = g * r + 0.00134177483f;
  g = g * r + 0.00961706508f;
  g = g * r + 0.0555027276f;
  g = g * r + 0.240226552f;
  g = g * r + 0.693147242f;
  const float p = 1.0f + r * g;
  float y = tfx_u2f(tfx_f2u(p) + ((uint32_t)n << 23));
  y = tfx_sel(x < -126.0f, 0.0f, y);
  return tfx_sel(x < 128.0f, y, x * tfx_i2f(0x7F800000));
}
