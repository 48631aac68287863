/* options.c - the command line. One table: name, argument, help; groups as --help shows them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/driver/driver.h"

typedef struct OptionRow { const char *flag, *arg, *help; } OptionRow;
static const OptionRow rows[] = {
    {NULL, NULL, "Output"},
    {"-o", "FILE", "write FILE.c (or FILE) and the header beside it; - is standard output"},
    {"--emit", "KIND", "c (default), ir (graph as text), plan (as text), json (plan and costs), tfx (of a program)"},
    {"--name", "PREFIX", "prefix of every C name; default: the stem of the output file"},
    {"--weights", "HOW", "inline, tables, incbin, blob or object; default: inline up to 4 MiB (of a program: tables up to 256 KiB), then incbin"},
    {"--target", "LIST", "portable (default), x86-64-v3, x86-64-v4, native; a list gives one file with a variant for each"},
    {"--dispatch", NULL, "with a list of targets: all variants in one program, which asks the processor when it runs"},
    {"--tuning", "FILE", "take the choices of FILE, which tfxc tune has written for this model, target and processor"},
    {"--threads", "N", "entries take a parallel_for of the caller's, or NULL, and split their work into N parts"},
    {"--taps", NULL, "the model's taps become outputs"},
    {"--trace", NULL, "hooks behind every step, compiled with -DPREFIX_TRACE=FUNCTION"},
    {"--self-test", NULL, "PREFIX_self_test(), compiled with -DPREFIX_SELF_TEST: calls with known results"},
    {"--report", "[AS]", "flash, RAM, cost of every step, buffers: on standard error; of bench: text, html or json"},
    {"-MD", NULL, "write OUTPUT.d, the files read, for make"},
    {NULL, NULL, "Model"},
    {"-D", "NAME=VALUE", "set a config, or fix a dim"},
    {"-I", "DIR", "look here for imports and weights"},
    {"--semantics", "OF", "of a learned program: program (default; what its Python does) or model (the trained network)"},
    {"--model", "NAME", "which model of the file; default: the last"},
    {"--weights-from", "FILE", "use this checkpoint"},
    {"--random-weights", "[=SEED]", "no checkpoint: reproducible random weights"},
    {NULL, NULL, "Run and verify"},
    {"--entry", "NAME", "entry to call; default: the first (verify: all)"},
    {"--call", "NAME", "one more call: what follows are its inputs; `reset` resets the state"},
    {"--script", "FILE", "calls, one a line: NAME input=value ..."},
    {"--json", NULL, "run of a program: inputs are JSON, each result a JSON list"},
    {"--inputs", "FILE", "run of a program: one input a line"},
    {"--alphabet", "LETTERS", "equiv: every input made of these characters, or texts of a JSON list"},
    {"--length", "N", "equiv: of 1..N tokens; default 4"},
    {"--why", "POSITION", "trace: where the result at this position comes from"},
    {"--interpret", NULL, "run: by the reference interpreter instead of compiled C"},
    {"--budget", "SECONDS", "tune: how long it may measure; default 60"},
    {"--tol", "X", "verify: largest error, relative to the largest value of a tensor; default 1e-4"},
    {"--seed", "N", "verify: of the random inputs; default 1"},
    {NULL, NULL, "Passes"},
    {"-O", "LEVEL", "0: as written; 1 (default): all passes"},
    {"--dump", "PASS", "print the graph after this pass"},
    {"--dump-all", "DIR", "write DIR/NN-PASS.ir after every pass"},
    {"--stop-after", "PASS", "run nothing behind it"},
    {"--skip", "PASS", "do not run it (may be repeated)"},
    {"--run", "PASS", "run this pass alone"},
    {"--check-passes", NULL, "interpret before and after each pass, name the first that changes an answer"},
    {"--print-passes", NULL, "the passes in order"},
    {"--print-ops", NULL, "kinds of node and scalar operators"},
    {"--print-targets", NULL, "what the emitted C can be compiled for"},
    {NULL, NULL, "Limits"},
    {"--ram", "SIZE", "fail (exit 3) when work memory and state need more; 64K, 1M"},
    {"--flash", "SIZE", "fail (exit 3) when the weights need more"},
    {NULL, NULL, "Messages"},
    {"--error-format", "text|json", "one JSON object a line"},
    {"--color", "WHEN", "auto, always, never"},
    {"-Werror", NULL, "warnings are errors"},
    {"-Wno-", "ID", "no warning of this id (written -Wno-ID)"},
    {"--help", NULL, "this text"},
    {"--version", NULL, "version"},
};
enum { NROWS = sizeof rows / sizeof *rows };

static void print_passes(void)
{
    for (int k = 0; k < pass_count; k++) printf("%-12s -O%d  %s\n", passes[k].name, passes[k].level, passes[k].doc);
}

static void print_ops(void)
{
    for (int k = 0; k < NODE_COUNT; k++) printf("node    %-10s %s\n", node_kind_name[k], node_kind_doc[k]);
    for (int k = 0; k < EX_COUNT; k++) printf("scalar  %-10s %s\n", expr_info[k].name, expr_info[k].doc);
}

static void print_targets(void)
{
    for (int k = 0; k < target_count; k++) {
        const Target *t = &targets[k];
        printf("%-10s %s%s\n", t->name, t->doc, target_runs_here(t) ? "" : " (not on this machine)");
        if (!t->width) printf("%-10s   kernels: contraction 4 rows x 16 columns, rows, softmax, loops\n", "");
        else printf("%-10s   kernels: contraction %d rows x %d columns; the others are the portable ones; compile with %s\n", "", target_rows(t, target_columns(t, 64)), target_columns(t, 64), t->flags);
    }
    printf("%-10s the best of them that this machine runs\n", "native");
}

void options_help(int what)
{
    if (what == HELP_passes) { print_passes(); return; }
    if (what == HELP_ops) { print_ops(); return; }
    if (what == HELP_targets) { print_targets(); return; }
    printf("usage: tfxc [OPTION]... MODEL.tfx -o MODEL.c      compile a transformer into standalone C\n"
           "       tfxc run MODEL [NAME=VALUE | FILE.npz]... [-o OUT.npz]   build it, call it, print its outputs\n"
           "       tfxc verify MODEL [NAME=VALUE | FILE.npz]...   compare it with the reference interpreter\n"
           "       tfxc bench MODEL [SIZE=N]... [-o FILE.html]    the time of every step, beside what the machine can do\n"
           "       tfxc tune MODEL [SIZE=N]... [-o FILE.tune]     measure choices here, for --tuning=FILE of later compilations\n"
           "       tfxc equiv PROGRAM [PROGRAM] --alphabet=LETTERS --length=N   the same for every input?\n"
           "       tfxc trace PROGRAM INPUT [--why=POSITION]   values and selectors on one input, and why\n"
           "       @FILE stands for the words in FILE\n");
    for (int k = 0; k < NROWS; k++) {
        if (!rows[k].flag) { printf("\n%s:\n", rows[k].help); continue; }
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", rows[k].flag, rows[k].arg && rows[k].arg[0] != '[' && rows[k].flag[1] == '-' ? "=" : rows[k].arg && rows[k].flag[2] == 0 ? " " : "", rows[k].arg ? rows[k].arg : "");
        printf("  %-24s %s\n", left, rows[k].help);
    }
    printf("\nValues: 3, 0.5, [1,2,3], [[1,2],[3,4]], zeros, ones, range, random, random:SEED, FILE.npy, FILE.npz[:MEMBER],\n"
           "@OUTPUT (of the call before); sizes follow from the inputs or are given as T=5.\n");
    printf("\nExit status: 0 done, 1 error in the input, 2 usage or environment, 3 over a limit.\n");
}

int usage(const char *fmt, const char *what)
{
    fprintf(stderr, "tfxc: ");
    fprintf(stderr, fmt, what);
    fprintf(stderr, "\nTry 'tfxc --help'.\n");
    return EXIT_USAGE;
}

static int64_t size_of(const char *t)
{
    char *end;
    double v = strtod(t, &end);
    if (end == t || v < 0 || v > 1e15) return -1;
    if (*end == 'K' || *end == 'k') { v *= 1024; end++; }
    else if (*end == 'M' || *end == 'm') { v *= 1048576; end++; }
    else if (*end == 'G' || *end == 'g') { v *= 1073741824.0; end++; }
    return *end ? -1 : (int64_t)v;
}

/* The option belongs into the banner of what is written. */
static void note(Options *o, Ctx *ctx, const char *flag, const char *v) { o->line = arena_printf(ctx->perm, "%s %s%s%s", o->line, flag, v ? flag[1] == '-' ? "=" : " " : "", v ? v : ""); }

