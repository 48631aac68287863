/* targets.h - the processors that emitted C is tuned for: one row each, and a folder targets/<name> with the vec.h
 * vocabulary of its vectors. Without a row's vectors the loops of the portable target are always right. */
#ifndef TARGETS_TARGETS_H
#define TARGETS_TARGETS_H
#include "compiler/base/ctx.h"

typedef struct Target {
  const char *name, *doc;
  const char *test;        /* preprocessor condition under which its code compiles; NULL: always */
  const char *flags;       /* what gcc and clang want for that */
  const char *isa;         /* the same for a part of a file, as their attribute `target` takes it */
  int level;               /* what runtime/dispatch answers on such a processor */
  int width, registers;    /* floats a vector, vector registers; width 0: loops over lanes, vectorised by the compiler */
  int64_t l1, l2, l3;      /* bytes of cache that a core has for itself, as most processors of the kind do; 0: unknown, maybe none */
} Target;
extern const Target targets[];
extern const int target_count;

enum { MAX_TARGETS = 4 };
/* Targets of one emitted file, the best first; portable last, if it is there. */
typedef struct TargetList { const Target *at[MAX_TARGETS]; int n; } TargetList;
/* "x86-64-v4,portable"; native: the best row that this machine runs. 0, or a message. */
const char *targets_parse(Arena *a, const char *text, TargetList *to);
/* Columns times rows of a register tile of `columns` columns: as many rows as the registers allow. */
int target_rows(const Target *t, int columns);
/* Columns that a contraction takes at a time, of `columns` ones. */
int target_columns(const Target *t, int64_t columns);
/* Columns that a tile takes of a panel of `panel` ones, a multiple of 8: a divisor, of whole vectors if they fit. */
int target_tile(const Target *t, int panel);
/* Does this machine run it? */
int target_runs_here(const Target *t);
#endif
