/* checkpoint.c - opening of weight files and the table of their tensors, whatever the format. Takes a path or bytes,
 * chooses the format, gives a Checkpoint. Knows no format itself: those are the folders of checkpoints.def. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "frontends/checkpoint_format.h"

static const CheckpointFormat *const formats[] = {
#define FORMAT(row) &checkpoint_##row,
#include "frontends/checkpoints.def"
#undef FORMAT
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* ---- services for the formats ---- */

/* All inputs share 4 GiB of places, so a file of weights gets no more than this much, and never more than an
 * eighth of what is left. Tables, to which messages point, are mostly at the beginning; a note tells of places beyond. */
enum { PLACES_MAX = 16 << 20 };

static void file_source(CheckpointFile *f)
{
  Sources *s = &f->cp->ctx->sources;
  size_t room = (UINT32_MAX - s->next) / 8, n = f->size;
  if (n > PLACES_MAX) n = PLACES_MAX;
  if (n > room) n = room;
  f->source = source_add(s, f->path, (const char *)f->data, n, 1);
}

int checkpoint_file(CheckpointFile *f, Checkpoint *cp, const char *path, Span at)
{
  Ctx *ctx = cp->ctx;
  const char *why = NULL;
  MapFile *map = mapfile_open(&ctx->maps, ctx->perm, path, &why);
  if (!map) {
    diag_error(&ctx->diag, at, "cannot-read", "cannot read checkpoint '%s': %s", path, why ? why : "unknown reason");
    return 0;
  }
  const char *kept = arena_str(ctx->perm, path, strlen(path));
  vec_push(ctx->perm, &ctx->deps, kept);
  *f = (CheckpointFile){cp, kept, map->data, map->size, NULL};
  file_source(f);
  return 1;
}

Span checkpoint_span(const CheckpointFile *f, uint64_t offset, uint64_t len)
{
  uint64_t n = f->source->size, lo = offset, hi;
  f->cp->far = offset > n ? offset : 0;
  if (f->cp->far) lo = 0, len = 1;
  hi = len < n - lo ? lo + len : n;
  if (hi == lo) hi++;                  /* the end of the file is a place too */
  return (Span){f->source->base + (uint32_t)lo, f->source->base + (uint32_t)hi};
}

int checkpoint_bytes(const int64_t *shape, int rank, int bits, uint64_t *bytes)
{
  int64_t all = bits;
  int empty = 0;
  for (int i = 0; i < rank; i++) {
    if (shape[i] < 0) return 0;
    if (shape[i] == 0) empty = 1;
    else if (__builtin_mul_overflow(all, shape[i], &all)) return 0;
  }
  if (all % 8) return 0;
  *bytes = empty ? 0 : (uint64_t)all / 8;
  return 1;
}

const char *checkpoint_shape_text(Arena *a, const int64_t *shape, int rank)
{
  char text[MAX_RANK * 21 + 3];
  size_t n = 0;
  text[n++] = '[';
  for (int i = 0; i < rank && i < MAX_RANK; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, i ? ",%lld" : "%lld", (long long)shape[i]);
  text[n++] = ']';
  return arena_str(a, text, n);
}

/* First byte of a control character (C0, DEL, C1 in UTF-8) or -1. */
static long control_at(const char *s, size_t n)
{
  const unsigned char *p = (const unsigned char *)s;
  for (size_t i = 0; i < n; i++)
    if (p[i] < 0x20 || p[i] == 0x7f || (p[i] == 0xc2 && i + 1 < n && p[i + 1] >= 0x80 && p[i + 1] < 0xa0))
      return (long)i;
  return -1;
}

int checkpoint_check_name(const CheckpointFile *f, const char *name, size_t len, Span at)
{
  Diag *d = &f->cp->ctx->diag;
  if (len == 0) {
    diag_error(d, at, "checkpoint-name", "tensor name is empty");
    return 0;
  }
  if (len > CHECKPOINT_NAME_MAX) {
    diag_error(d, at, "checkpoint-name", "tensor name has %zu bytes, the limit is %d", len, CHECKPOINT_NAME_MAX);
    return 0;
  }
  long i = control_at(name, len);
  if (i < 0) return 1;
  diag_error(d, at, "checkpoint-name", "tensor name has a control character (byte 0x%02x) after '%.*s'",
             (unsigned char)name[i], (int)i, name);
  return 0;
}

