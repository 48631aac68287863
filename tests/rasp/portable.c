/* portable.c - m_run (codes in, whole numbers out) on all inputs of three letters up to length 5 and on long random ones: a
 * sum of everything that it gives. The same bits on every machine. */
#include <stdint.h>
#include <stdio.h>
#include "m.h"

static m_work work;

int main(void)
{
    static int32_t in[200], out[200];
    uint32_t sum = 1, seed = 7;
    for (int round = 0; round < 600; round++) {
        int32_t n = 1 + (int32_t)((seed >> 16) % (round % 10 ? 9 : 200));
        for (int k = 0; k < n; k++) {
            seed = seed * 1664525u + 1013904223u;
            in[k] = "abc(){}z"[seed >> 29];
        }
        m_status status = m_run(&work, n, in, out);
        sum = sum * 31u + (uint32_t)status;
        for (int k = 0; k < n && status == M_OK; k++) sum = sum * 31u + (uint32_t)out[k];
    }
    printf("%08lx\n", (unsigned long)sum);
    return 0;
}
