/* diag.c - what the user is told: collects a diagnostic and its notes, prints them with the source line
 * and carets, or as one JSON object a line. Takes spans and messages, gives text on d->out and counts.
 * Decides nothing about the compilation, except that diag_fatal ends it.
 * Control characters from inputs are never passed to the terminal. */
#include "compiler/base/diag.h"

#include <stdlib.h>
#include <string.h>

typedef enum Severity { ERROR, WARNING, NOTE } Severity;

typedef struct Message { Severity severity; Span at; const char *id, *text; int promoted; } Message;

struct DiagPending { Message head; VEC(Message) notes; };

void diag_init(Diag *d, Arena *a, Sources *s)
{
    memset(d, 0, sizeof *d);
    d->arena = a;
    d->sources = s;
    d->out = stderr;
    d->limit = 20;
}

/* ---- Text form */

/* Text from the user's files or messages: control characters are shown as ?, newlines go through if wanted. */
static void put_clean(FILE *out, const char *text, size_t n, int newlines)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        putc((c < 32 && !(newlines && c == '\n')) || c == 127 ? '?' : c, out);
    }
}

static const char *colour(const Diag *d, Severity severity)
{
    static const char *const code[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
    return d->color ? code[severity] : "";
}

/* How many bytes the character at p takes, 1 for a byte that is not UTF-8. */
static int char_bytes(const char *p, const char *end)
{
    int n = 1;
    while (p + n < end && n < 4 && ((unsigned char)p[n] & 0xc0) == 0x80) n++;
    return (unsigned char)*p < 0xc0 ? 1 : n;
}

/* The line of the place, then ^~~~ under the span. Of long lines only a window is shown. */
static void put_line(const Diag *d, const Place *at, uint32_t span_len, Severity severity)
{
    enum { BEFORE = 80, WIDTH = 160 };
    const char *line = at->line_text, *end = line + at->line_len;
    const char *spot = at->source->text + at->offset;
    if (spot > end) spot = end;
    const char *from = spot - line > BEFORE ? spot - BEFORE : line;
    while (from > line && ((unsigned char)*from & 0xc0) == 0x80) from--;
    const char *to = end - from > WIDTH ? from + WIDTH : end;
    while (to < end && ((unsigned char)*to & 0xc0) == 0x80) to++;
    const char *cut = from > line ? "..." : "";
    const char *stop = span_len > (uint32_t)(to - spot) ? to : spot + span_len;

    fprintf(d->out, "%5d | %s", at->line, cut);
    for (const char *p = from; p < to; p++) putc(*p == '\t' ? ' ' : (unsigned char)*p < 32 || *p == 127 ? '?' : *p, d->out);
    fprintf(d->out, "%s\n      | %*s", to < end ? "..." : "", (int)strlen(cut), "");
    for (const char *p = from; p < spot; p += char_bytes(p, end)) putc(' ', d->out);
    fprintf(d->out, "%s^", colour(d, severity));
    const char *second = spot < stop ? spot + char_bytes(spot, end) : stop;
    for (const char *p = second; p < stop; p += char_bytes(p, end)) putc('~', d->out);
    fprintf(d->out, "%s\n", d->color ? "\033[0m" : "");
}

static void put_text(const Diag *d, const Message *m)
{
    static const char *const word[] = {"error", "warning", "note"};
    const char *bold = d->color ? "\033[1m" : "", *plain = d->color ? "\033[0m" : "";
    Place at;
    int known = source_place(d->sources, m->at.lo, &at);
    fputs(bold, d->out);
    if (known) {
        put_clean(d->out, at.source->path, strlen(at.source->path), 0);
        if (at.source->binary) fprintf(d->out, ":0x%zx: ", at.offset);
        else fprintf(d->out, ":%d:%d: ", at.line, at.col);
    } else {
        fputs("tfxc: ", d->out);
    }
    fprintf(d->out, "%s%s: %s%s", colour(d, m->severity), word[m->severity], plain, bold);
    put_clean(d->out, m->text, strlen(m->text), 1);
    fputs(plain, d->out);
    if (m->id && m->promoted) fprintf(d->out, " [-Werror=%s]", m->id);
    else if (m->id) fprintf(d->out, m->severity == WARNING ? " [-W%s]" : " [%s]", m->id);
    putc('\n', d->out);
    if (known && !at.source->binary && at.line_text)
        put_line(d, &at, m->at.hi > m->at.lo ? m->at.hi - m->at.lo : 0, m->severity);
}

/* ---- JSON form */

/* How many bytes of valid UTF-8 start at p (0: not valid). */
static int utf8_valid(const unsigned char *p)
{
    if (p[0] < 0x80) return 1;
    int n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)) return 0;
    if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) return 0;
    return n;
}

/* A JSON string; bytes that are not UTF-8 become U+FFFD. */
static void put_json_string(FILE *out, const char *text)
{
    putc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        int n = utf8_valid(p);
        if (*p == '"' || *p == '\\') fprintf(out, "\\%c", *p);
        else if (*p == '\n') fputs("\\n", out);
        else if (*p < 32 || *p == 127) fprintf(out, "\\u%04x", (unsigned)*p);
        else if (!n) fputs("\\ufffd", out);
        else fwrite(p, 1, (size_t)n, out);
        p += n ? n : 1;
    }
    putc('"', out);
}

