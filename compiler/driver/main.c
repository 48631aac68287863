/* main.c - one compilation in one process: context, the single setjmp of a run, exit status. */
#include <string.h>
#include <unistd.h>
#include "compiler/driver/driver.h"

void ctx_init(Ctx *ctx)
{
    memset(ctx, 0, sizeof *ctx);
    ctx->perm = arena_new();
    ctx->strings = strings_new(ctx->perm);
    sources_init(&ctx->sources, ctx->perm);
    diag_init(&ctx->diag, ctx->perm, &ctx->sources);
}

void ctx_again(Ctx *to, const Ctx *from)
{
    ctx_init(to);
    for (int k = 0; k < from->defines.n; k++) vec_push(to->perm, &to->defines, from->defines.at[k]);
    for (int k = 0; k < from->include_dirs.n; k++) vec_push(to->perm, &to->include_dirs, from->include_dirs.at[k]);
    to->weights_override = from->weights_override;
    to->random_weights = from->random_weights;
    to->random_seed = from->random_seed;
    to->target = from->target;
    to->tuning_file = from->tuning_file;
    to->threads = from->threads;
    to->diag.fatal = from->diag.fatal;
    to->diag.out = fopen("/dev/null", "w");
    if (!to->diag.out) to->diag.out = stderr;
}

void ctx_close(Ctx *ctx)
{
    diag_flush(&ctx->diag);
    if (ctx->diag.out != stderr) fclose(ctx->diag.out);
    mapfiles_close(&ctx->maps);
    arena_free(ctx->perm);
}

static int run(Ctx *ctx, Options *o)
{
    jmp_buf env;
    ctx->diag.fatal = &env;
    if (setjmp(env)) return EXIT_INPUT;
    switch (o->verb) {
    case VERB_run: return run_verb(o, ctx);
    case VERB_verify: return verify_verb(o, ctx);
    case VERB_bench: return bench_verb(o, ctx);
    case VERB_tune: return tune_verb(o, ctx);
    case VERB_equiv: return equiv_verb(o, ctx);
    case VERB_trace: return trace_verb(o, ctx);
    default: return compile_run(o, ctx);
    }
}

int main(int argc, char **argv)
{
    Ctx ctx;
    Options o;
    ctx_init(&ctx);
    int status = options_parse(&o, &ctx, argc, argv);
    if (!status) {
        ctx.diag.json = o.json; ctx.diag.color = o.color && !o.json; ctx.diag.werror = o.werror;
        if (o.help) options_help(o.help);
        else if (o.version) printf("tfxc %s\n", TFXC_VERSION);
        else status = run(&ctx, &o);
        diag_flush(&ctx.diag);
        if (!status && ctx.diag.errors) status = EXIT_INPUT;
        if (fflush(stdout)) { fprintf(stderr, "tfxc: cannot write standard output\n"); status = status ? status : EXIT_INPUT; }
    }
    ctx_close(&ctx);
    return status;
}
