/* verify.c - tfxc verify: the compiled model beside the reference interpreter, which runs the model as it was written in
 * f64. Given inputs, or random ones at the smallest, an odd and the largest sizes, twice over one state when there is
 * one. Statuses must be equal, integers too; floats within --tol of the largest value of their tensor. */
#include <math.h>
#include <string.h>
#include "compiler/driver/driver.h"

enum { TRIES = 12 };
static const double TOO_LONG = 2e9;         /* multiply-adds that the interpreter is not sent into unasked */

typedef struct Verify { const Options *o; Ctx *ctx; Module *m; Interp *ip; Host *host; const Plan *p; int tensors, calls, bad, accepted; double worst; } Verify;

/* Largest difference and where, over the largest wanted magnitude; integers: any difference is infinite. */
typedef struct Apart { double error, largest; int64_t at; } Apart;

static Apart compare(const Value *want, const Value *got)
{
    Apart r = {0, 0, 0};
    for (int64_t k = 0; k < value_count(want); k++) {
        double w = want->f ? want->f[k] : (double)want->i[k], g = got->f ? got->f[k] : (double)got->i[k], d;
        if (fabs(w) > r.largest && isfinite(w)) r.largest = fabs(w);
        if (w == g || (isnan(w) && isnan(g)) || (want->dtype == DT_f32 && (double)(float)w == g)) continue;
        d = want->f && isfinite(w) && isfinite(g) ? fabs(w - g) : INFINITY;
        if (d > r.error) { r.error = d; r.at = k; }
    }
    return r;
}

static const char *place(Arena *a, const Value *v, int64_t at)
{
    const char *t = "";
    for (int d = v->rank - 1; d >= 0; d--) {
        t = arena_printf(a, "%lld%s%s", (long long)(at % v->shape[d]), *t ? ", " : "", t);
        at /= v->shape[d];
    }
    return arena_printf(a, "[%s]", t);
}

static void line(Verify *v, const char *call, const char *name, const Value *want, const Value *got)
{
    Apart r = compare(want, got);
    double relative = r.error == 0 ? 0 : r.error / r.largest;
    int ok = relative <= v->o->tol;
    v->tensors++;
    v->bad += !ok;
    if (relative > v->worst) v->worst = relative;
    printf("%-24s %-20s %10.1e of %-10.4g %s", call, name, relative, r.largest, ok ? "ok" : "WRONG");
    if (!ok) printf(" at %s: %.9g, wanted %.9g", place(v->ctx->perm, want, r.at), got->f ? got->f[r.at] : (double)got->i[r.at], want->f ? want->f[r.at] : (double)want->i[r.at]);
    printf("\n");
}

static const char *title(Verify *v, const CallValues *c, const char *which)
{
    const char *t = c->e->name;
    for (int k = 0; k < c->e->dims.n; k++) t = arena_printf(v->ctx->perm, "%s %s=%lld", t, c->e->dims.at[k]->name, (long long)c->dims[k]);
    return *which ? arena_printf(v->ctx->perm, "%s %s", t, which) : t;
}

static void states(Verify *v, const char *call)
{
    for (int k = 0; k < v->p->states.n; k++) {
        const State *s = v->p->states.at[k]->state;
        Value got = value_new(v->ctx->perm, s->dtype, s->rank, s->shape), want = {0};
        for (int j = 0; j < v->m->states.n; j++)
            if (!strcmp(v->m->states.at[j]->name, s->name)) want = interp_state(v->ip, v->m->states.at[j]);
        host_state(v->host, k, &got);
        line(v, call, s->name, &want, &got);
    }
}

/* One call on both sides; gives the status, -1 when a side failed as a program. */
static int call_both(Verify *v, CallValues *c, const char *which)
{
    const char *why = NULL, *call = title(v, c, which);
    CallValues got = *c;
    got.out = NEWN(v->ctx->perm, Value, c->e->outputs.n + 1);
    for (int k = 0; k < c->e->outputs.n; k++) got.out[k] = value_new(v->ctx->perm, c->out[k].dtype, c->out[k].rank, c->out[k].shape);
    int want_status = (int)interp_run(v->ip, c->e, c->dims, c->in, c->out, NULL, &why);
    int status = host_call(v->host, c->index, c->dims, c->in, got.out);
    v->calls++;
    if (status < 0) { v->bad++; return -1; }
    if (status != want_status) {
        printf("%-24s status %s, wanted %s%s%s\n", call, status_text(status), status_text(want_status), why ? ": " : "", why ? why : "");
        v->bad++;
        return -1;
    }
    if (status) return status;
    v->accepted++;
    for (int k = 0; k < c->e->outputs.n; k++) line(v, call, c->e->outputs.at[k].name, &c->out[k], &got.out[k]);
    states(v, call);
    return 0;
}

static void restart(Verify *v)
{
    interp_reset(v->ip);
    host_reset(v->host);
}

