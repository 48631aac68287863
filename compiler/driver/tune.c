/* tune.c - tfxc tune: measures the choices of a plan on this machine and writes those that are faster than the rules, for
 * --tuning of later compilations. Greedy: the choice that most work depends on first, one at a time, each against the best program so
 * far. Both are called in turns, so that what disturbs the machine disturbs both; a candidate is taken when the median ratio of their
 * times is below one by more than its scatter explains, twice. Its results must be those of the rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "compiler/driver/driver.h"
#include "compiler/driver/tuning_file.h"
#include "compiler/opt/opt.h"

enum { TURNS = 4, MAX_RATIOS = 200, LEAST_RATIOS = 5, MOST_CANDIDATES = 8 };
static const double LEAST_GAIN = 0.01, LEAST_SHARE = 0.005, SLICE = 0.6;   /* of a call; of all work; seconds of calls */

/* A program under some answers, with memory of its own. */
typedef struct Trial { Ctx ctx; Module *m; Host *host; } Trial;
typedef struct Tune {
  Options *o; Ctx *ctx; Module *m; CallValues c;
  Trial *best; Value *expected;            /* outputs by the rules */
  VEC(TuneLine) taken; SMap done;          /* done: "key choice" that was tried */
  double begin; int tried, failed, terminal;
} Tune;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void trial_close(Trial *t)
{
    if (!t) return;
    if (t->host) host_close(t->host);
    ctx_close(&t->ctx);
}

/* The program under the answers taken so far and one more (NULL: none); NULL: it cannot be built. */
static Trial *trial_new(Tune *t, const TuneLine *more)
{
    Trial *r = NEW(t->ctx->perm, Trial);
    jmp_buf env;
    ctx_again(&r->ctx, t->ctx);
    r->ctx.diag.fatal = &env;
    if (setjmp(env)) { trial_close(r); return NULL; }
    r->ctx.tuning = tuning_new(r->ctx.perm);
    for (int k = 0; k < t->taken.n; k++) tuning_add(r->ctx.tuning, t->taken.at[k].key, t->taken.at[k].choice, t->taken.at[k].value, span_none());
    if (more) tuning_add(r->ctx.tuning, more->key, more->choice, more->value, span_none());
    r->m = model_load(t->o, &r->ctx);
    Plan *p = r->m && !opt_run(r->m, &t->o->opt) ? model_plan(&r->ctx, r->m) : NULL;
    r->host = p ? host_build(&r->ctx, p) : NULL;
    r->ctx.diag.fatal = t->ctx->diag.fatal;
    if (r->host) return r;
    trial_close(r);
    return NULL;
}

/* Seconds of a call; -1: refused. */
static double call_once(Tune *t, Trial *r)
{
    host_reset(r->host);
    return host_call(r->host, t->c.index, t->c.dims, t->c.in, t->c.out) ? -1 : host_seconds(r->host);
}

static Value *copy_of(Tune *t)
{
    int n = t->c.e->outputs.n;
    Value *to = NEWN(t->ctx->perm, Value, n + 1);
    for (int k = 0; k < n; k++) {
        const Value *v = &t->c.out[k];
        to[k] = *v;
        if (v->f) to[k].f = arena_dup(t->ctx->perm, v->f, sizeof *v->f * (size_t)value_count(v));
        if (v->i) to[k].i = arena_dup(t->ctx->perm, v->i, sizeof *v->i * (size_t)value_count(v));
    }
    return to;
}

/* The outputs of the last call are those of the rules, but for rounding. */
static int same_results(const Tune *t)
{
    for (int k = 0; k < t->c.e->outputs.n; k++) {
        const Value *a = &t->expected[k], *b = &t->c.out[k];
        double most = 0, off = 0;
        for (int64_t j = 0; j < value_count(a); j++) {
            double x = a->f ? a->f[j] : (double)a->i[j], y = b->f ? b->f[j] : (double)b->i[j];
            if (isfinite(x) && fabs(x) > most) most = fabs(x);
            if (!(x == y) && !(isnan(x) && isnan(y)) && !(fabs(x - y) <= off)) off = isfinite(x - y) ? fabs(x - y) : INFINITY;
        }
        if (off > t->o->tol * most) return 0;
    }
    return 1;
}

