/* online.c - attention over long rows in blocks of positions. Takes the steps of an entry, clipped; where scores, their softmax and
 * the sum behind it follow each other and whole rows of scores would not stay in the cache, puts the three into a region over blocks of
 * positions, so that work memory does not grow with the length. Whole rows, where they fit, are faster.
 *
 * A row keeps its highest score so far, and the total of exp(score - highest) over the blocks so far. A block gives exp(score - new
 * highest) in place of its scores, and `rescale` = exp(old highest - new highest), by which total and result are multiplied before
 * what the block adds; at the end the result is divided by the total, an empty one giving 0. The blocks are the same for every target,
 * width and number of threads. */
#include <math.h>
#include "compiler/plan/kernel.h"
#include "compiler/plan/plan_int.h"

enum { WHOLE_BYTES = 1 << 17, BLOCK = 512 };
typedef struct Trio { PlanCtx *c; Step *scores, *soft, *sum; int axis; } Trio;

static int reads_node(const Node *n, const Node *x)
{
    if ((n->body && ex_reads(n->body, x)) || (n->post && ex_reads(n->post, x)) || (n->empty && ex_reads(n->empty, x))) return 1;
    for (int k = 0; k < n->rank; k++) if ((n->sub[k] && ex_reads(n->sub[k], x)) || ex_reads(n->ext[k], x)) return 1;
    for (int k = 0; k < n->nconj; k++) if (ex_reads(n->conj[k], x)) return 1;
    for (int k = 0; k < n->nred; k++) if (ex_reads(n->r[k].lo, x) || ex_reads(n->r[k].hi, x)) return 1;
    for (int k = 0; k < n->nin; k++) if (n->in[k] == x) return 1;
    return 0;
}

/* Nobody but `by` reads x. */
static int only_reader(const Node *x, const Node *by)
{
    for (int k = 0; k < x->block->nodes.n; k++)
        if (x->block->nodes.at[k] != by && reads_node(x->block->nodes.at[k], x)) return 0;
    for (int k = 0; k < x->block->results.n; k++) if (x->block->results.at[k] == x) return 0;
    return 1;
}

static int same_regions(const Step *a, const Step *b)
{
    if (a->nin != b->nin) return 0;
    for (int k = 0; k < a->nin; k++) if (a->in[k].region != b->in[k].region) return 0;
    return 1;
}

/* The sum takes p at all of its positions, each once, and nothing behind it. */
static int sums_all(const Trio *t)
{
    const Node *n = t->sum->node, *p = t->soft->node;
    const Kernel *k = t->sum->kernel;
    int64_t lo;
    if (!k || k->kind != KERNEL_tile || n->nred != 1 || n->nconj || n->post || n->empty || n->dtype != DT_f32 || k->a->u.node != p || k->b->u.node == p) return 0;
    for (int j = 0; j < p->rank; j++)
        if (j == t->axis ? k->a->arg[j] != ex_index(t->c->m, n->rank) : ex_uses_slot(k->a->arg[j], n->rank)) return 0;
    return ex_is_int(n->r[0].lo, &lo) && lo == 0 && n->r[0].hi == p->ext[t->axis];
}

static int is_trio(Trio *t)
{
    const Node *s = t->scores->node, *p = t->soft->node;
    const Buffer *b = t->soft->dst;
    int64_t step;
    if (t->scores->kind != STEP_node || t->soft->kind != STEP_node || t->sum->kind != STEP_node) return 0;
    if (p->kind != NODE_softmax || !t->soft->nin || t->soft->nin >= MAX_NEST || b != t->scores->dst || b->space != SPACE_work) return 0;
    if (b->ntile != t->soft->nin || b->over || b->dtype != DT_f32 || b->bytes <= WHOLE_BYTES) return 0;
    for (t->axis = 0; t->axis < p->rank && !(p->row_axes >> t->axis & 1);) t->axis++;
    if (p->row_axes != 1u << t->axis || !t->scores->kernel || t->scores->kernel->lane != t->axis || p->body->op != EX_read || p->body->u.node != s) return 0;
    if (!ex_is_int(b->stride[t->axis], &step) || step != 1) return 0;
    if (!same_regions(t->scores, t->soft) || !same_regions(t->soft, t->sum) || t->sum->dst == b) return 0;
    return only_reader(s, p) && only_reader(p, t->sum->node) && sums_all(t);
}

/* A value beside those of the graph: one number a row of p, or the result of the sum. */
static Node *beside(PlanCtx *c, const Node *like, const char *name, Expr *body)
{
    Node *n = NEW(c->a, Node);
    n->id = c->m->next_node++; n->kind = NODE_compute; n->name = name; n->span = like->span; n->block = like->block;
    n->dtype = DT_f32; n->rank = like->rank; n->body = body;
    for (int k = 0; k < n->rank; k++) n->ext[k] = like->ext[k];
    return n;
}

/* Computes n into the memory of `of`, in the regions of `like`. */
static Step *beside_step(PlanCtx *c, Node *n, const Node *of, const Step *like, Buffer *dst)
{
    Step *s = NEW(c->a, Step);
    s->kind = STEP_node; s->node = n; s->of = of; s->dst = dst; s->nin = like->nin; s->pos = like->pos;
    for (int k = 0; k < s->nin; k++) s->in[k] = like->in[k];
    return s;
}

