/* read_lex.c - tokens of the text form of a module.
 * Takes bytes, gives one token at a time with its place. `;` and `#` begin comments. A statement ends with its line
 * except inside brackets. Any byte sequence is accepted or reported; nothing is read beyond the text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir/reader.h"

Span reader_span(const Reader *r, const Tok *t)
{
    Span s = {r->source->base + t->at, r->source->base + t->end};
    return s;
}

void reader_fail(Reader *r, const Tok *at, const char *id, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(r->a, fmt, ap);
    va_end(ap);
    diag_error(&r->ctx->diag, reader_span(r, at ? at : &r->lex.tok), id, "%s", text);
    longjmp(r->fail, 1);
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static char peek(const Reader *r, uint32_t ahead)
{
    return r->size - r->lex.pos > ahead ? r->text[r->lex.pos + ahead] : 0;
}

/* Skips blanks and comments; says whether a line ended. */
static int skip_blanks(Reader *r)
{
    int newline = 0;
    for (;;) {
        char c = peek(r, 0);
        if (r->lex.pos >= r->size) return newline;
        if (c == ';' || c == '#') {
            while (r->lex.pos < r->size && r->text[r->lex.pos] != '\n') r->lex.pos++;
        } else if (c == '\n') {
            newline = 1;
            r->lex.pos++;
        } else if (c == ' ' || c == '\t' || c == '\r') {
            r->lex.pos++;
        } else {
            return newline;
        }
    }
}

static void lex_number(Reader *r, Tok *t)
{
    uint32_t i = r->lex.pos, n = r->size;
    const char *s = r->text;
    int real = 0;
    while (i < n && is_digit(s[i])) i++;
    if (i < n && s[i] == '.' && !(i + 1 < n && s[i + 1] == '.')) {
        real = 1;
        for (i++; i < n && is_digit(s[i]); i++) continue;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        uint32_t k = i + 1;
        if (k < n && (s[k] == '+' || s[k] == '-')) k++;
        if (k < n && is_digit(s[k])) {
            real = 1;
            for (i = k; i < n && is_digit(s[i]); i++) continue;
        }
    }
    t->text = arena_str(r->a, s + t->at, i - t->at);
    r->lex.pos = t->end = i;
    t->kind = real ? TOK_float : TOK_int;
    errno = 0;
    if (real) t->f = strtod(t->text, NULL);
    else t->u = strtoull(t->text, NULL, 10);
    if (!real && errno) reader_fail(r, t, "ir-number", "%s does not fit 64 bits", t->text);
}

