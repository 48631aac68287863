#!/bin/sh
# Choices of plans: forced ones of every kind give right answers, alone and mixed, with vectors and without; files of choices make a round
# trip and the same bytes; tfxc tune writes one that later compilations take; what is wrong with a file is said with its place.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; head -n 20 "$TMPDIR/log"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
if [ ! -x "${TFXC:-}" ]; then echo "skip tune: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1
. "$SRCDIR/tests/emulate/lib.sh"
linear=$SRCDIR/tests/target/linear.tfx
sizes="-D M=33 -D N=70 -D K=19"

# header FILE ARGS..: a tuning file without choices for this model and target
header() {
    to=$1; shift
    "$TFXC" tune "$@" --budget=0 -o "$to" >log 2>&1 && [ "$(wc -l <"$to")" = 5 ]
}
# choices ARGS..: KEY CHOICE, all that the plan asks for
choices() { "$TFXC" "$@" --report -o report.c 2>&1 >/dev/null | awk '/^choices/ { on = 1; next } on && !NF { exit } on { print $1, $2 }'; }

# forced NAME VALUES ARGS..: every choice answered by VALUES (choice=value ..); every output as the interpreter has it
forced() {
    name=$1 values=$2; shift 2
    { cat head; awk -v values="$values" 'BEGIN { n = split(values, v, " "); for (i = 1; i <= n; i++) { split(v[i], p, "="); of[p[1]] = p[2] } } $2 in of { print $1, $2, of[$2] }' asked; } >forced.tune
    if CFLAGS=-O1 "$TFXC" verify "$@" --tuning=forced.tune -Werror -Wno-tuning-unknown >log 2>&1; then ok "$name $values"; else not_ok "$name $values" "tfxc verify --tuning"; fi
}
usual=$CC
for target in portable x86-64-v3 x86-64-v4; do
    CC=$(target_cc $target) || { CC=$usual; skip "$target" "this processor does not have it"; continue; }
    export CC
    # shellcheck disable=SC2086
    set -- "$linear" --random-weights --target=$target $sizes
    if ! header head "$@"; then not_ok "a file without choices, $target" "tfxc tune --budget=0"; continue; fi
    choices "$@" >asked
    if [ "$(cut -d' ' -f2 asked | sort -u | wc -l)" -lt 2 ]; then not_ok "choices of $target" "the report has none"; continue; fi
    all="1 2 3 4 5 6 7 8 9 13 16"
    if [ $target = portable ]; then all="1 5 16"; elif emulated $target; then all="2 8"; fi
    for rows in $all; do
        columns=$((rows * 8 % 64 + 8)) alone=yes ahead=yes
        [ $((rows % 3)) != 0 ] || alone=no
        forced $target "columns=$columns rows=$rows alone=$alone ahead=$ahead region=$((rows * rows / 4 + 2))" "$@"
    done
    if [ $target = portable ] || emulated $target; then continue; fi
    for model in llama bert; do
        cp "$SRCDIR/tests/models/$model/"* . 2>/dev/null
        header head model.tfx --target=$target || not_ok "header of $model" "tfxc tune --budget=0"
        choices model.tfx --target=$target >asked
        for values in "columns=24 rows=4 alone=yes ahead=yes" "columns=32 rows=3 region=5"; do
            forced "$model $target" "$values" model.tfx --target=$target
        done
    done
done

CC=$usual

