/* build_call.c - calls: functions and blocks are evaluated in place, with their formals bound.
 * A function of single numbers that is given tensors runs for every element. Inside an index expression the callee
 * sees the free indices as surrounding slots, so it is evaluated for each of their values. */
#include <string.h>
#include "frontends/tfx/build.h"

enum { MAX_CALLS = 200 };

Val tfx_callee(Build *b, const Ast *a)
{
    if (a->kind == AST_paren) return tfx_callee(b, a->kid[0]);
    if (a->kind != AST_index) return tfx_expr(b, a);
    Val base = tfx_callee(b, a->kid[0]);
    int64_t i;
    if (base.kind != VAL_inst) return base.kind == VAL_list ? tfx_expr(b, a) : base;
    if (base.inst->count < 0) return tfx_error(b, a->span, "rank-mismatch", "'%s' is a single instance, not an array", base.inst->name);
    if (a->n != 2) return tfx_error(b, a->span, "rank-mismatch", "an array of instances takes one subscript");
    Val x = tfx_number(b, a->kid[1], "a subscript");
    if (x.kind == VAL_bad) return x;
    Val r = {.kind = VAL_inst, .span = a->span};
    if (val_is_int(&x, &i)) {
        if (i < 0 || i >= base.inst->count) return tfx_error(b, a->span, "index-range", "'%s' has %d instances, there is no number %lld", base.inst->name, base.inst->count, (long long)i);
        r.inst = base.inst->elem[i];
        r.which = base.which;
        return r;
    }
    if (base.which) return tfx_error(b, a->span, "nested-choice", "an instance chosen at run time may not hold an array that is chosen from at run time");
    if (x.e->dtype != DT_i32) return tfx_error(b, a->span, "type-mismatch", "a subscript must be an integer, this is %s", val_text(b, &x));
    if (!base.inst->stacked) {
        Inst *s = inst_new(b, arena_printf(b->a, "%s.#", base.inst->path), base.inst->name, base.inst->block, base.inst->span);
        s->nargs = base.inst->nargs;
        s->args = base.inst->args;
        s->arg_names = base.inst->arg_names;
        s->stack_n = base.inst->count;
        base.inst->stacked = s;
    }
    r.inst = base.inst->stacked;
    r.which = x.e;
    return r;
}

/* ---- formals ---- */

typedef struct Call { Build *b; const Binding *f; const Ast *formals; Inst *self; Val *args; const char **names; int n; unsigned char *used; Span at; Scope *scope; } Call;

static int is_block(const Call *c) { return c->f->ast->kind == AST_block; }

/* The argument for formal k: by position among those that calls fill, or by name. NULL: not given. */
static Val *argument(Call *c, int k)
{
    const Ast *f = c->formals->kid[k];
    int position = 0;
    for (int i = 0; i < c->n; i++)
        if (c->names[i] == f->name) return c->used[i] = 1, &c->args[i];
    for (int i = 0; i < k; i++) position += !is_block(c) || c->formals->kid[i]->kid[0] != NULL;
    for (int i = 0; i < c->n; i++) {
        if (c->names[i]) continue;
        if (position-- == 0) return c->used[i] = 1, &c->args[i];
    }
    return NULL;
}

static Val *use_argument(Call *c, int k)
{
    const Ast *f = c->formals->kid[k];
    if (!c->self) return NULL;
    for (int i = 0; i < c->self->nargs; i++)
        if (c->self->arg_names[i] == f->name) return &c->self->args[i];
    return NULL;
}

static int bind_untyped(Call *c, const Ast *f, Val *given)
{
    Build *b = c->b;
    Val v;
    if (given) v = *given;
    else if (f->kid[2]) v = tfx_expr(b, f->kid[2]);
    else {
        tfx_error(b, c->at, "missing-argument", "'%s' wants %s%s", c->f->name, f->name, is_block(c) ? "; it is given at 'use'" : "");
        diag_note(&b->ctx->diag, f->span, "declared here");
        return 0;
    }
    if (v.kind == VAL_bad) return 0;
    scope_bind(b, f->name, v, f->span);
    return 1;
}

