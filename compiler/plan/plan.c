/* plan.c - graph to plan: buffers and steps of every entry. Decides which values share memory (scatter into its
 * base, element-wise maps into a dying operand, loop carries, states) and where copies are needed.
 * Not: offsets (memory.c), lifetimes (live.c). */
#include "compiler/plan/kernel.h"
#include "compiler/plan/plan_int.h"

const char *const space_name[SPACE_COUNT] = {"work", "state", "input", "output", "weight"};

Buffer *plan_buffer(const EntryPlan *ep, const Node *n)
{
    NodeInfo *i = map_get(&ep->info, n);
    return i ? i->buf : NULL;
}

/* Of two axes of a tile of which one has a single row whenever the other has several, the other one; -1. They share their rows. */
static int shared_axis(const Buffer *b, int k)
{
    for (int j = 0; j < b->ntile; j++)
        for (int i = 0; i < b->ntile; i++) {
            if (b->tile[j].region->under != b->tile[i].region) continue;
            if (b->tile[j].axis == k) return b->tile[i].axis;
            if (b->tile[i].axis == k) return b->tile[j].axis;
        }
    return -1;
}

static int64_t axis_bound(PlanCtx *c, const Buffer *b, const Node *like, int k)
{
    int64_t rows = 0;
    for (int j = 0; j < b->ntile; j++)
        if ((b->tile[j].axis == k || b->tile[j].axis == shared_axis(b, k)) && b->tile[j].region->rows > rows) rows = b->tile[j].region->rows;
    if (rows) return rows;
    int64_t bound = node_bound(c->m, c->ep ? c->ep->entry : NULL, like, k);
    if (bound >= 0) return bound;
    diag_error(&c->m->ctx->diag, like->span, "unbounded-arena", "size %d of '%s' has no bound", k, b->name);
    return 1;
}

static void grow_count(PlanCtx *c, Buffer *b, const Node *like, int64_t by)
{
    if (b->count > (INT64_C(1) << 40) / (by ? by : 1)) {
        diag_error(&c->m->ctx->diag, like->span, "arena-too-large", "'%s' has more than 2^40 elements", b->name);
        b->count = 1;
    }
    b->count *= by;
}

Buffer *buffer_new(PlanCtx *c, Space space, const Node *like, const char *name)
{
    Buffer *b = NEW(c->a, Buffer);
    b->id = c->ep ? c->ep->buffers.n : 0;
    b->space = space; b->dtype = like->dtype; b->rank = like->rank; b->node = like;
    b->name = name ? name : like->name ? like->name : "t";
    b->first = 1 << 30; b->last = -1; b->count = 1;
    NodeInfo *info = c->ep ? map_get(&c->ep->info, like) : NULL;
    if (space == SPACE_work && info) {
        b->ntile = info->tile;
        for (int k = 0; k < info->tile; k++) b->tile[k] = info->in[k];
    }
    Expr *run = ex_int(c->m, 1);
    const Layout *l = space == SPACE_work || space == SPACE_weight || space == SPACE_state ? layout_of(&c->plan->wanted, like) : NULL;
    int order[MAX_RANK];
    int64_t size[MAX_RANK];
    layout_order(like, l, order);
    for (int j = 0; j < like->rank; j++) {
        int k = order[j], with = shared_axis(b, k);
        if (with >= 0 && b->stride[with]) { b->stride[k] = b->stride[with]; continue; }
        b->stride[k] = run;
        size[k] = axis_bound(c, b, like, k);
        grow_count(c, b, like, size[k]);
        run = space == SPACE_input || space == SPACE_output ? ex_mul(c->m, run, like->ext[k]) : ex_int(c->m, b->count);
    }
    if (l && l->panel && (space == SPACE_weight || space == SPACE_state)) layout_panels(c->m, b, l, order, size);
    b->bytes = b->count * (dtype_info[b->dtype].bits / 8);
    if (c->ep) vec_push(c->a, &c->ep->buffers, b);
    return b;
}

