/* fuzz_readers.c - bytes in, checkpoint readers, every value of every tensor out. Nothing may crash, hang or leak.
 *   clang -fsanitize=fuzzer,address,undefined -DARENA_PURIFY ... fuzz_readers.c   libFuzzer; tests/import/run-slow.sh
 *   cc -DREPLAY ... fuzz_readers.c; ./replay [--damage] FILE...                   the same for given files; with
 *     --damage also for every beginning of a file and every file with one bit changed (up to 3000 of each) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "frontends/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all that a tensor promises to hold; the sum keeps the reads from being removed. */
static double touch(const Tensor *t)
{
  double sum = (double)checkpoint_first_nonfinite(t);
  int64_t n = tensor_count(t);
  if (n * dtype_info[t->dtype].bits / 8 != (int64_t)t->bytes) abort();
  for (size_t i = 0; i < t->bytes; i++) sum += ((const unsigned char *)t->data)[i];
  if (n) sum += tensor_f64(t, n - 1);
  return sum;
}

static double read_as(const char *name, const char *format, const uint8_t *data, size_t size, FILE *out)
{
  jmp_buf fatal;
  Ctx ctx;
  volatile double sum = 0;             /* survives longjmp */
  memset(&ctx, 0, sizeof ctx);
  ctx.perm = arena_new();
  sources_init(&ctx.sources, ctx.perm);
  diag_init(&ctx.diag, ctx.perm, &ctx.sources);
  ctx.strings = strings_new(ctx.perm);
  ctx.diag.out = out;
  ctx.diag.fatal = &fatal;
  if (!setjmp(fatal)) {
    Checkpoint *cp = checkpoint_parse(&ctx, name, data, size, format, span_none());
    if (!cp && !ctx.diag.errors) abort();        /* a refusal must say why */
    if (cp && ctx.diag.errors) abort();
    for (int i = 0; cp && i < cp->tensors.n; i++) {
      const Tensor *t = &cp->tensors.at[i];
      if (checkpoint_find(cp, t->name) != t) abort();
      sum += touch(t);
      (void)checkpoint_use(cp, t, span_none());
    }
  }
  diag_flush(&ctx.diag);
  mapfiles_close(&ctx.maps);
  arena_free(ctx.perm);
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static FILE *null;
  static volatile double sink;
  if (!null && !(null = fopen("/dev/null", "w"))) abort();
  sink = read_as("absent/input", NULL, data, size, null);
  /* What does not look like its format is refused at once above; here it gets further. */
  if (size > 8) sink = read_as("absent/input", "safetensors", data, size, null);
  (void)sink;
  return 0;
}

#ifdef REPLAY
/* In a buffer of exactly its size, so that a sanitizer sees every read beyond it. */
static void once(const uint8_t *data, size_t size)
{
  uint8_t *copy = malloc(size ? size : 1);
  if (!copy) abort();
  if (size) memcpy(copy, data, size);
  LLVMFuzzerTestOneInput(copy, size);
  free(copy);
}

static void damage(uint8_t *data, size_t size)
{
  size_t step = size / 3000 + 1;
  for (size_t n = 0; n < size; n += step) once(data, n);
  for (size_t i = 0; i < size; i += step) {
    uint8_t bit = (uint8_t)(1u << (i * 5 % 8));
    data[i] ^= bit;
    once(data, size);
    data[i] ^= bit;
  }
}

int main(int argc, char **argv)
{
  int hard = argc > 1 && !strcmp(argv[1], "--damage");
  for (int i = 1 + hard; i < argc; i++) {
    FILE *f = fopen(argv[i], "rb");
    uint8_t *data = malloc(1 << 22);
    if (!f || !data) return perror(argv[i]), 1;
    size_t n = fread(data, 1, 1 << 22, f);
    fclose(f);
    once(data, n);
    if (hard) damage(data, n);
    free(data);
  }
  return 0;
}
#endif
