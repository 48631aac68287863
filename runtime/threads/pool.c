#ifdef TFX_PTHREADS
#include <sched.h>

static void tfx_pool_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __asm__ __volatile__("pause");
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

/* Parts, one after another, while there are any. Whoever lowers `next` has the part of that number; the task was stored
 * before and stays until every part is done. */
static void tfx_pool_work(tfx_pool *pool)
{
    int32_t next = __atomic_load_n(&pool->next, __ATOMIC_ACQUIRE);
    while (next > 0) {
        if (!__atomic_compare_exchange_n(&pool->next, &next, next - 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) continue;
        pool->task(pool->arg, next - 1);
        __atomic_fetch_sub(&pool->running, 1, __ATOMIC_RELEASE);
        next = __atomic_load_n(&pool->next, __ATOMIC_ACQUIRE);
    }
}

/* Until there is work; 0: the pool stops. */
static int tfx_pool_wait(tfx_pool *pool)
{
    for (int k = 0; k < 10000; k++) {
        if (__atomic_load_n(&pool->next, __ATOMIC_ACQUIRE) > 0) return 1;
        if (__atomic_load_n(&pool->stopping, __ATOMIC_ACQUIRE)) return 0;
        tfx_pool_pause();
    }
    pthread_mutex_lock(&pool->mutex);
    __atomic_fetch_add(&pool->sleeping, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&pool->next, __ATOMIC_SEQ_CST) <= 0 && !__atomic_load_n(&pool->stopping, __ATOMIC_SEQ_CST))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    __atomic_fetch_sub(&pool->sleeping, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&pool->mutex);
    return !__atomic_load_n(&pool->stopping, __ATOMIC_ACQUIRE);
}

static void *tfx_pool_thread(void *arg)
{
    tfx_pool *pool = (tfx_pool *)arg;
    while (tfx_pool_wait(pool)) tfx_pool_work(pool);
    return NULL;
}

static void tfx_pool_wake(tfx_pool *pool)
{
    if (!__atomic_load_n(&pool->sleeping, __ATOMIC_SEQ_CST)) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

static void tfx_pool_for(void *user, void (*task)(void *arg, int32_t part), void *arg, int32_t parts)
{
    tfx_pool *pool = (tfx_pool *)user;
    if (pool->threads < 2 || __atomic_exchange_n(&pool->taken, 1, __ATOMIC_ACQUIRE)) {
        for (int32_t part = 0; part < parts; part++) task(arg, part);
        return;
    }
    pool->task = task;
    pool->arg = arg;
    __atomic_store_n(&pool->running, parts, __ATOMIC_RELAXED);
    __atomic_store_n(&pool->next, parts, __ATOMIC_SEQ_CST);
    tfx_pool_wake(pool);
    tfx_pool_work(pool);
    for (int32_t k = 0; __atomic_load_n(&pool->running, __ATOMIC_ACQUIRE) > 0; k++) {
        if (k < 10000) tfx_pool_pause();
        else sched_yield();
    }
    __atomic_store_n(&pool->taken, 0, __ATOMIC_RELEASE);
}

const tfx_threads *tfx_pool_threads(const tfx_pool *pool) { return &pool->hook; }

void tfx_pool_stop(tfx_pool *pool)
{
    __atomic_store_n(&pool->stopping, 1, __ATOMIC_SEQ_CST);
    tfx_pool_wake(pool);
    for (int32_t k = 1; k < pool->threads; k++) pthread_join(pool->thread[k], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    pool->threads = 1;
}

tfx_status tfx_pool_start(tfx_pool *pool, int32_t threads)
{
    if (!pool || threads < 1 || threads > TFX_THREADS) return TFX_EARG;
    pool->hook.parallel_for = tfx_pool_for;
    pool->hook.user = pool;
    pool->next = pool->running = pool->sleeping = pool->stopping = pool->taken = 0;
    if (pthread_mutex_init(&pool->mutex, NULL)) return TFX_EARG;
    if (pthread_cond_init(&pool->wake, NULL)) {
        pthread_mutex_destroy(&pool->mutex);
        return TFX_EARG;
    }
    for (pool->threads = 1; pool->threads < threads; pool->threads++)
        if (pthread_create(&pool->thread[pool->threads], NULL, tfx_pool_thread, pool)) {
            tfx_pool_stop(pool);
            return TFX_EARG;
        }
    return TFX_OK;
}
#endif
