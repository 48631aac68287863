/* interp_node.c - the meaning of nodes that do not run over index spaces: argsort, host functions, regions; and the
 * order of evaluation. Takes a block, gives every node of it its value. */
#include <math.h>
#include <string.h>
#include "compiler/ir/interp_loop.h"

/* Elements of one value at most. */
static const int64_t max_elements = (int64_t)1 << 31;

void interp_shape(Interp *ip, const Node *n, int64_t *shape)
{
    int64_t count = 1;
    int bad = 0;
    for (int d = 0; d < n->rank; d++) {
        shape[d] = interp_int(ip, n->ext[d]);
        if (shape[d] < 0) interp_fault(ip, INTERP_ARG, "%%%u: size %d is %lld", n->id, d, (long long)shape[d]), bad = 1;
        else if (__builtin_mul_overflow(count, shape[d], &count) || count > max_elements) bad = 1;
    }
    if (!bad) return;
    interp_fault(ip, INTERP_ARG, "%%%u is too big", n->id);
    memset(shape, 0, (size_t)n->rank * sizeof *shape);
}

/* ---- copies ---- */

static void copy_into(Value *to, const Value *from)
{
    int64_t n = value_count(to);
    for (int64_t i = 0; i < n; i++) {
        if (to->f) to->f[i] = store_f(to->dtype, from->f[i]);
        else to->i[i] = store_i(to->dtype, from->i[i]);
    }
}

/* n's value becomes a copy of v, whose shape must be the one that n declares. */
static void assign(Interp *ip, const Node *n, const Value *v)
{
    int64_t shape[MAX_RANK];
    interp_shape(ip, n, shape);
    for (int d = 0; d < n->rank; d++)
        if (shape[d] != v->shape[d])
            interp_fault(ip, INTERP_ARG, "%%%u: size %d is %lld, wanted %lld", n->id, d, (long long)v->shape[d], (long long)shape[d]);
    copy_into(interp_make(ip, n, n->rank, v->shape), v);
}

/* ---- argsort ---- */

typedef struct Sort { const Value *v; int64_t base; int desc; } Sort;

/* May b stand before a although it came later? NaN is last in both orders. */
static int before(const Sort *s, int64_t b, int64_t a)
{
    if (s->v->f) {
        double x = s->v->f[s->base + b], y = s->v->f[s->base + a];
        if (isnan(x) || isnan(y)) return !isnan(x) && isnan(y);
        return s->desc ? x > y : x < y;
    }
    int64_t x = s->v->i[s->base + b], y = s->v->i[s->base + a];
    return s->desc ? x > y : x < y;
}

/* Merge sort from below: stable. */
static void merge_sort(const Sort *s, int64_t *p, int64_t *tmp, int64_t n)
{
    for (int64_t w = 1; w < n; w *= 2) {
        for (int64_t lo = 0; lo < n; lo += 2 * w) {
            int64_t mid = lo + w < n ? lo + w : n, hi = lo + 2 * w < n ? lo + 2 * w : n, a = lo, b = mid;
            for (int64_t k = lo; k < hi; k++) tmp[k] = b < hi && (a >= mid || before(s, p[b], p[a])) ? p[b++] : p[a++];
        }
        memcpy(p, tmp, (size_t)n * sizeof *p);
    }
}

static void run_argsort(Interp *ip, const Node *n)
{
    int64_t shape[MAX_RANK], last;
    const Value *in = interp_value(ip, n->in[0]);
    interp_shape(ip, n, shape);
    last = in->shape[in->rank - 1];
    for (int d = 0; d < n->rank; d++)
        if (d + 1 < n->rank ? shape[d] != in->shape[d] : shape[d] > last) {
            interp_fault(ip, INTERP_ARG, "%%%u: size %d is %lld, its operand has %lld", n->id, d, (long long)shape[d], (long long)in->shape[d]);
            memset(shape, 0, sizeof shape);
        }
    Value *out = interp_make(ip, n, n->rank, shape);
    int64_t keep = shape[n->rank - 1], rows = keep ? value_count(out) / keep : 0;
    Arena *a = arena_new();
    int64_t *p = NEWN(a, int64_t, last + 1), *tmp = NEWN(a, int64_t, last + 1);
    for (int64_t row = 0; row < rows; row++) {
        Sort s = {in, row * last, n->k};
        for (int64_t i = 0; i < last; i++) p[i] = i;
        merge_sort(&s, p, tmp, last);
        for (int64_t i = 0; i < keep; i++) out->i[row * keep + i] = store_i(n->dtype, p[i]);
    }
    arena_free(a);
}

/* ---- search: counted one by one, which does not need the keys to be in order ---- */

static void run_search(Interp *ip, const Node *n)
{
    int64_t shape[MAX_RANK];
    const Value *key = interp_value(ip, n->in[0]), *from = interp_value(ip, n->in[1]), *query = interp_value(ip, n->in[2]);
    interp_shape(ip, n, shape);
    if (shape[0] != query->shape[0] || from->shape[0] != key->shape[0]) interp_fault(ip, INTERP_ARG, "%%%u: operands of different sizes", n->id);
    Value *out = interp_make(ip, n, 1, shape);
    for (int64_t i = 0; i < shape[0] && i < query->shape[0]; i++) {
        int64_t limit = n->k == SEARCH_below ? 0 : n->k == SEARCH_through ? INT64_MAX : n->k == SEARCH_before_here ? i : i + 1, count = 0;
        for (int64_t k = 0; k < key->shape[0] && k < from->shape[0]; k++) {
            int below = key->f ? key->f[k] < query->f[i] : key->i[k] < query->i[i];
            int equal = key->f ? key->f[k] == query->f[i] : key->i[k] == query->i[i];
            count += below || (equal && from->i[k] < limit);
        }
        out->i[i] = count;
    }
}

