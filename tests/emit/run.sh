#!/bin/sh
# Planner and emitter against the interpreter: random graphs become C, are compiled in one program and must give the
# interpreter's values: exactly where the graph makes that possible, within rounding elsewhere.
# FIRST, COUNT: seeds of the graphs; BATCH: graphs in one program; VARIANTS: compiler flags, + for space.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
first=${FIRST:-0} count=${COUNT:-50} batch=${BATCH:-60} sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"
flags=${UNITFLAGS:-"-std=c11 -D_DEFAULT_SOURCE -I$SRCDIR -O1 -g"}

# shellcheck disable=SC2086
$CC $flags -Wall -Wextra -o "$TMPDIR/emit_test" "$here/emit_test.c" "$here/random_ir.c" "$BUILDDIR/libtfxc.a" ${LIBS--lz -lffi} -lm >"$TMPDIR/log" 2>&1 ||
    { not_ok emit_test "does not compile"; echo "$passed passed, $failed failed"; exit 1; }

# run_one COMPILER FLAGS...: what the last call of emit_test wrote
run_one() {
    name="$kind $seed..$((seed + n - 1)), $*"
    set -- "$@" -std=c11 -Wall -Wextra -Wno-unknown-pragmas -Wno-unused-parameter -Wno-parentheses-equality -Wno-tautological-compare -Wno-self-assign
    compiled=yes
    "$@" -I"$SRCDIR" -o "$work/all" "$work/all.c" -lm >"$TMPDIR/log" 2>&1 || compiled=no
    # clang 14 cannot select instructions for some comparisons with AVX-512 (its own failure, on any such C): 256 bits then
    if [ $compiled = no ] && grep -q "error in backend: Cannot select" "$TMPDIR/log"; then
        name="$name (without AVX-512: the compiler fails)"
        compiled=yes
        "$@" -mno-avx512f -I"$SRCDIR" -o "$work/all" "$work/all.c" -lm >"$TMPDIR/log" 2>&1 || compiled=no
    fi
    if [ $compiled = no ]; then not_ok "$name" "does not compile"
    elif timeout 300 "$work/all" "$work/cases.bin" >"$TMPDIR/log" 2>&1; then ok "$name: $(tail -n 1 "$TMPDIR/log")"
    else not_ok "$name" "exit status $?"; fi
}

# batches KIND FIRST COUNT
batches() {
    kind=$1 seed=$2 end=$(($2 + $3)) work=$TMPDIR/$1
    mkdir -p "$work"
    while [ "$seed" -lt "$end" ]; do
        n=$((end - seed < batch ? end - seed : batch))
        if ! timeout 600 "$TMPDIR/emit_test" "$work" "$kind" "$seed" "$n" >"$TMPDIR/log" 2>&1; then
            not_ok "$kind $seed..$((seed + n - 1))" "status $? of the compiler"
        fi
        for variant in ${VARIANTS:-$CC+-O1}; do
            # shellcheck disable=SC2046
            run_one $(echo "$variant" | sed "s/SANITIZE/$sanitize/" | tr + ' ')
        done
        rm -f "$work"/*
        seed=$((seed + n))
    done
}
. "$SRCDIR/tests/emulate/lib.sh"
batches scalars 0 2
batches graphs "$first" "$count"
# the same with the vectors of a target
for target in ${VECTORS:-x86-64-v3 x86-64-v4}; do
    [ -n "${VARIANTS-}" ] || [ ! -x "${TFXC:-}" ] || ! cc=$(target_cc "$target") || [ "$(uname -m)" != x86_64 ] || {
        export TARGETS="$target"
        VARIANTS="$(echo "$cc" | tr ' ' +)+-O1+-march=$target" batches scalars 0 1
        VARIANTS="$(echo "$cc" | tr ' ' +)+-O1+-march=$target" batches graphs "$first" $((count / 2))
        unset TARGETS
    }
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
