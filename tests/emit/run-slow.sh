#!/bin/sh
# As run.sh with many more graphs, both compilers, several levels, and under the sanitizers.
here=$(dirname "$0")
variants="$CC+-O2 $CC+-O3+-march=native $CC+-O1+SANITIZE"
[ -z "${CLANG-}" ] || variants="$variants $CLANG+-O3+-march=native $CLANG+-Os"
FIRST=1000 COUNT=${COUNT:-1200} BATCH=100 VARIANTS=$variants exec "$here/run.sh"
