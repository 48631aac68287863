/* portable.c - m_run of a learned program on many inputs, any tokens in any order: a sum of everything that it gives. */
#include <stdint.h>
#include <stdio.h>
#include "m.h"

static m_work work;

int main(void)
{
    int32_t in[M_MAX_T], out[M_MAX_T];
    uint32_t sum = 1, seed = 7;
    for (int round = 0; round < 3000; round++) {
        int32_t n = 1 + (int32_t)((seed >> 8) % M_MAX_T);
        for (int32_t k = 0; k < n; k++) {
            seed = seed * 1664525u + 1013904223u;
            in[k] = (int32_t)((seed >> 16) % M_NTOKENS);
        }
        m_status status = m_run(&work, n, in, out);
        sum = sum * 31u + (uint32_t)status;
        for (int32_t k = 0; k < n && status == M_OK; k++) sum = sum * 31u + (uint32_t)out[k];
    }
    printf("%08lx\n", (unsigned long)sum);
    return 0;
}
