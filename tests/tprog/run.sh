#!/bin/sh
# Learned Transformer Programs: the two in base/, compiled, as written, and interpreted; random ones against what their generator
# computes; err/ID*.sed are edits of a file of base/ that are refused with that id at that place, and nothing is written.
# With TPROG_PROGRAMS, the folder of published programs, and numpy and pandas in $PYTHON: those too (published.py).
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; [ -z "${3-}" ] || head -n 8 "$3"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip tprog: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
gives() { # NAME PROGRAM INPUTS WANTED OPTIONS
    "$TFXC" run "$2" --json --inputs="$3" $5 >got 2>log
    status=$?
    if [ $status = 0 ] && cmp -s got "$4"; then ok "$1"; else not_ok "$1" "exit status $status, $(diff got "$4" | head -n 2)" log; fi
}
for name in seq words; do
    for options in "" -O0 --interpret; do gives "$name $options" "$here/base/$name.py" "$here/base/$name.inputs" "$here/base/$name.wanted" "$options"; done
    # the printed text is a program that means the same: by the place of a class in the list
    "$TFXC" --emit=tfx "$here/base/$name.py" -o $name.tfx && "$TFXC" $name.tfx --weights=inline --name a -o a.c && "$TFXC" "$here/base/$name.py" --weights=inline --name a -o b.c && sed '1,/^#include/d' a.c >a.text && sed '1,/^#include/d; /^#ifndef A_NO_NAMES/,/^#endif/d' b.c >b.text
    if [ -s a.text ] && [ "$(grep -c . a.text)" = "$(grep -c . b.text)" ] && [ "$(grep '[a-z0-9]' a.text | sed 's/([a-z]*\.tfx:[0-9]*)//')" = "$(grep '[a-z0-9]' b.text | sed 's/([a-z]*\.tfx:[0-9]*)//')" ]; then ok "$name as .tfx"; else not_ok "$name as .tfx" "the C differs: $(diff a.text b.text | head -n 4)"; fi
done
if "${PYTHON:-false}" -c 'import json' >/dev/null 2>&1; then
    mkdir random
    "$PYTHON" "$here/random_programs.py" "${SEED:-1}" "${COUNT:-30}" random || exit 1
    for p in random/*.inputs; do
        p=${p%.inputs}
        gives "$p model" "$p.py" "$p.inputs" "$p.model" "--semantics=model --interpret"
        case $p in *[05]) gives "$p" "$p.py" "$p.inputs" "$p.wanted" "" ;; *) gives "$p" "$p.py" "$p.inputs" "$p.wanted" --interpret ;; esac
    done
    mkdir tensors
    "$PYTHON" "$here/random_tensors.py" "${SEED:-1}" "${COUNT:-30}" tensors || exit 1
    for p in tensors/*; do gives "$p" "$p/args.json" "$p/inputs" "$p/wanted" "--semantics=model --interpret"; done
else skipped=$((skipped + 1)); echo "skip random programs: no Python"; fi
# the tensors that the example's program was read from give the same program
example="$SRCDIR/examples/transformer-program"
if "$TFXC" equiv "$example/args.json" "$example/sort.py" '--alphabet=["0","1","2","3","4","<s>","</s>"]' --length=4 >log 2>&1 && grep -q "the same on all 2800 inputs" log; then ok "args and tensors"; else not_ok "args and tensors" "not the same" log; fi
# one changed entry of a table is found, with the smallest input that shows it
mkdir planted && sed 's/if position in {3}:/if position in {2}:/;s/if q_position in {3}:/if q_position in {2}:/' "$example/sort.py" >planted/sort.py && cp "$example/sort_weights.csv" planted/
"$TFXC" equiv "$example/sort.py" planted/sort.py --alphabet=01234 --length=4 >got 2>log
if [ $? = 1 ] && head -n 1 got | grep -q '^they differ on \["[0-4]"' && tail -n 1 got | grep -q '^[1-9][0-9]* of 780 inputs differ$'; then ok "a planted change"; else not_ok "a planted change" "$(head -n 3 got)" log; fi
for case in "$here"/err/*.sed; do
    name=$(basename "$case" .sed)
    rm -rf bad x.c x.h && cp -r "$here/base" bad
    file=$(sed -n 's/^# file: //p' "$case") at=$(sed -n 's/^# at: //p' "$case")
    cp "$example/args.json" "$example/model.safetensors" bad/
    cp "bad/$file" whole && sed -f "$case" whole >"bad/$file"
    case $file in *.json) program=bad/$file ;; *) program=bad/${file%%[_.]*}.py ;; esac
    "$TFXC" "$program" -o x.c >log 2>&1
    status=$?
    if [ $status != 1 ]; then not_ok "$name" "exit status $status" log
    elif ! grep -q "\[${name%%+*}\]" log; then not_ok "$name" "no [${name%%+*}]" log
    elif ! grep "\[${name%%+*}\]" log | grep -q "bad/$at"; then not_ok "$name" "not at $at" log
    elif [ -e x.c ] || [ -e x.h ]; then not_ok "$name" "something was written"
    else ok "$name"; fi
done
# what an input may be
says() { # NAME TEXT INPUT
    if "$TFXC" run "$here/base/seq.py" --json "$3" >got 2>log; then not_ok "$1" "it ran" got; elif grep -q "$2" log; then ok "$1"; else not_ok "$1" "it said" log; fi
}
says "unknown token" "'x' is no token" '["<s>","x"]'
says "a number" "is no text" '[1]'
says "too long" "the program takes" '["<s>","<s>","<s>","<s>","<s>","<s>","<s>","<s>","<s>","<s>","<s>"]'
# trace: what it prints as output is what run gives; --why names the class and a token
n=0
while IFS= read -r line; do
    n=$((n + 1))
    "$TFXC" trace "$here/base/seq.py" --json "$line" --why=0 >got 2>log
    sed -n 's/^output  *//p' got | tr -s ' ' >one
    "$TFXC" run "$here/base/seq.py" --json "$line" --interpret | tr -d '[],"' >two
    if cmp -s one two && grep -q ' is ".*" because' got && [ "$(sed -n '/because/,$p' got | wc -l)" -ge 2 ]; then ok "trace $n"; else not_ok "trace $n" "$(cat one two)" log; fi
done <"$here/base/seq.inputs"
if [ -n "${TPROG_PROGRAMS:-}" ] && "${PYTHON:-false}" -c 'import pandas' >/dev/null 2>&1; then
    "$PYTHON" -W ignore "$here/published.py" "$TFXC" "$TPROG_PROGRAMS" "${INPUTS:-1000}" >log 2>&1 && ok "published programs" || not_ok "published programs" "they differ" log
else skipped=$((skipped + 1)); echo "skip published programs: TPROG_PROGRAMS names no folder with them, or no pandas"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
