/* equiv.c - tfxc equiv: two programs over tokens on every input of an alphabet up to a length, shortest first: nothing is
 * sampled. Two RASP programs must agree in values and kinds (1 is not 1.0), others in what the values are called; an input that
 * both refuse counts as equal. A learned program gets its begin and end marks around the input unless the alphabet has them, and
 * what it gives for them is left out. Inputs are numbers (their tokens are the digits), dealt out to a process a processor. */
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "compiler/base/json.h"
#include "compiler/driver/program.h"

enum { MOST_LETTERS = 64, MOST_LENGTH = 64, MOST_WORKERS = 8, ALONE = 20000 };
typedef struct Letters { int n; const char *at[MOST_LETTERS]; } Letters;
/* What was found for inputs of one length. first: the number of the first that differs, -1: none. */
typedef struct Found { int64_t inputs, differ, refused, first, at[MOST_LENGTH]; } Found;
typedef struct Side { ProgramRunner r; const char *begin, *end; const char *label; } Side;
typedef struct Equiv { Side side[2]; Letters l; int kinds, workers; double all; } Equiv;
typedef struct Result { int n; const char **at; const char *why; } Result;    /* n 0: it failed */

static int letters_of(Ctx *ctx, const char *s, Letters *l)
{
    const char *why;
    size_t at;
    if (s && *s == '[') {
        const Json *j = json_parse(ctx->perm, s, strlen(s), &why, &at);
        for (j = j && j->kind == JSON_array ? j->first : NULL; j; j = j->next) {
            if (l->n == MOST_LETTERS || j->kind != JSON_string) return 0;
            l->at[l->n++] = j->str;
        }
        return l->n > 0;
    }
    while (s && *s) {
        size_t n = 1;
        while (((unsigned char)s[n] & 0xC0) == 0x80) n++;
        if (l->n == MOST_LETTERS) return 0;
        l->at[l->n++] = arena_str(ctx->perm, s, n);
        s += n;
    }
    return l->n > 0;
}

/* Input number k of n tokens, the last token its lowest digit. */
static void tokens_of(const Equiv *e, const Side *s, Arena *a, int n, int64_t k, Tokens *to)
{
    const char *digit[MOST_LENGTH];
    Token t = {.is_text = 1};
    memset(to, 0, sizeof *to);
    for (int i = n - 1; i >= 0; i--, k /= e->l.n) digit[i] = e->l.at[k % e->l.n];
    if ((t.text = s->begin) != NULL) vec_push(a, &to->v, t);
    for (int i = 0; i < n; i++) { t.text = digit[i]; vec_push(a, &to->v, t); }
    if ((t.text = s->end) != NULL) vec_push(a, &to->v, t);
}

/* Memory of the call is that of `scratch`. */
static Result result(const Equiv *e, Side *s, Arena *scratch, int n, int64_t k)
{
    Ctx *ctx = s->r.ctx;
    Arena *keep = ctx->perm;
    Tokens tokens;
    Value *out;
    Result to = {0, NEWN(scratch, const char *, n), ""};
    ctx->perm = scratch;
    tokens_of(e, s, scratch, n, k, &tokens);
    if (program_apply(&s->r, &tokens, &out, &to.why)) {
        to.n = s->r.p->learned && s->r.p->learned->pooled ? 1 : n;
        for (int i = 0; i < to.n; i++) to.at[i] = program_element(&s->r, out, i + (to.n == n && s->begin), e->kinds);
    }
    ctx->perm = keep;
    return to;
}

static void one(Equiv *e, int n, int64_t k, Found *f)
{
    Arena *scratch = arena_new();
    Result a = result(e, &e->side[0], scratch, n, k), b = result(e, &e->side[1], scratch, n, k);
    int differ = a.n != b.n;
    for (int i = 0; i < a.n && i < b.n; i++) {
        int other = strcmp(a.at[i], b.at[i]) != 0;
        f->at[i] += other;
        differ |= other;
    }
    f->inputs++;
    f->refused += !a.n && !b.n;
    f->differ += differ;
    if (differ && (f->first < 0 || k < f->first)) f->first = k;
    arena_free(scratch);
}

