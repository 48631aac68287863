/* dtype.c - storage types, half floats, and elements of stored tensors.
 * Takes bytes as a checkpoint holds them (little-endian, any alignment), gives numbers. It knows nothing of graphs. */
#include <limits.h>
#include <math.h>
#include <string.h>
#include "compiler/ir/ir.h"

const DTypeInfo dtype_info[DT_COUNT] = {
#define DTYPE(name, bits, cls, c) {#name, bits, CLS_##cls, c},
#include "compiler/ir/dtypes.def"
#undef DTYPE
};

int dtype_by_name(const char *name)
{
    for (int i = 0; i < DT_COUNT; i++)
        if (!strcmp(dtype_info[i].name, name)) return i;
    return -1;
}

DType class_dtype(TypeClass c)
{
    static const DType of[] = {[CLS_F] = DT_f32, [CLS_I] = DT_i32, [CLS_B] = DT_bool, [CLS_D] = DT_f64, [CLS_L] = DT_i64};
    return of[c];
}

/* ---- half floats ---- */

/* A 16-bit float with `mant` stored mantissa bits and the given exponent bias. */
static double half_to_f64(uint16_t h, int mant, int bias)
{
    int top = (1 << (15 - mant)) - 1, exp = (h >> mant) & top;
    double sign = h & 0x8000 ? -1.0 : 1.0, frac = h & ((1 << mant) - 1), one = 1 << mant;
    if (exp == top) return frac != 0 ? (double)NAN : sign * (double)INFINITY;
    if (exp == 0) return sign * ldexp(frac, 1 - bias - mant);
    return sign * ldexp(one + frac, exp - bias - mant);
}

/* To nearest, ties to even; beyond the largest number: infinity. Adding the rounded mantissa to the exponent
 * field lets a carry become the next exponent, also from subnormal to normal. */
static uint16_t f64_to_half(double x, int mant, int bias)
{
    int top = (1 << (15 - mant)) - 1, exp;
    unsigned sign = signbit(x) ? 0x8000u : 0, bits;
    double a = fabs(x), one = 1 << mant;
    if (isnan(x)) return (uint16_t)((unsigned)top << mant | 1u << (mant - 1));
    if (a >= ldexp(2 * one - 0.5, top - 1 - bias - mant)) return (uint16_t)(sign | (unsigned)top << mant);
    if (a < ldexp(1, 1 - bias)) return (uint16_t)(sign | (unsigned)nearbyint(ldexp(a, mant + bias - 1)));
    double m = frexp(a, &exp);                       /* a == m * 2^exp, 0.5 <= m < 1 */
    bits = (unsigned)(exp - 1 + bias) << mant;
    return (uint16_t)(sign | (bits + (unsigned)(nearbyint(m * 2 * one) - one)));
}

double f16_to_f64(uint16_t h) { return half_to_f64(h, 10, 15); }
uint16_t f64_to_f16(double x) { return f64_to_half(x, 10, 15); }
double bf16_to_f64(uint16_t h) { return half_to_f64(h, 7, 127); }
uint16_t f64_to_bf16(double x) { return f64_to_half(x, 7, 127); }

/* ---- elements ---- */

int64_t tensor_count(const Tensor *t)
{
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++) n *= t->shape[i];
    return n;
}

static size_t elem_size(DType t) { return (size_t)dtype_info[t].bits / 8; }

