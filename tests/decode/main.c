/* A cache filled by a prompt and tokens behind it, without threads and with pools of 1 .. M_THREADS threads: the same bits. Work, state and inputs
 * have memory of their own, so that sanitizers see what is read or written beyond. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "m.h"

typedef struct Run { m_work *work; m_state *state; float *out; size_t size; } Run;

static void *room(size_t bytes)
{
    void *p = malloc(bytes);
    if (!p) exit(2);
    memset(p, 0, bytes);
    return p;
}

static Run run_new(void)
{
    Run r = {room(sizeof *r.work), room(sizeof *r.state), NULL, 0};
    m_reset(r.state);
    return r;
}

static void run_end(Run *r) { free(r->work); free(r->state); free(r->out); }

/* One call on T tokens; what it gives is put behind the rest. */
static int call(Run *r, const void *threads, int32_t T)
{
    const size_t row = M_STEP_OUT_OUT / M_MAX_T, n = (size_t)T * row;
    int32_t *tok = room(sizeof *tok * (size_t)T);
    float *out = room(sizeof *out * n);
    for (int32_t t = 0; t < T; t++) tok[t] = (int32_t)((r->size / row + (size_t)t) * 7 % 37);
#ifdef M_THREADS
    m_status status = m_step(r->work, r->state, threads, T, tok, out);
#else
    m_status status = m_step(r->work, r->state, T, tok, out);
    (void)threads;
#endif
    r->out = realloc(r->out, (r->size + n) * sizeof *out);
    if (!r->out) exit(2);
    memcpy(r->out + r->size, out, n * sizeof *out);
    r->size += n;
    free(tok);
    free(out);
    return status != M_OK;
}

static int calls(Run *r, const void *threads)
{
    static const int32_t sizes[] = {1, 5, 1, 3, 2, 1, 17, 1, 1, 1};
    int bad = 0, left = M_MAX_T;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        if (sizes[k] <= left) { bad |= call(r, threads, sizes[k]); left -= sizes[k]; }
    if (left > 2) { bad |= call(r, threads, left - 2); left = 2; }
    while (left-- > 0) bad |= call(r, threads, 1);
    return bad;
}

int main(void)
{
    Run plain = run_new();
    if (calls(&plain, NULL)) { printf("a call fails\n"); return 1; }
#ifdef M_THREADS
    for (int n = 1; n <= M_THREADS; n++) {
        m_pool pool;
        if (m_pool_start(&pool, n)) return 2;
        Run r = run_new();
        int bad = calls(&r, m_pool_threads(&pool)) || r.size != plain.size || memcmp(r.out, plain.out, plain.size * sizeof *r.out) || memcmp(r.state, plain.state, sizeof *r.state);
        m_pool_stop(&pool);
        run_end(&r);
        if (bad) { printf("%d threads: not the same bits\n", n); return 1; }
    }
#endif
    run_end(&plain);
    return 0;
}
