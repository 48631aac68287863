#!/bin/sh
# The verbs of the command line: run (compiled and interpreted), verify, --self-test; the options that change files. What
# is printed is compared with what was worked out by hand for tally.tfx; a compiler that changes the program must be caught.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; [ -z "${3-}" ] || head -n 8 "$3"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip verbs: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
tally=$here/tally.tfx

# says NAME STATUS TEXT ARGS..: exit status, and standard output (status 0) or part of the messages (otherwise)
says() {
    name=$1 status=$2 text=$3
    shift 3
    "$TFXC" "$@" >out 2>err
    got=$?
    if [ $got != "$status" ]; then not_ok "$name" "exit status $got, wanted $status" err
    elif [ "$status" = 0 ] && [ "$(cat out)" != "$text" ]; then not_ok "$name" "it printed" out
    elif [ "$status" != 0 ] && ! grep -q -e "$text" err; then not_ok "$name" "no '$text' in" err
    else ok "$name"; fi
}
both() { name=$1; shift; says "$name" "$@"; says "$name --interpret" "$@" --interpret; }

first='y: f32[2,2] = [[2, 4], [6, 8]]
seen: i32 = 2'
both "run" 0 "$first" run "$tally" 'x=[[1,2],[3,4]]' by=2
both "several calls over one state" 0 "$first
y: f32[1,2] = [[4.5, 6.5]]
seen: i32 = 3" run "$tally" 'x=[[1,2],[3,4]]' by=2 --call add 'x=[[1,1]]' by=0.5
both "reset" 0 "$first
$first" run "$tally" 'x=[[1,2],[3,4]]' by=2 --call reset --call add 'x=[[1,2],[3,4]]' by=2
both "an output as input" 0 "$first
y: f32[2,2] = [[6, 10], [10, 14]]
seen: i32 = 4" run "$tally" 'x=[[1,2],[3,4]]' by=2 --call add x=@y by=1
both "integers and flags" 0 "out: i32[3] = [0, -1, 30]" run "$tally" --entry pick at=[0,1,3] flag=[true,false,1]
both "written values" 0 "y: f32[3,2] = [[0, 1], [2, 3], [4, 5]]
seen: i32 = 3" run "$tally" T=3 x=range by=1
both "zeros and ones" 0 "y: f32[2,2] = [[1, 1], [1, 1]]
seen: i32 = 2
y: f32[2,2] = [[2, 2], [2, 2]]
seen: i32 = 4" run "$tally" T=2 x=ones by=1 --call add x=zeros T=2 by=1

printf 'add x=[[1,2],[3,4]] by=2   # first\n\n# a comment\nadd "x=[[1, 1]]" by=0.5\n' >script
both "script" 0 "$first
y: f32[1,2] = [[4.5, 6.5]]
seen: i32 = 3" run "$tally" --script script
printf 'run "%s"\n  x=[[1,2],[3,4]]\n  by=2\n' "$tally" >args
both "@FILE" 0 "$first" @args

if "$TFXC" run "$tally" 'x=[[1,2],[3,4]]' by=2 -o a.npz >log 2>&1 && "$TFXC" run "$tally" x=a.npz:y by=1 >out 2>log && [ "$(head -n 1 out)" = "y: f32[2,2] = [[2, 4], [6, 8]]" ]; then ok "npz out and in"; else not_ok "npz out and in" "other values" out; fi
if "$TFXC" run "$tally" --entry pick at=[3,2,1] flag=[1,1,0] -o a.npy >log 2>&1 && "$TFXC" run "$tally" --entry pick at=[0,0,0] flag=a.npy >out 2>err; then not_ok "npy" "30 is no flag" out
elif grep -q "every value must be a bool" err; then ok "npy"; else not_ok "npy" "no message" err; fi

