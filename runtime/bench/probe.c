/* probe.c - compiled beside a model by `tfxc bench`: what the machine can do (multiply-adds in registers, reading memory), and with the model's hooks
 * how long each step takes. Not part of any emitted program. */
#define _POSIX_C_SOURCE 200809L
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__AVX512F__)
#define PROBE_BYTES 64
#elif defined(__AVX__)
#define PROBE_BYTES 32
#else
#define PROBE_BYTES 16
#endif
typedef float probe_vec __attribute__((vector_size(PROBE_BYTES)));

double probe_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* FLOP/s of multiply-adds that touch no memory: twelve chains hide the latency of two units. */
double probe_compute(double seconds)
{
    probe_vec a = {1}, b = {2}, c = {3}, d = {4}, e = {5}, f = {6}, g = {7}, h = {8}, i = {9}, j = {10}, k = {11}, l = {12}, m = a - a + 0.999f, z = a - a + 0.001f;
    double begin = probe_now(), end, flops = 0;
    do {
        for (int n = 0; n < 2000; n++) {
            a = a * m + z; b = b * m + z; c = c * m + z; d = d * m + z; e = e * m + z; f = f * m + z;
            g = g * m + z; h = h * m + z; i = i * m + z; j = j * m + z; k = k * m + z; l = l * m + z;
        }
        flops += 12.0 * 2.0 * (PROBE_BYTES / 4) * 2000;
        end = probe_now();
    } while (end - begin < seconds);
    volatile float keep = (a + b + c + d + e + f + g + h + i + j + k + l)[0];
    (void)keep;
    return flops / (end - begin);
}

/* Bytes/s of reading a buffer over and over; bytes: a multiple of 1024, at a multiple of 64. */
double probe_read(const void *buffer, size_t bytes, double seconds)
{
    typedef uint64_t words __attribute__((vector_size(PROBE_BYTES), may_alias));
    words s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    double begin = probe_now(), end, done = 0;
    do {
        const words *p = (const words *)buffer;
        for (size_t k = 0; k < bytes / PROBE_BYTES; k += 4) { s0 ^= p[k]; s1 ^= p[k + 1]; s2 ^= p[k + 2]; s3 ^= p[k + 3]; }
        done += (double)bytes;
        end = probe_now();
    } while (end - begin < seconds);
    volatile uint64_t keep = (s0 ^ s1 ^ s2 ^ s3)[0];
    (void)keep;
    return done / (end - begin);
}

#ifdef M_TRACE
#include "m.h"

/* Seconds that each tensor took, by its id: the time since the hook before. */
double probe_spent[PROBE_IDS];
static double probe_last;
void probe_begin(void) { probe_last = probe_now(); }
void probe_seen(const m_tensor *tensor)
{
    double t = probe_now();
    if (tensor->id >= 0 && tensor->id < PROBE_IDS) probe_spent[tensor->id] += t - probe_last;
    probe_last = probe_now();
}
#endif
