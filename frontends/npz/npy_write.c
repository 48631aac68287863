/* npy_write.c - see npy_write.h. Archives of 4 GiB and more, and none else, are written with ZIP64 fields. */
#include <string.h>
#include "frontends/npz/npy_write.h"
#include "frontends/npz/zip.h"

/* One array as it will stand in a file: header, then data. */
typedef struct Part { const char *name; const char *head; size_t head_len; const void *data; size_t bytes; uint64_t at; uint32_t crc; } Part;

static const char *const descr[DT_COUNT] = {
  [DT_f32] = "<f4", [DT_f16] = "<f2", [DT_bf16] = "<f4", [DT_f64] = "<f8", [DT_i32] = "<i4", [DT_i16] = "<i2",
  [DT_i8] = "|i1", [DT_u8] = "|u1", [DT_u16] = "<u2", [DT_i64] = "<i8", [DT_bool] = "|b1",
};

/* bf16 is the upper half of an f32. */
static const void *widen(Arena *a, const void *data, size_t count)
{
  const unsigned char *src = data;
  unsigned char *dst = arena_alloc(a, count * 4 + 1);
  for (size_t i = 0; i < count; i++) memcpy(dst + i * 4 + 2, src + i * 2, 2);
  return dst;
}

/* Magic, version 1, header padded with spaces so that data begin at a multiple of 64. */
static Part make_part(Arena *a, const NpyArray *x)
{
  const char *shape = "";
  size_t count = 1;
  for (int i = 0; i < x->rank; i++) {
    shape = arena_printf(a, i ? "%s %lld," : "%s%lld,", shape, (long long)x->shape[i]);
    count *= (size_t)x->shape[i];
  }
  size_t n = strlen(shape);
  if (x->rank > 1) shape = arena_str(a, shape, n - 1);      /* (3,) but (3, 4) */
  const char *dict = arena_printf(a, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr[x->dtype], shape);
  size_t len = strlen(dict), total = (10 + len + 1 + 63) / 64 * 64;
  char *head = arena_alloc(a, total);
  memcpy(head, "\x93NUMPY\1\0", 8);
  head[8] = (char)((total - 10) & 0xff), head[9] = (char)((total - 10) >> 8);
  memset(head + 10, ' ', total - 10);
  memcpy(head + 10, dict, len);
  head[total - 1] = '\n';
  int wide = x->dtype == DT_bf16;
  size_t item = wide ? 4 : (size_t)dtype_info[x->dtype].bits / 8;
  return (Part){x->name, head, total, wide ? widen(a, x->data, count) : x->data, count * item, 0, 0};
}

void npy_save(Diag *d, Arena *a, const char *path, DType dtype, int rank, const int64_t *shape, const void *data)
{
  NpyArray x = {"", dtype, rank, shape, data};
  Part p = make_part(a, &x);
  BigFile *f = bigfile_open(d, a, path);
  bigfile_write(f, p.head, p.head_len);
  bigfile_write(f, p.data, p.bytes);
  bigfile_commit(f);
}

/* ---- zip ---- */

typedef struct Record { unsigned char at[160]; size_t n; } Record;

static void put(Record *r, uint64_t v, int bytes)
{
  for (int i = 0; i < bytes; i++) r->at[r->n++] = (unsigned char)(v >> 8 * i);
}

/* The fields that local and central headers share: version .. name length, extra length. */
static void put_common(Record *r, const Part *p, int big, unsigned extra)
{
  uint64_t size = p->head_len + p->bytes;
  put(r, big ? 45 : 20, 2);
  put(r, 0x800, 2);                    /* flags: name is UTF-8 */
  put(r, 0, 2);                        /* stored */
  put(r, 0, 2), put(r, 0x21, 2);       /* 1980-01-01: equal input gives equal files */
  put(r, p->crc, 4);
  put(r, big ? UINT32_MAX : size, 4), put(r, big ? UINT32_MAX : size, 4);
  put(r, strlen(p->name), 2), put(r, extra, 2);
}

