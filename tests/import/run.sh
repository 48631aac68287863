#!/bin/bash
# Checkpoint readers. good/: files of every type and spelling, with the values they must give. err/: one defect a
# file, named after the diagnostic it must give, at the byte named in FILE.want. Both are made by make.py and committed.
# Then the interface and the writers (import_test.c), and all files again through the fuzzing entry.
set -u
here=$SRCDIR/tests/import
work=${TMPDIR:-/tmp}
passed=0 failed=0 skipped=0
ok()   { passed=$((passed + 1)); echo "ok $1"; }
fail() { failed=$((failed + 1)); echo "not ok $1: $2"; }

build() { # build NAME SOURCE [flags]: a program linked with the compiler's library
    # shellcheck disable=SC2086
    $CC ${UNITFLAGS-"-std=c11 -D_DEFAULT_SOURCE -I$BUILDDIR/gen -I$SRCDIR -O1 -g"} -Wall -Wextra "${@:3}" \
        -o "$work/$1" "$2" "$BUILDDIR/libtfxc.a" ${LIBS-"-lz -lffi -lm"} >"$work/log" 2>&1
}

# What a diagnostic says that is stable: file, byte, kind, id. Tensors pass as they are; notes and carets do not.
essence() {
    sed -nE -e 's|^([^ ]*/)?([^/ ]*:0x[0-9a-f]+): (error\|warning): .*\[(-W)?([a-z0-9-]+)\]$|\2: \3 [\5]|p;t' \
            -e '/: (error|warning|note): /d' -e '/^ *[0-9]* \|/d' -e '/^[^ ]/p'
}

zlib=1
case "${UNITFLAGS-}" in *HAVE_ZLIB*) ;; ?*) zlib=0 ;; esac

check_file() { # check_file list|use FILE
    local name got want
    name=$(basename "$(dirname "$2")")/$(basename "$2")
    case $name in
    *deflate*|*bomb*|*streamed*|*value-npz*|*checksum-long*) [ $zlib = 1 ] || { skipped=$((skipped + 1)); echo "skip $name: no zlib"; return; } ;;
    esac
    timeout 20 "$work/import_test" "$1" "$2" >"$work/out" 2>&1
    local status=$?
    got=$(essence <"$work/out"); want=$(cat "$2.want")
    if [ $status != 0 ]; then fail "$name" "exit status $status"; tail -n 30 "$work/out"
    elif [ "$got" != "$want" ]; then fail "$name" "wanted and got:"; diff <(echo "$want") <(echo "$got"); cat "$work/out"
    else ok "$name"; fi
}

if ! build import_test "$here/import_test.c"; then
    fail import_test "does not compile"; cat "$work/log"
    echo "$passed passed, $failed failed"; exit 1
fi
for want in "$here"/good/*.want; do check_file list "${want%.want}"; done
for want in "$here"/err/*.want; do check_file use "${want%.want}"; done

if "$work/import_test" unit "$work" "$here/good" >"$work/out" 2>&1; then ok interface; else fail interface "see below"; tail -n 30 "$work/out"; fi

# Offsets over 32 bits, in a file with a hole; and a defect too far in for a place, which is told in a note.
json='{"a":{"dtype":"U8","shape":[5000000000],"data_offsets":[0,5000000000]},"b":{"dtype":"I8","shape":[1],"data_offsets":[5000000000,5000000001]}}'
printf "\\$(printf %o ${#json})\\0\\0\\0\\0\\0\\0\\0%s" "$json" >"$work/huge.safetensors"
if truncate -s $((8 + ${#json} + 5000000000)) "$work/huge.safetensors" 2>/dev/null; then
    printf '\7' >>"$work/huge.safetensors"
    timeout 20 "$work/import_test" list "$work/huge.safetensors" >"$work/out" 2>&1
    want="a u8[5000000000]: $(printf '0 %.0s' {1..63})0
b i8[1]: 7"
    if [ "$(cat "$work/out")" = "$want" ]; then ok huge; else fail huge "wanted: $want"; cat "$work/out"; fi
    printf x >>"$work/huge.safetensors"
    timeout 20 "$work/import_test" list "$work/huge.safetensors" >"$work/out" 2>&1
    if grep -q 'huge.safetensors:0x0: error: 1 bytes after .*\[checkpoint-layout\]$' "$work/out" &&
       grep -q "note: the place in the file is byte 0x$(printf %x $((8 + ${#json} + 5000000001)))\$" "$work/out"; then ok huge-place
    else fail huge-place "see below"; cat "$work/out"; fi
    rm -f "$work/huge.safetensors"
else
    skipped=$((skipped + 1)); echo "skip huge: no sparse files here"
fi

# The writers' files are pinned: numpy was seen to read these bytes.
"$work/import_test" npz "$work/w.npz" && "$work/import_test" npy "$work/w.npy"
sum=$(cat "$work/w.npz" "$work/w.npy" | cksum)
if [ "$sum" = "$(cat "$here/written.cksum")" ]; then ok written-bytes; else fail written-bytes "cksum is $sum"; fi

# No reader may fail on a file cut short or with one byte changed: replay of good files in such forms.
if build replay "$SRCDIR/tests/fuzz/fuzz_readers.c" -DREPLAY; then
    if (cd "$work" && timeout 300 ./replay --damage "$here"/good/*.* "$here"/err/*.*) >"$work/out" 2>&1; then ok replay-damaged
    else fail replay-damaged "exit status $?"; tail -n 30 "$work/out"; fi
else
    fail replay "does not compile"; cat "$work/log"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
