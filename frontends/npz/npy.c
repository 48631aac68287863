/* npy.c - reads .npy: magic, version, header length, a Python dictionary, data. The dictionary is read by a parser of
 * exactly the forms numpy writes; nothing is evaluated. Versions 1 to 3. Object arrays (pickles) are never opened. */
#include <inttypes.h>
#include <string.h>
#include "frontends/npz/npy.h"

static const struct { const char *code; int bytes, dtype; } npy_types[] = {
  {"f4", 4, DT_f32}, {"f2", 2, DT_f16}, {"f8", 8, DT_f64}, {"i1", 1, DT_i8}, {"u1", 1, DT_u8}, {"b1", 1, DT_bool},
  {"i2", 2, DT_i16}, {"u2", 2, DT_u16}, {"i4", 4, DT_i32}, {"i8", 8, DT_i64},
};

static Span place(const NpyInput *in, size_t at, size_t len)
{
  return in->packed ? checkpoint_span(in->f, in->offset, 1) : checkpoint_span(in->f, in->offset + at, len);
}

#define npy_error(in, at, len, id, ...) (diag_error(&(in)->f->cp->ctx->diag, place((in), (at), (len)), id, __VA_ARGS__), 0)

/* ---- the dictionary ---- */

typedef struct Cursor { const NpyInput *in; size_t at, end; } Cursor;

static int peek(Cursor *c)
{
  const unsigned char *p = c->in->data;
  while (c->at < c->end && (p[c->at] == ' ' || p[c->at] == '\n' || p[c->at] == '\t' || p[c->at] == '\r')) c->at++;
  return c->at < c->end ? p[c->at] : -1;
}

static int take(Cursor *c, int ch)
{
  if (peek(c) != ch) return 0;
  c->at++;
  return 1;
}

static int wanted(Cursor *c, const char *what)
{
  peek(c);
  return npy_error(c->in, c->at, 1, "checkpoint-header", "wanted %s in the npy header", what);
}

/* A quoted string without escapes. */
static int take_string(Cursor *c, const char **text, size_t *len)
{
  const unsigned char *p = c->in->data;
  int quote = peek(c);
  if (quote != '\'' && quote != '"') return wanted(c, "a quoted string");
  size_t from = ++c->at;
  while (c->at < c->end && p[c->at] != quote) {
    if (p[c->at] == '\\' || p[c->at] < 0x20) return wanted(c, "a string without escapes");
    c->at++;
  }
  if (c->at == c->end) return wanted(c, "the end of a string");
  *text = (const char *)p + from, *len = c->at++ - from;
  return 1;
}

/* The type of records: a list of tuples, of no use here, so it is only passed over. */
static int skip_list(Cursor *c)
{
  int depth = 0;
  const char *text;
  size_t len;
  do {
    int ch = peek(c);
    if (ch == '\'' || ch == '"') {
      if (!take_string(c, &text, &len)) return 0;
      continue;
    }
    if (ch < 0) return wanted(c, "']'");
    depth += ch == '[' || ch == '(' ? 1 : ch == ']' || ch == ')' ? -1 : 0;
    c->at++;
  } while (depth > 0);
  return 1;
}

static int read_descr(Cursor *c, NpyHeader *h)
{
  const char *text;
  size_t len;
  h->dtype = -1;
  if (peek(c) == '[') {
    h->descr = "structured";
    return skip_list(c);
  }
  size_t from = c->at;
  if (!take_string(c, &text, &len)) return 0;
  if (len < 2 || len > 64 || !strchr("<>|=", text[0])) {
    c->at = from;
    return wanted(c, "a type like '<f4'");
  }
  h->descr = arena_str(c->in->f->cp->ctx->perm, text, len);
  for (const char *p = h->descr; *p; p++)
    if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e) h->descr = "?";
  for (size_t i = 0; i < sizeof npy_types / sizeof *npy_types; i++)
    if (!strcmp(h->descr + 1, npy_types[i].code) && (text[0] != '|' || npy_types[i].bytes == 1)) {
      h->dtype = npy_types[i].dtype, h->item = npy_types[i].bytes;
      h->swap = text[0] == '>' && h->item > 1;
    }
  return 1;
}

