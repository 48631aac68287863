/* import_test.c - test program of the checkpoint readers.
 *   import_test list FILE...      diagnostics, then tensors with up to 64 values (unsupported ones by type)
 *   import_test use FILE...       the same, but every tensor is used, so an unsupported type is an error
 *   import_test npy FILE          writes a small .npy, import_test npz FILE a small .npz
 *   import_test unit DIR          checks of the interface; DIR: a folder for files, SRCDIR/tests/import is $2
 */
#include <inttypes.h>
#include <stdlib.h>
#include "frontends/checkpoint.h"
#include "frontends/npz/npy_write.h"
#include "tests/unit/check.h"

typedef struct Run { Ctx ctx; jmp_buf fatal; FILE *log; char *text; size_t text_len; } Run;

/* log: NULL keeps the messages in r->text after run_messages */
static void run_begin(Run *r, FILE *out)
{
  memset(r, 0, sizeof *r);
  r->ctx.perm = arena_new();
  sources_init(&r->ctx.sources, r->ctx.perm);
  diag_init(&r->ctx.diag, r->ctx.perm, &r->ctx.sources);
  r->ctx.strings = strings_new(r->ctx.perm);
  r->log = out ? out : open_memstream(&r->text, &r->text_len);
  r->ctx.diag.out = r->log;
  r->ctx.diag.color = 0;
  r->ctx.diag.fatal = &r->fatal;
}

static const char *run_messages(Run *r)
{
  diag_flush(&r->ctx.diag);
  fflush(r->log);
  return r->text ? r->text : "";
}

static void run_end(Run *r)
{
  diag_flush(&r->ctx.diag);
  mapfiles_close(&r->ctx.maps);
  if (r->log != stdout) fclose(r->log);
  arena_free(r->ctx.perm);
  free(r->text);
}

static void print_tensor(const Checkpoint *cp, const Tensor *t)
{
  int64_t n = tensor_count(t);
  printf("%s %s:", t->name, checkpoint_type_text(cp, t));
  if (cp->unsupported.at[t - cp->tensors.at]) {
    printf(" unsupported\n");
    return;
  }
  for (int64_t i = 0; i < n && i < 64; i++) {
    if (dtype_is_float(t->dtype)) printf(" %.9g", tensor_f64(t, i));
    else printf(" %" PRId64, tensor_i64(t, i));
  }
  printf("\n");
}

static int list(int use, int n, char **paths)
{
  for (int i = 0; i < n; i++) {
    Run r;
    run_begin(&r, stdout);
    Checkpoint *cp = checkpoint_open(&r.ctx, paths[i], NULL, span_none());
    for (int k = 0; cp && k < cp->tensors.n; k++) {
      const Tensor *t = &cp->tensors.at[k];
      if (!use) print_tensor(cp, t);
      else if (checkpoint_use(cp, t, span_none())) (void)checkpoint_first_nonfinite(t);
    }
    run_end(&r);
  }
  return 0;
}

/* ---- writers ---- */

static const float some_f32[6] = {1.5f, -2, 0.25f, 100, 0, -7};
static const uint16_t some_bf16[2] = {0x3fc0, 0xc000};
static const int64_t some_i64[3] = {-5, 0, INT64_MAX};
static const int64_t sh23[2] = {2, 3}, sh2[1] = {2}, sh3[1] = {3};

static void write_npz(Run *r, const char *path)
{
  const NpyArray arrays[] = {
    {"w", DT_f32, 2, sh23, some_f32}, {"sub/b", DT_bf16, 1, sh2, some_bf16}, {"n", DT_i64, 1, sh3, some_i64},
    {"s", DT_f32, 0, NULL, some_f32},
  };
  npz_save(&r->ctx.diag, r->ctx.perm, path, arrays, 4);
}

static int write_one(const char *kind, const char *path)
{
  Run r;
  run_begin(&r, stdout);
  if (setjmp(r.fatal)) return 1;
  if (!strcmp(kind, "npy")) npy_save(&r.ctx.diag, r.ctx.perm, path, DT_f32, 2, sh23, some_f32);
  else write_npz(&r, path);
  run_end(&r);
  return 0;
}

