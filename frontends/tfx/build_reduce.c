/* build_reduce.c - reductions and row operations become nodes of their own.
 * sum prod mean max min any all count argmax argmin first last logsumexp bring new indices; softmax cumsum cummax run
 * over indices that are there already and keep them. */
#include <string.h>
#include "frontends/tfx/build.h"

typedef struct OpRow { const char *name; RedOp red; int row; NodeKind kind; } OpRow;
static const OpRow ops[] = {
    {"sum", RED_sum, 0, NODE_compute}, {"prod", RED_prod, 0, NODE_compute}, {"mean", RED_sum, 0, NODE_compute},
    {"max", RED_max, 0, NODE_compute}, {"min", RED_min, 0, NODE_compute}, {"any", RED_any, 0, NODE_compute},
    {"all", RED_all, 0, NODE_compute}, {"count", RED_sum, 0, NODE_compute}, {"argmax", RED_argmax, 0, NODE_compute},
    {"argmin", RED_argmin, 0, NODE_compute}, {"first", RED_first, 0, NODE_compute}, {"last", RED_last, 0, NODE_compute},
    {"logsumexp", RED_max, 0, NODE_compute}, {"softmax", RED_none, 1, NODE_softmax}, {"cumsum", RED_none, 1, NODE_cumsum},
    {"cummax", RED_none, 1, NODE_cummax},
};

static const OpRow *op_named(const char *name)
{
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (!strcmp(ops[i].name, name)) return &ops[i];
    return NULL;
}

static int index_range(Build *b, const Ast *r, Expr **lo, Expr **hi)
{
    Val l = r->kid[0] ? tfx_number(b, r->kid[0], "the start of a range") : val_int(b, 0, r->span);
    Val h = tfx_number(b, r->kid[1], "the end of a range");
    if (l.kind == VAL_bad || h.kind == VAL_bad) return 0;
    if (l.e->dtype != DT_i32 || h.e->dtype != DT_i32) {
        tfx_error(b, r->span, "type-mismatch", "the range of '%s' must be integers", r->name);
        return 0;
    }
    *lo = l.e;
    *hi = h.e;
    return 1;
}

/* ---- row operations ---- */

static int row_slots(Build *b, const Ast *r, int *first)
{
    Binding *f = scope_find(b, r->name);
    if (f && f->kind == BIND_slot) return *first = f->slot, 1;
    if (f && f->kind == BIND_pack) return *first = f->slot, f->n;
    return 0;
}

void row_fix_ranges(Build *b, const Ast *a)
{
    const OpRow *op = op_named(a->name);
    int at;
    if (!op || !op->row) return;
    for (int i = 2; i < a->n; i++) {
        const Ast *r = a->kid[i];
        Expr *lo, *hi;
        int64_t zero;
        if (!r->kid[1] || !row_slots(b, r, &at) || b->slot[at].fixed) continue;
        if (!index_range(b, r, &lo, &hi)) return;
        Expr *ext = tfx_bound_of(b, hi, 1);
        if (!ext || (ex_is_int(lo, &zero) && zero != 0)) continue;
        if (b->slot[at].ext && b->slot[at].ext != ext) continue;
        b->slot[at].ext = ext;
        b->slot[at].fixed = 1;
        b->slot[at].from = r->span;
    }
}

static int add_conj(NodeSpec *s, Expr *c)
{
    double k;
    if (ex_is_lit(c, &k) && k != 0) return 1;
    if (s->nconj >= 30) return 0;
    s->conj[s->nconj++] = c;
    return 1;
}

static int where_cond(Build *b, const Ast *a, NodeSpec *s)
{
    if (!a->kid[0]) return 1;
    Val c = tfx_number(b, a->kid[0], "the condition after 'where'");
    if (c.kind == VAL_bad) return 0;
    if (c.e->dtype != DT_bool) {
        tfx_error(b, a->kid[0]->span, "type-mismatch", "the condition after 'where' must be a truth value");
        return 0;
    }
    return add_conj(s, c.e);
}

