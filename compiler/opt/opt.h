/* opt.h - the passes: rewriting a module into one that means the same and is easier to plan.
 * Takes a module as a frontend built it (or any text form), gives the canonical form that compiler/plan recognises.
 * Every pass keeps the meaning (ir/interp.c) up to rounding; with `check` that is measured after each one.
 * This header knows no target and no plan. */
#ifndef OPT_OPT_H
#define OPT_OPT_H
#include "compiler/ir/ir.h"

typedef struct OptOptions {
    int level;                       /* passes of a higher level are not run */
    const char *dump_after;          /* print the graph to standard output after each run of this pass; or NULL */
    const char *dump_all;            /* folder for NN-pass.ir of every pass; or NULL */
    const char *stop_after;          /* run nothing behind the first run of this pass; or NULL */
    VEC(const char *) skip;          /* passes not to run */
    const char *only;                /* run this pass alone, once, whatever its level; or NULL */
    int check;                       /* interpret before and after each pass on random inputs */
    int64_t rewrite_limit;           /* at most this many rewrites in all, 0: no limit (to find a guilty one by bisection) */
    int stats;                       /* a line a pass to the stream of diagnostics */
} OptOptions;

/* What a pass is given. scratch lives until the pass ends. */
typedef struct OptCtx { Module *m; const OptOptions *o; Arena *scratch; int64_t rewrites; const char *pass; } OptCtx;

/* group 0: run once. Passes in a row with the same group > 0 are repeated together until none of them changes
 * anything, at most 4 rounds. run gives the number of rewrites, 0: unchanged. */
typedef struct PassInfo { const char *name; int level, group; const char *doc; int (*run)(OptCtx *c, Module *m); } PassInfo;
extern const PassInfo passes[];
extern const int pass_count;
const PassInfo *pass_by_name(const char *name);      /* NULL when there is none */

/* Runs the passes over m. Gives the number of errors, which have been told. */
int opt_run(Module *m, const OptOptions *o);
#endif