static CallSpec *call_new(Options *o, Ctx *ctx, const char *entry)
{
    CallSpec *c = NEW(ctx->perm, CallSpec);
    c->entry = entry;
    vec_push(ctx->perm, &o->calls, c);
    return c;
}

static CallSpec *call_last(Options *o, Ctx *ctx) { return o->calls.n ? o->calls.at[o->calls.n - 1] : call_new(o, ctx, NULL); }

static int script(Options *o, Ctx *ctx, const char *path)
{
    const char *why = NULL;
    Source *s = source_read(&ctx->sources, path, &why);
    if (!s) return usage("cannot read %s", arena_printf(ctx->perm, "%s: %s", path, why));
    ctx->sources.list.n--;
    for (const char *p = s->text; *p;) {
        size_t n = strcspn(p, "\n");
        Arguments words = {{0}};
        if (!arguments_split(ctx->perm, arena_str(ctx->perm, p, n), &words)) return usage("%s: a quote is not closed", path);
        if (words.list.n) {
            CallSpec *c = call_new(o, ctx, words.list.at[0]);
            for (int k = 1; k < words.list.n; k++) vec_push(ctx->perm, &c->args, words.list.at[k]);
        }
        p += n + (p[n] == '\n');
    }
    return 0;
}

static int weights_kind(Options *o, const char *v)
{
    for (int k = 0; k < WEIGHTS_COUNT; k++)
        if (!strcmp(v, weights_as_name[k])) { o->weights = k; return 0; }
    return usage("--weights: inline, tables, incbin, blob or object, not '%s'", v);
}

