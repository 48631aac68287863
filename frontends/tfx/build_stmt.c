/* build_stmt.c - statements without control flow: let, assignment, return, tap, dyn.
 * An assignment gives a name a new value; writing a part of a tensor is a scatter over its old value. */
#include <string.h>
#include "frontends/tfx/build.h"

/* ---- let ---- */

Val tfx_fill(Build *b, const Val *v, int rank, Expr *const *ext)
{
    Val r = *v;
    r.e = val_own(b, v);
    r.depth = b->depth;
    r.rank = rank;
    for (int i = 0; i < rank; i++) r.ext[i] = ext[i];
    return r;
}

static Val typed(Build *b, const Ast *type, Val v)
{
    Expr *ext[MAX_RANK];
    int rank;
    DType t;
    if (v.kind == VAL_bad) return v;
    if (type && !type_shape(b, type, ext, &rank, &t)) return tfx_bad(v.span);
    if (v.kind == VAL_list) v = val_of_list_as(b, &v, type ? (int)dtype_class(t) : -1);
    if (!type || v.kind == VAL_bad) return v;
    if (!val_is_num(b, &v, "the value")) return tfx_bad(v.span);
    if (rank && !v.rank) v = tfx_fill(b, &v, rank, ext);
    Scope *scratch = scope_push(b);
    int ok = match_type(b, type, &v, scratch, v.span, "the value");
    scope_pop(b);
    if (!ok) return tfx_bad(v.span);
    if (val_class(&v) != dtype_class(t)) v.e = ex_cast(b->m, dtype_class(t), v.e);
    if (t == DT_f16 || t == DT_bf16) v.e = ex_un(b->m, t == DT_f16 ? EX_round_f16 : EX_round_bf16, v.e);
    return v;
}

/* Is this index of a left side the variable of the scan around? */
static int is_scan_var(Build *b, const Ast *i)
{
    return b->scan && !i->kid[0] && !i->kid[1] && !i->i && i->name == b->scan->name && scope_find(b, i->name) == b->scan->var;
}

static int left_index(Build *b, const Ast *i, const Ast *value, Scope *s)
{
    int n = 1, first = -1;
    Expr *ext = NULL;
    int64_t zero;
    if (scope_find_in(s, i->name)) return tfx_error(b, i->span, "redefined", "index '%s' stands twice on the left", i->name), 0;
    if (i->i && (n = pack_count(b, i->name, value)) < 0) return tfx_error(b, i->span, "pack-use", "nothing says how many indices *%s stands for", i->name), 0;
    if (i->kid[1]) {
        Val lo = i->kid[0] ? tfx_number(b, i->kid[0], "the start of a range") : val_int(b, 0, i->span);
        Val hi = tfx_number(b, i->kid[1], "the end of a range");
        if (lo.kind == VAL_bad || hi.kind == VAL_bad) return 0;
        if (!val_is_int(&lo, &zero) || zero != 0) return tfx_error(b, i->span, "left-range", "an index of the left side begins at 0"), 0;
        if (hi.e->dtype != DT_i32 || ex_slots(hi.e)) return tfx_error(b, i->span, "ragged-size", "the size of a dimension may not depend on an index"), 0;
        ext = hi.e;
    }
    for (int k = 0; k < n; k++) {
        int at = slot_push(b, i->name, ext, ext != NULL, i->span);
        if (at < 0) return 0;
        if (!k) first = at;
    }
    Binding *f = scope_add(b, s, i->i ? BIND_pack : BIND_slot, i->name, i->span);
    f->slot = first;
    f->n = n;
    return 1;
}

static int known_sizes(Build *b, int from, int to)
{
    for (int i = from; i < to; i++)
        if (!b->slot[i].ext) {
            tfx_error(b, b->slot[i].at, "index-unbound", "nothing says how far '%s' runs; write its range: %s in 0 .. N", b->slot[i].name, b->slot[i].name);
            return 0;
        }
    return 1;
}

