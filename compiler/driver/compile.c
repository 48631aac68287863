/* compile.c - the compiler on one page: read, build, plan, emit. */
#include <ctype.h>
#include <string.h>
#include "compiler/driver/driver.h"
#include "compiler/opt/opt.h"
#include "frontends/tfx/tfx.h"

static int ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);
    return n >= m && !strcmp(s + n - m, tail);
}

static const char *base_name(const char *path) { const char *s = strrchr(path, '/'); return s ? s + 1 : path; }

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

void report_print(const Plan *p, Out *o)
{
    out_f(o, "weights %10lld B in %d tensors\n", (long long)p->weight_bytes, p->weights.n);
    out_f(o, "state   %10lld B\n", (long long)p->state_bytes);
    for (int k = 0; k < p->entries.n; k++) {
        const EntryPlan *ep = p->entries.at[k];
        out_f(o, "entry %s: work %lld B (lower bound %lld B), %d steps\n", ep->entry->name, (long long)ep->work_bytes, (long long)ep->lower_bound, ep->steps.n);
    }
}

/* Limits: which one binds, and what takes it. */
static int over_budget(const Options *o, const Plan *p)
{
    int bad = 0;
    if (o->ram >= 0 && p->work_bytes + p->state_bytes > o->ram) {
        bad = 1;
        fprintf(stderr, "tfxc: RAM: %lld B needed (work %lld, state %lld), %lld allowed\n", (long long)(p->work_bytes + p->state_bytes), (long long)p->work_bytes, (long long)p->state_bytes, (long long)o->ram);
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

static int emit_files(const Options *o, Ctx *ctx, const Plan *p, const char *hash)
{
    Arena *a = ctx->perm;
    const char *prefix = prefix_of(a, o), *c_path = o->output ? o->output : arena_printf(a, "%s.c", stem(a, o->input));
    const char *h_path = ends_with(c_path, ".c") ? arena_printf(a, "%.*s.h", (int)strlen(c_path) - 2, c_path) : arena_printf(a, "%s.h", c_path);
    EmitOptions eo = {0};
    eo.prefix = prefix;
    eo.header_name = strcmp(c_path, "-") ? base_name(h_path) : arena_printf(a, "%s.h", prefix);
    eo.banner = arena_printf(a, "%s%s", base_name(o->input), o->line);
    eo.provenance = arena_printf(a, " * source sha256 %s\n", hash);
    EmitFiles f;
    emit_c(p, &eo, &f, a);
    if (ctx->diag.errors) return EXIT_INPUT;
    if (strcmp(c_path, "-")) file_save(&ctx->diag, h_path, f.h.at, f.h.n);
    else file_save(&ctx->diag, "-", f.h.at, f.h.n);
    file_save(&ctx->diag, c_path, f.c.at, f.c.n);
    if (o->depfile) write_deps(o, ctx, c_path);
    return EXIT_OK;
}

int compile_run(Options *o, Ctx *ctx)
{
    const char *why = NULL;
    Source *s = source_read(&ctx->sources, o->input, &why);
    if (!s) {
        diag_error(&ctx->diag, span_none(), "cannot-read", "%s: %s", o->input, why);
        return EXIT_INPUT;
    }
    Module *m = ends_with(o->input, ".ir") ? graph_read(ctx, s) : tfx_load(ctx, s, o->model);
    if (!m || ctx->diag.errors) return EXIT_INPUT;
    if (opt_run(m, &o->opt)) return EXIT_INPUT;
    Out text;
    out_init(&text, ctx->perm);
    if (!strcmp(o->emit, "ir")) {
        graph_print(m, &text);
        file_save(&ctx->diag, o->output ? o->output : "-", text.at, text.n);
        return EXIT_OK;
    }
    Plan *p = plan_make(m, ctx->perm);
    if (!p || ctx->diag.errors) return EXIT_INPUT;
    if (plan_check(p, &text)) bug("the plan is wrong:\n%.*s", (int)text.n, text.at);
    if (!strcmp(o->emit, "plan")) {
        plan_print(p, &text);
        file_save(&ctx->diag, o->output ? o->output : "-", text.at, text.n);
        return EXIT_OK;
    }
    if (o->report) { report_print(p, &text); fprintf(stderr, "%.*s", (int)text.n, text.at); }
    if (over_budget(o, p)) return EXIT_BUDGET;
    char hash[65];
    sha256_hex(s->text, s->size, hash);
    return emit_files(o, ctx, p, hash);
}
