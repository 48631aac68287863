/* vec.h of x86-64-v4: the vocabulary in which vector code of emitted programs is written. 16 floats a vector. Loads and stores
 * need no alignment. Takes nothing but the compiler's intrinsics; is pasted into emitted programs with their prefix. */
#include <stddef.h>
#include <stdint.h>
#include <immintrin.h>
#define TFX_VEC static __inline__ __attribute__((always_inline, unused))
#define TFX_W 16
typedef __m512 tfx_v;
typedef __mmask16 tfx_vm;    /* a comparison's result */
TFX_VEC tfx_v tfx_v_zero(void) { return _mm512_setzero_ps(); }
TFX_VEC tfx_v tfx_v_set1(float a) { return _mm512_set1_ps(a); }
TFX_VEC tfx_v tfx_v_load(const float *p) { return _mm512_loadu_ps(p); }
TFX_VEC tfx_v tfx_v_keep(tfx_v a) { return a; }
TFX_VEC void tfx_v_store(float *p, tfx_v a) { _mm512_storeu_ps(p, a); }
TFX_VEC tfx_v tfx_v_add(tfx_v a, tfx_v b) { return _mm512_add_ps(a, b); }
TFX_VEC tfx_v tfx_v_sub(tfx_v a, tfx_v b) { return _mm512_sub_ps(a, b); }
TFX_VEC tfx_v tfx_v_mul(tfx_v a, tfx_v b) { return _mm512_mul_ps(a, b); }
TFX_VEC tfx_v tfx_v_div(tfx_v a, tfx_v b) { return _mm512_div_ps(a, b); }
TFX_VEC tfx_v tfx_v_min(tfx_v a, tfx_v b) { return _mm512_min_ps(a, b); }
TFX_VEC tfx_v tfx_v_max(tfx_v a, tfx_v b) { return _mm512_max_ps(a, b); }
TFX_VEC tfx_v tfx_v_fma(tfx_v a, tfx_v b, tfx_v c) { return _mm512_fmadd_ps(a, b, c); }     /* a * b + c */
TFX_VEC tfx_v tfx_v_fnma(tfx_v a, tfx_v b, tfx_v c) { return _mm512_fnmadd_ps(a, b, c); }   /* c - a * b */
TFX_VEC tfx_v tfx_v_sqrt(tfx_v a) { return _mm512_sqrt_ps(a); }
TFX_VEC tfx_v tfx_v_neg(tfx_v a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
TFX_VEC tfx_v tfx_v_abs(tfx_v a) { return _mm512_abs_ps(a); }
TFX_VEC tfx_v tfx_v_round(tfx_v a) { return _mm512_roundscale_ps(a, 0x08); }    /* to nearest, ties to even */
TFX_VEC tfx_v tfx_v_floor(tfx_v a) { return _mm512_roundscale_ps(a, 0x09); }
TFX_VEC tfx_v tfx_v_ceil(tfx_v a) { return _mm512_roundscale_ps(a, 0x0a); }
TFX_VEC tfx_v tfx_v_trunc(tfx_v a) { return _mm512_roundscale_ps(a, 0x0b); }
TFX_VEC tfx_vm tfx_v_lt(tfx_v a, tfx_v b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
TFX_VEC tfx_vm tfx_v_le(tfx_v a, tfx_v b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
TFX_VEC tfx_vm tfx_v_gt(tfx_v a, tfx_v b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
TFX_VEC tfx_vm tfx_v_ge(tfx_v a, tfx_v b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
TFX_VEC tfx_vm tfx_v_eq(tfx_v a, tfx_v b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
TFX_VEC tfx_vm tfx_v_ne(tfx_v a, tfx_v b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }
TFX_VEC tfx_vm tfx_vm_and(tfx_vm a, tfx_vm b) { return (tfx_vm)(a & b); }
TFX_VEC tfx_vm tfx_vm_or(tfx_vm a, tfx_vm b) { return (tfx_vm)(a | b); }
TFX_VEC tfx_vm tfx_vm_not(tfx_vm a) { return (tfx_vm)~a; }
TFX_VEC tfx_v tfx_v_select(tfx_vm m, tfx_v a, tfx_v b) { return _mm512_mask_blend_ps(m, b, a); }   /* m ? a : b */
TFX_VEC tfx_v tfx_v_scale(tfx_v a, tfx_v n) { return _mm512_scalef_ps(a, n); }                      /* a * 2^n for integral n in -252..252 */
TFX_VEC tfx_v tfx_v_scale_normal(tfx_v a, tfx_v n) { return _mm512_scalef_ps(a, n); }               /* the same where a and the result are normal numbers, or a is NaN */
TFX_VEC tfx_v tfx_v_exponent(tfx_v a) { return _mm512_getexp_ps(a); }
TFX_VEC tfx_v tfx_v_mantissa(tfx_v a) { return _mm512_getmant_ps(a, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero); }
TFX_VEC tfx_v tfx_v_copysign(tfx_v a, tfx_v s) { return _mm512_or_ps(_mm512_abs_ps(a), _mm512_and_ps(s, _mm512_set1_ps(-0.0f))); }
TFX_VEC tfx_v tfx_v_load_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p)); }
TFX_VEC tfx_v tfx_v_load_bf16(const uint16_t *p)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p)), 16));
}
/* All lanes as one: lower half with upper half, until one is left. */
TFX_VEC float tfx_v_reduce_add(tfx_v a)
{
    a = _mm512_add_ps(a, _mm512_shuffle_f32x4(a, a, 0x4e));
    a = _mm512_add_ps(a, _mm512_shuffle_f32x4(a, a, 0xb1));
    a = _mm512_add_ps(a, _mm512_permute_ps(a, 0x4e));
    return _mm512_cvtss_f32(_mm512_add_ps(a, _mm512_permute_ps(a, 0xb1)));
}
TFX_VEC float tfx_v_reduce_max(tfx_v a)
{
    a = _mm512_max_ps(a, _mm512_shuffle_f32x4(a, a, 0x4e));
    a = _mm512_max_ps(a, _mm512_shuffle_f32x4(a, a, 0xb1));
    a = _mm512_max_ps(a, _mm512_permute_ps(a, 0x4e));
    return _mm512_cvtss_f32(_mm512_max_ps(a, _mm512_permute_ps(a, 0xb1)));
}
TFX_VEC float tfx_v_reduce_min(tfx_v a)
{
    a = _mm512_min_ps(a, _mm512_shuffle_f32x4(a, a, 0x4e));
    a = _mm512_min_ps(a, _mm512_shuffle_f32x4(a, a, 0xb1));
    a = _mm512_min_ps(a, _mm512_permute_ps(a, 0x4e));
    return _mm512_cvtss_f32(_mm512_min_ps(a, _mm512_permute_ps(a, 0xb1)));
}
TFX_VEC int tfx_vm_any(tfx_vm m) { return m != 0; }
TFX_VEC void tfx_v_prefetch(const float *p) { _mm_prefetch((const char *)(const void *)p, _MM_HINT_T1); }     /* will be read soon; any address */
/* The 16 x 16 numbers at `in`, rows `in_step` apart, with rows and columns exchanged. Pairs, then fours of rows within a quarter of a
 * vector; then quarters. */
