/* build_index.c - subscripts, and loop indices getting their sizes.
 * An index used bare as a subscript runs over that dimension; two bare uses must agree. An index with a written range
 * keeps it, and every use is an obligation for build_prove.c. */
#include <string.h>
#include "frontends/tfx/build.h"

int slot_push(Build *b, const char *name, Expr *ext, int fixed, Span at)
{
    if (b->depth >= MAX_SLOTS) {
        tfx_error(b, at, "too-many-dims", "more than %d indices in one expression", MAX_SLOTS);
        return -1;
    }
    b->slot[b->depth] = (Slot){.name = name, .ext = ext, .fixed = fixed, .at = at, .from = at};
    return b->depth++;
}

/* A dim that -D fixes still runs over the beginning of what is as long as its bound. */
static int fixed_prefix(Build *b, int64_t size, int64_t table)
{
    int64_t given, bound;
    for (int i = 0; i < b->fixed_dims.n; i++)
        if (ex_is_int(b->fixed_dims.at[i].lo, &given) && ex_is_int(b->fixed_dims.at[i].hi, &bound) && given == size && bound <= table) return 1;
    return 0;
}

/* A run-time size may run over the beginning of a longer dimension: T <= P positions of a table of P rows.
 * -1: x is the shorter one by the declared bounds, 1: y is, 0: neither is known to be, or both are fixed. */
static int prefix_order(Build *b, Expr *x, Expr *y)
{
    int64_t i, k;
    RangeCtx rc;
    if (ex_is_int(x, &i) && ex_is_int(y, &k)) return fixed_prefix(b, i, k) ? -1 : fixed_prefix(b, k, i);
    range_ctx(&rc, b->m, b->entry, NULL);
    if (range_proves(&rc, ex_bin(b->m, EX_le, x, y)) == 1) return -1;
    return range_proves(&rc, ex_bin(b->m, EX_le, y, x)) == 1;
}

void slot_unify(Build *b, int slot, Expr *ext, Span use, const char *what)
{
    Slot *s = &b->slot[slot];
    if (s->fixed) return;
    if (!s->ext) {
        s->ext = ext;
        s->from = use;
        return;
    }
    if (ext_same(b, s->ext, ext)) return;
    int order = prefix_order(b, s->ext, ext);
    if (order < 0) return;
    if (order > 0) {
        s->ext = ext;
        s->from = use;
        return;
    }
    tfx_error(b, use, "shape-mismatch", "index '%s' runs over %s here%s%s, but over %s elsewhere", s->name, ext_text(b, ext), what ? " in " : "", what ? what : "", ext_text(b, s->ext));
    diag_note(&b->ctx->diag, s->from, "'%s' runs over %s here", s->name, ext_text(b, s->ext));
}

/* ---- inference ahead of evaluation ---- */

/* The value that a name, or a path of instances and names, has without evaluating anything; 0 when it needs that. */
static int peek(Build *b, const Ast *a, Val *out)
{
    if (a->kind == AST_paren) return peek(b, a->kid[0], out);
    if (a->kind == AST_ident) {
        Binding *f = scope_find(b, a->name);
        if (!f) return 0;
        if (f->kind == BIND_state) *out = val_node(b, state_node(b, f->state), a->span);
        else if (f->kind == BIND_val) *out = f->val;
        else if (f->kind == BIND_const) *out = tfx_expr(b, a);
        else return 0;
        if (out->kind == VAL_list) *out = val_of_list(b, out);
        return out->kind == VAL_num;
    }
    if (a->kind == AST_member) {
        int errors = b->ctx->diag.errors;
        if (!is_inst_path(b, a->kid[0])) return 0;
        *out = tfx_member(b, a);
        return out->kind == VAL_num && errors == b->ctx->diag.errors;
    }
    return 0;
}

/* Subscripts without packs, which are counted as they are taken. */
static int subscript_count(const Ast *a)
{
    int n = 0;
    for (int i = 1; i < a->n; i++) n += a->kid[i]->kind != AST_packidx;
    return n;
}

/* Ahead of evaluation nothing is wrong yet: sizes are taken over, or narrowed to the shortest use. */
static void infer_slot(Build *b, int at, Expr *ext, Span use)
{
    Slot *s = &b->slot[at];
    if (s->fixed || (s->ext && prefix_order(b, s->ext, ext) <= 0)) return;
    s->ext = ext;
    s->from = use;
}

static void infer_base(Build *b, const Ast *a)
{
    Val v;
    if (!peek(b, a->kid[0], &v)) return;
    int at = 0;
    for (int i = 1; i < a->n && at < v.rank; i++) {
        const Ast *s = a->kid[i];
        if (s->kind == AST_packidx) {
            Binding *p = scope_find(b, s->name);
            int n = p && p->kind == BIND_pack ? p->n : 0;
            for (int k = 0; k < n && at < v.rank; k++, at++)
                infer_slot(b, p->slot + k, v.ext[at], s->span);
            continue;
        }
        if (s->kind == AST_ident) {
            Binding *f = scope_find(b, s->name);
            if (f && f->kind == BIND_slot) infer_slot(b, f->slot, v.ext[at], s->span);
        }
        at++;
    }
}

