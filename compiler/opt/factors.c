/* factors.c - products in one form. Takes reductions by sum over a product, gives them with the factors that do not
 * depend on a reduced index taken out (into `post`), and the others as a plain product in structural order, so that
 * every nesting and order of the same factors is the same code. Sums of terms are left as written. */
#include "compiler/opt/util.h"

typedef struct PutAcc { Module *m; Expr *by; } PutAcc;

static Expr *put_acc(void *u, Expr *e) { return e->op == EX_acc ? ((PutAcc *)u)->by : NULL; }

static int uses_reduced(const Node *n, const Expr *e) { return ex_slots(e) >> n->rank != 0; }

/* Moves the factors of list `at` that may stand outside the sum to `out`; gives what stays. */
static int take_free(Module *m, const Node *n, const RangeCtx *base, Expr **at, int count, Expr **out, int *nout)
{
    int stay = 0;
    for (int i = 0; i < count; i++) {
        if (!uses_reduced(n, at[i]) && expr_is_safe(m, base, at[i])) out[(*nout)++] = at[i];
        else at[stay++] = at[i];
    }
    return stay;
}

static int factor_node(OptCtx *c, Entry *e, Node *n)
{
    Module *m = c->m;
    Factors in, out = {.k = 1};
    RangeCtx base;
    if (n->kind != NODE_compute || n->red != RED_sum || n->empty || !factors_of(n->body, &in)) return 0;
    range_ctx_base(&base, m, e, n);
    in.n = take_free(m, n, &base, in.f, in.n, out.f, &out.n);
    in.nd = take_free(m, n, &base, in.d, in.nd, out.d, &out.nd);
    DType t = n->body->dtype;
    if (t == DT_f32 || in.n) out.k = in.k, in.k = 1;
    if (!in.n && !in.nd) in.k = out.k, out.k = 1;                     /* sum of a literal: nothing to gain */
    Expr *body = factors_expr(m, &in, t);
    int moved = out.n || out.nd || !(out.k >= 1 && out.k <= 1);
    if ((body == n->body && !moved) || !opt_may(c)) return 0;
    n->body = body;
    if (!moved) return 1;
    out.f[out.n++] = ex_acc(m, t);
    Expr *acc = factors_expr(m, &out, t);
    PutAcc p = {m, acc};
    n->post = n->post ? ex_rewrite(m, n->post, put_acc, &p) : acc;
    return 1;
}

int pass_factors(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) changes += factor_node(c, m->entries.at[i], list.v.at[k]);
    }
    return changes;
}
