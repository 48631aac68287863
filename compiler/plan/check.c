/* check.c - an independent replay of a plan. Takes the finished plan, walks its steps in order (loop bodies twice) over a
 * map of the arena in 64-byte cells, and asserts that every read finds the value that its node made: nobody wrote
 * over the bytes since. Shares nothing with the code that placed the buffers but the plan itself. */
#include <string.h>
#include "compiler/plan/plan.h"

enum { CELL = 64 };
typedef struct Replay {
  const Plan *p; const EntryPlan *ep; Out *out; Arena *a;
  const Buffer **cell; int64_t cells;       /* whose bytes these are now */
  Map value;                                /* Buffer -> Node whose value it holds */
  int faults; const Step *step;
} Replay;

static void fault(Replay *r, const Node *n, const char *what)
{
    r->faults++;
    out_f(r->out, "%s: step %%%u reads %%%u (%s): %s\n", r->ep->entry->name, r->step->node->id, n->id, n->name ? n->name : node_kind_name[n->kind], what);
}

static void wrote(Replay *r, const Buffer *b, const Node *n)
{
    map_put(&r->value, b, (void *)(uintptr_t)n);
    if (b->space != SPACE_work) return;
    if (b->offset < 0 || b->offset + b->bytes > r->ep->work_bytes) { fault(r, n, "buffer outside the arena"); return; }
    for (int64_t k = b->offset / CELL; k * CELL < b->offset + b->bytes; k++) r->cell[k] = b;
}

static void read_node(void *u, Node *n)
{
    Replay *r = u;
    if (!n->block) {
        if (!map_get(&r->p->weight_of, n)) fault(r, n, "constant without memory");
        return;
    }
    const Buffer *b = plan_buffer(r->ep, n);
    if (!b) { fault(r, n, "no memory"); return; }
    const Node *has = map_get(&r->value, b);
    if (n->kind == NODE_undef || (has && has->kind == NODE_undef && has == n)) return;
    if (has != n) { fault(r, n, has ? "its memory holds another value" : "not written yet"); return; }
    if (b->space != SPACE_work) return;
    for (int64_t k = b->offset / CELL; k * CELL < b->offset + b->bytes; k++)
        if (r->cell[k] != b) { fault(r, n, arena_printf(r->a, "bytes overwritten by '%s'", r->cell[k] ? r->cell[k]->name : "?")); return; }
}

static void replay(Replay *r, Step *const *steps, int n);

static void replay_loop(Replay *r, const Step *s)
{
    const Node *loop = s->node;
    for (int turn = 0; turn < 2; turn++) {
        for (int k = 0; k < loop->nin; k++) {
            const Buffer *b = plan_buffer(r->ep, loop->then->args.at[k]);
            if (b->space == SPACE_work && loop->in[k]->kind == NODE_undef && !turn) wrote(r, b, loop->then->args.at[k]);
            map_put(&r->value, b, loop->then->args.at[k]);
        }
        replay(r, s->body.at, s->body.n);
    }
    for (int j = 0; j < loop->block->nodes.n; j++) {
        const Node *x = loop->block->nodes.at[j];
        if (x->kind == NODE_result && x->in[0] == loop) map_put(&r->value, plan_buffer(r->ep, x), (void *)(uintptr_t)x);
    }
}

static void replay_if(Replay *r, const Step *s)
{
    replay(r, s->body.at, s->body.n);
    replay(r, s->other.at, s->other.n);
    for (int j = 0; j < s->node->block->nodes.n; j++) {
        const Node *x = s->node->block->nodes.at[j];
        if (x->kind == NODE_result && x->in[0] == s->node) map_put(&r->value, plan_buffer(r->ep, x), (void *)(uintptr_t)x);
    }
}

static void replay(Replay *r, Step *const *steps, int n)
{
    for (int k = 0; k < n; k++) {
        const Step *s = steps[k];
        r->step = s;
        switch (s->kind) {
        case STEP_node:
            node_each_read(s->node, read_node, r);
            wrote(r, s->dst, s->node);
            break;
        case STEP_copy: wrote(r, s->dst, s->node); break;
        case STEP_loop: replay_loop(r, s); break;
        case STEP_if: replay_if(r, s); break;
        case STEP_region: replay(r, s->body.at, s->body.n); break;
        }
    }
}

int plan_check(const Plan *p, Out *o)
{
    int faults = 0;
    for (int k = 0; k < p->entries.n; k++) {
        const EntryPlan *ep = p->entries.at[k];
        Replay r = {0};
        r.p = p; r.ep = ep; r.out = o; r.a = arena_new();
        r.cells = ep->work_bytes / CELL + 1;
        r.cell = NEWN(r.a, const Buffer *, r.cells);
        map_init(&r.value, r.a);
        for (int j = 0; j < ep->entry->inputs.n; j++) map_put(&r.value, plan_buffer(ep, ep->entry->inputs.at[j]), ep->entry->inputs.at[j]);
        for (int j = 0; j < ep->entry->block->nodes.n; j++) {
            Node *x = ep->entry->block->nodes.at[j];
            if (x->kind == NODE_state && !map_get(&r.value, plan_buffer(ep, x))) map_put(&r.value, plan_buffer(ep, x), x);
        }
        replay(&r, ep->steps.at, ep->steps.n);
        for (int j = 0; j < ep->entry->state_out.n; j++) {
            const Buffer *b = map_get(&p->state_of, ep->entry->state_out.at[j].state);
            if (map_get(&r.value, b) != ep->entry->state_out.at[j].node && ep->entry->state_out.at[j].node->block) { faults++; out_f(o, "%s: state '%s' does not end with its value\n", ep->entry->name, b->name); }
        }
        faults += r.faults;
        arena_free(r.a);
    }
    return faults;
}
