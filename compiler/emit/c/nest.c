/* nest.c - the generic loop nest of any node: always right, whatever the node. Output indices outside, reductions
 * inside with a named accumulator; invariant float expressions are hoisted to the loop where they become known.
 * This is the fallback of every specialised kernel and stays as the obvious version. */
#include <string.h>
#include "compiler/emit/c/c_int.h"

void open_loop(FnC *f, const char *var, const char *lo, const char *hi)
{
    out_f(&f->body, "for (int32_t %s = %s; %s < %s; %s++) {\n", var, lo, var, hi, var);
    f->body.indent++;
}

int open_slot(FnC *f, int slot)
{
    if (f->fixed >> slot & 1) return 0;
    if (f->split == SPLIT_wanted && split_evenly(f, node_bound(f->e->plan->module, f->ep->entry, f->step ? f->step->node : f->node, slot))) {
        split_bounds(f, c_expr(f, f->node->ext[slot]), 1);
        open_loop(f, c_slot(f, slot), "begin", "past");
        return 1;
    }
    open_loop(f, c_slot(f, slot), "0", c_expr(f, f->node->ext[slot]));
    return 1;
}

void close_loops(FnC *f, int n)
{
    while (n-- > 0) { f->body.indent--; out_f(&f->body, "}\n"); }
}

/* ---- reductions ---- */
static const char *red_start(FnC *f, const Node *n)
{
    DType t = n->body->dtype;
    switch (n->red) {
    case RED_sum: return c_zero(t);
    case RED_prod: return c_one(t);
    case RED_any: return "0";
    case RED_all: return "1";
    case RED_max: return c_limit(f->e, t, 0);
    case RED_min: return c_limit(f->e, t, 1);
    case RED_argmax: case RED_argmin: return "-1";
    default: return c_zero(t);
    }
}

static void red_step(FnC *f, const Node *n, const char *v)
{
    Out *o = &f->body;
    const char *idx = c_slot(f, n->rank);
    switch (n->red) {
    case RED_none: out_f(o, "acc = %s;\n", v); break;
    case RED_sum: case RED_prod: {
        const char *op = n->red == RED_sum ? "+" : "*";
        if (dtype_is_float(n->body->dtype)) out_f(o, "acc %s= %s;\n", op, v);
        else out_f(o, "acc = %s;\n", c_combine(f->e, n->body->dtype, op, "acc", v));
        break;
    }
    case RED_any: out_f(o, "acc |= %s;\n", v); break;
    case RED_all: out_f(o, "acc &= %s;\n", v); break;
    case RED_max: case RED_min: {
        const char *t = c_value(n->body->dtype);
        out_f(o, "{ const %s v = %s; acc = v %s acc ? v : acc; }\n", t, v, n->red == RED_max ? ">" : "<");
        break;
    }
    case RED_argmax: case RED_argmin: {
        const char *t = c_value(n->body->dtype);
        out_f(o, "{ const %s v = %s; if (none || v %s best) { best = v; acc = %s; none = 0; } }\n", t, v, n->red == RED_argmax ? ">" : "<", idx);
        break;
    }
    case RED_first:
        if (n->nred == 1) out_f(o, "acc = %s;\nnone = 0;\nbreak;\n", v);
        else out_f(o, "if (none) { acc = %s; none = 0; }\n", v);
        break;
    case RED_last: out_f(o, "acc = %s; none = 0;\n", v); break;
    default: bug("reduction");
    }
}

static const char *acc_type(const Node *n)
{
    if (n->red == RED_argmax || n->red == RED_argmin) return "int32_t";
    return c_value(n->body->dtype);
}

static int conj_if(FnC *f, const Node *n, uint32_t open, uint32_t before)
{
    const char *cond = "";
    for (int k = 0; k < n->nconj; k++) {
        uint32_t used = ex_slots(n->conj[k]);
        if ((used & ~open) || (before != 0xffffffffu && !(used & ~before))) continue;
        cond = arena_printf(f->e->a, "%s%s%s", cond, *cond ? " && " : "", c_expr(f, n->conj[k]));
    }
    if (!*cond) return 0;
    out_f(&f->body, "if (%s) {\n", cond);
    f->body.indent++;
    return 1;
}

