/* fold.c - what is constant is computed now, by the interpreter. Takes nodes that depend on parameters and constants
 * only, gives constants of at most 4096 elements; single elements of known tensors become literals.
 * Larger constant computations are left as they are: the planner evaluates them straight into the layout it wants. */
#include <string.h>
#include "compiler/opt/util.h"

enum { MAX_ELEMENTS = 4096, MAX_WORK = 1 << 20 };

typedef struct Fold { OptCtx *c; Module *m; Entry *e; int changes; } Fold;

static int is_data(const Node *n) { return n->kind == NODE_param || n->kind == NODE_const; }

/* ---- tensors ---- */

static void reads_computed(void *u, Node *read)
{
    int *computed = u;
    if (!is_data(read)) *computed = 1;
}

/* Evaluated from stored data alone, small, and cheap. */
static int is_foldable(const Fold *f, const Node *n)
{
    int computed = 0;
    double count = 1, work;
    if (n->kind != NODE_compute && n->kind != NODE_softmax && n->kind != NODE_cumsum && n->kind != NODE_cummax) return 0;
    for (int i = 0; i < n->rank; i++) {
        int64_t size;
        if (!ex_is_int(n->ext[i], &size)) return 0;
        count *= (double)size;
    }
    work = node_points(f->m, f->e, n, (1u << (n->rank + n->nred)) - 1);
    if (count > MAX_ELEMENTS || work > MAX_WORK || !node_is_const(n)) return 0;
    node_each_read(n, reads_computed, &computed);
    return !computed;
}

/* Values as bytes: floats in full precision, so that folding changes no answer. */
static Tensor *tensor_of(Module *m, const Node *n, const Value *v)
{
    Tensor *t = NEW(m->arena, Tensor);
    int64_t count = value_count(v);
    t->dtype = dtype_class(n->dtype) == CLS_F ? DT_f64 : n->dtype == DT_bool ? DT_bool : DT_i32;
    t->rank = n->rank;
    for (int i = 0; i < n->rank; i++) t->shape[i] = v->shape[i];
    size_t size = (size_t)dtype_info[t->dtype].bits / 8;
    unsigned char *bytes = arena_alloc_n(m->arena, (size_t)count + 1, size);
    for (int64_t i = 0; i < count; i++) {
        uint64_t w = 0;
        if (v->f) memcpy(&w, &v->f[i], sizeof w);
        else w = (uint64_t)v->i[i];
        for (size_t k = 0; k < size; k++) bytes[(size_t)i * size + k] = (unsigned char)(w >> (8 * k));
    }
    t->data = bytes;
    t->bytes = (size_t)count * size;
    return t;
}

static int fold_node(Fold *f, Node *n)
{
    if (!is_foldable(f, n) || !opt_may(f->c)) return 0;
    Value v = interp_const(f->m, f->c->scratch, n);
    Node *k = node_new(f->m, NULL, NODE_const, n->dtype, n->rank, n->ext, n->name, n->span);
    k->data = tensor_of(f->m, n, &v);
    if (dtype_class(n->dtype) != CLS_F && value_count(&v) > 0) tensor_range(k->data, &k->lo, &k->hi);
    module_replace(f->m, n, k);
    Block *b = n->block;
    for (int i = 0, j = 0, all = b->nodes.n; i < all; i++) {
        if (b->nodes.at[i] == n) b->nodes.n--;
        else b->nodes.at[j++] = b->nodes.at[i];
    }
    f->changes++;
    return 1;
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

static Expr *element(void *u, Expr *e)
{
    Fold *f = u;
    if (e->op != EX_read && e->op != EX_read_or) return NULL;
    const Node *n = e->u.node;
    if (!is_data(n) || !n->data || n->rank != n->data->rank) return NULL;
    int64_t at = literal_place(n, e);
    if (at < 0 && e->op == EX_read && n->kind == NODE_const && is_uniform(n->data)) at = 0;
    if (at < 0 || !opt_may(f->c)) return NULL;
    f->changes++;
    if (e->dtype == DT_f32) return ex_flt(f->m, tensor_f64(n->data, at));
    int64_t v = tensor_i64(n->data, at);
    return e->dtype == DT_bool ? ex_bool(f->m, v != 0) : ex_int(f->m, v);
}

static void fold_expr(void *u, Expr **e)
{
    Fold *f = u;
    if ((*e)->traits & TRAIT_read) *e = ex_rewrite(f->m, *e, element, f);
}

int pass_fold(OptCtx *c, Module *m)
{
    Fold f = {c, m, NULL, 0};
    for (int i = 0; i < m->entries.n; i++) {
        f.e = m->entries.at[i];
        NodeList list = entry_nodes(c, f.e);
        for (int k = 0; k < list.v.n; k++) {
            node_each_expr(list.v.at[k], fold_expr, &f);
            fold_node(&f, list.v.at[k]);
        }
    }
    return f.changes;
}
