/* operand.c - what a contraction multiplies its weights with is computed once, not again for every column. Takes sums over a
 * product of a constant tensor, which an output index of its own walks through, and other factors that together are more
 * than one read; gives a tensor of these factors' product and the sum over two reads, which kernels know.
 *
 *     z[v] = sum_d norm[d] * (y[T-1,d] + f[T-1,d]) * head[v,d]      becomes      a[d] = norm[d] * (y[T-1,d] + f[T-1,d])
 *                                                                              z[v] = sum_d a[d] * head[v,d]
 *
 * Maps move into their readers where that looks cheap (inline.c); this takes out again what a matrix product would repeat. */
#include "compiler/opt/util.h"

enum { MIN_COLUMNS = 16 };

static int is_weight(const Expr *e) { return e->op == EX_read && e->n > 1 && e->dtype == DT_f32 && node_is_const(e->u.node); }

/* Columns that only the weight walks through. */
static int64_t columns_of(const Module *m, const Entry *e, const Node *n, const Expr *weight, const Expr *rest)
{
    int64_t most = 0;
    for (int s = 0; s < n->rank; s++) {
        if (!ex_uses_slot(weight, s) || ex_uses_slot(rest, s)) continue;
        int64_t b = node_bound(m, e, n, s);
        if (b > most) most = b;
    }
    return most;
}

/* NULL: a range is not whole, or e may not be evaluated everywhere. */
static Expr *tensor_of(Module *m, const Entry *entry, Node *n, Expr *e)
{
    RangeCtx rc;
    range_ctx(&rc, m, entry, n);
    return expr_is_safe(m, &rc, e) ? expr_as_tensor(m, n, e, "operand") : NULL;
}

/* The largest weight among the factors, and the product of the others; 0: there is none, or one factor is all the rest. */
static int parts(Module *m, const Node *n, const Factors *f, Expr **weight, Expr **rest)
{
    Factors others = *f;
    int at = -1;
    if (f->nd) return 0;
    for (int i = 0; i < f->n; i++)
        if (is_weight(f->f[i]) && (at < 0 || ex_slots(f->f[i]) > ex_slots(f->f[at]))) at = i;
    if (at < 0) return 0;
    *weight = f->f[at];
    others.n = 0;
    for (int i = 0; i < f->n; i++) if (i != at) others.f[others.n++] = f->f[i];
    if (!others.n || (others.n == 1 && others.f[0]->op == EX_read && f->k == 1)) return 0;
    *rest = factors_expr(m, &others, n->body->dtype);
    return 1;
}

static int operand_node(OptCtx *c, Module *m, const Entry *e, Node *n)
{
    Factors f;
    Expr *weight, *rest;
    if (n->kind != NODE_compute || n->red != RED_sum || !n->nred || n->nconj || n->empty || n->body->dtype != DT_f32) return 0;
    if (!factors_of(n->body, &f) || !parts(m, n, &f, &weight, &rest)) return 0;
    uint32_t reduced = ((1u << n->nred) - 1) << n->rank;
    if (!(ex_slots(weight) & ex_slots(rest) & reduced) || columns_of(m, e, n, weight, rest) < MIN_COLUMNS) return 0;
    if (node_is_const(n) || !opt_may(c)) return 0;
    Expr *read = tensor_of(m, e, n, rest);
    if (read) n->body = ex_bin(m, EX_mul, read, weight);
    return read != NULL;
}

int pass_operand(OptCtx *c, Module *m)
{
    int done = 0;
    for (int k = 0; k < m->entries.n; k++) {
        NodeList list = entry_nodes(c, m->entries.at[k]);
        for (int j = 0; j < list.v.n; j++) done += operand_node(c, m, m->entries.at[k], list.v.at[j]);
    }
    return done;
}