# a file is part of the input: the same bytes each time, others without it, and a list of targets takes it for its first one
target=portable
"$TFXC" --print-targets | grep -q '^x86-64-v3 .*not on this machine' || target=x86-64-v3
# shellcheck disable=SC2086
set -- "$linear" --random-weights --target=$target $sizes --name m
header head "$@" || not_ok header "tfxc tune --budget=0"
choices "$@" >asked
{ cat head; awk '$2 == "rows" { print $1, $2, 3 }' asked; } >a.tune
sed 's/^processor .*/processor any/; s/ rows / \t rows   /; s/$/ \t# said twice/' a.tune >b.tune
if "$TFXC" "$@" --tuning=a.tune -o m.c >log 2>&1 && cp m.c first.c && "$TFXC" "$@" --tuning=a.tune -o m.c >log 2>&1 && cmp m.c first.c >log 2>&1; then ok "the same bytes"; else not_ok "the same bytes" "they differ"; fi
if "$TFXC" "$@" -o m.c >log 2>&1 && cp m.c n.c && "$TFXC" "$@" --report -o m.c >log 2>&1 && cmp m.c n.c >log 2>&1; then ok "--report changes nothing"; else not_ok "--report changes nothing" "other bytes"; fi
if ! cmp -s n.c first.c; then ok "a file changes the program"; else not_ok "a file changes the program" "it does not"; fi
mkdir -p other && cp b.tune other/a.tune
if "$TFXC" "$@" --tuning=other/a.tune -o m.c >log 2>&1 && cmp m.c first.c >log 2>&1; then ok "spaces, comments, any processor"; else not_ok "spaces, comments, any processor" "other bytes"; fi
if "$TFXC" "$@" --tuning=a.tune --report -o m.c 2>&1 | tee log | grep -q 'rows .* 3  tuning file; without it '; then ok "--report names the file"; else not_ok "--report names the file" "it does not"; fi
if "$TFXC" "$@" --tuning=a.tune -MD -o m.c >log 2>&1 && grep -q 'a.tune' m.d; then ok "-MD"; else not_ok "-MD" "the file is no dependency"; fi
if [ $target = x86-64-v3 ]; then
    echo '*/w[70,19] columns 24' >>a.tune
    if "$TFXC" "$@" --target=portable,x86-64-v3 --tuning=a.tune -o m.c >log 2>&1 && for m in x86-64 x86-64-v3; do $CC -std=c11 -O1 -Wall -Wextra -Werror -march=$m -c m.c >log 2>&1 || exit 1; done; then ok "a list of targets"; else not_ok "a list of targets" "it does not compile"; fi
    # panels as wide as the first target wants, read by the others
    "$TFXC" "$SRCDIR/examples/digits/model.tfx" --target=x86-64-v3 --report -o report.c 2>&1 >/dev/null | awk '$2 == "columns" && $1 ~ /^\*/ { print $1, $2, 24 }' >wide
    if header head "$SRCDIR/examples/digits/model.tfx" --target=x86-64-v3 && cat head wide >wide.tune && [ -s wide ] &&
        "$TFXC" "$SRCDIR/examples/digits/model.tfx" --self-test --target=x86-64-v3,portable --tuning=wide.tune -Werror --name d -o d.c >log 2>&1; then
        printf '#include "d.h"\nint main(void) { static d_work w; return d_self_test(&w) != D_OK; }\n' >main.c
        for m in x86-64 x86-64-v3; do
            if $CC -std=c11 -O2 -Wall -Wextra -Werror -march=$m -DD_SELF_TEST -o d main.c d.c >log 2>&1 && ./d >log 2>&1; then ok "panels of another target, $m"; else not_ok "panels of another target, $m" "the self-test fails"; fi
        done
    else not_ok "panels of another target" "tfxc"; fi
fi

# tune itself: whatever it finds, its file is taken without a word, and says what it is for
# shellcheck disable=SC2086
if "$TFXC" tune "$linear" --entry bounded T=5 --random-weights --target=$target $sizes --budget=3 -o t.tune >log 2>&1 && grep -q '^bounded: [0-9]* candidates in [0-9]* s, [0-9]* choices taken' log; then ok "tune"; else not_ok "tune" "it fails"; fi
if "$TFXC" "$@" --tuning=t.tune -Werror -o m.c >log 2>&1; then ok "its file is taken"; else not_ok "its file is taken" "a message"; fi
if grep -q "^model Linear [0-9a-f]\{16\}\$" t.tune && grep -q "^target $target\$" t.tune && grep -q '^processor .' t.tune; then ok "what a file is for"; else not_ok "what a file is for" "$(head -n 4 t.tune)"; fi
if (cd other && cp "$linear" small.tfx && "$TFXC" tune small.tfx --random-weights --budget=0 >../log 2>&1 && [ -s small.tune ]); then ok "MODEL.tune"; else not_ok "MODEL.tune" "no file"; fi

