/* graph.c - modules, entries, blocks and nodes: making them, walking over them, replacing one node by another.
 * Takes parts, gives a graph; the rules that a finished graph obeys are verify.c's. */
#include <limits.h>
#include <string.h>
#include "compiler/ir/expr_impl.h"

const char *const redop_name[RED_COUNT] = {"none", "sum", "prod", "max", "min", "any", "all", "argmax", "argmin", "first", "last"};

const char *const node_kind_name[NODE_COUNT] = {
#define NODE(name, doc) #name,
#include "compiler/ir/nodes.def"
#undef NODE
};
const char *const node_kind_doc[NODE_COUNT] = {
#define NODE(name, doc) doc,
#include "compiler/ir/nodes.def"
#undef NODE
};

/* ---- making ---- */

Module *module_new(Ctx *ctx, const char *name)
{
    Module *m = NEW(ctx->perm, Module);
    m->ctx = ctx;
    m->arena = ctx->perm;
    m->name = name;
    return m;
}

Block *block_new(Module *m, Block *parent)
{
    Block *b = NEW(m->arena, Block);
    b->parent = parent;
    return b;
}

Entry *entry_new(Module *m, const char *name, Span at)
{
    Entry *e = NEW(m->arena, Entry);
    e->name = name;
    e->span = at;
    e->block = block_new(m, NULL);
    vec_push(m->arena, &m->entries, e);
    return e;
}

Sym *sym_new(Module *m, const char *name, SymKind kind, int64_t lo, int64_t hi, Span at)
{
    Sym *s = NEW(m->arena, Sym);
    *s = (Sym){.name = name, .kind = kind, .lo = lo, .hi = hi, .span = at, .id = (int)m->next_sym++};
    vec_push(m->arena, &m->syms, s);
    return s;
}

/* Every value that the type can hold; 64-bit integers unbounded. */
static void value_range(DType t, int64_t *lo, int64_t *hi)
{
    int bits = dtype_info[t].bits;
    *lo = INT32_MIN;
    *hi = INT32_MAX;
    if (t == DT_i64) *lo = INT64_MIN, *hi = INT64_MAX;
    else if (t == DT_bool) *lo = 0, *hi = 1;
    else if (t == DT_u8 || t == DT_u16) *lo = 0, *hi = (1 << bits) - 1;
    else if (t == DT_i8 || t == DT_i16) *lo = -(1 << (bits - 1)), *hi = (1 << (bits - 1)) - 1;
}

Node *node_new(Module *m, Block *b, NodeKind kind, DType dtype, int rank, Expr *const *ext, const char *name, Span at)
{
    Node *n = NEW(m->arena, Node);
    if (rank < 0 || rank > MAX_RANK) bug("node %s of rank %d", name ? name : "?", rank);
    n->id = m->next_node++;
    n->kind = kind;
    n->name = name;
    n->span = at;
    n->block = b;
    n->dtype = dtype;
    n->rank = rank;
    for (int i = 0; i < rank; i++) {
        if (ext[i]->dtype != DT_i32) bug("node %s: size %d is not an integer", name ? name : "?", i);
        n->ext[i] = ext[i];
    }
    value_range(dtype, &n->lo, &n->hi);
    if (b) vec_push(m->arena, &b->nodes, n);
    else if (kind == NODE_param) vec_push(m->arena, &m->params, n);
    else if (kind == NODE_const) vec_push(m->arena, &m->consts, n);
    return n;
}

static uint64_t scalar_bits(DType t, double f, int64_t i)
{
    uint64_t v = (uint64_t)i;
    float s = (float)f;
    uint32_t w;
    switch (t) {
    case DT_f64: memcpy(&v, &f, sizeof f); return v;
    case DT_f32: memcpy(&w, &s, sizeof s); return w;
    case DT_f16: return f64_to_f16(f);
    case DT_bf16: return f64_to_bf16(f);
    case DT_bool: return i != 0;
    default: return v;
    }
}

Node *node_const_scalar(Module *m, DType dtype, double f, int64_t i)
{
    Tensor *t = NEW(m->arena, Tensor);
    unsigned char *bytes = arena_alloc(m->arena, 8);
    uint64_t v = scalar_bits(dtype, f, i);
    for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(v >> (8 * k));
    t->dtype = dtype;
    t->data = bytes;
    t->bytes = (size_t)dtype_info[dtype].bits / 8;
    Node *n = node_new(m, NULL, NODE_const, dtype, 0, NULL, NULL, span_none());
    n->data = t;
    if (!dtype_is_float(dtype)) n->lo = n->hi = tensor_i64(t, 0);
    return n;
}

