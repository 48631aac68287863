/* read_tensor.c - stored values in the text form: element lists, hex bytes, synthetic values, references to files.
 * Takes the type and shape they must have; counts, ranges and sizes are checked before anything is allocated. */
#include <string.h>
#include "compiler/ir/reader.h"

/* Elements of one tensor at most: keeps byte counts far from overflow whatever the text says. */
static const int64_t max_count = (int64_t)1 << 36;

DType reader_dtype(Reader *r)
{
    Tok t = r->lex.tok;
    int d = t.kind == TOK_name && !reader_ends(r) ? dtype_by_name(t.text) : -1;
    if (d < 0) reader_wanted(r, "a type (f32, i32, bool, ...)");
    reader_next(r);
    return (DType)d;
}

static size_t elem_bytes(DType t) { return (size_t)dtype_info[t].bits / 8; }

static void store(unsigned char *at, DType t, double f, int64_t i)
{
    uint64_t v = (uint64_t)i;
    if (t == DT_f32) {
        float s = (float)f;
        uint32_t w;
        memcpy(&w, &s, sizeof w);
        v = w;
    } else if (t == DT_f64) {
        memcpy(&v, &f, sizeof v);
    } else if (t == DT_f16) {
        v = f64_to_f16(f);
    } else if (t == DT_bf16) {
        v = f64_to_bf16(f);
    }
    for (size_t k = 0; k < elem_bytes(t); k++) at[k] = (unsigned char)(v >> (8 * k));
}

static int64_t int_element(Reader *r, DType t)
{
    Tok at = r->lex.tok;
    int bits = dtype_info[t].bits, is_unsigned = t == DT_u8 || t == DT_u16;
    if (t == DT_bool) {
        int truth = reader_accept(r, "true");
        if (!truth) reader_expect(r, "false");
        return truth;
    }
    int64_t v = reader_int(r, "an integer");
    if (bits == 64) return v;
    int64_t lo = is_unsigned ? 0 : -((int64_t)1 << (bits - 1)), hi = ((int64_t)1 << (bits - !is_unsigned)) - 1;
    if (v < lo || v > hi) reader_fail(r, &at, "ir-number", "%lld does not fit %s", (long long)v, dtype_info[t].name);
    return v;
}

static void read_elements(Reader *r, Tensor *t, int64_t count)
{
    Tok at = r->lex.tok;
    VEC(uint64_t) v = {0};                              /* grows with the text, so a huge shape costs nothing */
    reader_open(r, "{");
    while (!reader_is(r, "}")) {
        uint64_t bits = 0;
        if (v.n) reader_expect(r, ",");
        if (v.n == count) break;
        if (dtype_is_float(t->dtype)) store((unsigned char *)&bits, t->dtype, reader_float(r), 0);
        else store((unsigned char *)&bits, t->dtype, 0, int_element(r, t->dtype));
        vec_push(r->a, &v, bits);
    }
    if (!reader_is(r, "}") || v.n != count)
        reader_fail(r, &at, "ir-data", "found %s %d elements, the shape wants %lld", v.n == count ? "more than" : "only", v.n, (long long)count);
    reader_close(r, "}");
    unsigned char *data = arena_alloc(r->a, (size_t)count * elem_bytes(t->dtype) + 1);
    for (int i = 0; i < v.n; i++) memcpy(data + (size_t)i * elem_bytes(t->dtype), &v.at[i], elem_bytes(t->dtype));
    t->data = data;
    t->bytes = (size_t)count * elem_bytes(t->dtype);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* "{" digits and blanks "}", read from the bytes themselves: the lexer stands on "{". */
static void read_hex(Reader *r, Tensor *t, int64_t count)
{
    Tok at = r->lex.tok;
    uint32_t i = r->lex.pos;
    uint64_t want = 2 * (uint64_t)count * elem_bytes(t->dtype), n = 0;
    if (!reader_is(r, "{")) reader_wanted(r, "'{'");
    for (; i < r->size && r->text[i] != '}'; i++) n += hex_value(r->text[i]) >= 0;
    if (n != want) reader_fail(r, &at, "ir-data", "found %llu hex digits, the shape wants %llu", (unsigned long long)n, (unsigned long long)want);
    unsigned char *data = arena_alloc(r->a, n / 2 + 1);
    uint64_t k = 0;
    for (i = r->lex.pos; i < r->size && r->text[i] != '}'; i++) {
        int v = hex_value(r->text[i]);
        if (v < 0) {
            at.at = i, at.end = i + 1;
            if (!strchr(" \t\r\n", r->text[i]) || !r->text[i]) reader_fail(r, &at, "ir-data", "not a hex digit");
            continue;
        }
        data[k / 2] = (unsigned char)(data[k / 2] << 4 | v);
        k++;
    }
    t->data = data;
    t->bytes = (size_t)(n / 2);
    r->lex.pos = i;
    reader_next(r);
    reader_expect(r, "}");
}

static void read_random(Reader *r, Tensor *t)
{
    reader_expect(r, "seed");
    t->seed = reader_uint(r, "a seed", UINT64_MAX);
    reader_expect(r, "scale");
    t->scale = reader_float(r);
    reader_expect(r, "offset");
    t->offset = reader_float(r);
}

static void check_count(Reader *r, const Tensor *t, const Tok *at)
{
    int64_t n = 1;
    for (int d = 0; d < t->rank; d++)
        if (__builtin_mul_overflow(n, t->shape[d], &n) || n > max_count)
            reader_fail(r, at, "ir-limit", "the tensor has more than %lld elements", (long long)max_count);
}

Tensor *reader_tensor(Reader *r, DType dtype, int rank, const int64_t *shape, const char *name)
{
    Tok at = r->lex.tok;
    Tensor *t = NEW(r->a, Tensor);
    t->dtype = reader_accept(r, "as") ? reader_dtype(r) : dtype;
    if (!dtype_stores(t->dtype, dtype))
        reader_fail(r, &at, "ir-type", "%s values cannot be stored as %s", dtype_info[dtype].name, dtype_info[t->dtype].name);
    t->rank = rank;
    memcpy(t->shape, shape, (size_t)rank * sizeof *shape);
    t->name = name;
    t->span = reader_span(r, &at);
    check_count(r, t, &at);
    if (reader_accept(r, "from")) t->file = reader_name(r, "the name of a file");
    else if (reader_accept(r, "random")) read_random(r, t);
    else if (reader_accept(r, "hex")) read_hex(r, t, tensor_count(t));
    else if (reader_is(r, "{")) read_elements(r, t, tensor_count(t));
    else reader_wanted(r, "{values}, hex {bytes}, from \"file\", or random");
    if (reader_accept(r, "tensor")) t->name = reader_name(r, "the name of a tensor");
    if (t->file && r->loader && !r->loader(r->loader_user, r->m, t)) longjmp(r->fail, 1);
    return t;
}
