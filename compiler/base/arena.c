/* arena.c - memory by lifetime: a list of blocks, filled front to back, freed together.
 * Takes sizes, gives zeroed memory aligned to 16 bytes. The only place where memory comes
 * from: nothing else in the compiler calls malloc.
 * With ARENA_PURIFY every allocation is a block of exactly its size, so sanitizers see overruns. */
#include "compiler/base/arena.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, FIRST_BLOCK = 1 << 16, LARGEST_BLOCK = 1 << 22 };

typedef struct Block Block;
struct Block {
    Block *next;
    size_t used, size;              /* bytes of data after the header */
};

/* Header size rounded up, so that the data after it is aligned. */
#define HEADER ((sizeof(Block) + ALIGN - 1) / ALIGN * ALIGN)

struct Arena {
    Block *blocks;                  /* the block being filled comes first */
    size_t next_size;               /* of the next block; doubles up to LARGEST_BLOCK */
    size_t total;
};

static _Noreturn void out_of_memory(size_t bytes)
{
    fprintf(stderr, "tfxc: out of memory (asked for %zu bytes)\n", bytes);
    exit(2);
}

static Block *block_new(size_t bytes)
{
    if (bytes > SIZE_MAX - HEADER) out_of_memory(bytes);
    Block *b = calloc(1, HEADER + bytes);
    if (!b) out_of_memory(bytes);
    b->size = bytes;
    return b;
}

Arena *arena_new(void)
{
    Arena *a = calloc(1, sizeof *a);
    if (!a) out_of_memory(sizeof *a);
    a->next_size = FIRST_BLOCK;
    return a;
}

void arena_free(Arena *a)
{
    if (!a) return;
    for (Block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

#ifdef ARENA_PURIFY

void *arena_alloc(Arena *a, size_t bytes)
{
    a->total += bytes;
    Block *b = block_new(bytes);
    b->next = a->blocks;
    a->blocks = b;
    return (char *)b + HEADER;
}

#else

/* A block with room for `bytes`, at the head of the list unless it is an oversized one. */
static Block *block_for(Arena *a, size_t bytes)
{
    Block *head = a->blocks;
    if (head && head->size - head->used >= bytes) return head;
    int oversized = bytes > a->next_size / 4;
    Block *b = block_new(oversized ? bytes : a->next_size);
    if (oversized && head) {        /* keep filling the current block */
        b->next = head->next;
        head->next = b;
    } else {
        b->next = head;
        a->blocks = b;
        if (!oversized && a->next_size < LARGEST_BLOCK) a->next_size *= 2;
    }
    return b;
}

void *arena_alloc(Arena *a, size_t bytes)
{
    a->total += bytes;
    if (bytes > SIZE_MAX - ALIGN) out_of_memory(bytes);
    size_t rounded = bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
    Block *b = block_for(a, rounded);
    void *p = (char *)b + HEADER + b->used;
    b->used += rounded;
    return p;
}

#endif

void *arena_alloc_n(Arena *a, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size) out_of_memory(SIZE_MAX);
    return arena_alloc(a, n * size);
}

void *arena_dup(Arena *a, const void *p, size_t bytes)
{
    void *copy = arena_alloc(a, bytes);
    if (bytes) memcpy(copy, p, bytes);
    return copy;
}

char *arena_str(Arena *a, const char *s, size_t n)
{
    if (n == SIZE_MAX) out_of_memory(n);
    char *copy = arena_alloc(a, n + 1);
    if (n) memcpy(copy, s, n);
    return copy;
}

char *arena_vprintf(Arena *a, const char *fmt, va_list ap)
{
    char small[256];
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    char *text;
    if (n < 0) {
        text = arena_str(a, "", 0);
    } else if ((size_t)n < sizeof small) {
        text = arena_str(a, small, (size_t)n);
    } else {
        text = arena_alloc(a, (size_t)n + 1);
        vsnprintf(text, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return text;
}

char *arena_printf(Arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return text;
}

enum { BLOCK_ROOM = 16 };                   /* its size stands in front of a block */

void *arena_block(Arena *a, size_t bytes)
{
    char *at = arena_alloc(a, bytes + BLOCK_ROOM);
    memcpy(at, &bytes, sizeof bytes);
    return at + BLOCK_ROOM;
}

void *arena_block_grow(Arena *a, void *old, size_t bytes)
{
    void *at = arena_block(a, bytes);
    size_t had = 0;
    if (old) memcpy(&had, (char *)old - BLOCK_ROOM, sizeof had);
    if (old) memcpy(at, old, had < bytes ? had : bytes);
    return at;
}

size_t arena_bytes(const Arena *a)
{
    return a->total;
}

void vec_grow(Arena *a, void **at, int *cap, int n, size_t size)
{
    if (n < *cap) return;
    if (*cap > INT_MAX / 2) out_of_memory(SIZE_MAX);
    int grown = *cap ? *cap * 2 : 8;
    void *bigger = arena_alloc_n(a, (size_t)grown, size), *old;
    /* The caller's pointer is a T *, not a void *: move its bytes, not its value. */
    memcpy(&old, at, sizeof old);
    if (n > 0) memcpy(bigger, old, (size_t)n * size);
    memcpy(at, &bigger, sizeof bigger);
    *cap = grown;
}
