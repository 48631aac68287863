/* irtool.c - test tool of the graph's text form and of the interpreter.
 *   irtool check FILE   reads, prints, reads that again, prints again (must be equal), verifies, then makes the runs
 *                       that the file asks for, on both modules, and compares
 *   irtool print FILE   prints the module
 * Runs are comments of the file itself; sizes of tensors in brackets, values row-major:
 *   # >>> run ENTRY 3 4          values of the entry's dims
 *   # >>> input x[2,2] 1 2 3 4   in the order of the entry's inputs
 *   # >>> output y[2] 1.5 -inf   also tap, state (after the run)
 *   # >>> status RANGE why       the run must end so; why: part of the reason (default: OK)
 *   # >>> reset                  states get their initial values
 * States live from run to run. Integers must be equal, floats within 1e-9 relative.
 * Host functions known: twice (1 float operand, 1 result), split (1 operand: negative part, positive part). */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir/ir.h"

typedef struct Tool { Ctx *ctx; Arena *a; const char *path; const char *text; int faults; } Tool;

/* One "# >>>" line: word, name, shape, and where its values begin. */
typedef struct Line { int number; char word[16], name[64]; int rank; int64_t shape[MAX_RANK]; const char *rest, *end; } Line;

static void complain(Tool *t, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void complain(Tool *t, int line, const char *fmt, ...)
{
    va_list ap;
    if (t->faults++ > 3) return;
    printf("%s:%d: ", t->path, line);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
}

static const char *skip(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    return p;
}

/* Reads "word name[2,3] ..." after "# >>>". */
static void parse_line(Line *l, const char *p, const char *end)
{
    size_t n = 0;
    l->end = end;
    for (p = skip(p, end); p < end && !isspace((unsigned char)*p) && n + 1 < sizeof l->word; p++) l->word[n++] = *p;
    l->word[n] = 0;
    for (n = 0, p = skip(p, end); p < end && !strchr(" \t[", *p) && n + 1 < sizeof l->name; p++) l->name[n++] = *p;
    l->name[n] = 0;
    l->rank = 0;
    if (p < end && *p == '[') {
        do l->shape[l->rank++] = strtoll(p + 1, (char **)&p, 10); while (p < end && *p == ',' && l->rank < MAX_RANK);
        p++;
    }
    l->rest = skip(p, end);
}

/* The next "# >>>" line at or after *at. */
static int next_line(Tool *t, const char **at, int *number, Line *l)
{
    (void)t;
    while (**at) {
        const char *p = *at, *end = strchr(p, '\n');
        if (!end) end = p + strlen(p);
        *at = *end ? end + 1 : end;
        ++*number;
        if (strncmp(p, "# >>>", 5)) continue;
        parse_line(l, p + 5, end);
        l->number = *number;
        return 1;
    }
    return 0;
}

static double number(Tool *t, Line *l)
{
    char *after;
    l->rest = skip(l->rest, l->end);
    double v = l->rest < l->end ? strtod(l->rest, &after) : 0;
    if (l->rest >= l->end || after == l->rest) complain(t, l->number, "too few values for %s", l->name);
    else l->rest = after;
    return v;
}

static Value parse_value(Tool *t, Line *l, DType dtype)
{
    Value v = value_new(t->a, dtype, l->rank, l->shape);
    for (int64_t i = 0; i < value_count(&v); i++) {
        if (v.f) v.f[i] = number(t, l);
        else v.i[i] = (int64_t)number(t, l);
    }
    if (skip(l->rest, l->end) < l->end) complain(t, l->number, "too many values for %s", l->name);
    return v;
}

static int close_to(double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    if (isinf(a) || isinf(b)) return a == b;
    return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void compare(Tool *t, Line *l, const Value *got)
{
    if (got->rank != l->rank || memcmp(got->shape, l->shape, (size_t)l->rank * sizeof *l->shape)) {
        complain(t, l->number, "%s has another shape (%d dimensions, first %lld)", l->name, got->rank, (long long)got->shape[0]);
        return;
    }
    Value want = parse_value(t, l, got->dtype);
    for (int64_t i = 0; i < value_count(&want); i++) {
        if (want.f && !close_to(got->f[i], want.f[i])) complain(t, l->number, "%s[%lld] is %.12g, wanted %.12g", l->name, (long long)i, got->f[i], want.f[i]);
        if (want.i && got->i[i] != want.i[i]) complain(t, l->number, "%s[%lld] is %lld, wanted %lld", l->name, (long long)i, (long long)got->i[i], (long long)want.i[i]);
    }
}

static void host(void *u, const ExternFn *fn, const Value *in, Value *out)
{
    (void)u;
    for (int64_t i = 0; i < value_count(&in[0]); i++) {
        double x = in[0].f[i];
        if (!strcmp(fn->name, "twice")) out[0].f[i] = 2 * x;
        if (!strcmp(fn->name, "split")) out[0].f[i] = fmin(x, 0), out[1].f[i] = fmax(x, 0);
    }
}

/* ---- one run ---- */

typedef struct Test { Interp *ip; const Module *m; const Entry *e; int64_t dims[16]; Value in[16], out[16], tap[16]; int nin, line, ran; const char *why; InterpStatus status, want; } Test;

static void start(Tool *t, Test *x, Line *l)
{
    x->e = NULL;
    for (int i = 0; i < x->m->entries.n; i++)
        if (!strcmp(x->m->entries.at[i]->name, l->name)) x->e = x->m->entries.at[i];
    if (!x->e) {
        complain(t, l->number, "no entry %s", l->name);
        return;
    }
    for (int i = 0; i < x->e->dims.n && i < 16; i++) x->dims[i] = (int64_t)number(t, l);
    x->nin = x->ran = 0;
    x->want = INTERP_OK;
    x->line = l->number;
}

static void run_now(Tool *t, Test *x)
{
    if (x->ran++ || !x->e) return;
    if (x->nin != x->e->inputs.n) complain(t, x->line, "%d inputs given, %d wanted", x->nin, x->e->inputs.n);
    else x->status = interp_run(x->ip, x->e, x->dims, x->in, x->out, x->tap, &x->why);
}

static void finish(Tool *t, Test *x)
{
    static const char *const names[] = {"OK", "ARG", "RANGE", "FULL"};
    if (!x->e) return;
    run_now(t, x);
    if (x->status != x->want) complain(t, x->line, "status %s (%s), wanted %s", names[x->status], x->why ? x->why : "", names[x->want]);
    x->e = NULL;
}

static void expect_output(Tool *t, Test *x, Line *l, int is_tap)
{
    run_now(t, x);
    const Output *list = is_tap ? x->e->taps.at : x->e->outputs.at;
    int n = is_tap ? x->e->taps.n : x->e->outputs.n;
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i].name, l->name)) {
            compare(t, l, is_tap ? &x->tap[i] : &x->out[i]);
            return;
        }
    complain(t, l->number, "no %s %s", l->word, l->name);
}