static int row_index(Build *b, const Ast *a, const Ast *r, NodeSpec *s)
{
    int at, n = row_slots(b, r, &at);
    if (!n) {
        tfx_error(b, r->span, "row-index", "'%s' runs over an index of the left side or of a reduction around it; there is no index '%s' here", a->name, r->name);
        return 0;
    }
    for (int k = 0; k < n; k++) s->row |= (uint32_t)1 << (at + k);
    if (!r->kid[1]) return 1;
    Expr *lo, *hi, *i = ex_index(b->m, at);
    int64_t zero;
    if (!index_range(b, r, &lo, &hi)) return 0;
    if (!ex_is_int(lo, &zero) || zero != 0) add_conj(s, ex_bin(b->m, EX_le, lo, i));
    if (hi != b->slot[at].ext) add_conj(s, ex_bin(b->m, EX_lt, i, hi));
    return 1;
}

static int push_conds(Build *b, const NodeSpec *s)
{
    int n = 0;
    for (int i = 0; i < s->nconj && b->ncond < 60; i++, n++) b->cond[b->ncond++] = s->conj[i];
    return n;
}

static Val row_op(Build *b, const Ast *a, const OpRow *op)
{
    NodeSpec s = {.kind = op->kind, .span = a->span};
    row_fix_ranges(b, a);
    slot_infer(b, a->kid[0]);
    slot_infer(b, a->kid[1]);
    for (int i = 2; i < a->n; i++)
        if (!row_index(b, a, a->kid[i], &s)) return tfx_bad(a->span);
    if (op->kind != NODE_softmax && s.row & (s.row - 1)) return tfx_error(b, a->span, "row-index", "%s runs over one index", a->name);
    if (!where_cond(b, a, &s)) return tfx_bad(a->span);
    int n = push_conds(b, &s);
    Val v = tfx_expr(b, a->kid[1]);
    b->ncond -= n;
    if (v.kind == VAL_bad || !val_is_num(b, &v, "the operand")) return tfx_bad(a->span);
    if (val_class(&v) == CLS_B) return tfx_error(b, v.span, "type-mismatch", "%s of a truth value; convert with i32(..) or f32(..)", a->name);
    TypeClass c = op->kind == NODE_softmax ? CLS_F : val_class(&v);
    if (!class_widens(val_class(&v), c)) return tfx_error(b, v.span, "type-mismatch", "%s of %s; convert with f32(..)", a->name, val_text(b, &v));
    s.dtype = class_dtype(c);
    s.body = expr_num(b, val_own(b, &v), c);
    s.nown = v.rank;
    for (int i = 0; i < v.rank; i++) {
        s.own[i] = b->depth + i;
        s.own_ext[i] = v.ext[i];
    }
    return node_make(b, &s);
}

/* ---- reductions ---- */

/* One new index with its slot; where the range depends on other indices, nested nodes run over its widest extent. */
static int reduced_index(Build *b, const Ast *a, const Ast *r, NodeSpec *s, Range *range)
{
    int npack = 1;
    if (r->i) {
        npack = pack_count(b, r->name, a->kid[1]);
        if (npack < 0) return tfx_error(b, r->span, "pack-use", "nothing says how many indices *%s stands for", r->name), 0;
    }
    if (s->nred + npack > MAX_RED) return tfx_error(b, r->span, "too-many-dims", "more than %d reduced indices", MAX_RED), 0;
    Expr *lo = NULL, *hi = NULL, *ext = NULL, *off = NULL;
    int64_t zero;
    if (r->kid[1]) {
        if (!index_range(b, r, &lo, &hi)) return 0;
        Expr *least = tfx_bound_of(b, lo, 0), *most = tfx_bound_of(b, hi, 1);
        if (!least || !most) return tfx_error(b, r->span, "ragged-size", "the range of '%s' cannot be bounded: %s .. %s", r->name, ext_text(b, lo), ext_text(b, hi)), 0;
        ext = ex_sub(b->m, most, least);
        off = ex_is_int(least, &zero) && zero == 0 ? NULL : least;
    }
    int first = -1;
    for (int k = 0; k < npack; k++) {
        int at = slot_push(b, r->name, ext, hi != NULL, r->span);
        if (at < 0) return 0;
        if (first < 0) first = at;
        b->slot[at].off = off;
        s->redslot[s->nred] = at;
        range[s->nred].lo = lo;
        range[s->nred++].hi = hi;
        if (hi && (ex_slots(lo) | ex_slots(hi)) && b->ncond < 58) {
            b->cond[b->ncond++] = ex_bin(b->m, EX_le, lo, ex_index(b->m, at));
            b->cond[b->ncond++] = ex_bin(b->m, EX_lt, ex_index(b->m, at), hi);
        }
    }
    Binding *n = scope_add(b, b->scope, r->i ? BIND_pack : BIND_slot, r->name, r->span);
    n->slot = first;
    n->n = npack;
    return 1;
}

