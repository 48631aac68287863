/* build_builtin.c - functions that the language knows: scalar functions of exprs.def, max min clamp pow, ordering
 * (topk, argsort, perm) and counter-based random numbers. */
#include <string.h>
#include "frontends/tfx/build.h"

typedef struct Args { Build *b; const char *fn; Val *v; const char **name; int n; Span at; } Args;

static Val *named(Args *a, const char *name, int position)
{
    for (int i = 0; i < a->n; i++)
        if (a->name[i] && !strcmp(a->name[i], name)) return &a->v[i];
    return position < a->n && !a->name[position] ? &a->v[position] : NULL;
}

static int count_is(Args *a, int least, int most)
{
    if (a->n >= least && a->n <= most) return 1;
    tfx_error(a->b, a->at, a->n < least ? "missing-argument" : "extra-argument", "%s takes %d%s argument%s, %d given", a->fn, least, most > least ? " or more" : "", least == 1 && most == 1 ? "" : "s", a->n);
    return 0;
}

/* A tensor held by a node that has exactly the axes of the slots around and v's dimensions. */
static Val held(Build *b, const Val *v)
{
    NodeSpec s = {.kind = NODE_compute, .span = v->span, .dtype = class_dtype(val_class(v)), .nown = v->rank};
    s.body = val_own(b, v);
    for (int i = 0; i < v->rank; i++) {
        s.own[i] = b->depth + i;
        s.own_ext[i] = v->ext[i];
    }
    return node_make(b, &s);
}

/* Positions of the first k elements of v along its last axis in order. */
static Val order(Build *b, const Val *v, Expr *k, int descending, Span at)
{
    Val h = held(b, v);
    if (h.kind == VAL_bad) return h;
    Node *in = h.e->u.node;
    Expr *ext[MAX_RANK];
    memcpy(ext, in->ext, sizeof ext);
    ext[in->rank - 1] = k;
    Node *n = node_new(b->m, b->block, NODE_argsort, DT_i32, in->rank, ext, NULL, at);
    n->k = descending;
    node_add_in(b->m, n, in);
    int64_t most = node_bound(b->m, b->entry, in, in->rank - 1);
    n->lo = 0;
    n->hi = most > 0 ? most - 1 : INT32_MAX;
    Val r = h;
    r.ext[r.rank - 1] = k;
    r.span = at;
    r.e = ex_read(b->m, n, h.e->arg);
    return r;
}

static int sortable(Args *a, Val *v)
{
    if (!v || v->kind != VAL_num || !v->rank || val_class(v) == CLS_B) {
        tfx_error(a->b, v ? v->span : a->at, "type-mismatch", "%s wants a tensor of numbers, this is %s", a->fn, v ? val_text(a->b, v) : "nothing");
        return 0;
    }
    return 1;
}

static Val topk(Args *a)
{
    Build *b = a->b;
    Val *x = named(a, "x", 0), *k = named(a, "k", 1);
    int64_t kn, en;
    if (!count_is(a, 2, 2) || !sortable(a, x)) return tfx_bad(a->at);
    if (!k || k->kind != VAL_num || k->rank || k->e->dtype != DT_i32) return tfx_error(b, a->at, "type-mismatch", "topk(x, k = N) wants an integer k");
    if (ex_is_int(k->e, &kn) && ex_is_int(x->ext[x->rank - 1], &en) && (kn < 0 || kn > en))
        return tfx_error(b, k->span.lo ? k->span : a->at, "index-range", "the first %lld of %lld elements", (long long)kn, (long long)en);
    Val hx = held(b, x), *item = NEWN(b->a, Val, 2);
    if (hx.kind == VAL_bad) return hx;
    item[1] = order(b, &hx, k->e, 1, a->at);
    if (item[1].kind == VAL_bad) return item[1];
    Expr *sub[MAX_RANK];
    for (int i = 0; i < hx.rank; i++) sub[i] = ex_index(b->m, b->depth + i);
    sub[hx.rank - 1] = val_own(b, &item[1]);
    item[0] = item[1];
    item[0].e = val_at(b, &hx, sub);
    item[0] = held(b, &item[0]);
    return (Val){.kind = VAL_tuple, .span = a->at, .n = 2, .item = item};
}

static Val argsort(Args *a)
{
    Build *b = a->b;
    Val *x = named(a, "x", 0), *d = named(a, "descending", 1);
    double down = 0;
    if (!count_is(a, 1, 2) || !sortable(a, x)) return tfx_bad(a->at);
    if (d && (d->kind != VAL_num || d->rank || !ex_is_lit(d->e, &down))) return tfx_error(b, d->span, "not-constant", "descending is 0 or 1, known at compile time");
    return order(b, x, x->ext[x->rank - 1], down != 0, a->at);
}

static Val perm(Args *a)
{
    Build *b = a->b;
    if (!count_is(a, 2, 2)) return tfx_bad(a->at);
    Val *seed = &a->v[0], *n = &a->v[1];
    if (seed->kind != VAL_num || n->kind != VAL_num || seed->rank || n->rank || seed->e->dtype != DT_i32 || n->e->dtype != DT_i32)
        return tfx_error(b, a->at, "type-mismatch", "perm(seed, n) wants two integers");
    Val r = {.kind = VAL_num, .span = a->at, .depth = b->depth, .rank = 1};
    r.ext[0] = n->e;
    r.e = ex_bin(b->m, EX_rand_u32, seed->e, ex_index(b->m, b->depth));
    return order(b, &r, n->e, 0, a->at);
}

static Val fold(Args *a, ExprOp op)
{
    if (!count_is(a, 2, 64)) return tfx_bad(a->at);
    Val r = a->v[0];
    for (int i = 1; i < a->n && r.kind != VAL_bad; i++) {
        Val two[2] = {r, a->v[i]};
        r = tfx_map(a->b, op, two, 2, a->at);
    }
    return r;
}

static Val clamp(Args *a)
{
    if (!count_is(a, 3, 3)) return tfx_bad(a->at);
    Val up[2] = {a->v[0], a->v[1]}, r = tfx_map(a->b, EX_max, up, 2, a->at);
    if (r.kind == VAL_bad) return r;
    Val down[2] = {r, a->v[2]};
    return tfx_map(a->b, EX_min, down, 2, a->at);
}

int builtin_call(Build *b, const char *name, Val *args, const char **names, int n, Span at, Val *out)
{
    Args a = {b, name, args, names, n, at};
    for (int i = 0; i < n; i++)
        if (args[i].kind == VAL_list) args[i] = val_of_list(b, &args[i]);
    if (!strcmp(name, "topk")) *out = topk(&a);
    else if (!strcmp(name, "argsort")) *out = argsort(&a);
    else if (!strcmp(name, "perm")) *out = perm(&a);
    else if (!strcmp(name, "max")) *out = fold(&a, EX_max);
    else if (!strcmp(name, "min")) *out = fold(&a, EX_min);
    else if (!strcmp(name, "clamp")) *out = clamp(&a);
    else if (!strcmp(name, "pow")) *out = count_is(&a, 2, 2) ? tfx_binary(b, EX_pow, args[0], args[1], at, "pow") : tfx_bad(at);
    else {
        int op = expr_by_name(name);
        if (op < 0) return 0;
        *out = count_is(&a, expr_info[op].arity, expr_info[op].arity) ? tfx_map(b, (ExprOp)op, args, n, at) : tfx_bad(at);
    }
    return 1;
}
