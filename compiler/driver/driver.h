/* driver.h - one invocation: options, the compilation on one page, verbs. Private to compiler/driver. */
#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H
#include "compiler/emit/emit.h"
#include "compiler/opt/opt.h"

enum { EXIT_OK = 0, EXIT_INPUT = 1, EXIT_USAGE = 2, EXIT_BUDGET = 3 };

typedef struct Options {
  const char *input, *output, *name, *emit, *model;
  int64_t ram, flash;              /* limits in bytes; -1: none */
  int report, depfile, json, color, werror, help, version;
  OptOptions opt;                  /* -O, --dump, --skip, ... */
  const char *line;                /* options as given, for the banner */
} Options;

/* Fills options and ctx (defines, includes); returns 0 or an exit status after printing why. */
int  options_parse(Options *o, Ctx *ctx, int argc, char **argv);
void options_help(int what);        /* 1 help, 2 passes, 3 operators */
int  compile_run(Options *o, Ctx *ctx);
void report_print(const Plan *p, Out *o);
#endif
