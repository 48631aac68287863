/* Sequences packed one behind the other give what each gives alone, and no other sequence has a part in it, whatever stands there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "m.h"

enum { D = 40, N = 150 };
static m_work work;
static float x[N * D], together[N * D], alone[N * D];
static int32_t begin[N], end[N], zero[N], length[N];

static int call(int32_t T, const float *in, const int32_t *b, const int32_t *e, float *out)
{
#ifdef M_THREADS
    return m_packed(&work, NULL, T, in, b, e, out);
#else
    return m_packed(&work, T, in, b, e, out);
#endif
}

int main(int argc, char **argv)
{
    int32_t T = 0;
    for (int k = 0; k < N * D; k++) x[k] = (float)(k * 7919 % 257 - 128) / 64.0f;
    for (int s = 1; s < argc; s++) {
        int32_t n = atoi(argv[s]);
        for (int32_t t = T; t < T + n; t++) { begin[t] = T; end[t] = T + n; }
        T += n;
    }
    if (call(T, x, begin, end, together) != M_OK) return 1;
    for (int32_t from = 0; from < T; from = end[from]) {
        int32_t n = end[from] - from;
        for (int32_t t = 0; t < n; t++) length[t] = n;
        if (call(n, x + from * D, zero, length, alone) != M_OK) return 1;
        for (int k = 0; k < n * D; k++)
            if (!(fabsf(alone[k] - together[from * D + k]) <= 1e-5f)) { printf("token %d: %g alone, %g packed\n", (int)from + k / D, alone[k], together[from * D + k]); return 1; }
    }
    /* whatever stands in the last sequence reaches no other one */
    for (int k = begin[T - 1] * D; k < T * D; k++) x[k] = 1e15f;
    memcpy(alone, together, sizeof alone);
    if (call(T, x, begin, end, together) != M_OK || memcmp(alone, together, (size_t)(begin[T - 1] * D) * sizeof *alone)) { printf("another sequence shows\n"); return 1; }
    for (int32_t t = 0; t < T; t++) { begin[t] = t % 3 ? -2147483647 - 1 : 2147483647; end[t] = t % 5 ? 2147483647 : -5; }
    return call(T, x, begin, end, together) != M_OK;          /* nonsense harms nobody: sanitizers watch */
}