static void put_json(const Diag *d, const Message *m)
{
    static const char *const word[] = {"error", "warning", "note"};
    fprintf(d->out, "{\"severity\":\"%s\"", word[m->severity]);
    if (m->id) {
        fputs(",\"id\":", d->out);
        put_json_string(d->out, m->id);
    }
    Place at;
    if (source_place(d->sources, m->at.lo, &at)) {
        fputs(",\"file\":", d->out);
        put_json_string(d->out, at.source->path);
        if (!at.source->binary) fprintf(d->out, ",\"line\":%d,\"column\":%d", at.line, at.col);
        fprintf(d->out, ",\"offset\":%zu,\"length\":%u", at.offset, m->at.hi > m->at.lo ? m->at.hi - m->at.lo : 0u);
    }
    fputs(",\"message\":", d->out);
    put_json_string(d->out, m->text);
}

/* ---- Collecting */

void diag_flush(Diag *d)
{
    struct DiagPending *p = d->pending;
    if (!p) return;
    d->pending = NULL;
    if (!d->json) {
        put_text(d, &p->head);
        for (int i = 0; i < p->notes.n; i++) put_text(d, &p->notes.at[i]);
    } else {
        put_json(d, &p->head);
        fputs(",\"notes\":[", d->out);
        for (int i = 0; i < p->notes.n; i++) {
            if (i) putc(',', d->out);
            put_json(d, &p->notes.at[i]);
            putc('}', d->out);
        }
        fputs("]}\n", d->out);
    }
    fflush(d->out);
}

static int is_disabled(const Diag *d, const char *id)
{
    for (int i = 0; i < d->disabled.n; i++)
        if (!strcmp(d->disabled.at[i], id)) return 1;
    return 0;
}

/* Says once that there were more errors than are shown. */
static void too_many(Diag *d)
{
    if (d->json) fputs("{\"severity\":\"note\",\"message\":\"too many errors\",\"notes\":[]}\n", d->out);
    else fputs("tfxc: too many errors\n", d->out);
    fflush(d->out);
}

/* A text that is instantiated many times has its mistakes as often: the first tells enough. */
static int is_repeated(Diag *d, Span at, const char *id)
{
    for (int i = 0; at.lo && i < d->seen.n; i++)
        if (d->seen.at[i].at == at.lo && !strcmp(d->seen.at[i].id, id)) return 1;
    DiagSeen s = {id, at.lo};
    vec_push(d->arena, &d->seen, s);
    return 0;
}

/* Counts a diagnostic and makes it the pending one, unless it is disabled or over the limit. */
static void start(Diag *d, Severity severity, Span at, const char *id, const char *fmt, va_list ap)
{
    diag_flush(d);
    d->suppressed = 0;
    if (severity == WARNING && is_disabled(d, id)) {
        d->suppressed = 1;
        return;
    }
    int promoted = severity == WARNING && d->werror;
    if (promoted) severity = ERROR;
    if (severity == ERROR) d->errors++;
    else d->warnings++;
    if (severity == ERROR && is_repeated(d, at, id)) {
        d->suppressed = 1;
        d->repeated++;
        return;
    }
    if (severity == ERROR && d->limit > 0 && d->errors - d->repeated > d->limit) {
        d->suppressed = 1;
        if (d->errors - d->repeated == d->limit + 1) too_many(d);
        return;
    }
    d->pending = NEW(d->arena, struct DiagPending);
    d->pending->head = (Message){severity, at, id, arena_vprintf(d->arena, fmt, ap), promoted};
}

void diag_error(Diag *d, Span at, const char *id, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    start(d, ERROR, at, id, fmt, ap);
    va_end(ap);
}

void diag_warn(Diag *d, Span at, const char *id, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    start(d, WARNING, at, id, fmt, ap);
    va_end(ap);
}

void diag_note(Diag *d, Span at, const char *fmt, ...)
{
    if (d->suppressed || !d->pending) return;
    va_list ap;
    va_start(ap, fmt);
    Message note = {NOTE, at, NULL, arena_vprintf(d->arena, fmt, ap), 0};
    va_end(ap);
    vec_push(d->arena, &d->pending->notes, note);
}

void diag_fatal(Diag *d, Span at, const char *id, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    diag_flush(d);
    d->errors++;                    /* shown whatever the limit: it is the last thing said */
    d->suppressed = 0;
    d->pending = NEW(d->arena, struct DiagPending);
    d->pending->head = (Message){ERROR, at, id, arena_vprintf(d->arena, fmt, ap), 0};
    va_end(ap);
    diag_flush(d);
    if (d->fatal) longjmp(*d->fatal, 1);
    exit(2);
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fflush(stdout);
    fputs("tfxc: internal error: ", stderr);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, " (%s:%d)\nThis is a mistake in tfxc, not in your model. Please report it with the command and the input.\n", file, line);
    va_end(ap);
    exit(70);
}
