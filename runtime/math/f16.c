/*: math f16_to_f32,f32_to_f16 needs=bits
 * IEEE half precision <-> float.  Method: integer bit moves; subnormal halves through an int-to-float conversion, so that
 * a flush-to-zero mode does not lose them.
 * Error: to float exact; to half correctly rounded (nearest even), also for subnormal halves; |x| >= 65520 gives inf.
 * Special: +-0, +-inf kept; NaN stays NaN with sign and top payload bits, made quiet on the way to half.
 */
TFX_INLINE float tfx_f16_to_f32(uint16_t h) {
  const uint32_t s = ((uint32_t)h & 0x8000u) << 16, a = (uint32_t)h & 0x7FFFu;
  const float tiny = (float)(int32_t)a * 5.96046448e-8f; /* a 2^-24 */
  const uint32_t normal = (a << 13) + tfx_selu(a >= 0x7C00u, 0x70000000u, 0x38000000u);
  return tfx_u2f(tfx_selu(a < 0x0400u, tfx_f2u(tiny), normal) | s);
}
TFX_INLINE uint16_t tfx_f32_to_f16(float x) {
  const uint32_t u = tfx_f2u(x), s = (u >> 16) & 0x8000u, a = u & 0x7FFFFFFFu;
  const uint32_t normal = (a + 0x0FFFu + ((a >> 13) & 1u) - 0x38000000u) >> 13;
  const uint32_t low = a < 0x38800000u ? a : 0x38800000u;
  const uint32_t tiny = tfx_f2u(tfx_u2f(low) + 0.5f) - 0x3F000000u; /* counts 2^-24 */
  const uint32_t nan = 0x7E00u | ((a >> 13) & 0x03FFu);
  /* masks by borrow, as all values are below 2^31: chained comparisons would become branches */
  const uint32_t is_tiny = 0u - ((a - 0x38800000u) >> 31), is_inf = 0u - ((0x477FEFFFu - a) >> 31), is_nan = 0u - ((0x7F800000u - a) >> 31);
  uint32_t h = (tiny & is_tiny) | (normal & ~is_tiny);
  h = (0x7C00u & is_inf) | (h & ~is_inf);
  h = (nan & is_nan) | (h & ~is_nan);
  return (uint16_t)(h | s);
}
