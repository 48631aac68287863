/* build_view.c - views of checkpoint tensors: transpose, split, slice, rows, reshape, rope_unpermute.
 * Takes the tensor as stored, gives a Val over it: subscripts are rewritten, no element is moved.
 * Semantics: transpose(a, b, ..): dimension k of the result is dimension number k of the list; without a list the order
 * is reversed. split(axis, part, of): part number `part` of `of` equal ones. slice(axis, from, to). rows([..]): the listed
 * rows of the first dimension. reshape(..): row-major. rope_unpermute(heads): rows of the first dimension, h x (2, half)
 * as rotary halves are stored, become h x (half, 2) interleaved. */
#include <string.h>
#include "frontends/tfx/build.h"

static Val view_of(Build *b, const Val *v)
{
    Val r = *v;
    r.e = val_own(b, v);
    r.depth = b->depth;
    return r;
}

static Expr *own(Build *b, int i) { return ex_index(b->m, b->depth + i); }

static void identity(Build *b, const Val *v, Expr **sub)
{
    for (int i = 0; i < v->rank; i++) sub[i] = own(b, i);
}

static int64_t size_at(const Val *v, int i)
{
    int64_t n = 0;
    ex_is_int(v->ext[i], &n);
    return n;
}

typedef struct ViewArgs { Build *b; const Ast *call; const char *name; int n; int64_t at[MAX_RANK]; Val list; } ViewArgs;

static int view_arguments(ViewArgs *a)
{
    Build *b = a->b;
    for (int i = 1; i < a->call->n; i++) {
        Val v = tfx_expr(b, a->call->kid[i]->kind == AST_namedarg ? a->call->kid[i]->kid[0] : a->call->kid[i]);
        if (v.kind == VAL_bad) return 0;
        if (v.kind == VAL_list) {
            a->list = v;
            continue;
        }
        if (a->n == MAX_RANK || !val_is_int(&v, &a->at[a->n])) return tfx_error(b, a->call->kid[i]->span, "bad-view", "%s takes integers known at compile time", a->name), 0;
        a->n++;
    }
    return 1;
}

static Val bad(ViewArgs *a, const char *wants) { return tfx_error(a->b, a->call->span, "bad-view", "%s: %s", a->name, wants); }

static Val transpose(ViewArgs *a, Val v)
{
    Expr *sub[MAX_RANK];
    int64_t seen = 0;
    Val r = v;
    if (a->n && a->n != v.rank) return bad(a, arena_printf(a->b->a, "%d dimensions listed, the tensor is %s", a->n, val_text(a->b, &v)));
    for (int i = 0; i < v.rank; i++) {
        int64_t from = a->n ? a->at[i] : v.rank - 1 - i;
        if (from < 0 || from >= v.rank || seen >> from & 1) return bad(a, "each dimension is listed once");
        seen |= (int64_t)1 << from;
        sub[from] = own(a->b, i);
        r.ext[i] = v.ext[from];
    }
    r.e = val_at(a->b, &v, sub);
    return r;
}

static Val part(ViewArgs *a, Val v, int64_t axis, int64_t from, int64_t to)
{
    Expr *sub[MAX_RANK];
    if (axis < 0 || axis >= v.rank || from < 0 || to < from || to > size_at(&v, (int)axis)) return bad(a, arena_printf(a->b->a, "%lld .. %lld of dimension %lld of %s", (long long)from, (long long)to, (long long)axis, val_text(a->b, &v)));
    Val r = v;
    identity(a->b, &v, sub);
    sub[axis] = ex_add(a->b->m, sub[axis], ex_int(a->b->m, from));
    r.ext[axis] = ex_int(a->b->m, to - from);
    r.e = val_at(a->b, &v, sub);
    return r;
}

static Val split(ViewArgs *a, Val v, const Rule *rule)
{
    int64_t axis = a->n > 0 ? a->at[0] : 0, k = a->n > 1 ? a->at[1] : rule->target, of = a->n > 2 ? a->at[2] : rule->targets;
    if (axis < 0 || axis >= v.rank || of < 1 || k < 0 || k >= of || size_at(&v, (int)axis) % of) return bad(a, arena_printf(a->b->a, "part %lld of %lld of dimension %lld of %s", (long long)k, (long long)of, (long long)axis, val_text(a->b, &v)));
    int64_t n = size_at(&v, (int)axis) / of;
    return part(a, v, axis, k * n, (k + 1) * n);
}

static Val rows(ViewArgs *a, Val v)
{
    Expr *sub[MAX_RANK];
    if (a->list.kind != VAL_list || !v.rank) return bad(a, "a list of row numbers");
    Val r = v, t = val_of_list(a->b, &a->list);
    if (t.kind != VAL_num || t.rank != 1 || val_class(&t) != CLS_I || t.e->u.node->lo < 0 || t.e->u.node->hi >= size_at(&v, 0)) return bad(a, arena_printf(a->b->a, "row numbers below %lld", (long long)size_at(&v, 0)));
    identity(a->b, &v, sub);
    sub[0] = val_at(a->b, &t, sub);
    r.ext[0] = t.ext[0];
    r.e = val_at(a->b, &v, sub);
    return r;
}

