/* tables.c - weights as constants of the program, an array of numbers a tensor, with what the model's text says above it. For
 * programs and small models: one can read them, they need no byte order, and a linker drops what is not used. */
#include <math.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"

enum { LINE = 120 };

const char *table_name(CEmit *e, const Buffer *b)
{
    const char *had = map_get(&e->tables, b);
    if (had) return had;
    const char *stem = arena_printf(e->a, "%s_%s", e->prefix, c_plain(e->a, b->name ? b->name : "table")), *name = stem;
    for (int k = 2; smap_get(&e->names, name); k++) name = arena_printf(e->a, "%s_%d", stem, k);
    smap_put(&e->names, name, e);
    map_put(&e->tables, b, (void *)(uintptr_t)name);
    return name;
}

/* Lines of comment right above the definition in the model's text. */
static void said(CEmit *e, const Node *n, Out *c)
{
    Sources *s = &e->plan->module->ctx->sources;
    Place at;
    if (!n || !n->span.lo || !source_place(s, n->span.lo, &at)) return;
    const char *text = at.source->text, *line = text + at.offset, *first;
    while (line > text && line[-1] != '\n') line--;
    for (first = line; first > text;) {
        const char *before = first - 1;
        while (before > text && before[-1] != '\n') before--;
        if (strncmp(before, "//", 2)) break;
        first = before;
    }
    for (; first < line; first += strcspn(first, "\n") + 1) {
        size_t m = strcspn(first, "\n");
        const char *words = arena_str(e->a, first + 2, m - 2);
        for (char *p = (char *)(uintptr_t)words; *p; p++) if ((*p == '*' && p[1] == '/') || (*p == '/' && p[1] == '*') || *p == '\\' || *p == '?') *p = '_';
        out_f(c, "/*%s */\n", words);
    }
}

static const char *number(CEmit *e, DType t, const unsigned char *p)
{
    float f;
    double d;
    int64_t l;
    int32_t i;
    int16_t h;
    uint16_t u;
    switch (t) {
    case DT_f32: memcpy(&f, p, sizeof f); d = (double)f; break;
    case DT_f64: memcpy(&d, p, sizeof d); break;
    case DT_i64: memcpy(&l, p, sizeof l); return l == INT64_MIN ? "INT64_MIN" : arena_printf(e->a, l > INT32_MAX || l < -INT32_MAX ? "INT64_C(%lld)" : "%lld", (long long)l);
    case DT_i32: memcpy(&i, p, sizeof i); return i == INT32_MIN ? "INT32_MIN" : arena_printf(e->a, "%d", i);
    case DT_i16: memcpy(&h, p, sizeof h); return arena_printf(e->a, "%d", h);
    case DT_u16: case DT_f16: case DT_bf16: memcpy(&u, p, sizeof u); return arena_printf(e->a, "%u", u);
    case DT_i8: return arena_printf(e->a, "%d", (signed char)*p);
    default: return arena_printf(e->a, "%u", *p);
    }
    if (isnan(d)) return t == DT_f32 ? "0.0f / 0.0f" : "0.0 / 0.0";
    if (isinf(d)) return arena_printf(e->a, "%s1.0%s / 0.0%s", d < 0 ? "-" : "", t == DT_f32 ? "f" : "", t == DT_f32 ? "f" : "");
    if (t == DT_f64) { const char *s = fmt_f64(e->a, d); return strpbrk(s, ".e") ? s : arena_printf(e->a, "%s.0", s); }
    return arena_printf(e->a, "%sf", fmt_f32(e->a, (float)d));
}

void tables_emit(CEmit *e, Out *c)
{
    const Plan *p = e->plan;
    for (int k = 0; k < p->weights.n; k++) {
        const Weight *w = &p->weights.at[k];
        const Buffer *b = w->buf;
        const char *name = map_get(&e->tables, b), *shape = "";
        Arena *scratch = arena_new();
        unsigned char *bytes = arena_alloc(scratch, (size_t)b->bytes + 1);
        int size = dtype_info[b->dtype].bits / 8, width = 0;
        if (!name) { arena_free(scratch); continue; }
        plan_weight_bytes(p, w, scratch, bytes);
        int64_t row = 0;
        for (int d = 0; d < w->node->rank; d++) {
            shape = arena_printf(e->a, "%s%s%s", shape, d ? ", " : "", expr_text(e->a, p->module, w->node->ext[d], 0));
            if (d == w->node->rank - 1 && d > 0 && !b->panel) ex_is_int(w->node->ext[d], &row);
        }
        said(e, w->node, c);
        out_f(c, "static const %s %s[%lld] = { /* [%s] */\n    ", c_mem(e, b->dtype), name, (long long)(b->bytes / size), shape);
        for (int64_t j = 0; j < b->bytes / size; j++) {
            const char *s = number(e, b->dtype, bytes + j * size);
            width += (int)strlen(s) + 2;
            int new_line = j && (row && row <= 32 ? j % row == 0 : width > LINE);
            if (new_line) width = (int)strlen(s) + 2;
            out_f(c, "%s%s", !j ? "" : new_line ? ",\n    " : ", ", s);
        }
        out_s(c, "\n};\n");
        arena_free(scratch);
    }
    out_s(c, "\n");
}
