/* diag.h - what the user is told. Text with carets (colour on a tty) or one JSON object a line.
 *   model.tfx:3:9: error: matmul: x has 64 columns, wq has 48 [shape-mismatch]
 *       3 |     let y = ...
 *         |         ^~~
 * Ids are stable slugs written at the call site; every id has a test named after it.
 * Notes belong to the diagnostic before them. An error of an id is shown once for a place. At most 20 errors are printed, then "too many errors". */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H
#include <setjmp.h>
#include <stdio.h>
#include "compiler/base/source.h"

typedef struct DiagSeen { const char *id; uint32_t at; } DiagSeen;
typedef struct Diag {
  Arena *arena; Sources *sources; FILE *out;       /* out: stderr by default */
  int json, color, werror, limit;                  /* limit: errors printed, default 20 */
  int errors, warnings, suppressed;                /* suppressed: last diagnostic was over the limit, disabled or a repetition */
  int repeated;                                    /* errors of an id at a place that had it already: counted, not shown */
  VEC(DiagSeen) seen;
  jmp_buf *fatal;                                  /* set by driver; diag_fatal jumps there */
  VEC(const char *) disabled;                      /* ids of -Wno-ID */
  struct DiagPending *pending;                     /* diagnostic under construction (notes are added until the next) */
} Diag;

void diag_init(Diag *d, Arena *a, Sources *s);
void diag_error(Diag *d, Span at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void diag_warn (Diag *d, Span at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void diag_note (Diag *d, Span at, const char *fmt, ...) __attribute__((format(printf, 3, 4))); /* the other half, a hint */
/* The environment is broken (unreadable file, full disk): prints and longjmps to d->fatal; never returns. */
_Noreturn void diag_fatal(Diag *d, Span at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Our own mistake: prints "internal error" with where, exits 70. */
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define bug(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
void diag_flush(Diag *d);                          /* prints what is pending; call before exit */
#endif
