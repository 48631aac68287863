/* check.c - an independent replay of a plan. Takes the finished plan, walks its steps in order over a map of the arena by
 * bytes, and asserts that every read finds the value that its node made: nobody wrote over it since. Loop bodies run
 * twice. A region runs twice too: for the first half of its rows, then for the second; a whole tensor whose rows are
 * one run of bytes each is written and read by halves, any other is unfinished until the second half is done, and
 * what is kept for the rows at hand only is forgotten between them. Shares nothing with the code that placed the
 * buffers but the plan itself. */
#include <string.h>
#include "compiler/plan/plan.h"

/* part: some rows are not written yet; there `before` still lies, in the same buffer, whose rows run along `axis` */
typedef struct Bytes { int64_t lo, hi; const Node *owner; int part; const Node *before; int axis; } Bytes;
typedef struct Turn { const Region *region; int second; } Turn;
typedef struct Replay {
  const Plan *p; const EntryPlan *ep; Out *out; Arena *a;
  VEC(Bytes) map;                           /* work memory in order, without gaps */
  Map value;                                /* Buffer outside work -> Node whose value it holds */
  Turn turn[MAX_NEST]; int nturn;
  int faults; const Step *step;
} Replay;

static void fault(Replay *r, const Node *n, const char *what)
{
    r->faults++;
    out_f(r->out, "%s: step %%%u reads %%%u (%s): %s\n", r->ep->entry->name, r->step->node->id, n->id, n->name ? n->name : node_kind_name[n->kind], what);
}

/* ---- the map ---- */

/* Makes `at` a border; gives the index of the piece that begins there. */
static int split(Replay *r, int64_t at)
{
    int k = 0;
    while (k < r->map.n && r->map.at[k].hi <= at) k++;
    if (k == r->map.n || r->map.at[k].lo == at) return k;
    vec_push(r->a, &r->map, r->map.at[0]);
    memmove(r->map.at + k + 1, r->map.at + k, (size_t)(r->map.n - 1 - k) * sizeof *r->map.at);
    r->map.at[k].hi = r->map.at[k + 1].lo = at;
    return k + 1;
}

static void set_bytes(Replay *r, int64_t lo, int64_t hi, const Node *owner, int part)
{
    if (lo >= hi) return;
    int from = split(r, lo), to = split(r, hi);
    Bytes b = {lo, hi, owner, part, NULL, -1};
    r->map.at[from] = b;
    memmove(r->map.at + from + 1, r->map.at + to, (size_t)(r->map.n - to) * sizeof *r->map.at);
    r->map.n -= to - from - 1;
}

/* NULL when all of lo..hi is n's value. rows: the axis along which only the rows at hand are wanted, -1: all of it. late:
 * rows of an earlier iteration may have been replaced, where the new value has its rows in the same places. */
static const char *bytes_fault(Replay *r, int64_t lo, int64_t hi, const Node *n, int rows, int late)
{
    for (int k = 0; k < r->map.n; k++) {
        const Bytes *b = &r->map.at[k];
        if (b->hi <= lo || b->lo >= hi) continue;
        if (b->owner != n && b->part && late && rows >= 0 && b->before == n && b->axis == rows) continue;
        if (b->owner != n) return b->owner ? arena_printf(r->a, "bytes %lld.. hold %%%u", (long long)(b->lo > lo ? b->lo : lo), b->owner->id) : "not written yet";
        if (b->part && rows < 0) return "some rows are not written yet";
    }
    return NULL;
}

/* Where a buffer is in the map: states lie behind the work memory. -1: elsewhere. */
static int64_t place(const Replay *r, const Buffer *b)
{
    return b->space == SPACE_work ? b->offset : b->space == SPACE_state ? r->ep->work_bytes + b->offset : -1;
}

/* ---- rows ---- */
static int is_tile_of(const Buffer *b, const Region *g)
{
    for (int k = 0; k < b->ntile; k++) if (b->tile[k].region == g) return 1;
    return 0;
}