/* A copy of list[0..n) with one more. Lists may be made by others at exact size, so there is no spare room to use. */
static void *one_more(Module *m, const void *list, int n, size_t size)
{
    void *copy = arena_alloc_n(m->arena, (size_t)n + 1, size);
    if (n) memcpy(copy, list, (size_t)n * size);
    return copy;
}

void node_add_in(Module *m, Node *n, Node *in)
{
    n->in = one_more(m, n->in, n->nin, sizeof *n->in);
    n->in[n->nin++] = in;
}

void node_add_conj(Module *m, Node *n, Expr *c)
{
    if (c->op == EX_and) {
        node_add_conj(m, n, c->arg[0]);
        node_add_conj(m, n, c->arg[1]);
        return;
    }
    if (c->op == EX_int && c->u.i) return;
    for (int i = 0; i < n->nconj; i++)
        if (n->conj[i] == c) return;
    n->conj = one_more(m, n->conj, n->nconj, sizeof *n->conj);
    n->conj[n->nconj++] = c;
}

/* ---- walking ---- */

void node_each_expr(Node *n, void (*f)(void *u, Expr **e), void *u)
{
    for (int i = 0; i < n->rank; i++) f(u, &n->ext[i]);
    for (int i = 0; i < n->nred; i++) f(u, &n->r[i].lo), f(u, &n->r[i].hi);
    for (int i = 0; i < n->nconj; i++) f(u, &n->conj[i]);
    if (n->body) f(u, &n->body);
    if (n->post) f(u, &n->post);
    if (n->empty) f(u, &n->empty);
    for (int i = 0; i < MAX_RANK; i++)
        if (n->sub[i]) f(u, &n->sub[i]);
    if (n->trip) f(u, &n->trip);
    if (n->cond) f(u, &n->cond);
}

typedef struct EachRead { void (*f)(void *u, Node *read); void *u; } EachRead;

static void read_of(void *u, const Expr *e)
{
    const EachRead *r = u;
    if (e->op == EX_read || e->op == EX_read_or) r->f(r->u, e->u.node);
}

static void reads_of(void *u, Expr **e)
{
    if ((*e)->traits & TRAIT_read) ex_visit(*e, read_of, u);
}

void node_each_read(const Node *n, void (*f)(void *u, Node *read), void *u)
{
    EachRead r = {f, u};
    for (int i = 0; i < n->nin; i++) f(u, n->in[i]);
    node_each_expr((Node *)(uintptr_t)n, reads_of, &r);               /* only looks */
}

void block_each_node(Block *b, void (*f)(void *u, Node *n), void *u)
{
    for (int i = 0; i < b->nodes.n; i++) {
        Node *n = b->nodes.at[i];
        f(u, n);
        if (n->then) block_each_node(n->then, f, u);
        if (n->other) block_each_node(n->other, f, u);
    }
}

void module_each_node(Module *m, void (*f)(void *u, Node *n), void *u)
{
    for (int i = 0; i < m->entries.n; i++) block_each_node(m->entries.at[i]->block, f, u);
}

/* ---- replacing ---- */

typedef struct Replace { Module *m; const Map *by; const Node *in; } Replace;

/* What `n` stands for when read by node r->in, which keeps reading what it replaces itself. */
static Node *replaced(const Replace *r, Node *n)
{
    for (int hops = 0; hops <= r->by->n; hops++) {
        Node *next = map_get(r->by, n);
        if (!next || next == n || next == r->in) return n;
        n = next;
    }
    bug("replacements of %%%u run in a circle", n->id);
}

static Expr *replace_read(void *u, Expr *e)
{
    Replace *r = u;
    if (e->op != EX_read && e->op != EX_read_or) return NULL;
    Node *to = replaced(r, e->u.node);
    if (to == e->u.node) return NULL;
    if (to->rank != e->u.node->rank) bug("%%%u replaced by %%%u of another rank", e->u.node->id, to->id);
    return e->op == EX_read ? ex_read(r->m, to, e->arg) : ex_read_or(r->m, to, e->arg, e->arg[e->n - 1]);
}

static void replace_expr(void *u, Expr **e)
{
    Replace *r = u;
    if (*e && (*e)->traits & TRAIT_read) *e = ex_rewrite(r->m, *e, replace_read, r);
}

