/* embedded.c - finds a text file that is carried inside the compiler. */
#include "compiler/base/embedded.h"

#include <stddef.h>
#include <string.h>

const EmbeddedFile *embedded_find(const char *path)
{
    for (unsigned i = 0; i < embedded_count; i++)
        if (!strcmp(embedded_files[i].path, path)) return &embedded_files[i];
    return NULL;
}