static int second_half(const Replay *r, const Region *g)
{
    for (int k = 0; k < r->nturn; k++) if (r->turn[k].region == g) return r->turn[k].second;
    return 0;
}

/* An axis of one element: its stride says nothing. */
static int is_single(const Buffer *b, int axis)
{
    int64_t n;
    if (b->state) return b->state->shape[axis] == 1;
    return b->node && b->node->rank == b->rank && ex_is_int(b->node->ext[axis], &n) && n == 1;
}

/* Bytes of the half of the rows that is at hand along an outermost axis without gaps; 0: no such run. */
static int half_bytes(const Replay *r, const Buffer *b, int axis, const Region *g, int64_t *lo, int64_t *hi)
{
    int64_t stride, rows;
    if (b->panel || !ex_is_int(b->stride[axis], &stride) || stride <= 0 || b->count % stride) return 0;
    rows = b->count / stride;
    for (int k = 0; k < b->rank; k++) {
        int64_t v;
        if (k != axis && !is_single(b, k) && (!ex_is_int(b->stride[k], &v) || v >= stride)) return 0;
    }
    int64_t size = dtype_info[b->dtype].bits / 8, cut = rows / 2 * stride * size;
    *lo = place(r, b) + (second_half(r, g) ? cut : 0);
    *hi = place(r, b) + (second_half(r, g) ? b->bytes : cut);
    return 1;
}

typedef struct Aligned { const Node *x; int slot, axis, bad; } Aligned;
static void aligned_read(void *u, const Expr *e)
{
    Aligned *a = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != a->x) return;
    int at = -1;
    for (int k = 0; k < a->x->rank; k++) if (e->arg[k]->op == EX_index && e->arg[k]->u.slot == a->slot) at = k;
    if (at < 0 || (a->axis >= 0 && a->axis != at)) a->bad = 1;
    a->axis = at;
}
static void aligned_expr(void *u, Expr **e) { ex_visit(*e, aligned_read, u); }

/* Axis of x at which step s always has its row in region g; -1. */
static int aligned_axis(const Step *s, const Region *g, const Node *x)
{
    Aligned a = {x, -1, -1, 0};
    for (int k = 0; k < s->nin; k++) if (s->in[k].region == g) a.slot = s->in[k].axis;
    for (int k = 0; k < s->node->nin; k++) if (s->node->in[k] == x) return -1;
    node_each_expr((Node *)(uintptr_t)s->node, aligned_expr, &a);
    return a.bad ? -1 : a.axis;
}

/* ---- writing and reading ---- */

/* What each part of the work has for itself, and what all share, do not mix. */
static int in_its_part(const Replay *r, const Buffer *b)
{
    const EntryPlan *ep = r->ep;
    if (!b->part_bytes) return b->offset + b->bytes <= ep->shared_bytes;
    return b->part_bytes == ep->part_bytes && b->offset >= ep->shared_bytes && b->offset + b->bytes <= ep->shared_bytes + ep->part_bytes;
}

static void wrote(Replay *r, const Buffer *b, const Node *n)
{
    if (place(r, b) < 0) { map_put(&r->value, b, (void *)(uintptr_t)n); return; }
    if (b->space == SPACE_work && b->offset + b->bytes > r->ep->work_bytes) { fault(r, n, "buffer outside the arena"); return; }
    if (b->space == SPACE_work && !in_its_part(r, b)) { fault(r, n, "buffer outside of its part of the arena"); return; }
    int whole = 0, last = 1, first = 1;
    const RegionAt *at = NULL;
    for (int k = 0; r->step->kind == STEP_node && k < r->step->nin; k++) {
        if (is_tile_of(b, r->step->in[k].region)) continue;
        whole++;
        at = &r->step->in[k];
        if (second_half(r, at->region)) first = 0;
        else last = 0;
    }
    int64_t lo = place(r, b), hi = place(r, b) + b->bytes;
    if (whole == 1 && half_bytes(r, b, at->axis, at->region, &lo, &hi)) set_bytes(r, lo, hi, n, 0);
    else {
        const char *why = whole && !first ? bytes_fault(r, lo, hi, n, 0, 0) : NULL;
        if (why) fault(r, n, arena_printf(r->a, "its rows are lost: %s", why));
        int was = split(r, lo);
        const Node *before = was < r->map.n && r->map.at[was].hi == hi ? r->map.at[was].owner : NULL;
        set_bytes(r, lo, hi, n, whole && !last);
        if (whole != 1 || last || !before || !before->block || plan_buffer(r->ep, before) != b) return;
        r->map.at[split(r, lo)].before = before;
        r->map.at[split(r, lo)].axis = at->axis;
    }
}

