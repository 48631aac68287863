/* tuning.h - choices of a plan that change how fast a program is and never what it computes. Plans ask for each by the key of
 * a step or weight and give what their rule says; an answer of a tuning file goes before. What was asked is kept, with the
 * work that depends on it: for reports, and for tfxc tune. Reached by ctx->tuning; NULL there: the rules. */
#ifndef PLAN_TUNING_H
#define PLAN_TUNING_H
#include "compiler/ir/ir.h"

/* columns: of a register tile; of a weight in panels: of a panel, for all that read it. rows: of a register tile. alone: all rows at once,
 * in no region. ahead: tiles of rows fetch the panel behind theirs. region: rows of a loop over rows. */
typedef enum TuneChoice { TUNE_columns, TUNE_rows, TUNE_alone, TUNE_ahead, TUNE_region, TUNE_COUNT } TuneChoice;
/* Values lo .. hi in steps; 0 .. 1: no, yes. */
typedef struct TuneInfo { const char *name, *doc; int lo, hi, step; } TuneInfo;
extern const TuneInfo tune_info[TUNE_COUNT];
int tune_allowed(TuneChoice c, long value);
const char *tuning_value(Arena *a, TuneChoice c, int value);         /* as files have it: a number, yes, no */

typedef struct TuneAnswer { const char *key; TuneChoice choice; int value, used; Span at; } TuneAnswer;
/* work: multiply-adds and elements of all nodes that depend on it. */
typedef struct TuneQuestion { const char *key; TuneChoice choice; int rule, value, answered; double work; Map nodes; } TuneQuestion;
typedef struct Tuning { Arena *arena; VEC(TuneAnswer *) answers; SMap by_name; VEC(TuneQuestion *) asked; SMap questions; } Tuning;

Tuning *tuning_new(Arena *a);
/* 0: there is an answer for that already. */
int tuning_add(Tuning *t, const char *key, TuneChoice c, int value, Span at);
/* The choice for a step (e: its entry) or a weight (e: NULL, of: the node that reads it, in the entry `in`); `rule` without an answer. */
int tuning_step(const Module *m, const Entry *e, const Node *n, TuneChoice c, int rule);
/* One more node depends on a choice that was just made. */
void tuning_also(const Module *m, const Entry *e, const Node *n, TuneChoice c, const Node *also);
int tuning_weight(const Module *m, const Entry *in, const Node *of, const Node *weight, TuneChoice c, int rule);
/* "run/layer.*.q[128,768;768]": entry, name with * for numbers, sizes of the result, reduced sizes; of a weight the entry is `*`. Steps that
 * are the same but for a number share it. */
const char *tuning_key(Arena *a, const Module *m, const Entry *e, const Node *n);
#endif
