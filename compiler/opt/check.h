/* check.h - does a pass keep the meaning? Interprets a module on random inputs and compares with an earlier time.
 * Inputs are drawn by the name of entry and input, so they are the same whatever a pass renumbers. Private to opt/. */
#ifndef OPT_CHECK_H
#define OPT_CHECK_H
#include "compiler/ir/ir.h"

typedef struct OptCheck OptCheck;
/* Interprets every entry of m on several inputs (states: two calls in a row) and keeps the results. */
OptCheck *opt_check_new(Module *m, Arena *a);
/* Interprets again. The first output, tap or state that differs by more than 1e-9 of its largest element (or of 1e-4) is told as
 * "pass-changed-answer", with `pass` as the culprit; gives 0 then, and 1 when all is well. Keeps the new results. */
int opt_check_pass(OptCheck *k, const char *pass);
#endif