static void replace_node(void *u, Node *n)
{
    Replace *r = u;
    r->in = n;
    for (int i = 0; i < n->nin; i++) n->in[i] = replaced(r, n->in[i]);
    node_each_expr(n, replace_expr, r);
    r->in = NULL;
    Block *blocks[2] = {n->then, n->other};
    for (int b = 0; b < 2; b++)
        for (int i = 0; blocks[b] && i < blocks[b]->results.n; i++) blocks[b]->results.at[i] = replaced(r, blocks[b]->results.at[i]);
}

static void replace_entry(Replace *r, Entry *e)
{
    block_each_node(e->block, replace_node, r);
    for (int i = 0; i < e->block->results.n; i++) e->block->results.at[i] = replaced(r, e->block->results.at[i]);
    for (int i = 0; i < e->outputs.n; i++) e->outputs.at[i].node = replaced(r, e->outputs.at[i].node);
    for (int i = 0; i < e->taps.n; i++) e->taps.at[i].node = replaced(r, e->taps.at[i].node);
    for (int i = 0; i < e->state_out.n; i++) e->state_out.at[i].node = replaced(r, e->state_out.at[i].node);
    for (int i = 0; i < e->facts.n; i++) replace_expr(r, &e->facts.at[i]);
    for (int i = 0; i < e->checks.n; i++) {
        Check *c = &e->checks.at[i];
        replace_expr(r, &c->cond);
        for (int k = 0; k < c->nred; k++) replace_expr(r, &c->r[k].lo), replace_expr(r, &c->r[k].hi);
    }
}

void module_replace_all(Module *m, const Map *by)
{
    Replace r = {m, by, NULL};
    if (!by->n) return;
    for (int i = 0; i < m->entries.n; i++) replace_entry(&r, m->entries.at[i]);
}

void module_replace(Module *m, Node *from, Node *to)
{
    if (from == to) return;
    Arena *a = arena_new();
    Map by;
    map_init(&by, a);
    map_put(&by, from, to);
    module_replace_all(m, &by);
    arena_free(a);
}

/* ---- asking ---- */

int64_t node_bound(const Module *m, const Entry *e, const Node *n, int axis)
{
    RangeCtx rc;
    int64_t lo, hi;
    range_ctx(&rc, m, e, NULL);
    range_of(&rc, n->ext[axis], &lo, &hi);
    return hi > INT32_MAX ? -1 : hi < 0 ? 0 : hi;
}

int64_t node_count_bound(const Module *m, const Entry *e, const Node *n)
{
    int64_t count = 1;
    for (int i = 0; i < n->rank; i++) {
        int64_t b = node_bound(m, e, n, i);
        if (b < 0) return -1;
        if (__builtin_mul_overflow(count, b, &count)) return -1;
    }
    return count;
}

typedef struct ConstWalk { WalkMap *seen; int ok; } ConstWalk;

static int is_const(WalkMap *seen, const Node *n);

static void const_read(void *u, Node *read)
{
    ConstWalk *w = u;
    w->ok = w->ok && is_const(w->seen, read);
}

static void const_expr(void *u, Expr **e)
{
    ConstWalk *w = u;
    if ((*e)->traits & (TRAIT_sym | TRAIT_guard)) w->ok = 0;
}

/* Kinds whose value follows from their operands alone. Regions and host functions are left to run time. */
static int is_pure(NodeKind k)
{
    return k == NODE_undef || k == NODE_compute || k == NODE_softmax || k == NODE_cumsum || k == NODE_cummax
        || k == NODE_scatter || k == NODE_argsort || k == NODE_search;
}

static int is_const(WalkMap *seen, const Node *n)
{
    int fresh;
    if (n->kind == NODE_param || n->kind == NODE_const) return 1;
    if (!is_pure(n->kind)) return 0;
    WalkSlot *s = walk_slot(seen, n, n->id, &fresh);
    if (!fresh) return (int)s->lo;
    ConstWalk w = {seen, 1};
    node_each_expr((Node *)(uintptr_t)n, const_expr, &w);             /* only looks */
    if (w.ok) node_each_read(n, const_read, &w);
    walk_slot(seen, n, n->id, &fresh)->lo = w.ok;
    return w.ok;
}

int node_is_const(const Node *n)
{
    WalkMap seen;
    walk_init(&seen);
    int ok = is_const(&seen, n);
    walk_free(&seen);
    return ok;
}
