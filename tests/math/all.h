/* Every file of runtime/math in an order that satisfies their needs= lists, as the emitter pastes them.
 * Gives all tfx_ functions as static inline; includes nothing but <stddef.h> and <stdint.h>.
 * run.sh sees to it that no file is missing. */
#ifndef TESTS_MATH_ALL_H
#define TESTS_MATH_ALL_H
#include <stddef.h>
#include <stdint.h>
#ifdef __GNUC__
#define TFX_INLINE static inline __attribute__((unused))
#else
#define TFX_INLINE static inline
#endif
#include "../../runtime/math/bits.c"
#include "../../runtime/math/minmax.c"
#include "../../runtime/math/rint.c"
#include "../../runtime/math/int.c"
#include "../../runtime/math/exp.c"
#include "../../runtime/math/exp2.c"
#include "../../runtime/math/expm1.c"
#include "../../runtime/math/log.c"
#include "../../runtime/math/log1p.c"
#include "../../runtime/math/log2.c"
#include "../../runtime/math/tanh.c"
#include "../../runtime/math/sigmoid.c"
#include "../../runtime/math/erf.c"
#include "../../runtime/math/sincos.c"
#include "../../runtime/math/sqrt.c"
#include "../../runtime/math/rsqrt.c"
#include "../../runtime/math/pow.c"
#include "../../runtime/math/f16.c"
#include "../../runtime/math/bf16.c"
#include "../../runtime/math/rounding.c"
#include "../../runtime/math/special.c"
#include "../../runtime/math/wide.c"
#include "../../runtime/math/index.c"
#include "../../runtime/math/rng.c"
#include "../../runtime/math/normal.c"
#endif
