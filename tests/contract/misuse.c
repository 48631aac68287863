/* misuse.c - words.h called as it must not be: each call gives its status and writes nothing at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "words.h"

static words_work *work;
static words_state *state, before;
static float *out, out_before[27];
static int bad;

static void wanted(const char *what, words_status got, words_status want)
{
    int same = !memcmp(&before, state, sizeof before) && !memcmp(out_before, out, sizeof out_before);
    if (got != want) printf("not ok %s: status %d, wanted %d\n", what, (int)got, (int)want);
    else if (!same) printf("not ok %s: something was written\n", what);
    else printf("ok %s\n", what);
    bad |= got != want || !same;
    memcpy(state, &before, sizeof before);
}

int main(void)
{
    int32_t tok[64], T;
    /* exactly as large as the header says: the sanitizer sees what lies outside */
    work = aligned_alloc(64, sizeof *work);
    state = malloc(sizeof *state);
    out = malloc(27 * sizeof *out);
    if (!work || !state || !out) return 2;
    memset(work, 0xEE, sizeof *work);
    words_reset(state);
    memset(out, 0x55, 27 * sizeof *out);
    memcpy(out_before, out, sizeof out_before);
    for (int k = 0; k < 64; k++) tok[k] = k % 27;
    memcpy(&before, state, sizeof before);
    wanted("no work memory", words_step(NULL, state, 1, tok, out), WORDS_EARG);
    wanted("no state", words_step(work, NULL, 1, tok, out), WORDS_EARG);
    wanted("no input", words_step(work, state, 1, NULL, out), WORDS_EARG);
    wanted("no output", words_step(work, state, 1, tok, NULL), WORDS_EARG);
    wanted("T = 0", words_step(work, state, 0, tok, out), WORDS_EARG);
    wanted("T < 0", words_step(work, state, -7, tok, out), WORDS_EARG);
    wanted("T over its bound", words_step(work, state, 33, tok, out), WORDS_EARG);
    wanted("T far over its bound", words_step(work, state, 2147483647, tok, out), WORDS_EARG);
    for (T = 1; T <= 32; T += 31)
        for (int at = 0; at < T; at += 31) {
            static const int32_t values[] = {27, -1, 2147483647, -2147483647 - 1};
            for (int k = 0; k < 4; k++) {
                int32_t keep = tok[at];
                tok[at] = values[k];
                wanted("a token out of range", words_step(work, state, T, tok, out), WORDS_ERANGE);
                tok[at] = keep;
            }
        }
    if (words_step(work, state, 32, tok, out) != WORDS_OK) return 2;
    memcpy(&before, state, sizeof before);
    memcpy(out_before, out, sizeof out_before);
    wanted("a full state", words_step(work, state, 1, tok, out), WORDS_EFULL);
    state->pos = 31;
    memcpy(&before, state, sizeof before);
    wanted("a state with too little room", words_step(work, state, 2, tok, out), WORDS_EFULL);
    /* a state that was not written by words_reset */
    memset(state, 0xFF, sizeof *state);
    memcpy(&before, state, sizeof before);
    wanted("a damaged state", words_step(work, state, 1, tok, out) != WORDS_OK ? WORDS_EARG : WORDS_OK, WORDS_EARG);
    state->pos = 1 << 30;
    memcpy(&before, state, sizeof before);
    wanted("a damaged position", words_step(work, state, 1, tok, out) != WORDS_OK ? WORDS_EARG : WORDS_OK, WORDS_EARG);
    words_reset(NULL);
    free(work);
    free(state);
    free(out);
    return bad;
}
