/* control.c - what this machine can do right now: the measure that every sample is bracketed by. A shared library, called by worker.py.
 * Takes the processors to use, one thread pinned to each, and a time; gives
 *   control_compute   FLOP/s of f32 multiply-adds that touch no memory
 *   control_read      bytes/s of reading `bytes` bytes over and over, in huge pages where the kernel has them; each thread a part
 * Rates of threads are added. A loop as long as the sample beside it sees the same disturbances: another process on a core, a lower clock. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__AVX512F__)
enum { WIDTH = 64 };
#elif defined(__AVX__)
enum { WIDTH = 32 };
#else
enum { WIDTH = 16 };
#endif
typedef float Vec __attribute__((vector_size(WIDTH)));
enum { MOST_THREADS = 64, ROUNDS = 2000, LANES = WIDTH / 4, HUGE_PAGE = 2 << 20 };

typedef struct Task {
    const char *part; /* null: compute */
    size_t bytes;
    double seconds, rate;
    int cpu;
    int *ready, threads;
    float keep;
} Task;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Twelve chains hide the latency of two units. Named, because gcc keeps arrays of vectors in memory at -O2. */
static double compute(Task *task)
{
    Vec a = {1}, b = {2}, c = {3}, d = {4}, e = {5}, f = {6}, g = {7}, h = {8}, i = {9}, j = {10}, k = {11}, l = {12}, m, z;
    for (int n = 0; n < LANES; n++) m[n] = 0.999f, z[n] = task->keep;
    double begin = now(), end, flops = 0;
    do {
        for (int n = 0; n < ROUNDS; n++) {
            a = a * m + z; b = b * m + z; c = c * m + z; d = d * m + z; e = e * m + z; f = f * m + z;
            g = g * m + z; h = h * m + z; i = i * m + z; j = j * m + z; k = k * m + z; l = l * m + z;
        }
        flops += 12.0 * 2.0 * LANES * ROUNDS;
        end = now();
    } while (end - begin < task->seconds);
    Vec all = a + b + c + d + e + f + g + h + i + j + k + l;
    task->keep = all[0];
    return flops / (end - begin);
}

/* Whole passes over the part; the clock is read every 64 KiB at most, so a large part does not overrun the time. */
static double reads(Task *task)
{
    typedef uint64_t Word __attribute__((vector_size(WIDTH)));
    Word a = {0}, b = {0}, c = {0}, d = {0};
    size_t at = 0, block = 64 << 10, step = 4 * WIDTH;
    double begin = now(), end, bytes = 0;
    do {
        for (int n = 0; n < 16; n++) {
            size_t stop = at + block < task->bytes ? at + block : task->bytes;
            bytes += (double)(stop - at);
            for (; at + step <= stop; at += step) {
                const Word *p = (const Word *)(const void *)(task->part + at);
                a ^= p[0]; b ^= p[1]; c ^= p[2]; d ^= p[3];
            }
            if (at + step > task->bytes) at = 0; else at = stop;
        }
        end = now();
    } while (end - begin < task->seconds);
    Word all = a ^ b ^ c ^ d;
    task->keep = (float)all[0];
    return bytes / (end - begin);
}

static void *run(void *arg)
{
    Task *task = arg;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(task->cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    __atomic_add_fetch(task->ready, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(task->ready, __ATOMIC_ACQUIRE) < task->threads) sched_yield();
    task->rate = task->part ? reads(task) : compute(task);
    return NULL;
}

static double together(int threads, const int *cpus, const char *memory, size_t bytes, double seconds)
{
    static volatile float zero;
    Task task[MOST_THREADS];
    pthread_t id[MOST_THREADS];
    int ready = 0;
    double rate = 0;
    if (threads < 1 || threads > MOST_THREADS) return -1;
    size_t part = bytes / (size_t)threads / (4 * WIDTH) * (4 * WIDTH);
    if (memory && !part) return -1;
    for (int t = 0; t < threads; t++) {
        task[t] = (Task){.part = memory ? memory + (size_t)t * part : NULL, .bytes = part, .seconds = seconds, .cpu = cpus[t], .ready = &ready,
                         .threads = threads, .keep = zero};
        if (pthread_create(&id[t], NULL, run, &task[t])) abort();
    }
    for (int t = 0; t < threads; t++) {
        pthread_join(id[t], NULL);
        rate += task[t].rate;
    }
    return rate;
}

double control_compute(int threads, const int *cpus, double seconds) { return together(threads, cpus, NULL, 0, seconds); }

double control_read(int threads, const int *cpus, size_t bytes, double seconds)
{
    static char *memory;
    static size_t size;
    if (size != bytes) {
        char *p = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return -1;
        p += HUGE_PAGE - (uintptr_t)p % HUGE_PAGE;
        madvise(p, bytes, MADV_HUGEPAGE);
        memset(p, 1, bytes); /* pages that nobody wrote are all the same one */
        memory = p, size = bytes;
    }
    return together(threads, cpus, memory, bytes, seconds);
}
