/* The base library against its headers' contracts: memory, text, maps, places, messages, files, digests. */
#include "tests/unit/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/base/ctx.h"
#include "compiler/base/embedded.h"
#include "compiler/base/json.h"

static void test_arena(void)
{
    Arena *a = arena_new();
    size_t sizes[] = {0, 1, 15, 16, 17, 1000, 16384, 16385, 65536, 1 << 20};
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *p = arena_alloc(a, sizes[i]);
            size_t sum = 0;
            for (size_t k = 0; k < sizes[i]; k++) sum += p[k];
            if (sum || (uintptr_t)p % 16) CHECK(!"zeroed and aligned");
            memset(p, 0xff, sizes[i]);
        }
    CHECK(arena_bytes(a) > 50u << 20);
    CHECK_STR(arena_str(a, "hello", 4), "hell");
    CHECK_STR(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    char *wide = arena_printf(a, "%1000d", 5);
    CHECK_INT(strlen(wide), 1000);
    CHECK(wide[999] == '5');
    VEC(int) v = {0};
    for (int i = 0; i < 10000; i++) vec_push(a, &v, i * 3);
    int good = v.n == 10000;
    for (int i = 0; i < v.n; i++) good &= v.at[i] == i * 3;
    CHECK(good);
    arena_free(a);
    arena_free(NULL);
}

static void test_strings(Arena *a)
{
    Strings *s = strings_new(a);
    const char *hello = intern(s, "hello");
    CHECK(intern_n(s, "hello world", 5) == hello);
    CHECK(intern_f(s, "h%so", "ell") == hello);
    CHECK(intern(s, "hell") != hello);
    const char *first[2000];
    for (int i = 0; i < 2000; i++) first[i] = intern_f(s, "name%d", i);
    int same = 1;
    for (int i = 0; i < 2000; i++) same &= intern_f(s, "name%d", i) == first[i];
    CHECK(same);
    CHECK(intern(s, "") == intern_n(s, "x", 0));

    CHECK_INT(str_distance("", "", 3), 0);
    CHECK_INT(str_distance("kitten", "sitting", 5), 3);
    CHECK_INT(str_distance("attn", "attn", 2), 0);
    CHECK_INT(str_distance("atnt", "attn", 2), 1);
    CHECK_INT(str_distance("abc", "", 5), 3);
    CHECK_INT(str_distance("abcdef", "xyz", 2), 3);
    char longer[300];
    memset(longer, 'a', 299), longer[299] = 0;
    CHECK_INT(str_distance(longer, longer, 2), 0);
    CHECK_INT(str_distance(longer, "a", 2), 3);
}

static void test_glob(void)
{
    static const struct { const char *pattern, *text; int wanted; } c[] = {
        {"", "", 1}, {"", "a", 0}, {"*", "", 1}, {"*", "a.b/c", 1}, {"a/b*", "a/bcd", 1}, {"a/b*", "a/c", 0},
        {"?", "", 0}, {"?", "x", 1}, {"a?c", "abc", 1}, {"layers.*.wq", "layers.12.wq", 1}, {"layers.*.wq", "layers.12.wk", 0},
        {"[abc]x", "bx", 1}, {"[abc]x", "dx", 0}, {"[!abc]x", "dx", 1}, {"[0-9]*", "7up", 1}, {"[0-9]", "a", 0}, {"[]]", "]", 1},
        {"[a", "[a", 1}, {"x.{wq,wk}.b", "x.wk.b", 1}, {"x.{wq,wk}.b", "x.wv.b", 0}, {"{a,b*}c", "bxxc", 1}, {"{a,b*}c", "bxx", 0},
        {"{a,{b,cd}}e", "cde", 1}, {"{a,{b,cd}}e", "be", 1}, {"{a,{b,cd}}e", "cde2", 0}, {"{,x}a", "a", 1}, {"{,x}a", "xa", 1},
        {"*{q,k}*{1,2}", "wq_1", 1}, {"*{q,k}*{1,2}", "wk_3", 0}, {"a{b", "a{b", 0}, {"*a*b*c", "xxaxxbxxc", 1}, {"*.weight", "a.weight.b", 0},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        if (!CHECK_INT(str_glob(c[i].pattern, c[i].text), c[i].wanted)) printf("  %s against %s\n", c[i].pattern, c[i].text);
    /* must not take exponential time */
    char text[201];
    memset(text, 'a', 200), text[200] = 0;
    CHECK_INT(str_glob("*a*a*a*a*a*a*a*a*a*a*a*b", text), 0);
}

static void test_maps(Arena *a)
{
    Map m;
    map_init(&m, a);
    CHECK(map_get_i(&m, 1) == NULL);
    static int value[5000];
    for (int i = 0; i < 5000; i++) map_put_i(&m, (uint64_t)i * 0x100000000u, &value[i]);
    int good = m.n == 5000;
    for (int i = 0; i < 5000; i++) good &= map_get_i(&m, (uint64_t)i * 0x100000000u) == &value[i] && m.slots[i].val == &value[i];
    CHECK(good);
    CHECK(map_get_i(&m, 5) == NULL);
    map_put_i(&m, 0, &value[9]);
    CHECK(map_get_i(&m, 0) == &value[9] && map_count(&m) == 5000);

    Map by_pointer;
    map_init(&by_pointer, a);
    map_put(&by_pointer, &value[3], "three");
    map_put(&by_pointer, &value[4], "four");
    CHECK_STR(map_get(&by_pointer, &value[3]), "three");
    CHECK(map_get(&by_pointer, &value[5]) == NULL);
    CHECK(by_pointer.slots[1].skey == &value[4]);

    SMap s;
    smap_init(&s, a);
    char key[32];
    for (int i = 0; i < 3000; i++) snprintf(key, sizeof key, "k%d", i), smap_put(&s, key, &value[i]);
    good = s.m.n == 3000;
    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        good &= smap_get(&s, key) == &value[i] && !strcmp(s.m.slots[i].skey, key);
    }
    CHECK(good);
    CHECK(smap_get(&s, "k3000") == NULL);
    smap_put(&s, "k7", NULL);
    CHECK(smap_get(&s, "k7") == NULL && s.m.n == 3000);
    CHECK(hash_bytes("ab", 2, 0) != hash_bytes("ab", 2, 1));
}