/* What a softmax over blocks keeps of its rows. */
static void wrote_rows(Replay *r, const Online *o)
{
    wrote(r, plan_buffer(r->ep, o->high), o->high);
    wrote(r, plan_buffer(r->ep, o->total), o->total);
    wrote(r, plan_buffer(r->ep, o->rescale), o->rescale);
}

static void read_work(Replay *r, const Node *n, const Buffer *b)
{
    int64_t lo = place(r, b), hi = place(r, b) + b->bytes;
    int rows = -1, late = 0;
    for (int k = 0; r->step->kind == STEP_node && k < r->step->nin; k++) {
        const Region *g = r->step->in[k].region;
        if (is_tile_of(b, g)) continue;
        int axis = aligned_axis(r->step, g, n);
        if (axis < 0 || n->ext[axis] != g->ext) continue;
        rows = axis;
        late = second_half(r, g);
        half_bytes(r, b, axis, g, &lo, &hi);
        break;
    }
    const char *why = bytes_fault(r, lo, hi, n, rows, late);
    if (why) fault(r, n, why);
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
    if (n->kind == NODE_undef || b->space == SPACE_weight) return;
    if (place(r, b) >= 0) { read_work(r, n, b); return; }
    const Node *has = map_get(&r->value, b);
    if (has != n && !(has && has->kind == NODE_undef)) fault(r, n, has ? "its memory holds another value" : "not written yet");
}

/* What a step overwrites it may read only element for element, at the end of its sum. */
typedef struct Over { Replay *r; const Step *s; const Node *x; int bad; } Over;
static void over_read(void *u, const Expr *e)
{
    Over *o = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != o->x) return;
    const Buffer *b = plan_buffer(o->r->ep, o->x);
    if (e->op == EX_read_or || b->rank != o->s->dst->rank) { o->bad = 1; return; }
    for (int k = 0; k < e->n; k++)
        if (e->arg[k]->op != EX_index || e->arg[k]->u.slot != k || b->stride[k] != o->s->dst->stride[k]) o->bad = 1;
}

static void check_over(void *u, Node *x)
{
    Over *o = u;
    const Node *n = o->s->node;
    const Buffer *b = x->block ? plan_buffer(o->r->ep, x) : NULL, *d = o->s->dst;
    if (!b || place(o->r, b) < 0 || place(o->r, d) < 0 || place(o->r, b) >= place(o->r, d) + d->bytes || place(o->r, d) >= place(o->r, b) + b->bytes) return;
    if (n->kind == NODE_scatter) return;                     /* goes over its base; other operands: by liveness */
    o->x = x;
    o->bad = place(o->r, b) != place(o->r, d) || (n->nred && ex_reads(n->body, x));
    ex_visit(n->body, over_read, o);
    if (n->post) ex_visit(n->post, over_read, o);
    for (int k = 0; k < n->nconj; k++) ex_visit(n->conj[k], over_read, o);
    for (int k = 0; k < n->nred; k++) if (ex_reads(n->r[k].lo, x) || ex_reads(n->r[k].hi, x)) o->bad = 1;
    for (int k = 0; k < n->nin; k++) if (n->in[k] == x) o->bad = 1;
    if (o->bad) fault(o->r, x, "overwritten by the step that reads it");
}

/* ---- steps ---- */
static void replay(Replay *r, Step *const *steps, int n);

static void holds(Replay *r, const Buffer *b, const Node *n)
{
    if (place(r, b) >= 0) set_bytes(r, place(r, b), place(r, b) + b->bytes, n, 0);
    else map_put(&r->value, b, (void *)(uintptr_t)n);
}