static void reduce_loops(FnC *f, const Node *n, uint32_t all)
{
    uint32_t open = (1u << n->rank) - 1;
    int depth = conj_if(f, n, open, 0xffffffffu), mark = local_mark(f);
    for (int k = 0; k < n->nred; k++) {
        open_loop(f, c_slot(f, n->rank + k), c_expr(f, n->r[k].lo), c_expr(f, n->r[k].hi));
        depth++;
        uint32_t before = open;
        open |= 1u << (n->rank + k);
        depth += conj_if(f, n, open, before);
        if (k + 1 < n->nred) local_hoist(f, n->body, open, all);
    }
    local_share(f, n->body);
    red_step(f, n, c_expr(f, n->body));
    if (n->empty && n->red < RED_argmax) out_f(&f->body, "none = 0;\n");
    close_loops(f, depth);
    local_forget(f, mark);
}

const char *element(FnC *f, const Buffer *b, const Node *n, const char *p, int written)
{
    (void)written; (void)n;
    return arena_printf(f->e->a, "%s[%s]", p, c_expr(f, buffer_at(f, b, f->at)));
}

/* Squares of numbers with rows and columns exchanged by the target's vectors: `to`, the place of the result, steps by 1 with slot
 * `along` and by a constant with slot `last`; e, what is copied, the other way round. 0: no such square, nothing is written. */
static int turn_square(FnC *f, const Buffer *dst, const char *p, Expr *to, const Expr *e, int along, int last)
{
    CEmit *c = f->e;
    Module *m = c->plan->module;
    int64_t step, out_step, in_step;
    Expr *rest;
    if (!c->target->width || e->op != EX_read || dst->dtype != DT_f32) return 0;
    const Buffer *src = fn_buffer(f, e->u.node);
    if (src->dtype != DT_f32 || src->panel) return 0;
    Expr *from = buffer_at(f, src, e->arg);
    if (!affine_split(m, to, along, &step, &rest) || step != 1 || !affine_split(m, to, last, &out_step, &rest)) return 0;
    if (!affine_split(m, from, last, &step, &rest) || step != 1 || !affine_split(m, from, along, &in_step, &rest)) return 0;
    const char *q = fn_param_buf(f, src, e->u.node, 0);
    out_f(&f->body, "%s_v_turn(%s + %s, %lld, %s + %s, %lld);\n", c->prefix, p, c_expr(f, to), (long long)out_step, q, c_expr(f, from), (long long)in_step);
    return 1;
}

/* A copy into another order of axes: a few elements at a time along the result, so that both sides stay in cache lines.
 * 0: no such copy, nothing is written. */
static int turned_copy(FnC *f, const Node *n, const Buffer *dst, const char *p)
{
    enum { BLOCK = 16 };
    Out *o = &f->body;
    int64_t size = 0, step;
    int along = -1, last = n->rank - 1, depth = 0;
    if (n->red != RED_none || n->nconj || n->empty || n->post || n->body->op != EX_read || dst->panel) return 0;
    for (int k = 0; k < last; k++) if (ex_is_int(dst->stride[k], &step) && step == 1) along = k;
    if (along < 0 || (f->fixed >> along | f->fixed >> last) & 1) return 0;
    if (!ex_is_int(n->ext[along], &size) || size % BLOCK || size < 2 * BLOCK) return 0;
    for (int k = 0; k < last; k++) if (k != along) depth += open_slot(f, k);
    const char *v = c_slot(f, along);
    int64_t wide, width = f->e->target->width;
    if (width && ex_is_int(n->ext[last], &wide) && wide % width == 0) {
        const char *w = c_slot(f, last);
        size_t before = o->n;
        out_f(o, "for (int32_t %s = 0; %s < %lld; %s += %lld) {\n", v, v, (long long)size, v, (long long)width);
        o->indent++;
        out_f(o, "for (int32_t %s = 0; %s < %lld; %s += %lld) {\n", w, w, (long long)wide, w, (long long)width);
        o->indent++;
        if (turn_square(f, dst, p, buffer_at(f, dst, f->at), n->body, along, last)) { close_loops(f, depth + 2); return 1; }
        o->n = before;
        o->indent -= 2;
    }
    out_f(o, "for (int32_t %s_0 = 0; %s_0 < %lld; %s_0 += %d) {\n", v, v, (long long)size, v, BLOCK);
    o->indent++;
    open_slot(f, last);
    open_loop(f, v, arena_printf(f->e->a, "%s_0", v), arena_printf(f->e->a, "%s_0 + %d", v, BLOCK));
    out_f(o, "%s = %s;\n", element(f, dst, n, p, 1), c_store(f, dst->dtype, c_expr(f, n->body)));
    close_loops(f, depth + 3);
    return 1;
}

