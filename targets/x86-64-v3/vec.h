/* vec.h of x86-64-v3: the vocabulary in which vector code of emitted programs is written. 8 floats a vector. Loads and stores
 * need no alignment. Takes nothing but the compiler's intrinsics; is pasted into emitted programs with their prefix. */
#include <stddef.h>
#include <stdint.h>
#include <immintrin.h>
#define TFX_VEC static __inline__ __attribute__((always_inline, unused))
#define TFX_W 8
typedef __m256 tfx_v;
typedef __m256 tfx_vm;    /* a comparison's result */
TFX_VEC tfx_v tfx_v_zero(void) { return _mm256_setzero_ps(); }
TFX_VEC tfx_v tfx_v_set1(float a) { return _mm256_set1_ps(a); }
TFX_VEC tfx_v tfx_v_load(const float *p) { return _mm256_loadu_ps(p); }
TFX_VEC tfx_v tfx_v_keep(tfx_v a) { __asm__("" : "+x"(a)); return a; }   /* in a register: gcc would load it again for every use */
TFX_VEC void tfx_v_store(float *p, tfx_v a) { _mm256_storeu_ps(p, a); }
TFX_VEC tfx_v tfx_v_add(tfx_v a, tfx_v b) { return _mm256_add_ps(a, b); }
TFX_VEC tfx_v tfx_v_sub(tfx_v a, tfx_v b) { return _mm256_sub_ps(a, b); }
TFX_VEC tfx_v tfx_v_mul(tfx_v a, tfx_v b) { return _mm256_mul_ps(a, b); }
TFX_VEC tfx_v tfx_v_div(tfx_v a, tfx_v b) { return _mm256_div_ps(a, b); }
TFX_VEC tfx_v tfx_v_min(tfx_v a, tfx_v b) { return _mm256_min_ps(a, b); }
TFX_VEC tfx_v tfx_v_max(tfx_v a, tfx_v b) { return _mm256_max_ps(a, b); }
TFX_VEC tfx_v tfx_v_fma(tfx_v a, tfx_v b, tfx_v c) { return _mm256_fmadd_ps(a, b, c); }     /* a * b + c */
TFX_VEC tfx_v tfx_v_fnma(tfx_v a, tfx_v b, tfx_v c) { return _mm256_fnmadd_ps(a, b, c); }   /* c - a * b */
TFX_VEC tfx_v tfx_v_sqrt(tfx_v a) { return _mm256_sqrt_ps(a); }
TFX_VEC tfx_v tfx_v_neg(tfx_v a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }
TFX_VEC tfx_v tfx_v_abs(tfx_v a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
TFX_VEC tfx_v tfx_v_round(tfx_v a) { return _mm256_round_ps(a, 0x08); }         /* to nearest, ties to even */
TFX_VEC tfx_v tfx_v_floor(tfx_v a) { return _mm256_round_ps(a, 0x09); }
TFX_VEC tfx_v tfx_v_ceil(tfx_v a) { return _mm256_round_ps(a, 0x0a); }
TFX_VEC tfx_v tfx_v_trunc(tfx_v a) { return _mm256_round_ps(a, 0x0b); }
TFX_VEC tfx_vm tfx_v_lt(tfx_v a, tfx_v b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
TFX_VEC tfx_vm tfx_v_le(tfx_v a, tfx_v b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
TFX_VEC tfx_vm tfx_v_gt(tfx_v a, tfx_v b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
TFX_VEC tfx_vm tfx_v_ge(tfx_v a, tfx_v b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
TFX_VEC tfx_vm tfx_v_eq(tfx_v a, tfx_v b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
TFX_VEC tfx_vm tfx_v_ne(tfx_v a, tfx_v b) { return _mm256_cmp_ps(a, b, _CMP_NEQ_UQ); }
TFX_VEC tfx_vm tfx_vm_and(tfx_vm a, tfx_vm b) { return _mm256_and_ps(a, b); }
TFX_VEC tfx_vm tfx_vm_or(tfx_vm a, tfx_vm b) { return _mm256_or_ps(a, b); }
TFX_VEC tfx_vm tfx_vm_not(tfx_vm a) { return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1))); }
TFX_VEC tfx_v tfx_v_select(tfx_vm m, tfx_v a, tfx_v b) { return _mm256_blendv_ps(b, a, m); }       /* m ? a : b */
/* a * 2^n for integral n in -252..252, in two steps of normal powers, of which only the second one rounds */
TFX_VEC tfx_v tfx_v_scale(tfx_v a, tfx_v n)
{
    const __m256i k = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(k, 1), one = _mm256_set1_epi32(127);
    const __m256i rest = _mm256_sub_epi32(k, half);
    a = _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, one), 23)));
    return _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, one), 23)));
}
/* the same where a and the result are normal numbers, or a is NaN */
TFX_VEC tfx_v tfx_v_scale_normal(tfx_v a, tfx_v n)
{
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23)));
}
TFX_VEC tfx_v tfx_v_normal(tfx_v a, tfx_vm *small)      /* |a|, subnormals times 2^24 */
{
    a = tfx_v_abs(a);
    *small = tfx_v_lt(a, tfx_v_set1(1.17549435e-38f));
    return tfx_v_select(*small, tfx_v_mul(a, tfx_v_set1(16777216.0f)), a);
}
TFX_VEC tfx_v tfx_v_exponent(tfx_v a)
{
    tfx_vm small;
    const tfx_v n = tfx_v_normal(a, &small);
    const tfx_v e = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(_mm256_castps_si256(n), 23), _mm256_set1_epi32(127)));
    return tfx_v_select(small, tfx_v_sub(e, tfx_v_set1(24.0f)), e);
}
TFX_VEC tfx_v tfx_v_mantissa(tfx_v a)
{
    tfx_vm small;
    const tfx_v n = tfx_v_normal(a, &small);
    return _mm256_or_ps(_mm256_and_ps(n, _mm256_castsi256_ps(_mm256_set1_epi32(0x007fffff))), tfx_v_set1(1.0f));
}
TFX_VEC tfx_v tfx_v_copysign(tfx_v a, tfx_v s) { return _mm256_or_ps(tfx_v_abs(a), _mm256_and_ps(s, _mm256_set1_ps(-0.0f))); }
TFX_VEC tfx_v tfx_v_load_f16(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p)); }
TFX_VEC tfx_v tfx_v_load_bf16(const uint16_t *p)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)), 16));
}
/* All lanes as one: lower half with upper half, until one is left. */
TFX_VEC float tfx_v_reduce_add(tfx_v a)
{
    __m128 h = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    h = _mm_add_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_add_ss(h, _mm_movehdup_ps(h)));
}
TFX_VEC float tfx_v_reduce_max(tfx_v a)
{
    __m128 h = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    h = _mm_max_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_max_ss(h, _mm_movehdup_ps(h)));
}
TFX_VEC float tfx_v_reduce_min(tfx_v a)
{
    __m128 h = _mm_min_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    h = _mm_min_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_min_ss(h, _mm_movehdup_ps(h)));
}
TFX_VEC int tfx_vm_any(tfx_vm m) { return _mm256_movemask_ps(m) != 0; }
TFX_VEC void tfx_v_prefetch(const float *p) { _mm_prefetch((const char *)(const void *)p, _MM_HINT_T1); }     /* will be read soon; any address */
/* The 8 x 8 numbers at `in`, rows `in_step` apart, with rows and columns exchanged. Pairs, then fours of rows within a half of a vector;
 * then halves. */