/* The right side of y[i,j] = value as a tensor over the slots from..b->depth, which the caller drops. */
static Val indexed_value(Build *b, const Ast *value, int from)
{
    slot_infer(b, value);
    Val v = tfx_expr(b, value);
    if (v.kind == VAL_list) v = val_of_list(b, &v);
    if (v.kind == VAL_bad || !val_is_num(b, &v, "the value")) return tfx_bad(value->span);
    if (v.rank) return tfx_error(b, value->span, "rank-mismatch", "with indices on the left the right side is one element, this is %s", val_text(b, &v));
    if (!known_sizes(b, from, b->depth)) return tfx_bad(value->span);
    v.rank = b->depth - from;
    v.depth = from;
    for (int i = 0; i < v.rank; i++) v.ext[i] = b->slot[from + i].ext;
    v.span = value->span;
    return v;
}

/* y[t, i] in a scan over t: the first time only what it looks like is learned. */
static void let_collected(Build *b, const Ast *a, const Ast *lhs, int at)
{
    ScanCtx *scan = b->scan;
    int from = b->depth, ok = 1, ncond = b->ncond;
    Scope *s = scope_push(b);
    for (int i = 0; i < lhs->n && ok; i++)
        if (i != at) ok = left_index(b, lhs->kid[i], a->kid[2], s);
    Val v = ok ? indexed_value(b, a->kid[2], from) : tfx_bad(a->span);
    b->depth = from;
    b->ncond = ncond;
    scope_pop(b);
    if (v.kind == VAL_bad) return;
    Collected *c = NULL;
    for (int i = 0; i < scan->collected.n; i++)
        if (scan->collected.at[i].name == lhs->name) c = &scan->collected.at[i];
    if (!c) {
        Collected fresh = {.name = lhs->name, .span = lhs->span, .rank = v.rank + 1, .at = at, .dtype = class_dtype(val_class(&v))};
        if (fresh.rank > MAX_RANK) {
            tfx_error(b, lhs->span, "too-many-dims", "more than %d dimensions", MAX_RANK);
            return;
        }
        for (int i = 0, k = 0; i < fresh.rank; i++) fresh.ext[i] = i == at ? scan->hi : v.ext[k++];
        vec_push(b->a, &scan->collected, fresh);
        c = &scan->collected.at[scan->collected.n - 1];
    }
    if (!c->bound) {
        Expr *sub[MAX_RANK];
        Val whole = {.kind = VAL_num, .span = a->span, .rank = c->rank, .depth = b->depth};
        for (int i = 0, k = 0; i < c->rank; i++) {
            whole.ext[i] = c->ext[i];
            if (i != at) sub[k++] = ex_index(b->m, b->depth + i);
        }
        whole.e = val_at(b, &v, sub);
        scope_bind(b, lhs->name, whole, lhs->span);
        return;
    }
    Expr *lo[MAX_RANK], *hi[MAX_RANK], *sub[MAX_RANK];
    int idx[MAX_RANK], n = 0;
    v = val_named(b, v, NULL);
    if (v.kind == VAL_bad) return;
    for (int i = 0; i < c->rank; i++) {
        if (i == at) {
            sub[i] = scan->var->val.e;
            continue;
        }
        idx[n] = b->depth + n;
        lo[n] = ex_int(b->m, 0);
        hi[n] = v.ext[n];
        sub[i] = ex_index(b->m, b->depth + n++);
    }
    Val base = c->bound->val;
    scope_set(b, c->bound, node_scatter(b, &base, n, idx, lo, hi, sub, val_own(b, &v), SCATTER_set, c->dtype, lhs->name, a->span));
}

