/* emit_c.c - the .c and .h files as a whole: banner, macros, weights, math, step functions, entries. */
#include <ctype.h>
#include <string.h>
#include "compiler/base/embedded.h"
#include "compiler/emit/c/c_int.h"

static void append(Out *to, const Out *from) { out_n(to, from->at ? from->at : "", from->n); }
static void append_text(void *u, const void *text, size_t n) { out_n(u, text, n); }

/* Pastes text with the word prefixes tfx_ and TFX_ replaced. */
void c_paste(CEmit *e, Out *c, const char *text, unsigned size)
{
    for (unsigned k = 0; k < size;) {
        int start = k == 0 || !(isalnum((unsigned char)text[k - 1]) || text[k - 1] == '_');
        if (start && size - k > 4 && !memcmp(text + k, "tfx_", 4)) { out_n(c, e->prefix, strlen(e->prefix)); out_n(c, "_", 1); k += 4; }
        else if (start && size - k > 4 && !memcmp(text + k, "TFX_", 4)) { out_n(c, e->upper, strlen(e->upper)); out_n(c, "_", 1); k += 4; }
        else { out_n(c, text + k, 1); k++; }
    }
}

/* The list after `key` in the head line of a runtime file: comma-separated words. */
static const char *head_list(const EmbeddedFile *f, const char *key)
{
    const char *eol = strchr(f->text, '\n'), *at = strstr(f->text, key);
    return at && eol && at < eol ? at + strlen(key) : "";
}

