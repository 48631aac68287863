/* hand.c - the encoder of prelude.tfx (2 layers, d 64, 4 heads, ff 256, 32 positions) as a careful programmer writes it in
 * portable C: rows in blocks of ROWS, all that a block needs kept in small local arrays, weights in panels of 16
 * columns, q, k and v from one matrix, scores of one head at a time, bias, GELU and residual where a product ends.
 * Scalar functions are those of runtime/math, so that only the structure differs from the compiled program.
 * This is what `bench/encoder/run` compares with. Weights: hand_init, the same synthetic values as the graph has. */
#include <stdint.h>
#include <string.h>
#include "bench/encoder/hand.h"

#define TFX_INLINE static inline
#include "runtime/math/bits.c"
#include "runtime/math/exp.c"
#include "runtime/math/exp2.c"
#include "runtime/math/erf.c"
#include "runtime/math/special.c"
#include "runtime/math/rsqrt.c"

#if defined(__GNUC__) && !defined(__clang__)
#define LANE _Pragma("GCC unroll 1") for (int l = 0; l < 16; l++)
#define HOT __attribute__((optimize("O3", "no-tree-loop-distribute-patterns")))
#else
#define LANE for (int l = 0; l < 16; l++)
#define HOT
#endif

enum { D = 64, H = 4, C = 16, F = 256, T = 32, L = 2, ROWS = 4 };
typedef struct Layer {
  float g1[D], c1[D], qkv[3 * D * D], bqkv[3 * D], o[D * D], bo[D], g2[D], c2[D], up[F * D], bup[F], down[D * F], bdown[D];
} Layer;
#define LINE _Alignas(64)
static LINE Layer layer[L];
static LINE float gain[D], bias[D];
static LINE float x[T * D], q[T * D], kt[H * C * T], v[T * D];    /* kt: [head][channel][position] */

unsigned hand_work(void) { return sizeof x + sizeof q + sizeof kt + sizeof v + (ROWS * (D + D + F) + ROWS * T) * sizeof(float); }

/* c[ROWS][16] = a[ROWS][depth] b[depth][16], rows of a and b lda and ldb apart */
#define PRODUCT(a, lda, b, ldb, depth) \
    float c0[16] = {0}, c1[16] = {0}, c2[16] = {0}, c3[16] = {0}; \
    for (int k = 0; k < (depth); k++) { \
        const float a0 = (a)[k], a1 = (a)[(lda) + k], a2 = (a)[2 * (lda) + k], a3 = (a)[3 * (lda) + k]; \
        LANE { const float bk = (b)[k * (ldb) + l]; c0[l] += a0 * bk; c1[l] += a1 * bk; c2[l] += a2 * bk; c3[l] += a3 * bk; } \
    }

static float sum16(const float *s)
{
    float h[8], f[4];
    for (int l = 0; l < 8; l++) h[l] = s[l] + s[l + 8];
    for (int l = 0; l < 4; l++) f[l] = h[l] + h[l + 4];
    return (f[0] + f[2]) + (f[1] + f[3]);
}

HOT static void norm(const float *restrict in, const float *restrict g, const float *restrict b, float *restrict out)
{
    for (int r = 0; r < ROWS; r++, in += D, out += D) {
        float s[16] = {0}, d[16] = {0};
        for (int k = 0; k < D; k += 16) LANE s[l] += in[k + l];
        const float mean = sum16(s) * (1.0f / D);
        for (int k = 0; k < D; k += 16) LANE { const float e = in[k + l] - mean; d[l] += e * e; }
        const float scale = tfx_rsqrt(sum16(d) * (1.0f / D) + 1e-5f);
        for (int k = 0; k < D; k += 16) LANE out[k + l] = (in[k + l] - mean) * scale * g[k + l] + b[k + l];
    }
}

HOT static void qkv_rows(const Layer *restrict p, const float *restrict in, int t)
{
    for (int n = 0; n < 3 * D; n += 16) {
        PRODUCT(in, D, p->qkv + n * D, 16, D)
        const float *b = p->bqkv + n;
        if (n >= D && n < 2 * D) {
            float *to = kt + (n - D) * T + t;
            LANE { to[l * T] = c0[l] + b[l]; to[l * T + 1] = c1[l] + b[l]; to[l * T + 2] = c2[l] + b[l]; to[l * T + 3] = c3[l] + b[l]; }
        } else {
            float *to = n < D ? q + t * D + n : v + t * D + n - 2 * D;
            LANE to[l] = c0[l] + b[l];
            LANE to[D + l] = c1[l] + b[l];
            LANE to[2 * D + l] = c2[l] + b[l];
            LANE to[3 * D + l] = c3[l] + b[l];
        }
    }
}

