/* program.c - programs over tokens (RASP, learned Transformer Programs): which frontend reads a file, the model that it makes, and
 * calls of it: one input a call, one line for each. */
#include <stdlib.h>
#include <string.h>
#include "compiler/driver/program.h"
#include "frontends/tfx/tfx.h"

int is_program(const Options *o) { return o->input && (ends_with(o->input, ".rasp") || ends_with(o->input, ".py") || ends_with(o->input, ".json")); }

static int64_t max_length(Ctx *ctx)
{
    for (int k = 0; k < ctx->defines.n; k++) {
        Define *d = &ctx->defines.at[k];
        if (strcmp(d->name, "T")) continue;
        char *end;
        long long n = strtoll(d->value, &end, 10);
        d->used = 1;
        if (*end || n < 1 || n > 10000000) diag_error(&ctx->diag, span_none(), "program-length", "-D T=%s: the largest length is 1..10000000", d->value);
        else return n;
    }
    return 256;
}

/* Of a program with several s-ops, the one that is asked for. */
static const RaspEntry *entry_of(const Options *o, Ctx *ctx, const RaspProgram *p)
{
    const char *want = o->calls.n ? o->calls.at[0]->entry : NULL, *all = "";
    const RaspEntry *e = p->entries.n && !want ? &p->entries.at[p->entries.n - 1] : NULL;
    for (int k = 0; k < p->entries.n; k++) {
        if (want && !strcmp(p->entries.at[k].name, want)) e = &p->entries.at[k];
        all = arena_printf(ctx->perm, "%s%s%s", all, k ? ", " : "", p->entries.at[k].name);
    }
    if (!e) diag_error(&ctx->diag, span_none(), "rasp-entry", "%s: there is no s-op '%s'; the program has %s", o->input, want ? want : "", *all ? all : "none");
    return e;
}

static void forget_length(Ctx *ctx)
{
    for (int k = 0; k < ctx->defines.n; k++)
        if (!strcmp(ctx->defines.at[k].name, "T")) ctx->defines.at[k] = ctx->defines.at[--ctx->defines.n];
}

static const char *learned_text(const Options *o, Ctx *ctx, Tprog *t)
{
    Out notes;
    out_init(&notes, ctx->perm);
    if (o->opt.level > 0) tprog_simplify(ctx, t, &notes);
    return tprog_text(ctx, t, notes.n ? notes.at : "");
}

Program *program_load(const Options *o, Ctx *ctx, Source *s)
{
    Program *p = NEW(ctx->perm, Program);
    int64_t most = max_length(ctx);
    const char *text, *name;
    if (ends_with(o->input, ".rasp")) {
        p->rasp = rasp_load(ctx, s, most);
        p->entry = p->rasp ? entry_of(o, ctx, p->rasp) : NULL;
        if (!p->entry) return NULL;
        text = p->entry->text;
        name = p->entry->name;
    } else {
        p->learned = ends_with(o->input, ".json") ? tprog_load_tensors(ctx, s, o->semantics, ctx->weights_override) : tprog_load(ctx, s, o->semantics, most);
        if (!p->learned) return NULL;
        text = learned_text(o, ctx, p->learned);
        name = p->learned->name;
    }
    vec_push(ctx->perm, &ctx->diag.disabled, "index-unproved");      /* what may fail at run time is meant to be checked there */
    forget_length(ctx);
    p->most = most;
    p->text = source_add(&ctx->sources, arena_printf(ctx->perm, "%s.tfx", name), text, strlen(text), 0);
    return p;
}

/* Names of codes, for the header of the emitted program. */
const NameTable *program_tables(Ctx *ctx, const Program *p, int *n)
{
    NameTable *t = NEWN(ctx->perm, NameTable, 2);
    *n = 0;
    if (p->rasp && p->rasp->texts.n) t[(*n)++] = (NameTable){"texts", "texts of more or less than one character, from code 0x110000 on", p->rasp->texts.n, p->rasp->texts.at};
    if (p->learned) {
        t[(*n)++] = (NameTable){"tokens", "token of each code", p->learned->words.n, p->learned->words.at};
        t[(*n)++] = (NameTable){"classes", "class of each result", p->learned->classes.n, p->learned->classes.at};
    }
    return t;
}

/* ---- runs ---- */

static int inputs_of(ProgramRunner *r, const Tokens *k, Value *in, const char **fault)
{
    int n = 0;
    if (r->p->learned) return learned_input(r->ctx, r->p->learned, k, fault, &in[0]);
    for (int b = 0; b < BASE_COUNT; b++)
        if (r->p->entry->uses[b] && !rasp_input(r->ctx, r->p->rasp, b, k, fault, &in[n++])) return 0;
    return n ? 1 : rasp_input(r->ctx, r->p->rasp, -1, k, fault, &in[0]);
}

int program_apply(ProgramRunner *r, const Tokens *k, Value **result, const char **fault)
{
    Value in[BASE_COUNT], *out;
    const Entry *e = r->m->entries.at[0];
    int64_t dims[1] = {k->v.n}, most = e->dims.n ? e->dims.at[0]->hi : k->v.n;
    const char *why = NULL;
    int status;
    if (!inputs_of(r, k, in, fault)) return 0;
    *result = out = NEWN(r->ctx->perm, Value, e->outputs.n + 1);
    for (int j = 0; j < e->outputs.n; j++) out[j] = value_new(r->ctx->perm, e->outputs.at[j].node->dtype, e->outputs.at[j].node->rank, dims);
    if (r->ip) status = (int)interp_run(r->ip, e, dims, in, out, NULL, &why);
    else status = host_call(r->host, 0, dims, in, out);
    if (status && k->v.n > most) return program_wrong(fault, arena_printf(r->ctx->perm, r->p->learned ? "it has %d tokens, the program takes %d" : "it is too long: %d tokens of %d; -D T=N allows N", k->v.n, (int)most));
    return status ? program_wrong(fault, status_text(status)) : 1;
}

