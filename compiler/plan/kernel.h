/* kernel.h - which specialised step a node gets. A choice never changes the meaning: without one the generic nest runs. */
#ifndef PLAN_KERNEL_H
#define PLAN_KERNEL_H
#include "compiler/plan/plan.h"

typedef enum KernelKind { KERNEL_nest, KERNEL_tile } KernelKind;
/* tile: sum of a product; `lane` output slot walks with stride 1 through operand b and the result, `row` output slot
 * (or -1) is done `rows` at a time against each load of b. */
typedef struct Kernel { KernelKind kind; int lane, row, rows; Expr *a, *b; } Kernel;
enum { LANES = 16, TILE_ROWS = 4 };

/* Chooses; *k is KERNEL_nest when nothing fits. Sizes only, no memory. */
void kernel_choose(const Module *m, const Entry *e, const Node *n, int region_axis, Kernel *k); /* region_axis: output axis done a few at a time, or -1 */
/* Axis of node x that some contraction wants at stride 1; -1: row-major is fine. Decided over all entries. */
int  layout_last_axis(const Map *wanted, const Node *x);
void layout_want(Module *m, const Entry *e, Map *wanted, Arena *a);
#endif
