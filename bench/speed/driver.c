/* driver.c - the program around an emitted model: one source for every case. build.py compiles it with the model into a shared library
 * that worker.py calls. Takes m.h (the emitted header) and case.h, written by build.py from that header's prototypes:
 *   CALL        the entry's call; its arguments are the names below
 *   SIZES       elements of the float inputs, with a comma behind each;   OUT  elements of the output
 *   TOKENS, VOCAB, REWIND(n)   of decoders: ids instead of float inputs, their range, the call that goes back to n cached positions
 *   HAS_BLOB, HAS_STATE, HAS_THREADS   which of these arguments the entries have
 * Gives bench_open, bench_run (seconds of `reps` calls), bench_in, bench_out, bench_close. Everything is allocated once, weights in huge pages. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "m.h"
#include "case.h"

enum { HUGE_PAGE = 2 << 20 };
static m_work *work;
static float *out;
#ifdef TOKENS
static int32_t *tok;
#else
static const size_t sizes[] = {SIZES};
static float *in[sizeof sizes / sizeof *sizes];
#endif
#if HAS_STATE
static m_state *state;
#endif
#if HAS_BLOB
static const void *blob;
#endif
#if HAS_THREADS
static m_pool pool;
static const m_threads *threads;
#endif

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *room(size_t bytes)
{
    char *p = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    p += HUGE_PAGE - (uintptr_t)p % HUGE_PAGE;
    madvise(p, bytes, MADV_HUGEPAGE);
    memset(p, 0, bytes);
    return p;
}

/* 0, or what failed: 1 memory, 2 the file of weights, 3 the pool. */
int bench_open(const char *weights, int parts)
{
    (void)weights, (void)parts;
    if (!(work = room(sizeof *work)) || !(out = room(OUT * sizeof *out))) return 1;
#ifdef TOKENS
    if (!(tok = room(TOKENS * sizeof *tok))) return 1;
    for (int t = 0; t < TOKENS; t++) tok[t] = (t * 7919 + 13) % VOCAB;
#else
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (!(in[i] = room(sizes[i] * sizeof(float)))) return 1;
        for (size_t k = 0; k < sizes[i]; k++) in[i][k] = (float)((k * 7919 + i) % 1009) / 504.5f - 1.0f;
    }
#endif
#if HAS_STATE
    if (!(state = room(sizeof *state))) return 1;
    m_reset(state);
#endif
#if HAS_BLOB
    void *p = room(M_BLOB_BYTES);
    FILE *file = fopen(weights, "rb");
    if (!p || !file || fread(p, 1, M_BLOB_BYTES, file) != M_BLOB_BYTES || m_bind(p, M_BLOB_BYTES) != M_OK) return 2;
    fclose(file);
    blob = p;
#endif
#if HAS_THREADS
    if (m_pool_start(&pool, parts)) return 3;
    threads = m_pool_threads(&pool);
#endif
    return 0;
}

/* Encoders: `reps` calls. Decoders: `reps` rounds of `steps` calls with T tokens each, after going back to `past` cached positions. The
 * cache of these positions must have been filled by an earlier call: bench_run(1, 1, past, 0). Seconds, or -1 - status. */
double bench_run(long reps, int steps, int T, int past)
{
    m_status status = M_OK;
    double begin = now();
    (void)steps, (void)T, (void)past;
    for (long r = 0; r < reps && status == M_OK; r++) {
#ifdef TOKENS
        const int32_t *all = tok;
        status = REWIND(past);
        for (int s = 0; s < steps && status == M_OK; s++) {
            const int32_t *tok = all + past + s * T;
            status = CALL;
        }
#else
        status = CALL;
#endif
    }
    double end = now();
    return status == M_OK ? end - begin : -1.0 - (double)status;
}

#ifdef TOKENS
int bench_in(int i, const int32_t *from, size_t n) { return i || n > TOKENS ? 1 : (memcpy(tok, from, n * sizeof *tok), 0); }
#else
int bench_in(int i, const float *from, size_t n)
{
    return (size_t)i >= sizeof sizes / sizeof *sizes || n != sizes[i] ? 1 : (memcpy(in[i], from, n * sizeof *from), 0);
}
#endif

int bench_out(float *to, size_t n) { return n > OUT ? 1 : (memcpy(to, out, n * sizeof *out), 0); }

void bench_close(void)
{
#if HAS_THREADS
    m_pool_stop(&pool);
#endif
}
