/* digits [-l] [FILE]: shows five held-out digits with the model's answers, its accuracy on all of FILE and the time; -l lists
 * the answers only. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "model.h"
#include "images.h"
#include "show.h"

static digits_work work;
static images test;
static int answer[IMAGES_MAX];

int main(int argc, char **argv)
{
    int list = argc > 1 && strcmp(argv[1], "-l") == 0, right = 0;
    const char *path = argc > 1 + list ? argv[1 + list] : "test.bin";
    if (!images_read(&test, path)) return fprintf(stderr, "%s: not a file of digits\n", path), 1;

    clock_t begin = clock();
    for (int n = 0; n < test.count; n++) {
        float logits[10];
        digits_status status = digits_classify(&work, test.pixel[n], logits);
        if (status != DIGITS_OK) return fprintf(stderr, "%s\n", digits_strerror(status)), 1;
        for (int d = 1; d < 10; d++)
            if (logits[d] > logits[answer[n]]) answer[n] = d;
        right += answer[n] == test.label[n];
    }
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;

    for (int n = 0; list && n < test.count; n++) printf("%d\n", answer[n]);
    if (!list) show_answers(test.pixel[0], answer, test.count < 5 ? test.count : 5);
    if (!list) printf("%d of %d held-out images right (%.2f %%), %.1f us each\n", right, test.count, 100.0 * right / test.count, 1e6 * seconds / test.count);
    return 0;
}
