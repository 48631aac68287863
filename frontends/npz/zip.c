/* zip.c - see zip.h. Layout from the end: end record (found by its signature), with ZIP64 a locator and a larger
 * end record before it, the central directory, and the members with a local header each. All of it is hostile. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#include "frontends/npz/zip.h"

enum { END_LEN = 22, LOCATOR_LEN = 20, END64_LEN = 56, DIR_LEN = 46, LOCAL_LEN = 30, COMMENT_MAX = 65535 };
enum { SIG_LOCAL = 0x04034b50, SIG_DIR = 0x02014b50, SIG_END = 0x06054b50,
       SIG_END64 = 0x06064b50, SIG_LOCATOR = 0x07064b50 };

/* Where the central directory is. */
typedef struct End { uint64_t entries, size, offset, at; /* at: the record that must follow the directory */ } End;

static uint16_t u16(const unsigned char *p) { return (uint16_t)load_le(p, 2); }
static uint32_t u32(const unsigned char *p) { return (uint32_t)load_le(p, 4); }
static uint64_t u64(const unsigned char *p) { return load_le(p, 8); }

#define zip_error(f, at, len, ...) \
  (diag_error(&(f)->cp->ctx->diag, checkpoint_span((f), (at), (len)), "checkpoint-zip", __VA_ARGS__), 0)

/* With ZIP64 the real numbers are in a second end record, to which a locator before the first one points. */
static int read_end64(const CheckpointFile *f, End *e)
{
  if (e->at < LOCATOR_LEN || u32(f->data + e->at - LOCATOR_LEN) != SIG_LOCATOR) return 1;
  uint64_t locator = e->at - LOCATOR_LEN, at = u64(f->data + locator + 8);
  if (locator < END64_LEN || at > locator - END64_LEN || u32(f->data + at) != SIG_END64)
    return zip_error(f, locator, LOCATOR_LEN, "ZIP64 end record is not where its locator says");
  const unsigned char *p = f->data + at;
  if (u64(p + 4) != locator - at - 12)
    return zip_error(f, at + 4, 8, "ZIP64 end record has a wrong length");
  if (u32(p + 16) || u32(p + 20) || u64(p + 24) != u64(p + 32))
    return zip_error(f, at + 16, 24, "archive in several volumes");
  *e = (End){u64(p + 32), u64(p + 40), u64(p + 48), at};
  return 1;
}

static int read_end(const CheckpointFile *f, End *e)
{
  size_t lowest = f->size > END_LEN + COMMENT_MAX ? f->size - END_LEN - COMMENT_MAX : 0;
  if (f->size < END_LEN) return zip_error(f, f->size, 1, "a zip archive has 22 bytes or more, this one %zu", f->size);
  size_t at = f->size - END_LEN;
  while (u32(f->data + at) != SIG_END || u16(f->data + at + 20) != f->size - END_LEN - at) {
    if (at == lowest) return zip_error(f, f->size, 1, "the archive has no end record; is it cut off?");
    at--;
  }
  const unsigned char *p = f->data + at;
  if (u16(p + 4) || u16(p + 6) || u16(p + 8) != u16(p + 10)) return zip_error(f, at + 4, 8, "archive in several volumes");
  *e = (End){u16(p + 10), u32(p + 12), u32(p + 16), at};
  if (!read_end64(f, e)) return 0;
  if (e->offset > e->at || e->size != e->at - e->offset)
    return zip_error(f, e->at, 4, "central directory (%" PRIu64 " bytes at 0x%" PRIx64 ") does not end here",
                     e->size, e->offset);
  if (e->entries > e->size / DIR_LEN)
    return zip_error(f, e->at, 4, "central directory of %" PRIu64 " bytes cannot hold %" PRIu64 " entries",
                     e->size, e->entries);
  return 1;
}

