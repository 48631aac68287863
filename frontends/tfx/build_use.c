/* build_use.c - what an instance owns: parameters, states, instances inside it.
 * Each is made when its declaration is reached first; later calls of the instance find it and must agree with it. */
#include <limits.h>
#include <string.h>
#include "frontends/tfx/build.h"

Inst *inst_new(Build *b, const char *path, const char *name, const Binding *block, Span at)
{
    Inst *s = NEW(b->a, Inst);
    s->path = path;
    s->name = name;
    s->block = block;
    s->span = at;
    s->count = -1;
    map_init(&s->members, b->a);
    return s;
}

static const char *path_of(Build *b, const Inst *self, const char *name)
{
    return self->path[0] ? arena_printf(b->a, "%s.%s", self->path, name) : name;
}

static Inst *owner(Build *b, const Ast *a, const char *what)
{
    if (b->frame && b->frame->self) return b->frame->self;
    tfx_error(b, a->span, "declaration-place", "a %s belongs to a block or a model, not to a function or file", what);
    return NULL;
}

static Member *member_new(Build *b, Inst *self, const char *name, int kind, Span at)
{
    Member *m = NEW(b->a, Member);
    m->kind = kind;
    m->span = at;
    map_put(&self->members, name, m);
    return m;
}

static Member *member_same(Build *b, Inst *self, const Ast *a, int kind)
{
    Member *m = map_get(&self->members, a->name);
    if (!m || (m->kind == kind && m->span.lo == a->span.lo)) return m;
    tfx_error(b, a->span, "redefined", "'%s' is declared twice", a->name);
    diag_note(&b->ctx->diag, m->span, "first here");
    return NULL;
}

/* ---- use ---- */

static int use_arguments(Build *b, const Ast *args, Inst *s)
{
    s->args = NEWN(b->a, Val, args->n + 1);
    s->arg_names = NEWN(b->a, const char *, args->n + 1);
    int position = 0;
    const Ast *formals = s->block->ast->kid[0];
    for (int i = 0; i < args->n; i++) {
        const Ast *x = args->kid[i];
        const char *name = x->kind == AST_namedarg ? x->name : NULL;
        int known = 0;
        for (int k = 0, at = 0; k < formals->n; k++) {
            if (formals->kid[k]->kid[0]) continue;
            if (!name && at == position) name = formals->kid[k]->name;
            known |= name == formals->kid[k]->name;
            at++;
        }
        position += x->kind != AST_namedarg;
        if (!known) return tfx_error(b, x->span, "extra-argument", "block '%s' has no compile-time parameter%s%s", s->block->name, name ? " " : " left", name ? name : ""), 0;
        Val v = tfx_expr(b, x->kind == AST_namedarg ? x->kid[0] : x);
        double lit;
        if (v.kind == VAL_bad) return 0;
        if (v.kind == VAL_num && (v.rank || (!ex_is_lit(v.e, &lit) && (ex_slots(v.e) || v.e->traits & TRAIT_read))))
            return tfx_error(b, x->span, "not-constant", "'%s' of block '%s' must be known at compile time", name, s->block->name), 0;
        s->args[s->nargs] = v;
        s->arg_names[s->nargs++] = name;
    }
    return 1;
}

static Inst *element(Build *b, const Inst *array, int i)
{
    Inst *e = inst_new(b, arena_printf(b->a, "%s.%d", array->path, i), array->name, array->block, array->span);
    e->nargs = array->nargs;
    e->args = array->args;
    e->arg_names = array->arg_names;
    return e;
}

void tfx_use(Build *b, const Ast *a)
{
    Inst *self = owner(b, a, "use");
    if (!self) return;
    Member *m = map_get(&self->members, a->name);
    if (m) m = member_same(b, self, a, 'i');
    else {
        Binding *f = scope_find(b, a->kid[2]->name);
        int64_t count = -1;
        if (!f || f->kind != BIND_block) {
            if (f) tfx_error(b, a->kid[2]->span, "type-mismatch", "'%s' is not a block", f->name);
            else tfx_unknown(b, a->kid[2]->name, a->kid[2]->span, "block");
            m = member_new(b, self, a->name, 'i', a->span);
            m->inst = NULL;
            scope_bind(b, a->name, tfx_bad(a->span), a->span);
            return;
        }
        if (a->kid[0] && !tfx_static_int(b, a->kid[0], &count, "the number of instances")) return;
        if (a->kid[0] && (count < 0 || count > 1 << 16)) {
            tfx_error(b, a->kid[0]->span, "bad-size", "%lld instances", (long long)count);
            return;
        }
        m = member_new(b, self, a->name, 'i', a->span);
        Inst *s = m->inst = inst_new(b, path_of(b, self, a->name), a->name, f, a->span);
        s->stack_n = self->stack_n;
        if (!use_arguments(b, a->kid[1], s)) {
            scope_bind(b, a->name, tfx_bad(a->span), a->span);
            m->inst = NULL;
            return;
        }
        s->count = (int)count;
        if (count >= 0) s->elem = NEWN(b->a, Inst *, count + 1);
        for (int i = 0; i < count; i++) {
            s->elem[i] = element(b, s, i);
            s->elem[i]->stack_n = s->stack_n;
        }
    }
    if (!m) return;
    if (!m->inst) scope_bind(b, a->name, tfx_bad(a->span), a->span);
    else scope_bind(b, a->name, (Val){.kind = VAL_inst, .span = a->span, .inst = m->inst, .which = b->frame->which}, a->span);
}

