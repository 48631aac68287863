#!/bin/bash
# Every tfx snippet of LANGUAGE.md and README.md compiles, and LANGUAGE.md lists every function and block of nn.tfx.
# A fence says what stands around its text: ```tfx file (or nothing: it is a whole file), ```tfx weights (a file whose
# weights are only looked at, not read), ```tfx entry ARGUMENTS (the body of an entry, with `dim T <= 64`).
set -u
passed=0 failed=0
ok() { passed=$((passed + 1)); }
not_ok() { failed=$((failed + 1)); echo "not ok $1: $2"; [ -z "${3-}" ] || head -n 8 "$3"; }
if [ ! -x "$TFXC" ]; then echo "skip docs: the compiler is not built"; echo "0 passed, 0 failed, 1 skipped"; exit 0; fi

# Writes snippet-N.tfx and snippet-N.line for every fence of a document.
snippets() {
    awk -v base="$2" '
        /^```tfx/ { n++; file = base "-" n ".tfx"; kind = $2; args = $0; sub(/^```tfx *[a-z]* */, "", args); inside = 1
                    print NR > (file ".line"); printf "" > file
                    if (kind == "entry") printf "dim T <= 64; model Snippet() { entry e(%s) {\n", args >> file
                    next }
        /^```/    { if (inside && kind == "entry") print "} }" >> file; if (inside) close(file); inside = 0; next }
        inside    { print >> file }' "$1"
}

for doc in frontends/tfx/LANGUAGE.md README.md; do
    base=$(basename "$doc" .md)
    snippets "$SRCDIR/$doc" "$base"
    for file in "$base"-*.tfx; do
        check=--check-passes                             # bodies without a result are all dead code, guards too
        grep -q '^dim T <= 64; model Snippet' "$file" && check=
        # shellcheck disable=SC2086
        if timeout 20 "$TFXC" --random-weights $check "$file" --name s -o s.c >log 2>&1; then ok
        else not_ok "$doc:$(cat "$file.line")" "the snippet does not compile" log; fi
    done
done
[ "$(ls LANGUAGE-*.tfx | wc -l)" -ge 12 ] || not_ok LANGUAGE.md "has few snippets"
for name in $(sed -n 's/^\(fn\|block\) \([A-Za-z0-9_]*\).*/\2/p' "$SRCDIR/frontends/tfx/nn.tfx"); do
    if grep -q "\`$name\`" "$SRCDIR/frontends/tfx/LANGUAGE.md"; then ok; else not_ok LANGUAGE.md "does not list $name of nn.tfx"; fi
done
# Commands of the documents run as they stand, where the source and the compiler are side by side.
ln -s "$SRCDIR/examples" examples && ln -s "$TFXC" tfxc
for doc in README.md HACKING.md examples/rasp/README.md; do
    tr '\n' ' ' <"$SRCDIR/$doc" | grep -oE '`\./tfxc [^`]*`' | tr -d '`' >commands
    while read -r command; do
        if timeout 60 sh -c "$command" >log 2>&1; then ok; else not_ok "$doc" "this does not work: $command" log; fi
    done <commands
done
sed -n '/^.SH EXAMPLES/,/^.SH "SEE/p' "$SRCDIR/compiler/driver/tfxc.1" | sed -n 's/\\-/-/g; s/^tfxc/.\/tfxc/p' >commands
while read -r command; do
    if timeout 60 sh -c "$command" >log 2>&1; then ok; else not_ok tfxc.1 "this does not work: $command" log; fi
done <commands
sed -n 's/^\(\.\/tfxc \(run\|trace\|--emit\|examples\).*\)/\1/p' "$SRCDIR/examples/transformer-program/README.md" >commands
while IFS= read -r command; do
    wanted=$(printf '%s\n' "$command" | sed -n 's/.*  # \([<[].*\)/\1/p')
    if ! timeout 60 sh -c "$command" >said 2>log; then not_ok examples/transformer-program "this does not work: $command" log
    elif [ -n "$wanted" ] && [ "$(cat said)" != "$wanted" ]; then not_ok examples/transformer-program "$command" said
    else ok; fi
done <commands
# what equiv prints there, word for word
sed -n 's/^\(\.\/tfxc equiv .*\)/\1/p' "$SRCDIR/examples/transformer-program/README.md" >command
sh command >said 2>log
sed -n '/^they differ/,/^[0-9]* of [0-9]* inputs differ/p' "$SRCDIR/examples/transformer-program/README.md" >wanted
if [ -s wanted ] && cmp -s said wanted; then ok; else not_ok "examples/transformer-program" "equiv prints something else" said; fi
[ "$passed" -gt 80 ] && [ -s words.h ] && [ -s digits.h ] || not_ok "commands" "were not run"
# Links of the documents lead somewhere.
for doc in README.md HACKING.md bench/README.md frontends/tfx/LANGUAGE.md examples/rasp/README.md examples/transformer-program/README.md; do
    for link in $(grep -oE '\]\([A-Za-z0-9_./-]*[./][A-Za-z0-9_./-]*\)' "$SRCDIR/$doc" | sed 's/](\(.*\))/\1/'); do
        if [ -e "$(dirname "$SRCDIR/$doc")/$link" ]; then ok; else not_ok "$doc" "the link $link leads nowhere"; fi
    done
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