static Node *row_value(Trio *t, const char *name, double start)
{
    PlanCtx *c = t->c;
    Node *n = beside(c, t->soft->node, name, ex_flt(c->m, start));
    n->ext[t->axis] = ex_int(c->m, 1);
    NodeInfo *i = plan_info(c, n), *of = plan_info(c, t->soft->node);
    *i = *of;
    i->buf = buffer_new(c, SPACE_work, n, name);
    i->buf->first = t->soft->dst->first;
    i->buf->last = t->soft->dst->last > plan_info(c, t->sum->node)->pos ? t->soft->dst->last : plan_info(c, t->sum->node)->pos;
    return n;
}

static Region *blocks_region(Trio *t)
{
    PlanCtx *c = t->c;
    const Node *p = t->soft->node;
    Region *r = NEW(c->a, Region);
    int64_t bound = node_bound(c->m, c->ep->entry, p, t->axis);
    r->id = ++c->regions;
    r->rows = BLOCK;
    r->ext = p->ext[t->axis];
    r->outer = t->soft->in[t->soft->nin - 1].region;
    r->from = t->soft->clip.lo ? t->soft->clip.lo : ex_int(c->m, 0);
    r->to = t->soft->clip.lo ? t->soft->clip.hi : r->ext;
    r->first = sym_new(c->m, "block", SYM_loop, 0, bound, p->span);
    r->first->multiple = LANES;
    r->count = sym_new(c->m, "places", SYM_loop, 1, BLOCK, p->span);
    r->begin_pos = plan_info(c, t->scores->node)->pos;
    r->end_pos = plan_info(c, t->sum->node)->pos;
    return r;
}

/* The buffer of the scores keeps a block of each row. */
static void shrink(Trio *t, Region *r)
{
    Buffer *b = t->soft->dst;
    int64_t whole = node_bound(t->c->m, t->c->ep->entry, t->soft->node, t->axis), step;
    for (int k = 0; k < b->rank; k++)
        if (k != t->axis && ex_is_int(b->stride[k], &step)) b->stride[k] = ex_int(t->c->m, step / whole * BLOCK);
    b->count = b->count / whole * BLOCK;
    b->bytes = b->count * (dtype_info[b->dtype].bits / 8);
    b->tile[b->ntile].region = r;
    b->tile[b->ntile++].axis = t->axis;
}

static Expr *read_row(Trio *t, Node *x)
{
    Expr *subs[MAX_RANK];
    const Expr *a = t->sum->kernel->a;
    for (int k = 0; k < x->rank; k++) subs[k] = k == t->axis ? ex_int(t->c->m, 0) : a->arg[k];
    return ex_read(t->c->m, x, subs);
}

static void go_online(Trio *t, StepList *to)
{
    PlanCtx *c = t->c;
    Module *m = c->m;
    Node *out = t->sum->node, *high = row_value(t, "high", -INFINITY), *total = row_value(t, "total", 0), *rescale = row_value(t, "rescale", 0);
    Expr *own[MAX_RANK];
    Region *r = blocks_region(t);
    Step *loop = NEW(c->a, Step);
    Online *o = NEW(c->a, Online);
    for (int k = 0; k < out->rank; k++) own[k] = ex_index(m, k);
    Expr *sum = read_row(t, total), *mine = ex_read(m, out, own);
    o->high = high; o->total = total; o->rescale = rescale;
    o->post = ex_add(m, ex_mul(m, mine, read_row(t, rescale)), ex_acc(m, DT_f32));
    t->soft->online = t->sum->online = o;
    shrink(t, r);
    for (Step *const *s = (Step *const []){t->scores, t->soft, NULL}; *s; s++) {
        (*s)->clip.lo = (*s)->clip.hi = NULL;
        (*s)->in[(*s)->nin].region = r;
        (*s)->in[(*s)->nin++].axis = t->axis;
    }
    t->sum->clip.slot = out->rank;
    t->sum->clip.lo = ex_sym(m, r->first);
    t->sum->clip.hi = ex_add(m, ex_sym(m, r->first), ex_sym(m, r->count));
    loop->kind = STEP_region; loop->region = r; loop->node = t->soft->node; loop->pos = t->soft->pos;
    vec_push(c->a, &loop->body, t->scores);
    vec_push(c->a, &loop->body, t->soft);
    vec_push(c->a, &loop->body, t->sum);
    Step row = *t->soft;
    row.nin--;
    vec_push(c->a, &to->v, beside_step(c, high, high, &row, plan_buffer(c->ep, high)));
    vec_push(c->a, &to->v, beside_step(c, total, total, &row, plan_buffer(c->ep, total)));
    vec_push(c->a, &to->v, beside_step(c, beside(c, out, NULL, ex_flt(m, 0)), out, t->sum, t->sum->dst));
    vec_push(c->a, &to->v, loop);
    Expr *empty = ex_bin(m, EX_eq, sum, ex_flt(m, 0));
    Expr *scaled = ex_select(m, empty, ex_flt(m, 0), ex_bin(m, EX_div, mine, sum));
    vec_push(c->a, &to->v, beside_step(c, beside(c, out, out->name, scaled), out, t->sum, t->sum->dst));
}

void online_steps(PlanCtx *c, void *steps)
{
    StepList *l = steps, to = {{0}};
    int found = 0;
    for (int k = 0; k < l->v.n; k++) {
        Step *s = l->v.at[k];
        Trio t = {c, s, k + 2 < l->v.n ? l->v.at[k + 1] : NULL, k + 2 < l->v.n ? l->v.at[k + 2] : NULL, 0};
        if (t.sum && is_trio(&t)) {
            go_online(&t, &to);
            k += 2;
            found = 1;
            continue;
        }
        vec_push(c->a, &to.v, s);
        online_steps(c, &s->body);
        online_steps(c, &s->other);
    }
    if (found) *l = to;
}
