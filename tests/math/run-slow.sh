#!/bin/sh
# The accuracy test over every float (of two arguments: a few hundred million pairs).
STRIDE=1 LEVELS=-O3+-march=native exec "$(dirname "$0")/run.sh"