static void write_local(BigFile *f, const Part *p, int big, uint64_t *at)
{
  Record r = {.n = 0}, extra = {.n = 0};
  uint64_t size = p->head_len + p->bytes;
  if (big) put(&extra, 1, 2), put(&extra, 16, 2), put(&extra, size, 8), put(&extra, size, 8);
  put(&r, 0x04034b50, 4);
  put_common(&r, p, big, (unsigned)extra.n);
  bigfile_write(f, r.at, r.n);
  bigfile_write(f, p->name, strlen(p->name));
  bigfile_write(f, extra.at, extra.n);
  bigfile_write(f, p->head, p->head_len);
  bigfile_write(f, p->data, p->bytes);
  *at += r.n + strlen(p->name) + extra.n + size;
}

static void write_central(BigFile *f, const Part *p, int big, uint64_t *at)
{
  Record r = {.n = 0}, extra = {.n = 0};
  uint64_t size = p->head_len + p->bytes;
  if (big) put(&extra, 1, 2), put(&extra, 24, 2), put(&extra, size, 8), put(&extra, size, 8), put(&extra, p->at, 8);
  put(&r, 0x02014b50, 4), put(&r, big ? 45 : 20, 2);
  put_common(&r, p, big, (unsigned)extra.n);
  put(&r, 0, 2), put(&r, 0, 2), put(&r, 0, 2), put(&r, 0, 4); /* comment, volume, attributes */
  put(&r, big ? UINT32_MAX : p->at, 4);
  bigfile_write(f, r.at, r.n);
  bigfile_write(f, p->name, strlen(p->name));
  bigfile_write(f, extra.at, extra.n);
  *at += r.n + strlen(p->name) + extra.n;
}

static void write_end(BigFile *f, int n, int big, uint64_t from, uint64_t end)
{
  Record r = {.n = 0};
  if (big) {
    put(&r, 0x06064b50, 4), put(&r, 44, 8), put(&r, 45, 2), put(&r, 45, 2), put(&r, 0, 8);
    put(&r, (uint64_t)n, 8), put(&r, (uint64_t)n, 8), put(&r, end - from, 8), put(&r, from, 8);
    put(&r, 0x07064b50, 4), put(&r, 0, 4), put(&r, end, 8), put(&r, 1, 4);
  }
  uint64_t count = big ? UINT16_MAX : (uint64_t)n;
  put(&r, 0x06054b50, 4), put(&r, 0, 4), put(&r, count, 2), put(&r, count, 2);
  put(&r, big ? UINT32_MAX : end - from, 4), put(&r, big ? UINT32_MAX : from, 4), put(&r, 0, 2);
  bigfile_write(f, r.at, r.n);
}

void npz_save(Diag *d, Arena *a, const char *path, const NpyArray *arrays, int n)
{
  Part *part = NEWN(a, Part, n + 1);
  uint64_t at = 0, total = 0;
  for (int i = 0; i < n; i++) {
    part[i] = make_part(a, &arrays[i]);
    part[i].name = arena_printf(a, "%s.npy", arrays[i].name);
    total += part[i].head_len + part[i].bytes + 2 * strlen(part[i].name) + 200;
    part[i].crc = zip_crc32(0, part[i].head, part[i].head_len);
    part[i].crc = zip_crc32(part[i].crc, part[i].data, part[i].bytes);
  }
  int big = total >= UINT32_MAX || n >= UINT16_MAX;
  BigFile *f = bigfile_open(d, a, path);
  for (int i = 0; i < n; i++) part[i].at = at, write_local(f, &part[i], big, &at);
  uint64_t from = at;
  for (int i = 0; i < n; i++) write_central(f, &part[i], big, &at);
  write_end(f, n, big, from, at);
  bigfile_commit(f);
}
