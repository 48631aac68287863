/* immintrin.h - AVX-512 on a processor without it, for tests: every word that targets/x86-64-v4/vec.h uses, lane by
 * lane as the instruction set's manual defines it. Stands in front of the compiler's header of this name (tests/emulate/cc). A word
 * that vec.h takes anew and that is missing here does not compile. Slow; says nothing about speed. */
#ifndef EMULATE_IMMINTRIN_H
#define EMULATE_IMMINTRIN_H
#include <math.h>
#include <stdint.h>
#include <string.h>
#define EMULATED static __attribute__((noinline, unused))
/* Arrays and calls: compilers take minutes for programs of vectors that the processor lacks. */
typedef struct { float at[16]; } __m512;
typedef struct { double at[8]; } __m512d;
typedef struct { int32_t at[16]; } __m512i;
typedef struct { uint16_t at[16]; } __m256i;
typedef uint16_t __mmask16;

/* lanes l = 0 .. 15 of r, each as `value` says */
#define EMULATED_LANES(value) do { for (int l = 0; l < 16; l++) r.at[l] = (value); } while (0)
EMULATED __m512 _mm512_setzero_ps(void) { __m512 r; EMULATED_LANES(0.0f); return r; }
EMULATED __m512 _mm512_set1_ps(float a) { __m512 r; EMULATED_LANES(a); return r; }
EMULATED __m512 _mm512_loadu_ps(const void *p) { __m512 r; memcpy(&r, p, 64); return r; }
EMULATED __m256i _mm256_loadu_si256(const __m256i *p) { __m256i r; memcpy(&r, p, 32); return r; }
EMULATED void _mm512_storeu_ps(void *p, __m512 a) { memcpy(p, &a, 64); }
EMULATED __m512 _mm512_maskz_loadu_ps(__mmask16 k, const void *p) { __m512 r; EMULATED_LANES(k >> l & 1 ? ((const float *)p)[l] : 0.0f); return r; }
EMULATED void _mm512_mask_storeu_ps(void *p, __mmask16 k, __m512 a) { for (int l = 0; l < 16; l++) if (k >> l & 1) ((float *)p)[l] = a.at[l]; }
EMULATED __m512 _mm512_add_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES(a.at[l] + b.at[l]); return r; }
EMULATED __m512 _mm512_sub_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES(a.at[l] - b.at[l]); return r; }
EMULATED __m512 _mm512_mul_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES(a.at[l] * b.at[l]); return r; }
EMULATED __m512 _mm512_div_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES(a.at[l] / b.at[l]); return r; }
EMULATED __m512 _mm512_min_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES(a.at[l] < b.at[l] ? a.at[l] : b.at[l]); return r; }
EMULATED __m512 _mm512_max_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES(a.at[l] > b.at[l] ? a.at[l] : b.at[l]); return r; }
EMULATED __m512 _mm512_fmadd_ps(__m512 a, __m512 b, __m512 c) { __m512 r; EMULATED_LANES(fmaf(a.at[l], b.at[l], c.at[l])); return r; }
EMULATED __m512 _mm512_fnmadd_ps(__m512 a, __m512 b, __m512 c) { __m512 r; EMULATED_LANES(fmaf(-a.at[l], b.at[l], c.at[l])); return r; }
EMULATED __m512 _mm512_sqrt_ps(__m512 a) { __m512 r; EMULATED_LANES(sqrtf(a.at[l])); return r; }
EMULATED __m512i emulated_bits(__m512 a) { __m512i r; memcpy(&r, &a, 64); return r; }
EMULATED __m512 _mm512_castsi512_ps(__m512i a) { __m512 r; memcpy(&r, &a, 64); return r; }
EMULATED __m512d _mm512_castps_pd(__m512 a) { __m512d r; memcpy(&r, &a, 64); return r; }
EMULATED __m512 _mm512_castpd_ps(__m512d a) { __m512 r; memcpy(&r, &a, 64); return r; }
EMULATED __m512 _mm512_and_ps(__m512 a, __m512 b) { __m512i r, x = emulated_bits(a), y = emulated_bits(b); EMULATED_LANES(x.at[l] & y.at[l]); return _mm512_castsi512_ps(r); }
EMULATED __m512 _mm512_or_ps(__m512 a, __m512 b) { __m512i r, x = emulated_bits(a), y = emulated_bits(b); EMULATED_LANES(x.at[l] | y.at[l]); return _mm512_castsi512_ps(r); }
EMULATED __m512 _mm512_xor_ps(__m512 a, __m512 b) { __m512i r, x = emulated_bits(a), y = emulated_bits(b); EMULATED_LANES(x.at[l] ^ y.at[l]); return _mm512_castsi512_ps(r); }
EMULATED __m512 _mm512_abs_ps(__m512 a) { __m512 r; EMULATED_LANES(fabsf(a.at[l])); return r; }
EMULATED __m512i _mm512_slli_epi32(__m512i a, unsigned n) { __m512i r; EMULATED_LANES((int32_t)((uint32_t)a.at[l] << n)); return r; }
EMULATED __m512i _mm512_cvtepu16_epi32(__m256i a) { __m512i r; EMULATED_LANES(a.at[l]); return r; }

