/* npy_write.h - writes arrays for numpy: one as .npy, several as .npz (stored, not compressed).
 * numpy has no bf16: such arrays are written as f32, which holds every value. */
#ifndef FRONTENDS_NPZ_NPY_WRITE_H
#define FRONTENDS_NPZ_NPY_WRITE_H
#include "compiler/base/out.h"
#include "compiler/ir/ir.h"

typedef struct NpyArray { const char *name; DType dtype; int rank; const int64_t *shape; const void *data; } NpyArray;

/* data: row-major, product(shape) elements, any alignment. On failure: diag_fatal "cannot-write". */
void npy_save(Diag *d, Arena *a, const char *path, DType dtype, int rank, const int64_t *shape, const void *data);
/* Names without ".npy"; each must be different and shorter than 65000 bytes. */
void npz_save(Diag *d, Arena *a, const char *path, const NpyArray *arrays, int n);
#endif