static void compute_body(FnC *f, Node *n, const Buffer *dst, const char *p)
{
    Out *o = &f->body;
    uint32_t outs = (1u << n->rank) - 1, all = outs | (((1u << n->nred) - 1) << n->rank), open = 0;
    int depth = 0;
    if (turned_copy(f, n, dst, p) || map_body(f, n, dst, p)) return;
    local_hoist(f, n->body, 0, all);
    for (int k = 0; k < n->rank; k++) {
        depth += open_slot(f, k);
        open |= 1u << k;
        local_hoist(f, n->body, open, all);
    }
    const char *value;
    if (n->red == RED_none && !n->nconj) {
        local_share(f, n->body);
        value = c_expr(f, n->body);
    } else {
        int none = n->empty || n->red >= RED_argmax;
        out_f(o, "%s acc = %s;\n", acc_type(n), red_start(f, n));
        if (none) out_f(o, "int32_t none = 1;\n");
        if (n->red == RED_argmax || n->red == RED_argmin) out_f(o, "%s best = 0;\n", c_value(n->body->dtype));
        reduce_loops(f, n, all);
        if (n->empty) out_f(o, "if (none) acc = %s;\n", c_expr(f, n->empty));
        else if (none && n->red >= RED_first) out_f(o, "(void)none;\n");
        value = "acc";
    }
    if (n->post) { f->acc = value; local_share(f, n->post); value = c_expr(f, n->post); }
    out_f(o, "%s = %s;\n", element(f, dst, n, p, 1), c_store(f, dst->dtype, value));
    close_loops(f, depth);
}

/* ---- row operations: loops over the other axes, then passes along the row ---- */
static int open_axes(FnC *f, const Node *n, uint32_t mask)
{
    int opened = 0;
    for (int k = 0; k < n->rank; k++)
        if (mask >> k & 1) opened += open_slot(f, k);
    return opened;
}

static const char *conj_text(FnC *f, const Node *n)
{
    const char *cond = "";
    for (int k = 0; k < n->nconj; k++) cond = arena_printf(f->e->a, "%s%s%s", cond, *cond ? " && " : "", c_expr(f, n->conj[k]));
    return *cond ? cond : NULL;
}

static void logit(FnC *f, const Node *n)
{
    const char *cond = conj_text(f, n), *v = c_expr(f, n->body);
    if (cond) out_f(&f->body, "const float v = (%s) ? %s : -%s_inf();\n", cond, v, f->e->prefix);
    else out_f(&f->body, "const float v = %s;\n", v);
}

/* Logits, then their exponentials, lie in the result itself; a result of halves has no room for them: they are computed
 * again in each pass. */
