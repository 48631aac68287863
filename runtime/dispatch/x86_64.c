#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>
#include <immintrin.h>

/* What this processor and its system can run: 0, 3 (x86-64-v3) or 4 (x86-64-v4). Intel's manual, CPUID leaves 1 and 7, XGETBV: the
 * instructions must be there, and the system must keep their registers. */
static int tfx_cpu_ask(void)
{
    const unsigned v3_1 = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29;     /* FMA, MOVBE, OSXSAVE, AVX, F16C */
    const unsigned v3_7 = 1u << 3 | 1u << 5 | 1u << 8;                             /* BMI1, AVX2, BMI2 */
    const unsigned v4_7 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;     /* AVX-512 F, DQ, CD, BW, VL */
    unsigned a, b, c, d, low, high, lzcnt;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & v3_1) != v3_1) return 0;
    if (!__get_cpuid(0x80000001u, &a, &b, &lzcnt, &d) || !(lzcnt >> 5 & 1)) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & v3_7) != v3_7) return 0;
    __asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x06u) != 0x06u) return 0;
    return (b & v4_7) == v4_7 && (low & 0xe6u) == 0xe6u ? 4 : 3;
}

/* Asked once: the instruction is slow, and slower in a virtual machine. Threads that ask at once all store the same number. Compiled
 * with -DTFX_CPU=3 or 0 the program takes what a lesser processor would. */
static int tfx_cpu(void)
{
    static int known; /* 1 + the answer; 0: not asked yet */
    int k = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!k) {
        k = 1 + tfx_cpu_ask();
        __atomic_store_n(&known, k, __ATOMIC_RELAXED);
    }
#ifdef TFX_CPU
    if (k > 1 + TFX_CPU) k = 1 + TFX_CPU;
#endif
    return k - 1;
}
#define TFX_DISPATCH 1
#endif