static int close_ranges(Build *b, const Ast *a, NodeSpec *s)
{
    uint32_t uses = 0;
    if (s->body) uses |= ex_slots(s->body);
    for (int i = 0; i < s->nconj; i++) uses |= ex_slots(s->conj[i]);
    for (int i = 0; i < s->nred; i++) {
        Slot *t = &b->slot[s->redslot[i]];
        if (!t->ext) {
            tfx_error(b, t->at, "index-unbound", "nothing says how far '%s' runs; write its range: %s in 0 .. N", t->name, t->name);
            return 0;
        }
        if (!s->r[i].hi) s->r[i] = (Range){ex_int(b->m, 0), t->ext};
        int later = 0;
        for (int k = i + 1; k < s->nred; k++) later |= s->r[k].hi && (ex_uses_slot(s->r[k].hi, s->redslot[i]) || ex_uses_slot(s->r[k].lo, s->redslot[i]));
        if (!(uses >> s->redslot[i] & 1) && !later && s->body && strcmp(a->name, "count"))
            tfx_warn(b, t->at, "unused-index", "'%s' does not occur in what %s combines", t->name, a->name);
    }
    return 1;
}

static Val counted(Build *b, const NodeSpec *s)
{
    NodeSpec c = *s;
    c.red = RED_sum;
    c.dtype = DT_i32;
    c.body = ex_int(b->m, 1);
    c.empty = NULL;
    c.nown = 0;
    c.name = NULL;
    return node_make(b, &c);
}

static int simple_domain(const NodeSpec *s)
{
    for (int i = 0; i < s->nred; i++)
        if (ex_slots(s->r[i].lo) | ex_slots(s->r[i].hi)) return 0;
    return s->nconj == 0;
}

static Val mean_of(Build *b, NodeSpec *s)
{
    Val sum = node_make(b, s);
    if (sum.kind == VAL_bad) return sum;
    Expr *n = ex_int(b->m, 1);
    if (simple_domain(s)) {
        for (int i = 0; i < s->nred; i++) n = ex_mul(b->m, n, ex_sub(b->m, s->r[i].hi, s->r[i].lo));
    } else {
        Val c = counted(b, s);
        if (c.kind == VAL_bad) return c;
        n = ex_bin(b->m, EX_max, c.e, ex_int(b->m, 1));
    }
    Val r = sum;
    r.e = ex_bin(b->m, EX_div, sum.e, ex_cast(b->m, val_class(&sum), n));
    return r;
}

static Val logsumexp_of(Build *b, NodeSpec *s, int depth)
{
    NodeSpec m = *s;
    m.red = RED_max;
    Val max = node_make(b, &m);
    if (max.kind == VAL_bad) return max;
    Expr *own[MAX_RANK];
    for (int i = 0; i < s->nown; i++) own[i] = ex_index(b->m, s->own[i]);
    (void)depth;
    s->red = RED_sum;
    s->body = ex_un(b->m, EX_exp, ex_sub(b->m, s->body, val_at(b, &max, own)));
    Val sum = node_make(b, s);
    if (sum.kind == VAL_bad) return sum;
    Val r = sum;
    r.e = ex_add(b->m, val_own(b, &max), ex_un(b->m, EX_log, sum.e));
    return r;
}

