/* merge.c - two neighbouring output indices that are only used together become one. Takes nodes in which indices a and
 * a+1 (of literal extent C) stand everywhere as a*C + (a+1), so that they walk through their operands as one index;
 * gives nodes with one index for both and readers with subscripts s*C + t. It is the inverse of split.c, which acts
 * only on indices that are used apart. Longer runs are what register tiles and vectors want.
 * It leaves tensors that must keep their shape (outputs, states, operands), row axes and padded reads. */
#include <string.h>
#include "compiler/opt/util.h"

typedef struct Merge { OptCtx *c; Module *m; Uses uses; int changes; } Merge;

/* ---- are two indices used together only? ---- */

/* e with the pair as one index: a*C + b -> a, later slots one less. lost: some use was of another form. */
typedef struct Pair { Module *m; int slot; int64_t size; int lost; Expr *by[MAX_SLOTS]; } Pair;

/* An affine sum whose coefficient of slot is C times that of slot + 1. */
static Expr *pair_sum(void *u, Expr *e)
{
    Pair *p = u;
    Affine a;
    Expr *first = ex_index(p->m, p->slot), *second = ex_index(p->m, p->slot + 1);
    uint32_t both = 3u << p->slot;
    if (e->dtype != DT_i32 || !(ex_slots(e) & both) || (e->op != EX_add && e->op != EX_sub) || !affine_of(e, &a)) return NULL;
    int64_t k = affine_coef(&a, second);
    if (!k || affine_coef(&a, first) != k * p->size) return NULL;
    int kept = 0;
    for (int i = 0; i < a.n; i++)
        if (a.t[i].atom != first) {
            a.t[kept] = a.t[i];
            if (a.t[i].atom == second) a.t[kept].atom = ex_index(p->m, MAX_SLOTS - 1);
            kept++;
        }
    a.n = kept;
    return affine_expr(p->m, &a);
}

static Expr *paired(Pair *p, Expr *e)
{
    if (!e || !(ex_slots(e) >> p->slot)) return e;
    e = ex_rewrite(p->m, e, pair_sum, p);
    if (ex_slots(e) & 3u << p->slot) p->lost = 1;
    return ex_subst_slots(p->m, e, p->by, MAX_SLOTS);
}

static void pair_expr(void *u, Expr **e) { *e = paired(u, *e); }

static int can_merge(const Merge *g, const Node *n, int slot, int64_t *size)
{
    const Use *use = use_of((Uses *)(uintptr_t)&g->uses, n);
    if (n->kind != NODE_compute || use->pinned || !use->by.n || n->rank + n->nred >= MAX_SLOTS - 1) return 0;
    return ex_is_int(n->ext[slot + 1], size) && *size > 1;
}

/* ---- readers ---- */

typedef struct Reader { const Node *of; int padded; } Reader;

static void padded_part(void *u, const Expr *e)
{
    Reader *r = u;
    if (e->op == EX_read_or && e->u.node == r->of) r->padded = 1;
}

static void padded_expr(void *u, Expr **e)
{
    if ((*e)->traits & TRAIT_read) ex_visit(*e, padded_part, u);
}

static int has_padded_read(Merge *g, const Node *n)
{
    Reader r = {n, 0};
    const Use *use = use_of(&g->uses, n);
    for (int i = 0; i < use->by.n && !r.padded; i++) node_each_expr(use->by.at[i], padded_expr, &r);
    return r.padded;
}

typedef struct Reshape { Module *m; const Node *of; int slot; int64_t size; } Reshape;

static Expr *reshape_part(void *u, Expr *e)
{
    const Reshape *r = u;
    Expr *subs[MAX_RANK];
    if (e->op != EX_read || e->u.node != r->of || e->n != r->of->rank + 1) return NULL;
    for (int i = 0, k = 0; i < e->n; i++)
        if (i != r->slot + 1) subs[k++] = e->arg[i];
    subs[r->slot] = ex_add(r->m, ex_mul(r->m, e->arg[r->slot], ex_int(r->m, r->size)), e->arg[r->slot + 1]);
    return ex_read(r->m, e->u.node, subs);
}

static void reshape_expr(void *u, Expr **e)
{
    Reshape *r = u;
    if ((*e)->traits & TRAIT_read) *e = ex_rewrite(r->m, *e, reshape_part, r);
}

/* ---- one step ---- */

static int merge_node(Merge *g, Node *n, int slot)
{
    int64_t size;
    Pair p = {.m = g->m, .slot = slot};
    if (!can_merge(g, n, slot, &size)) return 0;
    p.size = size;
    p.by[MAX_SLOTS - 1] = ex_index(g->m, slot);
    for (int i = slot + 2; i < MAX_SLOTS - 1; i++) p.by[i] = ex_index(g->m, i - 1);
    Node k = *n;
    if (n->nconj) k.conj = arena_dup(g->c->scratch, n->conj, (size_t)n->nconj * sizeof *n->conj);
    node_each_expr(&k, pair_expr, &p);
    if (p.lost || has_padded_read(g, n) || !opt_may(g->c)) return 0;
    node_each_expr(n, pair_expr, &p);
    n->ext[slot] = ex_mul(g->m, k.ext[slot], ex_int(g->m, size));
    memmove(&n->ext[slot + 1], &n->ext[slot + 2], (size_t)(n->rank - slot - 2) * sizeof(Expr *));
    n->rank--;
    Reshape r = {g->m, n, slot, size};
    const Use *use = use_of(&g->uses, n);
    for (int i = 0; i < use->by.n; i++) node_each_expr(use->by.at[i], reshape_expr, &r);
    return 1;
}

int pass_merge(OptCtx *c, Module *m)
{
    Merge g = {.c = c, .m = m};
    g.uses = uses_of(c, m);
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) {
            Node *n = list.v.at[k];
            for (int s = n->rank - 2; s >= 0; s--) g.changes += merge_node(&g, n, s);
        }
    }
    return g.changes;
}
