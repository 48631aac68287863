/* golden.c - the calls of --self-test: each entry once, small sizes, random inputs, results of the interpreter on the
 * model as it was written. Takes the options of the run (the model is loaded a second time), fills in EmitOptions. */
#include <string.h>
#include "compiler/driver/driver.h"

enum { SIZE = 5, TRIES = 20 };

/* Sizes that are odd when they may be: tails of vector loops are tested too. */
static void sizes(const Entry *e, CallValues *v)
{
    for (int k = 0; k < e->dims.n; k++) {
        const Sym *s = e->dims.at[k];
        v->dims[k] = s->lo > SIZE ? s->lo : s->hi < SIZE ? s->hi : SIZE;
    }
}

/* The first seed whose call is accepted, tried on a state of its own; 0: none. */
static uint64_t good_seed(const Module *m, int entry, uint64_t seed)
{
    for (uint64_t k = 0; k < TRIES; k++) {
        Arena *a = arena_new();
        CallValues v = {0};
        const char *why;
        sizes(m->entries.at[entry], &v);
        values_random(a, m, entry, seed + k, &v);
        int ok = interp_run(interp_new(m, a), v.e, v.dims, v.in, v.out, NULL, &why) == INTERP_OK;
        arena_free(a);
        if (ok) return seed + k;
    }
    return 0;
}

void golden_calls(const Options *o, Ctx *ctx, EmitOptions *eo)
{
    Ctx *again = NEW(ctx->perm, Ctx);
    ctx_again(again, ctx);
    Module *m = model_load(o, again);
    if (!m) bug("the model that was loaded once is not the second time");
    GoldenCall *g = NEWN(ctx->perm, GoldenCall, m->entries.n + 1);
    Interp *ip = interp_new(m, ctx->perm);
    int n = 0;
    for (int k = 0; k < m->entries.n; k++) {
        CallValues *v = NEW(ctx->perm, CallValues);
        const char *why;
        uint64_t seed = m->entries.at[k]->dims.n <= MAX_DIMS ? good_seed(m, k, o->seed) : 0;
        if (seed) {
            sizes(m->entries.at[k], v);
            values_random(ctx->perm, m, k, seed, v);
        }
        if (!seed || interp_run(ip, v->e, v->dims, v->in, v->out, NULL, &why) != INTERP_OK) {
            diag_warn(&ctx->diag, span_none(), "no-self-test", "entry %s refuses the random inputs that were tried: it has no self-test", m->entries.at[k]->name);
            continue;
        }
        g[n++] = (GoldenCall){k, v->dims, v->in, v->out, seed};
    }
    ctx_close(again);                       /* the values are in the arena of ctx */
    eo->golden = g;
    eo->ngolden = n;
}
