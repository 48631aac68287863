/* run.c - tfxc run: one or more calls of a model's entries over one state, by compiled C or by the reference
 * interpreter; outputs are printed, or saved for numpy. */
#include <string.h>
#include "compiler/driver/driver.h"
#include "frontends/npz/npy_write.h"

typedef struct Runner { Ctx *ctx; Module *m; Interp *ip; Host *host; } Runner;

static int runner_open(Runner *r, Options *o, Ctx *ctx)
{
    *r = (Runner){ctx, model_load(o, ctx), NULL, NULL};
    if (!r->m) return EXIT_INPUT;
    if (o->interpret) {
        r->ip = interp_new(r->m, ctx->perm);
        return 0;
    }
    if (opt_run(r->m, &o->opt)) return EXIT_INPUT;
    Plan *p = model_plan(ctx, r->m);
    if (!p) return EXIT_INPUT;
    r->host = host_build(ctx, p);
    return r->host ? 0 : EXIT_USAGE;
}

static int call(Runner *r, CallValues *v)
{
    const char *why = NULL;
    int status;
    if (r->ip) {
        status = (int)interp_run(r->ip, v->e, v->dims, v->in, v->out, NULL, &why);
        why = why && status ? arena_printf(r->ctx->perm, "%s (%s)", status_text(status), why) : NULL;
    } else status = host_call(r->host, v->index, v->dims, v->in, v->out);
    if (status > 0) fprintf(stderr, "tfxc: %s: %s\n", v->e->name, why ? why : status_text(status));
    return status ? EXIT_INPUT : 0;
}

typedef struct Saved { VEC(NpyArray) list; } Saved;

/* number: of the call, when there are several */
static void keep(Runner *r, const CallValues *v, int number, Saved *to)
{
    Arena *a = r->ctx->perm;
    for (int k = 0; k < v->e->outputs.n; k++) {
        const Value *x = &v->out[k];
        const char *name = v->e->outputs.at[k].name;
        unsigned char *bytes = arena_alloc(a, (size_t)value_count(x) * 8 + 8);
        value_store(x, bytes);
        NpyArray n = {number ? arena_printf(a, "%d.%s", number, name) : name, x->dtype, x->rank, x->shape, bytes};
        vec_push(a, &to->list, n);
    }
}

static int ends(const char *s, const char *tail) { size_t n = strlen(s), m = strlen(tail); return n > m && !strcmp(s + n - m, tail); }

static int save(const Options *o, Ctx *ctx, const Saved *s)
{
    if (ends(o->output, ".npz")) npz_save(&ctx->diag, ctx->perm, o->output, s->list.at, s->list.n);
    else if (s->list.n == 1) npy_save(&ctx->diag, ctx->perm, o->output, s->list.at[0].dtype, s->list.at[0].rank, s->list.at[0].shape, s->list.at[0].data);
    else return usage("-o: several outputs fit into a FILE.npz, not into '%s'", o->output);
    return 0;
}

static int calls(Runner *r, const Options *o, Saved *saved)
{
    CallValues v[2] = {{0}};
    const CallValues *before = NULL;
    Out text;
    out_init(&text, r->ctx->perm);
    for (int k = 0; k < o->calls.n; k++) {
        const CallSpec *spec = o->calls.at[k];
        if (spec->entry && !strcmp(spec->entry, "reset") && !spec->args.n) {
            if (r->ip) interp_reset(r->ip);
            else host_reset(r->host);
            continue;
        }
        CallValues *now = &v[k & 1];
        memset(now, 0, sizeof *now);
        int st = values_read(r->ctx, r->m, spec, before, now);
        if (!st) st = call(r, now);
        if (st) return st;
        keep(r, now, o->calls.n > 1 ? k + 1 : 0, saved);
        for (int j = 0; j < now->e->outputs.n && !o->output; j++) value_print(now->e->outputs.at[j].name, &now->out[j], &text);
        before = now;
    }
    if (text.n) fwrite(text.at, 1, text.n, stdout);
    return 0;
}

static int usable_output(const Options *o)
{
    if (!o->output || ends(o->output, ".npz") || ends(o->output, ".npy")) return 0;
    return usage("-o: outputs are saved as FILE.npy or FILE.npz, not '%s'", o->output);
}

int run_verb(Options *o, Ctx *ctx)
{
    Runner r;
    Saved saved = {{0}};
    int st = usable_output(o);
    if (is_program(o)) return st ? st : program_run(o, ctx);
    if (!o->calls.n) {
        CallSpec *first = NEW(ctx->perm, CallSpec);
        vec_push(ctx->perm, &o->calls, first);
    }
    if (!st) st = runner_open(&r, o, ctx);
    if (st) return st;
    st = calls(&r, o, &saved);
    if (!st && o->output) st = save(o, ctx, &saved);
    if (r.host) host_close(r.host);
    return st;
}