static void test_sources(Arena *a)
{
    Sources s;
    sources_init(&s, a);
    const char *text = "one\ntwo \xc3\xa9 x\r\nlast";
    Source *one = source_add(&s, "a.tfx", text, strlen(text), 0);
    Source *bin = source_add(&s, "w.gguf", NULL, (size_t)5 << 30, 1);
    Source *two = source_add(&s, "b.tfx", "zz", 2, 0);
    Place p;
    CHECK(!source_place(&s, 0, &p));
    CHECK(source_place(&s, one->base, &p) && p.line == 1 && p.col == 1 && p.line_len == 3);
    CHECK(source_place(&s, one->base + 11, &p));   /* the x after e-acute */
    CHECK_INT(p.line, 2);
    CHECK_INT(p.col, 7);
    CHECK_INT(p.line_len, 8);                      /* no carriage return */
    CHECK(source_place(&s, one->base + (uint32_t)strlen(text), &p) && p.line == 3 && p.col == 5 && p.source == one);
    CHECK(source_place(&s, bin->base + 0x1a20, &p) && p.source == bin && p.offset == 0x1a20 && p.line == 0);
    CHECK(source_place(&s, two->base + 2, &p) && p.source == two && p.col == 3);
    CHECK(!source_place(&s, s.next, &p));
    CHECK(!source_place(&s, UINT32_MAX, &p));
    CHECK(source_span(&s, bin, 100, 8).lo == bin->base + 100);
    CHECK(source_span(&s, bin, 100, 8).hi == bin->base + 108);
    CHECK(source_span(&s, bin, (size_t)4 << 30, 8).lo == 0);
    CHECK(source_span(&s, two, 1, SIZE_MAX).hi == s.next);

    const char *why = NULL;
    CHECK(!source_read(&s, "/nonexistent/file", &why) && strstr(why, "No such file"));
    CHECK(!source_read(&s, "/", &why) && strstr(why, "directory"));
    FILE *f = fopen("zero.bin", "wb");
    fwrite("ab\0c", 1, 4, f);
    fclose(f);
    CHECK(!source_read(&s, "zero.bin", &why) && strstr(why, "offset 2"));
    Source *self = source_read(&s, "/proc/self/maps", &why);   /* a file that says it has size 0 */
    CHECK(self && self->size > 100 && self->text[self->size] == 0);
}

/* What a Diag printed, as text. */
typedef struct Heard { Diag d; char *text; size_t n; } Heard;

static void listen(Heard *h, Arena *a, Sources *s)
{
    diag_init(&h->d, a, s);
    h->d.out = open_memstream(&h->text, &h->n);
}

static const char *heard(Heard *h)
{
    diag_flush(&h->d);
    fflush(h->d.out);
    return h->text;
}

static void forget(Heard *h)
{
    fclose(h->d.out);
    free(h->text);
}

