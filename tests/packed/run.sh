#!/bin/sh
# Packed sequences: against the interpreter, against each sequence alone, and only what exists is computed (the bounds of each block of rows come
# from the data).
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip packed: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
. "$SRCDIR/tests/emulate/lib.sh"
usual=$CC
for target in portable x86-64-v3 x86-64-v4; do
    CC=$(target_cc $target) || { CC=$usual; skip "$target" "this processor does not have it"; continue; }
    march=; [ $target = portable ] || march=-march=$target
    for threads in "" --threads=2; do
        name="$target${threads:+ $threads}"
        # shellcheck disable=SC2086
        if "$TFXC" verify "$here/packed.tfx" --random-weights --target=$target $threads >log 2>&1; then ok "$name, interpreter"; else not_ok "$name, interpreter" "tfxc verify"; fi
        # shellcheck disable=SC2086
        if ! "$TFXC" "$here/packed.tfx" --random-weights --target=$target $threads --name m -o m.c >log 2>&1 ||
            ! $CC -std=c11 -g -O1 $march -I. -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -o packed "$here/main.c" m.c -lm >log 2>&1; then not_ok "$name" "does not compile"; continue; fi
        for lengths in "1" "150" "16 16 16" "1 2 3 4 5 6 7 8 9 10" "5 100 45" "64 1 64 21" "15 17 33 80"; do
            # shellcheck disable=SC2086
            if ./packed $lengths >log 2>&1; then ok "$name: $lengths"; else not_ok "$name: $lengths" "not the same"; fi
        done
    done
    CC=$usual
done
"$TFXC" "$here/packed.tfx" --random-weights --name m -o m.c >log 2>&1
if grep -q 'INT32_MAX;' m.c && grep -q 'least' m.c; then ok "rows bound their keys"; else not_ok "rows bound their keys" "no bounds in the text"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
