/* mask.h - masks by large negative numbers under a softmax. Private to opt/. */
#ifndef OPT_MASK_H
#define OPT_MASK_H
#include "compiler/opt/util.h"

/* Masks of all softmax nodes become conjuncts; number of rewrites. */
int mask_softmax(OptCtx *c, Module *m);
/* Has every row of n (its slots in `rows`, over their whole extents) an element where all of conj hold?
 * 1: proved, by naming one; 0: not proved. n need not be a node of the graph. */
int mask_nonempty(Module *m, const Entry *e, const Node *n, uint32_t rows, Expr *const *conj, int nconj);
#endif
