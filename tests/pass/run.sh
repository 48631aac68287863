#!/bin/sh
# The passes. *.ir: one case a file, see passtool.c; spelling/*.ir: one layer, spelled in different ways, must give one
# graph; random modules must keep their answers; a long model must not take long.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tool=$TMPDIR/passtool passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; }

flags=${UNITFLAGS:-"-std=c11 -D_DEFAULT_SOURCE -I$SRCDIR -O1 -g"} libs=${LIBS:-"-lz -lffi -lm"}
if ! $CC $flags -Wall -Wextra -o "$tool" "$here/passtool.c" "$BUILDDIR/libtfxc.a" $libs -lm >"$TMPDIR/log" 2>&1; then
    not_ok passtool "does not compile"; cat "$TMPDIR/log"
fi

# one NAME ARGUMENTS..
one() {
    name=$1; shift
    if timeout 300 "$tool" "$@" >"$TMPDIR/log" 2>&1; then ok "$name"
    else not_ok "$name" "exit status $?"; head -n 60 "$TMPDIR/log"; fi
}
for file in "$here"/*.ir; do one "$(basename "$file" .ir)" case "$file"; done
one spellings same "$here"/spelling/plain.ir "$here"/spelling/*.ir
one "random modules" random 3000 1
one "long model" time 12

echo "$passed passed, $failed failed"
[ $failed = 0 ]
