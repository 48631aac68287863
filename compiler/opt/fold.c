/* fold.c - what is constant is computed now, by the interpreter. Takes nodes that depend on parameters and constants
 * only, gives constants; single elements of known tensors become literals.
 * Small ones (at most 4096 elements) always. Larger ones when they are a real computation that needs no more room than
 * its operands and not too much work; not copies and transposes of weights, which move into their readers (inline.c),
 * and never to blow a small table up into a large one. One value at a time is held in full precision. */
#include <string.h>
#include "compiler/opt/util.h"

enum { MAX_ELEMENTS = 4096, MAX_WORK = 1 << 20, MAX_LARGE_WORK = 1 << 26, MAX_DOUBLES = 1 << 16 };

/* by: node -> constant that stands for it from now on. */
typedef struct Fold { OptCtx *c; Module *m; Entry *e; Map by; int changes; } Fold;

static int is_data(const Node *n) { return n->kind == NODE_param || n->kind == NODE_const; }

/* ---- tensors ---- */

typedef struct Operands { int computed; double elements; } Operands;

static void operand(void *u, Node *read)
{
    Operands *k = u;
    if (!is_data(read) || !read->data) k->computed = 1;
    else k->elements += (double)tensor_count(read->data);
}

/* Evaluated from stored data alone, and worth it. */
static int is_foldable(const Fold *f, const Node *n)
{
    Operands k = {0, 0};
    double count = 1, work;
    if (n->kind != NODE_compute && n->kind != NODE_softmax && n->kind != NODE_cumsum && n->kind != NODE_cummax) return 0;
    for (int i = 0; i < n->rank; i++) {
        int64_t size;
        if (!ex_is_int(n->ext[i], &size)) return 0;
        count *= (double)size;
    }
    if (count > FOLD_LARGE) return 0;
    node_each_read(n, operand, &k);
    if (k.computed || !node_is_const(n)) return 0;
    work = node_points(f->m, f->e, n, (1u << (n->rank + n->nred)) - 1);
    if (count <= MAX_ELEMENTS && work <= MAX_WORK) return 1;
    return !(node_is_map(n) && n->body->op == EX_read) && count <= k.elements && work <= MAX_LARGE_WORK;
}

