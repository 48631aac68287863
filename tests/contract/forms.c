/* forms.c - words with its weights in the form FORM_*: prints the answer to one call as bits. With a blob: what becomes of
 * a damaged one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "words.h"

static words_work work;
static words_state state;

#ifdef FORM_BLOB
static int bad;
static void wanted(const char *what, words_status got, words_status want)
{
    if (got != want) printf("not ok %s: status %d, wanted %d\n", what, (int)got, (int)want), bad = 1;
}

static unsigned char *blob_read(const char *path, size_t *size)
{
    unsigned char *p = aligned_alloc(64, (WORDS_BLOB_BYTES + 128) / 64 * 64);
    FILE *f = fopen(path, "rb");
    if (!p || !f) exit(2);
    *size = fread(p, 1, WORDS_BLOB_BYTES + 64, f);
    fclose(f);
    return p;
}

static void damage(unsigned char *blob, size_t size, const int32_t *tok, float *out)
{
    wanted("whole", words_bind(blob, size), WORDS_OK);
    wanted("null", words_bind(NULL, size), WORDS_EARG);
    wanted("off by one", words_bind(blob + 1, size), WORDS_EARG);
    wanted("too short", words_bind(blob, size - 1), WORDS_EBLOB);
    wanted("too long", words_bind(blob, size + 1), WORDS_EBLOB);
    wanted("empty", words_bind(blob, 0), WORDS_EBLOB);
    for (size_t at = 0; at < size; at += at < 40 ? 1 : 4099) {
        blob[at] ^= 0x10;
        wanted("damaged", words_bind(blob, size), WORDS_EBLOB);
        blob[at] ^= 0x10;
    }
    for (size_t at = 0; at < 24; at++) {          /* entries look at the header */
        blob[at] ^= 1;
        wanted("call with another model's weights", words_step(&work, &state, blob, 2, tok, out), WORDS_EBLOB);
        blob[at] ^= 1;
    }
    wanted("call without weights", words_step(&work, &state, NULL, 2, tok, out), WORDS_EARG);
}
#endif

int main(int argc, char **argv)
{
    int32_t tok[2] = {0, 20};
    float out[27];
    words_reset(&state);
    (void)argc, (void)argv;
#ifdef FORM_BLOB
    size_t size;
    unsigned char *blob = blob_read(argv[1], &size);
    damage(blob, size, tok, out);
    if (bad || words_step(&work, &state, blob, 2, tok, out) != WORDS_OK) return 1;
#else
    if (words_step(&work, &state, 2, tok, out) != WORDS_OK) return 1;
#endif
    for (int k = 0; k < 27; k++) {
        uint32_t bits;
        memcpy(&bits, &out[k], 4);
        printf("%08x\n", (unsigned)bits);
    }
    return 0;
}
