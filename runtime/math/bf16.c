/*: math bf16_to_f32,f32_to_bf16 needs=bits
 * bfloat16 (upper half of a float) <-> float.
 * Error: to float exact; to bfloat16 correctly rounded (nearest even), overflow gives inf, subnormals kept.
 * Special: NaN stays NaN with sign and top payload bits, made quiet on the way to bfloat16.
 */
TFX_INLINE float tfx_bf16_to_f32(uint16_t h) {
  return tfx_u2f((uint32_t)h << 16);
}
TFX_INLINE uint16_t tfx_f32_to_bf16(float x) {
  const uint32_t u = tfx_f2u(x);
  const uint32_t r = (u + 0x7FFFu + ((u >> 16) & 1u)) >> 16;
  const uint32_t nan = (u >> 16) | 0x0040u;
  return (uint16_t)tfx_selu((u & 0x7FFFFFFFu) > 0x7F800000u, nan, r);
}
