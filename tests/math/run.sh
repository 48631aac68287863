#!/bin/sh
# runtime/math: every function within the error bound of its head comment, special values, integers, random numbers; with
# each compiler at several levels and under the undefined-behaviour checks; loops over the functions become vector code.
# STRIDE: every STRIDE-th float is tried (run-slow.sh: all of them, at one level).
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
strict="-std=c99 -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wno-unused-function -Wno-unknown-pragmas -Werror"
stride=${STRIDE:-10007}

# accuracy COMPILER FLAGS...
accuracy() {
    name="accuracy $*"
    # shellcheck disable=SC2068
    if ! $@ -std=c99 -o "$TMPDIR/accuracy" "$here/test_math.c" -lm >"$TMPDIR/log" 2>&1; then not_ok "$name" "does not compile"
    elif "$TMPDIR/accuracy" "$here/rng_vectors.txt" "$stride" >"$TMPDIR/log" 2>&1; then ok "$name"
    else not_ok "$name" "exit status $?"; fi
}

# vectors COMPILER REPORT...: REPORT makes it say at which lines of lanes.c loops became vector code
vectors() {
    name="vector code $1"; compiler=$1; shift
    # shellcheck disable=SC2086
    if ! $compiler -std=c99 -O3 -mavx2 -mfma -DLANES_VECTOR_ONLY "$@" -c -o "$TMPDIR/lanes.o" "$here/lanes.c" >"$TMPDIR/log" 2>&1; then
        not_ok "$name" "does not compile"
        return
    fi
    missing=$(sed '/^#ifndef LANES_VECTOR_ONLY/,$d' "$here/lanes.c" | grep -nE '^MAP2?\(' | while IFS=: read -r line text; do
        grep -q "lanes.c:$line:.*vectorized" "$TMPDIR/log" || printf '%s ' "$text"; done)
    : >"$TMPDIR/log"
    if [ -z "$missing" ]; then ok "$name"; else not_ok "$name" "scalar: $missing"; fi
}

for file in "$SRCDIR"/runtime/math/*.c; do
    grep -q "runtime/math/$(basename "$file")" "$here/all.h" || { : >"$TMPDIR/log"; not_ok "$(basename "$file")" "is not in all.h"; }
done

for compiler in "$CC" ${CLANG:+"$CLANG"}; do
    for level in ${LEVELS:--O0 -O2 -O3+-march=native}; do
        # shellcheck disable=SC2046
        accuracy $compiler $(echo "$level" | tr + ' ')
    done
    accuracy $compiler -O1 -fsanitize=undefined -fno-sanitize-recover
    # shellcheck disable=SC2086
    if ! $compiler $strict -O2 -c -o "$TMPDIR/lanes.o" "$here/lanes.c" >"$TMPDIR/log" 2>&1; then not_ok "strict warnings $compiler" "says something"
    elif [ -n "$(nm -u "$TMPDIR/lanes.o" | grep -v ' _*GLOBAL_OFFSET_TABLE_$')" ]; then nm -u "$TMPDIR/lanes.o" >"$TMPDIR/log"; not_ok "strict warnings $compiler" "needs an outside symbol"
    else ok "strict warnings, no outside symbol: $compiler"; fi
    version=$($compiler --version 2>/dev/null | head -n 1)
    case $(uname -m),$version in
    x86_64,*clang*) vectors "$compiler" '-Rpass=(loop|slp)-vectorize' ;;
    x86_64,*) vectors "$compiler" -fopt-info-vec ;;
    *) skip "vector code $compiler" "the check knows x86-64 only" ;;
    esac
done
[ -n "${CLANG-}" ] || skip "clang" "not found"

flags=${UNITFLAGS:-"-std=c11 -D_DEFAULT_SOURCE -I$SRCDIR -O1 -g"}
# shellcheck disable=SC2086
if ! $CC $flags -Wall -Wextra -o "$TMPDIR/eval" "$here/test_eval.c" "$BUILDDIR/libtfxc.a" ${LIBS--lz -lffi} -lm >"$TMPDIR/log" 2>&1; then not_ok "compiler and runtime agree" "does not compile"
elif "$TMPDIR/eval" "$here/rng_vectors.txt" >"$TMPDIR/log" 2>&1; then ok "compiler and runtime agree"
else not_ok "compiler and runtime agree" "exit status $?"; fi

if [ -z "${PYTHON-}" ]; then skip "rng_ref.py" "no Python"
elif "$PYTHON" "$here/rng_ref.py" --check >"$TMPDIR/log" 2>&1; then ok "rng_ref.py"
else not_ok "rng_ref.py" "exit status $?"; fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