static int choice(const char *flag, const char *v, const char *const *of, int *to)
{
    for (int k = 0; of[k]; k++)
        if (!strcmp(v, of[k])) { *to = k; return 0; }
    fprintf(stderr, "tfxc: %s: not '%s'; one of:", flag, v);
    for (int k = 0; of[k]; k++) fprintf(stderr, " %s", of[k]);
    fprintf(stderr, "\nTry 'tfxc --help'.\n");
    return EXIT_USAGE;
}

static int number(const char *flag, const char *v, double *to)
{
    char *end;
    *to = strtod(v, &end);
    if (end == v || *end || *to < 0) return usage("%s is not a number", flag);
    return 0;
}

static int set_pass(Options *o, Ctx *ctx, const char *f, const char *v)
{
    if (!pass_by_name(v)) return usage("%s; see --print-passes", arena_printf(ctx->perm, "%s: there is no pass '%s'", f, v));
    if (!strcmp(f, "--dump")) o->opt.dump_after = v;
    else if (!strcmp(f, "--stop-after")) { o->opt.stop_after = v; note(o, ctx, f, v); }
    else if (!strcmp(f, "--skip")) { vec_push(ctx->perm, &o->opt.skip, v); note(o, ctx, f, v); }
    else { o->opt.only = v; note(o, ctx, f, v); }
    return 0;
}

static int set_verb_option(Options *o, Ctx *ctx, const char *f, const char *v)
{
    double x = 0;
    int st = 0;
    if (!strcmp(f, "--entry")) call_last(o, ctx)->entry = v;
    else if (!strcmp(f, "--call")) call_new(o, ctx, v);
    else if (!strcmp(f, "--script")) st = script(o, ctx, v);
    else if (!strcmp(f, "--interpret")) o->interpret = 1;
    else if (!strcmp(f, "--json")) o->json_io = 1;
    else if (!strcmp(f, "--semantics")) {
        if (strcmp(v, "program") && strcmp(v, "model")) return usage("--semantics is program or model, not %s", v);
        o->semantics = strcmp(v, "program") ? TPROG_BY_MODEL : TPROG_BY_PROGRAM;
        note(o, ctx, f, v);
    }
    else if (!strcmp(f, "--why")) {
        char *end;
        long position = strtol(v, &end, 10);
        if (*end || end == v || position < 0 || position > 1000000) return usage("--why is a position, not %s", v);
        o->why = (int)position;
    }
    else if (!strcmp(f, "--alphabet")) o->alphabet = v;
    else if (!strcmp(f, "--length")) {
        st = number(f, v, &x);
        o->length = x <= 64 ? (int)x : 64;
    }
    else if (!strcmp(f, "--inputs")) o->inputs = v;
    else if (!strcmp(f, "--budget")) st = number(f, v, &o->budget);
    else if (!strcmp(f, "--tol")) st = number(f, v, &o->tol);
    else if (!strcmp(f, "--seed")) { st = number(f, v, &x); o->seed = (uint64_t)x; }
    else return -1;
    return st;
}

static int set_limit(Options *o, const char *f, const char *v)
{
    int64_t n = size_of(v);
    if (n < 0) return usage(f[2] == 'r' ? "--ram: '%s' is not a size" : "--flash: '%s' is not a size", v);
    *(f[2] == 'r' ? &o->ram : &o->flash) = n;
    return 0;
}

