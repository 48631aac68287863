#!/bin/sh
# As run.sh with many more graphs, both compilers, several levels, and under the sanitizers.
# gcc 12 folds comparisons of constant vectors wrongly for AVX-512 (graph 2085: vector lanes and scalar rest of one loop
# differ), so it is tried with 256-bit vectors.
here=$(dirname "$0")
native=-O3+-march=native
case $(uname -m),$($CC --version | head -n 1) in x86_64,*clang*) ;; x86_64,*) native=$native+-mno-avx512f ;; esac
variants="$CC+-O2 $CC+$native $CC+-O1+SANITIZE"
[ -z "${CLANG-}" ] || variants="$variants $CLANG+-O3+-march=native $CLANG+-Os"
FIRST=1000 COUNT=${COUNT:-300} BATCH=100 VARIANTS=$variants exec "$here/run.sh"
