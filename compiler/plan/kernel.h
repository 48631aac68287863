/* kernel.h - which specialised step a node gets, and the layouts that those want. A choice never changes the meaning:
 * without one the generic nest runs. */
#ifndef PLAN_KERNEL_H
#define PLAN_KERNEL_H
#include "compiler/plan/plan.h"
#include "compiler/plan/tile_cost.h"

typedef enum KernelKind { KERNEL_nest, KERNEL_tile } KernelKind;
/* tile: sum of a product; `lane` output slot walks with stride 1 through operand b and the result, `row` output slot
 * (or -1) is done `rows` at a time against each load of b. Where the row bounds the reduced indices (a convolution with padding), that is
 * so for the rows of kernel_inner; the others are done one by one. wide: the lane walks through a as well (a depthwise convolution).
 * few: b is no weight and there may be few rows, as when one token is decoded:
 * those of output slot `group` (or -1), `few` in all. That holds where the extent of slot `only` is 1 (-1: always). Then the terms of a
 * sum go in turn to `sums` partial ones, by their index modulo `sums`, which are added in the order (0 + 2) + (1 + 3): a single chain of
 * additions would wait for itself. It depends on the node alone, so it is the same for every target.
 * columns, tile_rows, ahead: tuned, of tiles for ctx->target; 0, 0, -1: as the emitter's rules have it. */
typedef struct Kernel { KernelKind kind; int lane, row, rows, wide; Expr *a, *b; int few, group, only, sums; int columns, tile_rows, ahead; } Kernel;
enum { LANES = 16, TILE_ROWS = 4, MAX_SUMS = 4 };

/* Chooses; k->kind is KERNEL_nest when nothing fits. Sizes only, no memory. in: the regions around the node. */
void kernel_choose(const Module *m, const Entry *e, const Node *n, const RegionAt *in, int nin, Kernel *k);

/* Values from <= slot < to of an output slot for which the ranges of n do not depend on it; r: the ranges there. Both lie in 0 .. ext and use
 * symbols only. 0: the ranges are not of that form. */
int kernel_inner(Module *m, const Node *n, int slot, Expr **from, Expr **to, Range *r);
/* The sizes of a contraction, rows as they are at hand in the regions around it; 0: not known when compiling. */
int tile_sizes(const Module *m, const Entry *e, const Node *n, const RegionAt *in, int nin, const Kernel *k, TileSizes *to);
/* The largest tile of a step whose weights are placed, for ctx->target. */
void kernel_tile(const Plan *p, const Node *n, const Kernel *k, int *rows, int *columns);
/* Asks the tuning about the tiles of a step, its weights placed. in: as above. */
void kernel_tune(const Plan *p, const Entry *e, const Node *n, const RegionAt *in, int nin, Kernel *k);

/* A copy of an input for the sake of its layout (opt/transpose.c), or a contraction with so many weights that few rows at a time would read them too often: it takes all rows at once and
 * joins no region. Only on targets that have memory for whole tensors. */
enum { ALONE_BYTES = 1 << 16, MANY_TILES = 8 };
int kernel_alone(const Module *m, const Entry *e, const Node *n);

/* How the readers of a tensor want it stored. last: axis at stride 1, -1: row-major; outer: axes before all others. panel, col_axes:
 * weights and caches of keys, see Buffer. */
typedef struct Layout { int last, panel; uint32_t col_axes, outer; } Layout;
const Layout *layout_of(const Map *wanted, const Node *x);       /* NULL: row-major */
/* What the contractions of one entry want, regions known. Weights: in panels. */
void layout_want(Module *m, const EntryPlan *ep, Map *wanted, Arena *a);
#endif
