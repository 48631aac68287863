/*: math erf needs=exp2,bits
 * Error function.  Method: |x| < 0.875: x + x P(x^2), P of degree 5; else sign(x) (1 - 2^g(|x|)), g = log2(erfc) of
 * degree 6; both Remez (tests/math/fit.py).  |x| is limited to 3.95, where erf rounds to 1.  Both sides are computed
 * and one selected.
 * Error: <= 1.5 ULP on the whole range.
 * Special: +-0 gives +-0; +-inf give +-1; NaN gives NaN.
 */
TFX_INLINE float tfx_erf(float x) {
  const uint32_t sign = tfx_f2u(x) & 0x80000000u;
  const float a = tfx_u2f(tfx_f2u(x) ^ sign);
  const float t = tfx_sel(a > 3.95f, 3.95f, a);
  const float s = t * t;
  float p = -0.000602019078f;
  p = p * s + 0.0049988972f;
  p = p * s - 0.0267704781f;
  p = p * s + 0.112819217f;
  p = p * s - 0.376125038f;
  p = p * s + 0.128379151f;
  const float small = t + t * p;
  float g = 0.000289970165f;
  g = g * t - 0.00446119206f;
  g = g * t + 0.0323454253f;
  g = g * t - 0.150512636f;
  g = g * t - 0.918617725f;
  g = g * t - 1.62726784f;
  g = g * t - 0.00019270851f;
  const float large = 1.0f - tfx_exp2(g);
  return tfx_u2f(tfx_f2u(tfx_sel(t < 0.875f, small, large)) | sign);
}
