/*: math normal needs=rng,log,sqrt,sincos,bits
 * Standard normal number of (seed, ctr).  Method: Box and Muller (Ann. Math. Stat. 29, 1958):
 * sqrt(-2 log u1) cos(2 pi u2), u1 = (2 (word0 >> 9) + 1) 2^-24, u2 = (word1 >> 8) 2^-24, both exact
 * floats; |result| <= 5.77.
 * Error: <= 2e-6 absolute against exact arithmetic on u1, u2.  Not bit for bit the same with and without fused
 * multiply-add (the integers beneath are).
 */
TFX_INLINE float tfx_normal(int32_t seed, int32_t ctr) {
  const uint64_t w = tfx_rand_bits(seed, ctr);
  const float u1 = (float)(int32_t)((w >> 40) | 1u) * 5.96046448e-8f;
  const float a = (float)(int32_t)((w >> 8) & 0x00FFFFFFu) * 3.74507039e-7f; /* 2 pi 2^-24 */
  return tfx_sqrt(-2.0f * tfx_log(u1)) * tfx_cos(a);
}
