/*: math inf,nan needs=bits
 * Infinity and a quiet NaN without <math.h> and without dividing by zero.  Exact. */
TFX_INLINE float tfx_inf(void) {
  return tfx_u2f(0x7F800000u);
}
TFX_INLINE float tfx_nan(void) {
  return tfx_u2f(0x7FC00000u);
}