Buffer *weight_buffer(PlanCtx *c, const Node *n)
{
    Plan *p = c->plan;
    Buffer *b = map_get(&p->weight_of, n);
    if (b) return b;
    EntryPlan *ep = c->ep;
    c->ep = NULL;
    b = buffer_new(c, SPACE_weight, n, NULL);
    c->ep = ep;
    b->id = p->weights.n;
    b->offset = p->weight_bytes;
    p->weight_bytes += (b->bytes + 63) / 64 * 64;
    Weight w = {n, b};
    vec_push(c->a, &p->weights, w);
    map_put(&p->weight_of, n, b);
    return b;
}

static int tile_of(const Buffer *b, const Region *r)
{
    for (int k = 0; k < b->ntile; k++) if (b->tile[k].region == r) return 1;
    return 0;
}

static void claim(PlanCtx *c, const Node *n, Buffer *b)
{
    NodeInfo *i = plan_info(c, n);
    i->buf = b;
    int end = i->last < i->pos ? i->pos : i->last, begin = i->pos;
    if (n->kind == NODE_loop || n->kind == NODE_if) end = i->end;
    for (int k = c->ep->regions.n - 1; k >= 0; k--) {        /* needed for the rows to come, made for those before */
        const Region *r = c->ep->regions.at[k];
        if (tile_of(b, r)) continue;
        if (r->begin_pos <= end && end < r->end_pos) end = r->end_pos;
        if (r->begin_pos < begin && begin <= r->end_pos && i->nin) begin = r->begin_pos;
    }
    if (begin < b->first) b->first = begin;
    if (end > b->last) b->last = end;
}

static Step *step_new(PlanCtx *c, StepKind k, Node *n, Buffer *dst, Buffer *src)
{
    Step *s = NEW(c->a, Step);
    s->kind = k; s->node = n; s->dst = dst; s->src = src;
    return s;
}

/* ---- sharing ---- */
static int same_strides(const Buffer *b, const Buffer *like)
{
    if (b->rank != like->rank || b->dtype != like->dtype || b->count != like->count || b->panel != like->panel || b->col_axes != like->col_axes) return 0;
    for (int k = 0; k < b->rank; k++)
        if (b->stride[k] != like->stride[k]) return 0;
    return 1;
}

typedef struct Reads { const Node *x; int bad, seen; int rank; } Reads;

static void identity_read(void *u, const Expr *e)
{
    Reads *r = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != r->x) return;
    r->seen = 1;
    if (e->op == EX_read_or || e->n != r->rank) { r->bad = 1; return; }
    for (int k = 0; k < e->n; k++)
        if (e->arg[k]->op != EX_index || e->arg[k]->u.slot != k) r->bad = 1;
}

/* n reads x only element for element, each before it writes there (maps and row operations): it may lie over x. */
static int elementwise_on(const Node *n, const Node *x)
{
    if ((n->kind != NODE_compute && n->kind != NODE_softmax && n->kind != NODE_cumsum && n->kind != NODE_cummax) || n->nred || n->rank != x->rank) return 0;
    Reads r = {x, 0, 0, n->rank};
    ex_visit(n->body, identity_read, &r);
    for (int k = 0; k < n->rank; k++) if (ex_reads(n->ext[k], x)) return 0;
    return r.seen && !r.bad;
}

static int writable(const PlanCtx *c, const Node *x, const Node *by)
{
    NodeInfo *i = map_get(&c->ep->info, x);
    if (!i || !i->buf) return 0;
    if (x->kind == NODE_input || x->kind == NODE_param || x->kind == NODE_const) return 0;
    NodeInfo *b = map_get(&c->ep->info, by);
    if (i->last > b->pos) return 0;
    if (i->buf->space == SPACE_state) return b->in_state == i->buf->state && i->buf->state;
    return i->buf->space == SPACE_work;
}

typedef struct Donor { PlanCtx *c; const Node *n; Node *best; } Donor;

