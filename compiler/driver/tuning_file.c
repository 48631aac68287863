/* tuning_file.c - files of choices (--tuning=FILE): what tfxc tune writes and later compilations read. Text, one choice a line:
 *   tfxc-tuning 1
 *   model Words 0123456789abcdef
 *   target x86-64-v3
 *   processor AMD EPYC                          any: for all of them
 *   run/layer.*.q[128,768;768] rows 4           # to the end of the line: a comment
 * A file of another model, target or processor is ignored with a warning; one that is damaged is an error with its place. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "compiler/driver/driver.h"
#include "compiler/driver/tuning_file.h"
#include "compiler/plan/tuning.h"

static const char first_line[] = "tfxc-tuning 1";

const char *tuning_target(const Ctx *ctx) { return ctx->target ? ctx->target->name : "portable"; }

const char *tuning_processor(Arena *a)
{
    char line[256];
    struct utsname u;
    FILE *f = fopen("/proc/cpuinfo", "r");
    const char *name = NULL;
    while (f && !name && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !colon) continue;
        char *text = arena_str(a, colon + 1 + strspn(colon + 1, " \t"), strcspn(colon + 1 + strspn(colon + 1, " \t"), "\n#"));
        size_t n = strlen(text);
        while (n && strchr(" \t", text[n - 1])) text[--n] = 0;
        if (n) name = text;
    }
    if (f) fclose(f);
    return name ? name : uname(&u) ? "unknown" : arena_printf(a, "%s", u.machine);
}

static void tensor_text(Out *o, const Module *m, const Entry *e, const Node *n)
{
    int64_t v;
    out_f(o, " %s[", dtype_info[n->dtype].name);
    for (int k = 0; k < n->rank; k++) {
        int known = ex_is_int(n->ext[k], &v);
        out_f(o, known ? "%lld," : "<=%lld,", (long long)(known ? v : node_bound(m, e, n, k)));
    }
    out_s(o, "]");
}

/* What the model is to its callers: entries with the types and sizes of their inputs and outputs. Weights and the text do not count. */
const char *tuning_model(Arena *a, const Module *m)
{
    Out o;
    char hash[65];
    out_init(&o, a);
    for (int k = 0; k < m->entries.n; k++) {
        const Entry *e = m->entries.at[k];
        out_f(&o, "%s", e->name);
        for (int j = 0; j < e->inputs.n; j++) tensor_text(&o, m, e, e->inputs.at[j]);
        out_s(&o, " ->");
        for (int j = 0; j < e->outputs.n; j++) tensor_text(&o, m, e, e->outputs.at[j].node);
        out_s(&o, "\n");
    }
    sha256_hex(o.at ? o.at : "", o.n, hash);
    char *name = arena_printf(a, "%s", m->name && *m->name ? m->name : "model");
    for (char *p = name; *p; p++) if (*p <= ' ' || *p == '#') *p = '_';
    return arena_printf(a, "%s %.16s", name, hash);
}

/* ---- reading ---- */
typedef struct Reader { Ctx *ctx; const Source *s; Tuning *t; const char *model, *target, *processor; Span at_model, at_target, at_processor; } Reader;

static Span place(const Reader *r, const char *p, size_t n) { return source_span(&r->ctx->sources, r->s, (size_t)(p - r->s->text), n); }

static int damaged(const Reader *r, const char *p, size_t n, const char *what)
{
    diag_error(&r->ctx->diag, place(r, p, n ? n : 1), "tuning-format", "%s", what);
    return 0;
}

typedef struct Word { const char *p; size_t n; } Word;
static int words_of(const char *p, size_t n, Word *w, int most)
{
    int k = 0;
    for (const char *end = p + n; p < end;) {
        size_t gap = strspn(p, " \t\r"), len;
        if (gap > (size_t)(end - p)) gap = (size_t)(end - p);
        p += gap;
        for (len = 0; p + len < end && !strchr(" \t\r", p[len]); len++) {}
        if (!len) break;
        if (k == most) return most + 1;
        w[k++] = (Word){p, len};
        p += len;
    }
    return k;
}

static int is_word(Word w, const char *text) { return w.n == strlen(text) && !memcmp(w.p, text, w.n); }

/* "model ..", "target ..", "processor ..": 1 when it is one of them, -1 when it is there twice. */
static int header(Reader *r, const Word *w, int n, size_t len)
{
    static const char *const names[] = {"model", "target", "processor"};
    const char **to[] = {&r->model, &r->target, &r->processor};
    Span *at[] = {&r->at_model, &r->at_target, &r->at_processor};
    for (int k = 0; k < 3 && n > 1; k++) {
        if (!is_word(w[0], names[k])) continue;
        if (*to[k]) { damaged(r, w[0].p, w[0].n, arena_printf(r->ctx->perm, "a second line '%s'", names[k])); return -1; }
        while (len && strchr(" \t\r", w[1].p[len - 1])) len--;
        *to[k] = arena_str(r->ctx->perm, w[1].p, len);
        *at[k] = place(r, w[1].p, len);
        return 1;
    }
    return 0;
}

