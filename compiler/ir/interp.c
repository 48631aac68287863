/* interp.c - runs of the reference interpreter: arguments, checks, states, outputs, and the values of nodes.
 * Takes a module, sizes and inputs as f64 and int64, gives outputs. Floats are computed in f64; a value is rounded
 * when it is stored as f16 or bf16 (a type that somebody declared), never to f32. Integers wrap at 32 bits, and at
 * the width of a smaller storage type. A failed check changes nothing. A guard that fails or an index out of bounds
 * gives 0 there, the run goes on and ends with INTERP_RANGE and the first reason, as the emitted C does. */
#include <string.h>
#include "compiler/ir/interp_impl.h"

/* ---- values ---- */

int64_t value_count(const Value *v)
{
    int64_t n = 1;
    for (int d = 0; d < v->rank; d++) n *= v->shape[d];
    return n;
}

Value value_new(Arena *a, DType dtype, int rank, const int64_t *shape)
{
    Value v = {.dtype = dtype, .rank = rank};
    for (int d = 0; d < rank; d++) v.shape[d] = shape[d];
    size_t n = (size_t)value_count(&v) + !value_count(&v);
    if (dtype_is_float(dtype)) v.f = NEWN(a, double, n);
    else v.i = NEWN(a, int64_t, n);
    return v;
}

double store_f(DType t, double v)
{
    if (t == DT_f16) return f16_to_f64(f64_to_f16(v));
    if (t == DT_bf16) return bf16_to_f64(f64_to_bf16(v));
    return v;
}

int64_t store_i(DType t, int64_t v)
{
    switch (t) {
    case DT_bool: return v != 0;
    case DT_i64: return v;
    case DT_i8: return (int8_t)(uint8_t)(uint64_t)v;
    case DT_u8: return (uint8_t)(uint64_t)v;
    case DT_i16: return (int16_t)(uint16_t)(uint64_t)v;
    case DT_u16: return (uint16_t)(uint64_t)v;
    default: return (int32_t)(uint32_t)(uint64_t)v;
    }
}

static void fill_from_tensor(Value *v, const Tensor *t)
{
    int64_t n = value_count(v);
    for (int64_t i = 0; i < n; i++) {
        if (v->f) v->f[i] = store_f(v->dtype, tensor_f64(t, i));
        else v->i[i] = store_i(v->dtype, tensor_i64(t, i));
    }
}

static Value copy_of(Arena *a, const Value *v)
{
    Value c = value_new(a, v->dtype, v->rank, v->shape);
    size_t bytes = (size_t)value_count(v) * 8;
    if (bytes) memcpy(c.f ? (void *)c.f : (void *)c.i, v->f ? (const void *)v->f : (const void *)v->i, bytes);
    return c;
}

void interp_fault(Interp *ip, InterpStatus s, const char *fmt, ...)
{
    if (ip->status != INTERP_OK) return;
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(ip->arena, fmt, ap);
    va_end(ap);
    ip->status = s;
    ip->why = ip->at && *text != '%' ? arena_printf(ip->arena, "%%%u: %s", ip->at->id, text) : text;
}

/* ---- values of nodes and symbols ---- */

NodeValue *interp_slot(Interp *ip, const Node *n)
{
    NodeValue *nv = map_get(&ip->vals, n);
    if (nv) return nv;
    nv = NEW(ip->run, NodeValue);
    nv->v.dtype = n->dtype;
    nv->v.rank = n->rank;
    if (n->data) {                                     /* param, const */
        memcpy(nv->v.shape, n->data->shape, sizeof nv->v.shape);
        if (n->data->data && n->data->dtype == DT_f32 && (n->dtype == DT_f32 || n->dtype == DT_f64)) nv->raw = n->data;
        nv->ready = 1;
    }
    map_put(&ip->vals, n, nv);
    return nv;
}

const Value *interp_value(Interp *ip, const Node *n)
{
    NodeValue *nv = interp_slot(ip, n);
    if (n->data && !nv->v.f && !nv->v.i) {
        nv->v = value_new(ip->run, n->dtype, n->rank, nv->v.shape);
        fill_from_tensor(&nv->v, n->data);
    }
    return &nv->v;
}