/* imm: the low half says how to round (0: nearest, even; 1: down; 2: up; 3: towards 0), the high one how many binary digits stay: none */
EMULATED __m512 _mm512_roundscale_ps(__m512 a, int imm)
{
    __m512 r;
    int how = imm & 3;
    EMULATED_LANES(how == 0 ? nearbyintf(a.at[l]) : how == 1 ? floorf(a.at[l]) : how == 2 ? ceilf(a.at[l]) : truncf(a.at[l]));
    return r;
}
enum { _CMP_LT_OQ = 17, _CMP_LE_OQ = 18, _CMP_GE_OQ = 29, _CMP_GT_OQ = 30, _CMP_EQ_OQ = 0, _CMP_NEQ_UQ = 4 };
EMULATED int emulated_holds(float a, float b, int how)
{
    switch (how) {
    case _CMP_LT_OQ: return a < b;
    case _CMP_LE_OQ: return a <= b;
    case _CMP_GE_OQ: return a >= b;
    case _CMP_GT_OQ: return a > b;
    case _CMP_EQ_OQ: return a == b;
    default: return a != b;
    }
}
EMULATED __mmask16 _mm512_cmp_ps_mask(__m512 a, __m512 b, int how)
{
    unsigned m = 0;
    for (int l = 0; l < 16; l++) m |= (unsigned)emulated_holds(a.at[l], b.at[l], how) << l;
    return (__mmask16)m;
}
EMULATED __m512 _mm512_mask_blend_ps(__mmask16 k, __m512 a, __m512 b) { __m512 r; EMULATED_LANES(k >> l & 1 ? b.at[l] : a.at[l]); return r; }

/* a * 2^floor(b), rounded once */
EMULATED float emulated_scale(float a, float b)
{
    if (isnan(a) || isnan(b)) return a + b;
    if (isinf(b)) return b > 0.0f ? a * b : a * 0.0f;
    return ldexpf(a, b > 1000.0f ? 1000 : b < -1000.0f ? -1000 : (int)floorf(b));
}
EMULATED __m512 _mm512_scalef_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES(emulated_scale(a.at[l], b.at[l])); return r; }
/* the exponent as a number: subnormals have theirs, 0 has -inf */
EMULATED __m512 _mm512_getexp_ps(__m512 a) { __m512 r; EMULATED_LANES(isnan(a.at[l]) ? a.at[l] : logbf(a.at[l])); return r; }
enum { _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero = 1 };
EMULATED float emulated_mantissa(float a)
{
    int e;
    return isnan(a) ? a : a == 0.0f || isinf(a) ? 1.0f : 2.0f * frexpf(fabsf(a), &e);
}
/* the mantissa in 1 .. 2 without a sign; of 0 and infinities 1 */
EMULATED __m512 _mm512_getmant_ps(__m512 a, int norm, int sign)
{
    __m512 r;
    (void)norm, (void)sign;
    EMULATED_LANES(emulated_mantissa(a.at[l]));
    return r;
}
EMULATED float emulated_half(unsigned u)
{
    unsigned e = u >> 10 & 31, m = u & 0x3ff;
    float v = e == 31 ? m ? NAN : INFINITY : e ? ldexpf((float)(m + 0x400), (int)e - 25) : ldexpf((float)m, -24);
    return u & 0x8000 ? -v : v;
}
EMULATED __m512 _mm512_cvtph_ps(__m256i a) { __m512 r; EMULATED_LANES(emulated_half(a.at[l])); return r; }

/* In each quarter of four lanes: its first two lanes of a and b in turn; its last two. Of pairs: the first, the second pair. */
EMULATED __m512 _mm512_unpacklo_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES((l & 1 ? b : a).at[(l & 12) + (l >> 1 & 1)]); return r; }
EMULATED __m512 _mm512_unpackhi_ps(__m512 a, __m512 b) { __m512 r; EMULATED_LANES((l & 1 ? b : a).at[(l & 12) + 2 + (l >> 1 & 1)]); return r; }
EMULATED __m512d _mm512_unpacklo_pd(__m512d a, __m512d b) { __m512d r; for (int l = 0; l < 8; l++) r.at[l] = (l & 1 ? b : a).at[l & 6]; return r; }
EMULATED __m512d _mm512_unpackhi_pd(__m512d a, __m512d b) { __m512d r; for (int l = 0; l < 8; l++) r.at[l] = (l & 1 ? b : a).at[(l & 6) + 1]; return r; }
/* quarters: two of a, then two of b, each named by two bits of imm */
EMULATED __m512 _mm512_shuffle_f32x4(__m512 a, __m512 b, int imm) { __m512 r; EMULATED_LANES((l < 8 ? a : b).at[4 * (imm >> 2 * (l / 4) & 3) + l % 4]); return r; }

