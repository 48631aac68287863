/* digits [FILE]: shows three held-out digits with the model's answers, then its accuracy on all of FILE and the time. */
#include <stdio.h>
#include <time.h>
#include "model.h"
#include "images.h"
#include "show.h"

static digits_work work;
static images test;
static int answer[IMAGES_MAX];

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "test.bin";
    if (!images_read(&test, path)) return fprintf(stderr, "%s: not a file of digits\n", path), 1;

    int right = 0, shown = test.count < 3 ? test.count : 3;
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

    show_digits(test.pixel[0], shown);
    for (int n = 0; n < shown; n++) printf("it is %d    ", answer[n]);
    printf("\n%d of %d held-out images right (%.2f %%), %.1f us each\n",
           right, test.count, 100.0 * right / test.count, 1e6 * seconds / test.count);
    return 0;
}
