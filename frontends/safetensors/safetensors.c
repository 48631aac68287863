/* safetensors.c - the reader of .safetensors files: u64 header length, JSON header, one buffer of data.
 * Takes a mapped file, gives tensors that point into it. Stricter than the format where leniency would hide a
 * mistake: duplicate keys, unusable names, bytes that belong to no tensor. Does not look at values. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/base/json.h"
#include "frontends/checkpoint_format.h"

enum { HEADER_MAX = 100000000 };       /* the format's own limit: 10^8, not 100 MiB */

/* What data_offsets of one tensor cover, relative to the data buffer. */
typedef struct Extent { uint64_t begin, end; const Json *node; } Extent;

typedef struct Reader {
  CheckpointFile *f;
  Diag *diag;
  uint64_t header;                     /* bytes of JSON; data begin at 8 + header */
  uint64_t room;                       /* bytes of data */
  Extent *extent; int extents;
} Reader;

/* Every type the format knows; those with dtype -1 are listed but cannot be used. */
static const struct { const char *name; int bits, dtype; } st_types[] = {
  {"F32", 32, DT_f32}, {"F16", 16, DT_f16}, {"BF16", 16, DT_bf16}, {"F64", 64, DT_f64},
  {"I8", 8, DT_i8}, {"U8", 8, DT_u8}, {"I16", 16, DT_i16}, {"U16", 16, DT_u16},
  {"I32", 32, DT_i32}, {"I64", 64, DT_i64}, {"BOOL", 8, DT_bool},
  {"U32", 32, -1}, {"U64", 64, -1}, {"C64", 64, -1}, {"F4", 4, -1}, {"F6_E2M3", 6, -1}, {"F6_E3M2", 6, -1},
  {"F8_E5M2", 8, -1}, {"F8_E4M3", 8, -1}, {"F8_E8M0", 8, -1}, {"F8_E4M3FNUZ", 8, -1}, {"F8_E5M2FNUZ", 8, -1},
};

static Span json_span(const Reader *r, const Json *j)
{
  return checkpoint_span(r->f, 8 + (uint64_t)j->offset, (uint64_t)j->end - j->offset);
}

/* The member `key` of the tensor's object; reports when it is absent. */
static const Json *member(const Reader *r, const Json *tensor, const char *key)
{
  const Json *j = json_get(tensor, key);
  if (!j) diag_error(r->diag, json_span(r, tensor), "checkpoint-header", "tensor '%s' has no \"%s\"", tensor->key, key);
  return j;
}

static int read_shape(const Reader *r, const Json *tensor, const Json *shape, Tensor *t)
{
  if (shape->kind != JSON_array) {
    diag_error(r->diag, json_span(r, shape), "checkpoint-header",
               "shape of tensor '%s' must be a list of sizes", tensor->key);
    return 0;
  }
  if (shape->count > MAX_RANK) {
    diag_error(r->diag, json_span(r, shape), "checkpoint-shape", "tensor '%s' has %d axes, the limit is %d",
               tensor->key, shape->count, MAX_RANK);
    return 0;
  }
  for (const Json *j = shape->first; j; j = j->next) {
    if (j->kind != JSON_number || !j->is_integer || j->integer < 0) {
      diag_error(r->diag, json_span(r, j), "checkpoint-shape",
                 "a size of tensor '%s' is not a whole number from 0 to 2^63-1", tensor->key);
      return 0;
    }
    t->shape[t->rank++] = j->integer;
  }
  return 1;
}

static int read_offsets(const Reader *r, const Json *tensor, const Json *offsets, Extent *e)
{
  uint64_t v[2] = {0, 0};
  int n = 0;
  if (offsets->kind == JSON_array && offsets->count == 2)
    for (const Json *j = offsets->first; j && j->kind == JSON_number && j->is_integer && j->integer >= 0; j = j->next)
      v[n++] = (uint64_t)j->integer;
  if (n != 2) {
    diag_error(r->diag, json_span(r, offsets), "checkpoint-header",
               "data_offsets of tensor '%s' must be two whole numbers, [begin, end]", tensor->key);
    return 0;
  }
  if (v[0] > v[1]) {
    diag_error(r->diag, json_span(r, offsets), "checkpoint-layout",
               "tensor '%s' begins at %" PRIu64 " but ends at %" PRIu64, tensor->key, v[0], v[1]);
    return 0;
  }
  if (v[1] > r->room) {
    diag_error(r->diag, json_span(r, offsets), "checkpoint-truncated",
               "tensor '%s' ends at byte %" PRIu64 " of the data, but the file has %" PRIu64 " bytes of data",
               tensor->key, v[1], r->room);
    return 0;
  }
  *e = (Extent){v[0], v[1], tensor};
  return 1;
}