/* A bool is stored as 0 or 1; any other byte would mean different things to different readers. */
static int check_bools(CheckpointFile *f, const Tensor *t, uint64_t offset)
{
  const unsigned char *p = t->data;
  unsigned char seen = 0;
  for (size_t i = 0; i < t->bytes; i++) seen |= p[i];
  if (seen <= 1) return 1;
  size_t i = 0;
  while (p[i] <= 1) i++;
  Span at = offset == CHECKPOINT_NOWHERE ? t->span : checkpoint_span(f, offset + i, 1);
  diag_error(&f->cp->ctx->diag, at, "checkpoint-value",
             "tensor '%s' is bool, but element %zu is byte 0x%02x, wanted 0 or 1", t->name, i, p[i]);
  return 0;
}

int checkpoint_add(CheckpointFile *f, const Tensor *given, const char *unsupported, uint64_t offset)
{
  Checkpoint *cp = f->cp;
  Arena *a = cp->ctx->perm;
  Tensor t = *given;
  t.file = f->path;
  if (unsupported) {
    t.dtype = DT_u8, t.rank = 1, t.shape[0] = 0;
    t.data = "", t.bytes = 0;
  }
  /* While the list grows its elements move, so the map holds numbers (from 1) until the reader is done. */
  const Tensor *before = NULL;
  intptr_t number = (intptr_t)smap_get(&cp->by_name, t.name);
  if (number) before = &cp->tensors.at[number - 1];
  if (before) {
    diag_error(&cp->ctx->diag, t.span, "checkpoint-duplicate", "tensor '%s' is in the checkpoint twice", t.name);
    diag_note(&cp->ctx->diag, before->span, "it was here before");
    return 0;
  }
  if (!unsupported && t.dtype == DT_bool && !check_bools(f, &t, offset)) return 0;
  if (!t.data) t.data = "";            /* NULL would mean synthetic values */
  vec_push(a, &cp->tensors, t);
  vec_push(a, &cp->unsupported, unsupported);
  smap_put(&cp->by_name, t.name, (void *)(intptr_t)cp->tensors.n);
  return 1;
}

/* ---- choosing the format ---- */

static int has_suffix(const char *path, const char *suffix)
{
  size_t n = strlen(path), k = strlen(suffix);
  return n >= k && !strcmp(path + n - k, suffix);
}

static const char *format_names(Arena *a)
{
  const char *list = formats[0]->name;
  for (int i = 1; i < FORMATS; i++)
    if (!strstr(list, formats[i]->name)) list = arena_printf(a, "%s, %s", list, formats[i]->name);
  return list;
}

/* The row to read f with, or NULL after a diagnostic. Content decides among rows of the wanted name, then the suffix,
 * then the name alone (so that a broken file is reported by the reader the user named). */
static const CheckpointFormat *choose(const CheckpointFile *f, const char *wanted, Span at)
{
  Diag *d = &f->cp->ctx->diag;
  Arena *a = f->cp->ctx->perm;
  const CheckpointFormat *named = NULL;
  for (int i = 0; wanted && i < FORMATS; i++)
    if (!named && !strcmp(formats[i]->name, wanted)) named = formats[i];
  if (wanted && !named) {
    diag_error(d, at, "checkpoint-format", "'%s' is no checkpoint format, wanted one of %s", wanted, format_names(a));
    return NULL;
  }
  for (int i = 0; i < FORMATS; i++)
    if ((!wanted || !strcmp(formats[i]->name, wanted)) && formats[i]->sniff(f->data, f->size)) return formats[i];
  for (int i = 0; i < FORMATS; i++)
    if ((!wanted || !strcmp(formats[i]->name, wanted)) && has_suffix(f->path, formats[i]->suffix)) return formats[i];
  if (named) return named;
  diag_error(d, checkpoint_span(f, 0, 8), "checkpoint-format",
             "'%s' (%zu bytes) looks like none of %s; name its format if it is one", f->path, f->size, format_names(a));
  return NULL;
}

