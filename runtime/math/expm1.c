/*: math expm1 needs=bits
 * e^x - 1 without cancellation near 0.  Method: reduction as in exp; p = e^r - 1 = h + (r^2 q(r) - c), q of degree 5
 * (Remez for the relative error of e^r - 1, tests/math/fit.py); result 2 (2^(n-1) p - (1/2 - 2^(n-1))), where the factor
 * 2 keeps the scale finite at n = 128.
 * Error: <= 1.6 ULP on the whole range.
 * Special: |x| < 2^-24 gives x (keeps -0 and subnormals); x <= -18 and -inf give -1; x > 88.7228317 gives inf; NaN gives NaN.
 */
TFX_INLINE float tfx_expm1(float x) {
  float a = tfx_sel(x < -18.0f, -18.0f, x);
  a = tfx_sel(a > 89.0f, 89.0f, a);
  const int32_t n = (int32_t)(tfx_f2u(a * 1.44269504f + 12582912.0f) - 0x4B400000u);
  const float nf = (float)n;
  const float h = a - nf * 0.693359375f;
  const float c = nf * -2.12194440e-4f;
  const float r = h - c;
  float q = 0.000196626337f;
  q = q * r + 0.00139350432f;
  q = q * r + 0.0083336439f;
  q = q * r + 0.0416664667f;
  q = q * r + 0.166666657f;
  q = q * r + 0.5f;
  const float p = h + (r * r * q - c);
  const float s = tfx_u2f((uint32_t)(n + 126) << 23); /* 2^(n-1) */
  const float y = 2.0f * (s * p - (0.5f - s));
  return tfx_sel((x < 5.96046448e-8f) & (x > -5.96046448e-8f), x, y);
}