/* Numbers that did not fit 32 bits are in the extra field of id 1, in this order, only those that are needed. */
static int read_extra64(const CheckpointFile *f, ZipEntry *e, uint64_t at, size_t len)
{
  uint64_t *wide[3] = {&e->usize, &e->csize, &e->at}, p = at, end = at + len;
  while (end - p >= 4) {
    unsigned id = u16(f->data + p), n = u16(f->data + p + 2);
    p += 4;
    if (n > end - p) break;
    uint64_t q = p;
    for (int i = 0; id == 1 && i < 3; i++) {
      if (*wide[i] != UINT32_MAX) continue;
      if (p + n - q < 8) return zip_error(f, p, n, "ZIP64 extra field is too short");
      *wide[i] = u64(f->data + q), q += 8;
    }
    p += n;
  }
  return 1;
}

/* One record of the central directory at `at`; *next is the place after it. */
static int read_record(CheckpointFile *f, ZipEntry *e, uint64_t at, uint64_t end, uint64_t *next)
{
  const unsigned char *p = f->data + at;
  if (end - at < DIR_LEN || u32(p) != SIG_DIR) return zip_error(f, at, 4, "no record of the central directory here");
  size_t name = u16(p + 28), extra = u16(p + 30), comment = u16(p + 32);
  if (name + extra + comment > end - at - DIR_LEN)
    return zip_error(f, at + 28, 6, "record leaves the central directory");
  *e = (ZipEntry){.name = arena_str(f->cp->ctx->perm, (const char *)p + DIR_LEN, name), .name_len = name,
                  .at = u32(p + 42), .csize = u32(p + 20), .usize = u32(p + 24), .crc = u32(p + 16),
                  .method = u16(p + 10), .dir_at = at, .dir_len = DIR_LEN + (int)name};
  *next = at + DIR_LEN + name + extra + comment;
  if (!read_extra64(f, e, at + DIR_LEN + name, extra)) return 0;
  if (u16(p + 8) & 1) return zip_error(f, at + 8, 2, "member is encrypted");
  if (u16(p + 34)) return zip_error(f, at + 34, 2, "archive in several volumes");
  if (e->method != ZIP_STORED && e->method != ZIP_DEFLATED)
    return zip_error(f, at + 10, 2, "compression method %d, wanted 0 (stored) or 8 (deflated)", e->method);
  if (e->method == ZIP_STORED && e->csize != e->usize)
    return zip_error(f, at + 20, 8, "stored member has two sizes, %" PRIu64 " and %" PRIu64, e->csize, e->usize);
  return 1;
}

/* The local header must name the same member; its sizes may be absent (streamed archives), so they are not read. */
static int read_local(CheckpointFile *f, ZipEntry *e, uint64_t limit)
{
  if (limit < LOCAL_LEN || e->at > limit - LOCAL_LEN || u32(f->data + e->at) != SIG_LOCAL)
    return zip_error(f, e->dir_at + 42, 4, "no member at 0x%" PRIx64, e->at);
  const unsigned char *p = f->data + e->at;
  uint64_t name = u16(p + 26), extra = u16(p + 28), room = limit - e->at - LOCAL_LEN;
  if (name + extra > room || e->csize > room - name - extra)
    return zip_error(f, e->dir_at + 20, 8, "member of %" PRIu64 " bytes leaves the archive", e->csize);
  if (name != e->name_len || memcmp(p + LOCAL_LEN, e->name, name))
    return zip_error(f, e->at + LOCAL_LEN, name ? name : 1, "member has another name in the central directory");
  if (u16(p + 8) != e->method)
    return zip_error(f, e->at + 8, 2, "member has another compression method in the central directory");
  e->data = e->at + LOCAL_LEN + name + extra;
  return 1;
}

static int by_place(const void *pa, const void *pb)
{
  const ZipEntry *a = *(const ZipEntry *const *)pa, *b = *(const ZipEntry *const *)pb;
  if (a->at != b->at) return a->at < b->at ? -1 : 1;
  return a->dir_at < b->dir_at ? -1 : a->dir_at > b->dir_at;
}

