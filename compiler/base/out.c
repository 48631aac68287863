/* out.c - text being written, numbers as text, and files that appear whole or not at all.
 * Takes formatted text, gives a buffer on an arena; takes bytes, gives a file.
 * Knows nothing of what is written. */
#include "compiler/base/out.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void out_init(Out *o, Arena *a)
{
    memset(o, 0, sizeof *o);
    o->arena = a;
    o->bol = 1;
    o->cap = 1024;
    o->at = arena_alloc(a, o->cap);
}

static void reserve(Out *o, size_t n)
{
    if (n > SIZE_MAX / 4 - o->n) n = SIZE_MAX / 2;  /* lets arena_alloc refuse */
    if (o->cap - o->n > n) return;
    size_t cap = o->cap;
    while (cap - o->n <= n) cap *= 2;
    char *bigger = arena_alloc(o->arena, cap);
    memcpy(bigger, o->at, o->n);
    o->at = bigger;
    o->cap = cap;
}

void out_n(Out *o, const char *bytes, size_t n)
{
    if (!n) return;
    reserve(o, n);
    memcpy(o->at + o->n, bytes, n);
    o->n += n;
    o->at[o->n] = 0;
    o->bol = bytes[n - 1] == '\n';
}

/* Line by line, so that each line that is not empty starts with its indentation. */
void out_s(Out *o, const char *text)
{
    while (*text) {
        if (o->bol && *text != '\n')
            for (int i = 0; i < o->indent; i++) out_n(o, "  ", 2);
        const char *end = strchr(text, '\n');
        size_t n = end ? (size_t)(end - text) + 1 : strlen(text);
        out_n(o, text, n);
        text += n;
    }
}

void out_f(Out *o, const char *fmt, ...)
{
    char small[512];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n >= 0 && (size_t)n < sizeof small) out_s(o, small);
    else out_s(o, arena_vprintf(o->arena, fmt, again));
    va_end(again);
    va_end(ap);
}

/* ---- Numbers */

static const char *not_finite(double x)
{
    return isnan(x) ? "nan" : x < 0 ? "-inf" : "inf";
}

const char *fmt_f64(Arena *a, double x)
{
    if (!isfinite(x)) return not_finite(x);
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    return arena_str(a, text, strlen(text));
}

const char *fmt_f32(Arena *a, float x)
{
    if (!isfinite(x)) return not_finite((double)x);
    char text[40];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text - 2, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x) break;
    }
    if (!strpbrk(text, ".e")) strcat(text, ".0");
    return arena_str(a, text, strlen(text));
}

/* ---- Files */

struct BigFile {
    Diag *diag;
    const char *path, *temp;        /* temp == NULL: written in place (stdout, devices, pipes) */
    FILE *f;
};

static _Noreturn void cannot_write(Diag *d, const char *path, int why)
{
    diag_fatal(d, span_none(), "cannot-write", "cannot write %s: %s", path, strerror(why));
}

/* Devices and pipes must be written to, not replaced by a file. */
static int replaceable(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}

BigFile *bigfile_open(Diag *d, Arena *a, const char *path)
{
    BigFile *b = NEW(a, BigFile);
    b->diag = d;
    b->path = arena_str(a, path, strlen(path));
    if (!strcmp(path, "-")) {
        b->f = stdout;
        return b;
    }
    struct stat st;
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) cannot_write(d, path, EISDIR);
    if (!replaceable(path)) {
        b->f = fopen(path, "wb");
        if (!b->f) cannot_write(d, path, errno);
        return b;
    }
    char *temp = arena_printf(a, "%s.tmpXXXXXX", path);
    int fd = mkstemp(temp);
    if (fd < 0) cannot_write(d, path, errno);
    mode_t mask = umask(0);         /* mkstemp gives 0600; the user wants what open would give */
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) || !(b->f = fdopen(fd, "wb"))) {
        int why = errno;
        close(fd);
        unlink(temp);
        cannot_write(d, path, why);
    }
    b->temp = temp;
    return b;
}

void bigfile_abandon(BigFile *b)
{
    if (b->f && b->f != stdout) fclose(b->f);
    if (b->temp) unlink(b->temp);
    b->f = NULL;
    b->temp = NULL;
}

static _Noreturn void fail(BigFile *b)
{
    int why = errno;
    bigfile_abandon(b);
    cannot_write(b->diag, b->path, why);
}

void bigfile_write(BigFile *b, const void *bytes, size_t n)
{
    if (n && fwrite(bytes, 1, n, b->f) != n) fail(b);
}

void bigfile_rewrite(BigFile *b, const void *bytes, size_t n)
{
    if (fseek(b->f, 0, SEEK_SET)) fail(b);
    bigfile_write(b, bytes, n);
}

void bigfile_commit(BigFile *b)
{
    if (fflush(b->f)) fail(b);
    if (b->f == stdout) return;
    int closed = fclose(b->f);
    b->f = NULL;
    if (closed || (b->temp && rename(b->temp, b->path))) fail(b);
    b->temp = NULL;
}

void file_save(Diag *d, const char *path, const void *bytes, size_t n)
{
    BigFile *b = bigfile_open(d, d->arena, path);
    bigfile_write(b, bytes, n);
    bigfile_commit(b);
}
