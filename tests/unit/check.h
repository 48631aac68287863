/* check.h - the smallest unit test frame. A test program calls CHECK often and ends with
 * `return check_done();`, which prints `N passed, N failed` and gives the exit status.
 * Include it in one file per program: the counters are static. */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H
#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

/* Counts one check; a failed one prints its place and text and the test goes on. */
#define CHECK(cond) check_that(!!(cond), __FILE__, __LINE__, #cond)
/* Compares two strings and prints both when they differ. */
#define CHECK_STR(got, want) check_str((got), (want), __FILE__, __LINE__, #got)
/* Compares two integers and prints both when they differ. */
#define CHECK_INT(got, want) check_int((long long)(got), (long long)(want), __FILE__, __LINE__, #got)

static inline int check_that(int ok, const char *file, int line, const char *text)
{
    if (ok) check_passed++;
    else check_failed++, printf("%s:%d: failed: %s\n", file, line, text);
    return ok;
}

static inline int check_str(const char *got, const char *want, const char *file, int line, const char *text)
{
    int ok = got && want ? !strcmp(got, want) : got == want;
    if (ok) return check_passed++, 1;
    check_failed++;
    printf("%s:%d: failed: %s is \"%s\", wanted \"%s\"\n", file, line, text, got ? got : "(null)", want ? want : "(null)");
    return 0;
}

static inline int check_int(long long got, long long want, const char *file, int line, const char *text)
{
    if (got == want) return check_passed++, 1;
    check_failed++;
    printf("%s:%d: failed: %s is %lld, wanted %lld\n", file, line, text, got, want);
    return 0;
}

static inline int check_done(void)
{
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed != 0;
}
#endif
