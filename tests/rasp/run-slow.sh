#!/bin/sh
# Random RASP programs: oracle.py says what they give; the interpreter, the compiled C and the C without passes must agree,
# kinds of numbers and all. COUNT programs; every tenth is compiled.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
cd "$TMPDIR" || exit 1
. "$SRCDIR/tests/cortex/bits.sh"
# The same bits from gcc, clang and the processors that can be emulated here; integer programs, no library.
for name in histogram most_frequent induction reverse; do
    if ! "$TFXC" "$SRCDIR/examples/rasp/$name.rasp" --name m -o m.c >log 2>&1; then failed=$((failed + 1)); echo "not ok $name: not compiled"; continue; fi
    same_bits "$name" "$here/portable.c"
done

if ! "${PYTHON:-false}" -c 'import json' >/dev/null 2>&1; then echo "skip random programs: no Python"; echo "$passed passed, $failed failed, $((skipped + 1)) skipped"; [ $failed = 0 ]; exit; fi
mkdir programs
"$PYTHON" "$here/oracle.py" "${SEED:-1}" "${COUNT:-4000}" programs || exit 1
# one NUMBER OPTIONS
one() {
    "$TFXC" run "programs/$1.rasp" --json --inputs="programs/$1.inputs" $2 >got 2>log
    status=$?
    if [ $status = 0 ] && cmp -s got "programs/$1.wanted"; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    echo "not ok program $1 $2: status $status"
    head -n 2 log
    head -c 300 "programs/$1.rasp"
    diff got "programs/$1.wanted" | head -n 4
}
k=0
while [ -e programs/$k.rasp ]; do
    one $k --interpret
    case $k in *0) one $k ""; one $k "-D T=1000"; one $k -O0 ;; esac      # long ones: keys are sorted instead of compared
    k=$((k + 1))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
