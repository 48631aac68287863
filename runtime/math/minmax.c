/*: math fabs,sign,fmin,fmax needs=bits
 * Magnitude, sign, minimum, maximum of floats.  Exact.
 * tfx_fabs clears the sign bit, of zeros and NaN too.  tfx_sign: -1, 0, 1; 0 for zeros and NaN.
 * tfx_fmin, tfx_fmax: one instruction, a < b ? a : b (a > b ? a : b): b when either is NaN, and of zeros of either sign.
 */
TFX_INLINE float tfx_fabs(float x) {
  return tfx_u2f(tfx_f2u(x) & 0x7FFFFFFFu);
}
TFX_INLINE float tfx_sign(float x) {
  return tfx_sel(x > 0.0f, 1.0f, 0.0f) - tfx_sel(x < 0.0f, 1.0f, 0.0f);
}
TFX_INLINE float tfx_fmax(float a, float b) {
  return a > b ? a : b;
}
TFX_INLINE float tfx_fmin(float a, float b) {
  return a < b ? a : b;
}
