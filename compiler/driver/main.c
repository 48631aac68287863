/* main.c - one compilation in one process: context, the single setjmp, exit status. */
#include <string.h>
#include "compiler/driver/driver.h"

static int run(Ctx *ctx, Options *o)
{
    jmp_buf env;
    ctx->diag.fatal = &env;
    if (setjmp(env)) return EXIT_INPUT;
    return compile_run(o, ctx);
}

int main(int argc, char **argv)
{
    Ctx ctx;
    Options o;
    memset(&ctx, 0, sizeof ctx);
    ctx.perm = arena_new();
    ctx.strings = strings_new(ctx.perm);
    sources_init(&ctx.sources, ctx.perm);
    diag_init(&ctx.diag, ctx.perm, &ctx.sources);
    int status = options_parse(&o, &ctx, argc, argv);
    if (!status) {
        ctx.diag.json = o.json; ctx.diag.color = o.color && !o.json; ctx.diag.werror = o.werror;
        if (o.help) options_help(o.help);
        else if (o.version) printf("tfxc 0.1.0\n");
        else status = run(&ctx, &o);
        diag_flush(&ctx.diag);
        if (!status && ctx.diag.errors) status = EXIT_INPUT;
    }
    mapfiles_close(&ctx.maps);
    arena_free(ctx.perm);
    return status;
}
