#!/bin/sh
# RASP: tests/rasp/good/*.rasp say in lines "# >>> INPUT -> OUTPUT" what the s-op x gives, as JSON, "error" for a status;
# compiled, compiled without passes, and interpreted. tests/rasp/err/ID*.rasp are refused with that id, at the place that
# the file names, and nothing is written.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; [ -z "${3-}" ] || head -n 8 "$3"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip rasp: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
ln -s "$SRCDIR/examples" examples && ln -s "$TFXC" tfxc

for file in "$here"/good/*.rasp; do
    name=$(basename "$file" .rasp)
    sed -n 's/^# >>> \(.*\) -> .*/\1/p' "$file" >inputs
    sed -n 's/^# >>> .* -> //p' "$file" | grep -v '^error$' >wanted
    fails=$(grep -c '^# >>> .* -> error$' "$file")
    for options in "" "-D T=1000" -O0 --interpret; do
        # shellcheck disable=SC2086
        "$TFXC" run "$file" --entry x --json --inputs=inputs $options >got 2>log
        status=$?
        if ! cmp -s got wanted; then not_ok "$name $options" "$(diff got wanted | head -n 4)" log
        elif [ "$fails" = 0 ] && [ $status != 0 ]; then not_ok "$name $options" "exit status $status" log
        elif [ "$fails" != "$(grep -c '^tfxc: input ' log)" ]; then not_ok "$name $options" "$fails inputs should fail" log
        else ok "$name $options"; fi
    done
done

for file in "$here"/err/*.rasp; do
    name=$(basename "$file" .rasp)
    id=${name%%+*} at=$(sed -n 's/^# at \([0-9:]*\): .*/\1/p' "$file")
    rm -f x.c x.h
    # shellcheck disable=SC2046
    "$TFXC" $(sed -n 's/^# args: //p' "$file") "$file" -o x.c >log 2>&1
    status=$?
    if [ $status != 1 ]; then not_ok "$name" "exit status $status" log
    elif ! grep -q "\[$id\]" log; then not_ok "$name" "no [$id]" log
    elif [ -n "$at" ] && ! grep "\[$id\]" log | grep -q ":$at: "; then not_ok "$name" "not at $at" log
    elif [ -e x.c ] || [ -e x.h ]; then not_ok "$name" "something was written"
    else ok "$name"; fi
done

# as the reference prints
says() { if [ "$("$TFXC" run "$here/good/$1.rasp" --entry x "$2" 2>&1)" = "$3" ]; then ok "prints $1"; else not_ok "prints $1" "$("$TFXC" run "$here/good/$1.rasp" --entry x "$2" 2>&1)"; fi; }
says mean banana '[0, 0.5, 0.333, 0.5, 0.4, 0.5] (floats)'
says bool aa '[F, T] (bools)'
says last-position abc '[c]*3 (strings)'
says wide ab '[0, 4294967296] (ints)'
# every row of the table of examples prints what stands there
sed -n 's/^| .* | `\(\.\/tfxc run .*\)` | `\(.*\)` |$/\1\t\2/p' "$SRCDIR/examples/rasp/README.md" >rows
tab=$(printf '\t')
while IFS=$tab read -r command wanted; do
    if [ "$(sh -c "$command" 2>&1)" = "$wanted" ]; then ok "example: $command"; else not_ok "example: $command" "$(sh -c "$command" 2>&1 | head -n 3)"; fi
done <rows
if [ "$(wc -l <rows)" -ge 10 ]; then ok "ten examples"; else not_ok "ten examples" "$(wc -l <rows)"; fi
# equiv: every input, the smallest that differs, exact counts
echo 'x = selector_width(select(tokens, tokens, ==));' >a.rasp
echo 'x = length - selector_width(select(tokens, tokens, !=));' >b.rasp
printf 'w = selector_width(select(tokens, tokens, ==));\nx = 3 if w > 3 else w;\n' >c.rasp
equiv() { # NAME STATUS TEXT ARGS..
    name=$1 status=$2 text=$3
    shift 3
    "$TFXC" equiv "$@" >got 2>log
    found=$?
    if [ $found != "$status" ]; then not_ok "equiv $name" "exit status $found" log
    elif [ "$status" != 2 ] && [ "$(cat got)" != "$text" ]; then not_ok "equiv $name" "it printed" got
    elif [ "$status" = 2 ] && ! grep -q "$text" log; then not_ok "equiv $name" "no such message" log
    else ok "equiv $name"; fi
}
equiv same 0 "the same on all 19530 inputs of 1..6 tokens" a.rasp b.rasp --alphabet=abcde --length=6
equiv other 1 'they differ on ["a", "a", "a", "a"]
  a.rasp                   [4, 4, 4, 4]
  c.rasp                   [3, 3, 3, 3]
  of 4 tokens: 3 of 81 inputs differ; at each position 3 3 3 3
  of 5 tokens: 33 of 243 inputs differ; at each position 27 27 27 27 27
36 of 363 inputs differ' a.rasp c.rasp --alphabet=abc --length=5
equiv one 0 "the same on all 30 inputs of 1..4 tokens" a.rasp --alphabet=ab
equiv list 0 "the same on all 6 inputs of 1..2 tokens" a.rasp b.rasp '--alphabet=["one", "\u00e9"]' --length=2
"$TFXC" --emit=tfx b.rasp -o b.tfx
equiv text 0 "the same on all 1092 inputs of 1..6 tokens" b.tfx a.rasp --alphabet=abc --length=6
equiv three 2 "wants two programs" a.rasp a.rasp a.rasp --alphabet=ab
equiv letters 2 "wants --alphabet" a.rasp b.rasp
equiv many 2 "thousand million" a.rasp b.rasp --alphabet=abcdefghij --length=12
equiv models 2 "compares programs over tokens" b.tfx b.tfx --alphabet=ab
# trace: values, rows of selectors, and where a result comes from
cat >t.rasp <<'END'
same = select(tokens, tokens, ==);
n = selector_width(same);
often = n > 1;
x = tokens if often else "-";
END
cat >wanted <<'END'
position  0 1 2
token     a b a
n         2 1 2
often     T F T
x         a - a

same: a row for each position that looks, a column for each that is looked at
       a b a
  0 a  1 . 1
  1 b  . 1 .
  2 a  1 . 1

x[2] is a because
  x_4[2] = 97
    often_3[2] = true
      n_2[2] = 2   (positions counted: 0 2)
        tokens[2] = "a"
        tokens[0] = "a"
    tokens[2] = "a"
END
"$TFXC" trace t.rasp aba --why=2 2>log | sed 's/_[0-9]*\[/[/' >got
sed 's/_[0-9]*\[/[/' wanted >plain
if cmp -s got plain; then ok trace; else not_ok trace "$(diff got plain | head -n 5)" log; fi
"$TFXC" trace t.rasp aba --why=3 >log 2>&1
if [ $? = 2 ] && grep -q 'last position is 2' log; then ok "trace beyond"; else not_ok "trace beyond" "no usage error" log; fi
# an emitted program: C without float, without a library
if "$TFXC" "$here/good/bool.rasp" --name hist -o hist.c >log 2>&1 && ${CC:-cc} -std=c99 -O2 -Wall -Wextra -Wpedantic -Wconversion -Werror -c hist.c >log 2>&1 && ! grep -q 'float\|double' hist.c; then ok "integer C"; else not_ok "integer C" "floats, or it does not compile" log; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
