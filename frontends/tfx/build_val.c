/* build_val.c - values: making, reading an element, describing for messages, holding in a node.
 * Takes and gives Vals (build.h). Is not: evaluation of syntax. */
#include <string.h>
#include "frontends/tfx/build.h"

Val tfx_bad(Span at) { return (Val){.kind = VAL_bad, .span = at}; }

Val val_scalar(Build *b, Expr *e, Span at) { return (Val){.kind = VAL_num, .span = at, .depth = b->depth, .e = e}; }

Val val_int(Build *b, int64_t i, Span at) { return val_scalar(b, ex_int(b->m, i), at); }

Val val_str(const char *s, Span at) { return (Val){.kind = VAL_str, .span = at, .s = s}; }

Val val_node(Build *b, Node *n, Span at)
{
    Val v = {.kind = VAL_num, .span = at, .rank = n->rank, .depth = 0};
    Expr *sub[MAX_RANK];
    for (int i = 0; i < n->rank; i++) {
        v.ext[i] = n->ext[i];
        sub[i] = ex_index(b->m, i);
    }
    v.e = ex_read(b->m, n, sub);
    return v;
}

Expr *val_at(Build *b, const Val *v, Expr *const *sub)
{
    Expr *by[MAX_SLOTS] = {0};
    if (!v->rank) return v->e;
    for (int i = 0; i < v->rank; i++) by[v->depth + i] = sub[i];
    Expr *e = ex_subst_slots(b->m, v->e, by, v->depth + v->rank);
    return e;
}

Expr *val_own(Build *b, const Val *v)
{
    Expr *sub[MAX_RANK];
    if (v->depth == b->depth) return v->e;
    for (int i = 0; i < v->rank; i++) sub[i] = ex_index(b->m, b->depth + i);
    return val_at(b, v, sub);
}

int val_is_int(const Val *v, int64_t *i) { return v->kind == VAL_num && v->rank == 0 && ex_is_int(v->e, i); }

TypeClass val_class(const Val *v) { return dtype_class(v->e->dtype); }

const char *ext_text(Build *b, const Expr *e) { return e ? expr_text(b->a, b->m, e, 0) : "?"; }

const char *val_text(Build *b, const Val *v)
{
    static const char *const kinds[] = {"an error", "a number", "a string", "a list", "several values", "a function", "a block instance", "a pack", "nothing"};
    if (v->kind != VAL_num) return kinds[v->kind];
    const char *t = dtype_class(v->e->dtype) == CLS_F ? "num" : dtype_info[v->e->dtype].name;
    for (int i = 0; i < v->rank; i++) t = arena_printf(b->a, "%s%s%s", t, i ? "," : "[", ext_text(b, v->ext[i]));
    return v->rank ? arena_printf(b->a, "%s]", t) : t;
}

int val_is_num(Build *b, const Val *v, const char *what)
{
    if (v->kind == VAL_num) return 1;
    if (v->kind != VAL_bad) tfx_error(b, v->span, "type-mismatch", "%s must be a number or tensor, this is %s", what, val_text(b, v));
    return 0;
}

/* Sizes are canonical sums: equal ones are the same pointer, others equal only when the facts of the entry say so. */
int ext_same(Build *b, const Expr *x, const Expr *y)
{
    if (x == y) return 1;
    if (!x || !y) return 0;
    int64_t i, j;
    if (ex_is_int(x, &i) && ex_is_int(y, &j)) return 0;
    RangeCtx rc;
    range_ctx(&rc, b->m, b->entry, NULL);
    return range_proves(&rc, ex_bin(b->m, EX_eq, (Expr *)(uintptr_t)x, (Expr *)(uintptr_t)y)) == 1;
}

/* Classes that become another one by themselves: integers wider or floats, floats double. */
int class_widens(TypeClass from, TypeClass to)
{
    if (from == to) return 1;
    if (from == CLS_I) return to == CLS_F || to == CLS_L || to == CLS_D;
    return (from == CLS_L || from == CLS_F) && to == CLS_D;
}