/* Sizes number `which`: smallest, odd, largest. 0: the same as the one before. */
static int set_sizes(const Entry *e, int which, CallValues *c)
{
    int differs = which == 0;
    for (int k = 0; k < e->dims.n; k++) {
        const Sym *s = e->dims.at[k];
        int64_t odd = (s->lo + (s->hi - s->lo) / 2) | 1;
        int64_t size = which == 0 ? s->lo : which == 2 || odd > s->hi ? s->hi : odd;
        if (c->dims[k] != size) differs = 1;
        c->dims[k] = size;
    }
    return differs;
}

/* Random calls of an entry: until one is accepted, and one more over the state that it left. */
static void random_calls(Verify *v, int entry, CallValues *c, const char *which)
{
    int status = -1;
    restart(v);
    for (uint64_t k = 0; k < TRIES; k++) {
        values_random(v->ctx->perm, v->m, entry, v->o->seed + k, c);
        if ((status = call_both(v, c, which)) <= 0) break;
    }
    if (status > 0) printf("%-24s both refuse the random inputs: %s\n", title(v, c, which), status_text(status));
    if (status || !v->p->states.n) return;
    values_random(v->ctx->perm, v->m, entry, v->o->seed + TRIES, c);
    status = call_both(v, c, "again");
    if (status > 0) printf("%-24s both say %s\n", title(v, c, "again"), status_text(status));
}

static int random_entry(Verify *v, int entry)
{
    const Entry *e = v->m->entries.at[entry];
    int before = v->accepted, bad = v->bad;
    double macs = entry_cost(v->p, v->p->entries.at[entry]).macs;
    CallValues c = {0};
    if (e->dims.n > MAX_DIMS) return usage("entry %s has too many sizes", e->name);
    for (int which = 0; which < (e->dims.n ? 3 : 1); which++) {
        if (which && macs > TOO_LONG) {
            printf("%-24s larger sizes: %.0f million multiply-adds take the interpreter too long; give inputs to compare them\n", e->name, macs / 1e6);
            break;
        }
        if (set_sizes(e, which, &c)) random_calls(v, entry, &c, "");
    }
    if (v->accepted > before || v->bad > bad) return 0;
    fprintf(stderr, "tfxc: %s: no random input was accepted, so nothing was compared; give inputs\n", e->name);
    return EXIT_INPUT;
}

static int given_calls(Verify *v)
{
    CallValues c[2] = {{0}};
    const CallValues *before = NULL;
    for (int k = 0; k < v->o->calls.n; k++) {
        const CallSpec *spec = v->o->calls.at[k];
        CallValues *now = &c[k & 1];
        memset(now, 0, sizeof *now);
        if (spec->entry && !strcmp(spec->entry, "reset") && !spec->args.n) { restart(v); continue; }
        int st = values_read(v->ctx, v->m, spec, before, now);
        if (st) return st;
        int status = call_both(v, now, "");
        if (status < 0) return 0;
        if (status > 0) printf("%-24s both say %s\n", title(v, now, ""), status_text(status));
        before = now;
    }
    return 0;
}

static int all_calls(Verify *v)
{
    int given = v->o->calls.n > 1 || (v->o->calls.n == 1 && v->o->calls.at[0]->args.n), st = 0, known = 0;
    if (given) return given_calls(v);
    const char *only = v->o->calls.n ? v->o->calls.at[0]->entry : NULL;
    for (int k = 0; k < v->m->entries.n; k++) {
        if (only && strcmp(only, v->m->entries.at[k]->name)) continue;
        known = 1;
        int failed = random_entry(v, k);
        st = st ? st : failed;
    }
    return known ? st : usage("there is no entry %s", only ? only : "at all");
}

static void report(const Verify *v)
{
    if (v->bad) printf("%d differ: %d tensors of %d calls compared, worst %.1e, allowed %.1e\n", v->bad, v->tensors, v->calls, v->worst, v->o->tol);
    else printf("the same: %d tensors of %d calls, worst %.1e of the largest value, allowed %.1e\n", v->tensors, v->calls, v->worst, v->o->tol);
}

int verify_verb(Options *o, Ctx *ctx)
{
    Verify v = {.o = o, .ctx = ctx};
    Ctx plain;
    if (o->output) return usage("%s", "verify writes no file: -o");
    Module *m = model_load(o, ctx);
    if (!m || opt_run(m, &o->opt)) return EXIT_INPUT;
    Plan *p = model_plan(ctx, m);
    if (!p) return EXIT_INPUT;
    v.p = p;
    v.host = host_build(ctx, p);
    if (!v.host) return EXIT_USAGE;
    ctx_again(&plain, ctx);
    v.m = model_load(o, &plain);
    if (!v.m) bug("the model that was loaded once is not the second time");
    v.ip = interp_new(v.m, ctx->perm);
    int st = all_calls(&v);
    if (!st || v.tensors) report(&v);
    host_close(v.host);
    ctx_close(&plain);
    return st ? st : v.bad ? EXIT_INPUT : 0;
}
