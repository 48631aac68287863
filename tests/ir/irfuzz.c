/* irfuzz.c - irfuzz N FILE...: reads N damaged copies of every file (cut off, bytes changed, pieces copied) and prints
 * what was accepted; the printed text must be readable and print the same. The damage is the same every time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir/ir.h"

static uint64_t state = 1;

static uint32_t rnd(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return n ? (uint32_t)(state >> 33) % n : 0;
}

/* One random change of text[0..n); gives the new length. */
static size_t damage(char *text, size_t n)
{
    static const char alphabet[] = "()[]{}%:,.=0123456789ore-+ \n\"@$<&";
    uint32_t size = (uint32_t)n;
    if (!n) return n;
    switch (rnd(4)) {
    case 0: return rnd(8) ? n : rnd(size);
    case 1: text[rnd(size)] = (char)rnd(256); return n;
    case 2: {
        uint32_t from = rnd(size), to = rnd(size), k = rnd(24);
        if (from + k <= n && to + k <= n) memmove(text + to, text + from, k);
        return n;
    }
    default: text[rnd(size)] = alphabet[rnd(sizeof alphabet - 1)]; return n;
    }
}

static const char *printed(Arena *a, const Module *m)
{
    Out o;
    out_init(&o, a);
    graph_print(m, &o);
    return o.at;
}

static Module *read_text(Ctx *ctx, const char *text, size_t n)
{
    return graph_read(ctx, source_add(&ctx->sources, "damaged.ir", text, n, 0));
}

/* 0: rejected, 1: accepted, -1: accepted but not reproduced */
static int try_text(const char *text, size_t n, FILE *sink)
{
    Ctx ctx = {.perm = arena_new()};
    sources_init(&ctx.sources, ctx.perm);
    diag_init(&ctx.diag, ctx.perm, &ctx.sources);
    ctx.diag.out = sink;
    ctx.strings = strings_new(ctx.perm);
    int result = 0;
    Module *m = read_text(&ctx, text, n), *again;
    if (m) {
        const char *first = printed(ctx.perm, m);
        again = read_text(&ctx, first, strlen(first));
        result = again && !strcmp(first, printed(ctx.perm, again)) ? 1 : -1;
    }
    diag_flush(&ctx.diag);
    arena_free(ctx.perm);
    return result;
}

int main(int argc, char **argv)
{
    int accepted = 0, tried = 0, bad = 0, times = argc > 1 ? atoi(argv[1]) : 0;
    FILE *sink = fopen("/dev/null", "w");
    for (int f = 2; sink && f < argc; f++) {
        static char text[1 << 16], copy[1 << 16];
        FILE *in = fopen(argv[f], "rb");
        if (!in) return fprintf(stderr, "cannot open %s\n", argv[f]), 2;
        size_t n = fread(text, 1, sizeof text - 1, in);
        fclose(in);
        for (int i = 0; i < times; i++, tried++) {
            size_t k = n;
            memcpy(copy, text, n);
            for (uint32_t d = rnd(4) + 1; d > 0; d--) k = damage(copy, k);
            copy[k] = 0;
            int r = try_text(copy, k, sink);
            accepted += r > 0;
            if (r < 0) bad++, printf("%s, damage %d: not reproduced\n%s\n", argv[f], i, copy);
        }
    }
    printf("%d texts, %d accepted, %d bad\n", tried, accepted, bad);
    return bad != 0;
}
