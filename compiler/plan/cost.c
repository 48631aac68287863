/* cost.c - what a step costs: multiply-adds, other operations, bytes read and written. Counts with every size at its
 * bound, predicates taken as true: an upper bound that needs no machine. */
#include <string.h>
#include "compiler/plan/plan.h"

static double extent(const RangeCtx *rc, const Range *r)
{
    int64_t lo, hi, from, to;
    range_of(rc, r->hi, &lo, &hi);
    range_of(rc, r->lo, &from, &to);
    return hi > from ? (double)(hi - from) : 0;
}

/* Bytes of what is read, each once, and no more of a tensor than there are reads of it: rows of a table. */
typedef struct Bytes { const Plan *p; const Entry *e; double times, sum, constant; const Node *not; } Bytes;
static void add_bytes(void *u, Node *x)
{
    Bytes *b = u;
    double n = (double)node_count_bound(b->p->module, b->e, x);
    if (n <= 0 || x == b->not) return;
    double bytes = (n < b->times ? n : b->times) * dtype_info[x->dtype].bits / 8;
    b->sum += bytes;
    if (!x->block) b->constant += bytes;
}

static double reduced(const Module *m, const Entry *e, const Node *n)
{
    RangeCtx rc;
    double red = 1;
    range_ctx_base(&rc, m, e, n);
    for (int k = 0; k < n->nred; k++) red *= extent(&rc, &n->r[k]);
    return red;
}

static int is_product(const Node *n) { return n->red == RED_sum && n->nred && n->body && n->body->op == EX_mul && n->body->dtype == DT_f32; }

double node_macs(const Module *m, const Entry *e, const Node *n)
{
    int64_t count = node_count_bound(m, e, n);
    return is_product(n) && count > 0 ? (double)count * reduced(m, e, n) : 0;
}

static Cost node_cost(const Plan *p, const EntryPlan *ep, const Node *n)
{
    Cost c = {0, 0, 0, 0};
    int64_t count = node_count_bound(p->module, ep->entry, n);
    double out = count > 0 ? (double)count : 0, red = reduced(p->module, ep->entry, n);
    double times = n->kind == NODE_scatter ? red : out * red;
    if (is_product(n)) {
        c.macs = times;
        c.ops = times * (double)(n->body->n == 2 ? ex_cost(n->body->arg[0]) + ex_cost(n->body->arg[1]) : 0);
    } else if (n->body) c.ops = times * (double)(ex_cost(n->body) + (n->nred != 0));
    if (n->post) c.ops += out * ex_cost(n->post);
    if (n->kind == NODE_softmax) c.ops += out * 12;
    int scatter = n->kind == NODE_scatter;                   /* it writes into its base */
    Bytes b = {p, ep->entry, times, (scatter ? times : out) * dtype_info[n->dtype].bits / 8, 0, scatter ? n->in[0] : NULL};
    node_each_read(n, add_bytes, &b);
    c.bytes = b.sum;
    c.constant = b.constant;
    return c;
}

static void sum_up(Cost *c, Cost x, double times)
{
    c->macs += x.macs * times; c->ops += x.ops * times; c->bytes += x.bytes * times; c->constant += x.constant * times;
}

static Cost list_cost(const Plan *p, const EntryPlan *ep, Step *const *s, int n)
{
    Cost c = {0, 0, 0, 0};
    for (int k = 0; k < n; k++) sum_up(&c, step_cost(p, ep, s[k]), 1);
    return c;
}

Cost step_cost(const Plan *p, const EntryPlan *ep, const Step *s)
{
    Cost c = {0, 0, 0, 0}, other;
    switch (s->kind) {
    case STEP_node: return node_cost(p, ep, s->node);
    case STEP_copy: c.bytes = 2 * (double)s->dst->bytes; return c;
    case STEP_region: return list_cost(p, ep, s->body.at, s->body.n);    /* its nodes count all rows */
    case STEP_loop: {
        RangeCtx rc;
        int64_t lo = 0, hi = 0;
        range_ctx_base(&rc, p->module, ep->entry, s->node);
        range_of(&rc, s->node->trip, &lo, &hi);
        sum_up(&c, list_cost(p, ep, s->body.at, s->body.n), hi > 0 ? (double)hi : 0);
        return c;
    }
    case STEP_if:
        c = list_cost(p, ep, s->body.at, s->body.n);
        other = list_cost(p, ep, s->other.at, s->other.n);
        return other.macs + other.ops > c.macs + c.ops ? other : c;
    }
    return c;
}

Cost entry_cost(const Plan *p, const EntryPlan *ep) { return list_cost(p, ep, ep->steps.at, ep->steps.n); }

const char *step_title(Arena *a, const Step *s)
{
    if (s->kind == STEP_copy) return arena_printf(a, "copy to %s", s->dst->name);
    return s->node->name ? s->node->name : node_kind_name[s->node->kind];
}

const char *grouped(Arena *a, double n)
{
    char digits[64], out[96];
    snprintf(digits, sizeof digits, "%.0f", n);
    size_t len = strlen(digits), w = 0;
    for (size_t k = 0; k < len && w + 2 < sizeof out; k++) {
        if (k && (len - k) % 3 == 0 && digits[0] != '-') out[w++] = ' ';
        out[w++] = digits[k];
    }
    return arena_str(a, out, w);
}