static void softmax_body(FnC *f, const Node *n, const Buffer *dst, const char *p)
{
    Out *o = &f->body;
    uint32_t all = (1u << n->rank) - 1, rows = n->row_axes;
    CEmit *e = f->e;
    const int keep = dst->dtype == DT_f32;
    c_need(e, "exp"); c_need(e, "inf");
    int outer = open_axes(f, n, all & ~rows);
    if (f->split == SPLIT_wanted) f->split = SPLIT_no;
    const char *at = element(f, dst, n, p, 1);
    out_f(o, "float m = -%s_inf();\n", e->prefix);
    int in = open_axes(f, n, rows);
    logit(f, n);
    if (keep) out_f(o, "%s = v;\n", at);
    out_f(o, "m = v > m ? v : m;\n");
    close_loops(f, in);
    out_f(o, "float sum = 0.0f;\n");
    in = open_axes(f, n, rows);
    if (keep) out_f(o, "const float v = %s;\n", at);
    else logit(f, n);
    const char *power = arena_printf(e->a, "v == -%s_inf() ? 0.0f : %s_exp(v - m)", e->prefix, e->prefix);
    out_f(o, "const float w = %s;\n", power);
    if (keep) out_f(o, "%s = w;\n", at);
    out_f(o, "sum += w;\n");
    close_loops(f, in);
    out_f(o, "const float scale = sum == 0.0f ? 0.0f : 1.0f / sum;\n");
    in = open_axes(f, n, rows);
    if (keep) out_f(o, "%s *= scale;\n", at);
    else {
        logit(f, n);
        out_f(o, "%s = %s;\n", at, c_store(f, dst->dtype, arena_printf(e->a, "(%s) * scale", power)));
    }
    close_loops(f, in + outer);
}

static void cum_body(FnC *f, const Node *n, const Buffer *dst, const char *p)
{
    Out *o = &f->body;
    uint32_t all = (1u << n->rank) - 1, rows = n->row_axes;
    DType type = n->body->dtype;
    int isf = dtype_is_float(type), outer = open_axes(f, n, all & ~rows);
    if (f->split == SPLIT_wanted) f->split = SPLIT_no;
    const char *t = c_value(type);
    out_f(o, "%s acc = %s;\n", t, n->kind == NODE_cumsum ? c_zero(type) : c_limit(f->e, type, 0));
    c_need(f->e, "inf");
    int in = open_axes(f, n, rows);
    const char *cond = conj_text(f, n);
    if (cond) { out_f(o, "if (%s) {\n", cond); o->indent++; }
    const char *v = c_expr(f, n->body);
    if (n->kind == NODE_cummax) out_f(o, "{ const %s v = %s; acc = v > acc ? v : acc; }\n", t, v);
    else if (isf) out_f(o, "acc += %s;\n", v);
    else out_f(o, "acc = %s;\n", c_combine(f->e, type, "+", "acc", v));
    if (cond) { o->indent--; out_f(o, "}\n"); }
    out_f(o, "%s = %s;\n", element(f, dst, n, p, 1), c_store(f, dst->dtype, "acc"));
    close_loops(f, in + outer);
}

/* Index j of a scatter over all its values, or this part's share of them. */
static void open_range(FnC *f, const Node *n, int j)
{
    Module *m = f->e->plan->module;
    const char *v = c_slot(f, n->rank + j);
    RangeCtx rc;
    int64_t hi, least, from;
    range_ctx_base(&rc, m, f->ep->entry, n);
    range_of(&rc, ex_sub(m, n->r[j].hi, n->r[j].lo), &least, &hi);
    int cut = f->split == SPLIT_wanted && ex_is_int(n->r[j].lo, &from) && from == 0 && !ex_slots(n->r[j].hi) && split_evenly(f, hi);
    if (cut) split_bounds(f, c_expr(f, n->r[j].hi), 1);
    if (cut) open_loop(f, v, "begin", "past");
    else open_loop(f, v, c_expr(f, n->r[j].lo), c_expr(f, n->r[j].hi));
}

/* The index that steps by one element through the result, when another one steps through what is read, and the order of
 * the steps does not matter; -1. */
