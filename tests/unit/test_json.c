/* The JSON reader: what it accepts, what it gives, what it refuses and where it says the mistake is. */
#include "tests/unit/check.h"

#include <stdlib.h>

#include "compiler/base/json.h"

/* Parses a copy that ends exactly at its last byte, so that a sanitizer sees any read beyond it. */
static Json *parse(Arena *a, const char *text, size_t n, const char **why, size_t *at)
{
    char *copy = malloc(n ? n : 1);
    if (n) memcpy(copy, text, n);
    *why = NULL, *at = 12345;
    Json *j = json_parse(a, copy, n, why, at);
    free(copy);
    return j;
}

static void good(Arena *a)
{
    const char *why, *text = " {\"a\": [1, -2.5e3, true, null], \"b\\u00e9\\n\": \"x\\ud83d\\ude00\", \"c\": {}} ";
    size_t at;
    Json *j = parse(a, text, strlen(text), &why, &at);
    if (!CHECK(j && j->kind == JSON_object && j->count == 3)) { printf("%s at %zu\n", why, at); return; }
    CHECK_INT(j->offset, 1);
    CHECK_INT(j->end, strlen(text) - 1);
    Json *list = json_get(j, "a"), *e = list->first;
    CHECK(list->kind == JSON_array && list->count == 4);
    CHECK_INT(list->offset, 7);
    CHECK_INT(list->key_offset, 2);
    CHECK(e->kind == JSON_number && e->is_integer && e->integer == 1 && e->num == 1);
    e = e->next;
    CHECK(!e->is_integer && e->num == -2500);
    CHECK_INT(e->end - e->offset, 6);
    e = e->next;
    CHECK(e->kind == JSON_bool && e->boolean);
    CHECK(e->next->kind == JSON_null && !e->next->next);
    Json *b = json_get(j, "b\xc3\xa9\n");
    CHECK(b && b->kind == JSON_string);
    CHECK_STR(b->str, "x\xf0\x9f\x98\x80");
    CHECK(json_get(j, "c")->count == 0);
    CHECK(!json_get(j, "d") && !json_get(b, "x") && !json_get(NULL, "x"));
}

static void numbers(Arena *a)
{
    static const struct { const char *text; int whole; long long value; double num; } c[] = {
        {"0", 1, 0, 0}, {"-0", 1, 0, -0.0}, {"9223372036854775807", 1, 9223372036854775807LL, 9223372036854775807.0},
        {"-9223372036854775808", 1, -9223372036854775807LL - 1, -9223372036854775808.0},
        {"9223372036854775808", 0, 0, 9223372036854775808.0}, {"-9223372036854775809", 0, 0, -9223372036854775809.0},
        {"1.0", 0, 0, 1}, {"1e2", 0, 0, 100}, {"1E-2", 0, 0, 0.01}, {"0.1", 0, 0, 0.1}, {"1e-400", 0, 0, 0},
        {"1234567890123456789012345678901234567890123456789012345678901234567890", 0, 0, 1234567890123456789012345678901234567890123456789012345678901234567890.0},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        const char *why;
        size_t at;
        Json *j = parse(a, c[i].text, strlen(c[i].text), &why, &at);
        if (!CHECK(j && j->kind == JSON_number && j->is_integer == c[i].whole && j->num == c[i].num)) printf("  %s\n", c[i].text);
        if (j && c[i].whole) CHECK_INT(j->integer, c[i].value);
    }
}

