#!/bin/sh
# The same over every float, in two processes.
STRIDE=${STRIDE:-1} PARTS=2 exec "$(dirname "$0")/run.sh"
