#!/bin/sh
# Attention over caches of keys and values: prompts, single tokens and few of them, groups of query heads that share keys, f32, f16 and bf16
# caches, causal and windowed, against the interpreter; long rows in blocks; the same bits for any number of threads; nothing outside of any memory.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip decode: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
. "$SRCDIR/tests/emulate/lib.sh"

# shape TYPE H G C M W: cache.tfx with caches of that type, and $sizes
shape() {
    sed "s/state kc: f32/state kc: $1/; s/state vc: f32/state vc: $1/" "$here/cache.tfx" >cache.tfx
    sizes="-D H=$2 -D G=$3 -D C=$4 -D M=$5 -D W=$6" M=$5
}
# What is called, as long as the cache has room: prompts of several lengths, and between them one and few tokens.
calls() {
    words="--call=step T=1 tok=random:1" left=$((M - 1))
    more="$((M / 3)) 1 1 2 1 $((M / 2))"
    [ "$M" -le 200 ] || more="200 1"                         # the interpreter is slow
    for T in 1 7 1 3 1 16 1 1 33 1 17 1 $more; do
        if [ "$T" -gt 0 ] && [ "$left" -gt "$T" ]; then words="$words --call=step T=$T tok=random:$left" left=$((left - T)); fi
    done
    [ "$left" -lt 1 ] || [ "$M" -gt 200 ] || words="$words --call=step T=$left tok=random:2"
}
shapes="f32_2_2_8_64_0 f16_1_1_1_16_0 bf16_3_1_5_19_0 f32_2_3_7_33_0 f16_2_1_64_160_0 bf16_1_4_64_96_0 f32_2_8_16_48_0 f32_2_12_24_64_0 f16_2_2_32_96_7 f32_2_4_20_512_17 f32_1_16_48_2048_0"
few="f32_2_3_7_33_0 bf16_1_4_64_96_0 f16_2_2_32_96_7"
for target in portable x86-64-v3 x86-64-v4; do
    cc=$(target_cc $target) || { skip "$target" "this processor does not have it"; continue; }
    some=$few
    [ $target != x86-64-v3 ] || some=$shapes
    ! emulated $target || some="bf16_1_4_64_96_0 f16_2_2_32_96_7"
    for shape in $some; do
        # shellcheck disable=SC2086,SC2046
        shape $(echo "$shape" | tr _ ' ')
        calls
        # shellcheck disable=SC2086
        if CC=$cc "$TFXC" verify cache.tfx --random-weights --target=$target $sizes $words >log 2>&1; then ok "$target $shape"; else not_ok "$target $shape" "tfxc verify"; fi
    done
done

# rows of scores that are not kept whole: bounds from data, rows that see nothing, blocks that are not full
for target in portable x86-64-v3; do
    if ! target_cc $target >/dev/null; then skip "long, $target" "this processor does not have it"; continue; fi
    n=2311
    [ $target != portable ] || n=8300
    if "$TFXC" verify "$here/long.tfx" --target=$target -D N=$n >log 2>&1; then ok "long, $target $n"; else not_ok "long, $target $n" "tfxc verify"; fi
    if [ "$("$TFXC" "$here/long.tfx" --target=$target -D N=$n --emit=plan -o - 2>log | grep -c 'high@')" = 4 ]; then ok "blocks, $target $n"; else not_ok "blocks, $target $n" "not in blocks"; fi
done
work() { "$TFXC" "$here/long.tfx" -D "N=$1" --emit=plan -o - 2>log | sed -n 's/^entry full work \([0-9]*\) .*/\1/p'; }
if [ "$(work 65536)" = "$(work 8320)" ]; then ok "work memory does not grow"; else not_ok "work memory does not grow" "$(work 8320) of 8320, $(work 65536) of 65536"; fi

# program NAME TARGET THREADS SHAPE FLAGS..: main.c with a prompt and tokens behind it
program() {
    name=$1 target=$2 threads=$3 shape=$4; shift 4
    cc=$(target_cc "$target") || { skip "$name" "this processor does not have $target"; return; }
    march=; [ "$target" = portable ] || march=-march=$target
    # shellcheck disable=SC2086,SC2046
    shape $(echo "$shape" | tr _ ' ')
    # shellcheck disable=SC2086
    if ! "$TFXC" cache.tfx --random-weights --target="$target" $threads $sizes --name m -o m.c >log 2>&1; then not_ok "$name" "tfxc"; return; fi
    # shellcheck disable=SC2086
    if ! $cc -std=gnu11 -g $march -Wall -Wextra -Wshadow -Wconversion -Werror -DM_PTHREADS -pthread -I. "$@" -o main "$here/main.c" m.c >log 2>&1; then not_ok "$name" "does not compile: $*"
    elif ./main >log 2>&1; then ok "$name"; else not_ok "$name" "the program fails"; fi
}
for target in portable x86-64-v3 x86-64-v4; do
    long=f16_1_2_16_2304_600
    ! emulated $target || long=
    for shape in f32_2_3_7_33_0 bf16_3_2_8_80_0 $long; do
        program "sanitized, $target $shape" $target "" $shape -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
    done
    if emulated $target; then continue; fi                   # it takes long
    program "threads, $target" $target --threads=4 f32_5_2_64_1024_0 -O2
    program "threads, $target, heads alone" $target --threads=3 f32_3_1_128_2304_0 -O2
done

# a single token shares out the heads, and reads the keys of a group once
shape f32 5 2 64 1024 0
# shellcheck disable=SC2086
"$TFXC" cache.tfx --random-weights --target=x86-64-v3 --threads=4 $sizes --name m -o m.c >log 2>&1
if grep -q 'if (T == 1) {' m.c && grep -Eq 'i_item_[0-9]+ = part;' m.c; then ok "heads are shared out"; else not_ok "heads are shared out" "no such loop"; fi
if grep -Eq '\+= T == 1 \? 2 : 1\)' m.c; then ok "a group at once"; else not_ok "a group at once" "no such loop"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