/* Bytes that must be refused, the offset that is blamed, a word of the reason. */
static void bad(Arena *a)
{
#define T(text) text, sizeof(text) - 1
    static const struct { const char *text; size_t n, at; const char *reason; } c[] = {
        {T(""), 0, "ends"}, {T("  "), 2, "ends"}, {T("nul"), 0, "value"}, {T("truex"), 4, "after"}, {T("1 2"), 2, "after"},
        {T("[1,]"), 3, "value"}, {T("[1 2]"), 3, "','"}, {T("[1"), 2, "','"}, {T("["), 1, "ends"}, {T("{\"a\":1,}"), 7, "key"},
        {T("{a:1}"), 1, "key"}, {T("{\"a\" 1}"), 5, "':'"}, {T("{\"a\":1"), 6, "','"}, {T("{"), 1, "key"},
        {T("{\"a\":1, \"b\":2, \"a\":3}"), 15, "duplicate"}, {T("{\"a\":1,\"\\u0061\":2}"), 7, "duplicate"},
        {T("01"), 0, "zero"}, {T("-"), 0, "digits"}, {T("+1"), 0, "value"}, {T(".5"), 0, "value"}, {T("1."), 0, "point"},
        {T("1e"), 0, "exponent"}, {T("1e999"), 0, "large"}, {T("NaN"), 0, "value"}, {T("-Infinity"), 0, "digits"},
        {T("\"abc"), 0, "end"}, {T("\"a\\"), 2, "escape"}, {T("\"a\nb\""), 2, "control"}, {T("\"\\x\""), 1, "escape"},
        {T("\"\\u12g4\""), 1, "hexadecimal"}, {T("\"\\ud800\""), 1, "surrogate"}, {T("\"\\ud800\\u0041\""), 1, "surrogate"},
        {T("\"\\udc00\""), 1, "surrogate"}, {T("\"\\u00"), 1, "hexadecimal"}, {T("\"\\"), 1, "escape"},
        {T("\"\xc0\xaf\""), 1, "UTF-8"}, {T("\"\xe0\x80\xaf\""), 1, "UTF-8"}, {T("\"\xed\xa0\x80\""), 1, "UTF-8"},
        {T("\"\xf4\x90\x80\x80\""), 1, "UTF-8"}, {T("\"\xff\""), 1, "UTF-8"}, {T("\"\xc3"), 1, "UTF-8"}, {T("\"a\x80\""), 2, "UTF-8"},
        {T("\xef\xbb\xbf{}"), 0, "byte order"}, {T("// c\n1"), 0, "value"}, {T("'a'"), 0, "value"}, {T("\0"), 0, "value"}, {T("1\0"), 1, "after"},
    };
#undef T
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        const char *why;
        size_t at;
        Json *j = parse(a, c[i].text, c[i].n, &why, &at);
        if (!CHECK(!j && why && strstr(why, c[i].reason) && at == c[i].at))
            printf("  %s: %s at %zu, wanted %s at %zu\n", c[i].text, why ? why : "accepted", at, c[i].reason, c[i].at);
    }
}

static void depth(Arena *a)
{
    char text[200];
    const char *why;
    size_t at;
    for (int n = 63; n <= 66; n++) {
        memset(text, '[', (size_t)n);
        memset(text + n, ']', (size_t)n);
        CHECK_INT(parse(a, text, 2 * (size_t)n, &why, &at) != NULL, n <= 64);
    }
    /* deep and never closed: refused, not a stack overflow */
    char *deep = malloc(1000000);
    memset(deep, '[', 1000000);
    CHECK(!parse(a, deep, 1000000, &why, &at) && at == 64);
    free(deep);
}

static void embedded_zero(Arena *a)
{
    const char *why;
    size_t at;
    Json *j = parse(a, "\"a\\u0000b\"", 10, &why, &at);
    CHECK(j && j->len == 3 && !memcmp(j->str, "a\0b", 4));
    j = parse(a, "{\"a\\u0000b\":1,\"a\":2}", 20, &why, &at);   /* different keys */
    CHECK(j && json_get(j, "a")->integer == 2);
}

/* Every prefix of a good text, and every text with one byte changed, ends without a crash. */
static void mangled(Arena *a)
{
    const char text[] = "{\"k\":[1,2.5e-3,\"\\u00e9\\ud83d\\ude00\xc3\xa9\",true,false,null,{\"x\":{}}],\"l\":\"\\\"\\\\\"}";
    size_t n = sizeof text - 1, at;
    const char *why;
    int accepted = 0;
    for (size_t i = 0; i < n; i++) accepted += parse(a, text, i, &why, &at) != NULL;
    CHECK_INT(accepted, 0);
    char copy[sizeof text];
    int sound = 1;
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < 256; c++) {
            memcpy(copy, text, sizeof text);
            copy[i] = (char)c;
            Json *j = parse(a, copy, n, &why, &at);
            sound &= j ? j->end == n : why && at <= n;
        }
    CHECK(sound);
}

/* A vocabulary of 100,000 keys: duplicate detection must not be quadratic (the runner's time limit). */
static void large(Arena *a)
{
    enum { KEYS = 100000 };
    char *text = malloc(KEYS * 24), *p = text;
    *p++ = '{';
    for (int i = 0; i < KEYS; i++) p += sprintf(p, "%s\"token%d\":%d", i ? "," : "", i, i);
    *p++ = '}';
    const char *why;
    size_t at;
    Json *j = parse(a, text, (size_t)(p - text), &why, &at);
    CHECK(j && j->count == KEYS && json_get(j, "token99999")->integer == 99999);
    free(text);
}

int main(void)
{
    Arena *a = arena_new();
    good(a);
    numbers(a);
    bad(a);
    depth(a);
    embedded_zero(a);
    mangled(a);
    large(a);
    arena_free(a);
    return check_done();
}
