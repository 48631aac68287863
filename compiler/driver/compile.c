/* compile.c - the compiler on one page: read, build, plan, emit. */
#include <ctype.h>
#include <string.h>
#include "compiler/driver/driver.h"
#include "compiler/driver/tuning_file.h"
#include "compiler/opt/opt.h"
#include "frontends/tfx/tfx.h"

int ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);
    return n >= m && !strcmp(s + n - m, tail);
}

const char *base_name(const char *path) { const char *s = strrchr(path, '/'); return s ? s + 1 : path; }

static const char *stem(Arena *a, const char *path)
{
    const char *b = base_name(path), *dot = strrchr(b, '.');
    return arena_str(a, b, dot && dot != b ? (size_t)(dot - b) : strlen(b));
}

static const char *prefix_of(Arena *a, const Options *o)
{
    if (o->name) return o->name;
    const char *from = o->output && strcmp(o->output, "-") ? o->output : o->input;
    char *p = arena_printf(a, "%s", stem(a, from));
    for (char *q = p; *q; q++) *q = isalnum((unsigned char)*q) ? (char)tolower((unsigned char)*q) : '_';
    return isdigit((unsigned char)*p) || !*p ? arena_printf(a, "m_%s", p) : p;
}

/* Limits: which one binds, and what takes it. */
static int over_budget(const Options *o, const Plan *p)
{
    int bad = 0;
    int64_t state = emit_state_offset(p, p->states.n);
    if (o->ram >= 0 && p->work_bytes + state > o->ram) {
        bad = 1;
        fprintf(stderr, "tfxc: RAM: %lld B needed (work %lld, state %lld), %lld allowed\n", (long long)(p->work_bytes + state), (long long)p->work_bytes, (long long)state, (long long)o->ram);
        for (int k = 0; k < p->entries.n; k++)
            for (int j = 0; j < p->entries.at[k]->buffers.n; j++) {
                const Buffer *b = p->entries.at[k]->buffers.at[j];
                if (b->space == SPACE_work && b->bytes * 8 >= p->work_bytes) fprintf(stderr, "    %10lld B  %s in %s\n", (long long)b->bytes, b->name, p->entries.at[k]->entry->name);
            }
    }
    if (o->flash >= 0 && p->weight_bytes > o->flash) {
        bad = 1;
        fprintf(stderr, "tfxc: flash: weights need %lld B, %lld allowed\n", (long long)p->weight_bytes, (long long)o->flash);
        for (int k = 0; k < p->weights.n; k++)
            if (p->weights.at[k].buf->bytes * 16 >= p->weight_bytes) fprintf(stderr, "    %10lld B  %s\n", (long long)p->weights.at[k].buf->bytes, p->weights.at[k].buf->name);
    }
    return bad;
}

static void write_deps(const Options *o, Ctx *ctx, const char *c_path)
{
    Out d;
    out_init(&d, ctx->perm);
    out_f(&d, "%s: %s", c_path, o->input);
    for (int k = 0; k < ctx->deps.n; k++) out_f(&d, " \\\n  %s", ctx->deps.at[k]);
    out_f(&d, "\n");
    file_save(&ctx->diag, arena_printf(ctx->perm, "%s.d", stem(ctx->perm, c_path)), d.at, d.n);
}

/* By size: what the compiler of the target takes in its stride as text; more goes beside it. */
enum { INLINE_LIMIT = 4 << 20, TABLES_LIMIT = 1 << 18 };    /* of a program, as numbers to read */

static int emit_files(const Options *o, Ctx *ctx, const Plan *p, const Program *program, const char *hash)
{
    Arena *a = ctx->perm;
    const char *prefix = prefix_of(a, o), *c_path = o->output ? o->output : arena_printf(a, "%s.c", stem(a, o->input));
    const char *base = ends_with(c_path, ".c") ? arena_str(a, c_path, strlen(c_path) - 2) : c_path;
    int to_stdout = !strcmp(c_path, "-");
    EmitOptions eo = {0};
    FileSet to = {c_path, to_stdout ? "-" : arena_printf(a, "%s.h", base), NULL, NULL};
    eo.prefix = prefix;
    eo.header_name = to_stdout ? arena_printf(a, "%s.h", prefix) : base_name(to.h);
    eo.banner = arena_printf(a, "%s%s", base_name(o->input), o->line);
    eo.provenance = arena_printf(a, " * source sha256 %s\n", hash);
    eo.trace = o->trace;
    eo.targets = o->targets;
    eo.dispatch = o->dispatch;
    eo.threads = ctx->threads;
    if (program) eo.tables = program_tables(ctx, program, &eo.ntables);
    if (o->self_test) golden_calls(o, ctx, &eo);
    eo.weights = o->weights >= 0 ? (WeightsAs)o->weights : p->weight_bytes <= INLINE_LIMIT || to_stdout ? WEIGHTS_inline : WEIGHTS_incbin;
    if (!p->weight_bytes) eo.weights = WEIGHTS_inline;
    if (program && o->weights < 0 && p->weight_bytes && p->weight_bytes <= TABLES_LIMIT) eo.weights = WEIGHTS_tables;
    if (eo.weights != WEIGHTS_inline && eo.weights != WEIGHTS_tables) {
        if (to_stdout) return usage("%s", "--weights: on standard output they are inline");
        to.bin = arena_printf(a, "%s.bin", base);
        eo.image_name = base_name(to.bin);
    }
    if (eo.weights == WEIGHTS_object) to.s = arena_printf(a, "%s_weights.S", base);
    files_write(ctx, p, &eo, &to);
    if (o->depfile) write_deps(o, ctx, c_path);
    return EXIT_OK;
}