static void consider_donor(void *u, Node *x)
{
    Donor *d = u;
    if (d->best || !x->block || x->rank == 0 || !writable(d->c, x, d->n)) return;
    const NodeInfo *i = plan_info(d->c, d->n);
    const Buffer *xb = plan_info(d->c, x)->buf;
    if (xb->ntile != i->tile || i->tile < i->nin) return;    /* what outlives an iteration: region_donor */
    for (int k = 0; k < i->tile; k++) if (xb->tile[k].region != i->in[k].region) return;
    if (x->block != d->n->block || !elementwise_on(d->n, x)) return;
    if (x->dtype == d->n->dtype) d->best = x;
}

static int reads_in_exprs(const Node *n, const Node *x)
{
    if (n->body && ex_reads(n->body, x)) return 1;
    for (int k = 0; k < n->rank; k++) if (n->sub[k] && ex_reads(n->sub[k], x)) return 1;
    for (int k = 0; k < n->nconj; k++) if (ex_reads(n->conj[k], x)) return 1;
    for (int k = 0; k < n->nred; k++) if (ex_reads(n->r[k].lo, x) || ex_reads(n->r[k].hi, x)) return 1;
    return 0;
}

/* Marks the chain of nodes that may live in a state's own memory: from the final value back through scatters
 * and loop results to the state's first value. */
static void mark_state_chain(PlanCtx *c, const State *s, const Node *n)
{
    while (n && n->block) {
        NodeInfo *i = plan_info(c, n);
        i->in_state = s;
        if (n->kind == NODE_scatter) n = n->in[0];
        else if (n->kind == NODE_result && n->in[0]->kind == NODE_loop) {
            const Node *loop = n->in[0];
            mark_state_chain(c, s, loop->then->results.at[n->k + loop->has_exit]);
            n = loop->in[n->k];
        } else return;
    }
}

/* The old value of a state must not be needed once its memory is overwritten by the final one. */
static int state_free_for(PlanCtx *c, const State *s, const Node *n)
{
    const Entry *e = c->ep->entry;
    for (int k = 0; k < e->block->nodes.n; k++) {
        const Node *x = e->block->nodes.at[k];
        if (x->kind == NODE_state && x->state == s && plan_info(c, x)->last >= plan_info(c, n)->pos && !elementwise_on(n, x)) return 0;
        if (x->kind == NODE_state && x->state == s && plan_info(c, x)->last > plan_info(c, n)->pos) return 0;
    }
    return 1;
}

static Buffer *output_of(PlanCtx *c, const Node *n)
{
    const Entry *e = c->ep->entry;
    for (int k = 0; k < e->outputs.n; k++)
        if (e->outputs.at[k].node == n && n->block == e->block) {
            Buffer *b = buffer_new(c, SPACE_output, n, e->outputs.at[k].name);
            b->index = k;
            return b;
        }
    return NULL;
}

static int output_has(PlanCtx *c, const Node *n)
{
    const Entry *e = c->ep->entry;
    for (int k = 0; k < e->outputs.n; k++) if (e->outputs.at[k].node == n) return 1;
    for (int k = 0; k < e->state_out.n; k++) if (e->state_out.at[k].node == n) return 1;
    return 0;
}

/* Row axis outermost and without gaps: a row is one run of bytes. */
static int64_t row_bytes(const Buffer *b, int axis, int64_t rows)
{
    int64_t v;
    if (!ex_is_int(b->stride[axis], &v) || rows <= 0 || v * rows != b->count) return -1;
    return v * (dtype_info[b->dtype].bits / 8);
}

typedef struct Own { const Node *x, *n; int bad; } Own;
static void own_read(void *u, const Expr *e)
{
    Own *o = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != o->x) return;
    if (e->op == EX_read_or || e->n != o->n->rank) { o->bad = 1; return; }
    for (int k = 0; k < e->n; k++) if (e->arg[k]->op != EX_index || e->arg[k]->u.slot != k) o->bad = 1;
}

