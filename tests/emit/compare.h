/* compare.h - what the main of emitted test programs uses: values from the data file, comparisons, the closing line.
 * Buffers are of the exact size, so that the address sanitizer sees every access beside one. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *data;
static int passed, failed;

static void *space(size_t n)
{
    unsigned char *p = malloc(n ? n : 1);
    if (!p) exit(2);
    memset(p, 0xFB, n);
    return p;
}
static void *get(size_t n)
{
    void *p = space(n);
    if (n && fread(p, n, 1, data) != 1) exit(2);
    return p;
}
static double half(uint16_t h)
{
    const int e = h >> 10 & 31, m = h & 1023;
    const double v = e == 31 ? (m ? (double)NAN : (double)INFINITY) : e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);
    return h >> 15 ? -v : v;
}
static double upper_half(uint16_t h)
{
    const uint32_t u = (uint32_t)h << 16;
    float f;
    memcpy(&f, &u, sizeof f);
    return (double)f;
}
static int near(double got, double want, double abs, double rel)
{
    if (isnan(got) || isnan(want)) return isnan(got) && isnan(want);
    if (got == want || got == (double)(float)want) return 1;
    if (isinf(got) || isinf(want)) return 0;
    return fabs(got - want) <= abs + rel * fabs(want);
}
static void same_status(const char *what, int status)
{
    if (!status) return;
    failed++;
    printf("%s: status %d\n", what, status);
}
#define COMPARE(name, type, value) \
    static void __attribute__((unused)) compare_##name(const char *what, const void *p, long long n, double abs, double rel) \
    { \
        const type *x = p; \
        int bad = 0; \
        for (long long k = 0; k < n; k++) { \
            double want; \
            if (fread(&want, sizeof want, 1, data) != 1) exit(2); \
            const double got = value; \
            if (!near(got, want, abs, rel) && bad++ < 3) printf("%s[%lld] is %.9g, wanted %.9g\n", what, k, got, want); \
        } \
        if (bad) failed++; \
        else passed++; \
    }
COMPARE(f32, float, (double)x[k])
COMPARE(f16, uint16_t, half(x[k]))
COMPARE(bf16, uint16_t, upper_half(x[k]))
COMPARE(i32, int32_t, x[k])
COMPARE(i16, int16_t, x[k])
COMPARE(i8, int8_t, x[k])
COMPARE(u16, uint16_t, x[k])
COMPARE(u8, uint8_t, x[k])
COMPARE(bool, uint8_t, x[k])

static int finish(void)
{
    if (fgetc(data) != EOF) failed++, printf("values are left over\n");
    printf("%d right, %d wrong\n", passed, failed);
    return failed != 0;
}
