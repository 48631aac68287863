/* emit.h - plan to text. */
#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H
#include "compiler/plan/plan.h"
typedef enum WeightsAs { WEIGHTS_inline, WEIGHTS_blob, WEIGHTS_incbin, WEIGHTS_object } WeightsAs;
typedef struct EmitOptions {
  const char *prefix;          /* C prefix, lower case identifier */
  const char *header_name;     /* what the .c includes */
  const char *banner;          /* options line for provenance */
  const char *source_hash;     /* sha256 of the sources, hex */
  WeightsAs weights; const char *blob_path;
  int taps;
} EmitOptions;
typedef struct EmitFiles { Out c, h; } EmitFiles;
/* Writes both texts. Deterministic: a function of plan and options only. */
void emit_c(const Plan *p, const EmitOptions *o, EmitFiles *out, Arena *a);
#endif
