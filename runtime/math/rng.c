/*: math rand_u32,rand_u64,randint,uniform needs=
 * Counter-based random numbers: a pure function of (seed, ctr), so any order and any thread gives the same stream.
 * Method: Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11, written from
 * the paper.  Key = seed (low word first), counter = (ctr low, ctr high, 0, 0).  Word 0 of the block is rand_u32, words
 * 0 and 1 are rand_u64 (word 0 the high half); all functions at one ctr come from one block, so use a ctr once.
 * tfx_randint(seed, ctr, n): floor(rand_u64 n / 2^64), in [0, n); bias below n / 2^64; n = 0 gives 0.
 * tfx_uniform: (rand_u32 >> 8) 2^-24, in [0, 1), exact.
 * Integers only, bit for bit the same everywhere; vectors in tests/math/rng_vectors.txt.
 */
TFX_INLINE uint64_t tfx_rand_u64(uint64_t seed, uint64_t ctr) {
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  uint32_t c0 = (uint32_t)ctr, c1 = (uint32_t)(ctr >> 32), c2 = 0, c3 = 0;
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
TFX_INLINE uint32_t tfx_rand_u32(uint64_t seed, uint64_t ctr) {
  return (uint32_t)(tfx_rand_u64(seed, ctr) >> 32);
}
TFX_INLINE uint32_t tfx_randint(uint64_t seed, uint64_t ctr, uint32_t n) {
  const uint64_t w = tfx_rand_u64(seed, ctr);
  return (uint32_t)(((w >> 32) * n + (((w & 0xFFFFFFFFu) * n) >> 32)) >> 32);
}
TFX_INLINE float tfx_uniform(uint64_t seed, uint64_t ctr) {
  return (float)(int32_t)(tfx_rand_u32(seed, ctr) >> 8) * 5.96046448e-8f;
}
