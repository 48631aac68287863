/* json.c - strict JSON (RFC 8259) into a tree on an arena.
 * Takes bytes, gives nodes that know their byte offsets, or one reason and one offset.
 * No extensions: no comments, no trailing commas, no NaN, no byte order mark. What the RFC leaves open is
 * refused: duplicate keys, lone surrogates, numbers beyond double, depth over 64. */
#include "compiler/base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

typedef struct Reader {
    Arena *arena;
    const char *text;
    size_t n, pos;
    const char *why;                /* the first thing that is wrong, NULL while all is well */
    size_t at;
} Reader;

static Json *value(Reader *r, int depth);

/* Remembers the first error; gives NULL so that callers can return it. */
static void *wrong(Reader *r, size_t at, const char *why)
{
    if (!r->why) r->why = why, r->at = at;
    return NULL;
}

/* The next byte, or -1 at the end. */
static int peek(const Reader *r)
{
    return r->pos < r->n ? (unsigned char)r->text[r->pos] : -1;
}

static void skip_space(Reader *r)
{
    for (int c; (c = peek(r)) == ' ' || c == '\t' || c == '\n' || c == '\r';) r->pos++;
}

static Json *node(Reader *r, JsonKind kind, size_t offset)
{
    Json *j = NEW(r->arena, Json);
    j->kind = kind;
    j->offset = (uint32_t)offset;
    j->end = (uint32_t)r->pos;
    return j;
}

/* ---- Strings */

/* Bytes of the UTF-8 character at the reader's place, 0 if it is not valid (RFC 3629, table of section 4). */
static size_t utf8_length(const Reader *r)
{
    const unsigned char *p = (const unsigned char *)r->text + r->pos;
    size_t left = r->n - r->pos;
    if (p[0] < 0x80) return 1;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0;      /* overlong */
    if (p[0] == 0xed && p[1] > 0x9f) return 0;      /* surrogates */
    if (p[0] == 0xf0 && p[1] < 0x90) return 0;      /* overlong */
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0;      /* over U+10FFFF */
    return n;
}

/* Four hex digits at the reader's place, or -1. */
static int32_t hex4(Reader *r)
{
    int32_t x = 0;
    for (int i = 0; i < 4; i++, r->pos++) {
        int c = peek(r);
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        x = x * 16 + digit;
    }
    return x;
}

