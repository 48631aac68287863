/* unknown-pass: a pass that does not exist is refused before anything runs, with the nearest name. */
#include <stdlib.h>
#include "compiler/opt/opt.h"
#include "tests/unit/check.h"

static char *message(const OptOptions *o, int *errors)
{
    static const char text[] = "module \"m\"\nentry step(%1 x: f32[2]) {\n  %2 f32[2] = compute %1[o0]\n  output y %2\n}\n";
    char *told = NULL;
    size_t size = 0;
    Arena *a = arena_new();
    Ctx *ctx = NEW(a, Ctx);
    ctx->perm = a;
    sources_init(&ctx->sources, a);
    diag_init(&ctx->diag, a, &ctx->sources);
    ctx->diag.out = open_memstream(&told, &size);
    ctx->strings = strings_new(a);
    Module *m = graph_read(ctx, source_add(&ctx->sources, "m.ir", text, sizeof text - 1, 0));
    *errors = opt_run(m, o);
    diag_flush(&ctx->diag);
    fclose(ctx->diag.out);
    arena_free(a);
    return told;
}

int main(void)
{
    int errors;
    OptOptions o = {.level = 1, .only = "inlin"};
    char *told = message(&o, &errors);
    CHECK_INT(errors, 1);
    CHECK(strstr(told, "there is no pass inlin [unknown-pass]") && strstr(told, "did you mean inline?"));
    free(told);
    const char *skip[] = {"dce", "xyzzy"};
    o = (OptOptions){.level = 1};
    o.skip.at = skip;
    o.skip.n = 2;
    told = message(&o, &errors);
    CHECK_INT(errors, 1);
    CHECK(strstr(told, "there is no pass xyzzy [unknown-pass]") && !strstr(told, "did you mean"));
    free(told);
    return check_done();
}