/* in each quarter: its lanes as two bits of imm each say */
EMULATED __m512 _mm512_permute_ps(__m512 a, int imm) { __m512 r; EMULATED_LANES(a.at[(l & 12) + (imm >> 2 * (l & 3) & 3)]); return r; }
EMULATED float _mm512_cvtss_f32(__m512 a) { return a.at[0]; }
EMULATED __m512 _mm512_setr_ps(float a, float b, float c, float d, float e, float f, float g, float h, float i, float j, float k, float l, float m, float n, float o, float p)
{
    return (__m512){{a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p}};
}

/* integers, and halves that are stored */
EMULATED __m512i _mm512_loadu_si512(const void *p) { __m512i r; memcpy(&r, p, 64); return r; }
EMULATED __m512i _mm512_maskz_loadu_epi32(__mmask16 k, const void *p) { __m512i r; EMULATED_LANES(k >> l & 1 ? ((const int32_t *)p)[l] : 0); return r; }
EMULATED __m512 _mm512_cvtepi32_ps(__m512i a) { __m512 r; EMULATED_LANES((float)a.at[l]); return r; }
EMULATED __m512i _mm512_castps_si512(__m512 a) { return emulated_bits(a); }
EMULATED __m512i _mm512_set1_epi32(int a) { __m512i r; EMULATED_LANES(a); return r; }
EMULATED __m512i _mm512_and_si512(__m512i a, __m512i b) { __m512i r; EMULATED_LANES(a.at[l] & b.at[l]); return r; }
EMULATED __m512i _mm512_or_si512(__m512i a, __m512i b) { __m512i r; EMULATED_LANES(a.at[l] | b.at[l]); return r; }
EMULATED __m512i _mm512_add_epi32(__m512i a, __m512i b) { __m512i r; EMULATED_LANES((int32_t)((uint32_t)a.at[l] + (uint32_t)b.at[l])); return r; }
EMULATED __m512i _mm512_srli_epi32(__m512i a, unsigned n) { __m512i r; EMULATED_LANES((int32_t)((uint32_t)a.at[l] >> n)); return r; }
EMULATED __m512i _mm512_mask_blend_epi32(__mmask16 k, __m512i a, __m512i b) { __m512i r; EMULATED_LANES(k >> l & 1 ? b.at[l] : a.at[l]); return r; }
EMULATED __m256i _mm512_cvtepi32_epi16(__m512i a) { __m256i r; EMULATED_LANES((uint16_t)a.at[l]); return r; }
EMULATED uint16_t emulated_to_half(float a)
{
    unsigned sign = signbit(a) ? 0x8000 : 0;
    int e;
    a = fabsf(a);
    if (isnan(a)) return (uint16_t)(sign | 0x7e00);
    if (a >= 65520.0f) return (uint16_t)(sign | 0x7c00);
    if (a < ldexpf(1.0f, -14)) return (uint16_t)(sign | (unsigned)nearbyintf(ldexpf(a, 24)));
    frexpf(a, &e);
    return (uint16_t)(sign | (((unsigned)(e + 13) << 10) + (unsigned)nearbyintf(ldexpf(a, 11 - e))));
}
EMULATED __m256i _mm512_cvtps_ph(__m512 a, int how) { __m256i r; (void)how; EMULATED_LANES(emulated_to_half(a.at[l])); return r; }
EMULATED void _mm256_storeu_si256(__m256i *p, __m256i a) { memcpy(p, &a, 32); }
EMULATED void _mm256_mask_storeu_epi16(void *p, __mmask16 k, __m256i a) { for (int l = 0; l < 16; l++) if (k >> l & 1) ((uint16_t *)p)[l] = a.at[l]; }
EMULATED __m256i _mm256_maskz_loadu_epi16(__mmask16 k, const void *p) { __m256i r; EMULATED_LANES(k >> l & 1 ? ((const uint16_t *)p)[l] : 0); return r; }

#define _MM_HINT_T1 2
#define _mm_prefetch(p, hint) __builtin_prefetch(p, 0, hint)
#endif
