/* shards.c - checkpoints in several safetensors files: reads model.safetensors.index.json,
 * {"metadata": .., "weight_map": {tensor: file}}, and every file it names. Files lie beside the index; which ones
 * is taken from weight_map alone, because other files of the folder may belong to something else. */
#include <string.h>
#include "compiler/base/json.h"
#include "frontends/checkpoint_format.h"

enum { INDEX_MAX = 100000000 };        /* bytes */

static Span json_span(const CheckpointFile *f, const Json *j)
{
  return checkpoint_span(f, j->offset, (uint64_t)j->end - j->offset);
}

/* A shard is a plain name in the folder of the index: a checkpoint must not reach files elsewhere. (Links are
 * followed when it is opened: download caches are made of links.) */
static int check_file_name(const CheckpointFile *f, const Json *j)
{
  Diag *d = &f->cp->ctx->diag;
  if (j->kind != JSON_string) {
    diag_error(d, json_span(f, j), "checkpoint-shard", "file of tensor '%s' must be a string", j->key);
    return 0;
  }
  int plain = j->len > 0 && j->len <= 255 && strcmp(j->str, ".") && strcmp(j->str, "..");
  for (size_t i = 0; i < j->len; i++)
    if ((unsigned char)j->str[i] < 0x20 || j->str[i] == 0x7f || strchr("/\\:", j->str[i])) plain = 0;
  if (!plain)
    diag_error(d, json_span(f, j), "checkpoint-shard",
               "file of tensor '%s' must be a plain name beside the index, without '/', '\\' or ':'", j->key);
  return plain;
}

static int read_shard(CheckpointFile *index, const Json *j)
{
  const char *slash = strrchr(index->path, '/');
  int dir = slash ? (int)(slash + 1 - index->path) : 0;
  const char *path = arena_printf(index->cp->ctx->perm, "%.*s%s", dir, index->path, j->str);
  CheckpointFile shard;
  if (!checkpoint_file(&shard, index->cp, path, json_span(index, j))) return 0;
  if (checkpoint_safetensors.read(&shard)) return 1;
  diag_note(&index->cp->ctx->diag, json_span(index, j), "the shard is named here");
  return 0;
}

/* Every tensor of the map must have come from the file that the map says. */
static int check_member(const CheckpointFile *f, const Json *j)
{
  const Checkpoint *cp = f->cp;
  intptr_t number = (intptr_t)smap_get(&cp->by_name, j->key);
  const Tensor *t = number ? &cp->tensors.at[number - 1] : NULL;
  const char *slash = t ? strrchr(t->file, '/') : NULL;
  const char *file = t ? slash ? slash + 1 : t->file : NULL;
  if (t && strlen(j->key) == j->key_len && !strcmp(file, j->str)) return 1;
  diag_error(&cp->ctx->diag, checkpoint_span(f, j->key_offset, j->key_len + 2), "checkpoint-shard",
             "tensor '%s' is not in '%s'", j->key, j->str);
  if (t) diag_note(&cp->ctx->diag, t->span, "it is here");
  return 0;
}

static const Json *weight_map(CheckpointFile *f)
{
  Diag *d = &f->cp->ctx->diag;
  const char *why = "";
  size_t at = 0;
  if (f->size > INDEX_MAX) {
    diag_error(d, checkpoint_span(f, 0, 1), "checkpoint-header", "index has %zu bytes, the limit is %d", f->size, INDEX_MAX);
    return NULL;
  }
  const Json *root = json_parse(f->cp->ctx->perm, (const char *)f->data, f->size, &why, &at);
  if (!root) {
    diag_error(d, checkpoint_span(f, at, 1), "checkpoint-header", "index is not valid JSON: %s", why);
    return NULL;
  }
  const Json *map = root->kind == JSON_object ? json_get(root, "weight_map") : NULL;
  if (!map || map->kind != JSON_object || !map->count) {
    diag_error(d, json_span(f, map ? map : root), "checkpoint-shard",
               "index must be an object with \"weight_map\": {tensor: file, ..}");
    return NULL;
  }
  return map;
}

static int index_read(CheckpointFile *f)
{
  const Json *map = weight_map(f);
  int ok = map != NULL;
  SMap seen;
  smap_init(&seen, f->cp->ctx->perm);
  for (const Json *j = map ? map->first : NULL; j; j = j->next) ok &= check_file_name(f, j);
  for (const Json *j = ok ? map->first : NULL; j; j = j->next) {
    if (smap_get(&seen, j->str)) continue;
    smap_put(&seen, j->str, (void *)(uintptr_t)j);
    ok &= read_shard(f, j);
  }
  for (const Json *j = ok ? map->first : NULL; j; j = j->next) ok &= check_member(f, j);
  return ok;
}

static int index_sniff(const unsigned char *data, size_t size)
{
  size_t i = 0;
  while (i < size && i < 64 && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t')) i++;
  return i < size && data[i] == '{';
}

const CheckpointFormat checkpoint_safetensors_index = {"safetensors", ".index.json", index_sniff, index_read};
