# Makes the C main of a model from its cases. A line: CASE: ENTRY [DIM=VALUE..] [INPUT..] -> OUTPUT.. [!STATUS]
# @INPUT is a single i32, passed by value.
# Calls with the same CASE follow each other on one state. Set stateful=1 when the model has a state.
BEGIN {
    print "#include \"m.h\"\n#include \"harness.h\"\nstatic m_work work;"
    if (stateful) print "static m_state state;"
    print "int main(int argc, char **argv)\n{\n    if (argc != 3) return 2;\n    data_open(argv[1]);"
}
/^#/ || NF == 0 { next }
{
    name = $1
    if (sub(/:$/, "", name) != 1) { print "#error \"" FILENAME ":" FNR "\""; exit }
    if (name != last) {
        if (last != "") printf "    report(argv[2], \"%s\");\n", last
        if (stateful) print "    m_reset(&state);"
        last = name
    }
    call = "m_" $2 "(&work"
    if (stateful) call = call ", &state"
    role = "input"; status = "OK"
    for (k = 3; k <= NF; k++) {
        if ($k == "->") role = "output"
        else if ($k ~ /^!/) status = substr($k, 2)
        else if ($k ~ /=/) { split($k, part, "="); call = call ", " part[2] }
        else if ($k ~ /^@/) call = call ", *(const int32_t *)input(\"" substr($k, 2) "\")"
        else call = call ", " role "(\"" $k "\")"
    }
    printf "    check(\"line %d, %s\", (int)%s), M_%s);\n", FNR, $2, call, status
}
END {
    if (last != "") printf "    report(argv[2], \"%s\");\n", last
    print "    fprintf(stderr, \"%s: worst %.1e of the largest\\n\", argv[2], worst);\n    return 0;\n}"
}
