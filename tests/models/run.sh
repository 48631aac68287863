#!/bin/sh
# Whole models against `transformers` in float64: tests/models/NAME has model.tfx, weights.safetensors and data.npz (made by
# oracle.py) and cases. Each case's outputs must be within 1e-4 of the reference, relative to the largest output.
# cases-LABEL are cases of the same model compiled with the options in their line `# flags: ..`.
# With --slow: more optimization levels, sanitizers, -O 0 (no passes), --check-passes, and each oracle again.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mode=fast
[ "${1-}" = --slow ] && mode=slow
passed=0 failed=0 skipped=0
warn="-std=c11 -Wall -Wextra -Werror"
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; [ -z "${3-}" ] || head -n 8 "$3"; }

if [ ! -x "${TFXC:-}" ]; then echo "skip models: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi

# try MODEL LABEL COMPILER FLAGS..: builds m.c of the current folder and runs every case.
try() {
    model=$1 label="$1 ($2)"
    shift 2
    if ! "$@" $warn -I. -I"$here" -o t main.c m.c -lm >log 2>&1; then not_ok "$label" "does not compile: $*" log; return; fi
    timeout 300 ./t "$here/$model/data.npz" "$label" >out 2>log
    status=$?
    cat out
    passed=$((passed + $(grep -c '^ok ' out)))
    failed=$((failed + $(grep -c '^not ok ' out)))
    if [ $status != 0 ]; then not_ok "$label" "exit status $status" log; fi
    grep -q '^ok \|^not ok ' out || not_ok "$label" "ran no case" log
}

# generate MODEL LABEL CASES TFXC-FLAGS..: m.c, m.h and main.c in the current folder.
generate() {
    model=$1 label="$1 ($2)" cases=$3
    shift 3
    rm -f m.c m.h
    # shellcheck disable=SC2046  # each option one word
    "$TFXC" "$here/$model/model.tfx" --name m "$@" $(sed -n 's/^# flags: //p' "$cases") -o m.c >log 2>&1
    status=$?
    if [ $status != 0 ]; then not_ok "$label" "tfxc: exit status $status" log; return 1; fi
    has=0
    if grep -q '} m_state;' m.h; then has=1; fi
    awk -v stateful=$has -f "$here/cases.awk" "$cases" >main.c
}

fast() {
    for cases in "$here/$1"/cases "$here/$1"/cases-*; do
        [ -e "$cases" ] || continue
        more=${cases#"$here/$1/cases"}
        generate "$1" "tfxc$more" "$cases" || continue
        try "$1" "cc -O2$more" $CC -O2
        if [ -n "${CLANG:-}" ]; then try "$1" "clang -O2$more" $CLANG -O2
        else skipped=$((skipped + 1)); echo "skip $1 (clang -O2$more): no clang"; fi
    done
}

slow() {
    if generate "$1" tfxc "$here/$1/cases"; then
        for compiler in $CC ${CLANG:-}; do
            for flag in -O0 -Os "-O3 -march=native" "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"; do
                try "$1" "$compiler $flag" $compiler $flag
            done
        done
    fi
    if generate "$1" "tfxc -O 0" "$here/$1/cases" -O 0; then try "$1" "tfxc -O 0, sanitized" $CC -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all; fi
    if generate "$1" "tfxc --check-passes" "$here/$1/cases" --check-passes; then passed=$((passed + 1)); echo "ok $1 (tfxc --check-passes)"; fi
}

# The committed arrays are what the oracle makes.
oracle() {
    mkdir -p "$TMPDIR/oracles/$1" && cp "$here"/*.py "$TMPDIR/oracles" && cp "$here/$1/oracle.py" "$TMPDIR/oracles/$1" || exit 1
    if ! "$PYTHON" "$TMPDIR/oracles/$1/oracle.py" >log 2>&1; then not_ok "$1 (oracle)" "exit status $?" log
    elif ! "$PYTHON" "$here/same_data.py" "$here/$1" "$TMPDIR/oracles/$1" >log 2>&1; then not_ok "$1 (oracle)" "makes other data" log
    else passed=$((passed + 1)); echo "ok $1 (oracle)"; fi
}
oracles=no
if [ $mode = slow ]; then
    if "${PYTHON:-false}" -c 'import numpy, safetensors, torch, transformers' >/dev/null 2>&1; then oracles=yes
    else skipped=$((skipped + 1)); echo "skip oracles: Python with numpy, safetensors, torch and transformers is missing"; fi
fi

for folder in "$here"/*/; do
    name=$(basename "$folder")
    [ -e "$folder/cases" ] || continue
    mkdir -p "$TMPDIR/$name" && cd "$TMPDIR/$name" || exit 1
    $mode "$name"
    [ $oracles = no ] || oracle "$name"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
