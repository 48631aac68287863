#!/bin/sh
# The slow half of run.sh.
exec "$(dirname "$0")/run.sh" --slow
