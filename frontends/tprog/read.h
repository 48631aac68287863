/* read.h - what the parts of the reader share: forms.c, helpers.c, tables.c, weights.c, program.c. Private to tprog. */
#ifndef TPROG_READ_H
#define TPROG_READ_H
#include "frontends/tprog/csv.h"
#include "frontends/tprog/evaluate.h"
#include "frontends/tprog/tprog.h"

/* forms.c: the statements that a generated program is made of. Words in capitals stand for anything. */
typedef enum FormId {
  FORM_weights, FORM_scores, FORM_number_scores, FORM_positions, FORM_ones, FORM_embed_file, FORM_embed_rows, FORM_embedding,
  FORM_closest, FORM_select, FORM_aggregate, FORM_sum, FORM_table1, FORM_table2, FORM_concat, FORM_logits, FORM_classes, FORM_token_predictions,
  FORM_predictions, FORM_pooled, FORM_prediction, FORM_first, FORM_last, FORM_details, FORM_results, FORM_result, FORM_COUNT
} FormId;
typedef struct Hole { const char *name; const Py *at; } Hole;
typedef struct Holes { int n; Hole hole[8]; } Holes;
typedef struct Forms { Py *of[FORM_COUNT]; const char *text[FORM_COUNT]; } Forms;
void      forms_init(Forms *f, Ctx *ctx);
FormId    forms_find(const Forms *f, const Py *statement, Holes *holes);      /* FORM_COUNT: none */
const Py *hole(const Holes *h, const char *name);
/* The form that the statement resembles most, to be shown; NULL when none does. */
const char *forms_nearest(const Forms *f, const Py *statement);

typedef struct PyEnum { const char *name; int n; int *canonical; } PyEnum;    /* canonical: the first member with the same value */
typedef struct NamedPy { const char *name; const Py *py; } NamedPy;
typedef struct Pattern { const char *name; int closest; TpVar *keys, *queries; const Py *fn; } Pattern;
typedef struct Reader {
  Ctx *ctx; Source *source; Tprog *out; Forms forms;
  VEC(NamedPy) functions, frames;       /* def inside run; frame name -> its statement */
  VEC(PyEnum) enums;
  VEC(Pattern) patterns;
  VEC(TpScore) scores; VEC(const char *) score_names;
  Csv *weights, *embeddings;
  int helper_causal[2], helpers;        /* select_closest, select: keys up to the own position only; -1: not defined */
  int decimals_seen;
} Reader;

/* helpers.c: what select_closest, select, aggregate and aggregate_sum do is tried on cases, not read. 0 after diagnostics. */
int  helper_check(Reader *r, const Py *fn);
/* tables.c: predicates and tables by evaluation over their domains. 0 after diagnostics. */
int  predicate_read(Reader *r, const Pattern *p, TpVar *head);
int  table_read(Reader *r, const Py *fn, TpVar *v);
Pv   code_value(const Reader *r, const TpVar *v, int64_t code);
/* weights.c */
int  weights_open(Reader *r, const Py *file);
int  weights_rows(Reader *r, const char *feature, TpVar *v, Span at, TpScore *to);
int  weights_scale(Reader *r);
int  embeddings_open(Reader *r, const Py *file);
int  embedding_read(Reader *r, const char *column, const char *klass, TpVar *v, Span at);
int  tokens_open(Reader *r, TpVar *v, Span at);       /* the words that feature "tokens" has rows for */
const char *beside(Ctx *ctx, const Source *s, const char *path);   /* the file of that base name in the folder of s */
int64_t positions_known(Reader *r);                   /* rows of feature "positions"; 0: none */

/* program.c: a first or last token of this word, if the program has it, gets the class of that name */
void program_forced(Reader *r, const char *word, int *token, int *to);
int  read_fails(Reader *r, Span at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));   /* 0 */
#endif
