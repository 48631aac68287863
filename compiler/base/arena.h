/* arena.h - memory by lifetime. Takes sizes, gives zeroed 16-byte aligned memory that is freed all at once.
 * Not a general allocator: nothing is freed one by one. In sanitizer builds (ARENA_PURIFY) every
 * allocation is a malloc of its own so that overruns are seen. Running out of memory is fatal (exit 2). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void   arena_free(Arena *a);                       /* frees the arena and everything in it */
void  *arena_alloc(Arena *a, size_t bytes);        /* zeroed; never NULL */
void  *arena_alloc_n(Arena *a, size_t n, size_t size); /* n*size with overflow check */
void  *arena_dup(Arena *a, const void *p, size_t bytes);
char  *arena_str(Arena *a, const char *s, size_t n);   /* NUL-terminated copy */
char  *arena_printf(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char  *arena_vprintf(Arena *a, const char *fmt, va_list ap);
/* For libraries that want malloc and realloc: a block that knows its size, and a larger copy of it (old NULL: a new one). */
void  *arena_block(Arena *a, size_t bytes);
void  *arena_block_grow(Arena *a, void *old, size_t bytes);
size_t arena_bytes(const Arena *a);                /* bytes handed out so far, for --stats */

#define NEW(a, T)      ((T *)arena_alloc((a), sizeof(T)))
#define NEWN(a, T, n)  ((T *)arena_alloc_n((a), (size_t)(n), sizeof(T)))

/* Growable array on an arena: VEC(int) v = {0}; vec_push(a, &v, 3); v.at[i], v.n */
#define VEC(T) struct { T *at; int n, cap; }
#define vec_push(a, v, x) \
  (vec_grow((a), (void **)&(v)->at, &(v)->cap, (v)->n, sizeof *(v)->at), (void)((v)->at[(v)->n++] = (x)))
void vec_grow(Arena *a, void **at, int *cap, int n, size_t size); /* makes room for one more */
#endif
