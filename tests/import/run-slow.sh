#!/bin/bash
# Fuzzing of the checkpoint readers with libFuzzer for FUZZ_SECONDS (60), from the committed good and bad files on.
set -u
if [ -z "${CLANG-}" ]; then echo "skip fuzz-readers: no clang"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
work=${TMPDIR:-/tmp}
cd "$SRCDIR" || exit 1
sources="$(ls compiler/base/*.c | grep -v embedded.c) compiler/ir/dtype.c $(ls frontends/*.c frontends/safetensors/*.c frontends/npz/*.c)"
zlib=
case "${LIBS-}" in *-lz*) zlib=-DHAVE_ZLIB=1 ;; esac
# shellcheck disable=SC2086
if ! $CLANG -std=c11 -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L -I. $zlib -DARENA_PURIFY=1 -O1 -g -w \
    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
    tests/fuzz/fuzz_readers.c $sources ${LIBS-"-lz -lm"} -o "$work/fuzz" >"$work/log" 2>&1; then
    if grep -q 'libclang_rt' "$work/log"; then
        echo "skip fuzz-readers: clang has no libFuzzer here"; echo "0 passed, 0 failed, 1 skipped"; exit 0
    fi
    echo "not ok fuzz-readers: does not compile"; tail -n 30 "$work/log"; echo "0 passed, 1 failed"; exit 1
fi
mkdir -p "$work/corpus"
if (cd "$work" && ./fuzz -max_total_time="${FUZZ_SECONDS:-60}" -max_len=6000 -rss_limit_mb=2500 -timeout=20 \
    corpus "$SRCDIR/tests/import/good" "$SRCDIR/tests/import/err") >"$work/log" 2>&1; then
    echo "ok fuzz-readers ($(grep -c . <(ls "$work/corpus")) new inputs)"; echo "1 passed, 0 failed"
else
    echo "not ok fuzz-readers:"; tail -n 60 "$work/log"; echo "0 passed, 1 failed"; exit 1
fi
