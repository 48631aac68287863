/* files.c - the emitted files, all or none. Takes a plan and names, writes every file beside its place first and puts
 * them there when all are complete. Weights stream: one tensor at a time is in memory. */
#include <string.h>
#include "compiler/driver/driver.h"

static void put(void *u, const void *bytes, size_t n) { bigfile_write(u, bytes, n); }

static BigFile *text_file(Ctx *ctx, const char *path, const Out *text)
{
    BigFile *f = bigfile_open(&ctx->diag, ctx->perm, path);
    if (text->n) bigfile_write(f, text->at, text->n);
    return f;
}

void files_write(Ctx *ctx, const Plan *p, EmitOptions *eo, const FileSet *to)
{
    EmitFiles f = {0};
    eo->split = eo->weights == WEIGHTS_inline && p->weight_bytes > 1 << 20;
    emit_c(p, eo, &f, ctx->perm);
    if (ctx->diag.errors) return;
    BigFile *file[4];
    int n = 0;
    if (to->bin) {
        unsigned char header[IMAGE_HEADER];
        ImageSum sum;
        image_sum(p, &sum);
        image_header(p, &sum, f.id, header);
        file[n] = bigfile_open(&ctx->diag, ctx->perm, to->bin);
        bigfile_write(file[n], header, sizeof header);
        image_put(p, (Sink){put, file[n]});
        n++;
    }
    if (to->s) file[n++] = text_file(ctx, to->s, &f.s);
    if (to->h) file[n++] = text_file(ctx, to->h, &f.h);
    file[n] = text_file(ctx, to->c, &f.c);
    if (eo->split) {
        weights_text(p, (Sink){put, file[n]});
        bigfile_write(file[n], f.c_end.at, f.c_end.n);
    }
    n++;
    for (int k = 0; k < n; k++) bigfile_commit(file[k]);
}
