/* plan_tool.c - a graph in text form through planner and emitter, with what the interpreter says of it.
 *   plan_tool [-O LEVEL] [-p] [-l] [-n] [-m] [-b] [-c T=3,P=7]... MODEL.ir OUT
 * writes OUT.c, OUT.h; OUT_main.c, a program that makes the calls given by -c (sizes of the dims; without: one call at
 * the bounds) one after the other on one state, and OUT.bin with inputs and expected values, which it reads (its one
 * argument). Every value must be within 1e-5 of the largest of its output. -O runs the passes first; -p prints the
 * plan; -l prints "ENTRY work lower_bound weights"; -n writes no calls (large models);
 * -m only tests the replay: overlaps put into the plan must be found; -b packs the
 * weights but keeps them out of the program, and writes no calls. Prefix of the C names: stem of OUT. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/emit/emit.h"
#include "compiler/ir/ir.h"
#include "compiler/opt/opt.h"

typedef struct Tool { Arena *a; const char *out, *prefix; FILE *bin; Out text; uint64_t seed; } Tool;

static uint64_t next_random(uint64_t *s)
{
    *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = (*s ^ *s >> 33) * UINT64_C(0xff51afd7ed558ccd);
    return x ^ x >> 33;
}

static void save(const Tool *t, const char *tail, const char *text, size_t n)
{
    FILE *f = fopen(arena_printf(t->a, "%s%s", t->out, tail), "w");
    if (!f || fwrite(text, 1, n, f) != n || fclose(f)) exit(2);
}

static int64_t dim_value(const Sym *s, const char *spec)
{
    size_t n = strlen(s->name);
    for (const char *p = spec; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : "")
        if (!strncmp(p, s->name, n) && p[n] == '=') return strtoll(p + n + 1, NULL, 10);
    return s->hi;
}

typedef struct Subst { Module *m; const Entry *e; const int64_t *dims; } Subst;
static Expr *put_dim(void *u, Expr *e)
{
    Subst *s = u;
    if (e->op == EX_sym)
        for (int k = 0; k < s->e->dims.n; k++) if (s->e->dims.at[k] == e->u.sym) return ex_int(s->m, s->dims[k]);
    return NULL;
}

static void make_input(Tool *t, Module *m, const Entry *e, const Node *n, const int64_t *dims, Value *v)
{
    int64_t shape[MAX_RANK];
    Subst s = {m, e, dims};
    for (int d = 0; d < n->rank; d++)
        if (!ex_is_int(ex_rewrite(m, n->ext[d], put_dim, &s), &shape[d])) exit(2);
    *v = value_new(t->a, n->dtype, n->rank, shape);
    for (int64_t k = 0; k < value_count(v); k++) {
        uint64_t r = next_random(&t->seed);
        if (v->f) {
            v->f[k] = (double)(float)((double)(r >> 40) * 0x1p-23 - 1);
            float f = (float)v->f[k];
            fwrite(&f, 4, 1, t->bin);
        } else {
            int64_t lo = n->lo < -1000 ? -1000 : n->lo, hi = n->hi > 1000 ? 1000 : n->hi;
            if (n->dtype == DT_bool) { lo = 0; hi = 1; }
            v->i[k] = lo + (int64_t)(r % (uint64_t)(hi - lo + 1));
            fwrite(&v->i[k], (size_t)dtype_info[n->dtype].bits / 8, 1, t->bin);
        }
    }
}

static long long bytes_of(const Value *v) { return (long long)value_count(v) * dtype_info[v->dtype].bits / 8; }

static void one_call(Tool *t, Module *m, Interp *ip, const char *spec, int number)
{
    const Entry *e = m->entries.at[number % m->entries.n];
    int64_t dims[16];
    Value in[16], out[16];
    const char *why = "?", *args = "";
    if (e->dims.n > 16 || e->inputs.n > 16 || e->outputs.n > 16) exit(2);
    for (int k = 0; k < e->dims.n; k++) {
        dims[k] = dim_value(e->dims.at[k], spec);
        args = arena_printf(t->a, "%s, %lld", args, (long long)dims[k]);
    }
    out_f(&t->text, "    {\n");
    for (int k = 0; k < e->inputs.n; k++) {
        make_input(t, m, e, e->inputs.at[k], dims, &in[k]);
        out_f(&t->text, "        void *in%d = get(%lld);\n", k, bytes_of(&in[k]));
        args = arena_printf(t->a, "%s, in%d", args, k);
    }
    if (interp_run(ip, e, dims, in, out, NULL, &why) != INTERP_OK) {
        fprintf(stderr, "the interpreter says: %s\n", why);
        exit(1);
    }
    for (int k = 0; k < e->outputs.n; k++) {
        out_f(&t->text, "        void *out%d = space(%lld);\n", k, bytes_of(&out[k]));
        args = arena_printf(t->a, "%s, out%d", args, k);
    }
    out_f(&t->text, "        memset(work, 0xFB, sizeof *work);\n        same_status(\"%s\", (int)%s_%s(work%s%s));\n", spec, t->prefix, e->name, m->states.n ? ", state" : "", args);
    for (int k = 0; k < e->outputs.n; k++) {
        double top = 0;
        for (int64_t j = 0; j < value_count(&out[k]); j++) {
            double v = out[k].f ? out[k].f[j] : (double)out[k].i[j];
            if (fabs(v) > top) top = fabs(v);
            fwrite(&v, sizeof v, 1, t->bin);
        }
        out_f(&t->text, "        compare_%s(\"%s %s\", out%d, %lld, %.17g, 0);\n", dtype_info[out[k].dtype].name, spec, e->outputs.at[k].name, k, (long long)value_count(&out[k]), out[k].f ? 1e-5 * top + 1e-30 : 0.0);
    }
    for (int k = 0; k < e->inputs.n; k++) out_f(&t->text, "        free(in%d);\n", k);
    for (int k = 0; k < e->outputs.n; k++) out_f(&t->text, "        free(out%d);\n", k);
    out_f(&t->text, "    }\n");
}

static Module *read_again(Ctx *ctx, const char *path)
{
    const char *why;
    Source *s = source_read(&ctx->sources, path, &why);
    Module *m = s ? graph_read(ctx, s) : NULL;
    if (!m) { diag_flush(&ctx->diag); fprintf(stderr, "%s: cannot be read\n", path); exit(1); }
    return m;
}

/* Puts every work buffer over every other one that lives at the same time, one after the other: the replay must notice. */
static void mutate(Plan *p, Arena *a)
{
    int tried = 0, missed = 0;
    for (int k = 0; k < p->entries.n; k++) {
        const EntryPlan *ep = p->entries.at[k];
        for (int i = 0; i < ep->buffers.n; i++)
            for (int j = 0; j < ep->buffers.n; j++) {
                Buffer *b = ep->buffers.at[i], *c = ep->buffers.at[j];
                if (i == j || b->space != SPACE_work || c->space != SPACE_work || b->over || c->over || c->first > b->last || b->first > c->last) continue;
                if (c->offset + b->bytes > ep->work_bytes) continue;
                if (b->bytes == c->bytes && (b->first == c->last || c->first == b->last)) continue;   /* may well be right: in place */
                int64_t was = b->offset;
                Out text;
                out_init(&text, a);
                b->offset = c->offset;
                tried++;
                if (!plan_check(p, &text)) {
                    missed++;
                    printf("missed: %s (%d..%d) over %s (%d..%d)\n", b->name, b->first, b->last, c->name, c->first, c->last);
                }
                b->offset = was;
            }
    }
    printf("%d overlaps, %d missed\n", tried, missed);
    exit(missed > 0);
}

