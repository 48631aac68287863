/* tile_cost.h - what a contraction costs in register tiles of some size, by a small model of a processor: which candidate is better, never a
 * time. Takes sizes and a row of the targets, gives cycles. */
#ifndef PLAN_TILE_COST_H
#define PLAN_TILE_COST_H
#include <stdint.h>
#include "targets/targets.h"

/* rows x columns results, each a sum over depth; weights: bytes of b where it lies when the step begins, bits an element. */
typedef struct TileSizes { double rows, columns, depth, weights; int bits; } TileSizes;
double tile_cycles(const Target *t, const TileSizes *s, int rows, int columns);
/* The part of that time in which no multiply-add could be missing. */
double tile_share(const Target *t, const TileSizes *s, int rows, int columns);
/* Columns of the tiles for s: the width with the fewest cycles, on targets for which the model has been compared with measurements; else
 * target_columns. s NULL: the number of rows is not known. */
int tile_columns(const Target *t, const TileSizes *s, int64_t columns);
enum { MAX_WIDTHS = 4 };
/* Widths worth a look; gives how many. */
int tile_widths(const Target *t, int *to);
#endif
