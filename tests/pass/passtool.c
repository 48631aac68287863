/* passtool.c - test tool of the passes.
 *   passtool case FILE      does what the comments of FILE ask for
 *   passtool same FILE..    all files must have the same graph after all passes, up to names and numbers
 *   passtool random N SEED  N random modules: the same answers before and after every pass
 *   passtool time N         a model of N layers must pass in less than a second
 * Comments of a case, each on a line of its own:
 *   # run: PASS PASS ..     these passes, in this order, each once; `all`: as -O1 does (default)
 *   # expect: TEXT          the printed graph holds TEXT
 *   # reject: TEXT          it does not
 * Whatever runs is interpreted before and after on random inputs, and its print must read back and print the same. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "compiler/opt/opt.h"
#include "tests/pass/random.h"

typedef struct Tool { Ctx *ctx; Arena *a; } Tool;

static Tool tool_new(void)
{
    Tool t;
    t.a = arena_new();
    t.ctx = NEW(t.a, Ctx);
    t.ctx->perm = t.a;
    sources_init(&t.ctx->sources, t.a);
    diag_init(&t.ctx->diag, t.a, &t.ctx->sources);
    t.ctx->diag.out = stdout;
    t.ctx->strings = strings_new(t.a);
    return t;
}

static Module *load(Tool *t, const char *path, const char **text)
{
    const char *why;
    Source *s = source_read(&t->ctx->sources, path, &why);
    if (!s) return printf("%s: %s\n", path, why), NULL;
    if (text) *text = s->text;
    Module *m = graph_read(t->ctx, s);
    diag_flush(&t->ctx->diag);
    return m;
}

static const char *print(Tool *t, const Module *m)
{
    Out o;
    out_init(&o, t->a);
    graph_print(m, &o);
    return o.at;
}

/* ---- cases ---- */

/* The rest of the next line that begins with key, copied; NULL: no more. *at moves behind it. */
static const char *directive(Tool *t, const char **at, const char *key)
{
    const char *p = strstr(*at, key);
    if (!p) return NULL;
    const char *from = p + strlen(key), *end = strchr(from, '\n');
    size_t n = end ? (size_t)(end - from) : strlen(from);
    *at = from + n;
    return arena_str(t->a, from, n);
}

static int run(Tool *t, Module *m, const char *passes_wanted)
{
    OptOptions o = {.level = 1, .check = 1};
    if (!passes_wanted || !strcmp(passes_wanted, "all")) return opt_run(m, &o);
    char *list = arena_str(t->a, passes_wanted, strlen(passes_wanted));
    for (char *p = strtok(list, " "); p; p = strtok(NULL, " ")) {
        o.only = p;
        if (opt_run(m, &o)) return 1;
    }
    return 0;
}

static int reads_back(Tool *t, const char *path, const char *text)
{
    Source *s = source_add(&t->ctx->sources, arena_printf(t->a, "%s (printed).ir", path), text, strlen(text), 0);
    Module *m = graph_read(t->ctx, s);
    diag_flush(&t->ctx->diag);
    if (!m) return 0;
    const char *again = print(t, m);
    if (!strcmp(again, text)) return 1;
    printf("%s: prints differently after reading its print\n%s\n--\n%s\n", path, text, again);
    return 0;
}

static int run_case(const char *path)
{
    Tool t = tool_new();
    const char *text, *at, *want;
    int faults = 0, wanted = 0;
    Module *m = load(&t, path, &text);
    if (!m) return 1;
    at = text;
    if (run(&t, m, directive(&t, &at, "# run: "))) faults++;
    diag_flush(&t.ctx->diag);
    const char *out = print(&t, m);
    for (at = text; (want = directive(&t, &at, "# expect: ")) != NULL; wanted++)
        if (!strstr(out, want)) faults++, printf("%s: missing: %s\n", path, want);
    for (at = text; (want = directive(&t, &at, "# reject: ")) != NULL; wanted++)
        if (strstr(out, want)) faults++, printf("%s: unwanted: %s\n", path, want);
    if (!wanted) faults++, printf("%s: expects nothing\n", path);
    if (!reads_back(&t, path, out)) faults++;
    if (faults) printf("%s\n", out);
    arena_free(t.a);
    return faults != 0;
}

/* ---- spellings ---- */

