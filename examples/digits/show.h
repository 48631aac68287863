/* Draws 8x8 pictures side by side in a terminal, two pixel rows a text line.
 * Takes pixel values 0..16 (darker is larger); gives text on standard output: half blocks in 24 greys (ANSI 256 colours). */
#ifndef SHOW_H
#define SHOW_H
#include <stdio.h>

/* Pixel 0..16 to one of the 24 ANSI greys, 232 (black) .. 255 (white); ink is light on a dark ground. */
static int show_grey(float pixel)
{
    return 232 + (int)(pixel * 23.0f / 16.0f);
}

/* Prints `count` pictures, each f32[8][8] and one after the other in memory, and the answer under each. */
static void show_answers(const float *image, const int *answer, int count)
{
    for (int row = 0; row < 8; row += 2) {
        for (int n = 0; n < count; n++) {
            const float *top = image + n * 64 + row * 8;
            for (int column = 0; column < 8; column++) /* upper half block: foreground = upper row, background = lower */
                printf("\033[38;5;%d;48;5;%dm\xe2\x96\x80", show_grey(top[column]), show_grey(top[column + 8]));
            printf("\033[0m   ");
        }
        putchar('\n');
    }
    for (int n = 0; n < count; n++) printf("it is %d    ", answer[n]);
    putchar('\n');
}
#endif