static void count_bytes(void *u, const void *bytes, size_t n)
{
    (void)bytes;
    *(size_t *)u += n;
}

static void write_program(Tool *t, const Plan *p, int blob)
{
    EmitFiles f;
    EmitOptions eo = {.prefix = t->prefix, .header_name = arena_printf(t->a, "%s.h", t->prefix), .banner = t->prefix};
    size_t bytes = 0;
    if (blob) {
        Sink to = {count_bytes, &bytes};
        eo.weights = WEIGHTS_blob;
        eo.image_name = "weights.bin";
        image_put(p, to);
        printf("image %zu\n", bytes);
    }
    emit_c(p, &eo, &f, t->a);
    save(t, ".h", f.h.at, f.h.n);
    save(t, ".c", f.c.at, f.c.n);
}

int main(int argc, char **argv)
{
    Tool t = {.a = arena_new(), .seed = 7};
    const char *calls[32], *path = NULL;
    int ncalls = 0, level = -1, show = 0, over = 0, blob = 0, figures = 0, silent = 0;
    for (int k = 1; k < argc; k++) {
        if (!strcmp(argv[k], "-O")) level = atoi(argv[++k]);
        else if (!strcmp(argv[k], "-p")) show = 1;
        else if (!strcmp(argv[k], "-l")) figures = 1;
        else if (!strcmp(argv[k], "-n")) silent = 1;
        else if (!strcmp(argv[k], "-m")) over = 1;
        else if (!strcmp(argv[k], "-b")) blob = 1;
        else if (!strcmp(argv[k], "-c") && ncalls < 32) calls[ncalls++] = argv[++k];
        else if (!path) path = argv[k];
        else t.out = argv[k];
    }
    if (!t.out) return fprintf(stderr, "usage: plan_tool [-O LEVEL] [-p] [-l] [-n] [-m] [-b] [-c T=3,P=7]... MODEL.ir OUT\n"), 2;
    t.prefix = strrchr(t.out, '/') ? strrchr(t.out, '/') + 1 : t.out;
    Ctx *ctx = NEW(t.a, Ctx);
    ctx->perm = t.a;
    sources_init(&ctx->sources, t.a);
    diag_init(&ctx->diag, t.a, &ctx->sources);
    ctx->strings = strings_new(t.a);
    Module *m = read_again(ctx, path);
    OptOptions opt = {.level = level};
    if (level >= 0 && opt_run(m, &opt)) { diag_flush(&ctx->diag); return 1; }
    Plan *p = plan_make(m, t.a);
    out_init(&t.text, t.a);
    diag_flush(&ctx->diag);
    if (!p) return 1;
    int faults = plan_check(p, &t.text);
    if (show) plan_print(p, &t.text);
    for (int k = 0; figures && k < p->entries.n; k++) out_f(&t.text, "%s %lld %lld %lld\n", p->entries.at[k]->entry->name, (long long)p->entries.at[k]->work_bytes, (long long)p->entries.at[k]->lower_bound, (long long)p->weight_bytes);
    fwrite(t.text.at, 1, t.text.n, stdout);
    if (faults) return 1;
    if (over) mutate(p, t.a);
    write_program(&t, p, blob);
    if (silent || blob) return 0;
    Module *as_written = read_again(ctx, path);
    Interp *ip = interp_new(as_written, t.a);
    t.bin = fopen(arena_printf(t.a, "%s.bin", t.out), "wb");
    if (!t.bin) return 2;
    out_init(&t.text, t.a);
    out_f(&t.text, "#include \"%s.h\"\n#include \"tests/emit/compare.h\"\nint main(int argc, char **argv)\n{\n    data = argc > 1 ? fopen(argv[1], \"rb\") : NULL;\n    if (!data) return 2;\n    %s_work *work = aligned_alloc(64, sizeof *work);\n", t.prefix, t.prefix);
    if (m->states.n) out_f(&t.text, "    %s_state *state = space(sizeof *state);\n    %s_reset(state);\n", t.prefix, t.prefix);
    for (int k = 0; k < (ncalls ? ncalls : 1); k++) one_call(&t, as_written, ip, ncalls ? calls[k] : "", k);
    if (m->states.n) out_f(&t.text, "    free(state);\n");
    out_f(&t.text, "    free(work);\n    return finish();\n}\n");
    save(&t, "_main.c", t.text.at, t.text.n);
    fclose(t.bin);
    arena_free(t.a);
    return 0;
}