/* Members that share bytes are how a small archive unpacks to petabytes. */
static int check_overlap(CheckpointFile *f, const ZipDir *dir)
{
  const ZipEntry **order = NEWN(f->cp->ctx->perm, const ZipEntry *, dir->n + 1);
  for (int i = 0; i < dir->n; i++) order[i] = &dir->at[i];
  if (dir->n) qsort(order, (size_t)dir->n, sizeof *order, by_place);
  for (int i = 1; i < dir->n; i++)
    if (order[i]->at < order[i - 1]->data + order[i - 1]->csize)
      return zip_error(f, order[i]->at, 4, "this member lies inside of another one, which begins at 0x%" PRIx64,
                       order[i - 1]->at);
  return 1;
}

int zip_directory(CheckpointFile *f, ZipDir *out)
{
  End end;
  if (!read_end(f, &end)) return 0;
  uint64_t at = end.offset;
  if (end.entries > INT32_MAX / 2) return zip_error(f, end.at, 4, "%" PRIu64 " members are too many", end.entries);
  *out = (ZipDir){NEWN(f->cp->ctx->perm, ZipEntry, end.entries + 1), 0};
  for (; (uint64_t)out->n < end.entries; out->n++) {
    ZipEntry *e = &out->at[out->n];
    if (!read_record(f, e, at, end.at, &at) || !read_local(f, e, end.offset)) return 0;
  }
  if (at != end.at) return zip_error(f, at, 4, "central directory has more than the %d records it announces", out->n);
  return check_overlap(f, out);
}

#ifdef HAVE_ZLIB
int zip_inflate(const CheckpointFile *f, const ZipEntry *e, unsigned char *dst, size_t n, const char **why)
{
  const uInt most = 1u << 30;          /* zlib counts in unsigned int */
  z_stream z;
  memset(&z, 0, sizeof z);
  *why = "zlib cannot start";
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return 0;
  uint64_t in = e->csize, done = 0;
  int status = Z_OK;
  unsigned char none;                  /* zlib wants an address even for no bytes */
  z.next_in = (Bytef *)(uintptr_t)(f->data + e->data);
  while (status == Z_OK) {
    if (!z.avail_in) z.avail_in = (uInt)(in < most ? in : most), in -= z.avail_in;
    uInt room = (uInt)(n - done < most ? n - done : most);
    z.next_out = room ? dst + done : &none, z.avail_out = room;
    uInt before = z.avail_in;
    status = inflate(&z, Z_NO_FLUSH);
    done += room - z.avail_out;
    if (status == Z_OK && done == n && before == z.avail_in) break;
    if (status == Z_BUF_ERROR) break;
  }
  uint64_t left = in + z.avail_in;
  inflateEnd(&z);
  /* A prefix may end anywhere; the whole must end the stream, with nothing behind it. */
  *why = status == Z_OK || status == Z_BUF_ERROR ? "it is longer or shorter than announced" : "it is no deflate stream";
  if (done != n) return 0;
  return n < e->usize || (status == Z_STREAM_END && !left);
}
#else
int zip_inflate(const CheckpointFile *f, const ZipEntry *e, unsigned char *dst, size_t n, const char **why)
{
  (void)f, (void)e, (void)dst, (void)n;
  *why = "this compiler is built without zlib; store the arrays uncompressed";
  return 0;
}
#endif

/* Eight bytes at a time with eight tables, made here because the library keeps no state. */
uint32_t zip_crc32(uint32_t before, const void *data, size_t n)
{
  const unsigned char *p = data;
  uint32_t t[8][256], crc = ~before;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t v = i;
    for (int k = 0; k < 8; k++) v = v >> 1 ^ (v & 1 ? 0xedb88320u : 0);
    t[0][i] = v;
  }
  for (int k = 1; k < 8; k++)
    for (int i = 0; i < 256; i++) t[k][i] = t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 0xff];
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t w = load_le(p, 8) ^ crc;
    crc = t[7][w & 0xff] ^ t[6][w >> 8 & 0xff] ^ t[5][w >> 16 & 0xff] ^ t[4][w >> 24 & 0xff] ^
          t[3][w >> 32 & 0xff] ^ t[2][w >> 40 & 0xff] ^ t[1][w >> 48 & 0xff] ^ t[0][w >> 56];
  }
  while (n--) crc = crc >> 8 ^ t[0][(crc ^ *p++) & 0xff];
  return ~crc;
}
