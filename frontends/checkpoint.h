/* checkpoint.h - named tensors read from a weight file. Takes a path, gives Tensors whose data point into the
 * mapped file (or, where the file's bytes cannot be used as they are, into the arena). Is not: binding of names
 * to parameters, conversion of types, quantisation.
 *
 * Formats are rows of frontends/checkpoints.def, one folder each. Every length, offset and count of a file is
 * checked before it is used; a broken file gives diagnostics at the byte that is wrong, never a crash. */
#ifndef FRONTENDS_CHECKPOINT_H
#define FRONTENDS_CHECKPOINT_H
#include "compiler/ir/ir.h"

typedef struct Checkpoint {
  Ctx *ctx;
  const char *path, *format;           /* as given; name of the format that was read */
  VEC(Tensor) tensors;                 /* in the order of the file's table; .file and .span say where each is declared */
  VEC(const char *) unsupported;       /* per tensor: NULL, or its type and shape as text when no DType stores it.
                                          Such a tensor is listed as an empty u8[0] so that nothing can read past it. */
  unsigned char *used;                 /* per tensor: set by checkpoint_use, for warnings about the rest */
  SMap by_name;                        /* name -> Tensor* inside tensors */
  uint64_t far;                        /* for the readers: last place asked for, if it is too far in to be a Span; or 0 */
} Checkpoint;

/* Reads the table of the file at `path`, which is opened as written (a folder: its model.safetensors.index.json
 * or model.safetensors). `format`: "safetensors", "npz", "npy", or NULL to go by content, then by suffix.
 * `at`: the place that asks, used when the file cannot be opened and as a note of other errors.
 * NULL after diagnostics. Every file read is added to ctx->deps. Memory: ctx->perm. */
Checkpoint *checkpoint_open(Ctx *ctx, const char *path, const char *format, Span at);
/* The same from bytes in memory, which must outlive the result; `path` only names them. */
Checkpoint *checkpoint_parse(Ctx *ctx, const char *path, const void *data, size_t size, const char *format, Span at);

/* The tensor of that name, also when its type is unsupported; NULL when there is none. */
const Tensor *checkpoint_find(const Checkpoint *cp, const char *name);
/* Marks a tensor of cp as used. 0 after the diagnostic "checkpoint-dtype" when its type is not supported. */
int checkpoint_use(Checkpoint *cp, const Tensor *t, Span at);
/* The name in the file that is most like `name`, for "did you mean"; NULL when nothing is close. */
const char *checkpoint_nearest(const Checkpoint *cp, const char *name);
/* "f16[64,48]"; for an unsupported tensor the file's own spelling. */
const char *checkpoint_type_text(const Checkpoint *cp, const Tensor *t);

/* Row-major number of the first NaN or infinity; -1 when all are finite or the type is not a float one. */
int64_t checkpoint_first_nonfinite(const Tensor *t);
#endif
