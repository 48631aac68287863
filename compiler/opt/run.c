/* run.c - the order of passes, and what surrounds each: verifying, comparing answers, dumps, counts.
 * Takes a module and options, gives the number of errors; the passes themselves are one file each. */
#include <stdio.h>
#include <string.h>
#include "compiler/opt/check.h"
#include "compiler/opt/util.h"

enum { MAX_ROUNDS = 4 };

const PassInfo passes[] = {
#define PASS(name, level, group, doc) {#name, level, group, doc, pass_##name},
#include "compiler/opt/passes.def"
#undef PASS
};
const int pass_count = sizeof passes / sizeof *passes;

const PassInfo *pass_by_name(const char *name)
{
    for (int i = 0; i < pass_count; i++)
        if (!strcmp(passes[i].name, name)) return &passes[i];
    return NULL;
}

typedef struct Run { OptCtx c; OptCheck *check; int number, errors, stop; } Run;

static void dump(Run *r, const char *pass)
{
    const OptOptions *o = r->c.o;
    int all = o->dump_all != NULL, one = o->dump_after && !strcmp(o->dump_after, pass);
    if (!all && !one) return;
    Arena *a = arena_new();
    Out out;
    out_init(&out, a);
    graph_print(r->c.m, &out);
    if (all) file_save(&r->c.m->ctx->diag, arena_printf(a, "%s/%02d-%s.ir", o->dump_all, r->number, pass), out.at, out.n);
    if (one) file_save(&r->c.m->ctx->diag, "-", out.at, out.n);
    arena_free(a);
}

static void verify(Run *r, const char *pass)
{
    Arena *a = arena_new();
    Out faults;
    out_init(&faults, a);
    if (graph_verify(r->c.m, &faults)) bug("pass %s broke the graph:\n%s", pass, faults.at);
    arena_free(a);
}

static int run_pass(Run *r, const PassInfo *p)
{
    OptCtx *c = &r->c;
    const OptOptions *o = c->o;
    c->scratch = arena_new();
    c->pass = p->name;
    int changes = p->run(c, c->m);
    arena_free(c->scratch);
    c->scratch = NULL;
    r->number++;
    if (changes) verify(r, p->name);
    if (changes && r->check && !opt_check_pass(r->check, p->name)) r->errors++, r->stop = 1;
    if (o->stats && changes) fprintf(c->m->ctx->diag.out, "%02d %-10s %d rewrites\n", r->number, p->name, changes);
    if (o->stats && !changes) fprintf(c->m->ctx->diag.out, "%02d %-10s (unchanged)\n", r->number, p->name);
    dump(r, p->name);
    if (o->stop_after && !strcmp(o->stop_after, p->name)) r->stop = 1;
    return changes;
}

static int wanted(const OptOptions *o, const PassInfo *p)
{
    if (p->level > o->level) return 0;
    for (int i = 0; i < o->skip.n; i++)
        if (!strcmp(o->skip.at[i], p->name)) return 0;
    return 1;
}

/* Passes first .. end-1 once; in a group again and again. */
static void run_group(Run *r, int first, int end)
{
    int rounds = passes[first].group ? MAX_ROUNDS : 1;
    for (int round = 0; round < rounds; round++) {
        int changes = 0;
        for (int i = first; i < end && !r->stop; i++)
            if (wanted(r->c.o, &passes[i])) changes += run_pass(r, &passes[i]);
        if (!changes) return;
    }
}

static void run_all(Run *r)
{
    for (int i = 0, end; i < pass_count && !r->stop; i = end) {
        end = i + 1;
        while (passes[i].group && end < pass_count && passes[end].group == passes[i].group) end++;
        run_group(r, i, end);
    }
}

static int known(Module *m, const char *name)
{
    if (!name || pass_by_name(name)) return 1;
    diag_error(&m->ctx->diag, span_none(), "unknown-pass", "there is no pass %s", name);
    for (int i = 0; i < pass_count; i++)
        if (str_distance(name, passes[i].name, 2) <= 2) {
            diag_note(&m->ctx->diag, span_none(), "did you mean %s?", passes[i].name);
            break;
        }
    return 0;
}

int opt_run(Module *m, const OptOptions *o)
{
    Run r = {.c = {.m = m, .o = o}};
    int ok = known(m, o->only) & known(m, o->stop_after) & known(m, o->dump_after);
    for (int i = 0; i < o->skip.n; i++) ok &= known(m, o->skip.at[i]);
    if (!ok) return 1;
    Arena *a = arena_new();
    if (o->check) r.check = opt_check_new(m, a);
    if (o->only) run_pass(&r, pass_by_name(o->only));
    else run_all(&r);
    arena_free(a);
    return r.errors;
}
