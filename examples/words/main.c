/* words [TEMPERATURE [PROMPT...]]: invents ten words, then completes each prompt with the most likely letters. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "model.h"
#include "pick.h"

enum { BOUNDARY = 0, MAX_LEN = 32 }; /* symbol 0 begins and ends a word, 1..26 are a..z */
static words_work work;
static words_state state;
static int steps;

/* Prints the prompt and its continuation. One call feeds the whole prompt, then one call feeds each new letter. */
static void complete(const char *prompt, float temperature, uint32_t *seed)
{
    int32_t tok[MAX_LEN] = { BOUNDARY }, count = 1, used = 0;
    float logits[SYMBOLS];
    for (; count < MAX_LEN && *prompt >= 'a' && *prompt <= 'z'; prompt++) tok[count++] = *prompt - 'a' + 1;
    for (int i = 1; i < count; i++) putchar('a' + tok[i] - 1);
    for (words_reset(&state); used < MAX_LEN; count = 1) {
        words_status status = words_step(&work, &state, count, tok, logits);
        if (status != WORDS_OK) { fprintf(stderr, "%s\n", words_strerror(status)); exit(1); }
        used += count, steps++;
        if ((tok[0] = pick(logits, temperature, seed)) == BOUNDARY) break;
        putchar('a' + tok[0] - 1);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    float temperature = argc > 1 ? strtof(argv[1], NULL) : 0.7f;
    uint32_t seed = 1;
    clock_t begin = clock();
    for (int i = 0; i < 10; i++) complete("", temperature, &seed);
    for (int i = 2; i < argc; i++) { printf("%s -> ", argv[i]); complete(argv[i], 0, &seed); }
    printf("%.1f us a step\n", 1e6 * (double)(clock() - begin) / CLOCKS_PER_SEC / steps);
    return 0;
}
