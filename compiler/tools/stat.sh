#!/bin/sh
# stat.sh: sizes of the sources, by folder, and the lengths of functions.
# Usage: stat.sh SRCDIR [--functions]     --functions lists "LINES FILE:LINE NAME", longest first
#
# A function is what lies between a line that starts in column one and ends in "{" (or is "{" alone,
# after a line with "(") and the next "}" in column one. This holds for the style of this project;
# initialisers, structs and enums are told apart by their "=" or their keyword. Grammars are not counted.
set -u
cd "${1-.}" || exit 2

sources() {
    find compiler frontends targets runtime -name '*.c' 2>/dev/null | LC_ALL=C sort
}

functions() {
    sources | while IFS= read -r file; do
        awk -v file="$file" '
        !inside && /^[A-Za-z_]/ && !/^(typedef|struct|enum|union|else)[^(]*$/ && !/;[ \t]*(\/\*.*)?$/ { head = $0; start = FNR }
        !inside && /^[^ \t#\/*}].*\{[ \t]*(\/[\/*].*)?$/ && /\(/ && !/=[ \t]*\{/ { inside = 1 }
        !inside && /^\{/ && head ~ /\(/ { inside = 1 }
        !inside && /^[ \t].*\)[ \t]*\{[ \t]*(\/[\/*].*)?$/ && head ~ /\(/ && head !~ /\{/ { inside = 1 }
        inside && /^\}/ {
            name = head; sub(/\(.*/, "", name); sub(/.*[ \t*]/, "", name)
            print FNR - start + 1, file ":" start, name
            inside = 0; head = ""
        }' "$file"
    done
}

if [ "${2-}" = --functions ]; then functions | sort -rn; exit; fi

printf '%-26s %6s %8s %8s\n' folder files lines comment
for folder in compiler/base compiler/ir targets frontends compiler/opt compiler/plan compiler/emit \
    compiler/driver compiler/inspect compiler/tools runtime tests; do
    [ -d "$folder" ] || continue
    find "$folder" -type f \( -name '*.[chly]' -o -name '*.def' -o -name '*.tfx' -o -name '*.rasp' -o -name '*.sh' -o -name '*.rules' \) -exec cat {} + |
        awk -v folder="$folder" -v files="$(find "$folder" -type f \( -name '*.[chly]' -o -name '*.def' -o -name '*.tfx' -o -name '*.rasp' -o -name '*.sh' -o -name '*.rules' \) | wc -l)" '
        /^[ \t]*(\/\*|\*|\/\/|#[^a-z])/ { comment++ }
        END { printf "%-26s %6d %8d %8d\n", folder, files, NR, comment }'
done

echo
echo "files over 600 lines:"
find compiler frontends targets runtime -name '*.[chly]' -exec wc -l {} + 2>/dev/null |
    awk '$2 != "total" && $1 > 600 { print "  " $1, $2 }' | sort -rn

echo
functions | sort -n | awk '
{ length_of[NR] = $1; under += $1 <= 60; over += $1 > 120 }
END {
    if (!NR) { print "functions: none"; exit }
    printf "functions: %d   lines: median %d, 90%% %d, 99%% %d, longest %d   %.1f%% at most 60, %d over 120\n",
        NR, length_of[int((NR + 1) / 2)], length_of[int(NR * 0.9 + 0.999)], length_of[int(NR * 0.99 + 0.999)],
        length_of[NR], 100 * under / NR, over
}'
