#!/bin/sh
# layers.sh: checks the direction of includes. Usage: layers.sh SRCDIR
#
#   base < ir < { targets | frontends } < opt < plan < emit < driver, inspect
#
# A folder includes itself and folders to its left; targets and frontends do not see each other, and
# neither do driver and inspect except that the driver calls inspect. Every quoted include names its
# path from the root. Texts that emitted programs carry (runtime/, targets/*/) include nothing of the
# compiler. Prints file:line: message for each violation; exit status 1 if there is one.
set -u
cd "${1-.}" || exit 2
[ -d compiler ] || { echo "layers.sh: no folder compiler in $PWD" >&2; exit 2; }

find compiler frontends targets runtime -name '*.[chly]' ! -path 'compiler/tools/*' 2>/dev/null | LC_ALL=C sort |
while IFS= read -r file; do
    grep -n '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file" | sed "s|^|$file:|"
done | awk -F: '
function layer(path,   part) {
    split(path, part, "/")
    if (part[1] == "compiler") return part[2]
    if (part[1] == "targets" && part[3] != "") return "text"   # targets/<isa>/...: carried as text
    if (part[1] == "runtime") return "text"
    return part[1]
}
BEGIN {
    rank["base"] = 1; rank["ir"] = 2; rank["targets"] = 3; rank["frontends"] = 3
    rank["opt"] = 4; rank["plan"] = 5; rank["emit"] = 6; rank["inspect"] = 7; rank["driver"] = 8
}
{
    file = $1; at = $1 ":" $2 ": "
    path = $0; sub(/^[^"]*"/, "", path); sub(/".*/, "", path)
    from = layer(file); to = layer(path)
    if (from == "text") {
        if (path ~ /^(compiler|frontends)\//) print at "carried text may not include " path
        next
    }
    if (path !~ /\// || path ~ /^\.|\/\.\.?\//) { print at "\"" path "\" does not name its path from the root"; next }
    if (!(to in rank)) { print at path " is in no layer"; next }
    if (!(from in rank)) { print at "the file is in no layer"; next }
    if (rank[to] > rank[from] || (rank[to] == rank[from] && to != from))
        print at from " may not include " path
}' >"${TMPDIR:-/tmp}/layers.$$"
cat "${TMPDIR:-/tmp}/layers.$$"
[ ! -s "${TMPDIR:-/tmp}/layers.$$" ]; status=$?
rm -f "${TMPDIR:-/tmp}/layers.$$"
exit $status