wide="mean: f64 = 0.325
run: f64[4] = [0.1, 0.3, 2.8, 1.3]
big: i64[4] = [6000000001, -14, 29, -3999999998999999]
tot: i64 = -999999997
half: f64[4] = [1.5e+09, -2.5, 3.5, -2e+09]
m: i64[4] = [1000000004, 0, 2, -1333333328]
top: i64 = 3000000000
at: i32 = 2
fl: f64[4] = [0, 0, 22, -22]"
both "64 bits" 0 "$wide" run "$here/wide.tfx" x=[0.1,0.2,2.5,-1.5] n=[3000000000,-5,7,-3999999999] k=[2,3,4,1000000]
says "64 bits -O0" 0 "$wide" run "$here/wide.tfx" x=[0.1,0.2,2.5,-1.5] n=[3000000000,-5,7,-3999999999] k=[2,3,4,1000000] -O0
if "$TFXC" verify "$here/wide.tfx" --tol 0 >out 2>&1; then ok "64 bits to the last bit"; else not_ok "64 bits to the last bit" "differs" out; fi

# what cannot be called: nothing is guessed, the exit status tells
both "an input is missing" 1 "by: is not given" run "$tally" 'x=[[1,2]]'
both "an input too many" 1 "z: is no input of entry add" run "$tally" 'x=[[1,2]]' by=1 z=3
both "wrong number of dimensions" 1 "number of dimensions is 1, wanted 2" run "$tally" x=[1,2] by=1
both "a wrong size" 1 "dimension 1 is 3, wanted 2" run "$tally" 'x=[[1,2,3]]' by=1
both "a size over its bound" 1 "its size is 7, wanted 1..6" run "$tally" T=7 x=zeros by=1
both "two sizes for one dim" 1 "T: is 2 by x, 1 before" run "$tally" T=1 'x=[[1,2],[3,4]]' by=1
both "no size" 1 "T: no input says how large it is" run "$tally" x=zeros by=1
both "ragged rows" 1 "rows of different length" run "$tally" 'x=[[1,2],[3]]' by=1
both "not a number" 1 "by: is neither a value nor a file" run "$tally" 'x=[[1,2]]' by=abc
both "a fraction as integer" 1 "every value must be a i32, found 0.5" run "$tally" --entry pick at=[0.5,1,3] flag=[1,0,1]
both "an integer that does not fit" 1 "found 3e+09" run "$tally" --entry pick at=[3e9,1,3] flag=[1,0,1]
both "out of range" 1 "pick: ERANGE" run "$tally" --entry pick at=[0,1,4] flag=[1,0,1]
both "no such entry" 1 "there is no such entry; the model has add, pick" run "$tally" --entry ad x=1
both "no such output" 1 "the call before has no output z" run "$tally" 'x=[[1,2]]' by=1 --call add x=@z by=1
both "no such file" 1 "cannot" run "$tally" x=nothing.npy by=1
both "no such member" 1 "there is no such array in" run "$tally" x=a.npz:zz by=1
says "outputs without a place" 2 "FILE.npy or FILE.npz" run "$tally" 'x=[[1,2]]' by=1 -o out.txt
says "two outputs in one npy" 2 "several outputs" run "$tally" 'x=[[1,2]]' by=1 -o out.npy

