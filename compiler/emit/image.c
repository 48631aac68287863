/* image.c - the weights of a plan as one run of bytes. Takes a plan, gives the bytes a tensor at a time: no more than
 * one tensor is ever in memory. Not: how they get into the program (c/weights.c). */
#include <string.h>
#include "compiler/emit/emit.h"

const char *const weights_as_name[WEIGHTS_COUNT] = {"inline", "incbin", "blob", "object", "tables"};

static void each_weight(const Plan *p, void (*f)(void *u, const unsigned char *bytes, int64_t n), void *u)
{
    static const unsigned char zeros[64] = {0};
    int64_t at = 0;
    for (int k = 0; k <= p->weights.n; k++) {
        const Buffer *b = k < p->weights.n ? p->weights.at[k].buf : NULL;
        int64_t begin = b ? b->offset : p->weight_bytes;
        if (begin < at) bug("weights overlap");
        for (int64_t n; at < begin; at += n) {
            n = begin - at < (int64_t)sizeof zeros ? begin - at : (int64_t)sizeof zeros;
            f(u, zeros, n);
        }
        if (!b) return;
        Arena *scratch = arena_new();
        unsigned char *bytes = arena_alloc(scratch, (size_t)b->bytes);
        plan_weight_bytes(p, &p->weights.at[k], scratch, bytes);
        f(u, bytes, b->bytes);
        arena_free(scratch);
        at += b->bytes;
    }
}

typedef struct Putting { Sink to; ImageSum *sum; unsigned char word[4]; int have; } Putting;

static void add(ImageSum *s, const unsigned char *w)
{
    s->a += (uint32_t)w[0] | (uint32_t)w[1] << 8 | (uint32_t)w[2] << 16 | (uint32_t)w[3] << 24;
    s->b += s->a;
}

static void put_part(void *u, const unsigned char *p, int64_t n)
{
    Putting *s = u;
    int64_t k = 0;
    s->to.put(s->to.u, p, (size_t)n);
    while (s->have && k < n) {
        s->word[s->have++] = p[k++];
        if (s->have == 4) { add(s->sum, s->word); s->have = 0; }
    }
    for (; k + 4 <= n; k += 4) add(s->sum, p + k);
    while (k < n) s->word[s->have++] = p[k++];
}

ImageSum image_put(const Plan *p, Sink to)
{
    ImageSum sum = {0, 0};
    Putting s = {to, &sum, {0}, 0};
    each_weight(p, put_part, &s);
    return sum;
}

static void put_le(unsigned char *p, uint64_t v, int n) { for (int k = 0; k < n; k++) p[k] = (unsigned char)(v >> 8 * k); }

void image_header(const Plan *p, const ImageSum *sum, uint64_t id, unsigned char h[IMAGE_HEADER])
{
    memset(h, 0, IMAGE_HEADER);
    memcpy(h, "TFXW", 4);
    put_le(h + 4, IMAGE_VERSION, 4);
    put_le(h + 8, (uint64_t)p->weight_bytes, 8);
    put_le(h + 16, id, 8);
    put_le(h + 24, sum->a, 8);
    put_le(h + 32, sum->b, 8);
}
