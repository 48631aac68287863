/*: math exp needs=bits
 * e^x.  Method: n = round(x log2 e); x - n ln2 as h - c with ln2 split in two constants (n*0.693359375 is exact);
 * e^r = 1 + h + (r^2 q(r) - c), q of degree 4 (Remez, tests/math/fit.py); n is added to the exponent field.
 * Rounding n through x*log2e + 1.5*2^23 puts it in the low mantissa bits: no float-to-int conversion out of range.
 * Error: <= 1 ULP for every x with a normal result.
 * Special: x < -87.3365402 (subnormal results) and -inf give exactly 0; x > 88.7228317 and +inf give inf; NaN gives NaN.
 */
TFX_INLINE float tfx_exp(float x) {
  const int32_t n = (int32_t)(tfx_f2u(x * 1.44269504f + 12582912.0f) - 0x4B400000u);
  const float nf = (float)n;
  const float h = x - nf * 0.693359375f;
  const float c = nf * -2.12194440e-4f;
  const float r = h - c;
  float q = 0.00138369785f;
  q = q * r + 0.00836918782f;
  q = q * r + 0.0416681208f;
  q = q * r + 0.166665167f;
  q = q * r + 0.49999994f;
  const float p = 1.0f + (h + (r * r * q - c));
  float y = tfx_u2f(tfx_f2u(p) + ((uint32_t)n << 23));
  y = tfx_sel(x < -87.3365402f, 0.0f, y);
  return tfx_sel(x <= 88.7228317f, y, x * tfx_i2f(0x7F800000));
}
