#!/bin/bash
# One network, two texts: bench/encoder/prelude.tfx (blocks of the library) and bare.tfx (bare indices) are planned
# the same - same weights in the same order and layout, same steps in the same loops, same memory - and need at most
# 40,960 bytes of work memory, which is what is alive at once and no more.
set -u
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; }
if [ ! -x "$TFXC" ]; then echo "skip encoder: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi

# The plan without names and numbers of nodes, and without the text of a node (its shape is in the memory line).
structure() { sed -E 's/ ; .*//; s/%[0-9]+//g; s/[A-Za-z_0-9.]+@/@/g; s/\] [A-Za-z_0-9.]+/]/; s/[a-z]+ *$//' "$1"; }

for text in prelude bare; do
    "$TFXC" "$SRCDIR/bench/encoder/$text.tfx" --random-weights --emit=plan -o $text.plan || not_ok $text "does not compile"
    structure $text.plan >$text.structure
done
if [ "$(wc -l <prelude.structure)" -lt 40 ]; then not_ok plan "is too short to be one"
elif diff prelude.structure bare.structure >difference; then ok "both texts have the same plan"
else not_ok plan "differs"; head -n 10 difference; fi
read -r work bound < <(sed -n 's/^entry encode work \([0-9]*\) lower bound \([0-9]*\)/\1 \2/p' prelude.plan)
if [ "$work" -le 40960 ]; then ok "work memory $work"; else not_ok "work memory" "$work > 40960"; fi
if [ $((work * 100)) -le $((bound * 105)) ]; then ok "lower bound $bound"; else not_ok "lower bound" "$work against $bound"; fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
