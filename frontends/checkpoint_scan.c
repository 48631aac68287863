/* checkpoint_scan.c - the search for NaN and infinity in stored floats. Works on bit patterns, whole words at a time,
 * because it reads every byte of a checkpoint: about as fast as memory. */
#include <string.h>
#include "frontends/checkpoint_format.h"

/* IEEE formats: a value is NaN or infinite exactly when all bits of its exponent are set. */
typedef struct ExpBits { int bytes; uint64_t mask, one; /* exponent and its lowest bit, repeated to 64 bits */ } ExpBits;

static int exp_bits(DType t, ExpBits *e)
{
  switch (t) {
  case DT_f16:  *e = (ExpBits){2, 0x7c007c007c007c00u, 0x0400040004000400u}; return 1;
  case DT_bf16: *e = (ExpBits){2, 0x7f807f807f807f80u, 0x0080008000800080u}; return 1;
  case DT_f32:  *e = (ExpBits){4, 0x7f8000007f800000u, 0x0080000000800000u}; return 1;
  case DT_f64:  *e = (ExpBits){8, 0x7ff0000000000000u, 0x0010000000000000u}; return 1;
  default:      return 0;
  }
}

/* Is any exponent in these words full? Exponent + 1 carries into the (masked off) sign bit exactly then, and never
 * into the neighbour. Several sums, so that additions do not wait for each other. */
static int any_full(const unsigned char *p, size_t words, const ExpBits *e)
{
  uint64_t carry[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    uint64_t w[4];
    memcpy(w, p + i * 8, sizeof w);
    for (int k = 0; k < 4; k++) carry[k] |= (w[k] & e->mask) + e->one;
  }
  for (; i < words; i++) {
    uint64_t w;
    memcpy(&w, p + i * 8, sizeof w);
    carry[0] |= (w & e->mask) + e->one;
  }
  uint64_t signs = ~e->mask & (e->mask + e->one);
  return ((carry[0] | carry[1] | carry[2] | carry[3]) & signs) != 0;
}

static int is_full(const unsigned char *p, const ExpBits *e)
{
  uint64_t mask = e->mask >> (64 - 8 * e->bytes);
  return (load_le(p, e->bytes) & mask) == mask;
}

int64_t checkpoint_first_nonfinite(const Tensor *t)
{
  enum { BLOCK = 32768 };
  ExpBits e;
  if (!t->data || !exp_bits(t->dtype, &e)) return -1;
  const unsigned char *p = t->data;
  for (size_t at = 0; at < t->bytes; at += BLOCK) {
    size_t n = t->bytes - at < BLOCK ? t->bytes - at : BLOCK, words = n / 8;
    int tail = (int)(n - words * 8);   /* at most one word's worth of elements */
    int hit = any_full(p + at, words, &e);
    for (int i = 0; i + e.bytes <= tail; i += e.bytes) hit |= is_full(p + at + words * 8 + i, &e);
    if (!hit) continue;
    for (size_t i = 0; i + (size_t)e.bytes <= n; i += (size_t)e.bytes)
      if (is_full(p + at + i, &e)) return (int64_t)((at + i) / (size_t)e.bytes);
  }
  return -1;
}
