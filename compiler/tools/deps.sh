#!/bin/sh
# deps.sh: the one list of what tfxc needs from outside, and how to install it on Debian.
#
#   deps.sh list                   the table, one line each, with "have" or "missing"
#   deps.sh missing [GROUP]        Debian packages of a group that are missing
#   deps.sh install [GROUP] [DIR]  install them; as root it asks nothing, otherwise it prints
#                                  the command to type and exits 1. DIR gets the Python
#                                  environment of group "all" (default: ./venv)
#
# Groups: "basic" is enough to build, `make demo` and the basic `make check`;
# "all" adds the other compilers, emulators and Python oracles that `make check-slow` uses.
# Needs only sh: configure calls it on a bare machine, before any compiler is looked for.
set -u

# group | Debian package | how to see that it is there | what for
# "how to see" is one of   cmd NAME   file PATTERN   lib PATTERN (library folders)   python MODULE
table() {
    cat <<'END'
basic | gcc                    | cmd gcc                      | builds tfxc, and the C that tfxc emits
basic | libc6-dev              | file /usr/include/stdio.h    | C library headers
basic | make                   | cmd make                     | runs the Makefile
basic | flex                   | cmd flex                     | lexers of the frontends
basic | bison                  | cmd bison                    | grammars of the frontends
basic | libffi-dev             | file /usr/include/*/ffi.h /usr/include/ffi.h /usr/local/include/ffi.h | tfxc run, extern fn
basic | zlib1g-dev             | file /usr/include/zlib.h /usr/local/include/zlib.h | npz and zip checkpoints
basic | binutils               | cmd nm                       | make check reads symbols of object files
all   | autoconf               | cmd autoconf                 | checks that configure is up to date
all   | git                    | cmd git                      | make dist, tests of the file list
all   | clang                  | cmd clang                    | emitted C under a second compiler
all   | libclang-rt-14-dev     | lib llvm-14/lib/clang/14*/lib/linux/libclang_rt.asan-x86_64.a llvm-14/lib/clang/14*/lib/linux/libclang_rt.asan-aarch64.a | sanitizers and fuzzing with clang
all   | valgrind               | cmd valgrind                 | reads of memory never written, in emitted C
all   | g++                    | cmd g++                      | emitted headers included from C++
all   | gcc-arm-none-eabi      | cmd arm-none-eabi-gcc        | emitted C on Cortex-M
all   | libnewlib-arm-none-eabi| lib arm-none-eabi/include/stdint.h | its headers
all   | gcc-aarch64-linux-gnu  | cmd aarch64-linux-gnu-gcc    | emitted C on 64-bit Arm
all   | libc6-dev-arm64-cross  | file /usr/aarch64-linux-gnu/include/stdio.h | its headers
all   | gcc-riscv64-linux-gnu  | cmd riscv64-linux-gnu-gcc    | emitted C on RISC-V
all   | libc6-dev-riscv64-cross| file /usr/riscv64-linux-gnu/include/stdio.h | its headers
all   | qemu-user              | cmd qemu-aarch64             | runs those programs here
all   | qemu-system-arm        | cmd qemu-system-arm          | runs emitted C on a Cortex-M4 board
all   | wamerican              | file /usr/share/dict/american-english | words for tests and examples
all   | python3                | cmd python3                  | independent oracles, never used to build or run tfxc
all   | python3-venv           | python ensurepip             | keeps the Python packages private
END
}

# Python packages of group "all", installed into a private environment.
PYTHON_PACKAGES="torch==2.13.0 numpy transformers safetensors scikit-learn"
PYTHON_MODULES="torch numpy transformers safetensors sklearn"

# True if the thing that a table row describes is on this machine.
have() {
    kind=$1; shift
    case $kind in
    cmd)    command -v "$1" >/dev/null 2>&1 ;;
    python) python3 -c "import $1" >/dev/null 2>&1 ;;
    file)   any_file "$@" ;;
    lib)    for below; do any_file "/usr/lib/$below" && return 0; done; return 1 ;;
    esac
}

# True if one of the patterns names an existing file.
any_file() {
    for pattern; do
        for found in $pattern; do [ -e "$found" ] && return 0; done
    done
    return 1
}

# Calls "$1 package detect what-for group" for each row of group $2.
each_row() {
    action=$1 wanted=$2
    table | while IFS='|' read -r group package detect purpose; do
        group=${group%% *}
        package=$(echo $package)
        [ "$wanted" = all ] || [ "$group" = "$wanted" ] || continue
        $action "$package" "$detect" "$purpose" "$group"
    done
}

# Prints the package if it is missing. The detection words are split (set -f: patterns stay).
print_missing() {
    set -f; set -- "$1" $2; set +f
    name=$1; shift
    have "$@" || printf '%s\n' "$name"
}

print_row() {
    state=have
    [ -z "$(print_missing "$1" "$2")" ] || state=missing
    printf '%-6s %-24s %-8s%s\n' "$4" "$1" "$state" "$3"
}

missing() { each_row print_missing "$1"; }

python_ok() {
    [ -x "$1/bin/python3" ] || return 1
    for module in $PYTHON_MODULES; do
        "$1/bin/python3" -c "import $module" >/dev/null 2>&1 || return 1
    done
}

# apt-get with no questions; fetches the package lists when they are empty or out of date.
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    if ! any_file '/var/lib/apt/lists/*_Packages*'; then
        apt-get -q update || return 1
    fi
    apt-get -q -y install --no-install-recommends "$@" && return 0
    apt-get -q update && apt-get -q -y install --no-install-recommends "$@"
}

install_packages() {
    packages=$(missing "$1" | tr '\n' ' ')
    packages=${packages% }
    [ -n "$packages" ] || { echo "packages: all of group $1 are here"; return 0; }
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "deps.sh: this is not Debian; install what these packages contain: $packages" >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "deps.sh: missing packages; run this, then try again:" >&2
        echo "sudo apt-get install $packages" >&2
        return 1
    fi
    echo "packages: installing $packages"
    apt_install $packages || return 1
    left=$(missing "$1" | tr '\n' ' ')
    [ -z "$left" ] || echo "deps.sh: installed, but not found afterwards: $left" >&2
    return 0
}

# The oracles are worth having but not worth failing for: without them their tests are skipped.
install_python() {
    python_ok "$1" && { echo "python: $1 is complete"; return 0; }
    echo "python: installing $PYTHON_PACKAGES into $1"
    [ -x "$1/bin/python3" ] || python3 -m venv "$1" || return 1
    "$1/bin/python3" -m pip install -q --disable-pip-version-check $PYTHON_PACKAGES || return 1
    python_ok "$1"
}

command=${1-list} group=${2-basic} folder=${3-venv}
case $group in
basic|all) ;;
*) echo "deps.sh: no group '$group'; there are: basic, all" >&2; exit 2 ;;
esac
case $command in
list)    each_row print_row all ;;
missing) missing "$group" ;;
install)
    install_packages "$group" || exit 1
    [ "$group" = basic ] || install_python "$folder" ||
        echo "deps.sh: no Python environment in $folder; tests that need it will be skipped" >&2
    ;;
*) echo "deps.sh: usage: deps.sh list | missing [GROUP] | install [GROUP] [DIR]" >&2; exit 2 ;;
esac
