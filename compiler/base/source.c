/* source.c - inputs and places in them: one 32-bit number names a byte of any input.
 * Takes texts and mapped files, gives line, column and the line's text for a position.
 * Knows nothing of what the texts mean. */
#include "compiler/base/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Positions a binary file may take: the tables at its start are what messages point into. */
enum { MOST_BINARY = 1 << 28, MOST_TEXT = 1 << 28 };

void sources_init(Sources *s, Arena *a)
{
    memset(s, 0, sizeof *s);
    s->arena = a;
    s->next = 1;                    /* 0 is "nowhere" */
}

Source *source_add(Sources *s, const char *path, const char *text, size_t size, int binary)
{
    Source *src = NEW(s->arena, Source);
    src->path = arena_str(s->arena, path, strlen(path));
    src->text = text;
    src->size = size;
    src->binary = binary;
    src->base = s->next;
    /* One more than the size, so that "at the end" is a place; what does not fit has none. */
    uint32_t room = UINT32_MAX - s->next, wants = size >= MOST_BINARY ? MOST_BINARY : (uint32_t)size + 1;
    s->next += wants < room ? wants : room;
    vec_push(s->arena, &s->list, src);
    return src;
}

Span source_span(const Sources *s, const Source *src, size_t offset, size_t n)
{
    uint32_t end = s->next;
    for (int i = 0; i + 1 < s->list.n; i++)
        if (s->list.at[i] == src) end = s->list.at[i + 1]->base;
    uint32_t range = end - src->base;
    if (offset >= range) return span_none();
    uint32_t lo = src->base + (uint32_t)offset;
    return (Span){lo, n < end - lo ? lo + (uint32_t)n : end};
}

/* All of an open file, NUL-terminated, on the arena. NULL and *why when it is not text. */
static char *read_all(Arena *a, FILE *f, size_t *size, const char **why)
{
    char *text = NULL;
    size_t n = 0, cap = 0;
    for (;;) {
        if (n + 1 >= cap) {
            size_t bigger = cap ? cap * 2 : 1 << 14;
            if (bigger > MOST_TEXT) { *why = "too large for a text file (over 128 MiB)"; return NULL; }
            char *moved = arena_alloc(a, bigger);
            if (n) memcpy(moved, text, n);
            text = moved, cap = bigger;
        }
        size_t got = fread(text + n, 1, cap - 1 - n, f);
        n += got;
        if (!got) break;
    }
    if (ferror(f)) { *why = "read error"; return NULL; }
    const char *zero = memchr(text, 0, n);
    if (zero) {
        *why = arena_printf(a, "not a text file (NUL byte at offset %zu)", (size_t)(zero - text));
        return NULL;
    }
    text[n] = 0;
    *size = n;
    return text;
}

Source *source_read(Sources *s, const char *path, const char **why)
{
    int from_stdin = !strcmp(path, "-");
    struct stat st;
    FILE *f = from_stdin ? stdin : fopen(path, "rb");
    if (!f) {
        *why = arena_printf(s->arena, "%s", strerror(errno));
        return NULL;
    }
    const char *text = NULL;
    size_t size = 0;
    if (fstat(fileno(f), &st)) *why = arena_printf(s->arena, "%s", strerror(errno));
    else if (S_ISDIR(st.st_mode)) *why = "is a directory";
    else text = read_all(s->arena, f, &size, why);
    if (!from_stdin) fclose(f);
    return text ? source_add(s, from_stdin ? "<stdin>" : path, text, size, 0) : NULL;
}

/* The source whose range holds pos: the last one that starts at or before it. */
static const Source *source_of(const Sources *s, uint32_t pos)
{
    int low = 0, high = s->list.n;
    while (low < high) {
        int mid = low + (high - low) / 2;
        if (s->list.at[mid]->base <= pos) low = mid + 1;
        else high = mid;
    }
    return low ? s->list.at[low - 1] : NULL;
}

int source_place(const Sources *s, uint32_t pos, Place *out)
{
    memset(out, 0, sizeof *out);
    if (!pos || pos >= s->next) return 0;
    const Source *src = source_of(s, pos);
    if (!src) return 0;
    out->source = src;
    out->offset = pos - src->base;
    if (out->offset > src->size) return 0;
    if (src->binary || !src->text) return 1;
    const char *text = src->text, *start = text;
    out->line = 1;
    for (const char *p = text; p < text + out->offset; p++)
        if (*p == '\n') out->line++, start = p + 1;
    /* Columns count characters, not bytes: UTF-8 continuation bytes are skipped. */
    out->col = 1;
    for (const char *p = start; p < text + out->offset; p++) out->col += ((unsigned char)*p & 0xc0) != 0x80;
    const char *end = memchr(start, '\n', src->size - (size_t)(start - text));
    if (!end) end = text + src->size;
    if (end > start && end[-1] == '\r') end--;
    out->line_text = start;
    out->line_len = (int)(end - start);
    return 1;
}
