/* emit_test.c - random graphs through planner and emitter, with what the interpreter says of them.
 *   emit_test DIR KIND SEED COUNT    KIND: graphs, scalars
 * writes DIR/KIND-SEED.ir, .c, .h for COUNT seeds from SEED on, DIR/all.c that holds them all with a main, and
 * DIR/cases.bin with inputs and expected values, which that main reads (its one argument). Every second graph goes
 * through the passes of compiler/opt first; the interpreter always runs the graph as it was written. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/emit/emit.h"
#include "compiler/ir/ir.h"
#include "compiler/opt/opt.h"
#include "tests/emit/random_ir.h"

typedef struct Test { const char *dir, *kind; FILE *data; Out all, calls; Arena *a; int faults; } Test;

static double special_f(uint64_t *s)
{
    static const float v[] = {0, -0.0f, 1, -1, 0.5f, -0.5f, 2, 1.5f, 2.5f, -2.5f, 3, 0.1f, 1e-10f, -1e-10f, 10, -17.25f, 80, -80, 88.7f, 100, -104, 1e4f, 65504, 65520, 8388609, 16777216, 2147483520,
                              2147483648.0f, -2147483648.0f, 1e20f, -1e30f, 3.4e38f, 0x1p-126f, 0x1p-130f, INFINITY, -INFINITY, NAN};
    if (random_below(s, 3)) return (double)v[random_below(s, (int64_t)(sizeof v / sizeof *v))];
    return (double)((float)(random_below(s, 1 << 24) - (1 << 23)) * 0x1p-19f);
}

static int64_t special_i(uint64_t *s)
{
    static const int32_t v[] = {0, 1, -1, 2, -2, 3, 7, -7, 10, 31, 32, 33, -31, -33, 100, 65535, 65536, -65537, INT32_MAX, INT32_MIN, INT32_MAX - 1, INT32_MIN + 1};
    if (random_below(s, 3)) return v[random_below(s, (int64_t)(sizeof v / sizeof *v))];
    return (int32_t)random_next(s);
}

static void fill(Value *v, InputKind kind, uint64_t *s)
{
    int64_t n = value_count(v);
    for (int64_t k = 0; k < n; k++)
        switch (kind) {
        case IN_dyadic: v->f[k] = (double)(random_below(s, 129) - 64) * 0.125; break;
        case IN_real: v->f[k] = (double)(float)((double)(random_next(s) >> 40) * 0x1p-23 - 1); break;
        case IN_special: v->f[k] = special_f(s); break;
        case IN_int: v->i[k] = random_below(s, 4) ? random_below(s, 200) - 100 : special_i(s); break;
        case IN_small: v->i[k] = random_below(s, 12) - 3; break;
        case IN_special_int: v->i[k] = special_i(s); break;
        case IN_bool: v->i[k] = random_below(s, 2); break;
        }
}

/* As the emitted program holds it. */
static size_t bytes_of(const Value *v)
{
    return (size_t)value_count(v) * (v->dtype == DT_bool ? 1 : (size_t)dtype_info[v->dtype].bits / 8);
}

static void write_input(Test *t, const Value *v)
{
    for (int64_t k = 0; k < value_count(v); k++) {
        float f = v->f ? (float)v->f[k] : 0;
        int32_t i = v->i ? (int32_t)v->i[k] : 0;
        unsigned char b = (unsigned char)i;
        fwrite(v->f ? (void *)&f : v->dtype == DT_bool ? (void *)&b : (void *)&i, v->dtype == DT_bool ? 1 : 4, 1, t->data);
    }
}

static void write_expected(Test *t, const Value *v)
{
    for (int64_t k = 0; k < value_count(v); k++) {
        double d = v->f ? v->f[k] : (double)v->i[k];
        fwrite(&d, sizeof d, 1, t->data);
    }
}

/* One call: the values go to the data file, the call to the text of main. */
static void call(Test *t, const Module *m, const RandomIr *r, const char *name, int64_t dim, uint64_t *seed)
{
    const Entry *e = m->entries.at[0];
    Interp *ip = interp_new(m, t->a);
    Value in[MAX_IN], out[MAX_OUT];
    const char *why = NULL;
    for (int k = 0; k < e->inputs.n; k++) {
        const Node *n = e->inputs.at[k];
        int64_t shape[MAX_RANK], v;
        for (int d = 0; d < n->rank; d++) shape[d] = ex_is_int(n->ext[d], &v) ? v : dim;
        in[k] = value_new(t->a, n->dtype, n->rank, shape);
        fill(&in[k], r->in[k], seed);
    }
    InterpStatus status = interp_run(ip, e, &dim, in, out, NULL, &why);
    if (status != INTERP_OK) {
        t->faults++;
        printf("%s: the interpreter says: %s\n", name, why ? why : "?");
        return;
    }
    Out *o = &t->calls;
    const char *args = "&work";
    out_f(o, "static void %s_%lld(void)\n{\n", name, (long long)dim);
    if (e->dims.n) args = arena_printf(t->a, "%s, %lld", args, (long long)dim);
    for (int k = 0; k < e->inputs.n; k++) {
        write_input(t, &in[k]);
        out_f(o, "    void *in%d = get(%zu);\n", k, bytes_of(&in[k]));
        const char *by_value = in[k].f ? "float" : in[k].dtype == DT_bool ? "unsigned char" : "int32_t";
        args = in[k].rank ? arena_printf(t->a, "%s, in%d", args, k) : arena_printf(t->a, "%s, *(%s *)in%d", args, by_value, k);
    }
    for (int k = 0; k < e->outputs.n; k++) {
        out_f(o, "    void *out%d = space(%zu);\n", k, bytes_of(&out[k]));
        args = arena_printf(t->a, "%s, out%d", args, k);
    }
    out_f(o, "    static %s_work work;\n    memset(&work, 0xFB, sizeof work);\n    same_status(\"%s\", (int)%s_main(%s));\n", name, name, name, args);
    for (int k = 0; k < e->outputs.n; k++) {
        write_expected(t, &out[k]);
        out_f(o, "    compare_%s(\"%s T=%lld %s\", out%d, %lld, %.17g, %.17g);\n", dtype_info[out[k].dtype].name, name, (long long)dim, e->outputs.at[k].name, k, (long long)value_count(&out[k]), r->tol[k].abs, r->tol[k].rel);
    }
    for (int k = 0; k < e->inputs.n; k++) out_f(o, "    free(in%d);\n", k);
    for (int k = 0; k < e->outputs.n; k++) out_f(o, "    free(out%d);\n", k);
    out_f(o, "}\n\n");
}

