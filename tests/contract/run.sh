#!/bin/sh
# What the emitted C promises beside right answers: no warning, bounded stack, no harm from wrong arguments, instances
# and threads that do not disturb each other, the same program whichever way its weights come, the same bytes from the
# same input, and no half-written file.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/contract/common.sh
. "$here/common.sh"

for m in words digits; do
    if ! "$TFXC" "$SRCDIR/examples/$m/model.tfx" --name $m -o $m.c --self-test --trace >log 2>&1; then not_ok $m "not compiled" log; finish; fi
    for cc in "$CC" "${CLANG:-}"; do
        if [ -z "$cc" ]; then skip "$m (clang)" "no clang"; continue; fi
        good=1
        for extra in "" "-D$(echo $m | tr a-z A-Z)_SELF_TEST" "-D$(echo $m | tr a-z A-Z)_TRACE=show"; do
            # shellcheck disable=SC2086
            $cc $strict -O2 $extra -c -o $m.o $m.c >log 2>&1 || { not_ok "$m without warnings ($cc $extra)" "warnings" log; good=0; }
        done
        [ $good = 0 ] || ok "$m without warnings ($cc)"
    done
    # the stack that a call takes, by the compiler's account, against the constant of the header
    stack=$(sed -n 's/^#define .*_STACK_BYTES \([0-9]*\)u.*/\1/p' $m.h)
    for o in -O0 -Os -O2 -O3; do
        $CC $o -fstack-usage -c -o $m.o $m.c 2>log || not_ok "$m stack" "-fstack-usage" log
        # an entry and the deepest function below it, which calls inline functions at most
        used=$(awk -F'\t' -v m="$m" '{ n = split($1, p, ":"); if (p[n] ~ "^" m "_(step|classify)$") entry = $2; else if ($2 > most) most = $2 } END { print entry + most }' $m.su)
        if [ "$used" -le "$stack" ]; then ok "$m stack $o"; else not_ok "$m stack $o" "$used bytes, the header says $stack"; fi
    done
done
if command -v g++ >/dev/null 2>&1; then
    printf '#include "words.h"\n#include "digits.h"\nint main() { return WORDS_OK; }\n' >cpp.cc
    if g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -c cpp.cc >log 2>&1; then ok "headers in C++"; else not_ok "headers in C++" "warnings" log; fi
else skip "headers in C++" "no g++"; fi

# arguments that are wrong
for flags in "-O2" "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"; do
    # shellcheck disable=SC2086
    if ! $CC $flags -std=c11 -Wall -Wextra -I. -o misuse "$here/misuse.c" words.c >log 2>&1; then not_ok "misuse $flags" "does not compile" log; continue; fi
    if ./misuse >out 2>log; then ok "misuse $flags: $(grep -c '^ok' out) calls"; else not_ok "misuse $flags" "$(grep '^not' out | head -n 3)" log; fi
done

# several at once
for flags in "-O2" "-O1 -g -fsanitize=thread"; do
    # shellcheck disable=SC2086
    if ! $CC $flags -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -I. -o together "$here/together.c" words.c digits.c -lpthread >log 2>&1; then not_ok "together $flags" "does not compile" log; continue; fi
    if ./together >out 2>log && [ "$(cat out)" = "ok threads" ]; then ok "together $flags"; else not_ok "together $flags" "$(cat out)" log; fi
done
# no symbol without the prefix, nothing that changes, nothing from outside
$CC -O2 -c -o words.o words.c
if nm words.o | awk '$2 ~ /[A-Z]/ && $3 !~ /^words_/ || $2 ~ /[dDbB]/ || $1 == "U" { print; bad = 1 } END { exit bad }' >log; then ok "symbols"; else not_ok "symbols" "foreign, or data that changes" log; fi

# the same program from each form of weights
for form in inline incbin blob object; do
    mkdir $form && cd $form || exit 1
    name=$(echo $form | tr a-z A-Z)
    if ! "$TFXC" "$SRCDIR/examples/words/model.tfx" --name words --weights=$form -o words.c >log 2>&1; then not_ok "weights $form" "not compiled" log; cd ..; continue; fi
    more=
    [ ! -e words_weights.S ] || more=words_weights.S
    # shellcheck disable=SC2086
    if ! $CC -O2 -std=c11 -Wall -Wextra -Werror -DFORM_$name -I. -o forms "$here/forms.c" words.c $more >log 2>&1; then not_ok "weights $form" "does not compile" log
    elif ! ./forms words.bin >../$form.out; then not_ok "weights $form" "$(cat ../$form.out)"
    elif cmp -s ../$form.out ../inline.out; then ok "weights $form"; else not_ok "weights $form" "other answers than inline"; fi
    cd ..
done
ls inline incbin blob object >files
if [ "$(grep -c 'words.bin' files)" = 3 ] && [ "$(grep -c '\.S$' files)" = 1 ]; then ok "files of the forms"; else not_ok "files of the forms" "too few or too many" files; fi

# the same bytes: run again, from another folder, from a copy, by a relative path
mkdir -p other/place && cp "$SRCDIR"/examples/words/model.tfx "$SRCDIR"/examples/words/weights.safetensors other/place
(cd other/place && "$TFXC" model.tfx --name words -o words.c --self-test --trace) >log 2>&1
(cd other && "$TFXC" place/model.tfx --name words -o words.c --self-test --trace) >log 2>&1
for f in words.c words.h; do
    if cmp $f other/place/$f >log 2>&1 && cmp $f other/$f >log 2>&1; then ok "the same bytes: $f"; else not_ok "the same bytes: $f" "they differ" log; fi
done

# files that cannot be written: one message, exit status 1, what was there before is still there
refuse() { # NAME OUTPUT-FOLDER, the shell's words before tfxc
    name=$1 folder=$2
    shift 2
    before=$(ls -A "$folder" 2>/dev/null)
    (eval "$@" '"$TFXC" "$SRCDIR/examples/words/model.tfx" --name words -o "$folder/words.c"') >log 2>&1
    status=$?
    if [ $status != 1 ]; then not_ok "$name" "exit status $status" log
    elif ! grep -q "cannot-write" log; then not_ok "$name" "no message" log
    elif [ "$(ls -A "$folder" 2>/dev/null)" != "$before" ]; then not_ok "$name" "left: $(ls -A "$folder")"
    elif [ -e "$folder/words.c" ] && [ "$(cat "$folder/words.c")" != old ]; then not_ok "$name" "the old file is gone"
    else ok "$name"; fi
}
mkdir full && echo old >full/words.c
refuse "a file that grows too large" full 'trap "" XFSZ; ulimit -f 64;'
refuse "a folder that is not there" nowhere ''
if "$TFXC" "$SRCDIR/examples/words/model.tfx" -o - >/dev/full 2>log; then not_ok "a full disk" "no error"
elif [ $? = 1 ] || grep -q "cannot" log; then ok "a full disk"; else not_ok "a full disk" "no message" log; fi
finish