TFX_VEC void tfx_v_turn(float *out, ptrdiff_t out_step, const float *in, ptrdiff_t in_step)
{
    tfx_v a[8], b[8];
    for (int k = 0; k < 8; k++) a[k] = tfx_v_load(in + k * in_step);
    for (int k = 0; k < 8; k += 2) {
        b[k] = _mm256_unpacklo_ps(a[k], a[k + 1]);
        b[k + 1] = _mm256_unpackhi_ps(a[k], a[k + 1]);
    }
    for (int k = 0; k < 8; k += 4)
        for (int j = 0; j < 2; j++) {
            const __m256d even = _mm256_castps_pd(b[k + j]), odd = _mm256_castps_pd(b[k + j + 2]);
            a[k + 2 * j] = _mm256_castpd_ps(_mm256_unpacklo_pd(even, odd));
            a[k + 2 * j + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(even, odd));
        }
    for (int k = 0; k < 4; k++) {
        tfx_v_store(out + k * out_step, _mm256_permute2f128_ps(a[k], a[k + 4], 0x20));
        tfx_v_store(out + (k + 4) * out_step, _mm256_permute2f128_ps(a[k], a[k + 4], 0x31));
    }
}
TFX_VEC tfx_vm tfx_vm_first(int32_t n)       /* lanes below n; any n */
{
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
}
/* The first n lanes; the others are 0, or are not stored: memory behind them is not touched. */
TFX_VEC tfx_v tfx_v_load_first(const float *p, int32_t n) { return _mm256_maskload_ps(p, _mm256_castps_si256(tfx_vm_first(n))); }
TFX_VEC void tfx_v_store_first(float *p, int32_t n, tfx_v a)
{
    if (!__builtin_constant_p(n)) { _mm256_maskstore_ps(p, _mm256_castps_si256(tfx_vm_first(n)), a); return; }
    if (n >= TFX_W) { tfx_v_store(p, a); return; }          /* a known n in halves: masked stores are slow on some processors */
    __m128 h = _mm256_castps256_ps128(a);
    if (n >= 4) { _mm_storeu_ps(p, h); h = _mm256_extractf128_ps(a, 1); p += 4; n -= 4; }
    if (n >= 2) { _mm_storel_pi((__m64 *)(void *)p, h); h = _mm_movehl_ps(h, h); p += 2; n -= 2; }
    if (n >= 1) _mm_store_ss(p, h);
}
TFX_VEC tfx_v tfx_v_count(void) { return _mm256_setr_ps(0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f); }       /* 0, 1, 2, .. */
TFX_VEC tfx_v tfx_v_load_i32(const int32_t *p) { return _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(const void *)p)); }
TFX_VEC tfx_v tfx_v_load_i32_first(const int32_t *p, int32_t n) { return _mm256_cvtepi32_ps(_mm256_maskload_epi32(p, _mm256_castps_si256(tfx_vm_first(n)))); }
/* Rounded to nearest, ties to even; NaN stays NaN. */
TFX_VEC void tfx_v_store_f16(uint16_t *p, tfx_v a) { _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph(a, 0)); }
TFX_VEC void tfx_v_store_bf16(uint16_t *p, tfx_v a)
{
    const __m256i u = _mm256_castps_si256(a), odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
    const __m256i up = _mm256_add_epi32(u, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), quiet = _mm256_or_si256(u, _mm256_set1_epi32(0x400000));
    const __m256i r = _mm256_srli_epi32(_mm256_castps_si256(tfx_v_select(tfx_v_ne(a, a), _mm256_castsi256_ps(quiet), _mm256_castsi256_ps(up))), 16);
    _mm_storeu_si128((__m128i *)(void *)p, _mm_packus_epi32(_mm256_castsi256_si128(r), _mm256_extracti128_si256(r, 1)));
}
TFX_VEC void tfx_v_copy_first(uint16_t *to, const uint16_t *from, int32_t n) { for (int32_t k = 0; k < n && k < TFX_W; k++) to[k] = from[k]; }
TFX_VEC tfx_v tfx_v_load_f16_first(const uint16_t *p, int32_t n)
{
    uint16_t t[TFX_W] = {0};
    tfx_v_copy_first(t, p, n);
    return tfx_v_load_f16(t);
}
TFX_VEC tfx_v tfx_v_load_bf16_first(const uint16_t *p, int32_t n)
{
    uint16_t t[TFX_W] = {0};
    tfx_v_copy_first(t, p, n);
    return tfx_v_load_bf16(t);
}
TFX_VEC void tfx_v_store_f16_first(uint16_t *p, int32_t n, tfx_v a)
{
    uint16_t t[TFX_W];
    tfx_v_store_f16(t, a);
    tfx_v_copy_first(p, t, n);
}
TFX_VEC void tfx_v_store_bf16_first(uint16_t *p, int32_t n, tfx_v a)
{
    uint16_t t[TFX_W];
    tfx_v_store_bf16(t, a);
    tfx_v_copy_first(p, t, n);
}