/* n reads x only where it writes, and after all that it reads elsewhere: in `post`, or without a sum. */
static int reads_own_element(const Node *n, const Node *x)
{
    Own o = {x, n, 0};
    if (n->kind != NODE_compute) return 0;
    if (n->nred && ex_reads(n->body, x)) return 0;
    if (reads_in_exprs(n, x) && n->nred) return 0;
    ex_visit(n->body, own_read, &o);
    if (n->post) ex_visit(n->post, own_read, &o);
    for (int k = 0; k < n->nconj; k++) ex_visit(n->conj[k], own_read, &o);
    return !o.bad;
}

/* A whole tensor made in a region may lie over one that dies there, when every read of the old one in the region is
 * of the same rows and comes before. A donor is taken once. */
static Buffer *region_donor(PlanCtx *c, Node *n)
{
    NodeInfo *ni = plan_info(c, n);
    const Region *region = ni->in[0].region;
    EntryPlan *ep = c->ep;
    Buffer *mine = NULL;
    for (int k = 0; k < n->block->nodes.n; k++) {
        Node *x = n->block->nodes.at[k];
        NodeInfo *xi = plan_info(c, x);
        if (xi->taken || !xi->buf || xi->buf->space != SPACE_work || xi->buf->ntile || (xi->nin && xi->in[0].region == region)) continue;
        if (xi->last < region->begin_pos || xi->last > ni->pos || x->rank == 0 || x->kind == NODE_arg) continue;
        if (xi->buf->last > region->end_pos) continue;
        int axis = region_aligned(c, region, x);
        if (axis < 0 || x->ext[axis] != region->ext) continue;
        if (!mine) { c->ep = NULL; mine = buffer_new(c, SPACE_work, n, NULL); c->ep = ep; }
        int64_t rows = node_bound(c->m, ep->entry, n, ni->in[0].axis), need = row_bytes(mine, ni->in[0].axis, rows);
        if (need < 0 || need != row_bytes(xi->buf, axis, rows) || mine->bytes != xi->buf->bytes || mine->dtype != xi->buf->dtype) continue;
        if (xi->last == ni->pos && (!reads_own_element(n, x) || !same_strides(xi->buf, mine))) continue;
        /* n itself reads x: then an element may only be read by the one that takes its place */
        if (xi->last == ni->pos && (!elementwise_on(n, x) || !same_strides(mine, xi->buf))) continue;
        xi->taken = 1;
        /* same bytes seen with other strides: a buffer of its own that shares the place */
        Buffer *b = buffer_new(c, SPACE_work, n, NULL);
        b->over = xi->buf->over ? xi->buf->over : xi->buf;
        return b;
    }
    return NULL;
}

static Buffer *value_buffer(PlanCtx *c, Node *n)
{
    NodeInfo *i = plan_info(c, n);
    if (i->in_state && n->block == c->ep->entry->block && n->kind != NODE_scatter && state_free_for(c, i->in_state, n)) {
        Buffer *b = map_get(&c->plan->state_of, i->in_state);
        if (b->dtype == n->dtype) return b;
    }
    Buffer *out = i->tile ? NULL : output_of(c, n);
    if (out) return out;
    if (i->nin == 1 && !i->tile && (out = region_donor(c, n)) != NULL) return out;
    Donor d = {c, n, NULL};
    node_each_read(n, consider_donor, &d);
    if (d.best) {
        Buffer *b = plan_info(c, d.best)->buf;
        Buffer like = *b;
        int had = c->ep->buffers.n;
        Buffer *mine = buffer_new(c, SPACE_work, n, NULL);
        c->ep->buffers.n = had;                              /* only to compare */
        if (same_strides(&like, mine)) return b;
    }
    return buffer_new(c, SPACE_work, n, NULL);
}

static void plan_block(PlanCtx *c, Block *b, void *steps);

static void add(PlanCtx *c, void *list, Step *s)
{
    StepList *l = list;
    vec_push(c->a, &l->v, s);
}

static void copy_if_apart(PlanCtx *c, void *steps, Node *like, Buffer *dst, Buffer *src)
{
    if (dst != src) add(c, steps, step_new(c, STEP_copy, like, dst, src));
}

