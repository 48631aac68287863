/* rasp.h - the RASP frontend: a program to .tfx text. Takes the source, gives for each s-op a model text whose entry `run`
 * computes it from the base sequences it uses, and what is needed to convert tokens and results. Not: the graph; that is
 * made from the text by frontends/tfx, as for every other model. */
#ifndef RASP_RASP_H
#define RASP_RASP_H
#include "compiler/base/ctx.h"

/* What one element is. mixed: a number and a tag that says which of the three others it is. */
typedef enum RaspType { RT_int, RT_float, RT_bool, RT_text, RT_mixed } RaspType;
enum { TAG_float, TAG_int, TAG_bool };
/* The base sequences, inputs of the entry in this order when used: codes of str(x), int(x), float(x), truth of x, x as it is. */
typedef enum RaspBase { BASE_tokens, BASE_int, BASE_float, BASE_bool, BASE_COUNT } RaspBase;
extern const char *const rasp_base_name[BASE_COUNT];
enum { RASP_TEXTS = 0x110000 };                     /* codes below: one Unicode character; from here on: texts of the program */

/* A result: its outputs in the text are NAME, or NAME and NAME_tag (mixed), or NAME_0.. for the varying parts of a text,
 * which stand between the literals: literal[0] part 0 literal[1] part 1 .. literal[nparts]. */
typedef struct RaspOutput { RaspType type; int nparts; const char **literal; } RaspOutput;
typedef struct RaspEntry { const char *name, *text; Span span; int uses[BASE_COUNT]; RaspOutput out; } RaspEntry;
typedef struct RaspProgram {
  Arena *arena;                                     /* of what lives as long as the program */
  VEC(RaspEntry) entries;                           /* in order of their last assignment */
  VEC(RaspEntry) selectors;                         /* the same: texts that give bool[T,T], row: the position that looks */
  VEC(const char *) texts;                          /* code RASP_TEXTS + k */
  const char *example;                              /* of the last `set example`, as JSON; "hello" otherwise */
  int asis;                                         /* RaspType that tokens_asis stands for (from the last `set example`) */
} RaspProgram;

/* Evaluates the program. NULL after diagnostics. Sequences are at most max_length long. */
RaspProgram *rasp_load(Ctx *ctx, Source *s, int64_t max_length);
#endif
