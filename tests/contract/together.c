/* together.c - two models and two instances of each in one program, in four threads at the same time: the answers are
 * those of one thread alone, bit for bit. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "digits.h"
#include "words.h"

enum { ROUNDS = 20, THREADS = 4 };
typedef struct Result { float word[ROUNDS][WORDS_STEP_OUT_OUT]; float digit[ROUNDS][DIGITS_CLASSIFY_OUT_OUT]; } Result;
typedef struct Instance { words_work ww; digits_work dw; words_state state; Result r; int id, bad; } Instance;
static Instance alone[THREADS], threads[THREADS];

static void *run(void *p)
{
    Instance *me = p;
    words_state fork;
    static const float nothing = 0;
    words_reset(&me->state);
    for (int k = 0; k < ROUNDS; k++) {
        int32_t tok = (k * 7 + me->id * 3) % 27;
        float image[DIGITS_CLASSIFY_IN_IMAGE];
        for (size_t j = 0; j < sizeof image / sizeof *image; j++) image[j] = nothing + (float)((j * 13 + (size_t)(k + me->id)) % 17);
        if (words_step(&me->ww, &me->state, 1, &tok, me->r.word[k]) != WORDS_OK) me->bad = 1;
        if (digits_classify(&me->dw, image, me->r.digit[k]) != DIGITS_OK) me->bad = 1;
        if (k == ROUNDS / 2) {                    /* a copy of the state goes its own way and leaves the first alone */
            float other[WORDS_STEP_OUT_OUT];
            fork = me->state;
            tok = 5;
            if (words_step(&me->ww, &fork, 1, &tok, other) != WORDS_OK) me->bad = 1;
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t t[THREADS];
    for (int k = 0; k < THREADS; k++) {
        alone[k].id = threads[k].id = k;
        run(&alone[k]);
    }
    for (int k = 0; k < THREADS; k++) if (pthread_create(&t[k], NULL, run, &threads[k])) return 2;
    for (int k = 0; k < THREADS; k++) pthread_join(t[k], NULL);
    for (int k = 0; k < THREADS; k++) {
        if (alone[k].bad || threads[k].bad) return puts("not ok threads: a call failed"), 1;
        if (memcmp(&alone[k].r, &threads[k].r, sizeof alone[k].r)) return puts("not ok threads: other answers than alone"), 1;
        if (k && !memcmp(&alone[k].r, &alone[0].r, sizeof alone[k].r)) return puts("not ok threads: instances give the same"), 1;
    }
    puts("ok threads");
    return 0;
}