static int read_bool(Cursor *c, int *value)
{
  const char *p = (const char *)c->in->data;
  peek(c);
  size_t left = c->end - c->at;
  if (left >= 4 && !memcmp(p + c->at, "True", 4)) *value = 1, c->at += 4;
  else if (left >= 5 && !memcmp(p + c->at, "False", 5)) *value = 0, c->at += 5;
  else return wanted(c, "True or False");
  return 1;
}

static int read_size(Cursor *c, int64_t *value)
{
  int ch = peek(c);
  size_t from = c->at;
  *value = 0;
  if (ch < '0' || ch > '9') return wanted(c, "a size");
  for (; c->at < c->end && c->in->data[c->at] >= '0' && c->in->data[c->at] <= '9'; c->at++)
    if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, c->in->data[c->at] - '0', value))
      return npy_error(c->in, from, 1, "checkpoint-shape", "a size in the npy header is over 2^63-1");
  if (c->at < c->end && c->in->data[c->at] == 'L') c->at++;  /* Python 2 */
  return 1;
}

static int read_shape(Cursor *c, NpyHeader *h)
{
  if (!take(c, '(')) return wanted(c, "'('");
  while (!take(c, ')')) {
    if (h->rank == MAX_RANK)
      return npy_error(c->in, c->at, 1, "checkpoint-shape", "array has more than %d axes", MAX_RANK);
    if (!read_size(c, &h->shape[h->rank++])) return 0;
    if (!take(c, ',') && peek(c) != ')') return wanted(c, "',' or ')'");
  }
  return 1;
}

static int read_dict(Cursor *c, NpyHeader *h)
{
  static const char *const keys[] = {"descr", "fortran_order", "shape"};
  unsigned seen = 0;
  if (!take(c, '{')) return wanted(c, "'{'");
  while (!take(c, '}')) {
    const char *key;
    size_t len, from = c->at;
    int k = 0;
    if (!take_string(c, &key, &len)) return 0;
    while (k < 3 && (len != strlen(keys[k]) || memcmp(key, keys[k], len))) k++;
    if (k == 3 || seen >> k & 1) {
      c->at = from;
      return wanted(c, "'descr', 'fortran_order' and 'shape', once each,");
    }
    seen |= 1u << k;
    if (!take(c, ':')) return wanted(c, "':'");
    if (!(k == 0 ? read_descr(c, h) : k == 1 ? read_bool(c, &h->fortran) : read_shape(c, h))) return 0;
    if (!take(c, ',') && peek(c) != '}') return wanted(c, "',' or '}'");
  }
  if (seen != 7) {
    c->at--;
    return wanted(c, "'descr', 'fortran_order' and 'shape', once each,");
  }
  return peek(c) < 0 || wanted(c, "only spaces after '}'");
}

/* ---- the whole array ---- */

int npy_is(const unsigned char *data, size_t size)
{
  return size >= 6 && !memcmp(data, "\x93NUMPY", 6);
}

