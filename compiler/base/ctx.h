/* ctx.h - what every stage of one compilation shares. Owned by the driver. */
#ifndef BASE_CTX_H
#define BASE_CTX_H
#include "compiler/base/diag.h"
#include "compiler/base/map.h"
#include "compiler/base/mapfile.h"
#include "compiler/base/out.h"
#include "compiler/base/str.h"

typedef struct Define { const char *name, *value; int used; } Define;   /* -D NAME=VALUE */

typedef struct Ctx {
  Arena   *perm;            /* lives as long as the compilation */
  Sources  sources;
  Diag     diag;
  Strings *strings;
  MapFiles maps;
  VEC(Define) defines;
  VEC(const char *) include_dirs;  /* -I: imports and weight files */
  VEC(const char *) deps;          /* every file read, for -MD */
  const char *weights_override;    /* --weights-from=FILE: use this checkpoint instead of the bind's file; or NULL */
  int      random_weights;         /* --random-weights[=SEED]: no checkpoint; seed in random_seed */
  uint64_t random_seed;
  int      threads;                /* --threads: parts that a call's work may be split into; 0: entries know nothing of threads */
  struct Tuning *tuning;           /* answers to what plans choose (compiler/plan/tuning.h); NULL: their rules alone */
  const char *tuning_file;         /* --tuning=FILE, or NULL */
  const struct Target *target;     /* what plans are tuned for (targets/targets.h); NULL: any processor */
} Ctx;
#endif
