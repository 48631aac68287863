/*: math sin,cos needs=bits
 * Sine and cosine on the whole float range.  Method (after Payne and Hanek, "Radian reduction for trigonometric
 * functions", SIGNUM Newsletter 18, 1983), integers only: |x| = m 2^k with m of 24 bits is multiplied by the 96 bits of
 * 2/pi that matter at this exponent; two bits of the product are the quadrant, the next 62 the fraction, which is turned
 * into r = r_hi + r_lo, |r| <= pi/4, with an exact leading product.  The same code runs for every argument, so it has no
 * branch and no table.  |x| < pi/4 skips the reduction by a select.  Kernels: sin r = r + r^3 S(r^2),
 * cos r = 1 - r^2/2 + r^4 C(r^2), both of degree 2 (Remez, tests/math/fit.py).
 * Error: <= 2 ULP for every finite float, huge ones and neighbours of multiples of pi/2 included.
 * Special: sin(+-0) gives +-0; +-inf and NaN give NaN.
 * Vectorises with per-lane shifts (AVX2, AVX-512, NEON, RVV).
 */
TFX_INLINE uint32_t tfx_trig_word(int32_t k, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
  uint32_t w = tfx_selu(k < 1, a, b);
  w = tfx_selu(k < 2, w, c);
  w = tfx_selu(k < 3, w, d);
  return tfx_selu(k < 4, w, e);
}
/* quarter = 0: sin x, 1: cos x */
TFX_INLINE float tfx_trig(float x, uint32_t quarter) {
  const uint32_t ux = tfx_f2u(x), ax = ux & 0x7FFFFFFFu;
  const uint32_t m = (ax & 0x007FFFFFu) | 0x00800000u;
  const int32_t e = (int32_t)(ax >> 23);
  const int32_t o = (int32_t)tfx_selu(e < 126, 126u, (uint32_t)e) - 120; /* bit offset 6..135 into 32 zero bits followed by the bits of 2/pi */
  const int32_t k = o >> 5;
  const uint32_t b = (uint32_t)o & 31u, nb = 31u - b;
  /* words k .. k+3 of that stream */
  const uint32_t v0 = tfx_trig_word(k, 0u, 0xA2F9836Eu, 0x4E441529u, 0xFC2757D1u, 0xF534DDC0u);
  const uint32_t v1 = tfx_trig_word(k, 0xA2F9836Eu, 0x4E441529u, 0xFC2757D1u, 0xF534DDC0u, 0xDB629599u);
  const uint32_t v2 = tfx_trig_word(k, 0x4E441529u, 0xFC2757D1u, 0xF534DDC0u, 0xDB629599u, 0x3C439041u);
  const uint32_t v3 = tfx_trig_word(k, 0xFC2757D1u, 0xF534DDC0u, 0xDB629599u, 0x3C439041u, 0xFE5163ABu);
  const uint32_t w0 = (v0 << b) | ((v1 >> 1) >> nb);
  const uint32_t w1 = (v1 << b) | ((v2 >> 1) >> nb);
  const uint32_t w2 = (v2 << b) | ((v3 >> 1) >> nb);
  /* hi:lo = m * 0.w0w1w2 mod 1, in turns */
  const uint64_t p1 = (uint64_t)m * w1;
  const uint32_t p2 = (uint32_t)(((uint64_t)m * w2) >> 32);
  const uint32_t lo0 = (uint32_t)p1 + p2;
  const uint32_t hi = m * w0 + (uint32_t)(p1 >> 32) + tfx_selu(lo0 < p2, 1u, 0u);
  const int small = ax < 0x3F490FDBu;
  uint32_t q = (hi + 0x20000000u) >> 30;
  const uint32_t rest = hi - (q << 30);                       /* signed, -2^29 .. 2^29 */
  const uint32_t neg = 0u - (rest >> 31);       /* magnitude by complement: 2^-62 too small */
  const uint32_t rh = rest ^ neg, lo = lo0 ^ neg;
  /* 12 + 24 + 26 bits, each exact in a float (the last rounds far below) */
  const float h1 = (float)(int32_t)(rh & 0x3FFC0000u);
  const float h2 = (float)(int32_t)(((rh & 0x0003FFFFu) << 6) | (lo >> 26));
  const float h3 = (float)(int32_t)(lo & 0x03FFFFFFu);
  const float t = h2 * 0x1p-36f + h3 * 0x1p-62f; /* in quadrants */
  /* pi/2 = 3217/2048 - 4.45e-6 for h1 (exact product), float + rest for t */
  float r = h1 * 0x1.922p-30f + (t * 1.57079637f + (t * -4.37113883e-8f - h1 * 0x1.2aeef4p-48f));
  r = tfx_u2f(tfx_selu(small, ax, tfx_f2u(r) ^ (neg & 0x80000000u)));
  q = tfx_selu(small, 0u, q) + quarter;
  const float z = r * r;
  const float s = r + r * z * (-0.166666552f + z * (0.00833218917f + z * -0.000195182787f));
  const float c = 1.0f - (0.5f * z - z * z * (0.0416666456f + z * (-0.00138873095f + z * 2.44323601e-5f)));
  const uint32_t flip = ((q & 2u) << 30) ^ (quarter ? 0u : ux & 0x80000000u);
  const uint32_t y = tfx_f2u(tfx_sel((q & 1u) != 0, c, s)) ^ flip;
  return tfx_u2f(tfx_selu(ax < 0x7F800000u, y, 0x7FC00000u));
}
TFX_INLINE float tfx_sin(float x) {
  return tfx_trig(x, 0u);
}
TFX_INLINE float tfx_cos(float x) {
  return tfx_trig(x, 1u);
}
