/* transpose.c - keys that the caller gives, position by position, are turned once so that scores can be computed for a run
 * of positions at a time. Takes sums of products over the last axis of both factors, one of them an input of which neither
 * axis that the product leaves open lies at stride 1; gives a copy of what the sum reads of it, whose layout the plan is
 * free to choose. Only for targets with vectors, and only when each element is read often enough to pay for its copy. */
#include "compiler/opt/util.h"
#include "targets/targets.h"

enum { MIN_ROWS = 8, MIN_LANES = 16 };

/* Largest bound of an output index that `in` uses and `not_in` does not; 0: there is none. */
static int64_t rows_of(const Module *m, const Entry *e, const Node *n, const Expr *in, const Expr *not_in)
{
    int64_t most = 0;
    for (int s = 0; s < n->rank; s++) {
        if (!ex_uses_slot(in, s) || ex_uses_slot(not_in, s)) continue;
        int64_t b = node_bound(m, e, n, s);
        if (b > most) most = b;
    }
    return most;
}

static int plain_read(const Expr *e)
{
    if (e->op != EX_read || e->dtype != DT_f32 || !e->n) return 0;
    for (int k = 0; k < e->n; k++) if (e->arg[k]->op != EX_index && e->arg[k]->op != EX_int) return 0;
    return 1;
}

/* y is the factor to copy. */
static int fits(const Module *m, const Entry *e, const Node *n, const Expr *x, const Expr *y)
{
    if (!plain_read(x) || !plain_read(y) || y->u.node->kind != NODE_input || node_is_const(x->u.node)) return 0;
    const Expr *last = y->arg[y->n - 1];
    if (last->op != EX_index || last->u.slot < n->rank || x->arg[x->n - 1] != last) return 0;
    return rows_of(m, e, n, x, y) >= MIN_ROWS && rows_of(m, e, n, y, x) >= MIN_LANES;
}

static int transpose_entry(Module *m, const Entry *e)
{
    int done = 0;
    for (int k = 0; k < e->block->nodes.n; k++) {
        Node *n = e->block->nodes.at[k];
        if (n->kind != NODE_compute || n->red != RED_sum || !n->nred || n->nconj || n->body->op != EX_mul) continue;
        Expr *x = n->body->arg[0], *y = n->body->arg[1], *copy = NULL;
        if (!plain_read(x) || !plain_read(y)) continue;
        /* of two inputs the one with more columns: the other gives the rows */
        int second = fits(m, e, n, x, y), first = fits(m, e, n, y, x);
        if (second) copy = expr_as_tensor(m, n, y, y->u.node->name);
        else if (first) copy = expr_as_tensor(m, n, x, x->u.node->name);
        if (!copy) continue;
        n->body = second ? ex_bin(m, EX_mul, x, copy) : ex_bin(m, EX_mul, copy, y);
        done++;
        k++;                                                 /* n has moved behind the copy */
    }
    return done;
}

int pass_transpose(OptCtx *c, Module *m)
{
    int done = 0;
    (void)c;
    if (!m->ctx->target || !m->ctx->target->width) return 0;
    for (int k = 0; k < m->entries.n; k++) done += transpose_entry(m, m->entries.at[k]);
    return done;
}