static void let_indexed(Build *b, const Ast *a, const Ast *lhs)
{
    int from = b->depth, ok = 1, ncond = b->ncond;
    for (int i = 0; i < lhs->n; i++)
        if (is_scan_var(b, lhs->kid[i])) {
            let_collected(b, a, lhs, i);
            return;
        }
    Scope *s = scope_push(b);
    for (int i = 0; i < lhs->n && ok; i++) ok = left_index(b, lhs->kid[i], a->kid[2], s);
    if (ok && a->kid[1] && a->kid[1]->n == b->depth - from) {          /* a written type gives sizes too */
        Expr *ext[MAX_RANK];
        int rank;
        DType t;
        ok = type_shape(b, a->kid[1], ext, &rank, &t);
        for (int i = 0; i < rank && ok; i++)
            if (!b->slot[from + i].ext) b->slot[from + i].ext = ext[i];
    }
    Val v = ok ? indexed_value(b, a->kid[2], from) : tfx_bad(a->span);
    b->depth = from;
    b->ncond = ncond;
    scope_pop(b);
    if (v.kind != VAL_bad) v = typed(b, a->kid[1], v);
    v.span = a->span;
    v = val_named(b, v, lhs->name);
    scope_bind(b, lhs->name, v, lhs->span);
}

static void let_tuple(Build *b, const Ast *a, const Ast *lhs)
{
    Val v = tfx_expr(b, a->kid[2]);
    if (v.kind != VAL_bad && (v.kind != VAL_tuple || v.n != lhs->n)) {
        tfx_error(b, a->span, "return-count", "%d names on the left, the right side gives %d value%s", lhs->n, v.kind == VAL_tuple ? v.n : 1, v.kind == VAL_tuple && v.n > 1 ? "s" : "");
        v = tfx_bad(a->span);
    }
    for (int i = 0; i < lhs->n; i++) {
        const Ast *l = lhs->kid[i];
        Val one = v.kind == VAL_tuple ? v.item[i] : tfx_bad(l->span);
        if (l->i && l->n != one.rank && one.kind == VAL_num) tfx_error(b, l->span, "rank-mismatch", "'%s' has %d indices here, the value is %s", l->name, l->n, val_text(b, &one));
        scope_bind(b, l->name, val_named(b, one, l->name), l->span);
    }
}

void tfx_let(Build *b, const Ast *a)
{
    const Ast *lhs = a->kid[0];
    if (lhs->kind == AST_lhstuple) {
        let_tuple(b, a, lhs);
        return;
    }
    if (lhs->i) {
        let_indexed(b, a, lhs);
        return;
    }
    Val v = tfx_expr(b, a->kid[2]);
    if (v.kind == VAL_none) v = tfx_error(b, a->kid[2]->span, "return-count", "this call returns nothing");
    if (v.kind == VAL_tuple) v = tfx_error(b, a->kid[2]->span, "return-count", "this gives %d values: let (a, b) = ..", v.n);
    if (a->kid[1] || (v.kind == VAL_list && b->frame)) v = typed(b, a->kid[1], v);
    scope_bind(b, lhs->name, val_named(b, v, lhs->name), lhs->span);
}

/* ---- assignment ---- */

static int has_around(Build *b, const Val *v) { return (ex_slots(val_own(b, v)) & (((uint32_t)1 << b->depth) - 1)) != 0; }

/* A new integer value keeps to the range that the state declares. */
static int state_keeps_range(Build *b, const State *s, Val *v, Span at)
{
    if (dtype_class(s->dtype) != CLS_I || s->rank) return 1;
    int64_t bits = dtype_info[s->dtype].bits, lo = -((int64_t)1 << (bits - 1)), hi = -lo - 1;
    if (s->lo > lo) {
        Expr *c = ex_bin(b->m, EX_le, ex_int(b->m, s->lo), v->e);
        int ok = prove_at_entry(b, c, CHECK_FULL, arena_printf(b->a, "state %s below %lld", s->name, (long long)s->lo), at);
        if (ok < 0) return tfx_error(b, at, "state-range", "state '%s' would fall below %lld", s->name, (long long)s->lo), 0;
        if (!ok) v->e = ex_bin(b->m, EX_max, v->e, ex_int(b->m, s->lo));
    }
    if (s->hi < hi) {
        Expr *c = ex_bin(b->m, EX_le, v->e, ex_int(b->m, s->hi));
        int ok = prove_at_entry(b, c, CHECK_FULL, arena_printf(b->a, "state %s over %lld", s->name, (long long)s->hi), at);
        if (ok < 0) return tfx_error(b, at, "state-range", "state '%s' would exceed %lld", s->name, (long long)s->hi), 0;
        if (!ok) v->e = ex_add(b->m, ex_bin(b->m, EX_guard, ex_sub(b->m, v->e, ex_int(b->m, s->lo)), ex_int(b->m, s->hi - s->lo + 1)), ex_int(b->m, s->lo));
    }
    return 1;
}