static void plan_scatter(PlanCtx *c, Node *n, void *steps)
{
    Node *base = n->in[0];
    NodeInfo *bi = plan_info(c, base);
    int direct = base->block && writable(c, base, n) && !reads_in_exprs(n, base) && bi->buf->dtype == n->dtype;
    Buffer *dst = direct ? bi->buf : buffer_new(c, SPACE_work, n, NULL);
    claim(c, n, dst);
    if (!direct && base->kind != NODE_undef) copy_if_apart(c, steps, n, dst, base->block ? bi->buf : weight_buffer(c, base));
    add(c, steps, step_new(c, STEP_node, n, dst, NULL));
}

static Buffer *carry_buffer(PlanCtx *c, Node *loop, int k, void *steps)
{
    Node *init = loop->in[k], *arg = loop->then->args.at[k];
    NodeInfo *ii = plan_info(c, init);
    int once = 1;
    for (int j = 0; j < loop->nin; j++) if (j != k && loop->in[j] == init) once = 0;
    Buffer *src = init->block ? ii->buf : weight_buffer(c, init);
    int share = once && init->block && init->kind != NODE_input && ii->last <= plan_info(c, loop)->pos && src->dtype == arg->dtype &&
                (src->space == SPACE_work || (src->space == SPACE_state && ii->in_state == src->state));
    if (share) return src;
    Buffer *b = buffer_new(c, SPACE_work, arg, loop->in[k]->name);
    if (init->kind != NODE_undef) add(c, steps, step_new(c, STEP_copy, arg, b, src));
    return b;
}

static void plan_loop(PlanCtx *c, Node *n, void *steps)
{
    NodeInfo *li = plan_info(c, n);
    Buffer **carry = NEWN(c->a, Buffer *, n->nin + 1), **next = NEWN(c->a, Buffer *, n->nin + 1);
    for (int k = 0; k < n->nin; k++) {
        carry[k] = carry_buffer(c, n, k, steps);
        plan_info(c, n->then->args.at[k])->in_state = carry[k]->space == SPACE_state ? carry[k]->state : NULL;
        claim(c, n->then->args.at[k], carry[k]);
        if (li->pos < carry[k]->first) carry[k]->first = li->pos;
        if (li->end > carry[k]->last) carry[k]->last = li->end;
    }
    Step *s = step_new(c, STEP_loop, n, NULL, NULL);
    li->buf = NULL;
    plan_block(c, n->then, &s->body);
    /* parallel assignment: a next value that lies in another carry's memory goes through a temporary */
    for (int k = 0; k < n->nin; k++) {
        Node *r = n->then->results.at[k + n->has_exit];
        Buffer *src = r->block ? plan_info(c, r)->buf : weight_buffer(c, r);
        for (int j = 0; j < n->nin; j++)
            if (j != k && carry[j] == src) {
                Buffer *t = buffer_new(c, SPACE_work, r, "swap");
                t->first = li->pos; t->last = li->end;
                add(c, &s->body, step_new(c, STEP_copy, r, t, src));
                src = t;
                break;
            }
        next[k] = src;
    }
    for (int k = 0; k < n->nin; k++)
        copy_if_apart(c, &s->body, n->then->args.at[k], carry[k], next[k]);
    if (n->has_exit) {
        Node *go = n->then->results.at[0];
        s->src = go->block ? plan_info(c, go)->buf : weight_buffer(c, go);
    }
    add(c, steps, s);
    n->note = carry;
}

static void plan_if(PlanCtx *c, Node *n, void *steps)
{
    NodeInfo *fi = plan_info(c, n);
    Buffer **res = NEWN(c->a, Buffer *, n->nres + 1);
    Step *s = step_new(c, STEP_if, n, NULL, NULL);
    for (int k = 0; k < n->nres; k++) {
        res[k] = buffer_new(c, SPACE_work, n->then->results.at[k], NULL);
        res[k]->first = fi->pos; res[k]->last = fi->end;
    }
    plan_block(c, n->then, &s->body);
    if (n->other) plan_block(c, n->other, &s->other);
    for (int k = 0; k < n->nres; k++) {
        Node *x = n->then->results.at[k], *y = n->other->results.at[k];
        copy_if_apart(c, &s->body, x, res[k], x->block ? plan_info(c, x)->buf : weight_buffer(c, x));
        copy_if_apart(c, &s->other, y, res[k], y->block ? plan_info(c, y)->buf : weight_buffer(c, y));
    }
    add(c, steps, s);
    n->note = res;
}

