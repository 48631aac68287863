/* files.c - the emitted files, all or none. Takes a plan and names, writes every file beside its place first and puts
 * them there when all are complete. Weights stream: one tensor at a time is in memory. */
#include <string.h>
#include "compiler/driver/driver.h"

static void put(void *u, const void *bytes, size_t n) { bigfile_write(u, bytes, n); }

typedef struct Files { BigFile *list[4]; int n; } Files;

static BigFile *add(Ctx *ctx, Files *all, const char *path)
{
    BigFile *f = bigfile_open(&ctx->diag, ctx->perm, path);
    all->list[all->n++] = f;
    return f;
}

static BigFile *text_file(Ctx *ctx, Files *all, const char *path, const Out *text)
{
    BigFile *f = add(ctx, all, path);
    if (text->n) bigfile_write(f, text->at, text->n);
    return f;
}

static void image_file(Ctx *ctx, Files *all, const Plan *p, uint64_t id, const char *path)
{
    unsigned char header[IMAGE_HEADER] = {0};
    BigFile *f = add(ctx, all, path);
    bigfile_write(f, header, sizeof header);
    ImageSum sum = image_put(p, (Sink){put, f});
    image_header(p, &sum, id, header);
    bigfile_rewrite(f, header, sizeof header);
}

static void write_all(Ctx *ctx, const Plan *p, const EmitOptions *eo, const FileSet *to, Files *all)
{
    EmitFiles f = {0};
    emit_c(p, eo, &f, ctx->perm);
    if (ctx->diag.errors) return;
    if (to->bin) image_file(ctx, all, p, f.id, to->bin);
    if (to->s) text_file(ctx, all, to->s, &f.s);
    if (to->h) text_file(ctx, all, to->h, &f.h);
    BigFile *c = text_file(ctx, all, to->c, &f.c);
    if (eo->split) {
        weights_text(p, (Sink){put, c});
        bigfile_write(c, f.c_end.at, f.c_end.n);
    }
    for (int k = 0; k < all->n; k++) bigfile_commit(all->list[k]);
}

void files_write(Ctx *ctx, const Plan *p, EmitOptions *eo, const FileSet *to)
{
    Files *all = NEW(ctx->perm, Files);
    jmp_buf env, *outer = ctx->diag.fatal;
    eo->split = eo->weights == WEIGHTS_inline && p->weight_bytes > 1 << 20;
    ctx->diag.fatal = &env;
    if (setjmp(env)) {                              /* one cannot be written: the others leave nothing behind */
        for (int k = 0; k < all->n; k++) bigfile_abandon(all->list[k]);
        ctx->diag.fatal = outer;
        longjmp(*outer, 1);
    }
    write_all(ctx, p, eo, to, all);
    ctx->diag.fatal = outer;
}
