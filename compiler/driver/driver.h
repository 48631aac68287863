/* driver.h - one invocation: options, the compilation on one page, verbs. Private to compiler/driver. */
#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H
#include "compiler/emit/emit.h"
#include "compiler/opt/opt.h"
#include "frontends/rasp/rasp.h"
#include "frontends/tprog/tprog.h"
#include "targets/targets.h"

enum { EXIT_OK = 0, EXIT_INPUT = 1, EXIT_USAGE = 2, EXIT_BUDGET = 3 };

typedef enum Verb { VERB_compile, VERB_run, VERB_verify, VERB_equiv, VERB_trace, VERB_bench, VERB_tune } Verb;
/* One call of `tfxc run`: "reset" or an entry (NULL: the first), and its arguments as written. */
typedef struct CallSpec { const char *entry; VEC(const char *) args; } CallSpec;

typedef struct Options {
  Verb verb;
  const char *input, *output, *name, *emit, *model;
  int64_t ram, flash;              /* limits in bytes; -1: none */
  const char *report_as;           /* --report=text, html or json; NULL: as the verb has it */
  int report, depfile, json, color, werror, help, version;
  int weights;                     /* WeightsAs; -1: by size */
  int taps, trace, self_test;
  TargetList targets;              /* none: portable */
  int dispatch;                    /* the program chooses among them */
  int why;                         /* trace: explain the result at this position; -1: none */
  const char *alphabet; int length;  /* equiv: every input of these letters up to this length */
  int semantics;                   /* of a learned program: TPROG_BY_* */
  int json_io; const char *inputs;   /* run of a program: JSON in and out; a file of inputs, one a line */
  VEC(CallSpec *) calls;           /* run, verify */
  int interpret; double tol; uint64_t seed; /* run: no C; verify: tolerance, random inputs */
  OptOptions opt;                  /* -O, --dump, --skip, ... */
  double budget;                   /* tune: seconds */
  const char *line;                /* the options that change the program, for the banner */
} Options;

/* options.c. Fills options and ctx (defines, includes); returns 0 or an exit status after printing why. */
int  options_parse(Options *o, Ctx *ctx, int argc, char **argv);
void options_help(int what);       /* HELP_* */
enum { MAX_THREADS = 64 };
enum { HELP_usage = 1, HELP_passes, HELP_ops, HELP_targets };
int  usage(const char *fmt, const char *what);   /* prints, gives EXIT_USAGE */
/* arguments.c: argv with every @FILE replaced by the words of the file. 0, or an exit status after printing why. */
typedef struct Arguments { VEC(const char *) list; } Arguments;
int  arguments_read(Arguments *args, Ctx *ctx, int argc, char **argv);
int  arguments_split(Arena *a, const char *text, Arguments *args);   /* words; quotes and backslash; # to end of line. 0: a quote is open */

/* ctx.c */
void ctx_init(Ctx *ctx);
/* Another context with the same options, whose messages nobody sees: to load the model a second time. */
void ctx_again(Ctx *to, const Ctx *from);
void ctx_close(Ctx *ctx);

/* compile.c */
int     compile_run(Options *o, Ctx *ctx);
Module *model_load(const Options *o, Ctx *ctx);  /* NULL after diagnostics; *hash of the source when not NULL */
Plan   *model_plan(Ctx *ctx, Module *m);         /* checked; NULL after diagnostics */
const char *base_name(const char *path);
int     ends_with(const char *s, const char *tail);

/* files.c: writes header, source, image, assembler, dependencies; names that are NULL are not written. All or none. */
typedef struct FileSet { const char *c, *h, *bin, *s; } FileSet;
void    files_write(Ctx *ctx, const Plan *p, EmitOptions *eo, const FileSet *to);

/* values.c: inputs as written, values as bytes of the emitted program. */
enum { MAX_DIMS = 32 };
typedef struct CallValues { int index; const Entry *e; int64_t dims[MAX_DIMS]; Value *in, *out; } CallValues;   /* index: of the entry */
/* Inputs as `spec` has them; `before`: the call before, for @OUTPUT, or NULL. 0, or an exit status after saying why. */
int     values_read(Ctx *ctx, const Module *m, const CallSpec *spec, const CallValues *before, CallValues *to);
/* Random inputs and room for outputs at sizes to->dims. */
void    values_random(Arena *a, const Module *m, int entry, uint64_t seed, CallValues *to);
void    value_store(const Value *v, unsigned char *dst);
void    value_fetch(Value *v, const unsigned char *src);
void    value_print(const char *name, const Value *v, Out *o);

/* host.c: the emitted program, compiled by $CC and loaded. */
typedef struct Host Host;
Host   *host_build(Ctx *ctx, const Plan *p);     /* for ctx->target; NULL after saying why */
/* The same with hooks behind its steps and another source file, which sees m.h. */
Host   *host_build_hooked(Ctx *ctx, const Plan *p, const char *flags, const char *text, size_t size);
void   *host_symbol(const Host *h, const char *name);
double  host_seconds(const Host *h);             /* of the last call */
void    host_reset(Host *h);
int     host_call(Host *h, int entry, const int64_t *dims, const Value *in, Value *out); /* status; -1 after saying what is wrong */
void    host_state(const Host *h, int k, Value *to);   /* state k as it is now; to has its type and shape */
void    host_close(Host *h);
const char *status_text(int status);

/* golden.c: calls with random inputs and what the interpreter makes of them, for --self-test. */
void    golden_calls(const Options *o, Ctx *ctx, EmitOptions *eo);

/* program.c: sources that are programs over tokens */
int     is_program(const Options *o);
/* A program, and the .tfx text that it is compiled from: of the s-op that is asked for, the last one otherwise. */
typedef struct Program { RaspProgram *rasp; const RaspEntry *entry; Tprog *learned; Source *text; int64_t most; } Program;
Program *program_load(const Options *o, Ctx *ctx, Source *s);        /* NULL after diagnostics */
const NameTable *program_tables(Ctx *ctx, const Program *p, int *n);
int     program_example(const Options *o, Ctx *ctx, Program *p, const Module *m);   /* 0 after saying that the example fails */
int     program_run(Options *o, Ctx *ctx);
/* A program that can be called, by compiled C or by the interpreter. */
typedef struct ProgramRunner { Ctx *ctx; Options *o; Program *p; Module *m; Interp *ip; Host *host; const char *like; /* o->input is a model with tokens and classes of this program */ } ProgramRunner;
int     program_open(ProgramRunner *r);               /* 0, or an exit status after saying why */
/* The result for an input as JSON (o->json_io) or as the reference prints it. 0: it fails, and *why says how. */
int     program_call(ProgramRunner *r, const char *input, Out *text, const char **why);
void    program_close(ProgramRunner *r);
int     equiv_verb(Options *o, Ctx *ctx);
int     trace_verb(Options *o, Ctx *ctx);             /* trace.c */

int run_verb(Options *o, Ctx *ctx);
int bench_verb(Options *o, Ctx *ctx);                 /* bench.c */
int tune_verb(Options *o, Ctx *ctx);                  /* tune.c */
/* inputs.c: the one call that bench and tune measure. 0, or an exit status after saying why. */
int bench_inputs(const Options *o, Ctx *ctx, const Module *m, Host *h, CallValues *to);
int verify_verb(Options *o, Ctx *ctx);
#endif