static int set_report(Options *o, const char *v)
{
    static const char *const as[] = {"text", "html", "json", NULL};
    int k;
    o->report = 1;
    o->report_as = v;
    return v ? choice("--report", v, as, &k) : 0;
}

static int set_threads(Options *o, Ctx *ctx, const char *f, const char *v)
{
    double n = 0;
    if (number(f, v, &n)) return EXIT_USAGE;
    if (n < 1 || n > MAX_THREADS || n != (int)n) return usage("--threads: '%s' is not a number of threads; 1 .. 64", v);
    ctx->threads = (int)n;
    note(o, ctx, f, v);
    return 0;
}

static int set_long(Options *o, Ctx *ctx, const char *f, const char *v)
{
    static const char *const formats[] = {"text", "json", NULL}, *const colors[] = {"never", "always", "auto", NULL};
    int st = set_verb_option(o, ctx, f, v);
    if (st >= 0) return st;
    if (!strcmp(f, "--emit")) o->emit = v;
    else if (!strcmp(f, "--name")) o->name = v;
    else if (!strcmp(f, "--model")) { o->model = v; note(o, ctx, f, v); }
    else if (!strcmp(f, "--report")) return set_report(o, v);
    else if (!strcmp(f, "--weights")) return weights_kind(o, v);
    else if (!strcmp(f, "--target")) {
        const char *why = targets_parse(ctx->perm, v, &o->targets);
        if (why) return usage("--target: %s", why);
        ctx->target = o->targets.at[0];
        note(o, ctx, f, v);
    }
    else if (!strcmp(f, "--dispatch")) { o->dispatch = 1; note(o, ctx, f, NULL); }
    else if (!strcmp(f, "--tuning")) { ctx->tuning_file = v; note(o, ctx, f, base_name(v)); }
    else if (!strcmp(f, "--threads")) return set_threads(o, ctx, f, v);
    else if (!strcmp(f, "--taps")) { o->taps = 1; note(o, ctx, f, NULL); }
    else if (!strcmp(f, "--self-test")) { o->self_test = 1; note(o, ctx, f, NULL); }
    else if (!strcmp(f, "--trace")) { o->trace = 1; note(o, ctx, f, NULL); }
    else if (!strcmp(f, "--weights-from")) { ctx->weights_override = v; note(o, ctx, f, base_name(v)); }
    else if (!strcmp(f, "--random-weights")) {
        double seed = 1;
        if (v && number(f, v, &seed)) return EXIT_USAGE;
        ctx->random_weights = 1; ctx->random_seed = (uint64_t)seed;
        note(o, ctx, f, v);
    }
    else if (!strcmp(f, "--ram") || !strcmp(f, "--flash")) return set_limit(o, f, v);
    else if (!strcmp(f, "--error-format")) return choice(f, v, formats, &o->json);
    else if (!strcmp(f, "--color")) { if (choice(f, v, colors, &o->color)) return EXIT_USAGE; if (o->color == 2) o->color = isatty(2); }
    else if (!strcmp(f, "--dump-all")) o->opt.dump_all = v;
    else if (!strcmp(f, "--check-passes")) o->opt.check = 1;
    else if (!strcmp(f, "--print-passes")) o->help = HELP_passes;
    else if (!strcmp(f, "--print-ops")) o->help = HELP_ops;
    else if (!strcmp(f, "--print-targets")) o->help = HELP_targets;
    else if (!strcmp(f, "--help")) o->help = HELP_usage;
    else if (!strcmp(f, "--version")) o->version = 1;
    else return set_pass(o, ctx, f, v);
    return 0;
}

static int long_option(Options *o, Ctx *ctx, const char *a, const char *const *argv, int *k, int argc)
{
    const char *eq = strchr(a, '=');
    size_t n = eq ? (size_t)(eq - a) : strlen(a);
    for (int r = 0; r < NROWS; r++) {
        const char *f = rows[r].flag;
        if (!f || strlen(f) != n || memcmp(f, a, n)) continue;
        const char *v = eq ? eq + 1 : NULL;
        if (rows[r].arg && rows[r].arg[0] != '[' && !v) {
            if (*k + 1 >= argc) return usage("%s wants an argument", f);
            v = argv[++*k];
        }
        if (!rows[r].arg && v) return usage("%s takes no argument", f);
        return set_long(o, ctx, f, v);
    }
    const char *best = NULL;
    for (int r = 0; r < NROWS; r++)
        if (rows[r].flag && str_distance(rows[r].flag, arena_str(ctx->perm, a, n), 2) <= 2) best = rows[r].flag;
    if (best) return usage("unknown option '%s'", arena_printf(ctx->perm, "%s' (did you mean '%s')", a, best));
    return usage("unknown option '%s'", a);
}