static int hex_digit(char c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* One escape sequence after the backslash; gives the byte. */
static char lex_escape(Reader *r, Tok *t)
{
    char c = peek(r, 0);
    r->lex.pos++;
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    if (c == '"' || c == '\\') return c;
    int hi = c == 'x' ? hex_digit(peek(r, 0)) : -1, lo = hi >= 0 ? hex_digit(peek(r, 1)) : -1;
    if (lo < 0 || !(hi | lo)) {
        t->end = r->lex.pos < r->size ? r->lex.pos : r->size;
        reader_fail(r, t, "ir-syntax", "bad escape in a string; known are \\\" \\\\ \\n \\t \\xHH (not \\x00)");
    }
    r->lex.pos += 2;
    return (char)(hi * 16 + lo);
}

static void lex_string(Reader *r, Tok *t)
{
    VEC(char) s = {0};
    t->kind = TOK_string;
    r->lex.pos++;
    for (;;) {
        char c = peek(r, 0);
        if (r->lex.pos >= r->size || c == '\n' || !c) {
            t->end = t->at + 1;
            reader_fail(r, t, "ir-syntax", "the string is not closed on its line");
        }
        r->lex.pos++;
        if (c == '"') break;
        if (c == '\\') c = lex_escape(r, t);
        vec_push(r->a, &s, c);
    }
    vec_push(r->a, &s, '\0');
    t->text = s.at;
    t->end = r->lex.pos;
}

static void lex_punct(Reader *r, Tok *t)
{
    static const char *const puncts[] = {"..=", "..", "||", "&&", "==", "!=", "<=", ">=", "<<", ">>", ":=", "->",
        "+", "-", "*", "/", "%", "<", ">", "|", "^", "&", "!", "(", ")", "[", "]", "{", "}", ",", ":", "?", "=", "@", "$"};
    t->kind = TOK_punct;
    for (size_t i = 0; i < sizeof puncts / sizeof *puncts; i++) {
        size_t n = strlen(puncts[i]);
        if (r->size - r->lex.pos >= n && !memcmp(r->text + r->lex.pos, puncts[i], n)) {
            t->text = puncts[i];
            r->lex.pos += (uint32_t)n;
            t->end = r->lex.pos;
            return;
        }
    }
    t->end = t->at + 1;
    reader_fail(r, t, "ir-syntax", "unexpected byte 0x%02x", (unsigned char)r->text[t->at]);
}

void reader_next(Reader *r)
{
    Tok *t = &r->lex.tok;
    int newline = skip_blanks(r);
    memset(t, 0, sizeof *t);
    t->newline = newline;
    t->at = t->end = r->lex.pos;
    t->text = "";
    char c = peek(r, 0);
    if (r->lex.pos >= r->size) {
        t->kind = TOK_end;
    } else if (is_digit(c)) {
        lex_number(r, t);
    } else if (c == '"') {
        lex_string(r, t);
    } else if (is_alpha(c)) {
        uint32_t i = r->lex.pos;
        while (i < r->size && (is_alpha(r->text[i]) || is_digit(r->text[i]) ||
               (r->text[i] == '.' && i + 1 < r->size && (is_alpha(r->text[i + 1]) || is_digit(r->text[i + 1]))))) i++;
        t->kind = TOK_name;
        t->text = intern_n(r->ctx->strings, r->text + t->at, i - t->at);
        r->lex.pos = t->end = i;
    } else {
        lex_punct(r, t);
    }
}

int reader_ends(const Reader *r)
{
    return r->lex.tok.kind == TOK_end || (r->lex.tok.newline && !r->lex.paren);
}

int reader_is(const Reader *r, const char *text)
{
    const Tok *t = &r->lex.tok;
    return (t->kind == TOK_punct || t->kind == TOK_name) && !strcmp(t->text, text) && !reader_ends(r);
}

int reader_accept(Reader *r, const char *text)
{
    if (!reader_is(r, text)) return 0;
    reader_next(r);
    return 1;
}

void reader_wanted(Reader *r, const char *what)
{
    const Tok *t = &r->lex.tok;
    if (t->kind == TOK_end) reader_fail(r, t, "ir-syntax", "the text ends where %s is wanted", what);
    if (reader_ends(r)) reader_fail(r, t, "ir-syntax", "the line before ends where %s is wanted", what);
    reader_fail(r, t, "ir-syntax", "found '%.60s' where %s is wanted", t->text, what);
}

void reader_expect(Reader *r, const char *text)
{
    if (!reader_accept(r, text)) reader_wanted(r, arena_printf(r->a, "'%s'", text));
}

void reader_open(Reader *r, const char *text)
{
    if (!reader_is(r, text)) reader_wanted(r, arena_printf(r->a, "'%s'", text));
    r->lex.paren++;
    reader_next(r);
}

void reader_close(Reader *r, const char *text)
{
    if (!reader_is(r, text)) reader_wanted(r, arena_printf(r->a, "'%s'", text));
    r->lex.paren--;
    reader_next(r);
}

void reader_eol(Reader *r)
{
    if (!reader_ends(r)) reader_wanted(r, "the end of the line");
}

const char *reader_name(Reader *r, const char *what)
{
    const Tok *t = &r->lex.tok;
    if ((t->kind != TOK_name && t->kind != TOK_string) || reader_ends(r)) reader_wanted(r, what);
    const char *s = intern(r->ctx->strings, t->text);
    reader_next(r);
    return s;
}

uint64_t reader_uint(Reader *r, const char *what, uint64_t most)
{
    if (r->lex.tok.kind != TOK_int || reader_ends(r)) reader_wanted(r, what);
    uint64_t v = r->lex.tok.u;
    if (v > most) reader_fail(r, NULL, "ir-number", "%s is %llu, at most %llu is allowed", what, (unsigned long long)v, (unsigned long long)most);
    reader_next(r);
    return v;
}

int64_t reader_int(Reader *r, const char *what)
{
    int neg = reader_accept(r, "-");
    uint64_t v = reader_uint(r, what, (uint64_t)INT64_MAX + (uint64_t)neg);
    return neg ? (int64_t)(0 - v) : (int64_t)v;
}

double reader_float(Reader *r)
{
    double sign = reader_accept(r, "-") ? -1 : 1, v;
    const Tok *t = &r->lex.tok;
    if (reader_ends(r)) reader_wanted(r, "a number");
    if (t->kind == TOK_float) v = t->f;
    else if (t->kind == TOK_int) v = strtod(t->text, NULL);
    else if (t->kind == TOK_name && !strcmp(t->text, "inf")) v = strtod("inf", NULL);
    else if (t->kind == TOK_name && !strcmp(t->text, "nan")) v = strtod("nan", NULL);
    else reader_wanted(r, "a number");
    reader_next(r);
    return sign * v;
}

void reader_skip_line(Reader *r)
{
    do reader_next(r); while (r->lex.tok.kind != TOK_end && !r->lex.tok.newline);
}

void reader_interval(Reader *r, int open, int64_t *lo, int64_t *hi)
{
    Tok at = r->lex.tok;
    *lo = reader_int(r, "a lower limit");
    if (reader_accept(r, "..=")) {
        *hi = reader_int(r, "an upper limit");
    } else {
        reader_expect(r, "..");
        if (open && reader_ends(r)) {
            *hi = INT64_MAX;
            return;
        }
        int64_t end = reader_int(r, "an upper limit");
        if (end == INT64_MIN) reader_fail(r, &at, "ir-number", "the interval is empty");
        *hi = end - 1;
    }
    if (*hi < *lo) reader_fail(r, &at, "ir-number", "the interval is empty: %lld..=%lld", (long long)*lo, (long long)*hi);
}
