/* main.c - compiled encoder and the one written by hand, side by side in one process: alternating batches, the least time
 * of each. Prints one line: microseconds of both, bytes of work memory, largest difference relative to the largest value. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "bench/encoder/hand.h"
#include "compiler/ir/ir.h"
#include "encoder.h"

enum { N = 32 * 64, BATCHES = 60, CALLS = 20 };
static float in[N], by_hand[N], compiled[N];
static encoder_work work;

/* The weights that `tfxc --random-weights` gives: params.h has the line of each parameter. */
static const struct { uint64_t seed; double scale, offset; } params[] = {
#include "params.h"
};
static double synthetic(int number, int element)
{
    Tensor t = {.dtype = DT_f32, .seed = params[number - 1].seed, .scale = params[number - 1].scale, .offset = params[number - 1].offset};
    return tensor_f64(&t, element);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

int main(void)
{
    double hand = INFINITY, tfxc = INFINITY, top = 0, apart = 0;
    hand_init(synthetic);
    for (int k = 0; k < N; k++) in[k] = (float)(k * 37 % 101) / 50.0f - 1.0f;
    for (int b = 0; b < BATCHES; b++) {
        double t = now();
        for (int k = 0; k < CALLS; k++) hand_run(in, by_hand);
        double u = now();
        for (int k = 0; k < CALLS; k++)
            if (encoder_encode(&work, in, compiled) != ENCODER_OK) return 1;
        double v = now();
        hand = fmin(hand, (u - t) / CALLS);
        tfxc = fmin(tfxc, (v - u) / CALLS);
    }
    for (int k = 0; k < N; k++) {
        top = fmax(top, fabs((double)by_hand[k]));
        apart = fmax(apart, fabs((double)by_hand[k] - (double)compiled[k]));
    }
    printf("%8.1f %8.1f %6.2f %8u %8u %10.1e\n", tfxc, hand, tfxc / hand, (unsigned)sizeof work, hand_work(), apart / top);
    return apart > 1e-5 * top;
}
