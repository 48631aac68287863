#!/bin/sh
# Work split among threads: the same bits for any number of parts and threads, no races (ThreadSanitizer), models against the
# interpreter with their parts done last to first, nothing of it in a program that does not ask for it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip threads: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
. "$SRCDIR/tests/emulate/lib.sh"

# bits NAME TARGET THREADS SIZES FLAGS..
bits() {
    name=$1 target=$2 threads=$3 sizes=$4; shift 4
    cc=$(target_cc "$target") || { skip "$name" "this processor does not have $target"; return; }
    march=; [ "$target" = portable ] || march=-march=$target
    # shellcheck disable=SC2086
    if ! "$TFXC" "$here/shapes.tfx" --random-weights --target="$target" --threads="$threads" $sizes --name m -o m.c >log 2>&1; then not_ok "$name" "tfxc"; return; fi
    # shellcheck disable=SC2086
    if ! $cc -std=gnu11 -g $march -Wall -Wextra -Werror -DM_PTHREADS -pthread -I. "$@" -o bits "$here/bits.c" m.c >log 2>&1; then not_ok "$name" "does not compile: $*"
    elif ./bits >log 2>&1; then ok "$name"; else not_ok "$name" "the program fails"; fi
}
for target in portable x86-64-v3 x86-64-v4; do
    bits "$target, 2 parts" $target 2 "" -O2
    bits "$target, 5 parts" $target 5 "-D M=131 -D N=192 -D K=257 -D B=4" -O2
done
bits "64 parts" portable 64 "-D N=200" -O1
bits "1 part" portable 1 "" -O1
bits "sanitized" portable 3 "" -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
bits "sanitized, vectors" x86-64-v4 3 "" -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
if echo 'int main(void){return 0;}' >empty.c && $CC -fsanitize=thread -o empty empty.c 2>/dev/null && ./empty 2>/dev/null; then
    bits "no races" portable 4 "" -O1 -fsanitize=thread
    bits "no races, vectors" x86-64-v3 3 "-D N=192" -O1 -fsanitize=thread
else skip "no races" "no ThreadSanitizer here"; fi

widest=x86-64-v4
! emulated $widest || widest=x86-64-v3
for model in bert llama mistral t5 mamba longformer; do
    cp "$SRCDIR/tests/models/$model/"* . 2>/dev/null
    for target in portable $widest; do
        if ! target_cc $target >/dev/null; then skip "$model $target" "this processor does not have it"; continue; fi
        if "$TFXC" verify model.tfx --target=$target --threads=3 >log 2>&1; then ok "$model $target"; else not_ok "$model $target" "tfxc verify"; fi
    done
done

# without pthreads, with a self-test and hooks, which run in the caller's thread
if "$TFXC" "$SRCDIR/examples/digits/model.tfx" --self-test --trace --threads=4 --name d -o d.c >log 2>&1 && echo '#include "d.h"
static int shown;
void seen(const d_tensor *t) { shown += t->rank >= 0; }
int main(void) { static d_work w; return d_self_test(&w) != D_OK || !shown; }' >main.c &&
    $CC -std=c99 -O2 -Wall -Wextra -Werror -DD_SELF_TEST -DD_TRACE=seen -o d main.c d.c >log 2>&1 && ./d >log 2>&1; then ok "self-test and trace"; else not_ok "self-test and trace" "it fails"; fi
"$TFXC" "$SRCDIR/examples/digits/model.tfx" --threads=4 --name d -o d.c >log 2>&1
if $CC -std=c99 -O2 -c d.c -o d.o >log 2>&1 && ! nm d.o | grep -q 'pthread\|pool'; then ok "no pthreads unless asked"; else not_ok "no pthreads unless asked" "names in d.o"; fi
"$TFXC" "$SRCDIR/examples/digits/model.tfx" --name d -o plain.c >log 2>&1
if grep -qi 'threads \*\|_pool\|PTHREADS' plain.c plain.h; then not_ok "nothing unless asked" "text of threads"; else ok "nothing unless asked"; fi

# wrong VALUE: refused, nothing is written
for value in 0 -1 65 1.5 many 99999999999 ""; do
    rm -f wrong.c
    "$TFXC" "$SRCDIR/examples/digits/model.tfx" --threads="$value" -o wrong.c >log 2>&1
    status=$?
    if [ $status = 2 ] && grep -q -e '--threads' log && [ ! -e wrong.c ]; then ok "--threads=$value"; else not_ok "--threads=$value" "exit status $status"; fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