/* The print without names, nodes and constants numbered in the order of first mention. */
static const char *plain(Tool *t, Module *m)
{
    const char *text = print(t, m);
    size_t n = strlen(text), k = 0;
    int *number = NEWN(t->a, int, m->next_node + 1), count = 0;
    char *out = arena_alloc(t->a, 2 * n + 64);
    for (const char *p = text; *p;) {
        if (*p != '%') {
            out[k++] = *p++;
            continue;
        }
        unsigned long id = strtoul(p + 1, (char **)(uintptr_t)&p, 10);
        if (!number[id]) number[id] = ++count;
        k += (size_t)sprintf(out + k, "%%%d", number[id]);
        const char *name = p;
        if (*name++ == ' ' && *name != '=') {
            while (*name == '_' || (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z')) name++;
            if (name[0] == ':' && name[1] == ' ') p = name + 1;
        }
    }
    out[k] = 0;
    return out;
}

static int run_same(int n, char **paths)
{
    Tool t = tool_new();
    const char *first = NULL;
    int faults = 0;
    for (int i = 0; i < n; i++) {
        Module *m = load(&t, paths[i], NULL);
        if (!m || run(&t, m, "all")) return 1;
        const char *text = plain(&t, m);
        if (!first) first = text;
        if (!strcmp(first, text)) continue;
        printf("%s: another graph than %s\n%s\n-- instead of\n%s\n", paths[i], paths[0], text, first);
        faults++;
    }
    arena_free(t.a);
    return faults != 0;
}

/* ---- random modules ---- */

static int run_random(int count, uint64_t seed)
{
    for (int i = 0; i < count; i++) {
        Tool t = tool_new();
        OptOptions o = {.level = 1, .check = 1};
        Module *m = random_module(t.ctx, seed + (uint64_t)i);
        if (i % 4 == 3) o.rewrite_limit = 1 + i / 4 % 50;             /* stopped anywhere, the graph is a right one */
        const char *before = print(&t, m);
        int bad = opt_run(m, &o);
        diag_flush(&t.ctx->diag);
        if (!bad) bad = !reads_back(&t, "random", print(&t, m));
        if (bad) {
            printf("seed %llu\n%s\n", (unsigned long long)seed + (unsigned long long)i, before);
            return 1;
        }
        arena_free(t.a);
    }
    return 0;
}

/* ---- time ---- */

static const char layer_text[] =
    "param %%%d f32[768,768] = random seed %d scale 0.05 offset 0\nparam %%%d f32[768,768] = random seed %d scale 0.05 offset 0\n"
    "param %%%d f32[768,768] = random seed %d scale 0.05 offset 0\nparam %%%d f32[768,768] = random seed %d scale 0.05 offset 0\n"
    "param %%%d f32[768,3072] = random seed %d scale 0.05 offset 0\nparam %%%d f32[3072,768] = random seed %d scale 0.05 offset 0\n";

enum { WEIGHTS = 6, NODES = 40 };

static void layer_params(Out *o, int l)
{
    int b = 10 + l * WEIGHTS;
    out_f(o, layer_text, b, b, b + 1, b + 1, b + 2, b + 2, b + 3, b + 3, b + 4, b + 4, b + 5, b + 5);
}

/* One pre-norm layer with everything spelled out; x is node `x`, the result is node n + 30. */
static int layer_nodes(Out *o, int l, int x)
{
    int w = 10 + l * WEIGHTS, n = 1000 + l * NODES;
    for (int half = 0; half < 2; half++) {
        int b = n + half * 20, from = half ? n + 14 : x;
        out_f(o, "%%%d f32[T] = compute sum[r0 in 0..768] %%%d[o0, r0]\n%%%d f32[T] = compute %%%d[o0] / 768.0\n", b, from, b + 1, b);
        out_f(o, "%%%d f32[T] = compute sum[r0 in 0..768] (%%%d[o0, r0] - %%%d[o0]) * (%%%d[o0, r0] - %%%d[o0])\n", b + 2, from, b + 1, from, b + 1);
        out_f(o, "%%%d f32[T,768] = compute (%%%d[o0, o1] - %%%d[o0]) * rsqrt(%%%d[o0] / 768.0 + 1e-05)\n", b + 3, from, b + 1, b + 2);
        if (half) continue;
        for (int k = 0; k < 3; k++)
            out_f(o, "%%%d f32[T,12,64] = compute sum[r0 in 0..768] %%%d[o0, r0] * %%%d[r0, o1 * 64 + o2]\n", n + 4 + k, n + 3, w + k);
        out_f(o, "%%%d f32[12,T,T] = compute sum[r0 in 0..64] %%%d[o1, o0, r0] * %%%d[o2, o0, r0]\n", n + 7, n + 4, n + 5);
        out_f(o, "%%%d f32[12,T,T] = compute o2 <= o1 ? %%%d[o0, o1, o2] * 0.125 : -1000000000.0\n", n + 8, n + 7);
        out_f(o, "%%%d f32[12,T] = compute max[r0 in 0..T] %%%d[o0, o1, r0]\n", n + 9, n + 8);
        out_f(o, "%%%d f32[12,T,T] = compute exp(%%%d[o0, o1, o2] - %%%d[o0, o1])\n", n + 10, n + 8, n + 9);
        out_f(o, "%%%d f32[12,T] = compute sum[r0 in 0..T] %%%d[o0, o1, r0]\n", n + 11, n + 10);
        out_f(o, "%%%d f32[T,768] = compute sum[r0 in 0..T] %%%d[o1 / 64, o0, r0] / %%%d[o1 / 64, o0] * %%%d[r0, o1 / 64, o1 %% 64]\n", n + 12, n + 10, n + 11, n + 6);
        out_f(o, "%%%d f32[T,768] = compute sum[r0 in 0..768] %%%d[o0, r0] * %%%d[r0, o1]\n%%%d f32[T,768] = compute %%%d[o0, o1] + %%%d[o0, o1]\n",
              n + 13, n + 12, w + 3, n + 14, n + 13, x);
    }
    out_f(o, "%%%d f32[T,3072] = compute sum[r0 in 0..768] %%%d[o0, r0] * %%%d[r0, o1]\n", n + 24, n + 23, w + 4);
    out_f(o, "%%%d f32[T,3072] = compute %%%d[o0, o1] * 0.5 * (1.0 + erf(%%%d[o0, o1] * 0.7071067811865475))\n", n + 25, n + 24, n + 24);
    out_f(o, "%%%d f32[T,768] = compute sum[r0 in 0..3072] %%%d[o0, r0] * %%%d[r0, o1]\n", n + 26, n + 25, w + 5);
    out_f(o, "%%%d f32[T,768] = compute %%%d[o0, o1] + %%%d[o0, o1]\n", n + 30, n + 26, n + 14);
    return n + 30;
}

static int run_time(int layers)
{
    Tool t = tool_new();
    Out o;
    int x = 1;
    out_init(&o, t.a);
    out_f(&o, "module \"long\"\ndim T 1..=512\n");
    for (int l = 0; l < layers; l++) layer_params(&o, l);
    out_f(&o, "entry step(%%1 x: f32[T,768]) dims T {\n");
    for (int l = 0; l < layers; l++) x = layer_nodes(&o, l, x);
    out_f(&o, "output y %%%d\n}\n", x);
    Module *m = graph_read(t.ctx, source_add(&t.ctx->sources, "long.ir", o.at, o.n, 0));
    diag_flush(&t.ctx->diag);
    if (!m) return 1;
    OptOptions options = {.level = 1};
    clock_t from = clock();
    if (opt_run(m, &options)) return 1;
    double seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
    const char *after = print(&t, m);
    int softmax = 0;
    for (const char *p = after; (p = strstr(p, "softmax axes(2) [where o2 <= o1]")) != NULL; p++) softmax++;
    printf("%d layers: %.3f s, %d rows recognised\n", layers, seconds, softmax);
    arena_free(t.a);
    return softmax != layers || seconds > 10;                         /* 1 s without sanitizers on a quiet machine */
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "case")) return run_case(argv[2]);
    if (argc >= 3 && !strcmp(argv[1], "same")) return run_same(argc - 2, argv + 2);
    if (argc == 4 && !strcmp(argv[1], "random")) return run_random(atoi(argv[2]), strtoull(argv[3], NULL, 0));
    if (argc == 3 && !strcmp(argv[1], "time")) return run_time(atoi(argv[2]));
    printf("usage: passtool case FILE | same FILE.. | random N SEED | time N\n");
    return 2;
}