int npy_header(const NpyInput *in, NpyHeader *h)
{
  *h = (NpyHeader){.dtype = -1};
  if (!npy_is(in->data, in->n)) return npy_error(in, 0, 6, "checkpoint-header", "no npy magic, \\x93NUMPY");
  int major = in->n > 6 ? in->data[6] : 1, wide = major >= 2 ? 4 : 2;
  if (major < 1 || major > 3) return npy_error(in, 6, 2, "checkpoint-header", "npy version %d, wanted 1, 2 or 3", major);
  size_t fixed = 8 + (size_t)wide;
  if (in->n < fixed) return npy_error(in, in->n, 1, "checkpoint-truncated", "npy header is cut off");
  uint64_t len = load_le(in->data + 8, wide);
  if (len > NPY_HEADER_MAX - fixed)
    return npy_error(in, 8, (size_t)wide, "checkpoint-header", "npy header of %" PRIu64 " bytes, the limit is %d",
                     len, NPY_HEADER_MAX);
  if (len > in->n - fixed)
    return npy_error(in, 8, (size_t)wide, "checkpoint-truncated", "npy header of %" PRIu64 " bytes, but %zu follow",
                     len, in->n - fixed);
  h->at = fixed + (size_t)len;
  Cursor c = {in, fixed, h->at};
  if (!read_dict(&c, h)) return 0;
  if (h->dtype >= 0 && !checkpoint_bytes(h->shape, h->rank, h->item * 8, &h->bytes))
    return npy_error(in, fixed, (size_t)len, "checkpoint-shape", "array %s%s has 2^63 bytes or more", h->descr,
                     checkpoint_shape_text(in->f->cp->ctx->perm, h->shape, h->rank));
  return 1;
}

static void copy_item(unsigned char *dst, const unsigned char *src, int item, int swap)
{
  if (!swap) memcpy(dst, src, (size_t)item);
  else for (int i = 0; i < item; i++) dst[i] = src[item - 1 - i];
}

/* Copies the elements in row-major order. Source strides, in elements: row-major, or first axis fastest. */
static void *reorder(Arena *a, const NpyHeader *h, const unsigned char *src)
{
  int64_t stride[MAX_RANK], index[MAX_RANK] = {0}, from = 0, step = 1, count = (int64_t)h->bytes / h->item;
  unsigned char *out = arena_alloc(a, (size_t)h->bytes + 1);
  for (int i = 0; count && i < h->rank; i++) {
    int axis = h->fortran ? i : h->rank - 1 - i;
    stride[axis] = step, step *= h->shape[axis];
  }
  for (int64_t k = 0; k < count; k++) {
    copy_item(out + k * h->item, src + from * h->item, h->item, h->swap);
    for (int axis = h->rank - 1; axis >= 0; axis--) {
      from += stride[axis];
      if (++index[axis] < h->shape[axis]) break;
      from -= stride[axis] * h->shape[axis], index[axis] = 0;
    }
  }
  return out;
}

int npy_add(const NpyInput *in, const NpyHeader *h, const char *name, Span at)
{
  Arena *a = in->f->cp->ctx->perm;
  const char *unsupported = NULL;
  Tensor t = {.name = name, .span = at, .rank = h->rank};
  memcpy(t.shape, h->shape, sizeof t.shape);
  if (!checkpoint_check_name(in->f, name, strlen(name), at)) return 0;
  if (h->dtype < 0) {
    unsupported = arena_printf(a, "%s%s", h->descr, checkpoint_shape_text(a, h->shape, h->rank));
    return checkpoint_add(in->f, &t, unsupported, 0);
  }
  size_t have = in->n - h->at;
  if (have < h->bytes)
    return npy_error(in, in->n, 1, "checkpoint-truncated", "array '%s' has %zu bytes, but %s%s takes %" PRIu64, name,
                     have, h->descr, checkpoint_shape_text(a, h->shape, h->rank), h->bytes);
  if (have > h->bytes)
    return npy_error(in, h->at + (size_t)h->bytes, have - (size_t)h->bytes, "checkpoint-layout",
                     "%zu bytes follow array '%s'", have - (size_t)h->bytes, name);
  t.dtype = (DType)h->dtype, t.bytes = have, t.data = in->data + h->at;
  uint64_t offset = in->packed ? CHECKPOINT_NOWHERE : in->offset + h->at;
  if (h->swap || (h->fortran && h->rank > 1)) t.data = reorder(a, h, in->data + h->at), offset = CHECKPOINT_NOWHERE;
  return checkpoint_add(in->f, &t, NULL, offset);
}
