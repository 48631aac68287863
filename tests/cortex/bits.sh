# bits.sh - same_bits NAME MAIN.c: main and m.c of the current folder print the same by gcc, clang and on the processors that can
# be emulated here: aarch64, riscv64 (qemu-user) and a Cortex-M4 board (qemu-system-arm). Read by the suites' run-slow.sh; counts
# into $passed $failed $skipped.
cortex="$SRCDIR/tests/cortex"
bits_of() { # COMPILER EMULATOR
    case $1 in
    arm-none-eabi-gcc*)
        # shellcheck disable=SC2086
        $1 -std=c99 -I. -T "$cortex/mcu.ld" --specs=rdimon.specs -o bits.elf "$cortex/vectors.c" "$main" m.c >log 2>&1 &&
            timeout 60 qemu-system-arm -M mps2-an386 -nographic -semihosting-config enable=on,target=native -kernel bits.elf 2>>log ;;
    *)  # shellcheck disable=SC2086
        $1 -std=c99 -I. -o bits.elf "$main" m.c >log 2>&1 && $2 ./bits.elf ;;
    esac
}
same_bits() {
    name=$1 main=$2 wanted=
    for how in "${CC:-cc} -O0" "${CC:-cc} -O3 -march=native" "${CLANG:-clang} -O2" "aarch64-linux-gnu-gcc -O2 -static,qemu-aarch64" "riscv64-linux-gnu-gcc -O2 -static,qemu-riscv64" "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -O2,qemu-system-arm"; do
        cc=${how%,*} emulator=
        [ "$cc" = "$how" ] || emulator=${how#*,}
        if ! command -v "${cc%% *}" >/dev/null 2>&1 || { [ -n "$emulator" ] && ! command -v "$emulator" >/dev/null 2>&1; }; then skipped=$((skipped + 1)); echo "skip $name ($how): not installed"; continue; fi
        found=$(bits_of "$cc" "$emulator") || found=failed
        [ -n "$wanted" ] || wanted=$found
        if [ "$found" = "$wanted" ] && [ "$found" != failed ] && [ -n "$found" ]; then passed=$((passed + 1)); echo "ok $name ($how) $found"
        else failed=$((failed + 1)); echo "not ok $name ($how): $found, wanted $wanted"; head -n 3 log; fi
    done
}
