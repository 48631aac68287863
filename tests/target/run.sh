#!/bin/sh
# Code for the vectors of x86-64-v3 and x86-64-v4: contractions of all kinds of sizes (1, odd, tails, large) against the
# interpreter, models with caches, one file for several targets compiled for each, what is wrong is said.
# SHAPES: M N K a word, joined by x. What this machine cannot run is emulated (fewer shapes), or skipped by name.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip target: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
. "$SRCDIR/tests/emulate/lib.sh"

# verify NAME ARGS..
verify() {
    name=$1; shift
    if "$TFXC" verify "$@" >log 2>&1; then ok "$name"; else not_ok "$name" "tfxc verify $*"; fi
}

shapes=${SHAPES:-"1x1x1 1x16x8 2x15x7 3x17x5 5x33x16 6x64x13 7x63x64 8x48x9 11x65x3 12x80x21 13x96x33 16x100x40 19x192x17 25x130x50 67x200x96 130x256x64"}
few=${SHAPES:-"1x1x1 3x17x5 8x48x9 13x96x33 67x200x96"}
usual=$CC
for target in x86-64-v3 x86-64-v4; do
    CC=$(target_cc $target) || { CC=$usual; skip "$target" "this processor does not have it"; continue; }
    if emulated $target; then these=$few models="llama longformer"; else these=$shapes models="bert llama mistral t5 mamba longformer"; fi
    for shape in $these; do
        IFS=x read -r m n k <<END
$shape
END
        verify "$target $shape" "$here/linear.tfx" --random-weights --target=$target -D "M=$m" -D "N=$n" -D "K=$k"
    done
    for model in $models; do
        cp "$SRCDIR/tests/models/$model/"* . 2>/dev/null
        verify "$target $model" model.tfx --target=$target
    done
    CC=$usual
done

# nothing is read or written outside, on inputs that end where their memory does
cat >exact.c <<'END'
#include <stdlib.h>
#include "m.h"
static m_work work;
static int with(int T, int M, int N, int K)
{
    float *x = malloc(sizeof *x * (size_t)(2 * T * K)), *y = malloc(sizeof *y * (size_t)(2 * T * (N > K ? N : K)));
    for (int i = 0; i < 2 * T * K; i++) x[i] = (float)(i % 7 - 3);
    int bad = m_batched(&work, T, x, y);
    bad |= m_attend(&work, T, x, y) | m_bounded(&work, T, x, y);
    if (T == M) bad |= m_fixed(&work, x, y);
    free(x); free(y);
    return bad;
}
int main(void) { for (int T = 1; T <= 33; T++) if (with(T, 33, 70, 19)) return 1; return 0; }
END
for target in x86-64-v3 x86-64-v4; do
    cc=$(target_cc $target) || { skip "sanitized $target" "this processor does not have it"; continue; }
    "$TFXC" "$here/linear.tfx" --random-weights --target=$target -D M=33 -D N=70 -D K=19 --name m -o m.c >log 2>&1
    if $cc -std=c11 -g -O1 -march=$target -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -Werror -o exact exact.c m.c >log 2>&1 && ./exact >log 2>&1
    then ok "sanitized $target"; else not_ok "sanitized $target" "it fails"; fi
done

# one file, a variant for each target
same() { # NAME TARGETS FLAGS..
    name=$1 list=$2; shift 2
    if ! "$TFXC" "$SRCDIR/examples/digits/model.tfx" --self-test --target="$list" --name d -o d.c >log 2>&1; then not_ok "$name" "tfxc"; return; fi
    echo '#include "d.h"
int main(void) { static d_work w; return d_self_test(&w) != D_OK; }' >main.c
    # shellcheck disable=SC2086
    if ! $CC -std=c11 -O2 -Wall -Wextra -Werror "$@" -DD_SELF_TEST -o d main.c d.c >log 2>&1; then not_ok "$name" "does not compile: $*"
    elif ./d >log 2>&1; then ok "$name"; else not_ok "$name" "the self-test fails"; fi
}
if [ "$(uname -m)" = x86_64 ]; then
    same "a list, portable" x86-64-v4,x86-64-v3,portable
    for v in v3 v4; do
        if CC=$(target_cc x86-64-$v); then same "a list, $v" portable,x86-64-v3,x86-64-v4 -march=x86-64-$v
        else skip "a list, $v" "this processor does not have it"; fi
        CC=$usual
    done
    "$TFXC" "$SRCDIR/examples/digits/model.tfx" --target=x86-64-v4 --name d -o d.c >log 2>&1
    if $CC -c d.c -o d.o >log 2>&1; then not_ok "compiled for another processor" "no error"
    elif grep -q 'compile for x86-64-v4: -march=x86-64-v4' log; then ok "compiled for another processor"
    else not_ok "compiled for another processor" "it says"; fi
