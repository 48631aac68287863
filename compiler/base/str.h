/* str.h - interned strings: equal text is the same pointer, so names compare with ==. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include "compiler/base/arena.h"

typedef struct Strings Strings;
Strings    *strings_new(Arena *a);
const char *intern(Strings *s, const char *text);
const char *intern_n(Strings *s, const char *text, size_t n);
const char *intern_f(Strings *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Damerau-Levenshtein distance, capped at `max`+1: for "did you mean". */
int  str_distance(const char *a, const char *b, int max);
/* "a/b*" style glob match with * ? [abc] {x,y}; used for paths of parameters. */
int  str_glob(const char *pattern, const char *text);
#endif
