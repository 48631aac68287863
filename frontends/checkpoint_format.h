/* checkpoint_format.h - what a reader of one checkpoint format is given and gives. For the folders of the
 * formats only; users of checkpoints include checkpoint.h. */
#ifndef FRONTENDS_CHECKPOINT_FORMAT_H
#define FRONTENDS_CHECKPOINT_FORMAT_H
#include "frontends/checkpoint.h"

/* Values are used where they lie in the file, and files are little-endian. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are read on little-endian hosts only");

/* One file of a checkpoint (a sharded one has several). */
typedef struct CheckpointFile {
  Checkpoint *cp;
  const char *path;
  const unsigned char *data;
  size_t size;
  Source *source;                      /* for places; holds at most the first part of a big file */
} CheckpointFile;

typedef struct CheckpointFormat {
  const char *name;                    /* what the user writes */
  const char *suffix;                  /* ".npz" */
  int (*sniff)(const unsigned char *data, size_t size);   /* do the first bytes look like this format? */
  int (*read)(CheckpointFile *f);      /* adds tensors to f->cp; 0 after diagnostics */
} CheckpointFormat;

#define FORMAT(row) extern const CheckpointFormat checkpoint_##row;
#include "frontends/checkpoints.def"
#undef FORMAT

enum { CHECKPOINT_NAME_MAX = 512 };    /* bytes; names end in messages and, made safe, in C identifiers */

#define CHECKPOINT_NOWHERE UINT64_MAX

/* Opens and maps one more file of cp and records it in deps; `at`: who asks. 0 after "cannot-read". */
int checkpoint_file(CheckpointFile *f, Checkpoint *cp, const char *path, Span at);
/* The place of bytes [offset, offset + len) of the file. Beyond what the Source holds: byte 0, and a note with the real
 * offset follows the error if this was the last place asked for. */
Span checkpoint_span(const CheckpointFile *f, uint64_t offset, uint64_t len);
/* Bytes that `rank` sizes of `bits` wide elements take, and their count. 0 when a product leaves int64 or is no
 * whole number of bytes. Zero sizes count as 1 in the overflow check, so strides are safe to compute as well. */
int checkpoint_bytes(const int64_t *shape, int rank, int bits, uint64_t *bytes);
/* "[64,48]" */
const char *checkpoint_shape_text(Arena *a, const int64_t *shape, int rank);
/* Is the name fit to be shown and looked up? 0 after "checkpoint-name". `at`: where the name stands. */
int checkpoint_check_name(const CheckpointFile *f, const char *name, size_t len, Span at);
/* Adds t (name, dtype, shape, data, bytes, span; .file is set here) to f->cp, or, with unsupported != NULL, an
 * empty tensor that is described by that text. `offset`: where the data are in the file, for messages about values;
 * CHECKPOINT_NOWHERE when they were unpacked or reordered.
 * 0 after "checkpoint-duplicate" or "checkpoint-value". */
int checkpoint_add(CheckpointFile *f, const Tensor *t, const char *unsupported, uint64_t offset);

/* Little-endian integers at any alignment. */
static inline uint64_t load_le(const unsigned char *p, int bytes)
{
  uint64_t v = 0;
  for (int i = bytes - 1; i >= 0; i--) v = v << 8 | p[i];
  return v;
}
#endif