static void expect_state(Tool *t, Test *x, Line *l)
{
    run_now(t, x);
    for (int i = 0; i < x->m->states.n; i++)
        if (!strcmp(x->m->states.at[i]->name, l->name)) {
            Value v = interp_state(x->ip, x->m->states.at[i]);
            compare(t, l, &v);
            return;
        }
    complain(t, l->number, "no state %s", l->name);
}

static void expect_status(Tool *t, Test *x, Line *l)
{
    static const char *const names[] = {"OK", "ARG", "RANGE", "FULL"};
    run_now(t, x);
    for (int i = 0; i < 4; i++)
        if (!strcmp(names[i], l->name)) x->want = (InterpStatus)i;
    const char *part = arena_str(t->a, l->rest, (size_t)(l->end - l->rest));
    if (*part && (!x->why || !strstr(x->why, part))) complain(t, l->number, "the reason is \"%s\", wanted \"%s\"", x->why ? x->why : "", part);
}

static void line(Tool *t, Test *x, Line *l)
{
    if (!strcmp(l->word, "run")) finish(t, x), start(t, x, l);
    else if (!strcmp(l->word, "reset")) finish(t, x), interp_reset(x->ip);
    else if (!x->e) complain(t, l->number, "%s outside a run", l->word);
    else if (!strcmp(l->word, "input") && x->nin < x->e->inputs.n) x->in[x->nin] = parse_value(t, l, x->e->inputs.at[x->nin]->dtype), x->nin++;
    else if (!strcmp(l->word, "output") || !strcmp(l->word, "tap")) expect_output(t, x, l, *l->word == 't');
    else if (!strcmp(l->word, "state")) expect_state(t, x, l);
    else if (!strcmp(l->word, "status")) expect_status(t, x, l);
    else complain(t, l->number, "unknown word '%s', or too many inputs", l->word);
}

static int runs(Tool *t, const Module *m)
{
    Test x = {.ip = interp_new(m, t->a), .m = m};
    Line l;
    const char *at = t->text;
    int number_of_line = 0, n = 0;
    interp_extern(x.ip, host, NULL);
    for (; next_line(t, &at, &number_of_line, &l); n += !strcmp(l.word, "run")) line(t, &x, &l);
    finish(t, &x);
    return n;
}

static const char *printed(Tool *t, const Module *m)
{
    Out o;
    out_init(&o, t->a);
    graph_print(m, &o);
    return o.at;
}

static int check(Tool *t, Source *s)
{
    Module *m = graph_read(t->ctx, s);
    if (!m) return 1;
    const char *first = printed(t, m);
    Module *again = graph_read(t->ctx, source_add(&t->ctx->sources, "printed.ir", first, strlen(first), 0));
    if (!again) {
        printf("%s: what was printed cannot be read again:\n%s", t->path, first);
        return 1;
    }
    const char *second = printed(t, again);
    if (strcmp(first, second)) {
        printf("%s: printed differently after reading:\n%s----\n%s", t->path, first, second);
        return 1;
    }
    if (!runs(t, m)) complain(t, 1, "there is no run in this file");
    if (!t->faults) runs(t, again);
    return t->faults != 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) return fprintf(stderr, "usage: irtool check|print FILE\n"), 2;
    Ctx ctx = {.perm = arena_new()};
    const char *why;
    sources_init(&ctx.sources, ctx.perm);
    diag_init(&ctx.diag, ctx.perm, &ctx.sources);
    ctx.strings = strings_new(ctx.perm);
    Source *s = source_read(&ctx.sources, argv[2], &why);
    if (!s) return fprintf(stderr, "%s: %s\n", argv[2], why), 2;
    Tool t = {.ctx = &ctx, .a = ctx.perm, .path = argv[2], .text = s->text};
    int status = 1;
    if (!strcmp(argv[1], "print")) {
        Module *m = graph_read(&ctx, s);
        if (m) fputs(printed(&t, m), stdout), status = 0;
    } else {
        status = check(&t, s);
    }
    diag_flush(&ctx.diag);
    arena_free(ctx.perm);
    return status;
}
