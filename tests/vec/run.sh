#!/bin/sh
# targets/vector/math.h: every function within its stated error, special values, NaN; for each x86-64 level that has a vec.h and
# that this processor has, with each compiler, without warnings; each section compiles with what it names and nothing else.
# STRIDE: every STRIDE-th float is tried (run-slow.sh: every 17th, or all).
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
strict="-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror"
targets=${TARGETS:-$SRCDIR/targets}

# has LEVEL: this processor can run x86-64-LEVEL
has() {
    case $1 in
    v3) wanted="avx2 fma bmi2 f16c movbe" ;;
    v4) wanted="avx2 fma bmi2 avx512f avx512bw avx512cd avx512dq avx512vl" ;;
    esac
    flags=" $(sed -n 's/^flags[^:]*://p' /proc/cpuinfo 2>/dev/null | head -n 1) "
    for flag in $wanted; do
        case $flags in *" $flag "*) ;; *) return 1 ;; esac
    done
}

# section NAME: the sections it needs, itself, and before them the runtime files
section() {
    awk -v name="$1" '
    match($0, /^\/\* vec: [a-z0-9_]+/) {
        at = substr($0, 9, RLENGTH - 8); order[++n] = at
        if (match($0, /needs=[a-z0-9_,]*/)) needs[at] = substr($0, RSTART + 6, RLENGTH - 6)
        if (match($0, /scalar=[a-z0-9_,]*/)) scalar[at] = substr($0, RSTART + 7, RLENGTH - 7)
        next
    }
    at != "" { text[at] = text[at] $0 "\n" }
    function want(s, list, i, k) {
        if (s in wanted) return
        wanted[s] = 1
        k = split(scalar[s], list, ",")
        for (i = 1; i <= k; i++) print "#include \"runtime/math/" list[i] ".c\""
        k = split(needs[s], list, ",")
        for (i = 1; i <= k; i++) want(list[i])
    }
    END { want(name); print "#include VEC_H"; for (i = 1; i <= n; i++) if (order[i] in wanted) printf "%s", text[order[i]] }' "$SRCDIR/targets/vector/math.h"
}

# sections COMPILER LEVEL
sections() {
    : >"$TMPDIR/log"
    for name in $(sed -n 's/^\/\* vec: \([a-z0-9_]*\).*/\1/p' "$SRCDIR/targets/vector/math.h"); do
        { echo '#include <stdint.h>'; echo '#include <immintrin.h>'; echo '#define TFX_INLINE static inline __attribute__((unused))'
          section "$name"; echo 'extern int translation_unit;'; } >"$TMPDIR/section.c"
        sed -i 's|#include "runtime/math/sincos.c"|#include "runtime/math/bits.c"\n&|' "$TMPDIR/section.c"
        # shellcheck disable=SC2086
        $1 $strict -O2 -march=x86-64-$2 -I"$SRCDIR" -DVEC_H="\"$targets/x86-64-$2/vec.h\"" -fsyntax-only "$TMPDIR/section.c" >>"$TMPDIR/log" 2>&1 || { not_ok "sections $1 $2" "$name"; return; }
    done
    ok "sections $1 $2"
}

sets= objects=
for level in v3 v4; do
    if [ ! -e "$targets/x86-64-$level/vec.h" ]; then skip "x86-64-$level" "no vec.h"; continue; fi
    emulate=
    if [ "$(uname -m)" != x86_64 ] || { ! has $level && { [ $level = v3 ] || ! has v3; }; }; then skip "x86-64-$level" "not on this processor"; continue; fi
    has $level || emulate="$SRCDIR/tests/emulate/cc"
    if [ -n "$emulate" ] && [ "${STRIDE:-4093}" -lt 1000 ]; then skip "x86-64-$level" "emulated here, which is for few numbers"; continue; fi
    for compiler in "${emulate:+$emulate }$CC" ${CLANG:+"${emulate:+$emulate }$CLANG"}; do
        case $($compiler --version 2>/dev/null | head -n 1) in *clang*) set=clang_$level ;; *) set=gcc_$level ;; esac
        case " $objects " in *"/$set.o "*) continue ;; esac
        sections "$compiler" $level
        # shellcheck disable=SC2086
        if $compiler $strict -O2 -march=x86-64-$level -DKERNELS=$set -DVEC_H="\"$targets/x86-64-$level/vec.h\"" -c -o "$TMPDIR/$set.o" "$here/vec.c" >"$TMPDIR/log" 2>&1; then
            ok "no warnings $set"
            sets="$sets SET($set)" objects="$objects $TMPDIR/$set.o"
        else not_ok "no warnings $set" "does not compile"; fi
    done
done
[ -n "${CLANG-}" ] || skip "clang" "not found"

if [ -n "$objects" ]; then
    # shellcheck disable=SC2086
    if ! $CC -std=c99 -O2 -DSETS="$sets" -o "$TMPDIR/vec" "$here/vec.c" $objects -lm >"$TMPDIR/log" 2>&1; then not_ok "vec" "does not compile"
    else
        parts=${PARTS:-1} part=0 jobs=
        while [ $part -lt "$parts" ]; do
            "$TMPDIR/vec" "${STRIDE:-4093}" $part "$parts" >"$TMPDIR/out.$part" 2>&1 &
            jobs="$jobs $!" part=$((part + 1))
        done
        bad=0
        for job in $jobs; do wait "$job" || bad=1; done
        cat "$TMPDIR"/out.*
        wrong=$(cat "$TMPDIR"/out.* | grep -c '^not ok ')
        passed=$((passed + $(cat "$TMPDIR"/out.* | grep -c '^ok '))) failed=$((failed + wrong))
        : >"$TMPDIR/log"
        if [ $bad = 1 ] && [ "$wrong" = 0 ]; then not_ok "vec" "ended with an error"; fi
    fi
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