static void need_weight(void *u, Node *x)
{
    if (!x->block) weight_buffer(u, x);
}

/* The step of a computed value, inside the loops of its regions. */
static void add_value_step(PlanCtx *c, void *steps, Node *n, Buffer *b)
{
    NodeInfo *i = plan_info(c, n);
    Step *s = step_new(c, STEP_node, n, b, NULL);
    Kernel kernel;
    kernel_choose(c->m, c->ep->entry, n, i->in, i->nin, &kernel);
    if (kernel.kind == KERNEL_tile) kernel_tune(c->plan, c->ep->entry, n, i->in, i->nin, &kernel);
    if (kernel.kind != KERNEL_nest) s->kernel = arena_dup(c->a, &kernel, sizeof kernel);
    s->nin = i->nin;
    for (int k = 0; k < i->nin; k++) {
        s->in[k] = i->in[k];
        StepList *l = steps;
        Step *r = l->v.n ? l->v.at[l->v.n - 1] : NULL;
        if (!r || r->kind != STEP_region || r->region != i->in[k].region) {
            r = step_new(c, STEP_region, n, NULL, NULL);
            r->region = i->in[k].region;
            add(c, steps, r);
        }
        steps = &r->body;
    }
    add(c, steps, s);
}

static void plan_node(PlanCtx *c, Node *n, void *steps)
{
    Buffer *b;
    if (plan_info(c, n)->table) {
        plan_info(c, n)->buf = weight_buffer(c, n);
        return;
    }
    node_each_read(n, need_weight, c);
    switch (n->kind) {
    case NODE_input: case NODE_arg: return;
    case NODE_state: claim(c, n, map_get(&c->plan->state_of, n->state)); return;
    case NODE_undef: claim(c, n, buffer_new(c, SPACE_work, n, NULL)); return;
    case NODE_scatter: plan_scatter(c, n, steps); return;
    case NODE_loop: plan_loop(c, n, steps); return;
    case NODE_if: plan_if(c, n, steps); return;
    case NODE_result: claim(c, n, ((Buffer **)n->in[0]->note)[n->k]); return;
    default:
        b = value_buffer(c, n);
        claim(c, n, b);
        add_value_step(c, steps, n, b);
    }
}

static void plan_block(PlanCtx *c, Block *b, void *steps)
{
    for (int k = 0; k < b->nodes.n; k++) plan_node(c, b->nodes.at[k], steps);
}

static void plan_ends(PlanCtx *c)
{
    const Entry *e = c->ep->entry;
    for (int k = 0; k < e->outputs.n; k++) {
        Node *n = e->outputs.at[k].node;
        Buffer *src = n->block ? plan_info(c, n)->buf : weight_buffer(c, n);
        if (src->space == SPACE_output && src->index == k) continue;
        Buffer *b = buffer_new(c, SPACE_output, n, e->outputs.at[k].name);
        b->index = k;
        add(c, &c->ep->steps, step_new(c, STEP_copy, n, b, src));
    }
    /* states last: an output may still want an old value */
    for (int k = 0; k < e->state_out.n; k++) {
        Node *n = e->state_out.at[k].node;
        Buffer *src = n->block ? plan_info(c, n)->buf : weight_buffer(c, n), *dst = map_get(&c->plan->state_of, e->state_out.at[k].state);
        copy_if_apart(c, &c->ep->steps, n, dst, src);
    }
}

