/* expr_impl.h - what the files that build and walk expressions share; private to ir/. */
#ifndef IR_EXPR_IMPL_H
#define IR_EXPR_IMPL_H
#include "compiler/ir/ir.h"

/* ---- expr.c ---- */
/* Hash-consed operator node exactly as given: no folding. Classes are not checked. */
Expr *ex_raw(Module *m, ExprOp op, DType dtype, int n, Expr *const *args);
Expr *ex_find_index(const Module *m, int slot);            /* NULL when the module has no such expression yet */
static inline Expr *ex_raw2(Module *m, ExprOp op, Expr *a, Expr *b)
{
    Expr *args[2] = {a, b};
    return ex_raw(m, op, a->dtype, 2, args);
}

/* ---- expr_int.c: integer operators in canonical form ---- */
Expr *ex_int_op(Module *m, ExprOp op, Expr *a, Expr *b);   /* add sub neg mul div mod min max abs shl; b may be NULL */
/* a - b when that is a constant and neither side can wrap (any_wrap: or when wrapping does not matter). */
int   ex_int_diff(const Module *m, const Expr *a, const Expr *b, int any_wrap, int64_t *diff);

/* ---- affine.c ---- */
/* a += k * atom, keeping order; 0 when there is no room. */
int   affine_add_term(Affine *a, Expr *atom, int64_t k);
int   affine_add_scaled(Affine *a, const Affine *b, int64_t k);

/* ---- walk.c: map from expression (or node) to a small value; lives on the stack, grows on an arena of its own ---- */
typedef struct WalkSlot { const void *key; void *p; int64_t lo, hi; uint32_t id; } WalkSlot;
typedef struct WalkMap { Arena *arena; WalkSlot *slots; int cap, n; WalkSlot few[32]; } WalkMap;
void      walk_init(WalkMap *w);
void      walk_free(WalkMap *w);
/* The slot of key; *fresh says whether it is new. Slots move when the map grows: do not keep the pointer. */
WalkSlot *walk_slot(WalkMap *w, const void *key, uint32_t id, int *fresh);
#endif