/* ---- measuring ---- */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* A few calls of both in turns: the fastest of one over the fastest of the other; -1: refused. */
static double one_ratio(Tune *t, Trial *candidate)
{
    double a = -1, b = -1;
    for (int k = 0; k < TURNS; k++) {
        double x = call_once(t, t->best), y = call_once(t, candidate);
        if (x <= 0 || y <= 0) return -1;
        if (a < 0 || x < a) a = x;
        if (b < 0 || y < b) b = y;
    }
    return b / a;
}

/* Ratios for some seconds, fewer when it is plainly no faster: their median, and what that may be off by. */
static double ratio_of(Tune *t, Trial *candidate, double seconds, double *noise)
{
    double ratio[MAX_RATIOS], apart[MAX_RATIOS], until = now() + seconds, m = 1;
    *noise = 1;
    for (int n = 1; n <= MAX_RATIOS && (n <= LEAST_RATIOS || now() < until) && (n <= LEAST_RATIOS || m - *noise < 1 - LEAST_GAIN); n++) {
        if ((ratio[n - 1] = one_ratio(t, candidate)) < 0) return 2;
        if (n < LEAST_RATIOS) continue;
        m = median(ratio, n);
        for (int k = 0; k < n; k++) apart[k] = fabs(ratio[k] - m);
        *noise = 3 * 1.25 * 1.48 * median(apart, n) / sqrt(n);   /* three standard errors of a median, by the median deviation */
    }
    return m;
}

/* Is it faster, beyond noise, twice? *ratio: of the better measured time. */
static int is_faster(Tune *t, Trial *candidate, double *ratio)
{
    double noise;
    for (int k = 0; k < 2; k++) {
        *ratio = ratio_of(t, candidate, SLICE, &noise);
        if (*ratio + noise > 1 - LEAST_GAIN) return 0;
    }
    return 1;
}

/* ---- candidates ---- */
static int list(int *to, const int *from, int n, const TuneQuestion *q, int multiple)
{
    int k = 0;
    for (int j = 0; j < n; j++)
        if (from[j] != q->value && from[j] % multiple == 0 && tune_allowed(q->choice, from[j]) && k < MOST_CANDIDATES) to[k++] = from[j];
    return k;
}

static int candidates(const Tune *t, const TuneQuestion *q, int *to)
{
    static const int columns[] = {16, 24, 32, 48, 64}, regions[] = {4, 8, 16, 24, 32, 64}, flags[] = {0, 1};
    const Target *target = t->ctx->target;
    int rows[] = {q->value - 1, q->value + 1, q->value - 2, q->value + 2}, width = target && target->width ? target->width : 1;
    switch (q->choice) {
    case TUNE_columns: return list(to, columns, target && target->registers < 32 ? 3 : 5, q, width);
    case TUNE_rows: return list(to, rows, 4, q, 1);
    case TUNE_region: return list(to, regions, 6, q, 1);
    default: return list(to, flags, 2, q, 1);
    }
}

static const char *name_of(const Tune *t, const TuneQuestion *q) { return arena_printf(t->ctx->perm, "%s %s", q->key, tune_info[q->choice].name); }

static int is_of(const Tune *t, const TuneQuestion *q)       /* entries that are not called do not count */
{
    size_t n = strlen(t->c.e->name);
    return q->key[0] == '*' || (!strncmp(q->key, t->c.e->name, n) && q->key[n] == '/');
}

/* The choice not yet tried that most work depends on, if that is worth it. */
static const TuneQuestion *heaviest(const Tune *t)
{
    const TuneQuestion *best = NULL;
    const Tuning *asked = t->best->ctx.tuning;
    double most = 0;
    for (int k = 0; k < asked->asked.n; k++) {
        const TuneQuestion *q = asked->asked.at[k];
        if (!is_of(t, q)) continue;
        if (q->work > most) most = q->work;
        if (!smap_get(&t->done, name_of(t, q)) && (!best || q->work > best->work)) best = q;
    }
    return best && best->work >= LEAST_SHARE * most ? best : NULL;
}

static void progress(const Tune *t, const TuneLine *l, double ratio)
{
    if (!t->terminal) return;
    fprintf(stderr, "\r\033[K%3.0f s  %s %s %s", now() - t->begin, l->key, tune_info[l->choice].name, tuning_value(t->ctx->perm, l->choice, l->value));
    if (ratio > 0) fprintf(stderr, ": %.3f", ratio);
    fflush(stderr);
}

