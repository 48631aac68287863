/* mapfile.c - files mapped read-only into memory, so that weights are never copied.
 * Takes a path, gives bytes and a size; all maps of a compilation are closed together.
 * Does not look at the bytes. */
#include "compiler/base/mapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Maps an open file; NULL and *why on failure. */
static const unsigned char *map_fd(int fd, size_t *size, Arena *a, const char **why)
{
    struct stat st;
    if (fstat(fd, &st)) {
        *why = arena_printf(a, "%s", strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) {
        *why = S_ISDIR(st.st_mode) ? "is a directory" : "not a regular file";
        return NULL;
    }
    if (st.st_size < 0 || (uintmax_t)st.st_size > SIZE_MAX / 2) {
        *why = "too large for this machine";
        return NULL;
    }
    *size = (size_t)st.st_size;
    if (!*size) return (const unsigned char *)"";
    void *data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data != MAP_FAILED) return data;
    *why = arena_printf(a, "%s", strerror(errno));
    return NULL;
}

MapFile *mapfile_open(MapFiles *all, Arena *a, const char *path, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);   /* a pipe must not make us wait */
    if (fd < 0) {
        *why = arena_printf(a, "%s", strerror(errno));
        return NULL;
    }
    size_t size = 0;
    const unsigned char *data = map_fd(fd, &size, a, why);
    close(fd);
    if (!data) return NULL;
    MapFile *m = NEW(a, MapFile);
    *m = (MapFile){data, size, arena_str(a, path, strlen(path))};
    vec_push(a, &all->list, m);
    return m;
}

void mapfiles_close(MapFiles *all)
{
    for (int i = 0; i < all->list.n; i++) {
        MapFile *m = all->list.at[i];
        /* munmap takes the address without const; the bytes are not written */
        if (m->size) munmap((void *)(uintptr_t)m->data, m->size);
        m->data = (const unsigned char *)"";
        m->size = 0;
    }
    all->list.n = 0;
}