static void assign_state(Build *b, State *s, Val v, Span at)
{
    Node *old = state_node(b, s);
    TypeClass want = dtype_class(s->dtype);
    if (s->rank && !v.rank) v = tfx_fill(b, &v, s->rank, old->ext);
    int ok = v.rank == s->rank && class_widens(val_class(&v), want);
    for (int i = 0; ok && i < v.rank; i++) ok = ext_same(b, v.ext[i], old->ext[i]);
    if (!ok) {
        Val have = val_node(b, old, s->span);
        tfx_error(b, at, "shape-mismatch", "state '%s' is %s, the value is %s", s->name, val_text(b, &have), val_text(b, &v));
        diag_note(&b->ctx->diag, s->span, "declared here");
        return;
    }
    if (has_around(b, &v)) {
        tfx_error(b, at, "state-in-index", "a state may not be written once for every value of an index");
        return;
    }
    v.e = ex_cast(b->m, want, v.e);
    for (int i = 0; i < v.rank; i++) v.ext[i] = old->ext[i];
    if (!state_keeps_range(b, s, &v, at)) return;
    NodeKind from = v.e->op == EX_read ? v.e->u.node->kind : NODE_compute;
    Node *n = val_to_node(b, v, s->name, s->dtype, from == NODE_input || from == NODE_param || from == NODE_const || from == NODE_state);
    if (want == CLS_I) {
        if (n->lo < s->lo) n->lo = s->lo;
        if (n->hi > s->hi) n->hi = s->hi;
    }
    state_set(b, s, n);
}

static State *state_target(Build *b, const Ast *t)
{
    if (t->kind == AST_ident) {
        Binding *f = scope_find(b, t->name);
        return f && f->kind == BIND_state ? f->state : NULL;
    }
    if (t->kind != AST_member) return NULL;
    Val base = tfx_callee(b, t->kid[0]);
    Member *m = base.kind == VAL_inst ? map_get(&base.inst->members, t->name) : NULL;
    return m && m->kind == 's' ? m->state : NULL;
}

static Binding *name_target(Build *b, const Ast *t)
{
    if (t->kind != AST_ident) {
        tfx_error(b, t->span, "not-assignable", "this cannot be assigned to");
        return NULL;
    }
    Binding *f = scope_find(b, t->name);
    if (!f) {
        tfx_unknown(b, t->name, t->span, "name");
        return NULL;
    }
    if (f->kind == BIND_val && f->val.kind == VAL_bad) return NULL;
    if (f->kind != BIND_val || f->is_dim || f->val.kind != VAL_num) {
        tfx_error(b, t->span, "not-assignable", "'%s' cannot be assigned to", t->name);
        diag_note(&b->ctx->diag, f->span, "declared here");
        return NULL;
    }
    return f;
}

static Val combined(Build *b, const Val *old, Val v, Span at) { return tfx_binary(b, EX_add, *old, v, at, "+="); }

static void assign_whole(Build *b, const Ast *a, int add)
{
    const Ast *t = a->kid[0];
    State *s = state_target(b, t);
    Binding *f = s ? NULL : name_target(b, t);
    if (!s && !f) return;
    Val v = tfx_expr(b, a->kid[1]);
    if (v.kind == VAL_list) v = val_of_list(b, &v);
    if (v.kind == VAL_bad || !val_is_num(b, &v, "the value")) return;
    if (add) {
        Val old = s ? val_node(b, state_node(b, s), t->span) : f->val;
        v = combined(b, &old, v, a->span);
        if (v.kind == VAL_bad) return;
    }
    if (s) {
        assign_state(b, s, v, a->span);
        return;
    }
    v.span = a->span;
    if (f->val.rank && !v.rank) v = tfx_fill(b, &v, f->val.rank, f->val.ext);
    scope_set(b, f, val_named(b, v, f->name));
}

