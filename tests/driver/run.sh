#!/bin/sh
# Errors that the driver and the planner report: the id is printed, exit status 1, no output file is left.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=${TMPDIR:-/tmp}
pass=0 fail=0 skip=0
if [ ! -x "${TFXC:-}" ]; then echo "skip driver: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
one() { # name, arguments
  name=$1; shift
  rm -f "$tmp/out.c" "$tmp/out.h"
  "$TFXC" "$@" -o "$tmp/out.c" >"$tmp/log" 2>&1; st=$?
  id=${name%%+*}
  if [ $st -ne 1 ]; then echo "not ok $name: exit status $st"; fail=$((fail+1))
  elif ! grep -q "\[\(-Werror=\)\{0,1\}$id\]" "$tmp/log"; then echo "not ok $name: no [$id] in: $(head -1 "$tmp/log")"; fail=$((fail+1))
  elif [ -e "$tmp/out.c" ] || [ -e "$tmp/out.h" ]; then echo "not ok $name: output left behind"; fail=$((fail+1))
  else echo "ok $name"; pass=$((pass+1)); fi
}
# A line "args: .." in the file holds more options; without one the file itself is compiled.
for f in "$here"/err/*; do
  b=$(basename "$f")
  # shellcheck disable=SC2046  # each word an option
  case $f in
    *.sh) one "${b%.sh}" $(sed -n 's/^args: //p' "$f") ;;
    *) one "${b%.*}" $(sed -n 's,^// args: ,,p' "$f") "$f" ;;
  esac
done
echo "$pass passed, $fail failed, $skip skipped"
[ $fail -eq 0 ]
