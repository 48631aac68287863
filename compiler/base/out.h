/* out.h - text being written: a growing buffer with indentation, saved atomically (temporary file, then rename),
 * so that a failed run leaves no half-written file. */
#ifndef BASE_OUT_H
#define BASE_OUT_H
#include "compiler/base/diag.h"

typedef struct Out { Arena *arena; char *at; size_t n, cap; int indent; int bol; } Out; /* indent: levels of 2 spaces; at[n] == 0 */

void out_init(Out *o, Arena *a);
void out_f(Out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* indentation is put at line starts */
void out_s(Out *o, const char *text);
void out_n(Out *o, const char *bytes, size_t n);   /* raw, no indentation */
/* Shortest decimal text that reads back as the same double / float ("1e-05", "0.1"); inf and nan as "inf" "-inf" "nan". */
const char *fmt_f64(Arena *a, double x);
const char *fmt_f32(Arena *a, float x);            /* for C: always has '.' or 'e' and no suffix */

/* Writes bytes to path through path.tmpXXXX and rename. "-" is stdout. On failure: diag_fatal "cannot-write". */
void file_save(Diag *d, const char *path, const void *bytes, size_t n);
/* The same for a file that is too big for memory: open, append, commit (rename) or abandon (unlink). */
typedef struct BigFile BigFile;
BigFile *bigfile_open(Diag *d, Arena *a, const char *path);
void     bigfile_write(BigFile *f, const void *bytes, size_t n);
void     bigfile_rewrite(BigFile *f, const void *bytes, size_t n);   /* the first n bytes, when all is written; not of "-" */
void     bigfile_commit(BigFile *f);
void     bigfile_abandon(BigFile *f);
#endif
