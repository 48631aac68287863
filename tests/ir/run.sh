#!/bin/sh
# The graph's text form, verifier and interpreter. *.ir: read, printed, read again, run against the values in the file.
# err/SLUG*.ir: must be refused with diagnostic SLUG at the line marked `# error: SLUG`. Truncations and byte changes
# of every file must never crash the reader.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tool=$TMPDIR/irtool passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; }

flags=${UNITFLAGS:-"-std=c11 -D_DEFAULT_SOURCE -I$SRCDIR -O1 -g"} libs=${LIBS:-"-lz -lffi -lm"}
build() {
    $CC $flags -Wall -Wextra -o "$TMPDIR/$1" "$here/$1.c" \
        "$BUILDDIR/libtfxc.a" $libs -lm >"$TMPDIR/log" 2>&1
}
for name in irtool irfuzz; do
    if ! build $name; then not_ok $name "does not compile"; cat "$TMPDIR/log"; fi
done

for file in "$here"/*.ir; do
    name=$(basename "$file" .ir)
    if timeout 60 "$tool" check "$file" >"$TMPDIR/log" 2>&1; then ok "$name"
    else not_ok "$name" "exit status $?"; head -n 20 "$TMPDIR/log"; fi
done

for file in "$here"/err/*.ir; do
    name=$(basename "$file" .ir)
    mark=$(grep -n '# error: ' "$file" | head -n 1)
    line=${mark%%:*} slug=${mark##*# error: }
    timeout 60 "$tool" print "$file" >/dev/null 2>"$TMPDIR/log"
    status=$?
    case $name in "$slug"*) ;; *) not_ok "err/$name" "named after another diagnostic than $slug"; continue ;; esac
    if [ $status != 1 ]; then not_ok "err/$name" "exit status $status"
    elif ! grep -q ":$line:.*\[$slug\]" "$TMPDIR/log"; then not_ok "err/$name" "no [$slug] at line $line"; head -n 5 "$TMPDIR/log"
    else ok "err/$name"; fi
done

if timeout 300 "$TMPDIR/irfuzz" 40 "$here"/*.ir "$here"/err/*.ir >"$TMPDIR/log" 2>&1; then ok "mutated texts"
else not_ok "mutated texts" "exit status $?"; tail -n 20 "$TMPDIR/log"; fi

echo "$passed passed, $failed failed"
[ $failed = 0 ]