Value *interp_make(Interp *ip, const Node *n, int rank, const int64_t *shape)
{
    NodeValue *nv = interp_slot(ip, n);
    int64_t count = 1;
    for (int d = 0; d < rank; d++) count *= shape[d];
    if ((!nv->v.f && !nv->v.i) || nv->cap < count) {
        nv->v = value_new(ip->run, n->dtype, rank, shape);
        nv->cap = count;
    }
    nv->v.rank = rank;
    for (int d = 0; d < rank; d++) nv->v.shape[d] = shape[d];
    return &nv->v;
}

int64_t interp_sym(const Interp *ip, const Sym *s)
{
    const int64_t *v = map_get(&ip->syms, s);
    return v ? *v : 0;
}

void interp_set_sym(Interp *ip, const Sym *s, int64_t v)
{
    int64_t *at = map_get(&ip->syms, s);
    if (!at) map_put(&ip->syms, s, at = NEW(ip->run, int64_t));
    *at = v;
}

/* ---- states ---- */

static void reset_state(Value *v, const State *s)
{
    if (s->init) fill_from_tensor(v, s->init);
    else if (v->f) memset(v->f, 0, (size_t)value_count(v) * sizeof *v->f);
    else memset(v->i, 0, (size_t)value_count(v) * sizeof *v->i);
}

void interp_reset(Interp *ip)
{
    for (int i = 0; i < ip->m->states.n; i++) {
        const State *s = ip->m->states.at[i];
        Value *v = map_get(&ip->states, s);
        if (!v) {
            v = NEW(ip->arena, Value);
            *v = value_new(ip->arena, s->dtype, s->rank, s->shape);
            map_put(&ip->states, s, v);
        }
        reset_state(v, s);
    }
}

Value interp_state(const Interp *ip, const State *s)
{
    const Value *v = map_get(&ip->states, s);
    if (!v) bug("state %s is not in the interpreter's module", s->name);
    return *v;
}

static void store_states(Interp *ip, const Entry *e)
{
    Value *next = NEWN(ip->run, Value, e->state_out.n + 1);
    for (int i = 0; i < e->state_out.n; i++) next[i] = copy_of(ip->run, interp_value(ip, e->state_out.at[i].node));
    for (int i = 0; i < e->state_out.n; i++) {
        const State *s = e->state_out.at[i].state;
        Value *v = map_get(&ip->states, s);
        int64_t n = value_count(v);
        if (n != value_count(&next[i])) {
            interp_fault(ip, INTERP_ARG, "state %s: the new value has another size", s->name);
            continue;
        }
        for (int64_t k = 0; k < n; k++) {
            if (v->f) v->f[k] = store_f(s->dtype, next[i].f[k]);
            else v->i[k] = store_i(s->dtype, next[i].i[k]);
        }
    }
}

/* ---- runs ---- */

static void begin(Interp *ip)
{
    ip->run = arena_new();
    map_init(&ip->vals, ip->run);
    map_init(&ip->syms, ip->run);
    ip->status = INTERP_OK;
    ip->why = NULL;
    ip->at = NULL;
}

static void end(Interp *ip)
{
    arena_free(ip->run);
    ip->run = NULL;
}

Interp *interp_new(const Module *m, Arena *a)
{
    Interp *ip = NEW(a, Interp);
    ip->m = m;
    ip->arena = a;
    map_init(&ip->programs, a);
    map_init(&ip->states, a);
    interp_reset(ip);
    return ip;
}

void interp_extern(Interp *ip, ExternCall call, void *u)
{
    ip->call = call;
    ip->call_user = u;
}

void interp_watch(Interp *ip, void (*f)(void *u, const Node *n, const Value *v), void *u)
{
    ip->watch = f;
    ip->watch_user = u;
}

static const char *node_label(const Node *n) { return n->name ? n->name : "input"; }

static void set_dims(Interp *ip, const Entry *e, const int64_t *dims)
{
    for (int i = 0; i < e->dims.n; i++) {
        const Sym *s = e->dims.at[i];
        if (dims[i] < s->lo || dims[i] > s->hi)
            interp_fault(ip, INTERP_ARG, "%s is %lld, not in %lld..%lld", s->name, (long long)dims[i], (long long)s->lo, (long long)s->hi);
        interp_set_sym(ip, s, dims[i]);
    }
}

