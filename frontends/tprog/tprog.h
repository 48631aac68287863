/* tprog.h - learned Transformer Programs (Friedman, Wettig, Chen 2023: discrete transformers that print as Python). Takes the
 * generated Python file with its CSV tables beside it, or the tensors of a checkpoint; gives a program: variables, heads, tables,
 * classifier; and that program as .tfx text. Not: the graph; it is made from the text by frontends/tfx, as for every model. */
#ifndef TPROG_TPROG_H
#define TPROG_TPROG_H
#include "compiler/base/ctx.h"

typedef enum TpType { TP_token, TP_int, TP_enum, TP_number } TpType;
typedef enum TpHow { TP_tokens, TP_positions, TP_ones, TP_embedding, TP_closest, TP_sum, TP_table } TpHow;

/* A variable: one code of 0 .. size per position (TP_number: a number of 0 .. size). */
typedef struct TpVar TpVar;
struct TpVar {
  const char *name; Span span; TpHow how; TpType type; int64_t size; const char *klass;    /* klass: of an enumeration */
  /* TP_closest, TP_sum: a head. key_of[query]: the one key that is looked for, -1 none; or NULL, and match[query * keys->size + key] */
  TpVar *keys, *queries, *values; const char *predicate; int32_t *key_of; unsigned char *match; int causal;
  /* TP_table: result = table[in0][in1], inputs beyond the extent count as its last entry */
  const char *function; int nin; TpVar *in[2]; int64_t extent[2]; int32_t *table;
  /* TP_embedding: code of each word */
  int32_t *code_of;
  unsigned char *reach; int64_t least, largest;   /* simplify.c: values that occur; of a number its bounds */
};
/* What the classifier adds for a variable: row[code], or number * row[0]. Exact decimals, or f when they do not fit. */
typedef struct TpScore { TpVar *var; int64_t rows; int *line; int64_t *w; double *f; } TpScore;   /* line: of the table, 0-based */

typedef struct Tprog {
  const char *name;
  VEC(TpVar *) vars;                     /* in order of computation */
  VEC(TpScore) scores;                   /* in order of the sum */
  VEC(const char *) words;               /* code of a token: its place here */
  VEC(const char *) classes;             /* of the classifier, then the forced ones */
  int64_t *bias;                         /* NULL, or what all positions get: features that were found to be constant */
  int nclasses, decimals;                /* columns of the table; decimals: weights are w / 10^decimals, -1: f */
  int pooled;                            /* one class for the whole sequence */
  int64_t most;                          /* tokens */
  int first_token, first_class, last_token, last_class;    /* a first token of this code gets that class; -1: none */
  int model;                             /* own position last, as in the trained network */
} Tprog;

enum { TPROG_BY_PROGRAM, TPROG_BY_MODEL };  /* what the generated Python does, bit for bit; what the trained network does */

/* Reads the program. Its tables are looked for beside it by the names that it gives. NULL after diagnostics. */
Tprog *tprog_load(Ctx *ctx, Source *s, int semantics, int64_t max_length);
/* The same from a trained checkpoint: args.json, with lists idx_w (words) and idx_t (classes), and the tensors: `checkpoint`, or
 * model.safetensors beside it. */
Tprog *tprog_load_tensors(Ctx *ctx, Source *s, int semantics, const char *checkpoint);
/* Leaves out what cannot matter, and says why in notes (one a line). See simplify.c. */
void   tprog_simplify(Ctx *ctx, Tprog *p, Out *notes);
/* What the program gives for n tokens, one class a position (pooled: one). The obvious way, for checks. 0: not that many tokens. */
int    tprog_eval(const Tprog *p, Arena *scratch, const int32_t *tokens, int64_t n, int32_t *out);
/* The values behind that: of variable k at position i [k][i]; the position that a head of TP_closest takes. */
int32_t **tprog_values(const Tprog *p, Arena *scratch, const int32_t *tokens, int64_t n);
int64_t tprog_chosen(const Tprog *p, const TpVar *head, int32_t *const *value, int64_t n, int64_t i);
int     tprog_match(const TpVar *head, int32_t query, int32_t key);
/* A code as the program writes it: "3" with quotes, 3, Emb0.V03. */
const char *tprog_code_text(Arena *a, const Tprog *p, const TpVar *v, int64_t code);
/* explain.c: why the class at a position (of a pooled program: position 0) is what it is, back to the tokens. */
void    tprog_explain(Ctx *ctx, const Tprog *p, const int32_t *tokens, int64_t n, int64_t at, Out *o);
/* The program as .tfx text; its entry `run` takes tokens: i32[T] and gives classes, as their places in the list. */
const char *tprog_text(Ctx *ctx, const Tprog *p, const char *notes);
#endif
