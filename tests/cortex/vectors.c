/* vectors.c - what a Cortex-M needs to start: the first stack pointer and where to begin. newlib's start-up and semihosting
 * (rdimon) do the rest; see mcu.ld. */
extern void _start(void);
extern unsigned char stack_top[];

static void stop(void)
{
    for (;;) {}
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, (const void *)_start, (const void *)stop, (const void *)stop, (const void *)stop, (const void *)stop, (const void *)stop,
};