/* Copies an input as its node stores it, after comparing type and shape. */
static void set_input(Interp *ip, const Node *n, const Value *v)
{
    int64_t shape[MAX_RANK];
    int is_float = dtype_is_float(n->dtype);
    interp_shape(ip, n, shape);
    if (v->rank != n->rank) interp_fault(ip, INTERP_ARG, "%s has %d dimensions, wanted %d", node_label(n), v->rank, n->rank);
    for (int d = 0; d < n->rank && ip->status == INTERP_OK; d++)
        if (v->shape[d] != shape[d])
            interp_fault(ip, INTERP_ARG, "%s has size %lld in dimension %d, wanted %lld", node_label(n), (long long)v->shape[d], d, (long long)shape[d]);
    if (ip->status != INTERP_OK) return;
    Value *to = interp_make(ip, n, n->rank, shape);
    int64_t count = value_count(to);
    if (count && (is_float ? !v->f : !v->i)) {
        interp_fault(ip, INTERP_ARG, "%s is no %s", node_label(n), is_float ? "float" : "integer");
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        if (is_float) to->f[i] = store_f(n->dtype, v->f[i]);
        else to->i[i] = store_i(n->dtype, v->i[i]);
    }
}

/* States are read by checks, so their nodes come before everything else. */
static void ready_states(Interp *ip, const Block *b)
{
    for (int i = 0; i < b->nodes.n; i++)
        if (b->nodes.at[i]->kind == NODE_state) interp_node(ip, b->nodes.at[i]);
}

static void run_checks(Interp *ip, const Entry *e)
{
    static const InterpStatus status[] = {INTERP_ARG, INTERP_RANGE, INTERP_FULL};
    for (int i = 0; i < e->checks.n && ip->status == INTERP_OK; i++) {
        const Check *c = &e->checks.at[i];
        if (interp_check(ip, c)) continue;
        ip->status = status[c->status];                /* the check's own verdict, also over a fault inside it */
        ip->why = c->message ? c->message : "a check failed";
    }
}

static void run_nodes(Interp *ip, const Entry *e)
{
    void (*watch)(void *u, const Node *n, const Value *v) = ip->watch;
    for (int i = 0; watch && i < e->inputs.n; i++) watch(ip->watch_user, e->inputs.at[i], interp_value(ip, e->inputs.at[i]));
    for (int i = 0; i < e->block->nodes.n; i++) {
        const Node *n = e->block->nodes.at[i];
        if (n->kind != NODE_input && n->kind != NODE_state) interp_node(ip, n);
    }
}

InterpStatus interp_run(Interp *ip, const Entry *e, const int64_t *dims, const Value *inputs, Value *outputs, Value *taps, const char **why)
{
    begin(ip);
    set_dims(ip, e, dims);
    for (int i = 0; i < e->inputs.n && ip->status == INTERP_OK; i++) set_input(ip, e->inputs.at[i], &inputs[i]);
    if (ip->status == INTERP_OK) ready_states(ip, e->block);
    if (ip->status == INTERP_OK) run_checks(ip, e);
    if (ip->status == INTERP_OK) {
        run_nodes(ip, e);
        for (int i = 0; i < e->outputs.n; i++) outputs[i] = copy_of(ip->arena, interp_value(ip, e->outputs.at[i].node));
        for (int i = 0; taps && i < e->taps.n; i++) taps[i] = copy_of(ip->arena, interp_value(ip, e->taps.at[i].node));
        store_states(ip, e);
    } else {
        for (int i = 0; i < e->outputs.n; i++) memset(&outputs[i], 0, sizeof outputs[i]);
        for (int i = 0; taps && i < e->taps.n; i++) memset(&taps[i], 0, sizeof taps[i]);
    }
    end(ip);
    if (why) *why = ip->why;
    return ip->status;
}

/* ---- constants ---- */

static void need(void *u, Node *n)
{
    Interp *ip = u;
    if (interp_slot(ip, n)->ready) return;
    node_each_read(n, need, ip);
    interp_node(ip, n);
}

Value interp_const(const Module *m, Arena *a, const Node *n)
{
    Interp ip = {.m = m, .arena = arena_new()};
    map_init(&ip.programs, ip.arena);
    map_init(&ip.states, ip.arena);
    begin(&ip);
    need(&ip, (Node *)(uintptr_t)n);
    Value v = copy_of(a, interp_value(&ip, n));
    end(&ip);
    arena_free(ip.arena);
    return v;
}