static void test_diag_text(Arena *a, Sources *s, Source *src)
{
    Heard h;
    listen(&h, a, s);
    diag_error(&h.d, (Span){src->base + 8, src->base + 14}, "shape-mismatch", "x has %d", 64);
    diag_note(&h.d, (Span){src->base, src->base + 3}, "set here");
    diag_warn(&h.d, span_none(), "unused-head", "head 3");
    CHECK_STR(heard(&h), "m.tfx:2:4: error: x has 64 [shape-mismatch]\n"
                         "    2 |    matmul(x)\n"
                         "      |    ^~~~~~\n"
                         "m.tfx:1:1: note: set here\n"
                         "    1 | dim \n"
                         "      | ^~~\n"
                         "tfxc: warning: head 3 [-Wunused-head]\n");
    CHECK_INT(h.d.errors, 1);
    CHECK_INT(h.d.warnings, 1);
    forget(&h);

    listen(&h, a, s);
    h.d.werror = 1;
    vec_push(a, &h.d.disabled, "quiet");
    diag_warn(&h.d, span_none(), "quiet", "never seen");
    diag_note(&h.d, span_none(), "nor this");
    diag_warn(&h.d, span_none(), "loud", "bad \033[31m");
    CHECK_STR(heard(&h), "tfxc: error: bad ?[31m [-Werror=loud]\n");
    CHECK_INT(h.d.errors, 1);
    forget(&h);

    listen(&h, a, s);
    h.d.limit = 2;
    for (int i = 0; i < 9; i++) {
        diag_error(&h.d, span_none(), "e", "%d", i);
        diag_note(&h.d, span_none(), "n%d", i);
    }
    CHECK_STR(heard(&h), "tfxc: error: 0 [e]\ntfxc: note: n0\ntfxc: error: 1 [e]\ntfxc: note: n1\ntfxc: too many errors\n");
    CHECK_INT(h.d.errors, 9);
    forget(&h);
}

static void test_diag_json(Arena *a, Sources *s, Source *src)
{
    Heard h;
    listen(&h, a, s);
    h.d.json = 1;
    diag_error(&h.d, (Span){src->base + 8, src->base + 14}, "some-id", "a \"quote\"\n\xff end");
    diag_note(&h.d, span_none(), "n");
    const char *text = heard(&h), *why;
    size_t at;
    Json *j = json_parse(a, text, strlen(text), &why, &at);
    if (CHECK(j != NULL)) {
        CHECK_STR(json_get(j, "severity")->str, "error");
        CHECK_STR(json_get(j, "id")->str, "some-id");
        CHECK_STR(json_get(j, "file")->str, "m.tfx");
        CHECK_INT(json_get(j, "line")->integer, 2);
        CHECK_INT(json_get(j, "column")->integer, 4);
        CHECK_INT(json_get(j, "length")->integer, 6);
        CHECK_STR(json_get(j, "message")->str, "a \"quote\"\n\xef\xbf\xbd end");
        CHECK_INT(json_get(j, "notes")->count, 1);
    }
    forget(&h);
}

static void test_diag_fatal(Arena *a, Sources *s)
{
    Heard h;
    listen(&h, a, s);
    jmp_buf place;
    h.d.fatal = &place;
    int jumped = setjmp(place);
    if (!jumped) diag_fatal(&h.d, span_none(), "cannot-read", "no %s", "luck");
    CHECK(jumped);
    CHECK_STR(heard(&h), "tfxc: error: no luck [cannot-read]\n");
    forget(&h);
}

static void test_diag_window(Arena *a, Sources *s)
{
    Heard h;
    listen(&h, a, s);
    char *line = arena_alloc(a, 5001);
    memset(line, 'y', 5000);
    Source *wide = source_add(s, "wide.tfx", line, 5000, 0);
    diag_error(&h.d, (Span){wide->base + 2500, wide->base + 2503}, "x", "m");
    CHECK(strlen(heard(&h)) < 500);                /* a window, not 5000 columns */
    CHECK(strstr(h.text, "^~~") != NULL);
    forget(&h);
}

static void test_diag(Arena *a)
{
    Sources s;
    sources_init(&s, a);
    source_add(&s, "before.tfx", "x\n", 2, 0);
    const char *text = "dim \n\t  matmul(x)\n";          /* a tab counts as one column */
    Source *src = source_add(&s, "m.tfx", text, strlen(text), 0);
    test_diag_text(a, &s, src);
    test_diag_json(a, &s, src);
    test_diag_fatal(a, &s);
    test_diag_window(a, &s);
}