static void test_written(const char *dir)
{
  Run r;
  run_begin(&r, NULL);
  const char *npy = arena_printf(r.ctx.perm, "%s/w.npy", dir), *npz = arena_printf(r.ctx.perm, "%s/all.npz", dir);
  npy_save(&r.ctx.diag, r.ctx.perm, npy, DT_f32, 2, sh23, some_f32);
  write_npz(&r, npz);
  Checkpoint *one = checkpoint_open(&r.ctx, npy, "npy", span_none()), *all = checkpoint_open(&r.ctx, npz, "npz", span_none());
  CHECK_STR(run_messages(&r), "");
  if (CHECK(one && all)) {
    const Tensor *w = checkpoint_find(one, "w"), *b = checkpoint_find(all, "sub/b"), *n = checkpoint_find(all, "n");
    CHECK(w && w->bytes == sizeof some_f32 && !memcmp(w->data, some_f32, sizeof some_f32));
    CHECK(b && b->dtype == DT_f32 && tensor_f64(b, 0) == 1.5 && tensor_f64(b, 1) == -2);
    CHECK(n && n->dtype == DT_i64 && tensor_i64(n, 2) == INT64_MAX);
    CHECK_INT(all->tensors.n, 4);
    CHECK_INT(checkpoint_find(all, "s")->rank, 0);
    CHECK_INT(r.ctx.deps.n, 2);
  }
  run_end(&r);
}

/* So many members that counts need ZIP64 fields. */
static void test_many(const char *dir)
{
  enum { MANY = 65536 };
  Run r;
  run_begin(&r, NULL);
  const char *path = arena_printf(r.ctx.perm, "%s/many.npz", dir);
  NpyArray *arrays = NEWN(r.ctx.perm, NpyArray, MANY);
  for (int i = 0; i < MANY; i++)
    arrays[i] = (NpyArray){arena_printf(r.ctx.perm, "t%d", i), DT_u16, 0, NULL, arena_dup(r.ctx.perm, &i, 2)};
  npz_save(&r.ctx.diag, r.ctx.perm, path, arrays, MANY);
  Checkpoint *cp = checkpoint_open(&r.ctx, path, NULL, span_none());
  CHECK_STR(run_messages(&r), "");
  if (CHECK(cp)) {
    CHECK_INT(cp->tensors.n, MANY);
    const Tensor *t = checkpoint_find(cp, "t65535");
    CHECK(t && tensor_i64(t, 0) == 65535);
  }
  run_end(&r);
}

/* ---- the interface ---- */

static void test_lookup(const char *good)
{
  Run r;
  run_begin(&r, NULL);
  const char *text = "bind \"unsupported.safetensors\"\n";
  Source *s = source_add(&r.ctx.sources, "model.tfx", text, strlen(text), 0);
  Span at = {s->base, s->base + 4};
  Checkpoint *cp = checkpoint_open(&r.ctx, arena_printf(r.ctx.perm, "%s/unsupported.safetensors", good), NULL, at);
  if (CHECK(cp)) {
    const Tensor *w = checkpoint_find(cp, "w"), *q = checkpoint_find(cp, "q");
    CHECK(w && q && !checkpoint_find(cp, "absent"));
    CHECK_STR(checkpoint_type_text(cp, w), "i8[1]");
    CHECK_STR(cp->format, "safetensors");
    CHECK_STR(run_messages(&r), "");
    CHECK(checkpoint_use(cp, w, at));
    CHECK_INT(r.ctx.diag.errors, 0);
    CHECK(!checkpoint_use(cp, q, at));
    CHECK_INT(r.ctx.diag.errors, 1);
    CHECK(strstr(run_messages(&r), "model.tfx:1:1: error: tensor 'q' is F8_E4M3[2,2]"));
    CHECK(strstr(run_messages(&r), "unsupported.safetensors:0x9: note: tensor 'q' is here"));
    CHECK(cp->used[w - cp->tensors.at] && cp->used[q - cp->tensors.at] && !cp->used[1]);
  }
  CHECK(!checkpoint_open(&r.ctx, "/does/not/exist.npz", NULL, at));
  CHECK(strstr(run_messages(&r), "model.tfx:1:1: error: cannot read checkpoint '/does/not/exist.npz'"));
  CHECK(!checkpoint_open(&r.ctx, arena_printf(r.ctx.perm, "%s/empty.safetensors", good), "gguf0", at));
  CHECK(strstr(run_messages(&r), "one of npy, npz, safetensors [checkpoint-format]"));
  CHECK(!checkpoint_open(&r.ctx, arena_printf(r.ctx.perm, "%s/empty.safetensors", good), "npz", at));
  CHECK(strstr(run_messages(&r), "[checkpoint-zip]"));
  CHECK(strstr(run_messages(&r), "model.tfx:1:1: note: the checkpoint"));
  run_end(&r);
}

