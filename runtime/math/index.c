/*: math guard,shl,shr needs=
 * Integers that come from data.  tfx_guard lets no index out of 0 .. n-1: what lies outside reads element 0 and is
 * reported in *err, so that the entry returns a status.  Shifts take any amount (masked to 0..31); right is arithmetic. */
TFX_INLINE int32_t tfx_guard(int32_t e, int32_t n, int32_t *err) {
  const int out = e < 0 || e >= n;
  *err |= out;
  return out ? 0 : e;
}
TFX_INLINE int32_t tfx_shl(int32_t x, int32_t by) {
  return (int32_t)((uint32_t)x << ((uint32_t)by & 31u));
}
TFX_INLINE int32_t tfx_shr(int32_t x, int32_t by) {
  const uint32_t k = (uint32_t)by & 31u, u = (uint32_t)x;
  return (int32_t)(x < 0 ? ~(~u >> k) : u >> k);
}
