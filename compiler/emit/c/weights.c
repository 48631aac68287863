/* weights.c - how the emitted program holds its weights. Takes a plan and the chosen form, gives C text (and the text of
 * an assembler file). Inline weights are rows of string literals of fewer than 4096 characters, the length that C99
 * promises: no compiler warns, and literals compile ten times as fast as lists of numbers. */
#include <ctype.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"

enum { ROW = 4032, LINE = 96 };           /* bytes; a row is a multiple of the tensors' alignment */

static int64_t row_count(const Plan *p) { return (p->weight_bytes + ROW - 1) / ROW; }
/* rows of equal length with the least padding behind the last */
static int64_t row_bytes(const Plan *p)
{
    int64_t n = row_count(p), r = (p->weight_bytes + n - 1) / n;
    return (r + 63) / 64 * 64;
}

typedef struct Text { Sink to; int64_t at, row; unsigned char line[LINE]; int n; } Text;

static size_t literal(const unsigned char *d, int n, char *out)
{
    size_t w = 0;
    out[w++] = '"';
    for (int k = 0; k < n; k++) {
        unsigned v = d[k];
        int digit_next = k + 1 < n && d[k + 1] >= '0' && d[k + 1] <= '9';
        if (v >= 32 && v < 127 && v != '"' && v != '\\' && v != '?') { out[w++] = (char)v; continue; }
        out[w++] = '\\';
        if (v >= 64 || digit_next) out[w++] = (char)('0' + (v >> 6));
        if (v >= 8 || digit_next) out[w++] = (char)('0' + (v >> 3 & 7));
        out[w++] = (char)('0' + (v & 7));
    }
    out[w++] = '"'; out[w++] = '\n';
    return w;
}

static void line_end(Text *t)
{
    char text[4 * LINE + 8];
    if (!t->n) return;
    size_t n = literal(t->line, t->n, text);
    t->to.put(t->to.u, text, n);
    t->n = 0;
}

static void text_put(void *u, const void *bytes, size_t n)
{
    Text *t = u;
    const unsigned char *p = bytes;
    for (size_t k = 0; k < n; k++) {
        if (t->at && t->at % t->row == 0) {
            line_end(t);
            t->to.put(t->to.u, ",\n", 2);
        }
        t->line[t->n++] = p[k];
        if (t->n == LINE) line_end(t);
        t->at++;
    }
}

void weights_text(const Plan *p, Sink to)
{
    if (!p->weight_bytes) return;
    Text t = {to, 0, row_bytes(p), {0}, 0};
    image_put(p, (Sink){text_put, &t});
    line_end(&t);
}

static void endian(Out *c)
{
    out_f(c, "#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\n#error \"these weights are little-endian\"\n#endif\n");
}

static void incbin(CEmit *e, Out *c)
{
    const char *x = e->prefix, *X = e->upper;
    out_f(c, "/* The weights are included by the assembler, from the folder in which the compiler runs or one given by -I; or define\n"
             " * %s_IMAGE_FILE as a string literal that holds the path, and %s_IMAGE_SECTION as that of another section. */\n", X, X);
    out_f(c, "#if !defined(__GNUC__)\n#error \"compile with gcc or clang, or choose --weights=inline, blob or object\"\n#endif\n");
    out_f(c, "#ifndef %s_IMAGE_FILE\n#define %s_IMAGE_FILE \"%s\"\n#endif\n", X, X, e->opt->image_name);
    out_f(c, "#ifndef %s_IMAGE_SECTION\n#if defined(__APPLE__)\n#define %s_IMAGE_SECTION \".section __DATA,__const\"\n#elif defined(_WIN32)\n#define %s_IMAGE_SECTION \".section .rdata,\\\"dr\\\"\"\n#else\n#define %s_IMAGE_SECTION \".section .rodata.%s_image,\\\"a\\\",%%progbits\"\n#endif\n#endif\n", X, X, X, X, x);
    out_f(c, "extern const unsigned char %s_image[] __asm__(\"%s_image\");\n", x, x);
    out_f(c, "#if defined(__ELF__)\n#define %s_IMAGE_HIDDEN \".hidden %s_image\\n\"\n#else\n#define %s_IMAGE_HIDDEN\n#endif\n", X, x, X);
    out_f(c, "__asm__(%s_IMAGE_SECTION \"\\n.balign 64\\n.globl %s_image\\n\" %s_IMAGE_HIDDEN \"%s_image:\\n.incbin \\\"\" %s_IMAGE_FILE \"\\\"\\n.text\\n\");\n\n", X, x, X, x, X);
}

int weights_argument(const CEmit *e) { return e->plan->weight_bytes && e->opt->weights == WEIGHTS_blob; }

