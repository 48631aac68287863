/*: math round_f16,round_bf16,fmod needs=f16,bf16,rint
 * Float to a narrower type and back; floor modulo a - b floor(a/b), of the sign of b. */
TFX_INLINE float tfx_round_f16(float x) {
  return tfx_f16_to_f32(tfx_f32_to_f16(x));
}
TFX_INLINE float tfx_round_bf16(float x) {
  return tfx_bf16_to_f32(tfx_f32_to_bf16(x));
}
TFX_INLINE float tfx_fmod(float a, float b) {
  return a - b * tfx_floor(a / b);
}