static size_t word(const char *p) { return strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_"); }

static int in_list(const char *list, const char *name)
{
    for (size_t n; (n = word(list)) > 0; list += n + (list[n] == ',')) {
        if (n == strlen(name) && !memcmp(list, name, n)) return 1;
        if (list[n] != ',') break;
    }
    return 0;
}

static void math_file(CEmit *e, Out *c, const EmbeddedFile *f, SMap *done)
{
    if (smap_get(done, f->path)) return;
    smap_put(done, f->path, e);
    const char *needs = head_list(f, "needs=");
    for (size_t n; (n = word(needs)) > 0; needs += n + (needs[n] == ',')) {
        const char *path = arena_printf(e->a, "runtime/math/%.*s.c", (int)n, needs);
        const EmbeddedFile *g = embedded_find(path);
        if (!g) bug("%s needs %s", f->path, path);
        math_file(e, c, g, done);
        if (needs[n] != ',') break;
    }
    c_paste(e, c, f->text, f->size);
    out_f(c, "\n");
}

/* Every runtime file says in its first line which functions it holds: "math exp,exp2 needs=bits". */
void math_emit(CEmit *e, Out *c)
{
    SMap done;
    smap_init(&done, e->a);
    for (int k = 0; k < e->math_order.n; k++) {
        const EmbeddedFile *f = NULL;
        for (unsigned j = 0; j < embedded_count && !f; j++)
            if (!strncmp(embedded_files[j].path, "runtime/math/", 13) && in_list(head_list(&embedded_files[j], ": math "), e->math_order.at[k])) f = &embedded_files[j];
        if (!f) bug("no runtime file holds %s", e->math_order.at[k]);
        math_file(e, c, f, &done);
    }
}

static void macros(CEmit *e, Out *c)
{
    const char *X = e->upper;
    out_f(c, "#if defined(__GNUC__) || defined(__clang__)\n#define %s_restrict __restrict\n#define %s_INLINE static __inline__ __attribute__((unused))\n", X, X);
    out_f(c, "#else\n#define %s_restrict\n#define %s_INLINE static\n#endif\n", X, X);
    out_f(c, "/* Lane loops have a constant count and become vector instructions; gcc must not unroll them first. At -Os gcc\n * vectorises only functions that ask for it. */\n");
    out_f(c, "#if defined(__GNUC__) && !defined(__clang__)\n#define %s_LANES _Pragma(\"GCC unroll 1\")\n#define %s_HOT __attribute__((optimize(\"O3\", \"no-tree-loop-distribute-patterns\")))\n#else\n#define %s_LANES\n#define %s_HOT\n#endif\n", X, X, X, X);
    if (e->mem_types) out_f(c, "/* Elements in work memory, which tensors of different types use one after the other. */\n#if defined(__GNUC__)\n#define %s_MEM __attribute__((may_alias))\n#else\n#define %s_MEM\n#endif\n", X, X);
    for (int t = 0; t < DT_COUNT; t++)
        if (e->mem_types >> t & 1) out_f(c, "typedef %s %s_MEM %s_%s;\n", dtype_info[t].c, X, e->prefix, dtype_info[t].name);
    out_f(c, "\n");
}

/* One stored value of a state as a C literal. */
static const char *state_value(CEmit *e, DType t, double v)
{
    if (!dtype_is_float(t)) return arena_printf(e->a, "%lld", (long long)v);
    if (t == DT_f64) return fmt_f64(e->a, v);
    if (t == DT_f32) return arena_printf(e->a, "%sf", fmt_f32(e->a, (float)v));
    return arena_printf(e->a, "%u", t == DT_f16 ? f64_to_f16(v) : f64_to_bf16(v));
}

/* Element of the tensor at each place in memory. */
static const int64_t *state_order(CEmit *e, const Buffer *b)
{
    int64_t *from = NEWN(e->a, int64_t, b->count + 1), at[MAX_RANK];
    for (int64_t j = 0; j < b->count; j++) {
        int64_t rest = j;
        for (int k = b->rank - 1; k >= 0; k--) {
            at[k] = rest % b->state->shape[k];
            rest /= b->state->shape[k];
        }
        from[buffer_place(b, at)] = j;
    }
    return from;
}

static void state_start(CEmit *e, Out *c, const Buffer *b)
{
    const Tensor *init = b->state->init;
    const char *n = c_ident(e->a, b->name);
    double first = init ? tensor_f64(init, 0) : 0;
    int same = 1;
    for (int64_t j = 1; init && j < b->count; j++) if (tensor_f64(init, j) != first) same = 0;
    if (!b->rank) { out_f(c, "    state->%s = %s;\n", n, state_value(e, b->dtype, first)); return; }
    if (same) {
        out_f(c, "    for (int32_t k = 0; k < %lld; k++) state->%s[k] = %s;\n", (long long)b->count, n, state_value(e, b->dtype, first));
        return;
    }
    out_f(c, "    {\n        static const %s start[%lld] = {", c_type(b->dtype), (long long)b->count);
    const int64_t *from = state_order(e, b);
    for (int64_t j = 0; j < b->count; j++) out_f(c, "%s%s", j ? ", " : "", state_value(e, b->dtype, tensor_f64(init, from[j])));
    out_f(c, "};\n        for (int32_t k = 0; k < %lld; k++) state->%s[k] = start[k];\n    }\n", (long long)b->count, n);
}

static void state_reset(CEmit *e, Out *c)
{
    const Plan *p = e->plan;
    if (!p->states.n) return;
    out_f(c, "void %s_reset(%s_state *state)\n{\n    if (!state) return;\n", e->prefix, e->prefix);
    for (int k = 0; k < p->states.n; k++) state_start(e, c, p->states.at[k]);
    out_f(c, "}\n\n");
}

/* With no variant for every processor, calls may fail on one that has none of them. */
static int has_ecpu(const CEmit *e) { return e->opt->dispatch && e->opt->targets.at[e->opt->targets.n - 1]->test != NULL; }

static void strerror_emit(const CEmit *e, Out *c)
{
    static const char *const text[][2] = {{"OK", "ok"}, {"EARG", "null pointer or size out of bounds"}, {"ERANGE", "input value out of range"}, {"EFULL", "state full"}, {"EBLOB", "these are not the weights of this program"},
        {"ECPU", "this processor lacks what the code was compiled for"}};
    out_f(c, "const char *%s_strerror(%s_status status)\n{\n    switch (status) {\n", e->prefix, e->prefix);
    for (int k = 0; k < 5 + has_ecpu(e); k++) out_f(c, "    case %s_%s: return \"%s\";\n", e->upper, text[k][0], text[k][1]);
    out_f(c, "    }\n    return \"unknown status\";\n}\n");
}

/* What is written once a variant. */
static void names_init(CEmit *e)
{
    e->texts.n = e->vec_order.n = 0;
    smap_init(&e->vec_math, e->a);
    smap_init(&e->helpers, e->a);
    static const char *const taken[] = {"status", "work", "state", "reset", "strerror", "f32", "f64", "i64", "i32", "i16", "u16",
        "weights", "image", "image_fits", "bind", "le", "tensor", "self_test", "golden_value", "golden_differs"};
    smap_init(&e->by_text, e->a); smap_init(&e->names, e->a);
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++) smap_put(&e->names, arena_printf(e->a, "%s_%s", e->prefix, taken[k]), e);
    static const char *const threads[] = {"threads", "parallel_for", "pool", "pool_start", "pool_stop", "pool_threads", "pool_work", "pool_wait", "pool_wake", "pool_for", "pool_pause", "pool_thread"};
    for (size_t k = 0; e->opt->threads && k < sizeof threads / sizeof *threads; k++) smap_put(&e->names, arena_printf(e->a, "%s_%s", e->prefix, threads[k]), e);
    for (int k = 0; k < e->plan->weights.n; k++) {
        const char *table = map_get(&e->tables, e->plan->weights.at[k].buf);
        if (table) smap_put(&e->names, table, e);
    }
    for (int k = 0; k < e->opt->ntables; k++) smap_put(&e->names, arena_printf(e->a, "%s_%s", e->prefix, e->opt->tables[k].name), e);
    for (int k = 0; k < e->plan->entries.n; k++) smap_put(&e->names, arena_printf(e->a, "%s_%s", e->prefix, c_plain(e->a, e->plan->entries.at[k]->entry->name)), e);
}

