/* Reads test.bin: the 4 bytes "DIG8", the count as little-endian u32, then for each image 64 bytes (row by row,
 * 0 = white .. 16 = black) and 1 byte (the label). Gives pixels as f32. */
#ifndef IMAGES_H
#define IMAGES_H
#include <stdio.h>
#include <string.h>

enum { IMAGES_MAX = 1000 };
typedef struct {
    float pixel[IMAGES_MAX][64];
    int label[IMAGES_MAX];
    int count;
} images;

/* Returns 1 if at least one whole image could be read, else 0. Images past IMAGES_MAX are left out. */
static int images_read(images *set, const char *path)
{
    unsigned char head[8], item[65];
    FILE *file = fopen(path, "rb");
    set->count = 0;
    if (!file) return 0;
    if (fread(head, 1, 8, file) == 8 && memcmp(head, "DIG8", 4) == 0)
        while (set->count < IMAGES_MAX && fread(item, 1, 65, file) == 65) {
            for (int i = 0; i < 64; i++) set->pixel[set->count][i] = item[i];
            set->label[set->count++] = item[64];
        }
    fclose(file);
    return set->count > 0;
}
#endif
