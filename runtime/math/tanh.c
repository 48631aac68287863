/*: math tanh needs=expm1,bits
 * Hyperbolic tangent.  Method: e = expm1(2x), tanh x = e / (e + 2); |x| is limited to 10, where the quotient is exactly 1.
 * Error: <= 3 ULP on the whole range.  Odd only up to rounding.
 * Special: +-0 and subnormals give x; +-inf give +-1; NaN gives NaN.
 */
TFX_INLINE float tfx_tanh(float x) {
  float a = tfx_sel(x < -10.0f, -10.0f, x);
  a = tfx_sel(a > 10.0f, 10.0f, a);
  const float e = tfx_expm1(2.0f * a);
  return e / (e + 2.0f);
}