static int bind_typed(Call *c, const Ast *f, Val *given)
{
    Build *b = c->b;
    Val v;
    if (given) v = *given;
    else if (f->kid[2]) v = tfx_expr(b, f->kid[2]);
    else {
        tfx_error(b, c->at, "missing-argument", "'%s' wants %s", c->f->name, f->name);
        diag_note(&b->ctx->diag, f->span, "declared here");
        return 0;
    }
    if (v.kind == VAL_list) v = val_of_list(b, &v);
    if (!val_is_num(b, &v, arena_printf(b->a, "argument '%s'", f->name))) return 0;
    Span at = v.span.lo ? v.span : c->at;
    if (!match_type(b, f->kid[0], &v, c->scope, at, arena_printf(b->a, "argument '%s' of '%s'", f->name, c->f->name))) return 0;
    int known;
    TypeClass want = dtype_class(type_dtype(f->kid[0]->name, &known));
    if (val_class(&v) != want) v.e = ex_cast(b->m, want, v.e);
    v = val_named(b, v, NULL);
    if (v.kind == VAL_bad) return 0;
    scope_bind(b, f->name, v, f->span);
    return 1;
}

static int bind_formals(Call *c)
{
    for (int k = 0; k < c->formals->n; k++) {
        const Ast *f = c->formals->kid[k];
        int at_use = is_block(c) && !f->kid[0];
        Val *given = at_use ? use_argument(c, k) : argument(c, k);
        if (!(f->kid[0] ? bind_typed(c, f, given) : bind_untyped(c, f, given))) return 0;
    }
    for (int i = 0; i < c->n; i++) {
        if (c->used[i]) continue;
        tfx_error(c->b, c->args[i].span.lo ? c->args[i].span : c->at, "extra-argument", "'%s' has no %s%s", c->f->name, c->names[i] ? "formal " : "place for this argument", c->names[i] ? c->names[i] : "");
        return 0;
    }
    return 1;
}

/* ---- one number at a time ---- */

/* Tensors given where single numbers are declared: their common shape becomes surrounding slots. Number of slots, -1: error. */
static int spread(Call *c)
{
    Build *b = c->b;
    Val *shape = NULL;
    for (int k = 0; k < c->formals->n; k++) {
        const Ast *f = c->formals->kid[k];
        Val *v = argument(c, k);
        if (!v || !f->kid[0] || f->kid[0]->i || v->kind != VAL_num || !v->rank) continue;
        int ok = !shape || shape->rank == v->rank;
        for (int i = 0; shape && ok && i < v->rank; i++) ok = ext_same(b, shape->ext[i], v->ext[i]);
        if (!ok) return tfx_error(b, c->at, "shape-mismatch", "'%s' runs for each element of %s and %s, whose shapes differ", c->f->name, val_text(b, shape), val_text(b, v)), -1;
        if (!shape) shape = v;
    }
    if (!shape) return 0;
    int n = shape->rank;
    Expr *ext[MAX_RANK], *at[MAX_RANK];
    memcpy(ext, shape->ext, sizeof ext);
    for (int i = 0; i < n; i++) {
        int s = slot_push(b, "element", ext[i], 1, c->at);
        if (s < 0) return -1;
        at[i] = ex_index(b->m, s);
    }
    for (int k = 0; k < c->formals->n; k++) {
        const Ast *f = c->formals->kid[k];
        Val *v = argument(c, k);
        if (!v || !f->kid[0] || f->kid[0]->i || v->kind != VAL_num || !v->rank) continue;
        v->e = val_at(b, v, at);
        v->rank = 0;
        v->depth = b->depth;
    }
    return n;
}

/* The result of a call made with n more slots: they become its leading dimensions. */
static Val gather_result(Build *b, Val r, int n)
{
    if (r.kind == VAL_tuple) {
        for (int i = 0; i < r.n; i++) {
            b->depth += n;
            r.item[i].e = val_own(b, &r.item[i]);
            r.item[i].depth = b->depth;
            b->depth -= n;
            r.item[i] = gather_result(b, r.item[i], n);
        }
        return r;
    }
    if (r.kind != VAL_num) return r;
    Expr *e = val_own(b, &r), *ext[MAX_RANK];
    int rank = r.rank, at = b->depth - n;
    memcpy(ext, r.ext, sizeof ext);
    if (rank + n > MAX_RANK) return tfx_error(b, r.span, "too-many-dims", "more than %d dimensions", MAX_RANK);
    for (int i = 0; i < n; i++) r.ext[i] = b->slot[at + i].ext;
    for (int i = 0; i < rank; i++) r.ext[n + i] = ext[i];
    r.e = e;
    r.rank = rank + n;
    r.depth = at;
    return r;
}

