/*: math rand_u32,randint,uniform needs=
 * Counter-based random numbers: a pure function of (seed, ctr), so any order and any thread gives the same stream.
 * Method: Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11, written from
 * the paper.  Key = (seed, 0), counter = (ctr, 0, 0, 0), both taken as 32 bits unsigned.  Word 0 of the block is rand_u32
 * (as a signed number), words 0 and 1 are the 64 random bits of randint and normal (word 0 the high half); all functions
 * at one ctr come from one block, so use a ctr once.
 * tfx_randint(seed, ctr, n): floor(bits n / 2^64), in [0, n); bias below n / 2^64; n <= 0 gives 0.
 * tfx_uniform: (word 0 >> 8) 2^-24, in [0, 1), exact.
 * Integers only, bit for bit the same everywhere; vectors in tests/math/rng_vectors.txt.
 */
TFX_INLINE uint64_t tfx_rand_bits(int32_t seed, int32_t ctr) {
  uint32_t k0 = (uint32_t)seed, k1 = 0;
  uint32_t c0 = (uint32_t)ctr, c1 = 0, c2 = 0, c3 = 0;
  for (int i = 0; i < 10; i++) {
    const uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return ((uint64_t)c0 << 32) | c1;
}
TFX_INLINE int32_t tfx_rand_u32(int32_t seed, int32_t ctr) {
  return (int32_t)(tfx_rand_bits(seed, ctr) >> 32);
}
TFX_INLINE int32_t tfx_randint(int32_t seed, int32_t ctr, int32_t n) {
  const uint64_t w = tfx_rand_bits(seed, ctr), k = n > 0 ? (uint64_t)n : 0u;
  return (int32_t)(((w >> 32) * k + (((w & 0xFFFFFFFFu) * k) >> 32)) >> 32);
}
TFX_INLINE float tfx_uniform(int32_t seed, int32_t ctr) {
  return (float)(int32_t)(tfx_rand_bits(seed, ctr) >> 40) * 5.96046448e-8f;
}