/* ---- host functions ---- */

/* Results are the values of the result nodes, whose shapes they declare; a result that nobody reads has none. */
static void run_extern(Interp *ip, const Node *n)
{
    const ExternFn *f = n->ext_fn;
    Value in[8], out[8];
    memset(out, 0, sizeof out);
    for (int i = 0; i < f->nin; i++) in[i] = *interp_value(ip, n->in[i]);
    for (int i = 0; i < f->nout; i++) out[i].dtype = f->out_dtype[i], out[i].rank = f->out_rank[i];
    for (int i = 0; i < n->block->nodes.n; i++) {
        const Node *r = n->block->nodes.at[i];
        int64_t shape[MAX_RANK];
        if (r->kind != NODE_result || r->in[0] != n) continue;
        interp_shape(ip, r, shape);
        out[r->k] = *interp_make(ip, r, r->rank, shape);
    }
    if (ip->call) ip->call(ip->call_user, f, in, out);
    else interp_fault(ip, INTERP_ARG, "host function %s: there is nobody to call", f->name);
    for (int i = 0; i < n->block->nodes.n; i++) {
        const Node *r = n->block->nodes.at[i];
        if (r->kind == NODE_result && r->in[0] == n) copy_into(&interp_slot(ip, r)->v, &out[r->k]);
    }
}

/* ---- regions ---- */

static void run_if(Interp *ip, const Node *n)
{
    int taken = interp_int(ip, n->cond) != 0;
    interp_block(ip, taken ? n->then : n->other);
    interp_slot(ip, n)->taken = taken;
}

/* The next values of all arguments are copied aside first: a result may be another argument. */
static void carry(Interp *ip, const Block *b, Node *const *from)
{
    Arena *a = arena_new();
    Value *next = NEWN(a, Value, b->args.n + 1);
    for (int i = 0; i < b->args.n; i++) {
        const Value *v = interp_value(ip, from[i]);
        next[i] = value_new(a, v->dtype, v->rank, v->shape);
        copy_into(&next[i], v);
    }
    for (int i = 0; i < b->args.n; i++) assign(ip, b->args.at[i], &next[i]);
    arena_free(a);
}

static void run_loop(Interp *ip, const Node *n)
{
    const Block *b = n->then;
    int64_t trip = interp_int(ip, n->trip);
    int exit = !!n->has_exit;
    carry(ip, b, n->in);
    for (int64_t i = 0; i < trip; i++) {
        interp_set_sym(ip, n->var, i);
        interp_block(ip, b);
        int go = !exit || interp_value(ip, b->results.at[0])->i[0];
        carry(ip, b, b->results.at + exit);
        if (!go) break;
    }
}

static void run_result(Interp *ip, const Node *n)
{
    const Node *of = n->in[0];
    if (of->kind == NODE_extern) return;               /* filled by run_extern */
    if (of->kind == NODE_loop) {
        assign(ip, n, interp_value(ip, of->then->args.at[n->k]));
        return;
    }
    const Block *b = interp_slot(ip, of)->taken ? of->then : of->other;
    assign(ip, n, interp_value(ip, b->results.at[n->k]));
}

/* ---- order ---- */

static void run_undef(Interp *ip, const Node *n)
{
    int64_t shape[MAX_RANK];
    interp_shape(ip, n, shape);
    Value *v = interp_make(ip, n, n->rank, shape);
    size_t bytes = (size_t)value_count(v) * 8;
    if (v->f) memset(v->f, 0, bytes);
    else memset(v->i, 0, bytes);
}

static void run_state(Interp *ip, const Node *n)
{
    const Value *s = map_get(&ip->states, n->state);
    if (s) assign(ip, n, s);
}

void interp_node(Interp *ip, const Node *n)
{
    const Node *before_this = ip->at;
    ip->at = n;
    switch (n->kind) {
    case NODE_compute:
    case NODE_softmax:
    case NODE_cumsum:
    case NODE_cummax: interp_index_node(ip, n); break;
    case NODE_scatter: interp_scatter(ip, n); break;
    case NODE_argsort: run_argsort(ip, n); break;
    case NODE_search: run_search(ip, n); break;
    case NODE_extern: run_extern(ip, n); break;
    case NODE_loop: run_loop(ip, n); break;
    case NODE_if: run_if(ip, n); break;
    case NODE_result: run_result(ip, n); break;
    case NODE_undef: run_undef(ip, n); break;
    case NODE_state: run_state(ip, n); break;
    default: break;                                    /* input, arg: already there; param, const: on first use */
    }
    NodeValue *nv = interp_slot(ip, n);
    nv->ready = 1;
    if (ip->watch && n->kind != NODE_extern && n->kind != NODE_loop && n->kind != NODE_if) ip->watch(ip->watch_user, n, &nv->v);
    ip->at = before_this;
}

void interp_block(Interp *ip, const Block *b)
{
    for (int i = 0; i < b->nodes.n; i++) interp_node(ip, b->nodes.at[i]);
}