/* -o FILE, -oFILE; -D, -I, -O the same */
static int short_option(Options *o, Ctx *ctx, const char *const *argv, int *k, int argc)
{
    const char *a = argv[*k], *v = a + 2;
    if (!a[2]) {
        if (*k + 1 >= argc) return usage("%s wants an argument", a);
        v = argv[++*k];
    }
    switch (a[1]) {
    case 'o': o->output = v; return 0;
    case 'I': vec_push(ctx->perm, &ctx->include_dirs, v); return 0;
    case 'O':
        if (!isdigit((unsigned char)*v) || v[1]) return usage("-O wants a level 0..3, not '%s'", v);
        o->opt.level = *v - '0';
        o->line = arena_printf(ctx->perm, "%s -O%s", o->line, v);
        return 0;
    default: {
        const char *eq = strchr(v, '=');
        if (!eq || eq == v) return usage("-D wants NAME=VALUE, not '%s'", v);
        Define d = {arena_str(ctx->perm, v, (size_t)(eq - v)), eq + 1, 0};
        vec_push(ctx->perm, &ctx->defines, d);
        o->line = arena_printf(ctx->perm, "%s -D %s", o->line, v);
        return 0;
    }
    }
}

static int complete(const Options *o)
{
    static const char *const kinds[] = {"c", "ir", "plan", "json", "tfx", NULL};
    int kind;
    if (o->help || o->version) return 0;
    if (!o->input) return usage("%s", "no model given");
    if (choice("--emit", o->emit, kinds, &kind)) return EXIT_USAGE;
    if (o->name)
        for (const char *p = o->name; *p; p++)
            if (!(isalnum((unsigned char)*p) || *p == '_') || isdigit((unsigned char)o->name[0])) return usage("--name: '%s' is not a C name", o->name);
    if (o->name && !*o->name) return usage("--name: '%s' is not a C name", o->name);
    if (o->report_as && o->verb != VERB_bench && strcmp(o->report_as, "text")) return usage("--report=%s is what tfxc bench writes: a plan alone has no times", o->report_as);
    if (o->dispatch && o->targets.n < 2 && !(o->targets.n && o->targets.at[0]->width)) return usage("%s", "--dispatch chooses among the targets of a list, as in --target=portable,x86-64-v3,x86-64-v4");
    if (o->verb == VERB_compile && o->calls.n && !is_program(o)) return usage("%s", "--entry, --call and --script belong to tfxc run and verify");
    return 0;
}

int options_parse(Options *o, Ctx *ctx, int argc, char **argv)
{
    Arguments args;
    memset(o, 0, sizeof *o);
    o->ram = o->flash = o->weights = -1;
    o->opt.level = 1;
    o->emit = "c"; o->color = isatty(2);
    o->line = "";
    o->why = -1; o->tol = 1e-4; o->seed = 1; o->length = 4; o->budget = 60;
    int st = arguments_read(&args, ctx, argc, argv), n = args.list.n;
    const char *const *list = args.list.at;
    for (int k = 0; k < n && !st; k++) {
        const char *a = list[k];
        if (k == 0 && !strcmp(a, "run")) o->verb = VERB_run;
        else if (k == 0 && !strcmp(a, "verify")) o->verb = VERB_verify;
        else if (k == 0 && !strcmp(a, "equiv")) o->verb = VERB_equiv;
        else if (k == 0 && !strcmp(a, "trace")) o->verb = VERB_trace;
        else if (k == 0 && !strcmp(a, "bench")) o->verb = VERB_bench;
        else if (k == 0 && !strcmp(a, "tune")) o->verb = VERB_tune;
        else if (!strcmp(a, "-Werror")) o->werror = 1;
        else if (!strncmp(a, "-Wno-", 5)) vec_push(ctx->perm, &ctx->diag.disabled, arena_str(ctx->perm, a + 5, strlen(a + 5)));
        else if (!strcmp(a, "-MD")) o->depfile = 1;
        else if (!strncmp(a, "--", 2)) st = long_option(o, ctx, a, list, &k, n);
        else if (a[0] == '-' && a[1] && strchr("oDIO", a[1])) st = short_option(o, ctx, list, &k, n);
        else if (a[0] == '-' && a[1]) st = usage("unknown option '%s'", a);
        else if (!o->input) o->input = a;
        else if (o->verb == VERB_compile) st = usage("one model at a time: '%s'", a);
        else { CallSpec *c = call_last(o, ctx); vec_push(ctx->perm, &c->args, a); }
    }
    return st ? st : complete(o);
}
