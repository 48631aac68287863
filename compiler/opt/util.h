/* util.h - what passes share: counting rewrites, walking over nodes, who reads whom, products. Private to opt/. */
#ifndef OPT_UTIL_H
#define OPT_UTIL_H
#include "compiler/opt/opt.h"

#define PASS(name, level, group, doc) int pass_##name(OptCtx *c, Module *m);
#include "compiler/opt/passes.def"
#undef PASS

/* May one more rewrite be done? Counts it. Ask last, when the rewrite is sure to be right. */
int opt_may(OptCtx *c);

/* The nodes of an entry in evaluation order, those of nested blocks after their loop or if. A copy: lists may change. */
typedef struct NodeList { VEC(Node *) v; } NodeList;
NodeList entry_nodes(OptCtx *c, Entry *e);

/* Who reads a node. by: the nodes whose body, conj, post, empty or sub read it, each once, in evaluation order.
 * pinned: it must stay a tensor of its own: output, tap, state, result, operand in in[], size, bound, check. */
typedef struct Use { VEC(Node *) by; int pinned, output; } Use;
typedef struct Uses { Arena *arena; Use *at; uint32_t n; } Uses;
Uses uses_of(OptCtx *c, Module *m);
Use *use_of(Uses *u, const Node *n);
/* `reader` reads the nodes in e now: adds it to their lists, if it is not there. */
void uses_add(Uses *u, Node *reader, const Expr *e);

/* A new node right before `at`, in its block; fields as node_new. */
Node *node_before(Module *m, Node *at, NodeKind kind, DType dtype, int rank, Expr *const *ext, const char *name);
/* Conjuncts may have become literals or `and` by rewriting: splits and drops them. */
void node_tidy_conj(Module *m, Node *n);
/* Plain map: compute without reduction, conditions or post. */
int node_is_map(const Node *n);
/* Is n read where only its scalar code can be replaced: f32, i32 or bool, which storing does not round. */
int node_is_exact(const Node *n);
/* Do all reads in e lie inside their tensors, and is there no guard, in this context? Then e may be evaluated there. */
int expr_is_safe(Module *m, const RangeCtx *rc, const Expr *e);
/* 0 <= e < n in this context: 1 always, 0 never, -1 unknown. */
int expr_inside(Module *m, const RangeCtx *rc, Expr *e, Expr *n);
/* e is index(slot)? */
int expr_is_index(const Expr *e, int *slot);
/* As range_ctx_base, for code outside the loops over the reduced indices from number nred on: it is evaluated even when
 * those run over nothing, so their ranges are no facts there. bare: memory that must live as long as rc. */
void range_ctx_outside(RangeCtx *rc, Node *bare, const Module *m, const Entry *e, const Node *n, int nred);
/* e with `by` for every `old` in it, each once: by may contain old. (Rewriting bottom-up would meet what looks like old
 * only because things cancelled, as in -(-acc), a second time.) */
Expr *expr_put(OptCtx *c, Expr *e, const Expr *old, Expr *by);
/* The same for the result of the reduction in a last step. */
Expr *expr_put_acc(OptCtx *c, Expr *post, DType acc, Expr *by);
/* e, which stands in node n, as a tensor of its own in front of it: a read of that. Its axes are the slots of e, in their order. NULL: e uses
 * none, too many, or one whose range does not begin at 0 or depends on others. e must be safe to evaluate everywhere. */
Expr *expr_as_tensor(Module *m, Node *n, Expr *e, const char *name);
/* Is every subscript a different bare index below `rank`, and their number `rank`? at[p] = slot of subscript p. */
int subs_are_permutation(const Expr *read, int rank, int *at);
/* Number of points of the slots in `mask` (at most; unknown sizes count as 64), as double. */
double node_points(const Module *m, const Entry *e, const Node *n, uint32_t mask);

/* A product as a list of factors; negations and literal factors are collected in k. div: divisor or NULL. */
enum { MAX_FACTOR = 24 };
typedef struct Factors { int n; double k; Expr *f[MAX_FACTOR]; int nd; Expr *d[8]; } Factors;
int   factors_of(const Expr *e, Factors *out);      /* 0: too many, or not a float or int product */
Expr *factors_expr(Module *m, const Factors *f, DType dtype);   /* canonical order */

/* fold.c: constant computations of more elements than this are not evaluated at compile time. */
enum { FOLD_LARGE = 1 << 24 };

/* simplify.c: one node by intervals; number of rewrites. Used by passes that try something out. */
int simplify_node(OptCtx *c, Entry *e, Node *n);
/* x as it could stand in the body of n, simplified; counts no rewrites. */
Expr *simplify_expr(Module *m, Entry *e, const Node *n, Expr *x);
#endif
