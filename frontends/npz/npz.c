/* npz.c - the formats npy (one array, named after its file) and npz (a zip archive of .npy members). Takes a mapped
 * file, gives tensors that point into it where members are stored, or to the arena where they are deflated. */
#include <inttypes.h>
#include <string.h>
#include "frontends/npz/npy.h"
#include "frontends/npz/zip.h"

/* Deflate cannot shrink more than this, so a member that claims more is a lie: no memory is taken for it. */
enum { DEFLATE_RATIO = 1032 };

static int npy_read(CheckpointFile *f)
{
  NpyInput in = {f, f->data, f->size, 0, 0};
  NpyHeader h;
  const char *slash = strrchr(f->path, '/'), *base = slash ? slash + 1 : f->path;
  size_t n = strlen(base);
  if (n > 4 && !strcmp(base + n - 4, ".npy")) n -= 4;
  return npy_header(&in, &h) && npy_add(&in, &h, arena_str(f->cp->ctx->perm, base, n), checkpoint_span(f, 0, 6));
}

static int bad_stream(CheckpointFile *f, const ZipEntry *e, const char *name, const char *why)
{
  diag_error(&f->cp->ctx->diag, checkpoint_span(f, e->data, e->csize), "checkpoint-zip",
             "cannot unpack member '%s': %s", name, why);
  return 0;
}

/* Unpacks a deflated member: first the header alone, which says how long the rest has to be. Unsupported types are
 * left packed. */
static int unpack(CheckpointFile *f, const ZipEntry *e, const char *name, NpyInput *in, NpyHeader *h)
{
  const char *why = "";
  Arena *a = f->cp->ctx->perm;
  size_t first = e->usize < NPY_HEADER_MAX ? (size_t)e->usize : NPY_HEADER_MAX;
  if (e->usize / DEFLATE_RATIO > e->csize)
    return bad_stream(f, e, name, arena_printf(a, "%" PRIu64 " bytes cannot become %" PRIu64, e->csize, e->usize));
  unsigned char *head = arena_alloc(a, first + 1);
  if (!zip_inflate(f, e, head, first, &why)) return bad_stream(f, e, name, why);
  *in = (NpyInput){f, head, first, e->data, 1};
  if (!npy_header(in, h)) return 0;
  if (h->dtype < 0 || first == e->usize) return 1;
  if (e->usize != h->at + h->bytes)
    return bad_stream(f, e, name, arena_printf(a, "its header announces %" PRIu64 " bytes, the archive %" PRIu64,
                                               h->at + h->bytes, e->usize));
  unsigned char *all = arena_alloc(a, (size_t)e->usize + 1);
  if (!zip_inflate(f, e, all, (size_t)e->usize, &why)) return bad_stream(f, e, name, why);
  in->data = all, in->n = (size_t)e->usize;
  return 1;
}

static int read_member(CheckpointFile *f, const ZipEntry *e)
{
  Diag *d = &f->cp->ctx->diag;
  Span at = checkpoint_span(f, e->at, 4);
  const char *name = e->name;
  size_t n = e->name_len;
  if (!checkpoint_check_name(f, name, n, checkpoint_span(f, e->dir_at, (uint64_t)e->dir_len))) return 0;
  if (n <= 4 || strcmp(name + n - 4, ".npy")) {
    diag_warn(d, at, "checkpoint-member", "'%s' is no .npy array and is ignored", name);
    return 1;
  }
  NpyInput in = {f, f->data + e->data, (size_t)e->csize, e->data, 0};
  NpyHeader h;
  if (!(e->method == ZIP_STORED ? npy_header(&in, &h) : unpack(f, e, name, &in, &h))) return 0;
  uint32_t crc = h.dtype >= 0 ? zip_crc32(0, in.data, in.n) : e->crc;
  if (crc != e->crc) {
    diag_error(d, checkpoint_span(f, e->dir_at + 16, 4), "checkpoint-checksum",
               "member '%s' has checksum %08x, wanted %08x: the file is damaged", name, crc, e->crc);
    return 0;
  }
  return npy_add(&in, &h, arena_str(f->cp->ctx->perm, name, n - 4), at);
}

static int npz_read(CheckpointFile *f)
{
  ZipDir dir;
  int ok = zip_directory(f, &dir);
  for (int i = 0; ok && i < dir.n; i++) ok = read_member(f, &dir.at[i]);
  return ok;
}

static int npz_sniff(const unsigned char *data, size_t size)
{
  return size >= 4 && (!memcmp(data, "PK\3\4", 4) || !memcmp(data, "PK\5\6", 4));
}

const CheckpointFormat checkpoint_npy = {"npy", ".npy", npy_is, npy_read};
const CheckpointFormat checkpoint_npz = {"npz", ".npz", npz_sniff, npz_read};
