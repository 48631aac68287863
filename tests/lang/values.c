/* values.c - what texts mean, in numbers. Takes .tfx files with calls and results in their first comment lines, e.g.
 *   // call step T=3 x=[1,2,3] n=2
 *   // gives out=[3,2,1]            (or: // gives status=2)
 * and runs them, before and after the passes, in the reference interpreter. Calls of one file share its states.
 * Prints `ok NAME` or `not ok NAME: why`. Lists are flat, row-major. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/opt/opt.h"
#include "frontends/tfx/tfx.h"

typedef struct List { const char *name; size_t n; int count; double v[4096]; } List;
typedef struct Case { Ctx ctx; const char *file; Module *m; Interp *ip; Value *out; const Entry *e; int status, failed; } Case;

static const char *read_list(const char *p, List *l)
{
    l->name = p;
    l->n = strcspn(p, "= \n");
    p += l->n;
    l->count = 0;
    if (*p == '=') p++;
    int brackets = *p == '[';
    p += brackets;
    while (*p && *p != '\n' && *p != ']' && (brackets || *p != ' ')) {
        char *end;
        l->v[l->count++ & 4095] = !strncmp(p, "true", 4) ? 1 : !strncmp(p, "false", 5) ? 0 : strtod(p, &end);
        p += strcspn(p, brackets ? ",]\n" : " \n");
        while (brackets && (*p == ',' || *p == ' ')) p++;
    }
    if (*p == ']') p++;
    return p + strspn(p, " ");
}

static int is_name(const List *l, const char *name) { return strlen(name) == l->n && !strncmp(l->name, name, l->n); }

static void fail(Case *c, const char *why, const char *line)
{
    if (!c->failed) printf("not ok %s: %s: %.*s\n", c->file, why, (int)strcspn(line, "\n"), line);
    c->failed = 1;
}

static void set_input(Case *c, const List *l, Value *in, int64_t *dims, unsigned char *given)
{
    for (int k = 0; k < c->e->dims.n; k++)
        if (is_name(l, c->e->dims.at[k]->name)) dims[k] = (int64_t)l->v[0];
    for (int k = 0; k < c->e->inputs.n; k++) {
        if (!is_name(l, c->e->inputs.at[k]->name)) continue;
        given[k] = 1;
        if (value_count(&in[k]) != l->count) fail(c, "wrong number of values", l->name);
        for (int i = 0; i < l->count && i < value_count(&in[k]); i++) {
            if (in[k].f) in[k].f[i] = l->v[i];
            else in[k].i[i] = (int64_t)l->v[i];
        }
    }
}

static int64_t size_of(const Entry *e, const int64_t *dims, const Expr *x)
{
    int64_t v = 0;
    if (ex_is_int(x, &v)) return v;
    for (int k = 0; k < e->dims.n; k++)
        if (x->op == EX_sym && x->u.sym == e->dims.at[k]) return dims[k];
    return 0;
}

static void call(Case *c, const char *line)
{
    List *l = NEW(c->ctx.perm, List);
    int64_t dims[16] = {0};
    unsigned char given[32] = {0};
    const char *p = read_list(line, l), *rest = p;
    c->e = NULL;
    for (int k = 0; k < c->m->entries.n; k++)
        if (is_name(l, c->m->entries.at[k]->name)) c->e = c->m->entries.at[k];
    if (!c->e) {
        fail(c, "no such entry", line);
        return;
    }
    Value *in = NEWN(c->ctx.perm, Value, c->e->inputs.n + 1);
    for (int pass = 0; pass < 2; pass++) {               /* sizes first, then what has them */
        for (p = rest; *p && *p != '\n';) {
            p = read_list(p, l);
            if (pass) set_input(c, l, in, dims, given);
            else
                for (int k = 0; k < c->e->dims.n; k++)
                    if (is_name(l, c->e->dims.at[k]->name)) dims[k] = (int64_t)l->v[0];
        }
        for (int k = 0; k < c->e->inputs.n && !pass; k++) {
            const Node *n = c->e->inputs.at[k];
            int64_t shape[MAX_RANK];
            for (int d = 0; d < n->rank; d++) shape[d] = size_of(c->e, dims, n->ext[d]);
            in[k] = value_new(c->ctx.perm, n->dtype, n->rank, shape);
        }
    }
    for (int k = 0; k < c->e->inputs.n; k++)
        if (!given[k]) fail(c, "an input is missing", line);
    const char *why = "";
    c->out = NEWN(c->ctx.perm, Value, c->e->outputs.n + 1);
    c->status = (int)interp_run(c->ip, c->e, dims, in, c->out, NULL, &why);
}

static void gives(Case *c, const char *line)
{
    List *l = NEW(c->ctx.perm, List);
    for (const char *p = line; *p && *p != '\n';) {
        p = read_list(p, l);
        int known = 0;
        if (is_name(l, "status")) {
            if (c->status != (int)l->v[0]) fail(c, "another status", line);
            continue;
        }
        if (c->status) fail(c, "the call failed", line);
        for (int k = 0; c->e && k < c->e->outputs.n && !c->status; k++) {
            if (!is_name(l, c->e->outputs.at[k].name)) continue;
            known = 1;
            const Value *v = &c->out[k];
            if (value_count(v) != l->count) fail(c, "another number of values", line);
            for (int i = 0; i < l->count && i < value_count(v); i++) {
                double x = v->f ? v->f[i] : (double)v->i[i], want = l->v[i];
                if (x == want || fabs(x - want) <= 1e-6 * (1 + fabs(want))) continue;
                if (!c->failed) printf("# %s[%d] is %.9g, wanted %.9g\n", c->e->outputs.at[k].name, i, x, want);
                fail(c, "another value", line);
            }
        }
        if (!known && !c->status) fail(c, "no such output", line);
    }
}

static int run_file(const char *file, int level)
{
    Case *c = calloc(1, sizeof *c);
    const char *why;
    jmp_buf env;
    c->file = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    c->ctx.perm = arena_new();
    c->ctx.strings = strings_new(c->ctx.perm);
    sources_init(&c->ctx.sources, c->ctx.perm);
    diag_init(&c->ctx.diag, c->ctx.perm, &c->ctx.sources);
    c->ctx.random_weights = strstr(file, "random") != NULL;
    c->ctx.diag.out = stdout;
    c->ctx.diag.fatal = &env;
    Source *s = source_read(&c->ctx.sources, file, &why);
    c->m = s && !setjmp(env) ? tfx_load(&c->ctx, s, NULL) : NULL;
    OptOptions o = {.level = level};
    if (!c->m || (level && opt_run(c->m, &o))) fail(c, "does not compile", "");
    int lines = 0;
    if (!c->failed) c->ip = interp_new(c->m, c->ctx.perm);
    for (const char *p = s ? s->text : ""; !c->failed && !strncmp(p, "// ", 3); p = strchr(p, '\n') + 1) {
        if (!strncmp(p, "// call ", 8)) call(c, p + 8);
        else if (!strncmp(p, "// gives ", 9)) gives(c, p + 9), lines++;
    }
    if (!c->failed && !lines) fail(c, "says nothing", "");
    diag_flush(&c->ctx.diag);
    int failed = c->failed;
    mapfiles_close(&c->ctx.maps);
    arena_free(c->ctx.perm);
    free(c);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int k = 1; k < argc; k++) {
        int bad = run_file(argv[k], 0) || run_file(argv[k], 1);
        failed += bad;
        if (!bad) printf("ok %s\n", argv[k]);
    }
    return failed != 0;
}