static void save(const Test *t, const char *name, const char *ext, const char *text, size_t n)
{
    FILE *f = fopen(arena_printf(t->a, "%s/%s%s", t->dir, name, ext), "w");
    if (!f || fwrite(text, 1, n, f) != n || fclose(f)) exit(2);
}

static Module *read_module(Ctx *ctx, const char *path, const char *text)
{
    return graph_read(ctx, source_add(&ctx->sources, path, text, strlen(text), 0));
}

static void one(Test *t, uint64_t seed)
{
    Ctx *ctx = NEW(t->a, Ctx);
    ctx->perm = t->a;
    sources_init(&ctx->sources, t->a);
    diag_init(&ctx->diag, t->a, &ctx->sources);
    ctx->strings = strings_new(t->a);
    EmitOptions eo = {0};
    if (getenv("TARGETS") && targets_parse(t->a, getenv("TARGETS"), &eo.targets)) exit(2);
    if (eo.targets.n) ctx->target = eo.targets.at[0];
    const char *name = arena_printf(t->a, "%s_%llu", t->kind, (unsigned long long)seed);
    RandomIr r = !strcmp(t->kind, "scalars") ? random_scalars(t->a, seed) : random_graph(t->a, seed);
    save(t, name, ".ir", r.text, strlen(r.text));
    Module *m = read_module(ctx, name, r.text), *as_written = read_module(ctx, name, r.text);
    if (!m || !as_written) {
        diag_flush(&ctx->diag);
        t->faults++;
        return;
    }
    OptOptions opt = {.level = seed & 1 ? 2 : 0};
    if (opt.level && opt_run(m, &opt)) { t->faults++; diag_flush(&ctx->diag); return; }
    Plan *p = plan_make(m, t->a);
    Out text;
    out_init(&text, t->a);
    diag_flush(&ctx->diag);
    if (!p || plan_check(p, &text)) {
        printf("%s: %.*s\n", name, (int)text.n, text.n ? text.at : "");
        t->faults++;
        return;
    }
    EmitFiles f;
    eo.prefix = eo.banner = name;
    eo.header_name = arena_printf(t->a, "%s.h", name);
    emit_c(p, &eo, &f, t->a);
    save(t, name, ".h", f.h.at, f.h.n);
    save(t, name, ".c", f.c.at, f.c.n);
    out_f(&t->all, "#include \"%s.c\"\n", name);
    const int64_t dims[3] = {r.dim_max, 1, 1 + (r.dim_max * 2) / 3};
    int calls = r.ndims ? 3 : 1;
    uint64_t s = seed + 1000;
    for (int k = 0; k < calls; k++)
        if (k == 0 || (dims[k] < r.dim_max && (k == 1 || dims[k] > 1))) {
            call(t, as_written, &r, name, dims[k], &s);
            out_f(&t->all, "static void %s_%lld(void);\n", name, (long long)dims[k]);
        }
}

/* The calls, in the order of the data. */
static void write_main(Test *t)
{
    Out *o = &t->all;
    out_n(o, t->calls.at ? t->calls.at : "", t->calls.n);
    out_f(o, "int main(int argc, char **argv)\n{\n    data = argc > 1 ? fopen(argv[1], \"rb\") : NULL;\n    if (!data) return 2;\n");
    const char *at = t->calls.n ? arena_str(t->a, t->calls.at, t->calls.n) : "";
    for (const char *p = at; (p = strstr(p, "static void ")); p++) {
        p += strlen("static void ");
        out_f(o, "    %.*s();\n", (int)strcspn(p, "("), p);
    }
    out_f(o, "    return finish();\n}\n");
    save(t, "all", ".c", o->at, o->n);
}

int main(int argc, char **argv)
{
    if (argc != 5) return fprintf(stderr, "usage: emit_test DIR graphs|scalars SEED COUNT\n"), 2;
    Test t = {.dir = argv[1], .kind = argv[2], .a = arena_new()};
    const uint64_t first = strtoull(argv[3], NULL, 10), count = strtoull(argv[4], NULL, 10);
    t.data = fopen(arena_printf(t.a, "%s/cases.bin", t.dir), "wb");
    if (!t.data) return 2;
    out_init(&t.all, t.a);
    out_init(&t.calls, t.a);
    out_f(&t.all, "#include \"tests/emit/compare.h\"\n");
    for (uint64_t k = 0; k < count; k++) one(&t, first + k);
    write_main(&t);
    fclose(t.data);
    arena_free(t.a);
    return t.faults != 0;
}
