/* hand.h - the encoder written by hand: see hand.c. */
#ifndef BENCH_ENCODER_HAND_H
#define BENCH_ENCODER_HAND_H
typedef double (*HandValue)(int parameter, int element);   /* parameters from 1 in the order of prelude.tfx */
void hand_init(HandValue f);
void hand_run(const float *in, float *out);   /* [32][64] each */
unsigned hand_work(void);                     /* bytes of work memory, as the compiled program counts it */
#endif
