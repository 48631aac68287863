#!/bin/sh
# The examples as their users build them: main.c and the compiled model with each compiler, no warning, every answer
# equal to PyTorch's. And the demo, in a folder with a space in its name.
set -u
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; [ -z "${3-}" ] || head -n 8 "$3"; }
examples=$SRCDIR/examples

if [ ! -x "${TFXC:-}" ]; then echo "skip examples: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
cd "$TMPDIR" || exit 1

# answers NAME: what the built program says, in the form of examples/NAME/expected.txt.
answers() {
    case $1 in
    digits) ./digits -l "$examples/digits/test.bin" ;;
    words) ./words 0.7 $(cut -d' ' -f1 "$examples/words/expected.txt") >said && grep -e '->' said ;;
    esac
}

for name in digits words; do
    rm -f model.c model.h
    if ! "$TFXC" "$examples/$name/model.tfx" --name $name -o model.c >log 2>&1; then not_ok "$name" "tfxc refuses it" log; continue; fi
    if [ "$(wc -l <"$examples/$name/model.tfx")" -gt 45 ]; then not_ok "$name is short" "more than 45 lines"; fi
    for compiler in "$CC" "${CLANG:-}"; do
        label="$name ($compiler)"
        if [ -z "$compiler" ]; then skipped=$((skipped + 1)); echo "skip $name (clang): no clang"; continue; fi
        if ! $compiler -O2 -std=c99 -Wall -Wextra -Werror -I. -o $name "$examples/$name/main.c" model.c -lm >log 2>&1; then
            not_ok "$label" "does not compile" log; continue
        fi
        if ! answers $name >got 2>log; then not_ok "$label" "the program ends with an error" log
        elif ! cmp -s got "$examples/$name/expected.txt"; then
            diff got "$examples/$name/expected.txt" >log
            not_ok "$label" "not PyTorch's answers" log
        else ok "$label"; fi
    done
done

mkdir "a b"
if TMPDIR="$TMPDIR/a b" "$examples/demo" >demo.out 2>&1; then ok demo; else not_ok demo "it ends with an error" demo.out; fi
if [ "$(grep -c '^PyTorch gives the same answer' demo.out)" = 2 ] && grep -q '^flash: [1-9]' demo.out && grep -q '^RAM: *[1-9]' demo.out; then ok "demo says what it needs"
else not_ok "demo says what it needs" "it does not" demo.out; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
