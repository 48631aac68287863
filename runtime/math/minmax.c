/*: math fabs,fmin,fmax,minq,maxq,clamp needs=bits
 * Magnitude, minimum, maximum, limits.  Exact.
 * tfx_fmin, tfx_fmax: NaN if one argument is NaN (as torch.minimum/maximum; C fminf differs); equal arguments, and so
 * zeros of either sign, give b.
 * tfx_minq, tfx_maxq: the one-instruction form: a < b ? a : b.  NaN in either argument gives b.  For data without NaN.
 * tfx_clamp(x, lo, hi): lo if x < lo, else hi if x > hi, else x; NaN in x is kept; lo <= hi is expected.
 */
TFX_INLINE float tfx_fabs(float x) {
  return tfx_u2f(tfx_f2u(x) & 0x7FFFFFFFu);
}
TFX_INLINE float tfx_fmax(float a, float b) {
  const float m = a > b ? a : b;
  return tfx_sel(a == a, m, a);
}
TFX_INLINE float tfx_fmin(float a, float b) {
  const float m = a < b ? a : b;
  return tfx_sel(a == a, m, a);
}
TFX_INLINE float tfx_maxq(float a, float b) {
  return a > b ? a : b;
}
TFX_INLINE float tfx_minq(float a, float b) {
  return a < b ? a : b;
}
TFX_INLINE float tfx_clamp(float x, float lo, float hi) {
  const float y = x < lo ? lo : x;
  return y > hi ? hi : y;
}
