/*: math sigmoid needs=exp,bits
 * Logistic function 1 / (1 + e^-x).
 * Error: <= 2.5 ULP for x >= -87; below -88.72 the result is exactly 0 (its true value is subnormal).
 * Special: -inf gives 0; +inf gives 1; NaN gives NaN.
 */
TFX_INLINE float tfx_sigmoid(float x) {
  return 1.0f / (1.0f + tfx_exp(-x));
}
