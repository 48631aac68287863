/* tuning_file.h - reading and writing what plan/tuning.h holds. Private to compiler/driver. */
#ifndef DRIVER_TUNING_FILE_H
#define DRIVER_TUNING_FILE_H
#include "compiler/plan/tuning.h"
#include "compiler/base/out.h"

/* ratio: time of a call with it over that without, when it was chosen. */
typedef struct TuneLine { const char *key; TuneChoice choice; int rule, value; double ratio; } TuneLine;

/* What files are for: "NAME HASH" of the interface, the name of ctx->target, the kind of processor of this machine. */
const char *tuning_model(Arena *a, const Module *m);
const char *tuning_target(const Ctx *ctx);
const char *tuning_processor(Arena *a);
/* The answers of ctx->tuning_file; without any after a warning (another model, target, processor) or error. */
Tuning *tuning_read(Ctx *ctx, const Module *m);
void    tuning_unknown(Ctx *ctx, const Tuning *t);       /* warns of answers that no plan asked for */
void    tuning_write(Out *o, const Ctx *ctx, const Module *m, const TuneLine *line, int n);
#endif