static int turned_index(FnC *f, const Node *n, const Buffer *dst)
{
    Module *m = f->e->plan->module;
    int64_t step;
    if (n->nconj || n->nred < 2 || !scatter_injective(m, n)) return -1;
    for (int j = 0; j < n->nred; j++) if (ex_slots(n->r[j].lo) || ex_slots(n->r[j].hi)) return -1;
    for (int j = 0; j + 1 < n->nred; j++)
        if (ex_is_int(dst->stride[scatter_axis(m, n, j)], &step) && step == 1) return j;
    return -1;
}

/* The loops of a scatter, in the written order. Gives how many braces are open. */
static int scatter_loops(FnC *f, const Node *n)
{
    uint32_t open = 0;
    int depth = conj_if(f, n, 0, 0xffffffffu);
    if (!scatter_injective(f->e->plan->module, n)) f->split = SPLIT_no;
    for (int k = 0; k < n->nred; k++) {
        open_range(f, n, k);
        depth++;
        uint32_t before = open;
        open |= 1u << (n->rank + k);
        depth += conj_if(f, n, open, before);
    }
    return depth;
}

/* Into another order of axes, as keys go into a cache: a few elements at a time along the result, so that both sides stay in
 * cache lines. Gives how many braces are open. */
static int turned_loops(FnC *f, const Node *n, const Buffer *dst, const char *p, Expr *at, int along)
{
    enum { BLOCK = 16 };
    Out *o = &f->body;
    int last = n->nred - 1, depth = 0;
    for (int k = 0; k < last; k++) if (k != along) { open_range(f, n, k); depth++; }
    const char *v = c_slot(f, n->rank + along), *w = c_slot(f, n->rank + last), *hi = c_expr(f, n->r[along].hi);
    out_f(o, "for (int32_t %s_0 = %s; %s_0 < %s; %s_0 += %d) {\n", v, c_expr(f, n->r[along].lo), v, hi, v, BLOCK);
    o->indent++;
    int64_t wide, from, width = f->e->target->width;
    if (width && f->split != SPLIT_wanted && n->mode == SCATTER_set && ex_is_int(n->r[last].lo, &from) && ex_is_int(n->r[last].hi, &wide) && (wide - from) % width == 0) {
        size_t before = o->n;
        out_f(o, "if (%s_0 + %d <= %s) {\n", v, BLOCK, hi);
        o->indent++;
        out_f(o, "for (int32_t %s = %s_0; %s < %s_0 + %d; %s += %lld) {\n", v, v, v, v, BLOCK, v, (long long)width);
        o->indent++;
        out_f(o, "for (int32_t %s = %lld; %s < %lld; %s += %lld) {\n", w, (long long)from, w, (long long)wide, w, (long long)width);
        o->indent++;
        if (turn_square(f, dst, p, at, n->body, n->rank + along, n->rank + last)) {
            close_loops(f, 2);
            out_f(o, "continue;\n");
            close_loops(f, 1);
        } else { o->n = before; o->indent -= 3; }
    }
    out_f(o, "const int32_t %s_1 = %s - %s_0 < %d ? %s : %s_0 + %d;\n", v, hi, v, BLOCK, hi, v, BLOCK);
    open_range(f, n, last);
    open_loop(f, v, arena_printf(f->e->a, "%s_0", v), arena_printf(f->e->a, "%s_1", v));
    return depth + 3;
}

/* The last index walks along memory in the target's vectors; 0: not possible here, nothing is written. */
static int vector_scatter(FnC *f, const Node *n, const Buffer *dst, const char *p, Expr *at)
{
    Out *o = &f->body;
    int last = n->nred - 1, slot = n->rank + last, depth = 0, indent = o->indent, split = f->split, temps = f->ntemps;
    size_t before = o->n;
    int64_t lo, hi;
    if (!f->e->target->width || n->mode != SCATTER_set || n->nconj || last < 1 || n->body->dtype != DT_f32) return 0;
    if (!ex_is_int(n->r[last].lo, &lo) || !ex_is_int(n->r[last].hi, &hi) || hi - lo < f->e->target->width / 2) return 0;
    if (!scatter_injective(f->e->plan->module, n)) f->split = SPLIT_no;
    for (int k = 0; k < last; k++, depth++) open_range(f, n, k);
    if (vector_run(f, slot, c_expr(f, n->r[last].lo), c_expr(f, n->r[last].hi), hi - lo, dst, p, at, n->body)) {
        close_loops(f, depth);
        return 1;
    }
    o->n = before;
    o->indent = indent;
    f->split = split;
    f->ntemps = temps;
    return 0;
}

