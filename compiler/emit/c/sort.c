/* sort.c - order: argsort and search in sorted keys as C. Takes a node and the buffer that it writes; no scratch memory. */
#include "compiler/emit/c/c_int.h"

enum { INSERTION_LIMIT = 64 };      /* elements up to which insertion is quicker, and shorter, than a heap */

/* Stable insertion of each element into the best K so far: O(n K). NaN counts as last. */
static void insertion(FnC *f, const Node *n, const Buffer *xb, const char *step, const char *ty)
{
    Out *o = &f->body;
    const char *key_i = arena_printf(f->e->a, "key[i * %s]", step), *key_o = arena_printf(f->e->a, "key[order[at - 1] * %s]", step);
    int isf = dtype_is_float(xb->dtype);
    out_f(o, "const int32_t keep = %s;\n", c_expr(f, n->ext[n->rank - 1]));
    out_f(o, "int32_t have = 0;\nfor (int32_t i = 0; i < n; i++) {\n");
    o->indent++;
    out_f(o, "int32_t at = have;\nwhile (at > 0) {\n");
    const char *before = n->k ? ">" : "<";
    if (isf) out_f(o, "    const %s a = %s, b = %s;\n    if (!(a %s b || (a == a && b != b))) break;\n", c_value(xb->dtype), key_i, key_o, before);
    else out_f(o, "    if (!(%s %s %s)) break;\n", key_i, before, key_o);
    out_f(o, "    if (at < keep) order[at] = order[at - 1];\n    at--;\n}\n");
    out_f(o, "if (at < keep) order[at] = (%s)i;\nif (have < keep) have++;\n", ty);
    close_loops(f, 1);
}

/* Does position a come before position b? Of equal keys the earlier one does, so the order is total, and stable. */
static const char *comes_before(FnC *f, const Node *n, const Buffer *xb, const char *step, const char *a, const char *b)
{
    Arena *m = f->e->a;
    const char *x = arena_printf(m, "key[%s * %s]", a, step), *y = arena_printf(m, "key[%s * %s]", b, step), *lt = n->k ? ">" : "<";
    if (!dtype_is_float(xb->dtype)) return arena_printf(m, "(%s %s %s || (%s == %s && %s < %s))", x, lt, y, x, y, a, b);
    return arena_printf(m, "(%s %s %s || (%s == %s && %s != %s) || (!(%s %s %s || (%s == %s && %s != %s)) && %s < %s))",
                        x, lt, y, x, x, y, y, y, lt, x, y, y, x, x, a, b);
}

/* Heap sort (Williams 1964) in place: O(n log n) whatever the keys. */
static void heap(FnC *f, const Node *n, const Buffer *xb, const char *step, const char *ty)
{
    Out *o = &f->body;
    out_f(o, "for (int32_t i = 0; i < n; i++) order[i] = (%s)i;\n", ty);
    out_f(o, "for (int32_t start = n / 2, end = n; end > 1;) {\n    int32_t at = 0, v;\n");
    out_f(o, "    if (start > 0) {\n        at = --start;\n        v = order[at];\n    } else {\n        v = order[--end];\n        order[end] = order[0];\n    }\n");
    out_f(o, "    for (int32_t child = 2 * at + 1, c; child < end; at = child, child = 2 * at + 1) {\n        c = order[child];\n        if (child + 1 < end) {\n");
    out_f(o, "            const int32_t d = order[child + 1];\n            if %s {\n                child++;\n                c = d;\n            }\n        }\n", comes_before(f, n, xb, step, "c", "d"));
    out_f(o, "        if (!%s) break;\n        order[at] = (%s)c;\n    }\n    order[at] = (%s)v;\n}\n", comes_before(f, n, xb, step, "v", "c"), ty, ty);
}

void argsort_body(FnC *f, const Node *n, const Buffer *dst, const char *p)
{
    Out *o = &f->body;
    Module *m = f->e->plan->module;
    const Node *x = n->in[0];
    const Buffer *xb = fn_buffer(f, x);
    const char *xp = fn_param_buf(f, xb, x, 0);
    int last = n->rank - 1;
    for (int k = 0; k < last; k++) open_loop(f, c_slot(f, k), "0", c_expr(f, n->ext[k]));
    const char *ty = c_mem(f->e, dst->dtype), *xt = c_mem(f->e, xb->dtype), *step = c_expr(f, xb->stride[last]);
    int64_t most = node_bound(m, f->ep->entry, x, last);
    Expr *row = ex_int(m, 0), *xrow = ex_int(m, 0);
    for (int k = 0; k < last; k++) {
        row = ex_add(m, row, ex_mul(m, ex_index(m, k), dst->stride[k]));
        xrow = ex_add(m, xrow, ex_mul(m, ex_index(m, k), xb->stride[k]));
    }
    if (xb->dtype == DT_f16 || xb->dtype == DT_bf16) bug("argsort of %s", dtype_info[xb->dtype].name);
    out_f(o, "%s *order = %s + %s;\nconst %s *key = %s + %s;\n", ty, p, c_expr(f, row), xt, xp, c_expr(f, xrow));
    out_f(o, "const int32_t n = %s;\n", c_expr(f, x->ext[last]));
    if (n->ext[last] != x->ext[last] || (most >= 0 && most <= INSERTION_LIMIT)) insertion(f, n, xb, step, ty);
    else heap(f, n, xb, step, ty);
    close_loops(f, last);
}

/* Binary search of each query among the sorted keys; see NODE_search. */
void search_body(FnC *f, const Node *n, const Buffer *dst, const char *p)
{
    Out *o = &f->body;
    const char *at[3], *limit[] = {NULL, NULL, "i", "i + 1"};
    Arena *a = f->e->a;
    for (int k = 0; k < 3; k++) {
        const Buffer *b = fn_buffer(f, n->in[k]);
        if (b->dtype == DT_f16 || b->dtype == DT_bf16) bug("search of %s", dtype_info[b->dtype].name);
        if (k == 1 && n->k <= SEARCH_through) continue;          /* where a key came from does not matter */
        at[k] = arena_printf(a, "%s[%s * %s]", fn_param_buf(f, b, n->in[k], 0), k == 2 ? "i" : "mid", c_expr(f, b->stride[0]));
    }
    out_f(o, "for (int32_t i = 0; i < %s; i++) {\n", c_expr(f, n->ext[0]));
    o->indent++;
    out_f(o, "const %s q = %s;\nint32_t lo = 0, hi = %s;\nwhile (lo < hi) {\n    const int32_t mid = lo + (hi - lo) / 2;\n", c_value(fn_buffer(f, n->in[2])->dtype), at[2], c_expr(f, n->in[0]->ext[0]));
    if (n->k <= SEARCH_through) out_f(o, "    if (%s %s q) lo = mid + 1;\n", at[0], n->k == SEARCH_below ? "<" : "<=");
    else out_f(o, "    if (%s < q || (%s == q && %s < %s)) lo = mid + 1;\n", at[0], at[0], at[1], limit[n->k]);
    out_f(o, "    else hi = mid;\n}\n%s[i * %s] = %s;\n", p, c_expr(f, dst->stride[0]), c_store(f, dst->dtype, "lo"));
    close_loops(f, 1);
}
