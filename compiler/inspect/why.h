/* why.h - where one element of a result comes from: the nodes of the graph as written, backwards, with the values that they have
 * on one input. Takes a module, its interpreter after a run that was watched; gives text. Not: a debugger of compiled code. */
#ifndef INSPECT_WHY_H
#define INSPECT_WHY_H
#include "compiler/ir/ir.h"

typedef struct Why {
  Interp *ip; const Module *m; const Entry *e; const int64_t *dims; Arena *a; Out *o;
  const char *(*input_text)(void *user, const Node *n, int64_t at); void *user;   /* a token's text instead of its code; or NULL */
  Map values, shown;                    /* Node -> Value; elements that were explained already */
} Why;
/* Before the run: the interpreter's values are kept. */
void why_watch(Why *w);
/* After it: the element `at` of the output, then what it was made of, an indented line each. */
void why_explain(Why *w, const Output *out, int64_t at);
#endif
