/* Picks the next symbol from 27 logits. Uses exp of the C library: link with -lm. */
#ifndef PICK_H
#define PICK_H
#include <math.h>
#include <stdint.h>

enum { SYMBOLS = 27 };

/* The most likely symbol at temperature 0, else one drawn from softmax(logits / temperature).
 * *seed is the state of a linear congruential generator: the same seed gives the same words. */
static int32_t pick(const float *logits, float temperature, uint32_t *seed)
{
    double p[SYMBOLS], sum = 0, at;
    int32_t best = 0, t;
    for (t = 1; t < SYMBOLS; t++)
        if (logits[t] > logits[best]) best = t;
    if (!(temperature > 0)) return best;
    for (t = 0; t < SYMBOLS; t++) {
        p[t] = exp((double)(logits[t] - logits[best]) / (double)temperature);
        sum += p[t];
    }
    *seed = *seed * 1664525u + 1013904223u;
    at = sum * (*seed >> 8) / 16777216.0;
    for (t = 0; t < SYMBOLS - 1 && at >= p[t]; t++) at -= p[t];
    return t;
}
#endif
