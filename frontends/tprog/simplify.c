#include "frontends/tprog/tprog.h"
void tprog_simplify(Ctx *ctx, Tprog *p, Out *notes) { (void)ctx, (void)p, (void)notes; }