/* A \u escape after its "u": the code point, pairs joined; -1 with an error. */
static int32_t unicode_escape(Reader *r, size_t start)
{
    int32_t x = hex4(r);
    if (x < 0) return wrong(r, start, "\\u wants four hexadecimal digits"), -1;
    if (x < 0xd800 || x > 0xdfff) return x;
    if (x < 0xdc00 && peek(r) == '\\') {
        r->pos++;
        if (peek(r) == 'u') {
            r->pos++;
            int32_t low = hex4(r);
            if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((x - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return wrong(r, start, "\\u escape is half of a surrogate pair"), -1;
}

static size_t put_utf8(char *out, int32_t x)
{
    if (x < 0x80) return out[0] = (char)x, 1;
    size_t n = x < 0x800 ? 2 : x < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; x >>= 6) out[i] = (char)(0x80 | (x & 0x3f));
    out[0] = (char)((0xf00 >> n & 0xff) | x);
    return n;
}

/* An escape after its backslash: writes the character to out, gives its bytes (0: error). */
static size_t escape(Reader *r, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    size_t start = r->pos - 1;
    int c = peek(r);
    if (c == 'u') {
        r->pos++;
        int32_t x = unicode_escape(r, start);
        return x < 0 ? 0 : put_utf8(out, x);
    }
    const char *found = c > 0 ? strchr(from, c) : NULL;
    if (!found) return wrong(r, start, "unknown escape in string"), (size_t)0;
    r->pos++;
    *out = to[found - from];
    return 1;
}

/* Where the string that starts after `pos` may end at the latest: its closing quote, or the end of the text. */
static size_t string_bound(const Reader *r)
{
    size_t i = r->pos;
    while (i < r->n && r->text[i] != '"') i += r->text[i] == '\\' ? 2 : 1;
    return i < r->n ? i : r->n;
}

/* A string at its opening quote. The unescaped text is never longer than the written one. */
static int string(Reader *r, const char **str, size_t *len)
{
    size_t open = r->pos++, n = 0;
    size_t most = string_bound(r) - r->pos;
    char *out = arena_alloc(r->arena, most + 1);
    for (;;) {
        int c = peek(r);
        if (c < 0) return wrong(r, open, "string has no end"), 0;
        if (c == '"') break;
        if (c < 32) return wrong(r, r->pos, "control character in string"), 0;
        size_t bytes;
        if (c == '\\') {
            r->pos++;
            bytes = escape(r, out + n);
            if (!bytes) return 0;
        } else {
            bytes = utf8_length(r);
            if (!bytes) return wrong(r, r->pos, "string is not valid UTF-8"), 0;
            memcpy(out + n, r->text + r->pos, bytes);
            r->pos += bytes;
        }
        n += bytes;
    }
    r->pos++;
    *str = out;
    *len = n;
    return 1;
}

/* ---- Numbers */

static size_t digits(Reader *r)
{
    size_t from = r->pos;
    while (peek(r) >= '0' && peek(r) <= '9') r->pos++;
    return r->pos - from;
}

/* The int64 that the digits spell; 0 if it does not fit. */
static int to_int64(const char *p, size_t n, int64_t *out)
{
    int negative = *p == '-';
    uint64_t x = 0, limit = (uint64_t)INT64_MAX + (uint64_t)negative;
    for (size_t i = (size_t)negative; i < n; i++) {
        uint64_t d = (uint64_t)(p[i] - '0');
        if (x > (limit - d) / 10) return 0;
        x = x * 10 + d;
    }
    *out = !negative ? (int64_t)x : x ? -(int64_t)(x - 1) - 1 : 0;
    return 1;
}

static Json *number(Reader *r)
{
    size_t start = r->pos;
    int whole = 1;
    if (peek(r) == '-') r->pos++;
    size_t first = r->pos, n = digits(r);
    if (!n) return wrong(r, start, "number has no digits");
    if (n > 1 && r->text[first] == '0') return wrong(r, start, "number starts with a zero");
    if (peek(r) == '.') {
        whole = 0, r->pos++;
        if (!digits(r)) return wrong(r, start, "number has no digits after its point");
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        whole = 0, r->pos++;
        if (peek(r) == '+' || peek(r) == '-') r->pos++;
        if (!digits(r)) return wrong(r, start, "number has no digits in its exponent");
    }
    char small[64];
    size_t len = r->pos - start;
    const char *copy = small;       /* strtod wants a NUL, which the text may not have */
    if (len < sizeof small) memcpy(small, r->text + start, len), small[len] = 0;
    else copy = arena_str(r->arena, r->text + start, len);
    Json *j = node(r, JSON_number, start);
    j->num = strtod(copy, NULL);
    if (!isfinite(j->num)) return wrong(r, start, "number is too large for a double");
    j->is_integer = whole && to_int64(copy, len, &j->integer);
    return j;
}

/* ---- Arrays and objects */

static void append(Json *parent, Json ***tail, Json *child)
{
    **tail = child;
    *tail = &child->next;
    parent->count++;
}

static Json *array(Reader *r, int depth)
{
    Json *j = node(r, JSON_array, r->pos++), **tail = &j->first;
    skip_space(r);
    if (peek(r) == ']') r->pos++;
    else for (;;) {
        Json *child = value(r, depth + 1);
        if (!child) return NULL;
        append(j, &tail, child);
        skip_space(r);
        int c = peek(r);
        if (c != ',' && c != ']') return wrong(r, r->pos, "expected ',' or ']' in array");
        r->pos++;
        if (c == ']') break;
    }
    j->end = (uint32_t)r->pos;
    return j;
}

/* By key, equal keys in order of their place. */
static int compare_keys(const void *pa, const void *pb)
{
    const Json *a = *(const Json *const *)pa, *b = *(const Json *const *)pb;
    size_t n = a->key_len < b->key_len ? a->key_len : b->key_len;
    int c = memcmp(a->key, b->key, n);
    if (!c) c = (a->key_len > b->key_len) - (a->key_len < b->key_len);
    return c ? c : (a->key_offset > b->key_offset) - (a->key_offset < b->key_offset);
}

/* Sorting finds duplicates in n log n; vocabularies have 10^5 keys. */
static int keys_differ(Reader *r, const Json *object)
{
    if (object->count < 2) return 1;
    const Json **sorted = NEWN(r->arena, const Json *, object->count);
    int n = 0;
    for (const Json *c = object->first; c; c = c->next) sorted[n++] = c;
    qsort(sorted, (size_t)n, sizeof *sorted, compare_keys);
    const Json *twice = NULL;
    for (int i = 1; i < n; i++)
        if (sorted[i]->key_len == sorted[i - 1]->key_len && !memcmp(sorted[i]->key, sorted[i - 1]->key, sorted[i]->key_len) &&
            (!twice || sorted[i]->key_offset < twice->key_offset))
            twice = sorted[i];
    if (!twice) return 1;
    wrong(r, twice->key_offset, arena_printf(r->arena, "duplicate key \"%.60s\"", twice->key));
    return 0;
}

static Json *member(Reader *r, int depth)
{
    size_t at = r->pos, len;
    const char *key;
    if (peek(r) != '"') return wrong(r, at, "expected a string as key");
    if (!string(r, &key, &len)) return NULL;
    skip_space(r);
    if (peek(r) != ':') return wrong(r, r->pos, "expected ':' after key");
    r->pos++;
    Json *j = value(r, depth + 1);
    if (!j) return NULL;
    j->key = key, j->key_len = len, j->key_offset = (uint32_t)at;
    return j;
}

static Json *object(Reader *r, int depth)
{
    Json *j = node(r, JSON_object, r->pos++), **tail = &j->first;
    skip_space(r);
    if (peek(r) == '}') r->pos++;
    else for (;;) {
        skip_space(r);
        Json *child = member(r, depth);
        if (!child) return NULL;
        append(j, &tail, child);
        skip_space(r);
        int c = peek(r);
        if (c != ',' && c != '}') return wrong(r, r->pos, "expected ',' or '}' in object");
        r->pos++;
        if (c == '}') break;
    }
    j->end = (uint32_t)r->pos;
    return keys_differ(r, j) ? j : NULL;
}

static Json *word(Reader *r, const char *text, JsonKind kind, int boolean)
{
    size_t n = strlen(text), start = r->pos;
    if (r->n - start < n || memcmp(r->text + start, text, n)) return wrong(r, start, "expected a value");
    r->pos += n;
    Json *j = node(r, kind, start);
    j->boolean = boolean;
    return j;
}

static Json *value(Reader *r, int depth)
{
    skip_space(r);
    if (depth > MAX_DEPTH) return wrong(r, r->pos, "nested deeper than 64 levels");
    switch (peek(r)) {
    case '{': return object(r, depth);
    case '[': return array(r, depth);
    case 't': return word(r, "true", JSON_bool, 1);
    case 'f': return word(r, "false", JSON_bool, 0);
    case 'n': return word(r, "null", JSON_null, 0);
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return number(r);
    case '"': {
        size_t start = r->pos, len;
        const char *str;
        if (!string(r, &str, &len)) return NULL;
        Json *j = node(r, JSON_string, start);
        j->str = str, j->len = len;
        return j;
    }
    case -1: return wrong(r, r->pos, "text ends where a value is expected");
    default: return wrong(r, r->pos, "expected a value");
    }
}

Json *json_parse(Arena *a, const char *text, size_t n, const char **why, size_t *at)
{
    Reader r = {a, text, n, 0, NULL, 0};
    Json *j = NULL;
    if (n >= UINT32_MAX) wrong(&r, 0, "JSON text of 4 GiB or more");
    else if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) wrong(&r, 0, "starts with a byte order mark");
    else j = value(&r, 1);
    if (j) {
        skip_space(&r);
        if (r.pos < n) j = wrong(&r, r.pos, "text after the value");
    }
    if (!j) *why = r.why, *at = r.at;
    return j;
}

Json *json_get(const Json *object, const char *key)
{
    if (!object || object->kind != JSON_object) return NULL;
    size_t n = strlen(key);
    for (Json *c = object->first; c; c = c->next)
        if (c->key_len == n && !memcmp(c->key, key, n)) return c;
    return NULL;
}