/* Names in subscripts of a target that mean nothing yet are its loop indices. */
static void free_names(Build *b, const Ast *a, Scope *s)
{
    if (!a) return;
    if (a->kind == AST_ident && !scope_find(b, a->name) && !builtin_known(b, a->name)) {
        int at = slot_push(b, a->name, NULL, 0, a->span);
        if (at >= 0) scope_add(b, s, BIND_slot, a->name, a->span)->slot = at;
    }
    for (int i = a->kind == AST_call ? 1 : 0; i < a->n; i++) free_names(b, a->kid[i], s);
}

/* *s of a target that means nothing yet: as many indices as the other subscripts leave. */
static void free_pack(Build *b, const Ast *target, const Ast *pack, int rank, Scope *s)
{
    int n = rank - (target->n - 2), first = b->depth;
    Binding *f = scope_find(b, pack->name);
    if ((f && f->kind == BIND_pack) || n < 0) return;
    for (int k = 0; k < n; k++)
        if (slot_push(b, pack->name, NULL, 0, pack->span) < 0) return;
    f = scope_add(b, s, BIND_pack, pack->name, pack->span);
    f->slot = first;
    f->n = n;
}

typedef struct Part { Val base; Subs s; Val v; int nidx, idx[MAX_RED]; Expr *lo[MAX_RED], *hi[MAX_RED]; } Part;

/* Does the assignment give every element a value, one index a dimension? */
static int covers(const Part *p)
{
    uint32_t seen = 0;
    for (int i = 0; i < p->base.rank; i++) {
        int at = -1;
        for (int k = 0; k < p->nidx; k++)
            if (p->s.sub[i]->op == EX_index && p->s.sub[i]->u.slot == p->idx[k]) at = k;
        if (at < 0 || seen >> at & 1 || p->hi[at] != p->base.ext[i]) return 0;
        seen |= (uint32_t)1 << at;
    }
    return p->nidx == p->base.rank;
}

static Val covered(Build *b, Part *p, Expr *value, const char *name, Span at)
{
    Expr *by[MAX_SLOTS] = {0};
    Val v = {.kind = VAL_num, .span = at, .rank = p->base.rank, .depth = b->depth};
    for (int i = 0; i < v.rank; i++) {
        by[p->s.sub[i]->u.slot] = ex_index(b->m, b->depth + i);
        v.ext[i] = p->base.ext[i];
    }
    v.e = ex_subst_slots(b->m, value, by, MAX_SLOTS);
    return val_named(b, v, name);
}

static int part_value(Build *b, const Ast *a, Part *p, int from)
{
    slot_infer(b, a->kid[1]);
    p->v = tfx_expr(b, a->kid[1]);
    if (p->v.kind == VAL_list) p->v = val_of_list(b, &p->v);
    if (p->v.kind == VAL_bad || !val_is_num(b, &p->v, "the value")) return 0;
    if (!subs_of(b, &p->base, a->kid[0], 0, &p->s) || !known_sizes(b, from, b->depth)) return 0;
    if (p->v.rank == 0 && p->s.own) p->v = tfx_fill(b, &p->v, p->s.own, p->s.ext);
    int ok = p->v.rank == p->s.own;
    for (int i = 0; ok && i < p->s.own; i++) ok = ext_same(b, p->v.ext[i], p->s.ext[i]);
    if (!ok) {
        Val place = {.kind = VAL_num, .rank = p->s.own, .e = p->base.e};
        memcpy(place.ext, p->s.ext, sizeof place.ext);
        tfx_error(b, a->span, "shape-mismatch", "the place is %s, the value is %s", val_text(b, &place), val_text(b, &p->v));
        return 0;
    }
    for (int i = from; i < b->depth; i++) p->idx[p->nidx++] = i;
    for (int i = 0; i < p->s.own; i++) p->idx[p->nidx++] = b->depth + i;
    for (int i = 0; i < p->nidx; i++) {
        p->lo[i] = ex_int(b->m, 0);
        p->hi[i] = i < b->depth - from ? b->slot[from + i].ext : p->s.ext[i - (b->depth - from)];
    }
    return 1;
}