static void scatter_body(FnC *f, const Node *n, const Buffer *dst, const char *p)
{
    Out *o = &f->body;
    Expr *at = buffer_at(f, dst, n->sub);
    int along = turned_index(f, n, dst);
    if (along < 0 && vector_scatter(f, n, dst, p, at)) return;
    int depth = along < 0 ? scatter_loops(f, n) : turned_loops(f, n, dst, p, at, along);
    const char *el = arena_printf(f->e->a, "%s[%s]", p, c_expr(f, at)), *v = c_expr(f, n->body);
    if (n->mode == SCATTER_set) {
        out_f(o, "%s = %s;\n", el, c_store(f, dst->dtype, v));
    } else {
        const char *t = c_value(n->body->dtype);
        if (dst->dtype == DT_f16 || dst->dtype == DT_bf16) c_need(f->e, arena_printf(f->e->a, "%s_to_f32", dtype_info[dst->dtype].name));
        const char *old = dst->dtype == DT_f16 || dst->dtype == DT_bf16 ? arena_printf(f->e->a, "%s_%s_to_f32(%s)", f->e->prefix, dtype_info[dst->dtype].name, el) : arena_printf(f->e->a, "(%s)%s", t, el);
        out_f(o, "const %s was = %s, v = %s;\n", t, old, v);
        const char *r = n->mode == SCATTER_max ? "(v > was ? v : was)" : n->mode == SCATTER_min ? "(v < was ? v : was)" :
                        c_combine(f->e, n->body->dtype, "+", "was", "v");
        out_f(o, "%s = %s;\n", el, c_store(f, dst->dtype, r));
    }
    close_loops(f, depth);
}

static void copy_body(FnC *f, const Step *s, const char *p)
{
    const Node *n = f->node;
    const char *q = fn_param_buf(f, s->src, n, 0);
    for (int k = 0; k < n->rank; k++) open_slot(f, k);
    const char *el = arena_printf(f->e->a, "%s[%s]", q, c_expr(f, buffer_at(f, s->src, f->at)));
    if (s->dst->dtype != s->src->dtype) bug("copy changes type");
    out_f(&f->body, "%s = %s;\n", element(f, s->dst, n, p, 1), el);
    close_loops(f, n->rank);
}

void nest_body(FnC *f, const Step *s)
{
    const char *p = fn_param_buf(f, s->dst, s->node, 1);
    Node *n = fn_view(f, s);
    if (s->kind == STEP_copy) { copy_body(f, s, p); return; }
    switch (n->kind) {
    case NODE_compute:
        if (s->kernel && tile_body(f, n, s->dst, p)) return;
        if (row_reduce_body(f, n, s->dst, p)) return;
        compute_body(f, n, s->dst, p); return;
    case NODE_softmax:
        if (row_softmax_body(f, n, s->dst, p)) return;
        if (s->online) bug("a block of a softmax along no row");
        softmax_body(f, n, s->dst, p); return;
    case NODE_cumsum: case NODE_cummax: cum_body(f, n, s->dst, p); return;
    case NODE_scatter: scatter_body(f, n, s->dst, p); return;
    case NODE_argsort: argsort_body(f, n, s->dst, p); return;
    case NODE_search: search_body(f, n, s->dst, p); return;
    default: bug("no loop nest for %s", node_kind_name[n->kind]);
    }
}
