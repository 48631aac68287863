#!/bin/sh
# Every model of the tests without a warning by every compiler at hand, gcc, clang and those of other machines; and the
# same bytes from a compiler that was built in another folder with other options.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/contract/common.sh
. "$here/common.sh"

compilers="$CC"
for cc in ${CLANG:-clang} arm-none-eabi-gcc aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc; do
    if command -v "$cc" >/dev/null 2>&1; then compilers="$compilers $cc"; else skip "warnings ($cc)" "it is not installed"; fi
done
flags_of() { case $1 in arm-none-eabi-gcc) echo "-mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16" ;; esac; }
for file in "$SRCDIR"/tests/models/*/model.tfx "$SRCDIR"/examples/*/model.tfx; do
    name=$(basename "$(dirname "$file")")
    if ! "$TFXC" "$file" --name m -o m.c --self-test --trace >log 2>&1; then not_ok "$name" "not compiled" log; continue; fi
    for cc in $compilers; do
        good=1
        for o in -O2 -Os; do
            # shellcheck disable=SC2046,SC2086
            $cc $(flags_of "$cc") $strict $o -DM_SELF_TEST -c -o m.o m.c >log 2>&1 || { not_ok "$name ($cc $o)" "warnings" log; good=0; }
        done
        [ $good = 0 ] || ok "$name ($cc)"
    done
done

mkdir build && cd build || exit 1
if "$SRCDIR/configure" CFLAGS=-O1 >log 2>&1 && ${MAKE:-make} -s >log 2>&1; then
    same=1
    for file in "$SRCDIR"/tests/models/*/model.tfx "$SRCDIR"/examples/*/model.tfx; do
        "$TFXC" "$file" --name m -o a.c && ./tfxc "$file" --name m -o b.c || same=0
        sed 's/"b\.h"/"a.h"/; s/^\/\* b\.c/\/* a.c/' b.c | cmp -s - a.c || { same=0; echo "$file"; }
    done >log 2>&1
    if [ $same = 1 ]; then ok "the same bytes from another build"; else not_ok "the same bytes from another build" "they differ" log; fi
else not_ok "another build" "it fails" log; fi
finish
