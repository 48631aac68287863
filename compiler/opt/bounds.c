/* bounds.c - conditions become loop bounds. Takes reductions with conjuncts that bound their reduced indices by output
 * indices, sizes or earlier reduced ones (j <= i, i - W < j, j < len[b], j / S == i / S), gives narrower ranges without
 * those conjuncts. Each conjunct bounds the last reduced index in it. What the domain of a softmax is stays a condition,
 * since its rows are whole; recognise.c says its bounds. Runs late: other passes look for conjuncts. */
#include "compiler/opt/recognise.h"
#include "compiler/opt/util.h"

/* The conjuncts whose last slot is `slot` come first; their number. */
static int about(const Node *n, int slot, Expr **conj)
{
    int first = 0, all = 0;
    Expr *others[MAX_REST];
    for (int i = 0; i < n->nconj; i++) {
        if (ex_slots(n->conj[i]) >> slot == 1) conj[first++] = n->conj[i];
        else others[all++] = n->conj[i];
    }
    for (int i = 0; i < all; i++) conj[first + i] = others[i];
    return first;
}

static int bound_slot(OptCtx *c, Entry *e, Node *n, int r)
{
    Module *m = c->m;
    IndexRange k;
    Expr *conj[MAX_REST];
    int slot = n->rank + r, all = n->nconj;
    if (!all || all > MAX_REST) return 0;
    int first = about(n, slot, conj);
    if (!recognise_range(m, e, n, slot, n->r[r], (1u << slot) - 1, conj, first, 0, &k)) return 0;
    if ((k.r.lo == n->r[r].lo && k.r.hi == n->r[r].hi && k.nrest == first) || !opt_may(c)) return 0;
    n->r[r] = k.r;
    n->nconj = 0;
    n->conj = NULL;
    for (int i = 0; i < k.nrest; i++) node_add_conj(m, n, k.rest[i]);
    for (int i = first; i < all; i++) node_add_conj(m, n, conj[i]);
    return 1;
}

int pass_bounds(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) {
            Node *n = list.v.at[k];
            if (n->kind != NODE_compute || n->red == RED_none) continue;
            for (int r = 0; r < n->nred; r++) changes += bound_slot(c, m->entries.at[i], n, r);
        }
    }
    return changes;
}