static int reduce_class(Build *b, const Ast *a, const OpRow *op, const Val *v, TypeClass *c)
{
    *c = val_class(v);
    int truth = op->red == RED_any || op->red == RED_all;
    if (truth && *c != CLS_B) return tfx_error(b, v->span, "type-mismatch", "%s combines truth values, this is %s", a->name, val_text(b, v)), 0;
    if (!truth && *c == CLS_B && op->red != RED_first && op->red != RED_last)
        return tfx_error(b, v->span, "type-mismatch", "%s of a truth value; use count[.. where ..], or convert with i32(..)", a->name), 0;
    if (!strcmp(a->name, "mean")) *c = *c == CLS_D || *c == CLS_L ? CLS_D : CLS_F;
    if (!strcmp(a->name, "logsumexp")) {
        if (!class_widens(*c, CLS_F)) return tfx_error(b, v->span, "type-mismatch", "%s of %s; convert with f32(..)", a->name, val_text(b, v)), 0;
        *c = CLS_F;
    }
    return 1;
}

static Val reduction_body(Build *b, const Ast *a, const OpRow *op, NodeSpec *s, const Val *empty)
{
    Val v = a->kid[1] ? tfx_expr(b, a->kid[1]) : val_int(b, 1, a->span);
    TypeClass c;
    if (v.kind == VAL_list) v = val_of_list(b, &v);
    if (v.kind == VAL_bad || !val_is_num(b, &v, "the operand") || !reduce_class(b, a, op, &v, &c)) return tfx_bad(a->span);
    s->body = expr_num(b, val_own(b, &v), c);
    s->nown = v.rank;
    for (int i = 0; i < v.rank; i++) {
        s->own[i] = b->depth + i;
        s->own_ext[i] = v.ext[i];
    }
    int arg = op->red == RED_argmax || op->red == RED_argmin;
    s->dtype = arg ? DT_i32 : class_dtype(c);
    if (arg && s->nred != 1) return tfx_error(b, a->span, "row-index", "%s runs over one index", a->name);
    if (empty) {
        s->empty = expr_num(b, empty->e, arg ? CLS_I : c);
        if (!s->empty) return tfx_error(b, empty->span, "type-mismatch", "the value after ?? is %s, the reduction gives %s", val_text(b, empty), arg ? "i32" : val_text(b, &v));
    }
    return v;
}

Val tfx_reduce(Build *b, const Ast *a, const Val *empty)
{
    const OpRow *op = op_named(a->name);
    if (!op) return tfx_error(b, a->span, "unknown-name", "there is no reduction '%s'", a->name);
    if (op->row) {
        if (empty) return tfx_error(b, a->span, "default-operand", "?? has no meaning after %s, which has no empty value", a->name);
        return row_op(b, a, op);
    }
    NodeSpec s = {.kind = NODE_compute, .red = op->red, .span = a->span};
    int depth = b->depth, ncond = b->ncond, ok = 1;
    Val v = tfx_bad(a->span);
    scope_push(b);
    for (int i = 2; i < a->n && ok; i++) ok = reduced_index(b, a, a->kid[i], &s, s.r);
    if (ok) {
        slot_infer(b, a->kid[0]);
        slot_infer(b, a->kid[1]);
        ok = where_cond(b, a, &s);
    }
    if (ok) {
        push_conds(b, &s);
        v = reduction_body(b, a, op, &s, empty);
        ok = v.kind != VAL_bad && close_ranges(b, a, &s);
    }
    scope_pop(b);
    b->depth = depth;
    b->ncond = ncond;
    if (!ok) return tfx_bad(a->span);
    if (!strcmp(a->name, "mean")) return mean_of(b, &s);
    if (!strcmp(a->name, "logsumexp")) return logsumexp_of(b, &s, depth);
    return node_make(b, &s);
}
