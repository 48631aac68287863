/* live.c - when each value is made and last needed. Takes an entry's blocks, gives positions: one a node, two for
 * a loop or if (begin, end). A value read inside a loop that does not contain its definition is needed until the
 * loop's end. Not: where anything lies. */
#include "compiler/plan/plan_int.h"

NodeInfo *plan_info(PlanCtx *c, const Node *n)
{
    NodeInfo *i = map_get(&c->ep->info, n);
    if (!i) {
        i = NEW(c->a, NodeInfo);
        i->pos = i->end = i->last = -1;
        map_put(&c->ep->info, n, i);
    }
    return i;
}

static void number_block(PlanCtx *c, const Block *b)
{
    for (int k = 0; k < b->args.n; k++) plan_info(c, b->args.at[k])->pos = c->pos++;
    for (int k = 0; k < b->nodes.n; k++) {
        const Node *n = b->nodes.at[k];
        NodeInfo *i = plan_info(c, n);
        if (n->kind == NODE_arg) continue;
        i->pos = c->pos++;
        if (n->then) number_block(c, n->then);
        if (n->other) number_block(c, n->other);
        i->end = n->then ? c->pos++ : i->pos;
    }
}

typedef struct Use { PlanCtx *c; const Block *at; int pos; } Use;

static void use_node(void *u, Node *x)
{
    Use *s = u;
    PlanCtx *c = s->c;
    if (!x->block) return;                         /* params and consts live for ever */
    const Block *b = s->at;
    int pos = s->pos;
    while (b && b != x->block && b->owner) {
        pos = plan_info(c, b->owner)->end;
        b = b->owner->block;
    }
    NodeInfo *i = plan_info(c, x);
    if (pos > i->last) i->last = pos;
}

static void use_block(PlanCtx *c, const Block *b)
{
    for (int k = 0; k < b->nodes.n; k++) {
        const Node *n = b->nodes.at[k];
        if (n->kind == NODE_arg) continue;
        Use u = {c, b, plan_info(c, n)->pos};
        node_each_read(n, use_node, &u);
        if (n->then) use_block(c, n->then);
        if (n->other) use_block(c, n->other);
    }
    if (!b->owner) return;
    for (int k = 0; k < b->results.n; k++) {
        Use u = {c, b, plan_info(c, b->owner)->end};
        use_node(&u, b->results.at[k]);
    }
}

void live_number(PlanCtx *c)
{
    const Entry *e = c->ep->entry;
    for (int k = 0; k < e->inputs.n; k++) plan_info(c, e->inputs.at[k])->pos = 0;
    c->pos = 1;
    number_block(c, e->block);
    use_block(c, e->block);
    Use end = {c, e->block, c->pos};
    for (int k = 0; k < e->outputs.n; k++) use_node(&end, e->outputs.at[k].node);
    for (int k = 0; k < e->taps.n; k++) use_node(&end, e->taps.at[k].node);
    for (int k = 0; k < e->state_out.n; k++) use_node(&end, e->state_out.at[k].node);
    c->ep->positions = c->pos + 1;
}