/* The text before the rows of an inline array; everything for the other forms. */
void weights_begin(CEmit *e, Out *c)
{
    const Plan *p = e->plan;
    const char *x = e->prefix;
    if (!p->weight_bytes) return;
    if (e->opt->weights == WEIGHTS_tables) { tables_emit(e, c); return; }
    endian(c);
    switch (e->opt->weights) {
    case WEIGHTS_inline:
        out_f(c, "#ifndef %s_WEIGHTS /* attributes of the weights: a section, for instance */\n#define %s_WEIGHTS\n#endif\n", e->upper, e->upper);
        out_f(c, "#if defined(__GNUC__) && __GNUC__ >= 15\n#define %s_BYTES __attribute__((nonstring))\n#else\n#define %s_BYTES\n#endif\n", e->upper, e->upper);
        out_f(c, "/* Weights, little-endian, each tensor at a multiple of 64 bytes. */\n");
        out_f(c, "%s_ALIGN(64) %s_WEIGHTS static const unsigned char %s_weights[%lld][%lld] %s_BYTES = {\n", e->upper, e->upper, x, (long long)row_count(p), (long long)row_bytes(p), e->upper);
        return;
    case WEIGHTS_incbin: incbin(e, c); return;
    case WEIGHTS_object:
        out_f(c, "/* The weights, with a header of %d bytes: %s assembled. */\nextern const unsigned char %s_image[];\n\n", IMAGE_HEADER, "the .S file beside this one,", x);
        return;
    default: return;
    }
}

void weights_end(CEmit *e, Out *c)
{
    if (e->plan->weight_bytes && e->opt->weights == WEIGHTS_inline) out_f(c, "};\n\n");
}

/* The first lines of an entry: where the weights are. `used`: does the entry read any? */
void weights_local(const CEmit *e, int used, Out *c)
{
    const char *x = e->prefix;
    if (!e->plan->weight_bytes || e->opt->weights == WEIGHTS_tables) return;
    if (e->opt->weights == WEIGHTS_blob) {
        out_f(c, "if (!%s_image_fits(blob)) return %s_EBLOB;\n", x, e->upper);
        if (used) out_f(c, "const unsigned char *const weights = (const unsigned char *)blob + %d;\n", IMAGE_HEADER);
    } else if (used) {
        if (e->opt->weights == WEIGHTS_inline) out_f(c, "const unsigned char *const weights = (const unsigned char *)%s_weights;\n", x);
        else out_f(c, "const unsigned char *const weights = %s_image + %d;\n", x, IMAGE_HEADER);
    }
}

/* Checks of a blob: before the entries, so that they can call them. */
void weights_checks(const CEmit *e, uint64_t id, Out *c)
{
    const char *x = e->prefix, *X = e->upper;
    if (!weights_argument(e)) return;
    out_f(c, "static uint64_t %s_le(const unsigned char *p, int n)\n{\n    uint64_t v = 0;\n    while (n-- > 0) v = v << 8 | p[n];\n    return v;\n}\n\n", x);
    out_f(c, "/* Weights for this program? Looks at the %d bytes of the header only. */\n", IMAGE_HEADER);
    out_f(c, "static int %s_image_fits(const void *blob)\n{\n    const unsigned char *p = (const unsigned char *)blob;\n", x);
    out_f(c, "    return p[0] == 'T' && p[1] == 'F' && p[2] == 'X' && p[3] == 'W' && %s_le(p + 4, 4) == %du\n", x, IMAGE_VERSION);
    out_f(c, "        && %s_le(p + 8, 8) == %lldu && %s_le(p + 16, 8) == UINT64_C(0x%016llx);\n}\n\n", x, (long long)e->plan->weight_bytes, x, (unsigned long long)id);
    out_f(c, "%s_status %s_bind(const void *blob, size_t bytes)\n{\n", x, x);
    out_f(c, "    const unsigned char *p = (const unsigned char *)blob;\n    uint64_t a = 0, b = 0;\n");
    out_f(c, "    if (!blob || ((uintptr_t)blob & 15u) != 0) return %s_EARG;\n", X);
    out_f(c, "    if (bytes != %s_BLOB_BYTES || !%s_image_fits(blob)) return %s_EBLOB;\n", X, x, X);
    out_f(c, "    for (size_t k = 40; k < bytes; k += 4) { /* the rest of the header is 0 */\n        a += %s_le(p + k, 4);\n        b += a;\n    }\n", x);
    out_f(c, "    return a == %s_le(p + 24, 8) && b == %s_le(p + 32, 8) ? %s_OK : %s_EBLOB;\n}\n\n", x, x, X, X);
}

/* The .S file of --weights=object. */
void weights_assembler(const CEmit *e, Out *s)
{
    const char *x = e->prefix;
    if (!e->plan->weight_bytes || e->opt->weights != WEIGHTS_object) return;
    out_f(s, "/* Weights of %s as an object of its own, with the assembler of the target:\n *   cc -c THIS.S     in the folder of %s, or with -I\n */\n", x, e->opt->image_name);
    out_f(s, "#define TFXC_JOIN(a, b) TFXC_JOIN_(a, b)\n#define TFXC_JOIN_(a, b) a##b\n#define IMAGE TFXC_JOIN(__USER_LABEL_PREFIX__, %s_image)\n", x);
    out_f(s, "#if defined(__APPLE__)\n    .section __DATA,__const\n#elif defined(_WIN32)\n    .section .rdata,\"dr\"\n#else\n    .section .rodata.%s_image,\"a\",%%progbits\n#endif\n", x);
    out_f(s, "    .balign 64\n    .globl IMAGE\nIMAGE:\n    .incbin \"%s\"\n", e->opt->image_name);
    out_f(s, "#if defined(__ELF__)\n    .type IMAGE, %%object\n    .size IMAGE, . - IMAGE\n    .section .note.GNU-stack,\"\",%%progbits\n#endif\n");
}