/* ---- param ---- */

/* A stacked parameter has one more axis in front: the number of the instance, chosen at run time. */
static Val chosen(Build *b, Val v, Expr *which)
{
    if (!which) return v;
    Expr *sub[MAX_RANK + 1];
    Val r = {.kind = VAL_num, .span = v.span, .rank = v.rank - 1, .depth = b->depth};
    sub[0] = which;
    for (int i = 0; i < r.rank; i++) {
        r.ext[i] = v.ext[i + 1];
        sub[i + 1] = ex_index(b->m, b->depth + i);
    }
    r.e = val_at(b, &v, sub);
    return r;
}

static int constant_shape(Build *b, const Ast *a, const char *what, Expr **ext, int rank, int64_t *shape)
{
    for (int i = 0; i < rank; i++)
        if (!ex_is_int(ext[i], &shape[i])) {
            tfx_error(b, a->kid[0]->kid[i]->span, "run-time-size", "the size %s of %s '%s' is known at run time only", ext_text(b, ext[i]), what, a->name);
            return 0;
        }
    return 1;
}

static const char *attribute_name(const Ast *attrs)
{
    for (int i = 0; attrs && i < attrs->n; i++)
        if (attrs->kid[i]->kind == AST_str) return attrs->kid[i]->name;
    return NULL;
}

static Val param_make(Build *b, Inst *self, const Ast *a, Expr **ext, int rank, DType t)
{
    int64_t shape[MAX_RANK];
    const char *other = attribute_name(a->kid[1]);
    if (!constant_shape(b, a, "parameter", ext, rank, shape)) return tfx_bad(a->span);
    if (self->stack_n && rank + 1 > MAX_RANK) return tfx_error(b, a->span, "too-many-dims", "more than %d dimensions", MAX_RANK);
    return bind_param(b, path_of(b, self, a->name), other ? path_of(b, self, other) : NULL, t, rank, shape, self->stack_n, a->span);
}

void tfx_param(Build *b, const Ast *a)
{
    Inst *self = owner(b, a, "param");
    Expr *ext[MAX_RANK];
    int rank;
    DType t;
    if (!self) return;
    Member *m = map_get(&self->members, a->name) ? member_same(b, self, a, 'p') : NULL;
    if (!m && map_get(&self->members, a->name)) return;
    if (!type_shape(b, a->kid[0], ext, &rank, &t)) {
        scope_bind(b, a->name, tfx_bad(a->span), a->span);
        return;
    }
    if (!m) {
        m = member_new(b, self, a->name, 'p', a->span);
        m->val = param_make(b, self, a, ext, rank, t);
    } else if (m->val.kind == VAL_num) {
        int lead = self->stack_n ? 1 : 0;
        for (int i = 0; i < rank; i++)
            if (m->val.rank != rank + lead || !ext_same(b, m->val.ext[lead + i], ext[i])) {
                tfx_error(b, b->frame->call, "shape-mismatch", "parameter '%s' of this instance is %s; this call needs %s for its size %d", path_of(b, self, a->name), val_text(b, &m->val), ext_text(b, ext[i]), i + 1);
                diag_note(&b->ctx->diag, a->span, "declared here");
                break;
            }
    }
    scope_bind(b, a->name, m->val.kind == VAL_num ? chosen(b, m->val, b->frame->which) : m->val, a->span);
}

/* ---- state ---- */

static int state_init(Build *b, const Ast *a, State *s)
{
    double x;
    if (!a->kid[2]) return 1;
    Val v = tfx_expr(b, a->kid[2]);
    if (v.kind == VAL_bad) return 0;
    if (v.kind == VAL_num && !v.rank && ex_is_lit(v.e, &x)) {
        if (dtype_is_int(s->dtype) && dtype_is_float(v.e->dtype)) return tfx_error(b, v.span, "type-mismatch", "an integer state begins with a float"), 0;
        if (x == 0) return 1;
        if (s->rank) {
            Tensor *t = NEW(b->a, Tensor);
            t->dtype = class_dtype(dtype_class(s->dtype));
            t->rank = s->rank;
            memcpy(t->shape, s->shape, sizeof s->shape);
            int64_t n = tensor_count(t);
            t->bytes = (size_t)n * (size_t)(dtype_info[t->dtype].bits / 8);
            char *p = arena_alloc(b->a, t->bytes + 8);
            float f = (float)x;
            int32_t i32 = (int32_t)x;
            for (int64_t i = 0; i < n; i++) {
                int64_t i64 = (int64_t)x;
                if (t->dtype == DT_f64) memcpy(p + 8 * i, &x, 8);
                else if (t->dtype == DT_i64) memcpy(p + 8 * i, &i64, 8);
                else if (t->dtype == DT_f32) memcpy(p + 4 * i, &f, 4);
                else if (t->dtype == DT_i32) memcpy(p + 4 * i, &i32, 4);
                else p[i] = x != 0;
            }
            t->data = p;
            s->init = t;
        } else s->init = node_const_scalar(b->m, class_dtype(dtype_class(s->dtype)), x, (int64_t)x)->data;
        return 1;
    }
    if (v.kind == VAL_list) {
        v = val_of_list(b, &v);
        if (v.kind != VAL_num) return 0;
        s->init = v.e->u.node->data;
        int ok = s->init->rank == s->rank && dtype_class(s->init->dtype) == dtype_class(s->dtype);
        for (int i = 0; ok && i < s->rank; i++) ok = s->init->shape[i] == s->shape[i];
        if (!ok) tfx_error(b, a->kid[2]->span, "shape-mismatch", "state '%s' begins with %s", a->name, val_text(b, &v));
        return ok;
    }
    tfx_error(b, a->kid[2]->span, "not-constant", "the first value of a state must be known at compile time");
    return 0;
}

