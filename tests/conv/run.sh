#!/bin/sh
# Convolutions against the interpreter: kernels of 1 to 7 taps, strides, dilations, padding, groups, channels of all kinds, depthwise, lines and
# pictures in both layouts, lengths known at run time; for each target, and sanitized on inputs that end where their memory does. They are
# register tiles: rows inside and on the border, no condition in the innermost loop.
# ROUNDS: how many random shapes beside the fixed ones; SEED: of them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip conv: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1

# shapes: K S D P I O G H W M, joined by x
fixed="3x1x1x1x8x16x1x9x11x40 1x1x1x0x3x5x1x4x7x9 5x2x1x2x20x33x1x12x13x50 2x2x1x0x7x48x1x8x8x20 7x1x1x3x17x16x1x4x3x5 3x3x2x4x64x19x1x7x9x30
    3x1x2x2x32x64x2x17x6x33 4x4x1x0x3x32x1x16x20x64 3x1x1x1x16x16x4x6x30x7 3x1x1x5x40x24x1x5x5x12 5x1x1x2x96x96x1x14x14x100 3x2x1x1x80x70x1x15x15x61"
random_shapes() {
    awk -v rounds="${ROUNDS:-4}" -v seed="${SEED:-7}" 'function one(list, a) { return a[int(rand() * split(list, a, " ")) + 1] }
        BEGIN { srand(seed)
            for (i = 0; i < rounds; i++) {
                k = one("1 2 3 5 7"); s = one("1 1 2 3"); d = one("1 1 2"); p = int(rand() * (d * (k - 1) + 1)); g = one("1 1 2 3")
                span = d * (k - 1) + 1; c = g * one("1 2 5 8 16 33"); o = g * one("1 3 8 16 20 40")
                h = span + int(rand() * 14); w = span + int(rand() * 30)
                printf "%dx%dx%dx%dx%dx%dx%dx%dx%dx%d ", k, s, d, p, c, o, g, h, w, 1 + int(rand() * 70)
            } }'
}
options() { # SHAPE
    IFS=x read -r k s d p i o g h w m <<END
$1
END
    echo "-D K=$k -D S=$s -D D=$d -D P=$p -D I=$i -D O=$o -D G=$g -D H=$h -D W=$w -D M=$m"
}
. "$SRCDIR/tests/emulate/lib.sh"
usual=$CC

for target in portable x86-64-v3 x86-64-v4; do
    CC=$(target_cc $target) || { CC=$usual; skip "$target" "this processor does not have it"; continue; }
    few=$fixed
    [ $target = portable ] || few="$fixed $(random_shapes)"
    ! emulated $target || few="5x2x1x2x20x33x1x12x13x50 7x1x1x3x17x16x1x4x3x5 3x1x2x2x32x64x2x17x6x33"
    for shape in ${SHAPES:-$few}; do
        # shellcheck disable=SC2046
        if "$TFXC" verify "$here/conv.tfx" --random-weights --target=$target $(options "$shape") >log 2>&1; then ok "$target $shape"; else not_ok "$target $shape" "tfxc verify"; fi
    done
    for shape in 3x1x1x1x33x64x1x21x20x90; do
        # shellcheck disable=SC2046
        if "$TFXC" verify "$here/conv.tfx" --random-weights --target=$target --threads=3 $(options "$shape") >log 2>&1; then ok "$target $shape in parts"; else not_ok "$target $shape in parts" "tfxc verify"; fi
    done
    CC=$usual
done

# nothing is read or written outside
for target in portable x86-64-v3 x86-64-v4; do
    CC=$(target_cc $target) || { CC=$usual; skip "sanitized $target" "this processor does not have it"; continue; }
    march=; [ $target = portable ] || march=-march=$target
    for shape in 5x2x1x2x20x33x1x12x13x50 4x4x1x0x3x32x1x16x20x64 3x1x2x2x6x20x2x7x19x21; do
        options "$shape" >options
        # shellcheck disable=SC2046
        if "$TFXC" "$here/conv.tfx" --random-weights --target=$target $(cat options) --name m -o m.c >log 2>&1 &&
            $CC -std=c11 -g -O1 $march -I. "-DIN=$i" "-DOUT=$o" "-DSTRIDE=$s" "-DPAD=$p" -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -o exact "$here/exact.c" m.c >log 2>&1 &&
            ./exact >log 2>&1; then ok "sanitized $target $shape"; else not_ok "sanitized $target $shape" "it fails"; fi
    done
    CC=$usual
done
# what this machine may not run is compiled
if [ "$(uname -m)" = x86_64 ]; then
    for target in x86-64-v3 x86-64-v4; do
        "$TFXC" "$here/conv.tfx" --random-weights --target=$target -D I=96 -D O=80 --name m -o m.c >log 2>&1
        for compiler in "$CC" ${CLANG:+"$CLANG"}; do
            # shellcheck disable=SC2086
            if $compiler -std=c11 -O2 -march=$target -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -c -o m.o m.c >log 2>&1; then ok "$target by $compiler"; else not_ok "$target by $compiler" "it does not compile"; fi
        done
    done
fi

# tiles NAME ENTRY MODEL ARGS..: the innermost loop of the sum is constant, and the border has its own
tiles() {
    name=$1 text=$2; shift 2
    "$TFXC" "$here/conv.tfx" --random-weights --target=x86-64-v3 -D I=32 -D O=32 -D H=20 -D W=20 "$@" --name m -o m.c >log 2>&1
    if grep -q -e "$text" m.c; then ok "$name"; else not_ok "$name" "no '$text' in the text"; fi
}
tiles "channels are part of the innermost loop" 'for (int32_t r1 = 0; r1 < 96; r1++)'
tiles "rows inside" 'int32_t o1 = 1;'
tiles "rows along the other side on the border" 'for (int32_t o1 = 0; o1 < 20; o1 = o1 + 1 == 1 ? 19 : o1 + 1)'
tiles "a stride" 'o1 = o1 + 1 == 1 ? 10 : o1 + 1' -D S=2 -D P=2
tiles "a length given at run time" 'const int32_t o0_to = '
tiles "depthwise in vectors" 'm_v_fma(m_v_load('
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