int program_call(ProgramRunner *r, const char *input, Out *text, const char **fault)
{
    Tokens k;
    Value *out;
    if (!(r->p->learned ? words_read : tokens_read)(r->ctx, r->o, input, &k, fault) || !program_apply(r, &k, &out, fault)) return 0;
    if (r->p->learned) learned_print(r->p->learned, r->o->json_io, out, k.v.n, text);
    else (r->o->json_io ? rasp_print_json : rasp_print)(r->ctx, r->p->rasp, r->p->entry, out, k.v.n, text);
    return 1;
}

const char *program_element(const ProgramRunner *r, const Value *out, int64_t k, int kinds)
{
    if (r->p->learned) return r->p->learned->classes.at[out[0].i[k]];
    return rasp_element(r->ctx, r->p->rasp, r->p->entry, out, k, kinds);
}

/* The reference tries every s-op on the example and takes none that fails; so do we, with the interpreter. */
int program_example(const Options *o, Ctx *ctx, Program *p, const Module *m)
{
    Options json = *o;
    if (!p->rasp) return 1;
    Out text;
    ProgramRunner r = {.ctx = ctx, .o = &json, .p = p, .m = (Module *)(uintptr_t)m, .ip = interp_new(m, ctx->perm)};
    json.json_io = 1;
    out_init(&text, ctx->perm);
    const char *why = NULL;
    if (program_call(&r, p->rasp->example, &text, &why)) return 1;
    diag_error(&ctx->diag, p->entry->span, "rasp-example", "the s-op '%s' fails on the example %s: %s; `set example ..` gives another", p->entry->name, p->rasp->example, why);
    return 0;
}

/* A model stands for a program when it takes and gives what the program's own text does. */
static int same_entry(ProgramRunner *r, const Module *own)
{
    const Entry *a = own->entries.at[0], *b = r->m->entries.at[0];
    int same = r->m->entries.n == 1 && a->inputs.n == b->inputs.n && a->outputs.n == b->outputs.n && b->dims.n <= 1;
    for (int k = 0; same && k < a->inputs.n; k++) same = a->inputs.at[k]->dtype == b->inputs.at[k]->dtype && a->inputs.at[k]->rank == b->inputs.at[k]->rank;
    for (int k = 0; same && k < a->outputs.n; k++) same = a->outputs.at[k].node->dtype == b->outputs.at[k].node->dtype && a->outputs.at[k].node->rank == b->outputs.at[k].node->rank;
    if (!same) diag_error(&r->ctx->diag, b->span, "program-entry", "%s does not take and give what the program beside it does; tfxc --emit=tfx prints that", r->o->input);
    return same;
}

int program_open(ProgramRunner *r)
{
    const char *why = NULL, *path = r->o->input;
    Source *s = source_read(&r->ctx->sources, r->like ? r->like : path, &why);
    if (!s) return diag_error(&r->ctx->diag, span_none(), "cannot-read", "%s: %s", r->like ? r->like : path, why), EXIT_INPUT;
    if (r->like) r->o->input = r->like;
    r->p = program_load(r->o, r->ctx, s);
    r->o->input = path;
    r->m = r->p ? tfx_load(r->ctx, r->p->text, NULL) : NULL;
    if (!r->m || !program_example(r->o, r->ctx, r->p, r->m)) return EXIT_INPUT;
    if (r->like) {
        const Module *own = r->m;
        s = source_read(&r->ctx->sources, path, &why);
        if (!s) return diag_error(&r->ctx->diag, span_none(), "cannot-read", "%s: %s", path, why), EXIT_INPUT;
        r->m = tfx_load(r->ctx, s, r->o->model);
        if (!r->m || !same_entry(r, own)) return EXIT_INPUT;
    }
    if (r->o->interpret) { r->ip = interp_new(r->m, r->ctx->perm); return 0; }
    if (opt_run(r->m, &r->o->opt)) return EXIT_INPUT;
    Plan *p = model_plan(r->ctx, r->m);
    r->host = p ? host_build(r->ctx, p) : NULL;
    return r->host ? 0 : p ? EXIT_USAGE : EXIT_INPUT;
}

void program_close(ProgramRunner *r) { if (r->host) host_close(r->host); }

static int say(ProgramRunner *r, const char *input, Out *text)
{
    const char *why = NULL;
    if (program_call(r, input, text, &why)) return 1;
    fprintf(stderr, "tfxc: input %s: %s\n", input, why);
    return 0;
}

/* One input after the other; all are tried, the first failure makes the exit status. */
int program_run(Options *o, Ctx *ctx)
{
    ProgramRunner r = {.ctx = ctx, .o = o};
    Out text;
    int bad = 0, st = program_open(&r);
    const char *why = NULL;
    if (st) return st;
    out_init(&text, ctx->perm);
    const CallSpec *c = o->calls.n ? o->calls.at[0] : NULL;
    for (int k = 0; c && k < c->args.n; k++) bad |= !say(&r, c->args.at[k], &text);
    if (o->inputs) {
        Source *s = source_read(&ctx->sources, o->inputs, &why);
        if (!s) return usage("cannot read %s", arena_printf(ctx->perm, "%s: %s", o->inputs, why));
        for (const char *p = s->text; *p;) {
            size_t n = strcspn(p, "\r\n");
            if (n) bad |= !say(&r, arena_str(ctx->perm, p, n), &text);
            p += n + strspn(p + n, "\r\n");
        }
    }
    if (text.n) fwrite(text.at, 1, text.n, stdout);
    program_close(&r);
    return bad ? EXIT_INPUT : 0;
}