TypeClass class_common(TypeClass a, TypeClass b)
{
    return class_widens(a, b) ? b : class_widens(b, a) ? a : CLS_D;
}

Expr *expr_num(Build *b, Expr *e, TypeClass c)
{
    return class_widens(dtype_class(e->dtype), c) ? ex_cast(b->m, c, e) : NULL;
}

/* ---- lists ---- */

static int list_shape(Build *b, const Val *v, int rank, int64_t *shape, int *cls)
{
    if (v->kind == VAL_num) {
        double x;
        if (v->rank || !ex_is_lit(v->e, &x)) return tfx_error(b, v->span, "not-constant", "a list holds numbers known at compile time"), -1;
        TypeClass c = val_class(v);
        *cls = *cls < 0 ? (int)c : *cls == (int)CLS_B || c == CLS_B ? (*cls == (int)c ? *cls : (int)CLS_F) : (int)class_common((TypeClass)*cls, c);
        return rank;
    }
    if (v->kind != VAL_list || rank == MAX_RANK) return tfx_error(b, v->span, "type-mismatch", "a list of numbers may not hold %s", val_text(b, v)), -1;
    if (shape[rank] >= 0 && shape[rank] != v->n) return tfx_error(b, v->span, "shape-mismatch", "a row of %d beside a row of %lld", v->n, (long long)shape[rank]), -1;
    shape[rank] = v->n;
    int deep = rank + 1;
    for (int i = 0; i < v->n; i++) {
        int d = list_shape(b, &v->item[i], rank + 1, shape, cls);
        if (d < 0 || (i && d != deep)) return -1;
        deep = d;
    }
    return deep;
}

static void list_fill(const Val *v, Tensor *t, int64_t *at)
{
    double x = 0;
    if (v->kind == VAL_list) {
        for (int i = 0; i < v->n; i++) list_fill(&v->item[i], t, at);
        return;
    }
    ex_is_lit(v->e, &x);
    if (t->dtype == DT_f64) ((double *)(uintptr_t)t->data)[*at] = x;
    else if (t->dtype == DT_i64) ((int64_t *)(uintptr_t)t->data)[*at] = v->e->u.i;
    else
    if (t->dtype == DT_f32) ((float *)(uintptr_t)t->data)[*at] = (float)x;
    else if (t->dtype == DT_i32) ((int32_t *)(uintptr_t)t->data)[*at] = (int32_t)x;
    else ((uint8_t *)(uintptr_t)t->data)[*at] = x != 0;
    (*at)++;
}

Val val_of_list(Build *b, const Val *v) { return val_of_list_as(b, v, -1); }

Val val_of_list_as(Build *b, const Val *v, int wanted)
{
    int64_t shape[MAX_RANK], at = 0, lo, hi;
    int cls = -1;
    Expr *ext[MAX_RANK];
    for (int i = 0; i < MAX_RANK; i++) shape[i] = -1;
    int rank = list_shape(b, v, 0, shape, &cls);
    if (rank < 0) return tfx_bad(v->span);
    if (wanted >= 0 && cls >= 0 && class_widens((TypeClass)cls, (TypeClass)wanted)) cls = wanted;
    Tensor *t = NEW(b->a, Tensor);
    t->dtype = class_dtype(cls < 0 ? CLS_F : (TypeClass)cls);
    t->rank = rank;
    for (int i = 0; i < rank; i++) {
        t->shape[i] = shape[i];
        ext[i] = ex_int(b->m, shape[i]);
    }
    t->bytes = (size_t)tensor_count(t) * (size_t)(dtype_info[t->dtype].bits / 8);
    t->data = arena_alloc(b->a, t->bytes + 8);
    list_fill(v, t, &at);
    Node *n = node_new(b->m, NULL, NODE_const, t->dtype, rank, ext, NULL, v->span);
    n->data = t;
    if (t->dtype == DT_i32 && at) {
        tensor_range(t, &lo, &hi);
        n->lo = lo;
        n->hi = hi;
    }
    return val_node(b, n, v->span);
}

/* ---- held by a node ---- */

