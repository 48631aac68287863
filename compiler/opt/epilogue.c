/* epilogue.c - a map over one reduction becomes its last step. Takes a reduction that only one map of the same index
 * set (in any order) reads, gives one node: the reduction with the map as `post`. The argument of a softmax that
 * scales or masks a reduction is such a map too: it is taken out first. It costs nothing and deletes a tensor. */
#include "compiler/opt/util.h"

typedef struct Epi { OptCtx *c; Module *m; Entry *e; Uses uses; int changes; } Epi;
typedef struct FindRead { const Node *of; const Expr *read; int n; } FindRead;

static void find_read(void *u, const Expr *e)
{
    FindRead *f = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != f->of) return;
    f->read = e;
    f->n++;
}

/* The one way in which e reads n, all subscripts a permutation of indices below rank; NULL: otherwise. */
static const Expr *only_read(const Expr *e, const Node *n, int rank, int *at)
{
    FindRead f = {n, NULL, 0};
    ex_visit(e, find_read, &f);
    return f.n == 1 && n->rank == rank && subs_are_permutation(f.read, rank, at) ? f.read : NULL;
}

static int is_reduction(const Node *n)
{
    return n->kind == NODE_compute && n->red != RED_none && !n->empty && node_is_exact(n);
}

/* Does n have no other reader than `reader`, and no other need to exist? */
static int is_private(Epi *k, const Node *n, const Node *reader)
{
    if (n->id >= k->uses.n) return 1;
    const Use *use = use_of(&k->uses, n);
    return !use->pinned && use->by.n == 1 && use->by.at[0] == reader && n->block == reader->block;
}

static int same_extents(const Node *red, const Node *map, const int *at)
{
    for (int i = 0; i < red->rank; i++)
        if (red->ext[i] != map->ext[at[i]]) return 0;
    return 1;
}

/* map = f(red[permuted]) becomes the reduction itself with post f(acc); red is dead after it. */
static int absorb(Epi *k, Node *map, Node *red)
{
    int at[MAX_RANK];
    Expr *by[MAX_SLOTS] = {0};
    const Expr *read = only_read(map->body, red, map->rank, at);
    if (!read || !same_extents(red, map, at) || !opt_may(k->c)) return 0;
    for (int i = 0; i < red->rank; i++) by[i] = ex_index(k->m, at[i]);
    map->red = red->red;
    map->nred = red->nred;
    for (int i = 0; i < red->nred; i++) {
        map->r[i].lo = ex_subst_slots(k->m, red->r[i].lo, by, red->rank);
        map->r[i].hi = ex_subst_slots(k->m, red->r[i].hi, by, red->rank);
    }
    map->nconj = 0;
    for (int i = 0; i < red->nconj; i++) node_add_conj(k->m, map, ex_subst_slots(k->m, red->conj[i], by, red->rank));
    Expr *acc = ex_acc(k->m, class_dtype(dtype_class(red->dtype)));   /* argmax gives an index, whatever its body */
    map->post = expr_put(k->c, map->body, read, red->post ? ex_subst_slots(k->m, red->post, by, red->rank) : acc);
    map->body = ex_subst_slots(k->m, red->body, by, red->rank);
    if (map->post == acc) map->post = NULL;
    if (!map->name) map->name = red->name;
    k->changes++;
    return 1;
}

typedef struct FindRed { Epi *k; const Node *reader; Node *found; int at[MAX_RANK]; const Expr *e; } FindRed;

/* The latest reduction that e reads and that may be absorbed by its reader. */
static void find_red(void *u, const Expr *e)
{
    FindRed *f = u;
    if (e->op != EX_read || !is_reduction(e->u.node) || !is_private(f->k, e->u.node, f->reader)) return;
    if (f->found && f->found->id >= e->u.node->id) return;
    if (only_read(f->e, e->u.node, f->reader->rank, f->at) && same_extents(e->u.node, f->reader, f->at)) f->found = e->u.node;
}

static Node *absorbable(Epi *k, const Node *reader)
{
    FindRed f = {.k = k, .reader = reader, .e = reader->body};
    ex_visit(reader->body, find_red, &f);
    return f.found;
}

/* softmax of f(score): a map node for f, which then becomes the epilogue of score. */
static void softmax_argument(Epi *k, Node *n)
{
    RangeCtx rc;
    Expr *subs[MAX_RANK];
    Node *red = absorbable(k, n);
    if (!red || n->nred || n->body->op == EX_read) return;
    range_ctx_base(&rc, k->m, k->e, n);
    if (!expr_is_safe(k->m, &rc, n->body) || !opt_may(k->c)) return;
    Node *map = node_before(k->m, n, NODE_compute, DT_f32, n->rank, n->ext, red->name);
    map->body = n->body;
    for (int i = 0; i < n->rank; i++) subs[i] = ex_index(k->m, i);
    n->body = ex_read(k->m, map, subs);
    k->changes++;
    absorb(k, map, red);
}

int pass_epilogue(OptCtx *c, Module *m)
{
    Epi k = {.c = c, .m = m};
    k.uses = uses_of(c, m);
    for (int i = 0; i < m->entries.n; i++) {
        k.e = m->entries.at[i];
        NodeList list = entry_nodes(c, k.e);
        for (int n = 0; n < list.v.n; n++) {
            Node *at = list.v.at[n], *red = node_is_map(at) && node_is_exact(at) ? absorbable(&k, at) : NULL;
            if (red) absorb(&k, at, red);
            else if (at->kind == NODE_softmax) softmax_argument(&k, at);
        }
    }
    return k.changes;
}
