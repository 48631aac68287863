/* split.c - which steps are worth more than one thread. Takes steps in order, marks those whose outermost loop the emitter
 * may share out: maps, sums, softmax, scans, copies, and whole row regions, whose tiles each part then has for itself.
 * A region of a single row shares out the heads inside it. A part writes nothing that another one reads, and every element is computed as
 * before, so the result has the same bits however many parts there are. Sorts and scatters whose steps may meet stay in one. */
#include "compiler/plan/plan_int.h"

/* Below this much work (multiply-adds, other operations twice, half of the bytes) waking threads costs more than it saves. */
enum { SPLIT_WORK = 1 << 18 };

static double work_of(Cost c) { return c.macs + 2 * c.ops + c.bytes / 2; }

/* A loop over an output index that may be cut into parts. */
static int has_loop(PlanCtx *c, const Node *n)
{
    uint32_t rows = n->kind == NODE_compute ? 0 : n->row_axes;
    for (int k = 0; k < n->rank; k++)
        if (!(rows >> k & 1) && node_bound(c->m, c->ep->entry, n, k) > 1) return 1;
    return 0;
}

static int can_split(PlanCtx *c, const Step *s)
{
    if (s->kind == STEP_copy) return has_loop(c, s->node);
    if (s->kind == STEP_region) return 1;
    if (s->kind != STEP_node) return 0;
    switch (s->node->kind) {
    case NODE_scatter: return scatter_injective(c->m, s->node) && s->node->nred > 0;
    case NODE_compute: case NODE_softmax: case NODE_cumsum: case NODE_cummax: return has_loop(c, s->node);
    default: return 0;
    }
}

typedef struct Sizes { const Sym *first; int others; } Sizes;
static void size_seen(void *u, const Expr *e)
{
    Sizes *s = u;
    if (e->op != EX_sym || e->u.sym->kind != SYM_dim) return;
    if (s->first && s->first != e->u.sym) s->others = 1;
    s->first = e->u.sym;
}

static void step_sizes(const Step *s, Sizes *sizes)
{
    for (int k = 0; k < s->node->rank; k++) ex_visit(s->node->ext[k], size_seen, sizes);
    for (int k = 0; k < s->node->nred; k++) { ex_visit(s->node->r[k].lo, size_seen, sizes); ex_visit(s->node->r[k].hi, size_seen, sizes); }
    for (int k = 0; k < s->body.n; k++) step_sizes(s->body.at[k], sizes);
}

/* Where one run-time size decides how much work there is, few of it stay in one thread. */
static void split_from(Step *s, double work)
{
    Sizes sizes = {NULL, 0};
    step_sizes(s, &sizes);
    if (!sizes.first || sizes.others) return;
    s->split_by = sizes.first;
    s->split_least = (int64_t)((double)sizes.first->hi * SPLIT_WORK / work) + 1;
}

/* A region one at a time, such as the heads of attention, inside one that may have a single row in all, as when one token is decoded:
 * then its items are shared out, if they are work enough. */
static void split_items(PlanCtx *c, const Step *s)
{
    const Region *r = s->region;
    int64_t size, lo, rows;
    RangeCtx rc;
    if (r->bounds.n || r->exact || ex_is_int(r->ext, &size)) return;
    range_ctx_base(&rc, c->m, c->ep->entry, s->node);
    range_of(&rc, r->ext, &lo, &rows);
    if (rows < 1) return;
    for (int k = 0; k < s->body.n; k++) {
        Step *in = s->body.at[k];
        if (in->kind == STEP_region && in->region->rows == 1 && work_of(step_cost(c->plan, c->ep, in)) / (double)rows >= SPLIT_WORK) in->split = 1;
    }
}

static void own_tiles(PlanCtx *c, const Region *r)
{
    for (int k = 0; k < c->ep->buffers.n; k++) {
        Buffer *b = c->ep->buffers.at[k];
        if (b->space == SPACE_work && b->ntile && b->tile[0].region == r) b->part_bytes = 1;    /* memory.c puts the distance */
    }
}

void split_steps(PlanCtx *c, Step *const *s, int n)
{
    for (int k = 0; k < n && c->plan->parts > 1; k++) {
        if (s[k]->kind == STEP_loop || s[k]->kind == STEP_if) {
            split_steps(c, s[k]->body.at, s[k]->body.n);
            split_steps(c, s[k]->other.at, s[k]->other.n);
            continue;
        }
        double work = work_of(step_cost(c->plan, c->ep, s[k]));
        if (work < SPLIT_WORK || !can_split(c, s[k])) continue;
        s[k]->split = 1;
        split_from(s[k], work);
        if (s[k]->kind == STEP_region) { own_tiles(c, s[k]->region); split_items(c, s[k]); }
    }
}

/* ---- steps that need not wait for each other ---- */
typedef struct Touch { PlanCtx *c; const Buffer *b; int found; } Touch;

static int same_bytes(const Buffer *a, const Buffer *b)
{
    if (a == b) return 1;
    if (a->space != b->space) return 0;
    if (a->space == SPACE_output) return a->index == b->index;
    return a->space != SPACE_input && a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

static void touch_read(void *u, Node *x)
{
    Touch *t = u;
    const Buffer *b = x->block ? plan_buffer(t->c->ep, x) : NULL;
    if (b && same_bytes(b, t->b)) t->found = 1;
}

static int reads(PlanCtx *c, const Step *s, const Buffer *b)
{
    Touch t = {c, b, 0};
    if (s->kind == STEP_copy) return same_bytes(s->src, b);
    node_each_read(s->node, touch_read, &t);
    return t.found;
}

static int independent(PlanCtx *c, const Step *a, const Step *b)
{
    return !same_bytes(a->dst, b->dst) && !reads(c, a, b->dst) && !reads(c, b, a->dst);
}

static int plain(const Step *s) { return s->split && (s->kind == STEP_node || s->kind == STEP_copy); }

void split_join(PlanCtx *c, Step *const *s, int n)
{
    for (int k = 0, first = 0; k < n; k++) {
        split_join(c, s[k]->body.at, s[k]->body.n);
        split_join(c, s[k]->other.at, s[k]->other.n);
        int joins = k > 0 && plain(s[k]) && plain(s[k - 1]);
        for (int j = first; j < k && joins; j++) joins = independent(c, s[j], s[k]);
        if (joins) s[k - 1]->with_next = 1;
        else first = k;
    }
}
