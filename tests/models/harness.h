/* Reads data.npz (uncompressed zip of .npy arrays, little-endian), gives input arrays, compares output arrays.
 * One C file is generated for each model from its list of cases; it includes the compiled model's header and this. */
#ifndef HARNESS_H
#define HARNESS_H
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char name[64]; char kind; size_t count; const unsigned char *data; } Array;
static Array arrays[128];
static int array_count;
static struct { const Array *want; void *got; } outputs[8];
static int output_count, bad_outputs;
static void *blocks[16]; /* of the call being made */
static int block_count;
static char why[256];
static double worst;

static void die(const char *what, const char *name) { fprintf(stderr, "harness: %s: %s\n", what, name); exit(2); }
static size_t le(const unsigned char *p, int n) { size_t v = 0; while (n--) v = v << 8 | p[n]; return v; }

/* The number of elements of an .npy header's shape. */
static size_t npy_count(const char *header)
{
    const char *p = strstr(header, "'shape': (");
    size_t n = 1;
    if (!p) die("no shape", header);
    for (p += 10; *p && *p != ')';) {
        char *end;
        size_t v = strtoull(p, &end, 10);
        if (end == p) { p++; continue; }
        n *= v;
        p = end;
    }
    return n;
}

static void npy_add(const char *name, size_t name_size, const unsigned char *p)
{
    Array *a = &arrays[array_count++];
    char header[512];
    size_t size = le(p + 8, 2);
    if (array_count > 128 || name_size - 4 >= sizeof a->name || size >= sizeof header || memcmp(p, "\x93NUMPY\1", 7)) die("array", name);
    memcpy(a->name, name, name_size - 4); /* without .npy */
    memcpy(header, p + 10, size);
    header[size] = 0;
    a->kind = strstr(header, "'<f4'") ? 'f' : strstr(header, "'<i4'") ? 'i' : '?';
    if (a->kind == '?' || strstr(header, "'fortran_order': True")) die("neither f32 nor i32 in C order", a->name);
    a->count = npy_count(header);
    a->data = p + 10 + size;
}

static void data_open(const char *path)
{
    FILE *f = fopen(path, "rb");
    static unsigned char z[1 << 20];
    size_t size = f ? fread(z, 1, 1 << 20, f) : 0, end = size - 22;
    if (size < 22 || size == 1 << 20 || memcmp(z + end, "PK\5\6", 4)) die("cannot read", path);
    fclose(f);
    size_t entry = le(z + end + 16, 4);
    for (size_t n = le(z + end + 10, 2); n--; entry += 46 + le(z + entry + 28, 2) + le(z + entry + 30, 2) + le(z + entry + 32, 2)) {
        size_t local = le(z + entry + 42, 4);
        if (le(z + entry + 10, 2)) die("compressed", path);
        npy_add((char *)z + entry + 46, le(z + entry + 28, 2), z + local + 30 + le(z + local + 26, 2) + le(z + local + 28, 2));
    }
}

static const Array *find(const char *name)
{
    for (int k = 0; k < array_count; k++)
        if (!strcmp(arrays[k].name, name)) return &arrays[k];
    die("no such array", name);
    return NULL;
}

static void *block(size_t size)
{
    void *p = malloc(size);
    if (!p || block_count == 16) die("no room", "block");
    return blocks[block_count++] = p;
}

/* A copy of exactly the array's size, so that a read behind its end is seen by AddressSanitizer. */
static void *input(const char *name)
{
    const Array *a = find(name);
    void *copy = block(4 * a->count);
    memcpy(copy, a->data, 4 * a->count);
    return copy;
}

/* Room for an output of the array's size, filled with NaNs (or an odd integer). */
static void *output(const char *name)
{
    const Array *a = find(name);
    void *room = block(4 * a->count);
    memset(room, 0xff, 4 * a->count);
    outputs[output_count].want = a;
    outputs[output_count++].got = room;
    return room;
}

/* f32: the largest difference is at most 1e-4 of the largest expected magnitude; i32: equal. */
static void compare(const Array *want, const void *got, const char *call)
{
    double most = 0, off = 0;
    size_t at = 0;
    for (size_t k = 0; k < want->count; k++) {
        double w, g, d;
        if (want->kind == 'f') { float a, b; memcpy(&a, want->data + 4 * k, 4); memcpy(&b, (const char *)got + 4 * k, 4); w = a; g = b; }
        else { int32_t a, b; memcpy(&a, want->data + 4 * k, 4); memcpy(&b, (const char *)got + 4 * k, 4); w = a; g = b; }
        d = fabs(w - g);
        if (fabs(w) > most) most = fabs(w);
        if (!(d <= off)) { off = d; at = k; if (d != d) break; }
    }
    double limit = want->kind == 'f' ? 1e-4 * most : 0;
    if (!(off / most <= worst)) worst = off / most;
    if (off <= limit) return;
    if (!bad_outputs++) snprintf(why, sizeof why, "%s: %s is %g off at element %d of %d (largest %g)", call, want->name, off, (int)at, (int)want->count, most);
}

static void check(const char *call, int status, int wanted)
{
    if (status != wanted) { if (!bad_outputs++) snprintf(why, sizeof why, "%s: status %d, wanted %d", call, status, wanted); }
    else if (!status) for (int k = 0; k < output_count; k++) compare(outputs[k].want, outputs[k].got, call);
    output_count = 0;
    while (block_count) free(blocks[--block_count]);
}

/* Ends a case: one line of the suite's contract. */
static void report(const char *test, const char *name)
{
    if (bad_outputs) printf("not ok %s %s: %s\n", test, name, why);
    else printf("ok %s %s\n", test, name);
    bad_outputs = 0;
    fflush(stdout);
}
#endif
