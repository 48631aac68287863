/* memory.c - offsets of the work buffers. Largest first, lowest free offset among the buffers whose lives overlap.
 * Takes first/last of each buffer, gives offset, arena size and the lower bound (largest sum of live sizes). What each
 * part of the work has for itself lies behind what they share, once for every part. */
#include <stdlib.h>
#include "compiler/plan/plan_int.h"

enum { BUFFER_ALIGN = 64 };

static int by_size(const void *x, const void *y)
{
    const Buffer *a = *(Buffer *const *)x, *b = *(Buffer *const *)y;
    if (a->bytes != b->bytes) return a->bytes > b->bytes ? -1 : 1;
    return a->id - b->id;
}

static int by_offset(const void *x, const void *y)
{
    const Buffer *a = *(Buffer *const *)x, *b = *(Buffer *const *)y;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    return a->id - b->id;
}

static int64_t round_up(int64_t n) { return (n + BUFFER_ALIGN - 1) / BUFFER_ALIGN * BUFFER_ALIGN; }

static int overlap(const Buffer *a, const Buffer *b) { return a->first <= b->last && b->first <= a->last; }

/* Places the buffers of one kind from 0 on; gives how many bytes they take. */
static int64_t place(Buffer *const *list, int n, int private, Buffer **rivals)
{
    int64_t top = 0;
    for (int k = 0; k < n; k++) {
        int m = 0;
        if ((list[k]->part_bytes != 0) != private) continue;
        for (int j = 0; j < k; j++)
            if ((list[j]->part_bytes != 0) == private && overlap(list[j], list[k])) rivals[m++] = list[j];
        qsort(rivals, (size_t)m, sizeof *rivals, by_offset);
        int64_t at = 0;
        for (int j = 0; j < m; j++) {
            if (at + round_up(list[k]->bytes) <= rivals[j]->offset) break;
            int64_t end = rivals[j]->offset + round_up(rivals[j]->bytes);
            if (end > at) at = end;
        }
        list[k]->offset = at;
        if (at + round_up(list[k]->bytes) > top) top = at + round_up(list[k]->bytes);
    }
    return top;
}

static int64_t most_live(const EntryPlan *ep, Buffer *const *list, int n, Arena *a)
{
    int64_t *live = NEWN(a, int64_t, ep->positions + 2), most = 0;
    for (int k = 0; k < n; k++)
        for (int p = list[k]->first; p <= list[k]->last && p <= ep->positions; p++) live[p] += round_up(list[k]->bytes);
    for (int p = 0; p <= ep->positions; p++)
        if (live[p] > most) most = live[p];
    return most;
}

void memory_place(EntryPlan *ep, int parts)
{
    Arena *a = arena_new();
    Buffer **list = NEWN(a, Buffer *, ep->buffers.n + 1), **rivals = NEWN(a, Buffer *, ep->buffers.n + 1);
    int n = 0;
    for (int k = 0; k < ep->buffers.n; k++)
        if (ep->buffers.at[k]->space == SPACE_work) {
            Buffer *b = ep->buffers.at[k], *o = b->over;
            if (!o) { list[n++] = b; continue; }
            if (b->first < o->first) o->first = b->first;
            if (b->last > o->last) o->last = b->last;
        }
    qsort(list, (size_t)n, sizeof *list, by_size);
    ep->shared_bytes = place(list, n, 0, rivals);
    ep->part_bytes = place(list, n, 1, rivals);
    for (int k = 0; k < n; k++)
        if (list[k]->part_bytes) {
            list[k]->part_bytes = ep->part_bytes;
            list[k]->offset += ep->shared_bytes;
        }
    for (int k = 0; k < ep->buffers.n; k++)
        if (ep->buffers.at[k]->over) ep->buffers.at[k]->offset = ep->buffers.at[k]->over->offset;
    ep->lower_bound = most_live(ep, list, n, a);
    ep->work_bytes = ep->shared_bytes + parts * ep->part_bytes;
    arena_free(a);
}
