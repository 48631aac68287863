/* Every tests/ir/err/ID*.ir must be refused with the id that its first line names, and only then by the verifier. */
#include <glob.h>
#include <stdlib.h>
#include "compiler/ir/ir.h"
#include "tests/unit/check.h"

static const char *first_id(Ctx *ctx, const char *path, Arena *a)
{
    char *log = NULL;
    size_t n = 0;
    const char *why;
    Source *s = source_read(&ctx->sources, path, &why);
    if (!s) return "unreadable";
    ctx->diag.out = open_memstream(&log, &n);
    jmp_buf env;
    ctx->diag.fatal = &env;
    if (!setjmp(env)) {
        Module *m = graph_read(ctx, s);
        if (m && !ctx->diag.errors) graph_verify(m, NULL);
    }
    diag_flush(&ctx->diag);
    fclose(ctx->diag.out);
    char *open = log ? strrchr(log, '[') : NULL, *line = log ? strchr(log, '\n') : NULL;
    if (line) { *line = 0; open = strrchr(log, '['); }
    const char *id = open ? arena_str(a, open + 1, strcspn(open + 1, "]")) : "none";
    free(log);
    return id;
}

int main(void)
{
    glob_t g;
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/tests/ir/err/*.ir", getenv("SRCDIR"));
    CHECK(!glob(pattern, 0, NULL, &g));
    for (size_t k = 0; k < g.gl_pathc; k++) {
        Ctx ctx;
        memset(&ctx, 0, sizeof ctx);
        Arena *a = ctx.perm = arena_new();
        ctx.strings = strings_new(a);
        sources_init(&ctx.sources, a);
        diag_init(&ctx.diag, a, &ctx.sources);
        const char *base = strrchr(g.gl_pathv[k], '/') + 1;
        const char *want = arena_str(a, base, strcspn(base, ".+"));
        const char *got = first_id(&ctx, g.gl_pathv[k], a);
        if (!CHECK(!strcmp(got, want))) printf("  %s: found [%s]\n", base, got);
        mapfiles_close(&ctx.maps);
        arena_free(a);
    }
    globfree(&g);
    return check_done();
}