/* ---- body and result ---- */

static Val checked_result(Call *c, Val v)
{
    Build *b = c->b;
    const Ast *rets = c->f->ast->kid[1];
    if (v.kind == VAL_bad) return v;
    int n = rets ? rets->n : 0, have = v.kind == VAL_none ? 0 : v.kind == VAL_tuple ? v.n : 1;
    if (n != have) {
        tfx_error(b, c->at, "return-count", "'%s' returns %d value%s, it declares %d", c->f->name, have, have == 1 ? "" : "s", n);
        diag_note(&b->ctx->diag, c->f->span, "declared here");
        return tfx_bad(c->at);
    }
    for (int i = 0; i < n; i++) {
        Val *one = v.kind == VAL_tuple ? &v.item[i] : &v;
        Scope *scratch = scope_push(b);
        if (one->kind == VAL_list) *one = val_of_list(b, one);
        int ok = val_is_num(b, one, "a result") && match_type(b, rets->kid[i]->kid[0], one, scratch, one->span, arena_printf(b->a, "the result of '%s'", c->f->name));
        scope_pop(b);
        if (!ok) return tfx_bad(c->at);
        int known;
        TypeClass want = dtype_class(type_dtype(rets->kid[i]->kid[0]->name, &known));
        if (val_class(one) != want) one->e = ex_cast(b->m, want, one->e);
    }
    v.span = c->at;
    return v;
}

/* A tensor made by a call is called after it: layer.0.attn.q for a block's, layernorm for a function's. */
static void name_result(Call *c, const Inst *self, const Val *v, uint32_t first)
{
    if (v->kind != VAL_num || !v->rank || v->e->op != EX_read) return;
    Node *n = v->e->u.node;
    if (n->id < first || n->kind == NODE_param || n->kind == NODE_const || n->kind == NODE_state || n->kind == NODE_input) return;
    n->name = self ? self->path : c->f->name;
}

static Val run(Call *c, Inst *self, Expr *which)
{
    Build *b = c->b;
    uint32_t first = b->m->next_node;
    Frame frame = {.up = b->frame, .decl = c->f->ast, .self = self, .which = which, .call = c->at, .depth = b->depth};
    frame.in_region = b->frame ? b->frame->in_region : 0;
    frame.ret.kind = VAL_none;
    b->frame = &frame;
    tfx_body(b, c->f->ast->kid[2]);
    Val v = checked_result(c, frame.ret);
    b->frame = frame.up;
    if (v.kind == VAL_num) v = val_named(b, v, NULL);
    name_result(c, self, &v, first);
    return v;
}

static Val extern_call(Build *b, const Binding *f, Val *args, int n, Span at);

Val call_binding(Build *b, const Binding *f, Inst *self, Expr *which, Val *args, const char **names, int n, Span at)
{
    if (f->kind == BIND_extern) return extern_call(b, f, args, n, at);
    if (b->depth_calls >= MAX_CALLS) return tfx_error(b, at, "recursion", "'%s' calls itself, directly or through others; calls are evaluated in place", f->name);
    Call c = {.b = b, .f = f, .formals = f->ast->kid[0], .self = self, .args = args, .names = names, .n = n, .at = at};
    c.used = NEWN(b->a, unsigned char, n + 1);
    Scope *keep = b->scope;
    int depth = b->depth, more = 0;
    if (f->ast->kind == AST_fn) more = spread(&c);
    if (more < 0) {
        b->depth = depth;
        return tfx_bad(at);
    }
    memset(c.used, 0, (size_t)n);
    b->depth_calls++;
    b->scope = f->scope;
    c.scope = scope_push(b);
    Val v = bind_formals(&c) ? run(&c, self, which) : tfx_bad(at);
    if (more && v.kind != VAL_bad) v = gather_result(b, v, more);
    b->depth = depth;
    b->scope = keep;
    b->depth_calls--;
    return v;
}

/* ---- calls as written ---- */

