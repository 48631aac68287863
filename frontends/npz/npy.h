/* npy.h - one array in numpy's .npy form, alone in a file or as member of an .npz. */
#ifndef FRONTENDS_NPZ_NPY_H
#define FRONTENDS_NPZ_NPY_H
#include "frontends/checkpoint_format.h"

/* Bytes of one .npy: part of the file, or unpacked from it. */
typedef struct NpyInput {
  CheckpointFile *f;
  const unsigned char *data; size_t n; /* what there is so far; at least the header */
  uint64_t offset;                     /* in the file, of data[0] or of the packed member */
  int packed;                          /* unpacked bytes have no place of their own */
} NpyInput;

typedef struct NpyHeader {
  int dtype;                           /* DType, or -1: unsupported */
  const char *descr;                   /* type as the file spells it */
  int item;                            /* bytes of one element; 0 when unsupported */
  int swap, fortran;                   /* big-endian; first axis fastest */
  int rank; int64_t shape[MAX_RANK];
  size_t at;                           /* where the data begin */
  uint64_t bytes;                      /* data bytes; 0 when unsupported */
} NpyHeader;

enum { NPY_HEADER_MAX = 65536 };       /* bytes up to the data; numpy itself stops at 10000 */

int npy_is(const unsigned char *data, size_t size);
/* 0 after "checkpoint-truncated", "checkpoint-header" or "checkpoint-shape". */
int npy_header(const NpyInput *in, NpyHeader *h);
/* Adds the array, whose input is complete, under `name`. Big-endian and first-axis-fastest arrays are copied
 * into the usual order. 0 after diagnostics. */
int npy_add(const NpyInput *in, const NpyHeader *h, const char *name, Span at);
#endif
