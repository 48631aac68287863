/*: math pow needs=bits
 * x^y (C powf semantics).
 * Method: |x| = 2^k m, m in [sqrt(3/4), sqrt 3); c = 1 or 3/2, the nearer one; s = (m-c)/(m+c) as a sum of two floats;
 * log2 |x| = k + log2 c + s 2/ln2 + s^3 T(s^2) as th + tl with th of 12 bits; y = yh + yl with yh of 12 bits, so that yh th, the large part of y log2 |x|, is exact;
 * 2^p as in exp2, scaled in two steps so that subnormal results are right.  T, g: Remez, tests/math/fit.py.
 * Error: <= 2.5 ULP on the whole range (subnormal results: 2 units of the last place).
 * Special: as C99 F.9.4.4: x^0 = 1 and 1^y = 1 even for NaN; (-1)^+-inf = 1; x < 0 with y not an integer gives NaN;
 * +-0 and +-inf keep the sign for odd y.  An exponent |y| >= 2^24 is even.
 */
TFX_INLINE float tfx_top12(float x) {
  return tfx_u2f(tfx_f2u(x) & 0xFFFFF000u);
}
/* ax^(yh + yl) for 0 < ax < inf, yh of at most 12 significant bits, |yh| <= 2^34 */
TFX_INLINE float tfx_pow_core(float ax, float yh, float yl) {
  const int sub = ax < 1.17549435e-38f;
  const uint32_t u = tfx_f2u(tfx_sel(sub, ax * 16777216.0f, ax));
  const int32_t k = (int32_t)(u - 0x3F5DB3D7u) >> 23;
  const float m = tfx_u2f(u - ((uint32_t)k << 23));
  const float kf = (float)(k - (int32_t)tfx_selu(sub, 24u, 0u));
  const int far = m > 1.22474487f;
  const float c = tfx_sel(far, 1.5f, 1.0f);
  const float f = m - c, w = m + c;
  const float s0 = f / w;
  const float sh = tfx_top12(s0), wh = tfx_top12(w), wl = m - (wh - c);
  const float sl = ((f - sh * wh) - sh * wl) / w;
  const float z = s0 * s0;
  const float tail = s0 * z * (0.961796761f + z * (0.577039063f + z * 0.418658048f));
  const float a = sh * 2.8857421875f; /* 12 bits of 2/ln2: exact */
  const float base = kf + tfx_sel(far, 0.5849609375f, 0.0f); /* log2 1.5 to 12 bits: exact */
  const float hi = base + a;
  const float lo = (a - (hi - base)) + (tfx_sel(far, 1.56322116e-6f, 0.0f) + (sh * -3.52105722e-4f + sl * 2.88539008f) + tail);
  const float t = hi + lo;
  const float th = tfx_top12(t), tl = (hi - th) + lo;
  const float p1 = yh * th, p2 = yh * tl + yl * t, p = p1 + p2;
  float pc = tfx_sel(p < -160.0f, -160.0f, p);
  pc = tfx_sel(pc > 140.0f, 140.0f, pc);
  const int32_t n = (int32_t)(tfx_f2u(pc + 12582912.0f) - 0x4B400000u);
  const float r = (p1 - (float)n) + p2;
  float g = 0.000158252122f;
  g = g * r + 0.00134177483f;
  g = g * r + 0.00961706508f;
  g = g * r + 0.0555027276f;
  g = g * r + 0.240226552f;
  g = g * r + 0.693147242f;
  const int32_t n1 = n >> 1;
  float y = 1.0f + r * g;
  y = y * tfx_u2f((uint32_t)(n1 + 127) << 23) * tfx_u2f((uint32_t)(n - n1 + 127) << 23);
  y = tfx_sel(p < -151.0f, 0.0f, y);
  return tfx_sel(p > 129.0f, tfx_i2f(0x7F800000), y);
}
/* zero and infinite bases; sign and NaN of negative bases: odd, isint as 0/1 */
TFX_INLINE float tfx_pow_special(float x, float y, float r, int isint, int odd) {
  const float inf = tfx_i2f(0x7F800000), nan = tfx_i2f(0x7FC00000);
  const float ax = tfx_u2f(tfx_f2u(x) & 0x7FFFFFFFu);
  const uint32_t sign = tfx_f2u(x) & ((uint32_t)odd << 31);
  const float big = tfx_sel(y < 0.0f, 0.0f, inf), none = tfx_sel(y < 0.0f, inf, 0.0f);
  r = tfx_sel(ax == inf, big, r);
  r = tfx_sel(ax == 0.0f, none, r);
  r = tfx_u2f(tfx_f2u(r) | sign);
  const int bad = ((x < 0.0f) & (ax < inf) & !isint) | (x != x);
  r = tfx_sel(bad, nan, r);
  r = tfx_sel(y != y, nan, r);
  return tfx_sel((x == 1.0f) | (y == 0.0f), 1.0f, r);
}
TFX_INLINE float tfx_pow(float x, float y) {
  const float ay = tfx_u2f(tfx_f2u(y) & 0x7FFFFFFFu);
  const int small = ay < 16777216.0f;
  const int32_t yi = (int32_t)tfx_sel(small, y, 0.0f);
  const int isint = ((float)yi == y) | !small; /* NaN counts as integer and is sorted out at the end */
  float c = tfx_sel(y < -17179869184.0f, -17179869184.0f, y);
  c = tfx_sel(c > 17179869184.0f, 17179869184.0f, c);
  const float yh = tfx_top12(c);
  const float r = tfx_pow_core(tfx_u2f(tfx_f2u(x) & 0x7FFFFFFFu), yh, c - yh);
  return tfx_pow_special(x, y, r, isint, isint & yi & 1);
}