/* Is e a read whose subscripts are cheap and read no tensor: a window or a transposition of one node? */
static int is_window(const Expr *e)
{
    if (e->op == EX_round_f16 || e->op == EX_round_bf16) return 0;
    if (e->op != EX_read) return 0;
    for (int i = 0; i < e->n; i++) {
        if (e->arg[i]->traits & TRAIT_read) {
            if (e->arg[i]->op != EX_read || e->arg[i]->n) return 0;
        } else if (ex_cost(e->arg[i]) > 4) return 0;
    }
    return 1;
}

typedef struct Deep { int deep; } Deep;
static void see(void *u, const Expr *e)
{
    Deep *d = u;
    if (e->op == EX_guard || (e->op == EX_read_or) || (e->op == EX_read && e->n)) d->deep++;
}

/* May it stay an expression under a name? Numbers: sizes, positions, sums of single values. */
static int is_light(const Val *v)
{
    if (v->rank) return is_window(v->e);
    Deep d = {0};
    ex_visit(v->e, see, &d);
    if ((val_class(v) == CLS_I || val_class(v) == CLS_L) && !d.deep) return ex_cost(v->e) <= 12;
    return ex_cost(v->e) <= 30;
}

static void name_node(const Val *v, const char *name)
{
    if (v->e->op != EX_read || !name) return;
    Node *n = v->e->u.node;
    if (!n->name && n->kind != NODE_state && n->kind != NODE_input) n->name = name;
}

static int reads_whole(const Val *v, const Expr *e)
{
    if (e->op != EX_read || e->n != v->rank) return 0;
    for (int i = 0; i < e->n; i++)
        if (e->arg[i]->op != EX_index || e->arg[i]->u.slot != v->depth + i || e->u.node->ext[i] != v->ext[i]) return 0;
    return 1;
}

/* A window stays a function, so that no node shows that it lies outside of its tensor: one is made to see, and dropped. */
static void probe_window(Build *b, const Val *v)
{
    Block *keep = b->block;
    int depth = b->depth;
    if (reads_whole(v, v->e) || !v->rank || ex_slots(v->e) & (((uint32_t)1 << v->depth) - 1)) return;
    NodeSpec s = {.kind = NODE_compute, .span = v->span, .dtype = class_dtype(val_class(v)), .nown = v->rank, .body = v->e};
    for (int i = 0; i < v->rank; i++) {
        s.own[i] = v->depth + i;
        s.own_ext[i] = v->ext[i];
    }
    b->block = block_new(b->m, keep);
    b->depth = v->depth;
    (void)node_make(b, &s);
    b->block = keep;
    b->depth = depth;
}

Val val_named(Build *b, Val v, const char *name)
{
    if (v.kind == VAL_list) v = val_of_list(b, &v);
    if (v.kind != VAL_num) return v;
    if (is_light(&v)) {
        probe_window(b, &v);
        name_node(&v, name);
        return v;
    }
    NodeSpec s = {.kind = NODE_compute, .name = name, .span = v.span, .dtype = class_dtype(val_class(&v)), .nown = v.rank};
    s.body = val_own(b, &v);
    for (int i = 0; i < v.rank; i++) {
        s.own[i] = b->depth + i;
        s.own_ext[i] = v.ext[i];
    }
    return node_make(b, &s);
}

Node *val_to_node(Build *b, Val v, const char *name, DType t, int force)
{
    if (!force && reads_whole(&v, v.e) && v.e->u.node->dtype == t) {
        name_node(&v, name);
        return v.e->u.node;
    }
    Expr *body = val_own(b, &v), *by[MAX_SLOTS] = {0};
    uint32_t around = ex_slots(body) & (((uint32_t)1 << b->depth) - 1);
    if (around) bug("a value with surrounding indices where none may be");
    for (int i = 0; i < v.rank; i++) by[b->depth + i] = ex_index(b->m, i);
    Node *n = node_new(b->m, b->block, NODE_compute, t, v.rank, v.ext, name, v.span);
    n->body = ex_subst_slots(b->m, body, by, b->depth + v.rank);
    node_prove(b, n);
    return n;
}
