/* factors.c - products in one form. Takes reductions by sum over a product, gives them with the factors that do not
 * depend on a reduced index taken out (into `post`), and the others as a plain product in structural order, so that
 * every nesting and order of the same factors is the same code. In other scalar code products of floats are ordered by
 * the deepest index that they use, outermost first, which leaves the emitter more to hoist; the two operands of a sum
 * are ordered, but sums of several terms are left as they are nested. */
#include "compiler/opt/util.h"

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
    Node bare;
    if (n->kind != NODE_compute || n->red != RED_sum || n->empty || !factors_of(n->body, &in)) return 0;
    range_ctx_outside(&base, &bare, m, e, n, 0);
    in.n = take_free(m, n, &base, in.f, in.n, out.f, &out.n);
    in.nd = take_free(m, n, &base, in.d, in.nd, out.d, &out.nd);
    DType t = n->body->dtype;
    if (in.n || in.nd) out.k = in.k, in.k = 1;                        /* of a sum of a literal it stays inside */
    Expr *body = factors_expr(m, &in, t);
    int moved = out.n || out.nd || !(out.k >= 1 && out.k <= 1);
    if ((body == n->body && !moved) || !opt_may(c)) return 0;
    n->body = body;
    if (!moved) return 1;
    out.f[out.n++] = ex_acc(m, t);
    Expr *acc = factors_expr(m, &out, t);
    n->post = n->post ? expr_put_acc(c, n->post, t, acc) : acc;
    return 1;
}

/* ---- order of operands ---- */

/* Deepest index used; what the reduction gives is deeper than all of them, literals come last. */
static int depth(const Expr *e)
{
    double v;
    if (ex_is_lit(e, &v)) return MAX_SLOTS + 1;
    if (e->traits & TRAIT_acc) return MAX_SLOTS;
    int d = 0;
    for (uint32_t s = ex_slots(e); s; s >>= 1) d++;
    return d;
}

static int before(const Expr *a, const Expr *b)
{
    int x = depth(a), y = depth(b);
    return x != y ? x < y : ex_cmp(a, b) < 0;
}

static int chain(Expr *e, Expr **list, int n)
{
    if (e->op == EX_mul) {
        n = chain(e->arg[0], list, n);
        return n < 0 ? n : chain(e->arg[1], list, n);
    }
    if (n == MAX_FACTOR) return -1;
    list[n] = e;
    return n + 1;
}

static Expr *order_part(void *u, Expr *e)
{
    OptCtx *c = u;
    Expr *f[MAX_FACTOR], *to;
    if (e->dtype != DT_f32 || (e->op != EX_mul && e->op != EX_add)) return NULL;
    if (e->op == EX_add) return before(e->arg[1], e->arg[0]) ? ex_add(c->m, e->arg[1], e->arg[0]) : NULL;
    int n = chain(e, f, 0);
    if (n < 0) return NULL;
    for (int i = 1; i < n; i++) {
        Expr *x = f[i];
        int k = i;
        for (; k > 0 && before(x, f[k - 1]); k--) f[k] = f[k - 1];
        f[k] = x;
    }
    for (; n > 1 && f[n - 1]->op == EX_flt && f[n - 2]->op == EX_flt; n--) f[n - 2] = ex_mul(c->m, f[n - 2], f[n - 1]);
    to = f[0];
    for (int i = 1; i < n; i++) to = ex_mul(c->m, to, f[i]);
    return to;
}

static int order_expr(OptCtx *c, Expr **e)
{
    if (!*e || (*e)->dtype != DT_f32) return 0;
    Expr *to = ex_rewrite(c->m, *e, order_part, c);
    if (to == *e || !opt_may(c)) return 0;
    *e = to;
    return 1;
}

static int order_node(OptCtx *c, Node *n)
{
    int sum = n->kind == NODE_compute && n->red == RED_sum;
    return (sum ? 0 : order_expr(c, &n->body)) + order_expr(c, &n->post) + order_expr(c, &n->empty);
}

int pass_factors(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) changes += factor_node(c, m->entries.at[i], list.v.at[k]) + order_node(c, list.v.at[k]);
    }
    return changes;
}
