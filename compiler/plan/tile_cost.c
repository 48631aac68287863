/* tile_cost.c - see tile_cost.h. A step of the depth of a tile takes the longest of its multiply-adds, its loads and the time of one chain of
 * sums; vectors that do not fit the registers are stored and loaded again. Panels of b come from where the weights are the
 * first time, and from the nearest cache that holds a panel beside the rows of a for every further tile of rows; rows of a from where all of a fits. The
 * processor runs ahead of such transfers: a part of their time counts. */
#include "compiler/plan/tile_cost.h"

/* A cycle of every core that the rows stand for: two multiply-adds, two loads, a multiply-add after four cycles; bytes from the second cache, the
 * third, memory for each float of a vector; the part of a transfer that is not hidden; cycles of a vector that finds no register; rows that share a set of the first cache. */
static const double FMAS = 2, LOADS = 2, LATENCY = 4, FROM_L2 = 3, FROM_L3 = 1.5, FROM_MEMORY = 0.75, SHOWN = 0.2, SPILL = 3;
enum { PAGE = 4096, SET_ROWS = 9 };

int tile_widths(const Target *t, int *to)
{
    int n = 0;
    for (int v = t->registers < 32 ? 2 : 1; v <= (t->registers < 32 ? 3 : 4) && n < MAX_WIDTHS; v++) to[n++] = v * t->width;
    return n;
}

static double larger(double a, double b) { return a > b ? a : b; }

static double depth_step(const Target *t, double rows, double vectors)
{
    double cycles = larger(larger(rows * vectors / FMAS, (rows + vectors) / LOADS), LATENCY), excess = rows * vectors + vectors + 1 - t->registers;
    return cycles + (excess > 0 ? SPILL * excess : 0);
}

/* Cycles a byte out of the nearest cache that holds so many; nothing for the first. */
static double from(const Target *t, double bytes)
{
    if (bytes <= (double)t->l1) return 0;
    return 1 / (double)t->width / (bytes <= (double)t->l2 ? FROM_L2 : bytes <= (double)t->l3 ? FROM_L3 : FROM_MEMORY);
}

/* All rows against one panel of `columns`. */
static double panel_cycles(const Target *t, const TileSizes *s, int rows, double columns)
{
    double tiles = (double)(int64_t)((s->rows + rows - 1) / rows), each = s->rows / tiles, vectors = (double)(int64_t)((columns + t->width - 1) / t->width);
    double panel = s->depth * vectors * t->width * s->bits / 8, a = s->rows * s->depth * 4, few = each * s->depth * 4;
    int64_t low = (int64_t)each;
    double longer = s->rows - tiles * (double)low, sums = ((tiles - longer) * depth_step(t, (double)low, vectors) + (longer > 0 ? longer * depth_step(t, (double)low + 1, vectors) : 0)) * s->depth;
    if (each > SET_ROWS && (int64_t)(s->depth * 4) % PAGE == 0 && s->depth * 4 >= PAGE) sums *= 2;
    double moved = panel * from(t, s->weights > panel ? s->weights : panel) + (tiles - 1) * panel * from(t, panel + few) + a * from(t, a + panel);
    return sums + SHOWN * moved;
}

double tile_cycles(const Target *t, const TileSizes *s, int rows, int columns)
{
    double full = (double)(int64_t)(s->columns / columns), rest = s->columns - full * columns;
    return full * panel_cycles(t, s, rows, columns) + (rest > 0 ? panel_cycles(t, s, rows, rest) : 0);
}

double tile_share(const Target *t, const TileSizes *s, int rows, int columns)
{
    return s->rows * s->columns * s->depth / t->width / FMAS / tile_cycles(t, s, rows, columns);
}

int tile_columns(const Target *t, const TileSizes *s, int64_t columns)
{
    int width[MAX_WIDTHS], n = tile_widths(t, width), best = target_columns(t, columns);
    if (!s || t->registers >= 32 || s->rows < 2) return best;
    double least = tile_cycles(t, s, target_rows(t, best), best);
    for (int k = 0; k < n; k++) {
        double c = tile_cycles(t, s, target_rows(t, width[k]), width[k]);
        if (c < least) { least = c; best = width[k]; }
    }
    return best;
}