/* Finds the type and compares the bytes it needs with those the file gives. */
static int read_type(const Reader *r, const Json *tensor, const Json *dtype, Tensor *t, const char **unsupported)
{
  Arena *a = r->f->cp->ctx->perm;
  if (dtype->kind != JSON_string) {
    diag_error(r->diag, json_span(r, dtype), "checkpoint-header", "dtype of tensor '%s' must be a string", tensor->key);
    return 0;
  }
  const char *shape = checkpoint_shape_text(a, t->shape, t->rank);
  for (size_t i = 0; i < sizeof st_types / sizeof *st_types; i++) {
    uint64_t need;
    if (strcmp(st_types[i].name, dtype->str) || strlen(dtype->str) != dtype->len) continue;
    if (!checkpoint_bytes(t->shape, t->rank, st_types[i].bits, &need)) {
      Span at = json_span(r, json_get(tensor, "shape"));
      diag_error(r->diag, at, "checkpoint-shape",
                 "size of tensor '%s', %s%s, is no whole number of bytes below 2^63", tensor->key, dtype->str, shape);
      return 0;
    }
    if (need != t->bytes) {
      Span at = json_span(r, json_get(tensor, "data_offsets"));
      diag_error(r->diag, at, "checkpoint-size",
                 "tensor '%s' has %zu bytes, but %s%s takes %" PRIu64, tensor->key, t->bytes, dtype->str, shape, need);
      return 0;
    }
    if (st_types[i].dtype >= 0) t->dtype = (DType)st_types[i].dtype;
    else *unsupported = arena_printf(a, "%s%s", dtype->str, shape);
    return 1;
  }
  /* A type younger than this reader: nothing can be checked, and nothing may be used. */
  int plain = dtype->len > 0 && dtype->len < 24;
  for (size_t i = 0; i < dtype->len; i++) plain &= dtype->str[i] > 0x20 && dtype->str[i] < 0x7f;
  *unsupported = plain ? arena_printf(a, "%s%s", dtype->str, shape) : arena_printf(a, "\"?\"%s", shape);
  return 1;
}

static int read_tensor(Reader *r, const Json *tensor)
{
  Tensor t = {0};
  Extent e;
  const char *unsupported = NULL;
  t.span = checkpoint_span(r->f, 8 + (uint64_t)tensor->key_offset, tensor->key_len + 2);
  if (!checkpoint_check_name(r->f, tensor->key, tensor->key_len, t.span)) return 0;
  if (tensor->kind != JSON_object) {
    diag_error(r->diag, json_span(r, tensor), "checkpoint-header",
               "tensor '%s' must be an object with dtype, shape and data_offsets", tensor->key);
    return 0;
  }
  const Json *dtype = member(r, tensor, "dtype"), *shape = dtype ? member(r, tensor, "shape") : NULL;
  const Json *offsets = shape ? member(r, tensor, "data_offsets") : NULL;
  if (!offsets || !read_shape(r, tensor, shape, &t) || !read_offsets(r, tensor, offsets, &e)) return 0;
  t.name = tensor->key;
  t.data = r->f->data + 8 + r->header + e.begin;
  t.bytes = (size_t)(e.end - e.begin);
  if (!read_type(r, tensor, dtype, &t, &unsupported)) return 0;
  r->extent[r->extents++] = e;
  return checkpoint_add(r->f, &t, unsupported, 8 + r->header + e.begin);
}

static int by_begin(const void *pa, const void *pb)
{
  const Extent *a = pa, *b = pb;
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  if (a->end != b->end) return a->end < b->end ? -1 : 1;
  return a->node->offset < b->node->offset ? -1 : a->node->offset > b->node->offset;
}