static void show_result(Equiv *e, Side *s, int n, int64_t k)
{
    Arena *scratch = arena_new();
    Result r = result(e, s, scratch, n, k);
    printf("  %-24s", s->label);
    for (int i = 0; i < r.n; i++) printf("%s%s", i ? ", " : " [", r.at[i]);
    printf(r.n ? "]\n" : " fails: %s\n", r.why);
    arena_free(scratch);
}

static void show(Equiv *e, int n, int64_t k)
{
    Arena *scratch = arena_new();
    Side plain = {.begin = NULL};
    Tokens t;
    Out text;
    tokens_of(e, &plain, scratch, n, k, &t);
    out_init(&text, scratch);
    for (int i = 0; i < n; i++) {
        if (i) out_s(&text, ", ");
        json_quoted(&text, t.v.at[i].text);
    }
    printf("they differ on [%s]\n", text.at);
    for (int i = 0; i < 2; i++) show_result(e, &e->side[i], n, k);
    arena_free(scratch);
}

/* How far it is, on a terminal, once a second. */
static void progress(const Equiv *e, double done, time_t *last)
{
    time_t now = time(NULL);
    if (now == *last || !isatty(2)) return;
    *last = now;
    fprintf(stderr, "\rtfxc: %.0f of %.0f inputs, %.0f%%  ", done, e->all, 100 * done / e->all);
}

static void share(Equiv *e, int n, int64_t count, int worker, double before, Found *f)
{
    time_t last = time(NULL);
    *f = (Found){.first = -1};
    for (int64_t k = worker; k < count; k += e->workers) {
        one(e, n, k, f);
        if (!worker && (k & 255) == 0) progress(e, before + (double)k, &last);
    }
}

static void add(Found *to, const Found *f)
{
    to->inputs += f->inputs;
    to->differ += f->differ;
    to->refused += f->refused;
    if (f->first >= 0 && (to->first < 0 || f->first < to->first)) to->first = f->first;
    for (int i = 0; i < MOST_LENGTH; i++) to->at[i] += f->at[i];
}

/* All inputs of n tokens. The first worker is this process; what a lost one had to do is done again here. */
static void of_length(Equiv *e, int n, int64_t count, double before, Found *all)
{
    int pipes[MOST_WORKERS][2], workers = count < ALONE ? 1 : e->workers, keep = e->workers;
    pid_t child[MOST_WORKERS];
    Found f;
    e->workers = workers;
    fflush(NULL);
    for (int w = 1; w < workers; w++) {
        child[w] = -1;
        if (pipe(pipes[w])) continue;
        child[w] = fork();
        if (child[w]) { close(pipes[w][1]); if (child[w] < 0) close(pipes[w][0]); continue; }
        close(pipes[w][0]);
        share(e, n, count, w, before, &f);
        ssize_t sent = write(pipes[w][1], &f, sizeof f);
        _exit(sent != (ssize_t)sizeof f);
    }
    share(e, n, count, 0, before, all);
    for (int w = 1; w < workers; w++) {
        int status = 1;
        ssize_t got = child[w] > 0 ? read(pipes[w][0], &f, sizeof f) : 0;
        if (child[w] > 0) { close(pipes[w][0]); waitpid(child[w], &status, 0); }
        if (got != (ssize_t)sizeof f || status) share(e, n, count, w, before, &f);
        add(all, &f);
    }
    e->workers = keep;
}

static int has_letter(const Letters *l, const char *word)
{
    for (int k = 0; k < l->n; k++) if (!strcmp(l->at[k], word)) return 1;
    return 0;
}

/* Marks that a learned program forces a class for stand around its input. */
static void marks(const Letters *l, Side *s)
{
    const Tprog *t = s->r.p->learned;
    if (!t) return;
    if (t->first_token >= 0 && !has_letter(l, t->words.at[t->first_token])) s->begin = t->words.at[t->first_token];
    if (t->last_token >= 0 && !has_letter(l, t->words.at[t->last_token])) s->end = t->words.at[t->last_token];
}

