/* inner.c - where no tap of a convolution is missing. Takes a reduction whose ranges depend on an output index, as padding leaves them
 * (bounds.c of the passes): r in max(P - o*S, 0) .. min(N + P - o*S, K). Gives the values of that index for which the ranges are
 * those of the other terms alone, 0 .. K: from <= o < to. What lies outside of them is the border.
 *
 * A term says nothing where term <= 0 (lower) or term >= K (upper), with one of the forms c + k*o and c +- (d + k*o) / q. */
#include "compiler/plan/kernel.h"

typedef struct Inner { Module *m; int slot; Expr *lo, *hi; } Inner;      /* lo <= slot < hi so far */

static Expr *floor_of(Module *m, Expr *e, int64_t by) { return by == 1 ? e : ex_bin(m, EX_div, e, ex_int(m, by)); }
static Expr *plus(Module *m, Expr *e, int64_t v) { return ex_add(m, e, ex_int(m, v)); }

/* e >= 0, affine in the slot, becomes a bound. */
static int at_least_zero(Inner *k, Expr *e)
{
    Module *m = k->m;
    int64_t coef;
    Expr *rest;
    if (!affine_split(m, e, k->slot, &coef, &rest) || ex_slots(rest)) return 0;
    if (coef > 0) k->lo = ex_bin(m, EX_max, k->lo, floor_of(m, plus(m, ex_un(m, EX_neg, rest), coef - 1), coef));
    if (coef < 0) k->hi = ex_bin(m, EX_min, k->hi, plus(m, floor_of(m, rest, -coef), 1));
    return coef != 0;
}

/* A quotient of the slot with coefficient 1 or -1: its place among the terms of a; -1. */
static int quotient(const Inner *k, const Affine *a)
{
    int at = -1;
    for (int i = 0; i < a->n; i++) {
        const Expr *t = a->t[i].atom;
        int64_t by;
        if (!ex_uses_slot(t, k->slot)) continue;
        if (at >= 0 || t->op != EX_div || !ex_is_int(t->arg[1], &by) || by < 1 || (a->t[i].k != 1 && a->t[i].k != -1)) return -1;
        at = i;
    }
    return at;
}

/* e >= 0 for e = rest + x/q (then x >= -q*rest) or rest - x/q (then x < q*(rest + 1)), or without quotient. */
static int holds(Inner *k, Expr *e)
{
    Module *m = k->m;
    Affine a;
    int64_t by = 1;
    if (!affine_of(e, &a)) return 0;
    int at = quotient(k, &a);
    if (at < 0) return at_least_zero(k, e);
    AffTerm t = a.t[at];
    a.t[at] = a.t[--a.n];
    Expr *rest = affine_expr(m, &a), *x = t.atom->arg[0];
    if (!ex_is_int(t.atom->arg[1], &by)) return 0;
    if (t.k == 1) return at_least_zero(k, ex_add(m, x, ex_mul(m, rest, ex_int(m, by))));
    return at_least_zero(k, ex_sub(m, ex_add(m, ex_mul(m, rest, ex_int(m, by)), ex_int(m, by - 1)), x));
}

/* The terms of nested max (or min) that do not use the slot, as one. NULL: there is none. */
static Expr *without(const Inner *k, Expr *e, ExprOp op)
{
    if (e->op != op) return ex_uses_slot(e, k->slot) ? NULL : e;
    Expr *x = without(k, e->arg[0], op), *y = without(k, e->arg[1], op);
    return x && y ? ex_bin(k->m, op, x, y) : x ? x : y;
}

/* Each term with the slot says less than base. */
static int terms(Inner *k, Expr *e, ExprOp op, Expr *base)
{
    if (e->op == op) return terms(k, e->arg[0], op, base) && terms(k, e->arg[1], op, base);
    if (!ex_uses_slot(e, k->slot)) return 1;
    return holds(k, op == EX_max ? ex_sub(k->m, base, e) : ex_sub(k->m, e, base));
}

int kernel_inner(Module *m, const Node *n, int slot, Expr **from, Expr **to, Range *r)
{
    Expr *zero = ex_int(m, 0), *ext = n->ext[slot];
    Inner k = {m, slot, zero, ext};
    int64_t v;
    for (int i = 0; i < n->nred; i++) {
        r[i] = n->r[i];
        if (ex_uses_slot(r[i].lo, slot)) {
            r[i].lo = without(&k, n->r[i].lo, EX_max);
            if (!r[i].lo || !ex_is_int(r[i].lo, &v) || !terms(&k, n->r[i].lo, EX_max, r[i].lo)) return 0;
        }
        if (ex_uses_slot(r[i].hi, slot)) {
            r[i].hi = without(&k, n->r[i].hi, EX_min);
            if (!r[i].hi || !ex_is_int(r[i].hi, &v) || !terms(&k, n->r[i].hi, EX_min, r[i].hi)) return 0;
        }
    }
    *from = ex_bin(m, EX_min, k.lo, ext);                    /* 0 <= from <= to <= ext, whatever the sizes are */
    *to = ex_bin(m, EX_max, k.hi, *from);
    return 1;
}
