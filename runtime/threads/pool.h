#ifdef TFX_PTHREADS
/* Threads of POSIX as a parallel_for, in the caller's memory: start the pool, give tfx_pool_threads(&pool) to calls, stop it.
 * Threads that wait look for work for a while, then sleep. A call that finds the pool taken does its work by itself. */
typedef struct tfx_pool {
    tfx_threads hook;
    pthread_t thread[TFX_THREADS];
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int32_t threads, sleeping, stopping, taken;
    void (*task)(void *arg, int32_t part);
    void *arg;
    TFX_ALIGN(64) int32_t next;    /* parts that nobody has begun */
    TFX_ALIGN(64) int32_t running; /* parts that are not done */
} tfx_pool;
/* threads: 1..TFX_THREADS, the calling one among them. EARG: another number, or the system gives no more threads. */
tfx_status tfx_pool_start(tfx_pool *pool, int32_t threads);
void tfx_pool_stop(tfx_pool *pool);
const tfx_threads *tfx_pool_threads(const tfx_pool *pool);
#endif