# warns NAME ID TEXT FILE: compiled as by the rules, with a warning
# shellcheck disable=SC2086
"$TFXC" "$linear" --random-weights --target=$target $sizes --name m -o m.c >log 2>&1 && cp m.c n.c
warns() {
    name=$1 id=$2 text=$3
    # shellcheck disable=SC2086
    "$TFXC" "$linear" --random-weights --target=$target $sizes --name m --tuning="$4" -o m.c >log 2>&1
    if [ $? = 0 ] && grep -q "warning: .*$text.*\[-W$id\]" log && [ "$(sed 1d m.c | cksum)" = "$(sed 1d n.c | cksum)" ]; then ok "$name"; else not_ok "$name" "status, message or bytes"; fi
}
sed 's/^model .*/model Other 0123456789abcdef/' a.tune >w.tune; warns "another model" tuning-ignored "it is for the model Other 0123456789abcdef, and this is Linear " w.tune
sed 's/^target .*/target z80/' a.tune >w.tune; warns "another target" tuning-ignored "it is for the target z80, and this is $target" w.tune
sed 's/^processor .*/processor Abacus 3/' a.tune >w.tune; warns "another processor" tuning-ignored "it is for the processor Abacus 3, and this is " w.tune
{ head -n 5 a.tune; echo 'run/nothing[1;2] rows 3'; } >w.tune; warns "a step that is not there" tuning-unknown 'no step of this model has this choice: run/nothing\[1;2\] rows' w.tune

# err/ID*.tune: refused with this id and the text behind "want: "; a file for all processors
for f in "$here"/err/*.tune; do
    id=$(basename "$f" .tune)
    # shellcheck disable=SC2086
    "$TFXC" "$linear" --random-weights $sizes --tuning="$f" -Werror -o bad.c >log 2>&1
    if [ $? = 1 ] && grep -qF "$(sed -n 's/^# want: //p' "$f")" log && grep -q "\[\(-Werror=\)\{0,1\}$id\]" log && [ ! -e bad.c ]; then ok "$id"; else not_ok "$id" "status or message"; fi
done

# damaged NAME PLACE TEXT: w.tune is refused, with the place
damaged() {
    # shellcheck disable=SC2086
    "$TFXC" "$linear" --random-weights --target=$target $sizes --name m --tuning=w.tune -o bad.c >log 2>&1
    if [ $? = 1 ] && grep -q "^w.tune:$2: error: $3.*\[tuning-format\]" log && [ ! -e bad.c ]; then ok "$1"; else not_ok "$1" "status or message"; fi
}
line() { cat head; printf '%b\n' "$1"; }
: >w.tune; damaged "an empty file" 1:1 "a line is missing"
echo hello >w.tune; damaged "no tuning file" 1:1 "a tuning file begins with"
sed 's/^tfxc-tuning 1/tfxc-tuning 2/' head >w.tune; damaged "another version" 1:1 "a tuning file begins with"
sed /^target/d head >w.tune; damaged "a line of the header is missing" 1:1 "a line is missing"
line 'model X 1' >w.tune; damaged "a line of the header twice" 6:1 "a second line 'model'"
line 'a/b[1] rows' >w.tune; damaged "no value" 6:1 "a line is KEY CHOICE VALUE"
line 'a/b[1] rows 3 4' >w.tune; damaged "two values" 6:1 "a line is KEY CHOICE VALUE"
line 'a/b[1] raws 3' >w.tune; damaged "no such choice" 6:8 "there is no such choice"
for v in 0 17 -1 3.5 3x 99999999999999999999 0x4 yes; do line "a/b[1] rows $v" >w.tune; damaged "rows $v" 6:13 "rows: 1 to 16 in steps of 1"; done
for v in 0 12 72 16777232; do line "a/b[1] columns $v" >w.tune; damaged "columns $v" 6:16 "columns: 8 to 64 in steps of 8"; done
line 'a/b[1] alone 1' >w.tune; damaged "alone 1" 6:14 "alone: yes or no"
line 'a/b[1] region 1' >w.tune; damaged "region 1" 6:15 "region: 2 to 256"
line 'a/b[1] rows 3\na/b[1] rows 3' >w.tune; damaged "an answer twice" 7:1 "a second answer"
head -c 200000 /dev/zero | tr '\0' x >w.tune; damaged "one long line" 1:1 "a tuning file begins with"
if "$TFXC" tune "$linear" --random-weights --tuning=a.tune >log 2>&1; then not_ok "tune --tuning" "exit status 0"; elif grep -q 'tune writes a file of choices' log; then ok "tune --tuning"; else not_ok "tune --tuning" "it says"; fi
if "$TFXC" tune "$SRCDIR/examples/rasp/dyck1.rasp" >log 2>&1; then not_ok "tune of a program" "exit status 0"; elif grep -q 'tune measures models' log; then ok "tune of a program"; else not_ok "tune of a program" "it says"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