static int arguments(Build *b, const Ast *a, Val **args, const char ***names)
{
    *args = NEWN(b->a, Val, a->n);
    *names = NEWN(b->a, const char *, a->n);
    for (int i = 1; i < a->n; i++) {
        const Ast *x = a->kid[i];
        if (x->kind == AST_namedarg) {
            (*names)[i - 1] = x->name;
            x = x->kid[0];
        }
        (*args)[i - 1] = tfx_expr(b, x);
        if ((*args)[i - 1].kind == VAL_bad) return 0;
        if ((*args)[i - 1].kind == VAL_tuple) return tfx_error(b, x->span, "type-mismatch", "several values where one is wanted"), 0;
    }
    return 1;
}

Val tfx_call(Build *b, const Ast *a)
{
    Val *args, f, out;
    const char **names;
    f = tfx_callee(b, a->kid[0]);
    if (f.kind == VAL_bad || !arguments(b, a, &args, &names)) return tfx_bad(a->span);
    if (f.kind == VAL_fn && !f.fn) {
        if (!builtin_call(b, f.s, args, names, a->n - 1, a->span, &out)) bug("builtin %s", f.s);
        return out;
    }
    if (f.kind == VAL_fn && f.fn->kind == BIND_block)
        return tfx_error(b, a->span, "block-call", "'%s' is a block; make an instance first: use name = %s(..);", f.fn->name, f.fn->name);
    if (f.kind == VAL_fn) return call_binding(b, f.fn, NULL, NULL, args, names, a->n - 1, a->span);
    if (f.kind != VAL_inst) return tfx_error(b, a->kid[0]->span, "type-mismatch", "%s cannot be called", val_text(b, &f));
    if (f.inst->count >= 0) return tfx_error(b, a->kid[0]->span, "rank-mismatch", "'%s' is an array of instances: say which, %s[i](..)", f.inst->name, f.inst->name);
    return call_binding(b, f.inst->block, f.inst, f.which, args, names, a->n - 1, a->span);
}

/* ---- host functions ---- */

static Node *extern_operand(Build *b, Val *v, const Ast *formal, DType *t)
{
    int known;
    *t = type_dtype(formal->kid[0]->name, &known);
    return val_to_node(b, *v, formal->name, *t, 1);
}

static Val extern_call(Build *b, const Binding *f, Val *args, int n, Span at)
{
    const Ast *formals = f->ast->kid[0], *rets = f->ast->kid[1];
    ExternFn *x = f->ext_fn;
    if (n != formals->n) return tfx_error(b, at, n < formals->n ? "missing-argument" : "extra-argument", "'%s' takes %d arguments, %d given", f->name, formals->n, n);
    Scope *keep = b->scope;
    b->scope = f->scope;
    Scope *into = scope_push(b);
    Node *in[8];
    DType t;
    Val out = tfx_bad(at);
    for (int i = 0; i < n; i++) {
        Val v = args[i];
        if (v.kind == VAL_list) v = val_of_list(b, &v);
        if (!val_is_num(b, &v, "an argument") || !match_type(b, formals->kid[i]->kid[0], &v, into, v.span, arena_printf(b->a, "argument '%s' of '%s'", formals->kid[i]->name, f->name))) goto done;
        if (ex_slots(val_own(b, &v)) & (((uint32_t)1 << b->depth) - 1)) {
            out = tfx_error(b, at, "extern-in-index", "a host function may not be called for every value of an index");
            goto done;
        }
        in[i] = extern_operand(b, &v, formals->kid[i], &t);
    }
    Node *call = node_new(b->m, b->block, NODE_extern, DT_f32, 0, NULL, f->name, at);
    call->ext_fn = x;
    call->nres = x->nout;
    for (int i = 0; i < n; i++) node_add_in(b->m, call, in[i]);
    Val *items = NEWN(b->a, Val, x->nout + 1);
    for (int i = 0; i < x->nout; i++) {
        Expr *ext[MAX_RANK];
        int rank;
        if (!type_shape(b, rets->kid[i]->kid[0], ext, &rank, &t)) goto done;
        Node *r = node_new(b->m, b->block, NODE_result, t, rank, ext, rets->kid[i]->name, at);
        r->k = i;
        node_add_in(b->m, r, call);
        items[i] = val_node(b, r, at);
    }
    out = x->nout == 1 ? items[0] : (Val){.kind = x->nout ? VAL_tuple : VAL_none, .span = at, .n = x->nout, .item = items};
done:
    b->scope = keep;
    return out;
}