static void plan_states(PlanCtx *c)
{
    for (int k = 0; k < c->m->states.n; k++) {
        State *s = c->m->states.at[k];
        Node like = {0};
        like.dtype = s->dtype; like.rank = s->rank; like.name = s->name; like.span = s->span;
        for (int d = 0; d < s->rank; d++) like.ext[d] = ex_int(c->m, s->shape[d]);
        const Layout *l = layout_of(&c->plan->wanted, (const void *)s);
        if (l) map_put(&c->plan->wanted, &like, (void *)(uintptr_t)l);
        Buffer *b = buffer_new(c, SPACE_state, &like, s->name);
        if (l) map_put(&c->plan->wanted, &like, NULL);
        b->node = NULL; b->state = s; b->id = k;
        b->offset = c->plan->state_bytes;
        c->plan->state_bytes += (b->bytes + 63) / 64 * 64;
        vec_push(c->a, &c->plan->states, b);
        map_put(&c->plan->state_of, s, b);
    }
}

enum { MAX_TABLE = 1 << 20 };
/* A value of constants that is dear to compute and not large is computed by the compiler and stored like a weight. */
static int is_table(PlanCtx *c, const Node *n)
{
    int64_t count = 1, v;
    if (n->kind != NODE_compute || !node_is_const(n) || output_has(c, n)) return 0;
    for (int k = 0; k < n->rank; k++) {
        if (!ex_is_int(n->ext[k], &v)) return 0;
        count *= v;
    }
    return count <= MAX_TABLE && (n->nred || ex_cost(n->body) >= 4);
}

static void mark_table(void *u, Node *n)
{
    plan_info(u, n)->table = is_table(u, n);
}

static void all_regions(PlanCtx *c, Block *b)
{
    regions_form(c, b);
    for (int k = 0; k < b->nodes.n; k++) {
        if (b->nodes.at[k]->then) all_regions(c, b->nodes.at[k]->then);
        if (b->nodes.at[k]->other) all_regions(c, b->nodes.at[k]->other);
    }
}

static EntryPlan *entry_begin(PlanCtx *c, const Entry *e)
{
    EntryPlan *ep = NEW(c->a, EntryPlan);
    ep->entry = e;
    map_init(&ep->info, c->a);
    c->ep = ep;
    live_number(c);
    for (int i = 0; i < e->state_out.n; i++) mark_state_chain(c, e->state_out.at[i].state, e->state_out.at[i].node);
    block_each_node(e->block, mark_table, c);
    all_regions(c, e->block);
    layout_want(c->m, ep, &c->plan->wanted, c->a);
    return ep;
}

static void entry_plan(PlanCtx *c, EntryPlan *ep)
{
    const Entry *e = ep->entry;
    c->ep = ep;
    for (int i = 0; i < e->inputs.n; i++) {
        Buffer *b = buffer_new(c, SPACE_input, e->inputs.at[i], NULL);
        b->index = i;
        claim(c, e->inputs.at[i], b);
    }
    plan_block(c, e->block, &ep->steps);
    plan_ends(c);
    clip_steps(c, ep->steps.at, ep->steps.n);
    online_steps(c, &ep->steps);
    split_steps(c, ep->steps.at, ep->steps.n);
    memory_place(ep, c->plan->parts);
    split_join(c, ep->steps.at, ep->steps.n);
    if (ep->work_bytes > c->plan->work_bytes) c->plan->work_bytes = ep->work_bytes;
}

Plan *plan_make(Module *m, Arena *a)
{
    Plan *p = NEW(a, Plan);
    p->module = m; p->arena = a;
    p->parts = m->ctx->threads > 1 ? m->ctx->threads : 1;
    map_init(&p->weight_of, a); map_init(&p->state_of, a); map_init(&p->wanted, a);
    PlanCtx c = {0};
    c.plan = p; c.m = m; c.a = a;
    int before = m->ctx->diag.errors;
    /* layouts of weights and states are agreed on over all entries before any is placed */
    for (int k = 0; k < m->entries.n; k++) vec_push(a, &p->entries, entry_begin(&c, m->entries.at[k]));
    c.ep = NULL;
    plan_states(&c);
    for (int k = 0; k < m->entries.n; k++) entry_plan(&c, p->entries.at[k]);
    return m->ctx->diag.errors > before ? NULL : p;
}