/* The bytes of element `flat` as one little-endian number. */
static uint64_t raw_bits(const Tensor *t, int64_t flat)
{
    size_t size = elem_size(t->dtype);
    if (flat < 0 || (uint64_t)flat >= t->bytes / size)
        bug("tensor %s: element %lld is outside its %zu bytes", t->name ? t->name : "?", (long long)flat, t->bytes);
    const unsigned char *p = (const unsigned char *)t->data + (size_t)flat * size;
    uint64_t v = 0;
    for (size_t i = 0; i < size; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static double clamp_round(double x, double lo, double hi)
{
    x = nearbyint(x);
    return x < lo ? lo : x > hi ? hi : x;
}

/* What storing x as t and loading it again gives. */
static double as_stored(DType t, double x)
{
    switch (t) {
    case DT_f32: return (double)(float)x;
    case DT_f16: return f16_to_f64(f64_to_f16(x));
    case DT_bf16: return bf16_to_f64(f64_to_bf16(x));
    case DT_i8: return clamp_round(x, -128, 127);
    case DT_u8: return clamp_round(x, 0, 255);
    case DT_i16: return clamp_round(x, -32768, 32767);
    case DT_u16: return clamp_round(x, 0, 65535);
    case DT_i32: case DT_i64: return clamp_round(x, INT32_MIN, INT32_MAX);
    case DT_bool: return x >= 0 ? 1 : 0;
    default: return x;
    }
}

/* Values of a tensor without data: a hash of (seed, element), so any element can be had alone. */
static double synthetic(const Tensor *t, int64_t flat)
{
    double u = (double)(hash_u64((uint64_t)flat, t->seed) >> 11) * 0x1p-53;
    return as_stored(t->dtype, t->offset + t->scale * (2 * u - 1));
}

static float bits_to_f32(uint32_t b)
{
    float f;
    memcpy(&f, &b, sizeof f);
    return f;
}

static int64_t int_of_bits(DType t, uint64_t v)
{
    switch (t) {
    case DT_i8: return (int8_t)v;
    case DT_i16: return (int16_t)v;
    case DT_i32: return (int32_t)v;
    case DT_bool: return v != 0;
    default: return (int64_t)v;                      /* u8, u16: zero-extended already; i64 */
    }
}

double tensor_f64(const Tensor *t, int64_t flat)
{
    if (!t->data) return synthetic(t, flat);
    uint64_t v = raw_bits(t, flat);
    double d;
    switch (t->dtype) {
    case DT_f32: return (double)bits_to_f32((uint32_t)v);
    case DT_f16: return f16_to_f64((uint16_t)v);
    case DT_bf16: return bf16_to_f64((uint16_t)v);
    case DT_f64: memcpy(&d, &v, sizeof d); return d;
    default: return (double)int_of_bits(t->dtype, v);
    }
}

int64_t tensor_i64(const Tensor *t, int64_t flat)
{
    if (t->data && !dtype_is_float(t->dtype)) return int_of_bits(t->dtype, raw_bits(t, flat));
    double d = tensor_f64(t, flat);
    if (isnan(d)) return 0;
    return d >= 0x1p63 ? INT64_MAX : d <= -0x1p63 ? INT64_MIN : (int64_t)d;
}

void tensor_range(const Tensor *t, int64_t *lo, int64_t *hi)
{
    int64_t n = tensor_count(t);
    for (int64_t i = 0; i < n; i++) {
        int64_t v = tensor_i64(t, i);
        if (i == 0 || v < *lo) *lo = v;
        if (i == 0 || v > *hi) *hi = v;
    }
}

void tensor_f32_run(const Tensor *t, int64_t start, int64_t stride, int64_t n, float *dst)
{
    int small = t->dtype == DT_f32 || t->dtype == DT_bf16;
    if (n <= 0) return;
    if (!t->data || !small) {
        for (int64_t i = 0; i < n; i++) dst[i] = (float)tensor_f64(t, start + i * stride);
        return;
    }
    raw_bits(t, start), raw_bits(t, start + (n - 1) * stride);        /* both ends inside: all inside */
    const unsigned char *p = t->data;
    for (int64_t i = 0; i < n; i++) {
        const unsigned char *q = p + (size_t)(start + i * stride) * elem_size(t->dtype);
        uint32_t b = t->dtype == DT_bf16 ? (uint32_t)q[0] << 16 | (uint32_t)q[1] << 24
                                         : (uint32_t)q[0] | (uint32_t)q[1] << 8 | (uint32_t)q[2] << 16 | (uint32_t)q[3] << 24;
        dst[i] = bits_to_f32(b);
    }
}