/* Tries the values of one choice; the best becomes the program to beat. */
static void try_choice(Tune *t, const TuneQuestion *q)
{
    int value[MOST_CANDIDATES], n = candidates(t, q, value);
    TuneLine line = {arena_printf(t->ctx->perm, "%s", q->key), q->choice, q->rule, 0, 1}, won = line;
    Trial *winner = NULL;
    smap_put(&t->done, name_of(t, q), t);
    for (int k = 0; k < n && now() - t->begin < t->o->budget; k++) {
        double ratio = 1;
        line.value = value[k];
        progress(t, &line, 0);
        Trial *r = trial_new(t, &line);
        t->tried++;
        int fine = r && call_once(t, r) >= 0 && same_results(t);
        if (r && !fine) t->failed++;
        if (!fine || !is_faster(t, r, &ratio) || (winner && ratio >= won.ratio)) { progress(t, &line, ratio); trial_close(r); continue; }
        progress(t, &line, ratio);
        trial_close(winner);
        winner = r;
        won = line;
        won.ratio = ratio;
    }
    if (!winner) return;
    vec_push(t->ctx->perm, &t->taken, won);
    trial_close(t->best);
    t->best = winner;
}

/* What was found, and how much faster all of it is than the rules. */
static void table(Tune *t)
{
    Trial *chosen = t->best;
    double noise = 0, ratio = 1;
    int all = t->taken.n;
    t->taken.n = 0;
    Trial *rules = all ? trial_new(t, NULL) : NULL;
    t->taken.n = all;
    if (rules) {
        t->best = rules;
        ratio = ratio_of(t, chosen, 2 * SLICE, &noise);
        t->best = chosen;
        trial_close(rules);
    }
    if (t->terminal) fprintf(stderr, "\r\033[K");
    printf("%s: %d candidates in %.0f s, %d choices taken", t->c.e->name, t->tried, now() - t->begin, all);
    if (rules) printf("; a call takes %.3f of the time under the rules, +- %.3f", ratio, noise);
    printf("\n");
    if (t->failed) printf("%d candidates gave other results and were not taken: this is a fault of tfxc or of the C compiler\n", t->failed);
    for (int k = 0; k < all; k++) {
        const TuneLine *l = &t->taken.at[k];
        printf("  %-48s %-8s %4s instead of %4s  %.3f\n", l->key, tune_info[l->choice].name, tuning_value(t->ctx->perm, l->choice, l->value), tuning_value(t->ctx->perm, l->choice, l->rule), l->ratio);
    }
}

static int measure(Tune *t)
{
    int st = bench_inputs(t->o, t->ctx, t->m, t->best->host, &t->c);
    if (st) return st;
    if (call_once(t, t->best) < 0) { fprintf(stderr, "tfxc: the call is refused\n"); return EXIT_INPUT; }
    t->expected = copy_of(t);
    t->begin = now();
    for (const TuneQuestion *q; now() - t->begin < t->o->budget && (q = heaviest(t));) try_choice(t, q);
    table(t);
    return 0;
}

/* MODEL.tune, in the folder where it is called. */
static const char *file_of(const Tune *t)
{
    const char *base = base_name(t->o->input), *dot = strrchr(base, '.');
    return t->o->output ? t->o->output : arena_printf(t->ctx->perm, "%.*s.tune", (int)(dot && dot != base ? dot - base : (long)strlen(base)), base);
}

int tune_verb(Options *o, Ctx *ctx)
{
    Tune t = {.o = o, .ctx = ctx, .terminal = isatty(2)};
    Out text;
    if (is_program(o)) return usage("%s is a program; tune measures models", o->input);
    if (ctx->tuning_file) return usage("%s", "tune writes a file of choices, it does not read one");
    t.m = model_load(o, ctx);
    ctx->threads = 0;
    if (!t.m || opt_run(t.m, &o->opt) || !model_plan(ctx, t.m)) return EXIT_INPUT;       /* says what is wrong with the model */
    smap_init(&t.done, ctx->perm);
    t.best = trial_new(&t, NULL);
    if (!t.best) return EXIT_USAGE;
    int st = measure(&t);
    trial_close(t.best);
    if (st) return st;
    out_init(&text, ctx->perm);
    tuning_write(&text, ctx, t.m, t.taken.at, t.taken.n);
    file_save(&ctx->diag, file_of(&t), text.at, text.n);
    return ctx->diag.errors ? EXIT_INPUT : EXIT_OK;
}