# softmax of rows without a number: rows are [-inf ..], [0, -inf ..], [NaN, -inf ..], [-inf, NaN ..]; no NaN is lost, none appears
numbers=$(awk 'BEGIN { for (i = 0; i < 4; i++) { r = ""; for (j = 0; j < 40; j++) r = r (j ? "," : "") (i == 1 && j == 0 ? 1 : i == 2 && j == 0 || i == 3 && j == 1 ? 0 : -1); printf "%s[%s]", i ? "," : "", r } }')
zeros=$(awk 'BEGIN { for (j = 0; j < 40; j++) printf "%s0", j ? "," : "" }')
for options in "" --interpret -O0; do
    # shellcheck disable=SC2086
    "$TFXC" run "$here/softmax.tfx" "n=[$numbers]" "d=[$zeros]" $options >out 2>err
    if [ "$(tail -n 2 out)" = "head: f32[4,3] = [[0, 0, 0], [nan, nan, nan], [nan, nan, nan], [nan, nan, nan]]
masked: f32[4,3] = [[0, 0, 0], [0, 0, 0], [0, 0, 0], [nan, nan, nan]]" ]; then ok "softmax without numbers $options"; else not_ok "softmax without numbers $options" "other values" out; fi
done

# a compiler that fails, and what is left of it
mkdir tmp
CC=false TMPDIR=$PWD/tmp says "the C compiler fails" 2 "the C compiler failed: false" run "$tally" 'x=[[1,2]]' by=1
CC=/nonexistent/cc TMPDIR=$PWD/tmp says "no C compiler" 2 "there is no C compiler" run "$tally" 'x=[[1,2]]' by=1
TMPDIR=$PWD/nowhere says "no temporary folder" 2 "cannot make a folder" run "$tally" 'x=[[1,2]]' by=1
TMPDIR=$PWD/tmp says "nothing is left" 0 "$first" run "$tally" 'x=[[1,2],[3,4]]' by=2
if [ -z "$(ls -A tmp)" ]; then ok "the temporary folder is empty"; else not_ok "the temporary folder is empty" "$(ls tmp)"; fi

# verify: right as it is; wrong when the compiler changes the program
if "$TFXC" verify "$tally" >out 2>&1 && grep -q "^the same: " out && [ "$(grep -c " ok$" out)" -ge 16 ]; then ok "verify"; else not_ok "verify" "not the same" out; fi
if "$TFXC" verify "$tally" --taps >out 2>&1 && grep -q "after " out; then ok "verify --taps"; else not_ok "verify --taps" "the tap is not compared" out; fi
if "$TFXC" verify "$tally" 'x=[[1,2],[3,4]]' by=2 >out 2>&1 && [ "$(tail -n 1 out | cut -d, -f1)" = "the same: 4 tensors of 1 calls" ]; then ok "verify given inputs"; else not_ok "verify given inputs" "not the same" out; fi
says "verify: out of range is no answer" 0 "pick                     both say ERANGE: an input value is out of range
the same: 0 tensors of 1 calls, worst 0.0e+00 of the largest value, allowed 1.0e-04" verify "$tally" --entry pick at=[0,9,4] flag=[1,0,1]
# wrong NAME CHANGE TEXT ARGS..: a compiler that edits the program first
wrong() {
    name=$1 text=$3
    printf '#!/bin/sh\nfor f; do case $f in *.c) sed -i "%s" "$f" ;; esac; done\nexec %s "$@"\n' "$2" "$CC" >cc.sh
    chmod +x cc.sh
    shift 3
    CC=$PWD/cc.sh "$TFXC" verify "$tally" "$@" >out 2>&1
    status=$?
    if [ $status = 1 ] && grep -q "$text" out; then ok "verify finds $name"; else not_ok "verify finds $name" "exit status $status" out; fi
}
wrong "another integer" 's/\* 10 /* 11 /; s/\* 10;/* 11;/; s/\* 10 :/* 11 :/' "WRONG at "
wrong "another sum" 's/+= \(.*in_x\)/-= \1/; s/\(acc[0-9]* \)+=/\1-=/' "WRONG at "
wrong "another status" 's/return M_ERANGE;/return M_EARG;/' "status EARG.*wanted ERANGE" --entry pick at=[0,9,4] flag=[1,0,1]
wrong "a write outside of an output" '/ m_add(/,/^}/s/return err ? M_ERANGE : M_OK;/out_seen[1] = 7; return M_OK;/' "wrote outside of an output: seen"

# --self-test: passes as it is, fails when one weight of the program changes
cat >main.c <<'END'
#include "t.h"
#include <stdio.h>
static t_work work;
static t_state state;
int main(void) { printf("%d\n", t_self_test(&work, &state)); return 0; }
END
if "$TFXC" "$tally" --self-test -o t.c >log 2>&1 && $CC -std=c99 -Wall -Wextra -Werror -DT_SELF_TEST -o t main.c t.c >log 2>&1 && [ "$(./t)" = 0 ]; then ok "self-test"; else not_ok "self-test" "it fails" log; fi
sed 's/\* 10/* 11/' t.c >t2.c && mv t2.c t.c
if $CC -std=c99 -DT_SELF_TEST -o t main.c t.c >log 2>&1 && [ "$(./t)" != 0 ]; then ok "self-test finds a change"; else not_ok "self-test finds a change" "it passes" log; fi

# other files
if "$TFXC" "$tally" -MD -o t.c >log 2>&1 && grep -q "^t.c: .*tally.tfx" t.d; then ok "-MD"; else not_ok "-MD" "no dependencies" log; fi
if "$TFXC" "$tally" --emit=json -o t.json >log 2>&1 && "${PYTHON:-true}" -c 'import json; json.load(open("t.json"))' 2>log; then ok "--emit=json"; else not_ok "--emit=json" "not JSON" log; fi
if "$TFXC" "$here/nothing.tfx" --error-format=json -o x.c >out 2>log; [ $? = 1 ] && grep -q '"id":"cannot-read"\|"id": *"cannot-read"' log; then ok "--error-format=json"; else not_ok "--error-format=json" "no JSON" log; fi
says "over the limit of RAM" 3 "RAM: " "$tally" --ram=1 -o x.c
says "an unknown option" 2 "did you mean '--entry'" run "$tally" --entri add
says "no model" 2 "no model given" run
says "entry without run" 2 "belong to tfxc run and verify" "$tally" --entry add -o x.c
for f in x.c x.h; do if [ -e $f ]; then not_ok "no partial output" "$f"; fi; done

# bench: every step once, shares that make up the whole, limits above zero; three forms; what it cannot do is said
digits=$SRCDIR/examples/digits/model.tfx
if "$TFXC" bench "$digits" >out 2>err && grep -q '^classify: .* a call' out && grep -q '^limits: [1-9]' out && [ "$(awk '/of limit/ { on = 1; next } on { for (k = 2; k <= NF; k++) if ($k ~ /%$/) { sum += $k; break } } END { print (sum > 97 && sum < 103) }' out)" = 1 ]
then ok "bench"; else not_ok "bench" "the table" out; fi
if "$TFXC" bench "$digits" -o b.json 2>err && grep -q '"bound_by"' b.json && [ "$(grep -c '"id"' b.json)" -ge 20 ]; then ok "bench as JSON"; else not_ok "bench as JSON" "no steps" err; fi
if "$TFXC" bench "$digits" -o b.html 2>err && grep -q '<svg' b.html && grep -q '</html>' b.html && ! grep -q 'http\|script' b.html; then ok "bench as a page"; else not_ok "bench as a page" "no plot" err; fi
if "$TFXC" bench "$SRCDIR/examples/words/model.tfx" T=1 --report=text >out 2>err && grep -q '^step T=1: ' out; then ok "bench of a size"; else not_ok "bench of a size" "it says" err; fi
says "bench of an entry that is not there" 2 "there is no entry nosuch" bench "$digits" --entry=nosuch
says "bench of a size out of range" 1 "T: its size is 1000000, wanted 1..32" bench "$SRCDIR/examples/words/model.tfx" T=1000000
says "a report of another kind" 2 "html" "$digits" --report=pdf -o r.c
says "times of a plan" 2 "is what tfxc bench writes" "$digits" --report=html -o r.c
# the texts about options: one list, and all of it
"$TFXC" --help | sed -n 's/ID  / /; s/^  \(-[^] =[]*\).*/\1/p' | sort -u >options
for where in man completion; do
    file=$SRCDIR/compiler/driver/tfxc.1
    [ $where = man ] || file=$SRCDIR/compiler/driver/tfxc.bash
    missing=
    while read -r option; do sed 's/\\-/-/g' "$file" | grep -qF -e "$option" || missing="$missing $option"; done <options
    if [ -s options ] && [ -z "$missing" ]; then ok "every option is in the $where"; else not_ok "every option is in the $where" "$missing"; fi
done
if command -v bash >/dev/null 2>&1 && [ "$(bash -c '. "$0"; COMP_WORDS=(tfxc --che); COMP_CWORD=1; _tfxc; echo "${COMPREPLY[@]}"' "$SRCDIR/compiler/driver/tfxc.bash")" = --check-passes ]; then ok "completion"; else not_ok "completion" "--che is not completed"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
