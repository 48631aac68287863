/* bench.c - tfxc bench: the compiled model on this machine, the time of a call and of every step, beside what the machine can do in
 * the same run. Random inputs, or given ones; sizes are the largest unless given. The time of a call is that of the program as it is; those of
 * steps come from a second one with hooks, and are scaled to it. States begin anew at every call. */
#include <stdlib.h>
#include <string.h>
#include "compiler/base/embedded.h"
#include "compiler/driver/driver.h"

enum { MAX_CALLS = 400, LEAST_CALLS = 5, NEAR = 16384 };
static const double BUDGET = 1.0;           /* seconds for each of the two programs */

typedef struct Bench { const Options *o; Ctx *ctx; Module *m; const Plan *p; Host *plain, *hooked; CallValues c; Roofline r; } Bench;

/* Seconds of the fastest call; *calls: how many there were. -1 after saying what is wrong. */
static double fastest(Bench *b, Host *h, int *calls, double *sum)
{
    double best = -1, spent = 0;
    for (*calls = 0; *calls < MAX_CALLS && (spent < BUDGET || *calls < LEAST_CALLS); ++*calls) {
        host_reset(h);
        int status = host_call(h, b->c.index, b->c.dims, b->c.in, b->c.out);
        if (status) {
            if (status > 0) fprintf(stderr, "tfxc: the call is refused: %s\n", status_text(status));
            return -1;
        }
        double s = host_seconds(h);
        spent += s;
        if (best < 0 || s < best) best = s;
    }
    *sum = spent;
    return best;
}

static void limits(Bench *b)
{
    double (*compute)(double), (*read)(const void *, size_t, double);
    void *f = host_symbol(b->hooked, "probe_compute"), *g = host_symbol(b->hooked, "probe_read");
    memcpy(&compute, &f, sizeof compute);
    memcpy(&read, &g, sizeof read);
    size_t bytes = (size_t)(b->p->weight_bytes + b->p->work_bytes + b->p->state_bytes + 1023) / 1024 * 1024;
    unsigned char *buffer = arena_alloc(b->ctx->perm, bytes + 64);
    memset(buffer, 1, bytes + 64);
    b->r.peak = compute(0.2);
    b->r.bytes = (double)bytes;
    buffer += 64 - (uintptr_t)buffer % 64;
    b->r.bandwidth = read(buffer, bytes, 0.2);
    b->r.near = read(buffer, bytes < NEAR ? bytes : NEAR, 0.1);
}

static uint32_t largest_id(Step *const *s, int n)
{
    uint32_t most = 0;
    for (int k = 0; k < n; k++) {
        uint32_t a = largest_id(s[k]->body.at, s[k]->body.n), b = largest_id(s[k]->other.at, s[k]->other.n), own = s[k]->node ? s[k]->node->id : 0;
        if (a > most) most = a;
        if (b > most) most = b;
        if (own > most) most = own;
    }
    return most;
}

static void add_steps(Bench *b, const EntryPlan *ep, Step *const *s, int n, const double *spent)
{
    for (int k = 0; k < n; k++) {
        add_steps(b, ep, s[k]->body.at, s[k]->body.n, spent);
        add_steps(b, ep, s[k]->other.at, s[k]->other.n, spent);
        if (s[k]->kind != STEP_node) continue;
        RoofStep *r = &b->r.step[b->r.n++];
        r->name = step_title(b->ctx->perm, s[k]);
        r->id = s[k]->node->id;
        r->cost = step_cost(b->p, ep, s[k]);
        r->seconds = spent[r->id];
    }
}

static int count_steps(Step *const *s, int n)
{
    int sum = n;
    for (int k = 0; k < n; k++) sum += count_steps(s[k]->body.at, s[k]->body.n) + count_steps(s[k]->other.at, s[k]->other.n);
    return sum;
}

/* The costs of steps are counted at bounds: those are now the sizes of the call. Nothing is compiled from the module any more. */
static void fix_sizes(const Bench *b)
{
    for (int k = 0; k < b->c.e->dims.n; k++) {
        Sym *s = (Sym *)(uintptr_t)b->c.e->dims.at[k];
        s->lo = s->hi = b->c.dims[k];
    }
}

static int measure(Bench *b)
{
    const EntryPlan *ep = b->p->entries.at[b->c.index];
    int hooked_calls;
    double sum, hooked_sum;
    b->r.seconds = fastest(b, b->plain, &b->r.calls, &sum);
    if (b->r.seconds < 0 || fastest(b, b->hooked, &hooked_calls, &hooked_sum) < 0) return EXIT_INPUT;
    double *spent = host_symbol(b->hooked, "probe_spent"), all = 0;
    limits(b);
    fix_sizes(b);
    b->r.step = NEWN(b->ctx->perm, RoofStep, count_steps(ep->steps.at, ep->steps.n) + 1);
    add_steps(b, ep, ep->steps.at, ep->steps.n, spent);
    for (int k = 0; k < b->r.n; k++) all += b->r.step[k].seconds;
    for (int k = 0; k < b->r.n && all > 0; k++) b->r.step[k].seconds *= b->r.seconds / all;
    b->r.title = b->c.e->name;
    for (int k = 0; k < b->c.e->dims.n; k++) b->r.title = arena_printf(b->ctx->perm, "%s %s=%lld", b->r.title, b->c.e->dims.at[k]->name, (long long)b->c.dims[k]);
    return 0;
}

static int write_result(const Bench *b)
{
    Out o;
    const char *to = b->o->output ? b->o->output : "-", *as = b->o->report_as ? b->o->report_as : ends_with(to, ".html") ? "html" : ends_with(to, ".json") ? "json" : "text";
    out_init(&o, b->ctx->perm);
    if (!strcmp(as, "html")) roofline_html(&b->r, &o);
    else if (!strcmp(as, "json")) roofline_json(&b->r, &o);
    else roofline_text(&b->r, &o);
    file_save(&b->ctx->diag, to, o.at, o.n);
    return b->ctx->diag.errors ? EXIT_INPUT : 0;
}

int bench_verb(Options *o, Ctx *ctx)
{
    Bench b = {.o = o, .ctx = ctx};
    if (is_program(o)) return usage("%s is a program; bench measures models", o->input);
    Module *m = model_load(o, ctx);
    if (!m || opt_run(m, &o->opt)) return EXIT_INPUT;
    ctx->threads = 0;
    Plan *p = model_plan(ctx, m);
    if (!p) return EXIT_INPUT;
    b.m = m;
    b.p = p;
    const EmbeddedFile *probe = embedded_find("runtime/bench/probe.c");
    if (!probe) bug("no runtime/bench/probe.c");
    b.plain = host_build(ctx, p);
    uint32_t ids = 0;
    for (int k = 0; k < p->entries.n; k++) {
        uint32_t most = largest_id(p->entries.at[k]->steps.at, p->entries.at[k]->steps.n);
        if (most >= ids) ids = most + 1;
    }
    if (b.plain) b.hooked = host_build_hooked(ctx, p, arena_printf(ctx->perm, "-DM_TRACE=probe_seen -DPROBE_IDS=%u", ids + 1), probe->text, probe->size);
    if (!b.plain || !b.hooked) return EXIT_USAGE;
    int st = bench_inputs(o, ctx, m, b.plain, &b.c);
    if (!st) st = measure(&b);
    if (!st) st = write_result(&b);
    host_close(b.plain);
    host_close(b.hooked);
    return st;
}