static void test_nearest(const char *good)
{
  Run r;
  run_begin(&r, NULL);
  Checkpoint *cp = checkpoint_open(&r.ctx, arena_printf(r.ctx.perm, "%s/dtypes.safetensors", good), NULL, span_none());
  if (CHECK(cp)) {
    CHECK_STR(checkpoint_nearest(cp, "t.fl6"), "t.f16");
    CHECK_STR(checkpoint_nearest(cp, "something else"), NULL);
    const Tensor *t = checkpoint_find(cp, "t.f32");
    CHECK(t && t->span.lo && strstr(t->file, "dtypes.safetensors"));
  }
  run_end(&r);
}

/* Every position of a NaN or infinity near block, word and tail ends is found; the largest finite value is not. */
static void test_nonfinite(void)
{
  static const struct { DType t; int bytes; uint64_t biggest, inf, nan; } types[] = {
    {DT_f32, 4, 0x7f7fffff, 0x7f800000, 0xffc00001}, {DT_f16, 2, 0x7bff, 0xfc00, 0x7c01},
    {DT_bf16, 2, 0xff7f, 0x7f80, 0x7fc0}, {DT_f64, 8, 0x7fefffffffffffff, 0xfff0000000000000, 0x7ff0000000000001},
  };
  enum { SIZE = 2 * 32768 + 80 };
  unsigned char *raw = calloc(1, SIZE + 1), *p = raw + 1;     /* odd address on purpose */
  for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
    int b = types[k].bytes;
    for (int n = 0; n < 40; n++) {
      size_t bytes = (size_t)(n * b);
      for (int i = 0; i < n; i++) memcpy(p + i * b, &types[k].biggest, (size_t)b);
      Tensor t = {.dtype = types[k].t, .rank = 1, .shape = {n}, .data = p, .bytes = bytes};
      CHECK_INT(checkpoint_first_nonfinite(&t), -1);
      for (int i = n - 1; i >= 0; i--) {
        memcpy(p + i * b, i & 1 ? &types[k].inf : &types[k].nan, (size_t)b);
        CHECK_INT(checkpoint_first_nonfinite(&t), i);
      }
    }
    memset(p, 0, SIZE);
    Tensor t = {.dtype = types[k].t, .rank = 1, .shape = {SIZE / b}, .data = p, .bytes = SIZE};
    CHECK_INT(checkpoint_first_nonfinite(&t), -1);
    for (int i = SIZE / b - 1; i >= 0; i -= 1237) {
      memcpy(p + i * b, &types[k].inf, (size_t)b);
      CHECK_INT(checkpoint_first_nonfinite(&t), i);
    }
    memset(p, 0, SIZE);
  }
  memset(p, 0xff, SIZE);
  Tensor ints = {.dtype = DT_i32, .rank = 1, .shape = {4}, .data = p, .bytes = 16};
  CHECK_INT(checkpoint_first_nonfinite(&ints), -1);
  free(raw);
}

int main(int argc, char **argv)
{
  if (argc >= 3 && !strcmp(argv[1], "list")) return list(0, argc - 2, argv + 2);
  if (argc >= 3 && !strcmp(argv[1], "use")) return list(1, argc - 2, argv + 2);
  if (argc == 3 && !strncmp(argv[1], "np", 2)) return write_one(argv[1], argv[2]);
  if (argc != 4 || strcmp(argv[1], "unit")) {
    fprintf(stderr, "usage: import_test list|use FILE... | npy|npz FILE | unit DIR GOODDIR\n");
    return 2;
  }
  test_written(argv[2]);
  test_many(argv[2]);
  test_lookup(argv[3]);
  test_nearest(argv[3]);
  test_nonfinite();
  return check_done();
}
