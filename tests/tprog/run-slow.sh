#!/bin/sh
# Learned Transformer Programs, the longer part: COUNT random ones compiled, as written and interpreted; the example has the same
# bits on every processor that can be emulated, and fits a small one; its text proves what its README says.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
cd "$TMPDIR" || exit 1
. "$SRCDIR/tests/cortex/bits.sh"
example="$SRCDIR/examples/transformer-program/sort.py"
if "$TFXC" "$example" --name m -o m.c >log 2>&1; then same_bits "sort.py" "$here/portable.c"
else failed=$((failed + 1)); echo "not ok sort.py: not compiled"; head -n 3 log; fi
# a Cortex-M4: 64 KB of flash, 4 KB of RAM with the stack
if command -v arm-none-eabi-gcc >/dev/null 2>&1; then
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -std=c99 -c m.c -o m.o
    flash=$(arm-none-eabi-size m.o | awk 'NR == 2 {print $1 + $2}')
    ram=$(awk '/define M_(WORK|STACK)_BYTES/ {sub("u", "", $3); n += $3} END {print n}' m.h)
    if [ "$flash" -lt 65536 ] && [ "$ram" -lt 4096 ]; then passed=$((passed + 1)); echo "ok sort.py on Cortex-M4: $flash bytes of flash, $ram of RAM"
    else failed=$((failed + 1)); echo "not ok sort.py on Cortex-M4: $flash bytes of flash, $ram of RAM"; fi
else skipped=$((skipped + 1)); echo "skip Cortex-M4: no arm-none-eabi-gcc"; fi
if ! "${PYTHON:-false}" -c 'import json' >/dev/null 2>&1; then echo "skip random programs: no Python"; echo "$passed passed, $failed failed, $((skipped + 1)) skipped"; [ $failed = 0 ]; exit; fi
mkdir random
"$PYTHON" "$here/random_programs.py" "${SEED:-2}" "${COUNT:-300}" random || exit 1
for p in random/*.inputs; do
    p=${p%.inputs}
    for options in "" -O0 --interpret; do
        "$TFXC" run "$p.py" --json --inputs="$p.inputs" $options >got 2>log
        status=$?
        if [ $status = 0 ] && cmp -s got "$p.wanted"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok $p $options: status $status"; head -n 2 log; diff got "$p.wanted" | head -n 3; fi
    done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