Val view_reshape(Build *b, Val v, int rank, const int64_t *shape)
{
    Expr *sub[MAX_RANK], *flat = ex_int(b->m, 0);
    int64_t have = 1, want = 1;
    Val r = v;
    for (int i = 0; i < v.rank; i++) have *= size_at(&v, i);
    for (int i = 0; i < rank; i++) want *= shape[i];
    if (have != want) return tfx_bad(v.span);
    r.rank = rank;
    for (int i = 0; i < rank; i++) {
        r.ext[i] = ex_int(b->m, shape[i]);
        flat = ex_add(b->m, ex_mul(b->m, flat, r.ext[i]), own(b, i));
    }
    /* groups of dimensions with equal products are resolved by themselves, which keeps subscripts free of division */
    int i = 0, k = 0;
    while (i < v.rank) {
        int i0 = i, k0 = k;
        int64_t p = size_at(&v, i++), q = k < rank ? shape[k++] : 1;
        while (p != q) {
            if (p < q && i < v.rank) p *= size_at(&v, i++);
            else if (k < rank) q *= shape[k++];
            else break;
        }
        while (i == v.rank && k < rank) q *= shape[k++];
        flat = ex_int(b->m, 0);
        for (int d = k0; d < k; d++) flat = ex_add(b->m, ex_mul(b->m, flat, r.ext[d]), own(b, d));
        for (int d = i - 1; d >= i0; d--) {
            Expr *n = v.ext[d];
            sub[d] = d == i0 ? flat : ex_bin(b->m, EX_mod, flat, n);
            if (d > i0) flat = ex_bin(b->m, EX_div, flat, n);
        }
    }
    r.e = val_at(b, &v, sub);
    return r;
}

static Val reshape(ViewArgs *a, Val v)
{
    for (int i = 0; i < a->n; i++)
        if (a->at[i] < 1) return bad(a, "sizes are positive");
    Val r = view_reshape(a->b, v, a->n, a->at);
    return r.kind == VAL_bad ? bad(a, arena_printf(a->b->a, "another number of elements than %s", val_text(a->b, &v))) : r;
}

static Val rope_unpermute(ViewArgs *a, Val v)
{
    Build *b = a->b;
    Expr *sub[MAX_RANK];
    int64_t heads = a->n == 1 ? a->at[0] : 0, n = v.rank ? size_at(&v, 0) : 0;
    if (heads < 1 || n % heads || n / heads % 2) return bad(a, arena_printf(b->a, "the rows of %s are not %lld heads of even size", val_text(b, &v), (long long)heads));
    Expr *d = ex_int(b->m, n / heads), *half = ex_int(b->m, n / heads / 2), *two = ex_int(b->m, 2), *i = own(b, 0);
    identity(b, &v, sub);
    Expr *in = ex_bin(b->m, EX_mod, i, d);
    Expr *to = ex_add(b->m, ex_mul(b->m, ex_bin(b->m, EX_mod, in, two), half), ex_bin(b->m, EX_div, in, two));
    sub[0] = ex_add(b->m, ex_mul(b->m, ex_bin(b->m, EX_div, i, d), d), to);
    Val r = v;
    r.e = val_at(b, &v, sub);
    return r;
}

Val view_apply(Build *b, Val raw, const Ast *view, Rule *rule, int rank, const int64_t *shape, Span at)
{
    ViewArgs a = {.b = b, .call = view};
    Val v = view_of(b, &raw);
    if (view->kind == AST_paren) return view_apply(b, raw, view->kid[0], rule, rank, shape, at);
    const Ast *f = view->kind == AST_call ? view->kid[0] : view;
    if (f->kind == AST_member) {
        v = view_apply(b, raw, f->kid[0], rule, rank, shape, at);
        if (v.kind == VAL_bad) return v;
    } else if (f->kind != AST_ident) return tfx_error(b, view->span, "bad-view", "a view is transpose, split, slice, rows, reshape or rope_unpermute");
    a.name = f->name;
    Ast none = *view;
    if (view->kind != AST_call) {
        none.n = 1;
        a.call = &none;
    }
    if (!view_arguments(&a)) return tfx_bad(at);
    if (!strcmp(a.name, "transpose")) return transpose(&a, v);
    if (!strcmp(a.name, "split")) return split(&a, v, rule);
    if (!strcmp(a.name, "slice")) return a.n == 3 ? part(&a, v, a.at[0], a.at[1], a.at[2]) : bad(&a, "takes axis, from, to");
    if (!strcmp(a.name, "rows")) return rows(&a, v);
    if (!strcmp(a.name, "reshape")) return reshape(&a, v);
    if (!strcmp(a.name, "rope_unpermute")) return rope_unpermute(&a, v);
    return tfx_error(b, f->span, "bad-view", "there is no view '%s'; there are transpose, split, slice, rows, reshape and rope_unpermute", a.name);
}
