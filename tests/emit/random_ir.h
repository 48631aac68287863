/* random_ir.h - a random graph as text, with what is needed to run it and to judge the results. */
#ifndef TESTS_EMIT_RANDOM_IR_H
#define TESTS_EMIT_RANDOM_IR_H
#include "compiler/base/ctx.h"

enum { MAX_IN = 8, MAX_OUT = 72 };

/* How far an output may be from the interpreter's: |difference| <= abs + rel |value|; 0 and 0: equal.
 * A float output of kind `any_zero` counts results below the normal range as 0. */
typedef struct Tolerance { double abs, rel; } Tolerance;

typedef enum InputKind { IN_dyadic, IN_real, IN_int, IN_small, IN_special, IN_special_int, IN_bool } InputKind;

typedef struct RandomIr {
    const char *text;
    int nin, nout, ndims;
    InputKind in[MAX_IN];
    Tolerance tol[MAX_OUT];           /* in order of the outputs */
    int64_t dim_max;                  /* largest value of the one dim, if there is one */
} RandomIr;

uint64_t random_next(uint64_t *state);
static inline int64_t random_below(uint64_t *s, int64_t n) { return (int64_t)(random_next(s) >> 33) % n; }

/* All kinds of nodes over values that are exact in float wherever order or equality matters, so that float and double
 * agree about every branch, index and order. */
RandomIr random_graph(Arena *a, uint64_t seed);
/* Every scalar operator, one a node, over special and random values. */
RandomIr random_scalars(Arena *a, uint64_t seed);
#endif
