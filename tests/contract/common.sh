# common.sh - what the two suites of tests/contract share.
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; [ -z "${3-}" ] || head -n 8 "$3"; }
skip() { skipped=$((skipped + 1)); echo "skip $1: $2"; }
finish() { echo "$passed passed, $failed failed, $skipped skipped"; [ $failed = 0 ]; exit; }
if [ ! -x "${TFXC:-}" ]; then skip contract "the compiler is not built"; finish; fi
cd "$TMPDIR" || exit 1
strict="-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-align -Wdouble-promotion -Wundef -Wstrict-prototypes -Wvla -Werror"
