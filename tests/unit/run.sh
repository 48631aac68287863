#!/bin/sh
# Unit tests in C: every test_*.c and err/*.c (named after a diagnostic) is linked with the whole compiler except main and run.
# The exit status decides; the program says which CHECK failed. It may read $TMPDIR and $SRCDIR.
set -u
passed=0 failed=0
lib=$BUILDDIR/libtfxc.a
for source in "$SRCDIR"/tests/unit/test_*.c "$SRCDIR"/tests/unit/err/*.c; do
    name=$(basename "$source" .c)
    if ! $CC ${UNITFLAGS-"-std=c11 -D_DEFAULT_SOURCE -I$BUILDDIR/gen -I$SRCDIR -O1 -g"} -Wall -Wextra \
        -o "$TMPDIR/$name" "$source" "$lib" ${LIBS-"-lz -lffi -lm"} >"$TMPDIR/log" 2>&1; then
        failed=$((failed + 1)); echo "not ok $name: does not compile"; cat "$TMPDIR/log"; continue
    fi
    timeout 120 "$TMPDIR/$name" >"$TMPDIR/log" 2>&1
    status=$?
    if [ "$status" = 0 ]; then
        passed=$((passed + 1)); echo "ok $name"
    else
        failed=$((failed + 1)); echo "not ok $name: exit status $status"; tail -n 40 "$TMPDIR/log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
