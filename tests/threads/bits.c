/* Every entry with no threads, with a parallel_for that goes backwards, and with pools of 1 .. M_THREADS threads: the same bits.
 * The pool is started and stopped again and again, and two threads use one pool at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "m.h"

typedef struct Run { m_work work; m_state state; float out[6][M_ROWS_OUT_RUN]; } Run;
static float x[M_ROWS_IN_X + M_FIXED_IN_X];
static int32_t pick[M_ROWS_IN_PICK];

static void calls(Run *r, const m_threads *threads, int32_t T)
{
    memset(r, 0x5A, sizeof *r);
    m_reset(&r->state);
    int bad = m_fixed(&r->work, &r->state, threads, x, r->out[0]);
    bad |= m_bounded(&r->work, &r->state, threads, T, x, r->out[1]);
    bad |= m_attend(&r->work, &r->state, threads, T, x, r->out[2]);
    bad |= m_rows(&r->work, &r->state, threads, x, pick, r->out[3], r->out[3] + M_ROWS_OUT_TOTAL, r->out[4], r->out[5]);
    for (int k = 0; k < 3; k++) bad |= m_step(&r->work, &r->state, threads, x, r->out[4] + M_ROWS_OUT_TAKEN);
    if (bad) { printf("a call fails\n"); exit(1); }
}

static void backwards(void *user, void (*task)(void *arg, int32_t part), void *arg, int32_t parts)
{
    ++*(int *)user;
    while (parts-- > 0) task(arg, parts);
}

static int same(const char *what, const Run *a, const Run *b)
{
    if (!memcmp(a->out, b->out, sizeof a->out) && !memcmp(&a->state, &b->state, sizeof a->state)) return 1;
    printf("%s: not the same bits\n", what);
    return 0;
}

static m_pool shared;
static void *other(void *arg)
{
    for (int k = 0; k < 3; k++) calls(arg, m_pool_threads(&shared), M_MAX_T);
    return NULL;
}

int main(void)
{
    Run *want = malloc(sizeof *want), *got = malloc(sizeof *got), *more = malloc(sizeof *more);
    int used = 0, ok = 1;
    for (size_t k = 0; k < sizeof x / sizeof *x; k++) x[k] = (float)(int)(k * 7919 % 257 - 128) / 100.0f;
    for (size_t k = 0; k < sizeof pick / sizeof *pick; k++) pick[k] = (int32_t)(k * 31 % 100);
    for (int32_t T = 1; T <= M_MAX_T; T += M_MAX_T / 3) {
        calls(want, NULL, T);
        m_threads hook = {backwards, &used};
        calls(got, &hook, T);
        ok &= same("backwards", want, got);
        for (int32_t n = 1; n <= M_THREADS; n++) {
            m_pool pool;
            if (m_pool_start(&pool, n) != M_OK) { printf("no pool of %d\n", (int)n); return 1; }
            calls(got, m_pool_threads(&pool), T);
            m_pool_stop(&pool);
            ok &= same("a pool", want, got);
        }
    }
    if (M_THREADS > 1 ? used < 10 : used > 0) { printf("only %d sections\n", used); ok = 0; }
    pthread_t thread;
    calls(want, NULL, M_MAX_T);
    if (m_pool_start(&shared, M_THREADS) != M_OK || pthread_create(&thread, NULL, other, more)) return 1;
    other(got);
    pthread_join(thread, NULL);
    m_pool_stop(&shared);
    ok &= same("one of two", want, got) & same("the other of two", want, more);
    pick[3] = -1;
    if (m_rows(&got->work, &got->state, NULL, x, pick, got->out[0], got->out[1], got->out[2], got->out[3]) != M_ERANGE) { printf("a bad index is taken\n"); ok = 0; }
    const int32_t wrong[] = {0, -1, M_THREADS + 1, 2147483647};
    for (int k = 0; k < 4; k++) if (m_pool_start(&shared, wrong[k]) != M_EARG) { printf("a pool of %d\n", (int)wrong[k]); ok = 0; }
    free(want); free(got); free(more);
    return !ok;
}
