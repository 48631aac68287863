/* emit.h - plan to text, to weight image, to reports. */
#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H
#include "compiler/plan/plan.h"
#include "targets/targets.h"

/* Where the weights are: in the .c file; in FILE.bin included by the .c file's assembler statement; in FILE.bin given
 * at run time; in FILE.bin included by an assembler file of its own, which is linked; in the .c file, an array of numbers a tensor. */
typedef enum WeightsAs { WEIGHTS_inline, WEIGHTS_incbin, WEIGHTS_blob, WEIGHTS_object, WEIGHTS_tables, WEIGHTS_COUNT } WeightsAs;
extern const char *const weights_as_name[WEIGHTS_COUNT];

/* One call of a golden sequence: what the interpreter makes of it, on states as the calls before left them. */
typedef struct GoldenCall { int entry; const int64_t *dims; Value *in, *out; uint64_t seed; } GoldenCall;

/* Names of codes, given with the program as PREFIX_name[n]. */
typedef struct NameTable { const char *name, *what; int n; const char *const *at; } NameTable;

typedef struct EmitOptions {
  const char *prefix;          /* C prefix, lower case identifier */
  const char *header_name;     /* what the .c includes */
  const char *banner;          /* model and options, for provenance: no folders, no output names */
  const char *provenance;      /* more lines of the banner, each " * ...\n" */
  WeightsAs weights; const char *image_name; /* FILE.bin, as the assembler is to find it */
  int trace;                   /* hooks behind every step */
  int split;                   /* the text is too long for memory: see EmitFiles */
  const GoldenCall *golden; int ngolden;
  const NameTable *tables; int ntables;
  TargetList targets;          /* none: portable */
  int dispatch;                /* the program chooses among several targets when it runs */
  int threads;                 /* parts of the work, as the plan was made for; 0: entries know nothing of threads */
} EmitOptions;
/* The .c file is c. With `split` it is c, then the weights' text (weights_text), then c_end. s: empty, or the .S file. */
typedef struct EmitFiles { Out h, c, c_end, s; uint64_t id; /* of code and layout: an image fits when equal */ } EmitFiles;
/* Writes the texts. Deterministic: a function of plan and options only. */
void emit_c(const Plan *p, const EmitOptions *o, EmitFiles *out, Arena *a);
/* What a program that loads the emitted one needs to know: the function of an entry, where a state lies in the struct
 * (sizeof of it for k == states.n). */
const char *emit_entry_name(Arena *a, const char *prefix, const Entry *e);
int64_t emit_state_offset(const Plan *p, int k);

/* ---- image.c: the weights as bytes, a tensor at a time ---- */
typedef struct Sink { void (*put)(void *u, const void *bytes, size_t n); void *u; } Sink;
typedef struct ImageSum { uint64_t a, b; } ImageSum;   /* of 32-bit words, little-endian: their sum; the sum of the sums so far */
enum { IMAGE_HEADER = 64, IMAGE_VERSION = 1 };
ImageSum image_put(const Plan *p, Sink to);            /* plan->weight_bytes bytes */
/* 64 bytes before them in FILE.bin: "TFXW", version, bytes, id, sums a and b, zeros; all little-endian. */
void image_header(const Plan *p, const ImageSum *sum, uint64_t id, unsigned char header[IMAGE_HEADER]);
void weights_text(const Plan *p, Sink to);             /* the rows of the inline array */

/* ---- growth.c ---- */
const char *step_growth(Arena *a, const Plan *p, const EntryPlan *ep, const Step *s);   /* "all pairs O(T^2)"; "" without run-time sizes */
const char *entry_growth(Arena *a, const Plan *p, const EntryPlan *ep);  /* "time O(T log T), work memory O(T)"; "" when unknown */

/* ---- roofline.c: measured steps beside what the machine can do ---- */
typedef struct RoofStep { const char *name; uint32_t id; Cost cost; double seconds; } RoofStep;
/* seconds: of a whole call, the best of `calls`; peak: FLOP/s; bandwidth: bytes/s of reading `bytes` bytes over and over; near: few. */
typedef struct Roofline { const char *title; double seconds, peak, bandwidth, near, bytes; int calls, n; RoofStep *step; } Roofline;
void roofline_text(const Roofline *r, Out *o);
void roofline_json(const Roofline *r, Out *o);
void roofline_html(const Roofline *r, Out *o);         /* one page, nothing outside of it */

/* ---- choices.c, report.c, json.c ---- */
void choices_text(const Plan *p, Out *o);              /* nothing for a plan without a Tuning */
void report_text(const Plan *p, Out *o);
void report_json(const Plan *p, const char *model, Out *o);
#endif