/* Taps become outputs, under names that C takes; otherwise nothing keeps them alive. */
static void place_taps(const Options *o, Ctx *ctx, Module *m)
{
    for (int k = 0; k < m->entries.n; k++) {
        Entry *e = m->entries.at[k];
        for (int j = 0; o->taps && j < e->taps.n; j++) {
            Output t = e->taps.at[j];
            char *name = arena_printf(ctx->perm, "%s", t.name);
            for (char *q = name; *q; q++) if (!isalnum((unsigned char)*q)) *q = '_';
            t.name = name;
            for (int i = 0; i < e->outputs.n; i++)
                if (e->outputs.at[i].node == t.node || !strcmp(e->outputs.at[i].name, name)) name = NULL;
            if (name) vec_push(ctx->perm, &e->outputs, t);
        }
        e->taps.n = 0;
    }
}

static Source *source_of(const Options *o, Ctx *ctx)
{
    const char *why = NULL;
    Source *s = source_read(&ctx->sources, o->input, &why);
    if (!s) diag_error(&ctx->diag, span_none(), "cannot-read", "%s: %s", o->input, why);
    return s;
}

static Module *load(const Options *o, Ctx *ctx, Source *s, Program **of)
{
    Program *program = s && is_program(o) ? program_load(o, ctx, s) : NULL;
    if (of) *of = program;
    if (is_program(o)) s = program ? program->text : NULL;
    Module *m = !s ? NULL : ends_with(o->input, ".ir") ? graph_read(ctx, s) : tfx_load(ctx, s, o->model);
    if (!m || ctx->diag.errors || (program && !program_example(o, ctx, program, m))) return NULL;
    place_taps(o, ctx, m);
    return m;
}

Module *model_load(const Options *o, Ctx *ctx) { return load(o, ctx, source_of(o, ctx), NULL); }

Plan *model_plan(Ctx *ctx, Module *m)
{
    Out faults;
    if (ctx->tuning_file) ctx->tuning = tuning_read(ctx, m);
    Plan *p = ctx->diag.errors ? NULL : plan_make(m, ctx->perm);
    if (!p || ctx->diag.errors) return NULL;
    if (ctx->tuning_file) tuning_unknown(ctx, ctx->tuning);
    out_init(&faults, ctx->perm);
    if (plan_check(p, &faults)) bug("the plan is wrong:\n%.*s", (int)faults.n, faults.at);
    return p;
}

static int save_text(const Options *o, Ctx *ctx, const Out *text)
{
    file_save(&ctx->diag, o->output ? o->output : "-", text->at ? text->at : "", text->n);
    return EXIT_OK;
}

int compile_run(Options *o, Ctx *ctx)
{
    Source *s = source_of(o, ctx);
    if (s && !strcmp(o->emit, "tfx")) {
        if (!is_program(o)) return usage("%s", "--emit=tfx is of a program, and this is a model");
        Program *program = program_load(o, ctx, s);
        if (program) file_save(&ctx->diag, o->output ? o->output : "-", program->text->text, program->text->size);
        return program ? EXIT_OK : EXIT_INPUT;
    }
    Program *program = NULL;
    Module *m = load(o, ctx, s, &program);
    if (!m || opt_run(m, &o->opt)) return EXIT_INPUT;
    Out text;
    out_init(&text, ctx->perm);
    if (!strcmp(o->emit, "ir")) {
        graph_print(m, &text);
        return save_text(o, ctx, &text);
    }
    if (o->report) ctx->tuning = tuning_new(ctx->perm);
    Plan *p = model_plan(ctx, m);
    if (!p) return EXIT_INPUT;
    if (!strcmp(o->emit, "plan")) plan_print(p, &text);
    if (!strcmp(o->emit, "json")) report_json(p, base_name(o->input), &text);
    if (strcmp(o->emit, "c")) return save_text(o, ctx, &text);
    if (o->report) {
        report_text(p, &text);
        fprintf(stderr, "%.*s", (int)text.n, text.at);
    }
    if (over_budget(o, p)) return EXIT_BUDGET;
    char hash[65];
    sha256_hex(s->text, s->size, hash);
    return emit_files(o, ctx, p, program, hash);
}