static void results(Replay *r, const Step *s)
{
    for (int j = 0; j < s->node->block->nodes.n; j++) {
        const Node *x = s->node->block->nodes.at[j];
        if (x->kind == NODE_result && x->in[0] == s->node) holds(r, plan_buffer(r->ep, x), x);
    }
}

static void replay_loop(Replay *r, const Step *s)
{
    for (int turn = 0; turn < 2; turn++) {
        for (int k = 0; k < s->node->nin; k++) holds(r, plan_buffer(r->ep, s->node->then->args.at[k]), s->node->then->args.at[k]);
        replay(r, s->body.at, s->body.n);
    }
    results(r, s);
}

static void forget_tiles(Replay *r, Step *const *steps, int n, const Region *g)
{
    for (int k = 0; k < n; k++) {
        if (steps[k]->kind == STEP_region) forget_tiles(r, steps[k]->body.at, steps[k]->body.n, g);
        const Buffer *b = steps[k]->kind == STEP_node ? steps[k]->dst : NULL;
        if (b && b->space == SPACE_work && is_tile_of(b, g)) set_bytes(r, b->offset, b->offset + b->bytes, NULL, 0);
    }
}

static void replay_region(Replay *r, const Step *s)
{
    Turn *t = &r->turn[r->nturn++];
    t->region = s->region;
    for (t->second = 0; t->second < 2; t->second++) {
        forget_tiles(r, s->body.at, s->body.n, s->region);
        replay(r, s->body.at, s->body.n);
    }
    r->nturn--;
}

static void replay(Replay *r, Step *const *steps, int n)
{
    for (int k = 0; k < n; k++) {
        const Step *s = steps[k];
        Over over = {r, s, NULL, 0};
        r->step = s;
        switch (s->kind) {
        case STEP_node:
            node_each_read(s->node, read_node, r);
            node_each_read(s->node, check_over, &over);
            wrote(r, s->dst, s->of ? s->of : s->node);
            if (s->online && s->node->kind == NODE_softmax) wrote_rows(r, s->online);
            break;
        case STEP_copy: wrote(r, s->dst, s->node); break;
        case STEP_loop: replay_loop(r, s); break;
        case STEP_if:
            replay(r, s->body.at, s->body.n);
            replay(r, s->other.at, s->other.n);
            results(r, s);
            break;
        case STEP_region: replay_region(r, s); break;
        }
    }
}

static int check_entry(const Plan *p, const EntryPlan *ep, Out *o)
{
    Replay r = {0};
    r.p = p; r.ep = ep; r.out = o; r.a = arena_new();
    Bytes all = {0, ep->work_bytes + p->state_bytes + 1, NULL, 0, NULL, -1};
    vec_push(r.a, &r.map, all);
    map_init(&r.value, r.a);
    for (int j = 0; j < ep->entry->inputs.n; j++) map_put(&r.value, plan_buffer(ep, ep->entry->inputs.at[j]), ep->entry->inputs.at[j]);
    for (int j = 0; j < ep->entry->block->nodes.n; j++) {
        Node *x = ep->entry->block->nodes.at[j];
        if (x->kind == NODE_state) holds(&r, plan_buffer(ep, x), x);
    }
    replay(&r, ep->steps.at, ep->steps.n);
    for (int j = 0; j < ep->entry->state_out.n; j++) {
        const Buffer *b = map_get(&p->state_of, ep->entry->state_out.at[j].state);
        const Node *n = ep->entry->state_out.at[j].node;
        if (n->block && bytes_fault(&r, place(&r, b), place(&r, b) + b->bytes, n, -1, 0)) { r.faults++; out_f(o, "%s: state '%s' does not end with its value\n", ep->entry->name, b->name); }
    }
    arena_free(r.a);
    return r.faults;
}

int plan_check(const Plan *p, Out *o)
{
    int faults = 0;
    for (int k = 0; k < p->entries.n; k++) faults += check_entry(p, p->entries.at[k], o);
    return faults;
}