/* Code and layout of the weights as one number: an image with the same number can be used, whatever its values. */
static uint64_t image_id(const CEmit *e, const Out *code)
{
    const Plan *p = e->plan;
    uint64_t id = hash_bytes(code->at ? code->at : "", code->n, 1);
    for (int k = 0; k < p->weights.n; k++) {
        const Buffer *b = p->weights.at[k].buf;
        id = hash_u64((uint64_t)b->offset, hash_u64((uint64_t)b->bytes * DT_COUNT + b->dtype, id));
    }
    return id;
}

/* The words of the target's vectors, and the functions of them that are used. */
static void vectors_emit(CEmit *e, Out *code)
{
    if (!e->target->width) return;
    const EmbeddedFile *f = embedded_find(arena_printf(e->a, "targets/%s/vec.h", e->target->name));
    if (!f) bug("target %s has no vec.h", e->target->name);
    c_paste(e, code, f->text, f->size);
    Out math;
    out_init(&math, e->a);
    vector_math(e, &math);
    c_paste(e, code, math.at ? math.at : "", (unsigned)math.n);
    out_f(code, "\n");
}

/* The functions for one target, under its condition when there are several; alone, it says what it wants. */
static void variant(CEmit *e, int k, Out *code)
{
    static const Target *const any = &targets[0];
    const TargetList *list = &e->opt->targets;
    Out entries;
    e->target = list->n ? list->at[k] : any;
    names_init(e);
    e->fns.n = 0;
    out_init(&entries, e->a);
    e->c = &entries;
    for (int j = 0; j < e->plan->entries.n; j++) entry_emit(e, e->plan->entries.at[j]);
    const char *test = e->target->test;
    Out own, *to = e->opt->dispatch ? &own : code;
    out_init(&own, e->a);
    if (e->opt->dispatch) {
        if (!k) dispatch_begin(e, code);
    } else if (test && list->n == 1) out_f(code, "#if !(%s)\n#error \"compile for %s: %s\"\n#endif\n\n", test, e->target->name, e->target->flags);
    else if (test) out_f(code, "#%sif %s /* %s */\n\n", k ? "el" : "", test, e->target->name);
    else if (k) out_f(code, "#else /* %s */\n\n", e->target->name);
    vectors_emit(e, to);
    append(to, &e->fns);
    append(to, &entries);
    if (e->opt->dispatch) {
        dispatch_variant(e, to, code);
        if (k + 1 == list->n) dispatch_end(e, code);
        return;
    }
    if (k + 1 < list->n || list->n < 2) return;
    if (test) out_f(code, "#else\n#error \"this file has no code for the processor that it is compiled for\"\n");
    out_f(code, "#endif\n\n");
}

void emit_c(const Plan *p, const EmitOptions *o, EmitFiles *out, Arena *a)
{
    CEmit e = {0};
    e.plan = p; e.opt = o; e.a = a; e.prefix = o->prefix;
    char *up = arena_str(a, o->prefix, strlen(o->prefix));
    for (char *q = up; *q; q++) *q = (char)toupper((unsigned char)*q);
    e.upper = up;
    smap_init(&e.math, a);
    map_init(&e.tables, a);
    Out entries, code, *end = o->split ? &out->c_end : &out->c;
    out_init(&entries, a); out_init(&code, a); out_init(&e.fns, a); out_init(&out->c, a); out_init(&out->h, a); out_init(&out->c_end, a); out_init(&out->s, a);
    for (int k = 0; k == 0 || k < o->targets.n; k++) variant(&e, k, &code);
    e.c = &entries;
    state_reset(&e, &entries);
    out->id = image_id(&e, &code);
    strerror_emit(&e, &entries);
    banner_emit(&e, &out->h, o->header_name);
    header_emit(&e, &out->h);
    banner_emit(&e, &out->c, arena_printf(a, "%s.c", e.prefix));
    out_f(&out->c, "#include \"%s\"\n\n#if %s_ABI != 1\n#error \"header and source do not match\"\n#endif\n", o->header_name, e.upper);
    macros(&e, &out->c);
    trace_macro(&e, &out->c);
    weights_begin(&e, &out->c);
    if (!o->split && o->weights == WEIGHTS_inline) weights_text(p, (Sink){append_text, &out->c});
    weights_end(&e, end);
    math_emit(&e, end);
    weights_checks(&e, out->id, end);
    append(end, &code);
    append(end, &entries);
    threads_pool(&e, end);
    names_emit(&e, end);
    golden_emit(&e, end);
    weights_assembler(&e, &out->s);
}
