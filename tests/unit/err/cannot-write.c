/* cannot-write: a file that cannot be written ends the compilation with the path and the reason, and
 * leaves nothing behind. */
#include "tests/unit/check.h"

#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

#include "compiler/base/out.h"

/* Saves one byte to path; gives what was printed, or NULL if the save did not fail. */
static char *message_of_saving(Arena *a, const char *path)
{
    Sources s;
    sources_init(&s, a);
    Diag d;
    diag_init(&d, a, &s);
    char *text = NULL;
    size_t n = 0;
    d.out = open_memstream(&text, &n);
    jmp_buf place;
    d.fatal = &place;
    if (!setjmp(place)) {
        file_save(&d, path, "x", 1);
        fclose(d.out);
        return NULL;
    }
    fclose(d.out);
    char *copy = arena_str(a, text, n);
    free(text);
    return copy;
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    if (tmp && chdir(tmp)) return 1;
    Arena *a = arena_new();
    CHECK_STR(message_of_saving(a, "no/such/x"), "tfxc: error: cannot write no/such/x: No such file or directory [cannot-write]\n");
    CHECK_STR(message_of_saving(a, "/dev/full"), "tfxc: error: cannot write /dev/full: No space left on device [cannot-write]\n");
    CHECK_STR(message_of_saving(a, "."), "tfxc: error: cannot write .: Is a directory [cannot-write]\n");
    CHECK(message_of_saving(a, "fine.txt") == NULL);
    CHECK(access("fine.txt", R_OK) == 0);
    arena_free(a);
    return check_done();
}