static void assign_part(Build *b, const Ast *a, int add)
{
    const Ast *t = a->kid[0], *base = t->kid[0];
    State *st = state_target(b, base);
    Binding *f = st ? NULL : name_target(b, base);
    Part p = {.nidx = 0};
    int from = b->depth, ncond = b->ncond;
    if (!st && !f) return;
    p.base = st ? val_node(b, state_node(b, st), base->span) : f->val;
    Scope *s = scope_push(b);
    for (int i = 1; i < t->n; i++) {
        if (t->kid[i]->kind == AST_packidx) free_pack(b, t, t->kid[i], p.base.rank, s);
        else free_names(b, t->kid[i], s);
    }
    slot_infer(b, t);
    int ok = part_value(b, a, &p, from);
    TypeClass want = val_class(&p.base);
    Expr *value = ok ? expr_num(b, val_own(b, &p.v), want) : NULL;
    if (ok && !value) tfx_error(b, a->span, "type-mismatch", "the tensor is %s, the value %s", val_text(b, &p.base), val_text(b, &p.v));
    if (ok && value && add && want == CLS_B) ok = (tfx_error(b, a->span, "type-mismatch", "+= of truth values"), 0);
    b->depth = from;
    b->ncond = ncond;
    scope_pop(b);
    if (!ok || !value) return;
    const char *name = st ? st->name : f->name;
    DType dt = st ? st->dtype : p.base.e->op == EX_read ? p.base.e->u.node->dtype : class_dtype(want);
    Val v;
    if (!add && !st && covers(&p)) v = covered(b, &p, value, name, a->span);
    else v = node_scatter(b, &p.base, p.nidx, p.idx, p.lo, p.hi, p.s.sub, value, add ? SCATTER_add : SCATTER_set, dt, name, a->span);
    if (v.kind == VAL_bad) return;
    if (!st) scope_set(b, f, v);
    else if (has_around(b, &v)) tfx_error(b, a->span, "state-in-index", "a state may not be written once for every value of an index");
    else state_set(b, st, v.e->u.node);
}

void tfx_assign(Build *b, const Ast *a, int add)
{
    if (a->kid[0]->kind == AST_index) assign_part(b, a, add);
    else assign_whole(b, a, add);
}

/* ---- the rest ---- */

static void tfx_return(Build *b, const Ast *a)
{
    Val v = {.kind = VAL_none, .span = a->span};
    if (b->frame->in_region != (b->frame->up ? b->frame->up->in_region : 0)) {
        tfx_error(b, a->span, "return-place", "return may not stand inside scan, repeat, while or a branch that is chosen at run time");
        return;
    }
    if (a->n == 1) v = tfx_expr(b, a->kid[0]);
    if (a->n > 1) {
        v = (Val){.kind = VAL_tuple, .span = a->span, .n = a->n, .item = NEWN(b->a, Val, a->n)};
        for (int i = 0; i < a->n; i++) {
            v.item[i] = tfx_expr(b, a->kid[i]);
            if (v.item[i].kind == VAL_bad) v.kind = VAL_bad;
        }
    }
    b->frame->ret = v;
    b->frame->returned = 1;
}

/* "hidden.{i}" with the values of names in braces. */
static const char *with_holes(Build *b, const Ast *a)
{
    const char *s = a->name, *out = "";
    while (*s) {
        const char *open = strchr(s, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) return arena_printf(b->a, "%s%s", out, s);
        Binding *f = scope_find(b, intern_n(b->ctx->strings, open + 1, (size_t)(close - open - 1)));
        int64_t i;
        if (!f || f->kind != BIND_val || !val_is_int(&f->val, &i)) return tfx_error(b, a->span, "not-constant", "'{%.*s}' is not an integer known at compile time", (int)(close - open - 1), open + 1), NULL;
        out = arena_printf(b->a, "%s%.*s%lld", out, (int)(open - s), s, (long long)i);
        s = close + 1;
    }
    return out;
}

