#!/bin/sh
# Plan and emitted kernels at shapes that hurt: one element, odd sizes, tails of lanes and rows, run-time lengths, masks,
# groups of heads, caches. Each graph of cases.sh is compiled with both compilers, and once under the sanitizers, and must
# give the interpreter's values within 1e-5 of the largest. Memory must stay near the lower bound.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
flags=${UNITFLAGS:-"-std=c11 -D_DEFAULT_SOURCE -I$SRCDIR -O1 -g"}
warn="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wstrict-prototypes -Wvla -Wdouble-promotion -Werror"

# shellcheck disable=SC2086
$CC $flags -Wall -Wextra -o "$TMPDIR/plan_tool" "$here/plan_tool.c" "$BUILDDIR/libtfxc.a" ${LIBS--lz -lffi} -lm >"$TMPDIR/log" 2>&1 ||
    { not_ok plan_tool "does not compile"; echo "$passed passed, $failed failed"; exit 1; }

# one NAME LEVEL CALLS: $TMPDIR/NAME.ir
one() {
    # shellcheck disable=SC2086
    if ! "$TMPDIR/plan_tool" -l -O "$2" $3 "$TMPDIR/$1.ir" "$TMPDIR/$1" >"$TMPDIR/log" 2>&1; then not_ok "$1 -O$2" "status $? of the compiler"; return; fi
    if ! awk 'NF == 4 && $2 > $3 * 1.05 + 1024 { exit 1 }' "$TMPDIR/log"; then not_ok "$1 -O$2 memory" "work $(cut -d' ' -f2,3 "$TMPDIR/log" | tr '\n' ' ')"; fi
    if "$TMPDIR/plan_tool" -m -O "$2" "$TMPDIR/$1.ir" "$TMPDIR/$1.m" >"$TMPDIR/log" 2>&1; then ok "$1 -O$2 replay: $(tail -n 1 "$TMPDIR/log")"; else not_ok "$1 -O$2 replay" "overlaps missed"; fi
    for cc in "$CC -O1 -fsanitize=address,undefined -fno-sanitize-recover=all" "$CC ${FAST:--O3 -march=native}" ${CLANG:+"$CLANG -O2"}; do
        if ! $cc -std=c99 $warn -I"$TMPDIR" -c -o "$TMPDIR/$1.o" "$TMPDIR/$1.c" >"$TMPDIR/log" 2>&1; then not_ok "$1 -O$2 $cc" "does not compile without warnings"
        elif ! $cc -std=c11 -I"$SRCDIR" -I"$TMPDIR" -o "$TMPDIR/$1.exe" "$TMPDIR/$1_main.c" "$TMPDIR/$1.o" -lm >"$TMPDIR/log" 2>&1; then not_ok "$1 -O$2 $cc" "does not link"
        elif timeout 300 "$TMPDIR/$1.exe" "$TMPDIR/$1.bin" >"$TMPDIR/log" 2>&1; then ok "$1 -O$2 $cc"
        else not_ok "$1 -O$2 $cc" "status $?"; fi
    done
}

# shellcheck source=tests/plan/cases.sh
. "$here/cases.sh"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
