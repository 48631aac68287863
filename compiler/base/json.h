/* json.h - strict JSON (RFC 8259) into a tree on an arena; every node knows its byte offset in the source, so a
 * message can point into it. Duplicate keys, bad UTF-8, depth over 64, trailing text are errors. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "compiler/base/diag.h"

typedef enum JsonKind { JSON_null, JSON_bool, JSON_number, JSON_string, JSON_array, JSON_object } JsonKind;
typedef struct Json Json;
struct Json {
  JsonKind kind; uint32_t offset, end;   /* bytes [offset, end) in the text */
  double num; int64_t integer; int is_integer; /* is_integer: written without . or e and fits int64 */
  int boolean;
  const char *str; size_t len;           /* string value, unescaped, NUL-terminated (may contain NUL inside) */
  const char *key; size_t key_len; uint32_t key_offset; /* when a member of an object */
  Json *first, *next; int count;         /* children in order */
};
/* NULL on error; then *why says what and *at the byte offset. */
Json *json_parse(Arena *a, const char *text, size_t n, const char **why, size_t *at);
Json *json_get(const Json *object, const char *key);
#endif
