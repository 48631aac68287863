/* dce.c - what nothing needs goes. Takes a module, gives it without nodes, parameters and constants that no output,
 * tap, state, result or check depends on. Inputs, states and the results of regions stay: they are the interface. */
#include "compiler/opt/util.h"

typedef struct Dce { OptCtx *c; Module *m; char *live; Node **todo; int n, asked, may; } Dce;

static void need(void *u, Node *n)
{
    Dce *d = u;
    if (d->live[n->id]) return;
    d->live[n->id] = 1;
    d->todo[d->n++] = n;
}

static void need_read(void *u, const Expr *e)
{
    if (e->op == EX_read || e->op == EX_read_or) need(u, e->u.node);
}

static void need_expr(Dce *d, const Expr *e)
{
    if (e) ex_visit(e, need_read, d);
}

static void need_block(Dce *d, const Block *b)
{
    if (!b) return;
    for (int i = 0; i < b->results.n; i++) need(d, b->results.at[i]);
    for (int i = 0; i < b->args.n; i++) need(d, b->args.at[i]);
    if (b->owner) need(d, b->owner);
}

static void roots(Dce *d, Entry *e)
{
    for (int i = 0; i < e->inputs.n; i++) need(d, e->inputs.at[i]);
    for (int i = 0; i < e->outputs.n; i++) need(d, e->outputs.at[i].node);
    for (int i = 0; i < e->taps.n; i++) need(d, e->taps.at[i].node);
    for (int i = 0; i < e->state_out.n; i++) need(d, e->state_out.at[i].node);
    for (int i = 0; i < e->facts.n; i++) need_expr(d, e->facts.at[i]);
    for (int i = 0; i < e->checks.n; i++) {
        need_expr(d, e->checks.at[i].cond);
        for (int r = 0; r < e->checks.at[i].nred; r++) need_expr(d, e->checks.at[i].r[r].lo), need_expr(d, e->checks.at[i].r[r].hi);
    }
    need_block(d, e->block);
}

static void spread(Dce *d)
{
    while (d->n) {
        Node *n = d->todo[--d->n];
        node_each_read(n, need, d);
        need_block(d, n->then);
        need_block(d, n->other);
        if (n->block && n->block->owner) need(d, n->block->owner);    /* a node of a region lives by its loop */
    }
}

static int may_remove(Dce *d)
{
    if (!d->asked) d->asked = 1, d->may = opt_may(d->c);
    return d->may;
}

/* Keeps the live nodes of a list; gives how many went. The first one asks for all: half of them gone would leave dead
 * nodes that read what is gone. */
static int keep(Dce *d, Node **at, int *n)
{
    int left = 0, all = *n;
    for (int i = 0; i < all; i++)
        if (d->live[at[i]->id] || !may_remove(d)) at[left++] = at[i];
    *n = left;
    return all - left;
}

int pass_dce(OptCtx *c, Module *m)
{
    Dce d = {c, m, arena_alloc_n(c->scratch, m->next_node + 1, 1), NEWN(c->scratch, Node *, m->next_node + 1), 0, 0, 0};
    int gone = 0;
    for (int i = 0; i < m->entries.n; i++) roots(&d, m->entries.at[i]);
    spread(&d);
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) {
            Node *n = list.v.at[k];
            if (n->then) gone += keep(&d, n->then->nodes.at, &n->then->nodes.n);
            if (n->other) gone += keep(&d, n->other->nodes.at, &n->other->nodes.n);
        }
        gone += keep(&d, m->entries.at[i]->block->nodes.at, &m->entries.at[i]->block->nodes.n);
    }
    gone += keep(&d, m->params.at, &m->params.n);
    return gone + keep(&d, m->consts.at, &m->consts.n);
}