TFX_VEC void tfx_v_turn(float *out, ptrdiff_t out_step, const float *in, ptrdiff_t in_step)
{
    tfx_v a[16], b[16];
    for (int k = 0; k < 16; k++) a[k] = tfx_v_load(in + k * in_step);
    for (int k = 0; k < 16; k += 2) {
        b[k] = _mm512_unpacklo_ps(a[k], a[k + 1]);
        b[k + 1] = _mm512_unpackhi_ps(a[k], a[k + 1]);
    }
    for (int k = 0; k < 16; k += 4)
        for (int j = 0; j < 2; j++) {
            const __m512d even = _mm512_castps_pd(b[k + j]), odd = _mm512_castps_pd(b[k + j + 2]);
            a[k + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(even, odd));
            a[k + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(even, odd));
        }
    for (int k = 0; k < 4; k++) {
        const tfx_v even0 = _mm512_shuffle_f32x4(a[k], a[k + 4], 0x88), even1 = _mm512_shuffle_f32x4(a[k + 8], a[k + 12], 0x88);
        const tfx_v odd0 = _mm512_shuffle_f32x4(a[k], a[k + 4], 0xdd), odd1 = _mm512_shuffle_f32x4(a[k + 8], a[k + 12], 0xdd);
        tfx_v_store(out + k * out_step, _mm512_shuffle_f32x4(even0, even1, 0x88));
        tfx_v_store(out + (k + 4) * out_step, _mm512_shuffle_f32x4(odd0, odd1, 0x88));
        tfx_v_store(out + (k + 8) * out_step, _mm512_shuffle_f32x4(even0, even1, 0xdd));
        tfx_v_store(out + (k + 12) * out_step, _mm512_shuffle_f32x4(odd0, odd1, 0xdd));
    }
}
TFX_VEC tfx_vm tfx_vm_first(int32_t n) { return (tfx_vm)(n >= 16 ? 0xffffu : n <= 0 ? 0u : (1u << n) - 1u); }             /* lanes below n; any n */
/* The first n lanes; the others are 0, or are not stored: memory behind them is not touched. */
TFX_VEC tfx_v tfx_v_load_first(const float *p, int32_t n) { return _mm512_maskz_loadu_ps(tfx_vm_first(n), p); }
TFX_VEC void tfx_v_store_first(float *p, int32_t n, tfx_v a) { _mm512_mask_storeu_ps(p, tfx_vm_first(n), a); }
TFX_VEC tfx_v tfx_v_count(void)      /* 0, 1, 2, .. */
{
    return _mm512_setr_ps(0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f, 9.0f, 10.0f, 11.0f, 12.0f, 13.0f, 14.0f, 15.0f);
}
TFX_VEC tfx_v tfx_v_load_i32(const int32_t *p) { return _mm512_cvtepi32_ps(_mm512_loadu_si512(p)); }
TFX_VEC tfx_v tfx_v_load_i32_first(const int32_t *p, int32_t n) { return _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(tfx_vm_first(n), p)); }
/* Rounded to nearest, ties to even; NaN stays NaN. */
TFX_VEC __m256i tfx_v_to_f16(tfx_v a) { return _mm512_cvtps_ph(a, 0); }
TFX_VEC __m256i tfx_v_to_bf16(tfx_v a)
{
    const __m512i u = _mm512_castps_si512(a), odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
    const __m512i up = _mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), quiet = _mm512_or_si512(u, _mm512_set1_epi32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_blend_epi32(tfx_v_ne(a, a), up, quiet), 16));
}
TFX_VEC void tfx_v_store_f16(uint16_t *p, tfx_v a) { _mm256_storeu_si256((__m256i *)(void *)p, tfx_v_to_f16(a)); }
TFX_VEC void tfx_v_store_bf16(uint16_t *p, tfx_v a) { _mm256_storeu_si256((__m256i *)(void *)p, tfx_v_to_bf16(a)); }
TFX_VEC void tfx_v_store_f16_first(uint16_t *p, int32_t n, tfx_v a) { _mm256_mask_storeu_epi16(p, tfx_vm_first(n), tfx_v_to_f16(a)); }
TFX_VEC void tfx_v_store_bf16_first(uint16_t *p, int32_t n, tfx_v a) { _mm256_mask_storeu_epi16(p, tfx_vm_first(n), tfx_v_to_bf16(a)); }
TFX_VEC tfx_v tfx_v_load_f16_first(const uint16_t *p, int32_t n) { return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(tfx_vm_first(n), p)); }
TFX_VEC tfx_v tfx_v_load_bf16_first(const uint16_t *p, int32_t n)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(tfx_vm_first(n), p)), 16));
}
