/* str.c - interned strings, "did you mean" distance, glob patterns.
 * Takes text, gives pointers that are equal exactly when the texts are. Not a string library. */
#include "compiler/base/str.h"

#include <string.h>

#include "compiler/base/map.h"

typedef struct Entry { const char *text; size_t n; uint64_t hash; } Entry;

struct Strings {
    Arena *arena;
    Entry *table;                   /* open addressing; text == NULL: free */
    size_t cap, n;
};

Strings *strings_new(Arena *a)
{
    Strings *s = NEW(a, Strings);
    s->arena = a;
    s->cap = 256;
    s->table = NEWN(a, Entry, s->cap);
    return s;
}

/* The entry of a text, or the free one where it belongs. */
static Entry *lookup(const Strings *s, const char *text, size_t n, uint64_t hash)
{
    for (size_t i = hash & (s->cap - 1);; i = (i + 1) & (s->cap - 1)) {
        Entry *e = &s->table[i];
        if (!e->text || (e->hash == hash && e->n == n && !memcmp(e->text, text, n))) return e;
    }
}

static void grow(Strings *s)
{
    Entry *old = s->table;
    size_t old_cap = s->cap;
    s->cap *= 2;
    s->table = NEWN(s->arena, Entry, s->cap);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].text) *lookup(s, old[i].text, old[i].n, old[i].hash) = old[i];
}

const char *intern_n(Strings *s, const char *text, size_t n)
{
    uint64_t hash = hash_bytes(text, n, 0);
    Entry *e = lookup(s, text, n, hash);
    if (e->text) return e->text;
    const char *copy = arena_str(s->arena, text, n);
    *e = (Entry){copy, n, hash};
    if (++s->n > s->cap / 2) grow(s);
    return copy;
}

const char *intern(Strings *s, const char *text)
{
    return intern_n(s, text, strlen(text));
}

const char *intern_f(Strings *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(s->arena, fmt, ap);
    va_end(ap);
    return intern(s, text);
}

static int min3(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one each.
 * Names over LONGEST bytes are equal or far apart: nobody wants them suggested. */
int str_distance(const char *a, const char *b, int max)
{
    enum { LONGEST = 100 };
    int n = (int)strnlen(a, LONGEST + 1), m = (int)strnlen(b, LONGEST + 1);
    if (n > LONGEST || m > LONGEST) return strcmp(a, b) ? max + 1 : 0;
    if (n - m > max || m - n > max) return max + 1;
    int rows[3][LONGEST + 1], *before = rows[0], *above = rows[1], *row = rows[2];
    for (int j = 0; j <= m; j++) above[j] = before[j] = j;
    for (int i = 1; i <= n; i++) {
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        int *recycled = before;
        before = above, above = row, row = recycled;
    }
    return above[m] > max ? max + 1 : above[m];
}

/* ---- Globs. A pattern is read from p to end, then goes on in `then` (what follows a brace group). */
typedef struct Rest { const char *p, *end; const struct Rest *then; } Rest;

enum { NO, YES, TEXT_ENDED };       /* TEXT_ENDED: no longer text could be tried, so stars give up */

static int match(const char *p, const char *end, const Rest *then, const char *text);

/* [abc], [a-z], [!abc]: where the set ends, and whether it holds c. NULL if it has no end. */
static const char *match_set(const char *p, const char *end, unsigned char c, int *holds)
{
    int negated = p < end && (*p == '!' || *p == '^'), found = 0;
    if (negated) p++;
    for (const char *first = p; p < end && (*p != ']' || p == first); p++) {
        unsigned char low = (unsigned char)*p, high = low;
        if (end - p > 2 && p[1] == '-' && p[2] != ']') high = (unsigned char)p[2], p += 2;
        found |= low <= c && c <= high;
    }
    if (p >= end) return NULL;
    *holds = found != negated;
    return p + 1;
}

/* {x,y}: p is after the brace. Tries each alternative followed by what comes after the group. */
static int match_braces(const char *p, const char *end, const Rest *then, const char *text)
{
    const char *close = p;
    for (int depth = 1; close < end; close++) {
        if (*close == '{') depth++;
        if (*close == '}' && !--depth) break;
    }
    if (close >= end) return NO;
    Rest after = {close + 1, end, then};
    int all_ended = 1;
    for (const char *from = p, *q = p, *depth_at = NULL; q <= close; q++) {
        /* skip nested groups whole: their commas are theirs */
        if (*q == '{') {
            int depth = 1;
            for (depth_at = q + 1; depth && depth_at < close; depth_at++) depth += (*depth_at == '{') - (*depth_at == '}');
            q = depth_at - 1;
            continue;
        }
        if (*q != ',' && q != close) continue;
        int r = match(from, q, &after, text);
        if (r == YES) return YES;
        if (r == NO) all_ended = 0;
        from = q + 1;
    }
    return all_ended ? TEXT_ENDED : NO;
}

static int match_star(const char *p, const char *end, const Rest *then, const char *text)
{
    for (;; text++) {
        int r = match(p, end, then, text);
        if (r != NO) return r;
        if (!*text) return TEXT_ENDED;
    }
}

static int match(const char *p, const char *end, const Rest *then, const char *text)
{
    for (;; text++) {
        while (p == end && then) p = then->p, end = then->end, then = then->then;
        if (p == end) return *text ? NO : YES;
        if (*p == '*') return match_star(p + 1, end, then, text);
        if (*p == '{') return match_braces(p + 1, end, then, text);
        if (!*text) return TEXT_ENDED;
        int holds = 0;
        const char *after = *p == '[' ? match_set(p + 1, end, (unsigned char)*text, &holds) : NULL;
        if (after) {
            if (!holds) return NO;
            p = after;
        } else if (*p++ != '?' && p[-1] != *text) {
            return NO;
        }
    }
}

int str_glob(const char *pattern, const char *text)
{
    return match(pattern, pattern + strlen(pattern), NULL, text) == YES;
}