static int hidden_by(const Ast *reduce, const char *name)
{
    if (!strcmp(reduce->name, "softmax") || !strncmp(reduce->name, "cum", 3)) return 0;
    for (int i = 2; i < reduce->n; i++)
        if (reduce->kid[i]->name == name) return 1;
    return 0;
}

void slot_infer(Build *b, const Ast *a)
{
    if (!a) return;
    if (a->kind == AST_index) infer_base(b, a);
    if (a->kind == AST_reduce) row_fix_ranges(b, a);
    if (a->kind == AST_reduce) {                         /* its own indices hide those of the same name */
        Scope *inner = scope_push(b);
        for (int i = 2; i < a->n; i++)
            if (hidden_by(a, a->kid[i]->name)) scope_add(b, inner, BIND_const, a->kid[i]->name, a->kid[i]->span)->kind = BIND_fn;
        for (int i = 0; i < a->n; i++) slot_infer(b, a->kid[i]);
        scope_pop(b);
        return;
    }
    for (int i = 0; i < a->n; i++) slot_infer(b, a->kid[i]);
}

int pack_count(Build *b, const char *name, const Ast *a)
{
    if (!a) return -1;
    Val v;
    if (a->kind == AST_index && peek(b, a->kid[0], &v)) {
        int found = 0, others = 0;
        for (int i = 1; i < a->n; i++) {
            if (a->kid[i]->kind != AST_packidx) others++;
            else if (a->kid[i]->name == name) found = 1;
            else {
                Binding *p = scope_find(b, a->kid[i]->name);
                if (p && p->kind == BIND_pack) others += p->n;
                else found = -1000;
            }
        }
        if (found == 1 && v.rank >= others) return v.rank - others;
    }
    for (int i = 0; i < a->n; i++) {
        int n = pack_count(b, name, a->kid[i]);
        if (n >= 0) return n;
    }
    return -1;
}

/* ---- subscripts ---- */

static int sub_expr(Build *b, const Val *v, const Ast *s, Subs *out, int padded)
{
    int at = out->n;
    if (at >= v->rank) return 0;
    if (s->kind == AST_slice) {
        Expr *lo = NULL, *hi = NULL;
        if (s->kid[0]) {
            Val x = tfx_number(b, s->kid[0], "the start of a range");
            if (x.kind == VAL_bad || !(lo = x.e->dtype == DT_i32 ? x.e : NULL)) return -1;
        }
        if (s->kid[1]) {
            Val x = tfx_number(b, s->kid[1], "the end of a range");
            if (x.kind == VAL_bad || !(hi = x.e->dtype == DT_i32 ? x.e : NULL)) return -1;
        }
        if (!lo) lo = ex_int(b->m, 0);
        if (!hi) hi = v->ext[at];
        Expr *ext = ex_sub(b->m, hi, lo);
        if (ex_slots(ext)) return tfx_error(b, s->span, "ragged-size", "the size of this window depends on an index: %s", ext_text(b, ext)), -1;
        out->ext[out->own] = ext;
        out->sub[out->n++] = ex_add(b->m, lo, ex_index(b->m, b->depth + out->own++));
        return 0;
    }
    if (s->kind == AST_ident) {
        Binding *f = scope_find(b, s->name);
        if (f && f->kind == BIND_slot && !padded) slot_unify(b, f->slot, v->ext[at], s->span, NULL);
        else if (f && f->kind == BIND_slot && !b->slot[f->slot].ext) slot_unify(b, f->slot, v->ext[at], s->span, NULL);
    }
    Val x = tfx_number(b, s, "a subscript");
    if (x.kind == VAL_bad) return -1;
    if (x.e->dtype != DT_i32) return tfx_error(b, s->span, "type-mismatch", "a subscript must be an integer, this is %s", val_text(b, &x)), -1;
    out->sub[out->n++] = x.e;
    return 0;
}

static int sub_pack(Build *b, const Val *v, const Ast *s, Subs *out)
{
    Binding *p = scope_find(b, s->name);
    if (!p || p->kind != BIND_pack) return tfx_error(b, s->span, "pack-use", "'*%s' is not a pack of indices here", s->name), -1;
    for (int k = 0; k < p->n; k++) {
        if (out->n >= v->rank) return tfx_error(b, s->span, "rank-mismatch", "too many subscripts for %s", val_text(b, v)), -1;
        slot_unify(b, p->slot + k, v->ext[out->n], s->span, NULL);
        out->sub[out->n++] = ex_index(b->m, p->slot + k);
    }
    return 0;
}

