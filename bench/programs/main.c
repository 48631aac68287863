/* main.c - calls p_run for about a second on inputs of N tokens and prints runs per second. CALL, KIND: how (see run). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "p.h"

#ifdef P_NTOKENS                    /* a learned program: any of its tokens */
#define WORDS P_NTOKENS
#else
#define WORDS 1
#endif
static p_work work;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    enum { INPUTS = 16 };
    const int32_t n = argc > 1 ? atoi(argv[1]) : 8;
    int32_t *in = malloc(sizeof *in * INPUTS * (size_t)n);
    void *out = malloc(8 * (size_t)n), *tag = malloc(8 * (size_t)n);
    uint32_t seed = 5;
    long runs = 0;
    if (!in || !out || !tag) return 1;
    for (int32_t k = 0; k < INPUTS * n; k++) {
        seed = seed * 1664525u + 1013904223u;
        in[k] = KIND == 0 ? (int32_t)('a' + (seed >> 24) % 8) : KIND == 1 ? (int32_t)(seed >> 12) : KIND == 2 ? (int32_t)("()"[seed >> 31]) : (int32_t)((seed >> 16) % WORDS);
    }
    double begin = now(), end;
    do {
        const int32_t *x = in + (runs % INPUTS) * n;
        if (CALL) return 2;
        runs++;
        end = (runs & 63) == 0 || n > 1000 ? now() : begin;
    } while (end - begin < 0.7);
    (void)tag;
    printf("%.6g\n", (double)runs / (end - begin));
    free(in);
    free(out);
    free(tag);
    return 0;
}
