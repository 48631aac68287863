/* image.c - the weights of a plan as one run of bytes. Takes a plan, gives the bytes a tensor at a time: no more than
 * one tensor is ever in memory. Not: how they get into the program (c/weights.c). */
#include <string.h>
#include "compiler/emit/emit.h"

const char *const weights_as_name[WEIGHTS_COUNT] = {"inline", "incbin", "blob", "object"};

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
            f(u, zeros, -n);
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

/* ---- sums ---- */
typedef struct Summing { Arena *a; Out digests; uint64_t sa, sb; unsigned char word[4]; int have; } Summing;

static void sum_bytes(Summing *s, const unsigned char *p, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        s->word[s->have++] = p[k];
        if (s->have < 4) continue;
        s->sa += (uint32_t)s->word[0] | (uint32_t)s->word[1] << 8 | (uint32_t)s->word[2] << 16 | (uint32_t)s->word[3] << 24;
        s->sb += s->sa;
        s->have = 0;
    }
}

/* n < 0: padding, which belongs to no tensor */
static void sum_weight(void *u, const unsigned char *p, int64_t n)
{
    Summing *s = u;
    unsigned char digest[32];
    sum_bytes(s, p, n < 0 ? -n : n);
    if (n < 0) return;
    sha256(p, (size_t)n, digest);
    out_n(&s->digests, (const char *)digest, sizeof digest);
}

void image_sum(const Plan *p, ImageSum *sum)
{
    Summing s = {0};
    s.a = arena_new();
    out_init(&s.digests, s.a);
    each_weight(p, sum_weight, &s);
    sum->a = s.sa; sum->b = s.sb;
    sha256_hex(s.digests.n ? s.digests.at : "", s.digests.n, sum->sha256);
    arena_free(s.a);
}

static void put_weight(void *u, const unsigned char *p, int64_t n)
{
    const Sink *s = u;
    s->put(s->u, p, (size_t)(n < 0 ? -n : n));
}

void image_put(const Plan *p, Sink to) { each_weight(p, put_weight, &to); }

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