/* The element, or `pad` where a subscript lies outside. */
static Expr *padded_read(Build *b, const Val *v, const Subs *s, Expr *pad)
{
    Expr *e = val_at(b, v, s->sub);
    int whole = v->e->op == EX_read && v->e->n == v->rank && !v->e->n == !v->rank;
    for (int i = 0; whole && i < v->rank; i++) whole = v->e->arg[i]->op == EX_index && v->e->arg[i]->u.slot == v->depth + i && v->e->u.node->ext[i] == v->ext[i];
    if (whole) return ex_read_or(b->m, v->e->u.node, s->sub, pad);
    Expr *inside = ex_bool(b->m, 1);
    for (int i = 0; i < v->rank; i++) {
        inside = ex_bin(b->m, EX_and, inside, ex_bin(b->m, EX_le, ex_int(b->m, 0), s->sub[i]));
        inside = ex_bin(b->m, EX_and, inside, ex_bin(b->m, EX_lt, s->sub[i], v->ext[i]));
    }
    return ex_select(b->m, inside, e, pad);
}

int subs_of(Build *b, const Val *v, const Ast *a, int padded, Subs *s)
{
    *s = (Subs){.n = 0};
    if (b->depth + v->rank > MAX_SLOTS) return tfx_error(b, a->span, "too-many-dims", "more than %d indices in one expression", MAX_SLOTS), 0;
    if (subscript_count(a) > v->rank)
        return tfx_error(b, a->span, "rank-mismatch", "%d subscripts for %s, which has %d dimension%s", a->n - 1, val_text(b, v), v->rank, v->rank == 1 ? "" : "s"), 0;
    for (int i = 1; i < a->n; i++)
        if ((a->kid[i]->kind == AST_packidx ? sub_pack(b, v, a->kid[i], s) : sub_expr(b, v, a->kid[i], s, padded)) < 0) return 0;
    while (s->n < v->rank) {
        s->ext[s->own] = v->ext[s->n];
        s->sub[s->n++] = ex_index(b->m, b->depth + s->own++);
    }
    return 1;
}

Val val_slice(Build *b, Val v, const Ast *a, int padded, Val pad)
{
    Subs s;
    if (!subs_of(b, &v, a, padded, &s)) return tfx_bad(a->span);
    Val r = {.kind = VAL_num, .span = a->span, .depth = b->depth, .rank = s.own};
    memcpy(r.ext, s.ext, sizeof r.ext);
    if (!padded) r.e = val_at(b, &v, s.sub);
    else {
        Expr *p = expr_num(b, pad.e, val_class(&v));
        if (!p) return tfx_error(b, pad.span, "type-mismatch", "the value after ?? is %s, the tensor %s", val_text(b, &pad), val_text(b, &v));
        r.e = padded_read(b, &v, &s, p);
    }
    if (r.e->op == EX_read || r.e->op == EX_read_or) {
        Span *at = NEW(b->a, Span);
        *at = a->span;
        map_put(&b->read_at, r.e, at);
    }
    return r;
}

static Val list_item(Build *b, const Val *v, const Ast *a)
{
    int64_t i;
    Val x = tfx_number(b, a->kid[1], "a subscript");
    if (x.kind == VAL_bad) return x;
    if (!val_is_int(&x, &i)) {
        Val t = val_of_list(b, v);
        return t.kind == VAL_num ? val_slice(b, t, a, 0, t) : t;
    }
    if (i < 0 || i >= v->n) return tfx_error(b, a->span, "index-range", "subscript %lld of a list of %d", (long long)i, v->n);
    Val r = v->item[i];
    if (a->n > 2 && r.kind == VAL_list) {
        Ast rest = *a;
        Ast *kid[MAX_RANK + 1] = {a->kid[0]};
        for (int k = 2; k < a->n && k <= MAX_RANK; k++) kid[k - 1] = a->kid[k];
        rest.n = a->n - 1;
        rest.kid = kid;
        return list_item(b, &r, &rest);
    }
    return r;
}

Val tfx_index(Build *b, const Ast *a, const Expr *pad, Val *padv)
{
    Val v = tfx_expr(b, a->kid[0]);
    if (v.kind == VAL_bad) return v;
    if (v.kind == VAL_list && !pad) return list_item(b, &v, a);
    if (v.kind == VAL_list) v = val_of_list(b, &v);
    if (v.kind == VAL_inst) return tfx_error(b, a->span, "type-mismatch", "an instance is called: %s[..](..), or one of its members named", v.inst->name);
    if (!val_is_num(b, &v, "what is subscripted")) return tfx_bad(a->span);
    return val_slice(b, v, a, pad != NULL, pad ? *padv : v);
}
