/* trace.c - hooks that show every tensor when it has been made. They are in the text when --trace asks for them and in
 * the program when it is compiled with -DPREFIX_TRACE=FUNCTION; otherwise they are nothing. */
#include <string.h>
#include "compiler/emit/c/c_int.h"

void trace_header(const CEmit *e, Out *h)
{
    const char *x = e->prefix, *X = e->upper;
    if (!e->opt->trace) return;
    out_f(h, "\n#ifdef %s_TRACE\n/* Compiled with -D%s_TRACE=FUNCTION, FUNCTION(&tensor) is called for each tensor that has been made, or for the\n"
             " * rows of it that have: element i, j, .. is data[i * stride[0] + j * stride[1] + ..], and stands for element\n"
             " * i + first[0], .. of the tensor. id: %%id of the text that tfxc --emit=ir prints. */\n", X, X);
    out_f(h, "typedef struct %s_tensor {\n    const char *name, *dtype;\n    const void *data;\n    int id, rank;\n    int32_t size[%d], stride[%d], first[%d];\n} %s_tensor;\nvoid %s_TRACE(const %s_tensor *tensor);\n#endif\n", x, MAX_RANK, MAX_RANK, MAX_RANK, x, X, x);
}

void trace_macro(const CEmit *e, Out *c)
{
    const char *x = e->prefix, *X = e->upper;
    if (!e->opt->trace) return;
    out_f(c, "#ifdef %s_TRACE\n#define %s_LIST(...) {__VA_ARGS__}\n#define %s_SHOW(id, name, dtype, data, rank, size, stride, first) do { \\\n        const %s_tensor tensor_ = {name, dtype, data, id, rank, size, stride, first}; \\\n        %s_TRACE(&tensor_); \\\n    } while (0)\n", X, X, X, x, X);
    out_f(c, "#else\n#define %s_SHOW(...) ((void)0)\n#endif\n\n", X);
}

static const char *quoted(Arena *a, const char *text)
{
    char *s = arena_str(a, text, strlen(text));
    for (char *p = s; *p; p++) if (*p == '"' || *p == '\\' || (unsigned char)*p < 32 || *p == '?') *p = '_';
    return s;
}

void trace_emit(CEmit *e, const EntryPlan *ep, const Step *s, Out *o)
{
    Module *m = e->plan->module;
    Arena *a = e->a;
    const Node *n = s->node;
    const Buffer *b = s->dst;
    const char *size = "", *stride = "", *first = "";
    Expr *at = ex_int(m, 0);
    if (b->panel || s->kind != STEP_node) return;
    for (int k = 0; k < n->rank; k++) {
        Expr *ext = n->ext[k], *from = ex_int(m, 0);
        for (int j = 0; j < s->nin; j++) {
            if (s->in[j].axis != k) continue;
            const Region *r = s->in[j].region;
            int kept = 0;
            for (int t = 0; t < b->ntile; t++) if (b->tile[t].region == r) kept = 1;
            ext = r->exact ? ex_int(m, r->rows) : ex_sym(m, r->rows == 1 ? r->first : r->count);
            if (r->rows == 1) ext = ex_int(m, 1);
            from = ex_sym(m, r->first);
            if (!kept) at = ex_add(m, at, ex_mul(m, from, b->stride[k]));
        }
        if (s->clip.lo && s->clip.slot == k) {
            at = ex_add(m, at, ex_mul(m, s->clip.lo, b->stride[k]));
            ext = ex_sub(m, s->clip.hi, s->clip.lo);
            from = s->clip.lo;
        }
        size = arena_printf(a, "%s%s%s", size, k ? ", " : "", entry_expr(e, ep, ext));
        stride = arena_printf(a, "%s%s%s", stride, k ? ", " : "", entry_expr(e, ep, b->stride[k]));
        first = arena_printf(a, "%s%s%s", first, k ? ", " : "", entry_expr(e, ep, from));
    }
    if (!n->rank) size = stride = first = "0";
    const char *X = e->upper;
    out_f(o, "%s_SHOW(%u, \"%s\", \"%s\", %s + %s, %d, %s_LIST(%s), %s_LIST(%s), %s_LIST(%s));\n", X, n->id, quoted(a, n->name ? n->name : b->name), dtype_info[b->dtype].name,
          entry_place(e, b, 0), entry_expr(e, ep, at), n->rank, X, size, X, stride, X, first);
}