HOT static void softmax_row(float *s)
{
    float top[16], sum[16] = {0};
    LANE top[l] = s[l];
    for (int j = 16; j < T; j += 16) LANE top[l] = s[j + l] > top[l] ? s[j + l] : top[l];
    float m = top[0];
    for (int l = 1; l < 16; l++) m = top[l] > m ? top[l] : m;
    for (int j = 0; j < T; j += 16) LANE { s[j + l] = tfx_exp(s[j + l] - m); sum[l] += s[j + l]; }
    const float scale = 1.0f / sum16(sum);
    for (int j = 0; j < T; j += 16) LANE s[j + l] *= scale;
}

/* heads: [ROWS][D] */
HOT static void attention_rows(int t, float *restrict heads)
{
    LINE float s[ROWS * T];
    for (int h = 0; h < H; h++) {
        const float *qh = q + t * D + h * C, *kh = kt + h * C * T, *vh = v + h * C;
        for (int n = 0; n < T; n += 16) {
            PRODUCT(qh, D, kh + n, T, C)
            LANE s[n + l] = c0[l] * 0.25f;
            LANE s[T + n + l] = c1[l] * 0.25f;
            LANE s[2 * T + n + l] = c2[l] * 0.25f;
            LANE s[3 * T + n + l] = c3[l] * 0.25f;
        }
        for (int r = 0; r < ROWS; r++) softmax_row(s + r * T);
        PRODUCT(s, T, vh, D, T)
        LANE heads[h * C + l] = c0[l];
        LANE heads[D + h * C + l] = c1[l];
        LANE heads[2 * D + h * C + l] = c2[l];
        LANE heads[3 * D + h * C + l] = c3[l];
    }
}

/* out += in w + b; in has `depth` columns, out D */
HOT static void residual_rows(const float *restrict in, const float *restrict w, const float *restrict b, int depth, float *restrict out)
{
    for (int n = 0; n < D; n += 16) {
        PRODUCT(in, depth, w + n * depth, 16, depth)
        LANE out[n + l] += c0[l] + b[n + l];
        LANE out[D + n + l] += c1[l] + b[n + l];
        LANE out[2 * D + n + l] += c2[l] + b[n + l];
        LANE out[3 * D + n + l] += c3[l] + b[n + l];
    }
}

static inline float gelu(float a) { return 0.5f * a * (1.0f + tfx_erf(a * 0.70710678f)); }

HOT static void up_rows(const float *restrict in, const float *restrict w, const float *restrict b, float *restrict out)
{
    for (int n = 0; n < F; n += 16) {
        PRODUCT(in, D, w + n * D, 16, D)
        LANE out[n + l] = gelu(c0[l] + b[n + l]);
        LANE out[F + n + l] = gelu(c1[l] + b[n + l]);
        LANE out[2 * F + n + l] = gelu(c2[l] + b[n + l]);
        LANE out[3 * F + n + l] = gelu(c3[l] + b[n + l]);
    }
}

void hand_run(const float *in, float *out)
{
    LINE float n[ROWS * D], heads[ROWS * D], up[ROWS * F];
    memcpy(x, in, sizeof x);
    for (int i = 0; i < L; i++) {
        const Layer *p = &layer[i];
        for (int t = 0; t < T; t += ROWS) {
            norm(x + t * D, p->g1, p->c1, n);
            qkv_rows(p, n, t);
        }
        for (int t = 0; t < T; t += ROWS) {
            attention_rows(t, heads);
            residual_rows(heads, p->o, p->bo, D, x + t * D);
            norm(x + t * D, p->g2, p->c2, n);
            up_rows(n, p->up, p->bup, up);
            residual_rows(up, p->down, p->bdown, F, x + t * D);
        }
    }
    for (int t = 0; t < T; t += ROWS) norm(x + t * D, gain, bias, out + t * D);
}

/* ---- weights: numbers count the parameters in the order of prelude.tfx ---- */
static int number;
static void vector(HandValue f, float *to, int n)
{
    number++;
    for (int k = 0; k < n; k++) to[k] = (float)f(number, k);
}

/* rows x depth, into panels of 16 rows */
static void matrix(HandValue f, float *to, int rows, int depth)
{
    number++;
    for (int n = 0; n < rows; n++)
        for (int k = 0; k < depth; k++) to[n / 16 * 16 * depth + k * 16 + n % 16] = (float)f(number, n * depth + k);
}

void hand_init(HandValue f)
{
    number = 0;
    for (int i = 0; i < L; i++) {
        Layer *p = &layer[i];
        vector(f, p->g1, D);
        vector(f, p->c1, D);
        for (int k = 0; k < 3; k++) {
            matrix(f, p->qkv + k * D * D, D, D);
            vector(f, p->bqkv + k * D, D);
        }
        matrix(f, p->o, D, D);
        vector(f, p->bo, D);
        vector(f, p->g2, D);
        vector(f, p->c2, D);
        matrix(f, p->up, F, D);
        vector(f, p->bup, F);
        matrix(f, p->down, D, F);
        vector(f, p->bdown, D);
    }
    vector(f, gain, D);
    vector(f, bias, D);
}
