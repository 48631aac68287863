#!/bin/bash
# Files that the compiler refuses: tests/lang/err/ID.tfx (or ID-variant.tfx) gives the diagnostic ID at the line that
# carries the comment `// error: ID`, exits with 1 and writes nothing. A first line `// args: ..` holds options;
# weights are made up unless it says --no-random. `(in the file)` after the id: the place is in the weight file.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 6 log; }
if [ ! -x "$TFXC" ]; then echo "skip lang: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi

refused() {
    local file=$1 name id args line
    name=$(basename "$file" .tfx)
    args=$(sed -n '1s|^// args: ||p' "$file")
    case $args in *--no-random*) args=${args/--no-random/} ;; *) args="$args --random-weights" ;; esac
    line=$(grep -n '// error: ' "$file" | head -n 1 | cut -d: -f1)
    id=$(sed -n "${line:-1}s|.*// error: \([a-z-]*\).*|\1|p" "$file")
    rm -f out.c out.h
    # shellcheck disable=SC2086
    timeout 20 "$TFXC" $args "$file" -o out.c >log 2>&1
    local status=$?
    if [ $status != 1 ]; then not_ok "$name" "exit status $status, wanted 1"
    elif [ -e out.c ] || [ -e out.h ]; then not_ok "$name" "an output was written"
    elif [ -z "$id" ]; then not_ok "$name" "says no // error: ID"
    elif grep -q "(in the file)" "$file"; then
        if grep -q "\[.*$id\]" log; then passed=$((passed + 1)); else not_ok "$name" "no [$id]"; fi
    elif grep -q "^$file:$line:.*\[.*$id\]" log; then passed=$((passed + 1))
    else not_ok "$name" "no [$id] at line $line"; fi
}

for file in "$here"/err/*.tfx; do refused "$file"; done
for file in "$here"/fine/*.tfx; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .tfx)
    # shellcheck disable=SC2046
    if timeout 20 "$TFXC" -Werror --check-passes --random-weights $(sed -n '1s|^// args: ||p' "$file") "$file" -o out.c >log 2>&1; then passed=$((passed + 1)); else not_ok "$name" "does not compile"; fi
done
# What texts mean: tests/lang/values/*.tfx hold calls and results, run by values.c.
flags=${UNITFLAGS:-"-std=gnu11 -D_DEFAULT_SOURCE -I$SRCDIR -O1 -g"}
# shellcheck disable=SC2086
if $CC $flags -o values "$here/values.c" "$BUILDDIR/libtfxc.a" ${LIBS--lz -lffi} -lm >log 2>&1; then
    for file in "$here"/values/*.tfx; do
        if timeout 60 ./values "$file" >log 2>&1; then passed=$((passed + 1)); else not_ok "$(basename "$file")" "another meaning"; fi
    done
else not_ok values "does not compile"; fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
