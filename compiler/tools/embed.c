/* embed.c - build tool: turns text files into one C file, the table of compiler/base/embedded.h.
 * Takes   embed ROOT LIST   where LIST has one path a line, relative to ROOT; gives C on stdout.
 * Is not part of tfxc: it is compiled first and run while building.
 * One string literal a line of text: compilers read that ten times faster than lists of numbers.
 * The 4095-character limit of C11 is a minimum that gcc, clang and tcc do not have, hence the pragma. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *path)
{
    fprintf(stderr, "embed: %s: %s: %s\n", path, what, strerror(errno));
    exit(1);
}

/* One byte inside a string literal. Octal escapes take at most three digits, so they always end;
 * a question mark is escaped because ??x could be a trigraph. */
static void put_byte(int c)
{
    if (c == '"' || c == '\\' || c == '?') printf("\\%c", c);
    else if (c == '\t') fputs("\\t", stdout);
    else if (c < 32 || c > 126) printf("\\%03o", (unsigned)c);
    else putchar(c);
}

/* Prints the file as `static const char fN[] = "..." "...";` and gives its size. */
static unsigned put_file(const char *root, const char *path, unsigned number)
{
    char full[4096];
    if ((size_t)snprintf(full, sizeof full, "%s/%s", root, path) >= sizeof full) {
        errno = ENAMETOOLONG;
        die("cannot open", path);
    }
    FILE *f = fopen(full, "rb");
    if (!f) die("cannot open", full);
    printf("/* %s */\nstatic const char f%u[] =\n\"", path, number);
    unsigned size = 0;
    for (int c; (c = getc(f)) != EOF; size++) {
        if (c == 0) {
            fprintf(stderr, "embed: %s: NUL byte at %u: not a text file\n", full, size);
            exit(1);
        }
        if (c == '\n') fputs("\\n\"\n\"", stdout);
        else put_byte(c);
    }
    if (ferror(f)) die("cannot read", full);
    fclose(f);
    fputs("\";\n", stdout);
    return size;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: embed ROOT LIST > OUT.c\n", stderr);
        return 2;
    }
    FILE *list = fopen(argv[2], "r");
    if (!list) die("cannot open", argv[2]);
    puts("/* Made by compiler/tools/embed.c: do not edit. */\n"
         "#include \"compiler/base/embedded.h\"\n"
         "#pragma GCC diagnostic ignored \"-Woverlength-strings\"");
    /* The table is printed after the texts, so paths and sizes are kept until then. */
    static struct { char *path; unsigned size; } entry[65536];
    unsigned n = 0;
    char line[4096];
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        if (!line[0]) continue;
        if (n == sizeof entry / sizeof *entry) {
            fputs("embed: too many files\n", stderr);
            return 1;
        }
        entry[n].size = put_file(argv[1], line, n);
        entry[n].path = malloc(strlen(line) + 1);
        if (!entry[n].path) die("no memory", line);
        strcpy(entry[n++].path, line);
    }
    fclose(list);
    puts("const EmbeddedFile embedded_files[] = {");
    for (unsigned i = 0; i < n; i++)
        printf("    {\"%s\", f%u, %uu},\n", entry[i].path, i, entry[i].size);
    printf("    {0, 0, 0}\n};\nconst unsigned embedded_count = %uu;\n", n);
    if (fflush(stdout) || ferror(stdout)) die("cannot write", "stdout");
    return 0;
}