static void test_out(Arena *a)
{
    Out o;
    out_init(&o, a);
    out_f(&o, "a {\n");
    o.indent++;
    out_f(&o, "b%d;\n\nc", 1);
    out_s(&o, ";\n");
    o.indent--;
    out_s(&o, "}\n");
    CHECK_STR(o.at, "a {\n  b1;\n\n  c;\n}\n");
    for (int i = 0; i < 1000; i++) out_f(&o, "%500d\n", i);
    CHECK_INT(o.n, 18 + 501000);

    CHECK_STR(fmt_f64(a, 0.1), "0.1");
    CHECK_STR(fmt_f64(a, 1e-5), "1e-05");
    CHECK_STR(fmt_f64(a, 1.0 / 3), "0.3333333333333333");
    CHECK_STR(fmt_f64(a, -INFINITY), "-inf");
    CHECK_STR(fmt_f64(a, NAN), "nan");
    CHECK_STR(fmt_f32(a, 1e-5f), "1e-05");
    CHECK_STR(fmt_f32(a, 2.0f), "2.0");
    CHECK_STR(fmt_f32(a, -0.0f), "-0.0");
    CHECK_STR(fmt_f32(a, 16777216.0f), "16777216.0");
    CHECK_STR(fmt_f32(a, 3.4028235e38f), "3.4028235e+38");
    uint32_t bits = 12345;
    int exact = 1;
    for (int i = 0; i < 20000; i++) {
        float x, y;
        bits = bits * 1664525u + 1013904223u;
        memcpy(&x, &bits, 4);
        if (!isfinite(x)) continue;
        y = strtof(fmt_f32(a, x), NULL);
        exact &= !memcmp(&x, &y, 4);
    }
    CHECK(exact);
}

static void test_files(Arena *a)
{
    Sources s;
    sources_init(&s, a);
    Heard h;
    listen(&h, a, &s);
    file_save(&h.d, "out.txt", "hello", 5);
    struct stat st;
    CHECK(!stat("out.txt", &st) && st.st_size == 5);
    mode_t mask = umask(022);
    umask(mask);
    CHECK_INT(st.st_mode & 0777, 0666 & ~mask);

    BigFile *b = bigfile_open(&h.d, a, "out.txt");
    bigfile_write(b, "part", 4);
    bigfile_abandon(b);
    CHECK(!stat("out.txt", &st) && st.st_size == 5);       /* the old file is untouched */
    b = bigfile_open(&h.d, a, "out.txt");
    for (int i = 0; i < 1000; i++) bigfile_write(b, "0123456789", 10);
    bigfile_commit(b);
    CHECK(!stat("out.txt", &st) && st.st_size == 10000);
    CHECK_INT(system("ls out.txt.tmp* >/dev/null 2>&1") == 0, 0);
    file_save(&h.d, "/dev/null", "x", 1);
    CHECK(!stat("/dev/null", &st) && S_ISCHR(st.st_mode)); /* not replaced by a file */

    forget(&h);

    MapFiles maps = {0};
    const char *why = NULL;
    MapFile *m = mapfile_open(&maps, a, "out.txt", &why);
    CHECK(m && m->size == 10000 && !memcmp(m->data, "0123456789", 10));
    fclose(fopen("empty", "w"));
    MapFile *e = mapfile_open(&maps, a, "empty", &why);
    CHECK(e && e->size == 0 && e->data);
    CHECK(!mapfile_open(&maps, a, ".", &why) && !strcmp(why, "is a directory"));
    CHECK(!mapfile_open(&maps, a, "/dev/zero", &why));
    CHECK(!mapfile_open(&maps, a, "missing", &why) && strstr(why, "No such file"));
    mapfiles_close(&maps);
}

static void test_digests(void)
{
    char hex[65];
    static char million[1000000];
    memset(million, 'a', sizeof million);
    sha256_hex("", 0, hex);
    CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_hex("abc", 3, hex);
    CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    CHECK_STR(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    sha256_hex(million, sizeof million, hex);
    CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK_INT(crc32c_of("123456789", 9, 0), 0xe3069283u);
    CHECK_INT(crc32c_of("6789", 4, crc32c_of("12345", 5, 0)), 0xe3069283u);
    CHECK_INT(crc32c_of("", 0, 0), 0);
}

static void test_embedded(void)
{
    CHECK(embedded_find("no/such/file") == NULL);
    for (unsigned i = 0; i < embedded_count; i++) {
        const EmbeddedFile *e = &embedded_files[i];
        if (strlen(e->text) != e->size || embedded_find(e->path) != e) CHECK(!"size and path agree");
    }
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    if (tmp && chdir(tmp)) return 1;
    test_arena();
    Arena *a = arena_new();
    test_strings(a);
    test_glob();
    test_maps(a);
    test_sources(a);
    test_diag(a);
    test_out(a);
    test_files(a);
    test_digests();
    test_embedded();
    arena_free(a);
    return check_done();
}