static Checkpoint *checkpoint_new(Ctx *ctx, const char *path)
{
  Checkpoint *cp = NEW(ctx->perm, Checkpoint);
  cp->ctx = ctx;
  cp->path = arena_str(ctx->perm, path, strlen(path));
  smap_init(&cp->by_name, ctx->perm);
  return cp;
}

static Checkpoint *read_file(CheckpointFile *f, const char *format, Span at)
{
  Checkpoint *cp = f->cp;
  const CheckpointFormat *row = choose(f, format, at);
  if (!row || !row->read(f)) {
    if (cp->far) diag_note(&cp->ctx->diag, span_none(), "the place in the file is byte 0x%" PRIx64, cp->far);
    if (at.lo) diag_note(&cp->ctx->diag, at, "the checkpoint '%s' is asked for here", cp->path);
    return NULL;
  }
  cp->format = row->name;
  cp->used = NEWN(cp->ctx->perm, unsigned char, cp->tensors.n + 1);
  for (int i = 0; i < cp->tensors.n; i++) smap_put(&cp->by_name, cp->tensors.at[i].name, &cp->tensors.at[i]);
  return cp;
}

/* A folder as published: the list of shards, or the one file. Anything else is returned as it is. */
static const char *path_in_folder(Arena *a, const char *path)
{
  struct stat st;
  if (stat(path, &st) || !S_ISDIR(st.st_mode)) return path;
  const char *index = arena_printf(a, "%s/model.safetensors.index.json", path);
  if (!stat(index, &st)) return index;
  const char *one = arena_printf(a, "%s/model.safetensors", path);
  return stat(one, &st) ? path : one;
}

Checkpoint *checkpoint_open(Ctx *ctx, const char *path, const char *format, Span at)
{
  CheckpointFile f;
  path = path_in_folder(ctx->perm, path);
  return checkpoint_file(&f, checkpoint_new(ctx, path), path, at) ? read_file(&f, format, at) : NULL;
}

Checkpoint *checkpoint_parse(Ctx *ctx, const char *path, const void *data, size_t size, const char *format, Span at)
{
  CheckpointFile f = {checkpoint_new(ctx, path), path, data ? data : (const void *)"", size, NULL};
  f.path = f.cp->path;
  file_source(&f);
  return read_file(&f, format, at);
}

/* ---- looking tensors up ---- */

const Tensor *checkpoint_find(const Checkpoint *cp, const char *name)
{
  return smap_get(&cp->by_name, name);
}

int checkpoint_use(Checkpoint *cp, const Tensor *t, Span at)
{
  ptrdiff_t i = t - cp->tensors.at;
  if (i < 0 || i >= cp->tensors.n) bug("tensor '%s' is not of checkpoint '%s'", t->name, cp->path);
  cp->used[i] = 1;
  if (!cp->unsupported.at[i]) return 1;
  diag_error(&cp->ctx->diag, at.lo ? at : t->span, "checkpoint-dtype",
             "tensor '%s' is %s, a type that is not supported", t->name, cp->unsupported.at[i]);
  if (at.lo) diag_note(&cp->ctx->diag, t->span, "tensor '%s' is here", t->name);
  return 0;
}

const char *checkpoint_nearest(const Checkpoint *cp, const char *name)
{
  const char *best = NULL;
  int limit = (int)(strlen(name) / 4) + 1;
  for (int i = 0; i < cp->tensors.n; i++) {
    int distance = str_distance(name, cp->tensors.at[i].name, limit);
    if (distance <= limit) best = cp->tensors.at[i].name, limit = distance - 1;
    if (limit < 0) break;
  }
  return best;
}

const char *checkpoint_type_text(const Checkpoint *cp, const Tensor *t)
{
  ptrdiff_t i = t - cp->tensors.at;
  if (i >= 0 && i < cp->tensors.n && cp->unsupported.at[i]) return cp->unsupported.at[i];
  return arena_printf(cp->ctx->perm, "%s%s", dtype_info[t->dtype].name,
                      checkpoint_shape_text(cp->ctx->perm, t->shape, t->rank));
}
