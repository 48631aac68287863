/*: math idiv,imod,ipow,imin,imax,iabs,isign needs=
 * Integer division, remainder, power, limits, magnitude, sign: total functions.  Exact.
 * tfx_idiv rounds down (floor); tfx_imod has the sign of the divisor, a = idiv(a,b) b + imod(a,b) for b != 0.
 * Division by 0: both give 0.  INT_MIN / -1 wraps to INT_MIN, remainder 0.
 * tfx_ipow wraps modulo 2^32; n < 0 gives the truncated quotient: 1 for 1, +-1 for -1, 0 for all others, 0 too.
 * tfx_iabs(INT_MIN) wraps to INT_MIN; tfx_isign gives -1, 0, 1.
 */
TFX_INLINE int32_t tfx_idiv(int32_t a, int32_t b) {
  const int32_t d = (b == 0 || b == -1) ? 1 : b; /* no trap, no overflow */
  const int32_t q = a / d, r = a % d;
  const int32_t f = (r != 0 && (r < 0) != (d < 0)) ? q - 1 : q;
  const int32_t m = b == -1 ? (int32_t)(0u - (uint32_t)a) : f;
  return b == 0 ? 0 : m;
}
TFX_INLINE int32_t tfx_imod(int32_t a, int32_t b) {
  const int32_t d = (b == 0 || b == -1) ? 1 : b;
  const int32_t r = a % d;
  return (r != 0 && (r < 0) != (d < 0)) ? r + d : r;
}
TFX_INLINE int32_t tfx_ipow(int32_t a, int32_t n) {
  uint32_t y = 1, b = (uint32_t)a;
  for (uint32_t e = n < 0 ? 0u : (uint32_t)n; e != 0; e >>= 1) {
    y = (e & 1u) ? y * b : y;
    b *= b;
  }
  const int32_t unit = (a == 1 || a == -1) ? ((n & 1) ? a : 1) : 0;
  return n < 0 ? unit : (int32_t)y;
}
TFX_INLINE int32_t tfx_imin(int32_t a, int32_t b) {
  return a < b ? a : b;
}
TFX_INLINE int32_t tfx_imax(int32_t a, int32_t b) {
  return a > b ? a : b;
}
TFX_INLINE int32_t tfx_iabs(int32_t a) {
  return (int32_t)(a < 0 ? 0u - (uint32_t)a : (uint32_t)a);
}
TFX_INLINE int32_t tfx_isign(int32_t a) {
  /* not (a > 0) - (a < 0): gcc 12 takes that to vectors with the wrong sign when it is a subscript */
  return (int32_t)((0u - (uint32_t)a) >> 31) | (a >> 31);
}
