/* source.h - every input (text or binary) owns a range of one 32-bit address space, so that a place is
 * one number. Position 0 is "nowhere". */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H
#include "compiler/base/arena.h"

typedef struct Span { uint32_t lo, hi; } Span;      /* [lo, hi) ; lo == 0: no place */

typedef struct Source {
  const char *path;         /* as the user wrote it, shown in messages */
  const char *text;         /* NUL-terminated for text sources */
  size_t      size;
  uint32_t    base;         /* first position */
  int         binary;       /* places print as path:0xOFFSET */
} Source;

typedef struct Sources { Arena *arena; VEC(Source *) list; uint32_t next; } Sources;

typedef struct Place { const Source *source; int line, col; size_t offset; const char *line_text; int line_len; } Place;

void    sources_init(Sources *s, Arena *a);
Source *source_add(Sources *s, const char *path, const char *text, size_t size, int binary); /* text is not copied */
Source *source_read(Sources *s, const char *path, const char **why); /* whole text file; NULL and reason (errno text, "is a directory", NUL byte...) */
/* The span of bytes [offset, offset+n) of a source; span_none() for what lies beyond the positions it got
 * (a source takes at most 256 Mi positions, so base + offset may not be computed by hand for big files). */
Span    source_span(const Sources *s, const Source *src, size_t offset, size_t n);
int     source_place(const Sources *s, uint32_t pos, Place *out);    /* 0 when nowhere */
static inline Span span_none(void) { Span z = {0, 0}; return z; }
static inline Span span_join(Span a, Span b) { Span s = a; if (!a.lo) return b; if (!b.lo) return a; if (b.lo < s.lo) s.lo = b.lo; if (b.hi > s.hi) s.hi = b.hi; return s; }
#endif