/* The other program in a context of its own; without one, the first as it is written. */
static int open_both(Equiv *e, Options *o, Ctx *ctx, Options *ob, Ctx *other)
{
    int alone = !o->calls.at[0]->args.n;
    ctx_again(other, ctx);
    if (other->diag.out != stderr) fclose(other->diag.out);
    other->diag.out = stderr;
    other->diag.json = ctx->diag.json;
    *ob = *o;
    ob->input = alone ? o->input : o->calls.at[0]->args.at[0];
    if (alone) ob->opt.level = 0;
    if (!is_program(o) && !is_program(ob)) return usage("%s", "equiv compares programs over tokens (.rasp, .py), or one of them with a model");
    o->json_io = ob->json_io = 1;
    e->side[0] = (Side){.r = {.ctx = ctx, .o = o, .like = is_program(o) ? NULL : ob->input}, .label = o->input};
    e->side[1] = (Side){.r = {.ctx = other, .o = ob, .like = is_program(ob) ? NULL : o->input}, .label = alone ? "as written (-O0)" : ob->input};
    int st = program_open(&e->side[0].r);
    if (st) return st;
    st = program_open(&e->side[1].r);
    diag_flush(&other->diag);
    if (st) { program_close(&e->side[0].r); return st; }
    e->kinds = !e->side[0].r.p->learned && !e->side[1].r.p->learned;
    for (int k = 0; k < 2; k++) marks(&e->l, &e->side[k]);
    return 0;
}

static void run_all(Equiv *e, int length, Found *sum)
{
    int64_t count = 1;
    *sum = (Found){.first = -1};
    for (int n = 1; n <= length; n++) {
        Found f;
        count *= e->l.n;
        of_length(e, n, count, (double)sum->inputs, &f);
        if (f.first >= 0 && !sum->differ) show(e, n, f.first);
        add(sum, &f);
        if (!sum->differ) continue;
        printf("  of %d tokens: %lld of %lld inputs differ; at each position", n, (long long)f.differ, (long long)f.inputs);
        for (int k = 0; k < n; k++) printf(" %lld", (long long)f.at[k]);
        printf("\n");
    }
    if (isatty(2)) fprintf(stderr, "\r%*s\r", 60, "");
}

int equiv_verb(Options *o, Ctx *ctx)
{
    Equiv e = {0};
    Ctx other;
    Options ob;
    Found sum;
    double power = 1;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    e.workers = processors < 1 ? 1 : processors > MOST_WORKERS ? MOST_WORKERS : (int)processors;
    if (o->calls.n > 1 || (o->calls.n && o->calls.at[0]->args.n > 1)) return usage("%s", "equiv wants two programs, or one, which is compared with itself as written");
    if (!o->calls.n) { CallSpec *none = NEW(ctx->perm, CallSpec); vec_push(ctx->perm, &o->calls, none); }
    if (!letters_of(ctx, o->alphabet, &e.l)) return usage("%s", "equiv wants --alphabet=LETTERS, or a JSON list of texts; up to 64");
    if (o->length < 1) return usage("%s", "--length is at least 1");
    for (int k = 0; k < o->length; k++) e.all += power *= e.l.n;
    if (e.all > 1e9) return usage("%s", "more than a thousand million inputs: take a smaller --length or --alphabet");
    int st = open_both(&e, o, ctx, &ob, &other);
    if (!st) {
        run_all(&e, o->length, &sum);
        if (sum.differ) printf("%lld of %lld inputs differ\n", (long long)sum.differ, (long long)sum.inputs);
        else printf("the same on all %lld inputs of 1..%d tokens%s\n", (long long)sum.inputs, o->length, sum.refused ? arena_printf(ctx->perm, " (%lld of them refused by both)", (long long)sum.refused) : "");
        for (int k = 0; k < 2; k++) program_close(&e.side[k].r);
    }
    ctx_close(&other);
    return st ? st : sum.differ ? EXIT_INPUT : 0;
}
