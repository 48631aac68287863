/* tfx.h - the .tfx frontend: text to graph. */
#ifndef TFX_TFX_H
#define TFX_TFX_H
#include "compiler/ir/ir.h"
/* model: NULL takes the only (or last) model of the file. NULL after diagnostics (ctx->diag.errors > 0).
 * Weights: from the file's bind blocks (paths relative to the .tfx file, then -I), ctx->weights_override,
 * or synthetic when ctx->random_weights. */
Module *tfx_load(Ctx *ctx, Source *s, const char *model);
#endif