/* The tensors must tile the buffer: bytes of two tensors or of none are a mistake of the writer, or hidden data. */
static int check_layout(Reader *r)
{
  const Json *before = NULL;
  uint64_t end = 0;
  if (r->extents) qsort(r->extent, (size_t)r->extents, sizeof *r->extent, by_begin);
  for (int i = 0; i < r->extents; i++) {
    const Extent *e = &r->extent[i];
    const char *other = before ? before->key : "";
    Span at = json_span(r, json_get(e->node, "data_offsets"));
    if (e->begin < end) {
      diag_error(r->diag, at, "checkpoint-layout", "tensor '%s' begins at byte %" PRIu64
                 " of the data, inside of tensor '%s', which ends at %" PRIu64, e->node->key, e->begin, other, end);
      diag_note(r->diag, json_span(r, json_get(before, "data_offsets")), "tensor '%s' is here", other);
      return 0;
    }
    if (e->begin > end) {
      diag_error(r->diag, at, "checkpoint-layout", "%" PRIu64 " bytes of data before tensor '%s' belong to no tensor",
                 e->begin - end, e->node->key);
      return 0;
    }
    end = e->end, before = e->node;
  }
  if (end == r->room) return 1;
  diag_error(r->diag, checkpoint_span(r->f, 8 + r->header + end, r->room - end), "checkpoint-layout",
             "%" PRIu64 " bytes after the last tensor belong to no tensor", r->room - end);
  return 0;
}

/* __metadata__ is for people; what is odd about it does no harm. */
static void check_metadata(const Reader *r, const Json *m)
{
  if (m->kind == JSON_null) return;
  if (m->kind != JSON_object) {
    diag_warn(r->diag, json_span(r, m), "checkpoint-metadata", "__metadata__ should be an object; it is ignored");
    return;
  }
  for (const Json *j = m->first; j; j = j->next)
    if (j->kind != JSON_string) {
      diag_warn(r->diag, json_span(r, j), "checkpoint-metadata", "values of __metadata__ should be strings; ignored");
      return;
    }
}

/* The 8 bytes before the header, and its first one. */
static int check_start(Reader *r)
{
  const CheckpointFile *f = r->f;
  if (f->size < 8) {
    diag_error(r->diag, checkpoint_span(f, f->size, 1), "checkpoint-truncated",
               "a safetensors file begins with 8 bytes of header length, this one has %zu bytes", f->size);
    return 0;
  }
  r->header = load_le(f->data, 8);
  if (r->header > HEADER_MAX) {
    diag_error(r->diag, checkpoint_span(f, 0, 8), "checkpoint-header",
               "header length is %" PRIu64 ", the limit is %d", r->header, HEADER_MAX);
    return 0;
  }
  if (r->header > f->size - 8) {
    diag_error(r->diag, checkpoint_span(f, 0, 8), "checkpoint-truncated",
               "header length is %" PRIu64 ", but only %zu bytes follow", r->header, f->size - 8);
    return 0;
  }
  r->room = f->size - 8 - r->header;
  if (r->header && f->data[8] == '{') return 1;
  diag_error(r->diag, checkpoint_span(f, 8, 1), "checkpoint-header", "header does not begin with '{'");
  return 0;
}

static int st_read(CheckpointFile *f)
{
  Arena *a = f->cp->ctx->perm;
  Reader r = {f, &f->cp->ctx->diag, 0, 0, NULL, 0};
  const char *why = "";
  size_t at = 0;
  if (!check_start(&r)) return 0;
  const Json *root = json_parse(a, (const char *)f->data + 8, (size_t)r.header, &why, &at);
  if (!root) {
    diag_error(r.diag, checkpoint_span(f, 8 + at, 1), "checkpoint-header", "header is not valid JSON: %s", why);
    return 0;
  }
  int ok = 1;
  r.extent = NEWN(a, Extent, root->count + 1);
  for (const Json *j = root->first; j; j = j->next) {
    if (!strcmp(j->key, "__metadata__") && j->key_len == 12) check_metadata(&r, j);
    else ok &= read_tensor(&r, j);
  }
  return ok && check_layout(&r);
}

static int st_sniff(const unsigned char *data, size_t size)
{
  if (size < 9 || data[8] != '{') return 0;
  uint64_t n = load_le(data, 8);
  return n <= HEADER_MAX && n <= size - 8;
}

const CheckpointFormat checkpoint_safetensors = {"safetensors", ".safetensors", st_sniff, st_read};