static int choice_of(Word w)
{
    for (int k = 0; k < TUNE_COUNT; k++) if (is_word(w, tune_info[k].name)) return k;
    return -1;
}

static int value_of(Word w, TuneChoice c, int *to)
{
    char text[16], *end;
    if (tune_info[c].lo == 0) {
        *to = is_word(w, "yes");
        return *to || is_word(w, "no");
    }
    if (w.n >= sizeof text || w.p[0] < '0' || w.p[0] > '9') return 0;
    memcpy(text, w.p, w.n);
    text[w.n] = 0;
    long v = strtol(text, &end, 10);
    *to = (int)v;
    return !*end && tune_allowed(c, v);
}

static int choice_line(Reader *r, const Word *w, int n)
{
    Arena *a = r->ctx->perm;
    int value, c;
    if (n != 3) return damaged(r, w[0].p, w[0].n, "a line is KEY CHOICE VALUE");
    if ((c = choice_of(w[1])) < 0) return damaged(r, w[1].p, w[1].n, "there is no such choice: columns, rows, alone, ahead, region");
    const TuneInfo *i = &tune_info[c];
    if (!value_of(w[2], (TuneChoice)c, &value))
        return damaged(r, w[2].p, w[2].n, i->lo ? arena_printf(a, "%s: %d to %d in steps of %d", i->name, i->lo, i->hi, i->step) : arena_printf(a, "%s: yes or no", i->name));
    if (!tuning_add(r->t, arena_str(a, w[0].p, w[0].n), (TuneChoice)c, value, place(r, w[0].p, w[0].n))) return damaged(r, w[0].p, w[0].n, "a second answer for this choice");
    return 1;
}

static int read_lines(Reader *r)
{
    int first = 1;
    for (const char *p = r->s->text; *p;) {
        size_t n = strcspn(p, "\n"), used = strcspn(p, "#\n");
        Word w[3];
        int k = words_of(p, used, w, 3), is_header = 0;
        if (first) {
            if (k != 2 || !is_word(w[0], "tfxc-tuning") || !is_word(w[1], "1")) return damaged(r, p, n, arena_printf(r->ctx->perm, "a tuning file begins with '%s'", first_line));
            first = 0;
        } else if (k) {
            is_header = header(r, w, k, k > 1 ? used - (size_t)(w[1].p - p) : 0);
            if (is_header < 0 || (!is_header && !choice_line(r, w, k))) return 0;
        }
        p += n + (p[n] == '\n');
    }
    if (first || !r->model || !r->target || !r->processor) return damaged(r, r->s->text, 1, "a line is missing: tfxc-tuning, model, target or processor");
    return 1;
}

static int other(const Reader *r, Span at, const char *what, const char *theirs, const char *ours)
{
    if (!strcmp(theirs, ours)) return 0;
    diag_warn(&r->ctx->diag, at, "tuning-ignored", "the tuning file is ignored: it is for the %s %s, and this is %s", what, theirs, ours);
    return 1;
}

Tuning *tuning_read(Ctx *ctx, const Module *m)
{
    const char *why = NULL;
    Source *s = source_read(&ctx->sources, ctx->tuning_file, &why);
    Tuning *none = tuning_new(ctx->perm);
    if (!s) { diag_error(&ctx->diag, span_none(), "cannot-read", "%s: %s", ctx->tuning_file, why); return none; }
    vec_push(ctx->perm, &ctx->deps, ctx->tuning_file);
    Reader r = {.ctx = ctx, .s = s, .t = tuning_new(ctx->perm)};
    if (!read_lines(&r)) return none;
    if (other(&r, r.at_model, "model", r.model, tuning_model(ctx->perm, m)) || other(&r, r.at_target, "target", r.target, tuning_target(ctx))) return none;
    if (strcmp(r.processor, "any") && other(&r, r.at_processor, "processor", r.processor, tuning_processor(ctx->perm))) return none;
    return r.t;
}

void tuning_unknown(Ctx *ctx, const Tuning *t)
{
    for (int k = 0; k < t->answers.n; k++) {
        const TuneAnswer *a = t->answers.at[k];
        if (!a->used) diag_warn(&ctx->diag, a->at, "tuning-unknown", "no step of this model has this choice: %s %s", a->key, tune_info[a->choice].name);
    }
}

void tuning_write(Out *o, const Ctx *ctx, const Module *m, const TuneLine *line, int n)
{
    Arena *a = o->arena;
    size_t wide = 0;
    for (int k = 0; k < n; k++) if (strlen(line[k].key) > wide) wide = strlen(line[k].key);
    out_f(o, "%s\nmodel %s\ntarget %s\nprocessor %s\n# measured by tfxc %s: choice, instead of what the rules have, time of a call before and after\n", first_line, tuning_model(a, m), tuning_target(ctx), tuning_processor(a), TFXC_VERSION);
    for (int k = 0; k < n; k++)
        out_f(o, "%-*s %s %s  # %s, %.3f\n", (int)wide, line[k].key, tune_info[line[k].choice].name, tuning_value(a, line[k].choice, line[k].value), tuning_value(a, line[k].choice, line[k].rule), line[k].ratio);
}
