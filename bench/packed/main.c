/* main.c - a batch of sequences of lengths 16 .. 512: packed one behind the other, beside the same sequences padded to 512 in calls of the
 * encoder for 512 tokens. Prints one line: tokens, milliseconds of both, of the packed one for each token that exists and, padded, for each of 512. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "packed.h"
#include "padded.h"

enum { D = DIM, LONGEST = 512 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 16, rounds = argc > 2 ? atoi(argv[2]) : 3;
    int32_t T = 0, *begin = malloc(sizeof *begin * (size_t)(n * LONGEST)), *end = malloc(sizeof *end * (size_t)(n * LONGEST));
    float *x = malloc(sizeof *x * (size_t)(n * LONGEST) * D), *y = malloc(sizeof *y * (size_t)(n * LONGEST) * D);
    packed_work *a = malloc(sizeof *a);
    padded_work *b = malloc(sizeof *b);
    double packed = 1e30, padded = 1e30;
    for (int s = 0; s < n; s++) {
        int32_t length = 16 + (int32_t)((LONGEST - 16) * (2 * ((s * 7) % n) + 1) / (2 * n)); /* evenly over 16 .. 512, shuffled */
        for (int32_t t = T; t < T + length; t++) { begin[t] = T; end[t] = T + length; }
        T += length;
    }
    for (size_t k = 0; k < (size_t)(n * LONGEST) * D; k++) x[k] = (float)(k * 7919 % 257) / 128.0f - 1.0f;
    for (int r = 0; r < rounds; r++) {
        double t = now();
        if (packed_run(a, PACKED_ARGS T, x, begin, end, y) != PACKED_OK) return 1;
        double u = now();
        for (int s = 0; s < n; s++) if (padded_run(b, PADDED_ARGS x + (size_t)s * LONGEST * D, y + (size_t)s * LONGEST * D) != PADDED_OK) return 1;
        double v = now();
        if (u - t < packed) packed = u - t;
        if (v - u < padded) padded = v - u;
    }
    printf("%d %.1f %.1f %.5f %.5f\n", (int)T, packed, padded, packed / T, padded / (n * LONGEST));
    return 0;
}
