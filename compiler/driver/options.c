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
    {"--emit", "KIND", "c (default), ir (graph as text), plan"},
    {"--name", "PREFIX", "prefix of every C name; default: the stem of the output file"},
    {"--report", NULL, "flash, RAM and buffers on standard error"},
    {"-MD", NULL, "write OUTPUT.d, the files read, for make"},
    {NULL, NULL, "Model"},
    {"-D", "NAME=VALUE", "set a config, or fix a dim"},
    {"-I", "DIR", "look here for imports and weights"},
    {"--model", "NAME", "which model of the file; default: the last"},
    {"--weights-from", "FILE", "use this checkpoint"},
    {"--random-weights", "[=SEED]", "no checkpoint: reproducible random weights"},
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

void options_help(int what)
{
    if (what == 2) { print_passes(); return; }
    if (what == 3) { print_ops(); return; }
    printf("usage: tfxc [OPTION]... MODEL.tfx -o MODEL.c\nCompiles a transformer into standalone C.\n");
    for (int k = 0; k < NROWS; k++) {
        if (!rows[k].flag) { printf("\n%s:\n", rows[k].help); continue; }
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", rows[k].flag, rows[k].arg && rows[k].arg[0] != '[' && rows[k].flag[1] == '-' ? "=" : rows[k].arg && rows[k].flag[2] == 0 ? " " : "", rows[k].arg ? rows[k].arg : "");
        printf("  %-24s %s\n", left, rows[k].help);
    }
    printf("\nExit status: 0 done, 1 error in the input, 2 usage or environment, 3 over a limit.\n");
}

static int usage(const char *fmt, const char *what)
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

static int set_long(Options *o, Ctx *ctx, const char *f, const char *v)
{
    if (!strcmp(f, "--emit")) o->emit = v;
    else if (!strcmp(f, "--name")) o->name = v;
    else if (!strcmp(f, "--model")) o->model = v;
    else if (!strcmp(f, "--report")) o->report = 1;
    else if (!strcmp(f, "--weights-from")) ctx->weights_override = v;
    else if (!strcmp(f, "--random-weights")) { ctx->random_weights = 1; ctx->random_seed = v ? strtoull(v, NULL, 0) : 1; }
    else if (!strcmp(f, "--ram")) { if ((o->ram = size_of(v)) < 0) return usage("--ram: '%s' is not a size", v); }
    else if (!strcmp(f, "--flash")) { if ((o->flash = size_of(v)) < 0) return usage("--flash: '%s' is not a size", v); }
    else if (!strcmp(f, "--error-format")) o->json = !strcmp(v, "json");
    else if (!strcmp(f, "--color")) o->color = !strcmp(v, "always") ? 1 : !strcmp(v, "never") ? 0 : isatty(2);
    else if (!strcmp(f, "--dump")) o->opt.dump_after = v;
    else if (!strcmp(f, "--dump-all")) o->opt.dump_all = v;
    else if (!strcmp(f, "--stop-after")) o->opt.stop_after = v;
    else if (!strcmp(f, "--skip")) vec_push(ctx->perm, &o->opt.skip, v);
    else if (!strcmp(f, "--run")) o->opt.only = v;
    else if (!strcmp(f, "--check-passes")) o->opt.check = 1;
    else if (!strcmp(f, "--print-passes")) o->help = 2;
    else if (!strcmp(f, "--print-ops")) o->help = 3;
    else if (!strcmp(f, "--help")) o->help = 1;
    else if (!strcmp(f, "--version")) o->version = 1;
    return 0;
}

static int long_option(Options *o, Ctx *ctx, const char *a, char **argv, int *k, int argc)
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

int options_parse(Options *o, Ctx *ctx, int argc, char **argv)
{
    memset(o, 0, sizeof *o);
    o->ram = o->flash = -1;
    o->opt.level = 1;
    o->emit = "c"; o->color = isatty(2);
    o->line = "";
    for (int k = 1; k < argc; k++) {
        const char *a = argv[k], *v;
        int st = 0;
        if (!strcmp(a, "-Werror")) o->werror = 1;
        else if (!strncmp(a, "-Wno-", 5)) vec_push(ctx->perm, &ctx->diag.disabled, arena_str(ctx->perm, a + 5, strlen(a + 5)));
        else if (!strcmp(a, "-MD")) o->depfile = 1;
        else if (!strncmp(a, "--", 2)) st = long_option(o, ctx, a, argv, &k, argc);
        else if (a[0] == '-' && a[1] && strchr("oDIO", a[1])) {
            if (a[2]) v = a + 2;
            else if (k + 1 < argc) v = argv[++k];
            else return usage("%s wants an argument", a);
            if (a[1] == 'o') o->output = v;
            else if (a[1] == 'O') {
                if (!isdigit((unsigned char)*v) || v[1]) return usage("-O wants a level 0..3, not '%s'", v);
                o->opt.level = *v - '0';
            }
            else if (a[1] == 'I') vec_push(ctx->perm, &ctx->include_dirs, v);
            else {
                const char *eq = strchr(v, '=');
                if (!eq || eq == v) return usage("-D wants NAME=VALUE, not '%s'", v);
                Define d = {arena_str(ctx->perm, v, (size_t)(eq - v)), eq + 1, 0};
                vec_push(ctx->perm, &ctx->defines, d);
                o->line = arena_printf(ctx->perm, "%s -D %s", o->line, v);
            }
        } else if (a[0] == '-' && a[1]) st = usage("unknown option '%s'", a);
        else if (o->input) st = usage("one model at a time: '%s'", a);
        else o->input = a;
        if (st) return st;
    }
    if (o->help || o->version) return 0;
    if (!o->input) return usage("%s", "no model given");
    if (strcmp(o->emit, "c") && strcmp(o->emit, "ir") && strcmp(o->emit, "plan")) return usage("--emit: c, ir or plan, not '%s'", o->emit);
    if (o->name)
        for (const char *p = o->name; *p; p++)
            if (!(isalnum((unsigned char)*p) || *p == '_') || isdigit((unsigned char)o->name[0])) return usage("--name: '%s' is not a C name", o->name);
    return 0;
}
