/* shrink.c - a reduction is done once for what it depends on. Takes reductions whose body, ranges and conditions leave
 * out some of their output indices, as when a factor moved out of a sum was all that used one; gives a smaller
 * reduction, without these axes, and a map that spreads it. */
#include "compiler/opt/util.h"

static uint32_t used_outputs(const Node *n)
{
    uint32_t used = ex_slots(n->body);
    if (n->empty) used |= ex_slots(n->empty);
    for (int i = 0; i < n->nconj; i++) used |= ex_slots(n->conj[i]);
    for (int i = 0; i < n->nred; i++) used |= ex_slots(n->r[i].lo) | ex_slots(n->r[i].hi);
    return used & (((uint32_t)1 << n->rank) - 1);
}

/* An axis of size 1 costs nothing. */
static int is_long(const Node *n, int axis)
{
    int64_t size;
    return !ex_is_int(n->ext[axis], &size) || size > 1;
}

static Node *smaller(Module *m, Node *n, uint32_t keep, Expr **sub)
{
    Expr *ext[MAX_RANK], *by[MAX_SLOTS] = {0};
    int rank = 0;
    for (int i = 0; i < n->rank; i++) {
        if (!(keep >> i & 1)) continue;
        ext[rank] = n->ext[i];
        sub[rank] = ex_index(m, i);
        by[i] = ex_index(m, rank++);
    }
    for (int i = 0; i < n->nred; i++) by[n->rank + i] = ex_index(m, rank + i);
    int arg = n->red == RED_argmax || n->red == RED_argmin;
    Node *s = node_before(m, n, NODE_compute, arg ? DT_i32 : class_dtype(dtype_class(n->body->dtype)), rank, ext, NULL);
    int all = n->rank + n->nred;
    s->red = n->red;
    s->nred = n->nred;
    for (int i = 0; i < n->nred; i++) s->r[i] = (Range){ex_subst_slots(m, n->r[i].lo, by, all), ex_subst_slots(m, n->r[i].hi, by, all)};
    for (int i = 0; i < n->nconj; i++) node_add_conj(m, s, ex_subst_slots(m, n->conj[i], by, all));
    s->body = ex_subst_slots(m, n->body, by, all);
    s->empty = n->empty ? ex_subst_slots(m, n->empty, by, all) : NULL;
    if (dtype_class(s->dtype) == dtype_class(n->dtype) && !n->post) s->lo = n->lo, s->hi = n->hi;
    return s;
}

static int shrink(OptCtx *c, Module *m, Node *n)
{
    Expr *sub[MAX_RANK];
    if (n->kind != NODE_compute || n->red == RED_none) return 0;
    uint32_t keep = used_outputs(n);
    int gain = 0;
    for (int i = 0; i < n->rank; i++) gain |= !(keep >> i & 1) && is_long(n, i);
    if (!gain || !opt_may(c)) return 0;
    Node *s = smaller(m, n, keep, sub);
    Expr *value = ex_read(m, s, sub);
    n->body = n->post ? expr_put_acc(c, n->post, s->dtype, value) : value;
    n->red = RED_none;
    n->nred = n->nconj = 0;
    n->post = n->empty = NULL;
    return 1;
}

int pass_shrink(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        NodeList l = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < l.v.n; k++) changes += shrink(c, m, l.v.at[k]);
    }
    return changes;
}