/* Values as bytes: floats in full precision, so that folding changes no answer; large ones as they will be emitted. */
static uint32_t float_bits(float x)
{
    uint32_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

static Tensor *tensor_of(Module *m, const Node *n, const Value *v)
{
    Tensor *t = NEW(m->arena, Tensor);
    int64_t count = value_count(v);
    t->dtype = n->dtype == DT_f64 ? DT_f64 : dtype_is_float(n->dtype) ? count > MAX_DOUBLES ? DT_f32 : DT_f64 : n->dtype == DT_bool ? DT_bool : n->dtype == DT_i64 ? DT_i64 : DT_i32;
    t->rank = n->rank;
    for (int i = 0; i < n->rank; i++) t->shape[i] = v->shape[i];
    size_t size = (size_t)dtype_info[t->dtype].bits / 8;
    unsigned char *bytes = arena_alloc_n(m->arena, (size_t)count + 1, size);
    for (int64_t i = 0; i < count; i++) {
        uint64_t w = 0;
        float single = v->f ? (float)v->f[i] : 0;
        if (t->dtype == DT_f64) memcpy(&w, &v->f[i], sizeof w);
        else if (v->f) w = float_bits(single);
        else w = (uint64_t)v->i[i];
        for (size_t k = 0; k < size; k++) bytes[(size_t)i * size + k] = (unsigned char)(w >> (8 * k));
    }
    t->data = bytes;
    t->bytes = (size_t)count * size;
    return t;
}

static void fold_node(Fold *f, Node *n)
{
    if (!is_foldable(f, n) || !opt_may(f->c)) return;
    Arena *a = arena_new();
    Value v = interp_const(f->m, a, n);
    Node *k = node_new(f->m, NULL, NODE_const, n->dtype, n->rank, n->ext, n->name, n->span);
    k->data = tensor_of(f->m, n, &v);
    if (!dtype_is_float(n->dtype) && value_count(&v) > 0) tensor_range(k->data, &k->lo, &k->hi);
    arena_free(a);
    map_put(&f->by, n, k);
    f->changes++;
}

/* Takes the folded nodes out of their blocks. */
static void sweep(const Fold *f, Block *b)
{
    int kept = 0;
    for (int i = 0; i < b->nodes.n; i++) {
        Node *n = b->nodes.at[i];
        if (n->then) sweep(f, n->then);
        if (n->other) sweep(f, n->other);
        if (!map_get(&f->by, n)) b->nodes.at[kept++] = n;
    }
    b->nodes.n = kept;
}

/* ---- elements ---- */

static int is_uniform(const Tensor *t)
{
    int64_t n = tensor_count(t);
    if (n < 1 || n > MAX_ELEMENTS || !t->data) return 0;
    for (int64_t i = 1; i < n; i++)
        if (tensor_f64(t, i) < tensor_f64(t, 0) || tensor_f64(t, i) > tensor_f64(t, 0)) return 0;
    double first = tensor_f64(t, 0);
    return first >= 0 || first < 0;                                   /* not NaN */
}

/* The place in the tensor when all subscripts are literals inside it; -1: not so. */
static int64_t literal_place(const Node *n, const Expr *e)
{
    int64_t at = 0, s;
    for (int i = 0; i < n->rank; i++) {
        if (!ex_is_int(e->arg[i], &s) || s < 0 || s >= n->data->shape[i]) return -1;
        at = at * n->data->shape[i] + s;
    }
    return at;
}

/* e with a folded node replaced by its constant; NULL: it reads none. */
static Expr *renamed(const Fold *f, Expr *e)
{
    Node *to = map_get(&f->by, e->u.node);
    if (!to) return NULL;
    return e->op == EX_read ? ex_read(f->m, to, e->arg) : ex_read_or(f->m, to, e->arg, e->arg[e->n - 1]);
}

static Expr *element(void *u, Expr *e)
{
    Fold *f = u;
    if (e->op != EX_read && e->op != EX_read_or) return NULL;
    Expr *now = renamed(f, e);
    if (now) e = now;
    const Node *n = e->u.node;
    if (!is_data(n) || !n->data || n->rank != n->data->rank) return now;
    int64_t at = literal_place(n, e);
    if (at < 0 && e->op == EX_read && n->kind == NODE_const && !(e->traits & TRAIT_guard) && is_uniform(n->data)) at = 0;
    if (at < 0 || !opt_may(f->c)) return now;
    f->changes++;
    if (dtype_is_float(e->dtype)) return ex_number(f->m, e->dtype, tensor_f64(n->data, at));
    int64_t v = tensor_i64(n->data, at);
    return e->dtype == DT_bool ? ex_bool(f->m, v != 0) : e->dtype == DT_i64 ? ex_long(f->m, v) : ex_int(f->m, v);
}

static void fold_expr(void *u, Expr **e)
{
    Fold *f = u;
    if ((*e)->traits & TRAIT_read) *e = ex_rewrite(f->m, *e, element, f);
}

int pass_fold(OptCtx *c, Module *m)
{
    Fold f = {.c = c, .m = m};
    map_init(&f.by, c->scratch);
    for (int i = 0; i < m->entries.n; i++) {
        f.e = m->entries.at[i];
        NodeList list = entry_nodes(c, f.e);
        for (int k = 0; k < list.v.n; k++) {
            node_each_expr(list.v.at[k], fold_expr, &f);
            if (list.v.at[k]->nconj) node_tidy_conj(m, list.v.at[k]);
            fold_node(&f, list.v.at[k]);
        }
        if (f.by.n) sweep(&f, f.e->block);
    }
    module_replace_all(m, &f.by);
    return f.changes;
}