static void tfx_tap(Build *b, const Ast *a)
{
    Val v = tfx_expr(b, a->kid[0]);
    const char *name = with_holes(b, a);
    if (!name || v.kind == VAL_bad || !val_is_num(b, &v, "a tap")) return;
    if (b->frame->in_region || b->depth) {
        tfx_error(b, a->span, "tap-place", "a tap may not stand inside a loop of the program or an index expression");
        return;
    }
    for (int i = 0; i < b->entry->taps.n; i++)
        if (!strcmp(b->entry->taps.at[i].name, name)) {
            tfx_error(b, a->span, "redefined", "there are two taps '%s'", name);
            return;
        }
    Output o = {name, val_to_node(b, v, NULL, class_dtype(val_class(&v)), 0), a->span};
    vec_push(b->a, &b->entry->taps, o);
}

/* A length that the data decide: an integer node, known to lie in 0..bound. */
static void tfx_dyn(Build *b, const Ast *a)
{
    Val bound = tfx_number(b, a->kid[0], "the bound"), v = tfx_number(b, a->kid[1], "the length");
    if (bound.kind == VAL_bad || v.kind == VAL_bad) return;
    if (bound.e->dtype != DT_i32 || v.e->dtype != DT_i32) {
        tfx_error(b, a->span, "type-mismatch", "a length is an integer; convert with i32(..)");
        return;
    }
    if (ex_slots(v.e)) {
        tfx_error(b, a->span, "ragged-size", "a length may not depend on an index");
        return;
    }
    v.e = ex_bin(b->m, EX_guard, v.e, ex_add(b->m, bound.e, ex_int(b->m, 1)));
    Node *n = val_to_node(b, v, a->name, DT_i32, 1);
    RangeCtx rc;
    int64_t lo, hi;
    range_ctx(&rc, b->m, b->entry, NULL);
    range_of(&rc, bound.e, &lo, &hi);
    n->lo = 0;
    n->hi = hi < 0 ? 0 : hi > INT32_MAX ? INT32_MAX : hi;
    Expr *fact = ex_bin(b->m, EX_le, ex_read(b->m, n, NULL), bound.e);
    if (!b->frame->in_region) vec_push(b->a, &b->entry->facts, fact);
    scope_bind(b, a->name, val_node(b, n, a->span), a->span)->is_dim = 1;
}

void tfx_stmt(Build *b, const Ast *a)
{
    switch (a->kind) {
    case AST_let: case AST_constdef: tfx_let(b, a); break;
    case AST_config: case AST_dim: case AST_fn: case AST_block: tfx_declare(b, a); break;
    case AST_assign: tfx_assign(b, a, 0); break;
    case AST_addassign: tfx_assign(b, a, 1); break;
    case AST_exprstmt: (void)tfx_expr(b, a->kid[0]); break;
    case AST_return: tfx_return(b, a); break;
    case AST_param: tfx_param(b, a); break;
    case AST_state: tfx_state(b, a); break;
    case AST_use: tfx_use(b, a); break;
    case AST_for: tfx_for(b, a); break;
    case AST_repeat: tfx_repeat(b, a); break;
    case AST_while: tfx_while(b, a); break;
    case AST_scan: tfx_scan_loop(b, a); break;
    case AST_if: tfx_if(b, a); break;
    case AST_match: tfx_match(b, a); break;
    case AST_tap: tfx_tap(b, a); break;
    case AST_dyn: tfx_dyn(b, a); break;
    case AST_carry:
        if (!b->scan) tfx_error(b, a->span, "carry-place", "carry stands at the beginning of a scan");
        break;
    case AST_error: break;
    default: tfx_error(b, a->span, "syntax", "%s may not stand here", ast_kind_name[a->kind]);
    }
}

void tfx_body(Build *b, const Ast *body)
{
    for (int i = 0; body && i < body->n && !b->frame->returned; i++) tfx_stmt(b, body->kid[i]);
}