else skip "variants" "not an x86-64 machine"; fi

# all variants in one program, which asks the processor; -DM_CPU: as a lesser one would
dispatch() { # NAME TARGETS FLAGS.. : self-test of digits, and shapes against each other
    name=$1 list=$2; shift 2
    if ! "$TFXC" "$SRCDIR/examples/digits/model.tfx" --self-test --target="$list" --dispatch --name d -o d.c >log 2>&1; then not_ok "$name" "tfxc"; return; fi
    echo '#include "d.h"
int main(void) { static d_work w; return d_self_test(&w); }' >main.c
    # shellcheck disable=SC2086
    if ! $compiler -Wall -Wextra -Werror "$@" -DD_SELF_TEST -o d main.c d.c >log 2>&1; then not_ok "$name" "does not compile: $*"
    elif ./d >log 2>&1; then ok "$name"; else not_ok "$name" "the self-test fails"; fi
}
if [ "$(uname -m)" = x86_64 ]; then
    for compiler in "${CC:-gcc}" "${CLANG-clang}"; do
        if [ -z "$compiler" ] || ! command -v "${compiler%% *}" >/dev/null; then skip "dispatch $compiler" "it is not here"; continue; fi
        for level in -O0 -O2; do
            for cpu in "" -DD_CPU=3 -DD_CPU=0; do
                # shellcheck disable=SC2086
                dispatch "dispatch $compiler $level $cpu" portable,x86-64-v3,x86-64-v4 -std=c11 $level $cpu
            done
        done
    done
    "$TFXC" "$here/linear.tfx" --random-weights --target=x86-64-v3,x86-64-v4 --dispatch --threads=2 --trace -D M=33 -D N=70 -D K=19 --name m -o m.c >log 2>&1
    cat >main.c <<'END'
#include <string.h>
#include "m.h"
static m_work work;
int main(void)
{
    float x[33 * 19] = {1}, y[33 * 70];
    return m_fixed(&work, NULL, x, y) != M_ECPU || !strstr(m_strerror(M_ECPU), "processor");
}
END
    if $CC -std=gnu11 -O1 -Wall -Wextra -Werror -I. -DM_CPU=0 -o lesser main.c m.c >log 2>&1 && ./lesser >log 2>&1; then ok "a lesser processor is told"; else not_ok "a lesser processor is told" "no M_ECPU"; fi
    if command -v qemu-x86_64 >/dev/null && "$TFXC" "$SRCDIR/examples/digits/model.tfx" --self-test --target=portable,x86-64-v3,x86-64-v4 --dispatch --name d -o d.c >log 2>&1; then
        echo '#include "d.h"
int main(void) { static d_work w; return d_self_test(&w); }' >main.c
        for cpu in Nehalem Haswell max; do
            if $CC -std=gnu11 -O1 -DD_SELF_TEST -o d main.c d.c >log 2>&1 && qemu-x86_64 -cpu $cpu ./d >log 2>&1; then ok "dispatch on $cpu"; else not_ok "dispatch on $cpu" "the self-test fails"; fi
        done
    else skip "dispatch on other processors" "no qemu-x86_64"; fi
fi

# keys that are an input are copied into another order for vectors, and only for them
copies() { "$TFXC" "$here/linear.tfx" --random-weights --emit=ir "$@" -D M=32 -D K=16 -o - 2>log | grep -c 'q: f32\[B*2*,*.*\] = compute %.*\[o'; }
if [ "$(copies --target=x86-64-v4)" = 1 ] && [ "$(copies)" = 0 ]; then ok "transpose"; else not_ok "transpose" "copies: $(copies --target=x86-64-v4) with vectors, $(copies) without"; fi

# wrong NAME TEXT ARGS..
wrong() {
    name=$1 text=$2; shift 2
    "$TFXC" "$SRCDIR/examples/digits/model.tfx" "$@" -o wrong.c >log 2>&1
    status=$?
    if [ $status = 2 ] && grep -qF -e "$text" log && [ ! -e wrong.c ]; then ok "$name"; else not_ok "$name" "exit status $status"; fi
}
wrong "a target that does not exist" "there is no target 'x86-64-v5' (did you mean 'x86-64-v" --target=x86-64-v5
wrong "a target of nothing like it" "there is no target 'cortex-m4'; see --print-targets" --target=cortex-m4
wrong "an empty place in the list" "there is no target ''" --target=portable,
wrong "a choice of nothing" "--dispatch chooses among the targets of a list" --dispatch
wrong "a choice of one" "--dispatch chooses among the targets of a list" --dispatch --target=portable
if "$TFXC" --print-targets | grep -q '^native '; then ok "--print-targets"; else not_ok "--print-targets" "no native"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
