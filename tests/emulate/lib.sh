# lib.sh - for suites that run code of a target: sourced.
# target_cc TARGET: the words of a compiler whose programs for TARGET (-march=TARGET among its flags) run on this machine: the usual one, or
# one that emulates what the processor lacks (of compilers the one that is fast at it). Fails when there is none.
target_cc() {
    if ! "$TFXC" --print-targets | grep -q "^$1 .*not on this machine"; then echo "$CC"; return; fi
    [ "$1" = x86-64-v4 ] && [ "$(uname -m)" = x86_64 ] && target_cc x86-64-v3 >/dev/null && echo "$SRCDIR/tests/emulate/cc ${CLANG:-$CC}"
}
# emulated TARGET: does target_cc emulate it?
emulated() { case $(target_cc "$1") in *emulate*) ;; *) return 1 ;; esac; }