static int state_range(Build *b, const Ast *a, State *s)
{
    int64_t lo = 0, hi = 0, least = 0, most = 0;
    int bits = dtype_info[s->dtype].bits;
    s->lo = s->dtype == DT_u8 ? 0 : -((int64_t)1 << (bits - 2)) * 2;
    s->hi = s->dtype == DT_u8 ? 255 : -(s->lo + 1);
    if (bits == 1 || s->dtype == DT_bool) s->lo = 0, s->hi = 1;
    if (dtype_class(s->dtype) != CLS_I || !a->kid[1]) return 1;
    if (a->kid[1]->kid[0] && !tfx_static_int(b, a->kid[1]->kid[0], &lo, "the start of a range")) return 0;
    if (!tfx_static_int(b, a->kid[1]->kid[1], &hi, "the end of a range")) return 0;
    if (s->init) tensor_range(s->init, &least, &most);
    if (least < lo || most >= hi) return tfx_error(b, a->span, "state-range", "state '%s' begins outside of its range %lld .. %lld", a->name, (long long)lo, (long long)hi), 0;
    s->lo = lo;
    s->hi = hi - 1;
    return 1;
}

void tfx_state(Build *b, const Ast *a)
{
    Inst *self = owner(b, a, "state");
    if (!self) return;
    Member *m = map_get(&self->members, a->name) ? member_same(b, self, a, 's') : NULL;
    if (!m && map_get(&self->members, a->name)) return;
    if (!m) {
        Expr *ext[MAX_RANK];
        State *s = NEW(b->a, State);
        if (self->stack_n) {
            tfx_error(b, a->span, "nested-choice", "an instance chosen at run time may not have a state");
            return;
        }
        s->name = path_of(b, self, a->name);
        s->span = a->span;
        if (!type_shape(b, a->kid[0], ext, &s->rank, &s->dtype) || !constant_shape(b, a, "state", ext, s->rank, s->shape) || !state_init(b, a, s) || !state_range(b, a, s)) {
            scope_bind(b, a->name, tfx_bad(a->span), a->span);
            return;
        }
        m = member_new(b, self, a->name, 's', a->span);
        m->state = s;
        vec_push(b->a, &b->m->states, s);
    }
    scope_add(b, b->scope, BIND_state, a->name, a->span)->state = m->state;
}

/* ---- members from outside ---- */

int is_inst_path(Build *b, const Ast *a)
{
    if (a->kind == AST_paren || a->kind == AST_index || a->kind == AST_member) return is_inst_path(b, a->kid[0]);
    if (a->kind != AST_ident) return 0;
    Binding *f = scope_find(b, a->name);
    return f && f->kind == BIND_val && f->val.kind == VAL_inst;
}

Val tfx_member(Build *b, const Ast *a)
{
    Val base = tfx_callee(b, a->kid[0]);
    if (base.kind == VAL_bad) return base;
    if (base.kind != VAL_inst) return tfx_error(b, a->span, "type-mismatch", "%s has no member '%s'", val_text(b, &base), a->name);
    Inst *s = base.inst;
    if (s->count >= 0) return tfx_error(b, a->span, "rank-mismatch", "'%s' is an array of instances: say which, %s[i].%s", s->name, s->name, a->name);
    Member *m = map_get(&s->members, a->name);
    if (!m) return tfx_error(b, a->span, "unknown-member", "'%s' has no member '%s'%s", s->path, a->name, s->members.n ? "" : " yet: what an instance holds is known after its first call");
    if (m->kind == 'i') return m->inst ? (Val){.kind = VAL_inst, .span = a->span, .inst = m->inst, .which = base.which} : tfx_bad(a->span);
    if (m->kind == 's') return val_node(b, state_node(b, m->state), a->span);
    Val v = m->val.kind == VAL_num ? chosen(b, m->val, base.which) : m->val;
    v.span = a->span;
    return v;
}
