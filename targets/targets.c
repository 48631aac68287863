/* targets.c - the table of targets, and the sizes of register tiles that follow from a row. */
#include <string.h>
#include "targets/targets.h"

/* Worst first: a list of targets is tried from its end. */
const Target targets[] = {
    {"portable", "any processor: C99 loops that gcc and clang turn into vector instructions of -march, -mcpu", NULL, "", NULL, 0, 0, 16, 0, 0, 0},
    {"x86-64-v3", "AVX2 and FMA: vectors of 8 floats, 16 registers", "defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)", "-march=x86-64-v3",
     "avx2,fma,f16c,bmi,bmi2,lzcnt,movbe", 3, 8, 16, 32 << 10, 256 << 10, 2 << 20},
    {"x86-64-v4", "AVX-512 (F, BW, CD, DQ, VL): vectors of 16 floats, 32 registers",
     "defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__F16C__)", "-march=x86-64-v4",
     "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,movbe", 4, 16, 32, 32 << 10, 1 << 20, 2 << 20},
};
const int target_count = sizeof targets / sizeof *targets;

int target_runs_here(const Target *t)
{
    if (!t->width) return 1;
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    if (t->width == 8) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

static int index_of(const char *name)
{
    int best = -1;
    for (int k = 0; k < target_count; k++) {
        if (!strcmp(name, targets[k].name)) return k;
        if (!strcmp(name, "native") && target_runs_here(&targets[k])) best = k;
    }
    return best;
}

static const char *unknown(Arena *a, const char *name)
{
    for (int k = 0; k < target_count; k++)
        if (str_distance(targets[k].name, name, 3) <= 3) return arena_printf(a, "there is no target '%s' (did you mean '%s'?)", name, targets[k].name);
    return arena_printf(a, "there is no target '%s'; see --print-targets", name);
}

const char *targets_parse(Arena *a, const char *text, TargetList *to)
{
    unsigned wanted = 0;
    for (const char *p = text; ; p++) {
        size_t n = strcspn(p, ",");
        const char *name = arena_str(a, p, n);
        int k = index_of(name);
        if (k < 0) return unknown(a, name);
        wanted |= 1u << k;
        p += n;
        if (!*p) break;
    }
    to->n = 0;
    for (int k = target_count - 1; k >= 0; k--) if (wanted >> k & 1) to->at[to->n++] = &targets[k];
    return NULL;
}

/* Accumulators, one row of b and one broadcast element of a have to fit; more than 12 rows share an L1 set when their
 * distance is a power of two. */
int target_rows(const Target *t, int columns)
{
    int vectors = t->width ? columns / t->width : 0;
    if (!vectors) return 4;
    int rows = (t->registers - vectors - 1) / vectors;
    return rows > 12 ? 12 : rows < 1 ? 1 : rows;
}

int target_tile(const Target *t, int panel)
{
    int most = t->registers >= 32 ? 4 : 3;
    if (panel % t->width) return 8;
    for (int v = most; v > 1; v--) if (panel % (v * t->width) == 0) return v * t->width;
    return t->width;
}

int target_columns(const Target *t, int64_t columns)
{
    if (t->width < 16) return 16;
    for (int c = 64; c > 16; c -= 16) if (columns % c == 0) return c;
    return columns > 64 ? 64 : columns > 48 ? 64 : columns > 32 ? 48 : columns > 16 ? 32 : 16;
}
