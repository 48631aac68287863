/* value.h - what a RASP expression is at compile time; private to frontends/rasp.
 * An s-op is a line of .tfx text that has been written; a selector a condition on i (query) and j (key). */
#ifndef RASP_VALUE_H
#define RASP_VALUE_H
#include "frontends/rasp/ast.h"
#include "frontends/rasp/rasp.h"

typedef enum RvKind { RV_bad, RV_int, RV_float, RV_bool, RV_text, RV_list, RV_dict, RV_sop, RV_selector, RV_function } RvKind;
typedef struct Line Line;
/* Lines that a text needs. */
typedef VEC(Line *) Deps;
struct Line { const char *text; Deps deps; int base; int seen; };   /* base: the input that it is, or -1 */

/* lo, hi: what the numbers lie between; for floats whole numbers around that, at most FAR. */
#define FAR (INT64_C(1) << 62)
/* An element of a sequence as text at an index, or a literal. For texts: `txt` is a code, or parts.. between literals. */
typedef struct El { RaspType type; const char *txt, *tag; int64_t lo, hi; int wide; int nparts; const char **part, **literal; Deps deps; } El;
/* name: of the line; tag: name of the line of tags; parts: names */
typedef struct Sop { RaspType type; const char *name, *tag; int64_t lo, hi; int wide, constant; int nparts; const char **part, **literal; Deps deps; int positions; /* it is indices */ } Sop;
typedef struct Sel { const char *txt; int unique; Deps deps; } Sel;
typedef struct Scope Scope;
typedef struct Fn { const RaspAst *def; Scope *env; int native; const char *name; } Fn;
typedef struct Rv { RvKind kind; Span span; int64_t i; double f; const char *s; int n; struct Rv *item; Sop *sop; Sel *sel; Fn *fn; } Rv;
struct Scope { Scope *up; SMap names; };

typedef struct Rasp {
  Ctx *ctx; Arena *a; RaspProgram *out; Scope *library, *top; int64_t max; int counter, depth, budget; const char *path;
  Sop *base[BASE_COUNT]; VEC(const char *) user; Map texts;
} Rasp;

Rv   rv_bad(Span at);
Rv   rasp_error(Rasp *r, Span at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
Rv   rv_sop(Sop *s, Span at);
int  rv_atom(const Rv *v);                          /* int, float, bool or text */
const char *rv_what(Rasp *r, const Rv *v);          /* "an s-op of integers" */

/* ---- ops.c: element by element ---- */
El   el_of(Rasp *r, const Rv *v, const char *index);            /* of an atom or s-op */
Rv   sop_of(Rasp *r, El e, const char *hint, Span at);          /* writes the line(s) */
Rv   ops_binary(Rasp *r, RaspOp op, const Rv *a, const Rv *b, const char *hint, Span at);
Rv   ops_unary(Rasp *r, RaspOp op, const Rv *a, const char *hint, Span at);
Rv   ops_choice(Rasp *r, const Rv *c, const Rv *a, const Rv *b, const char *hint, Span at);
Rv   ops_round(Rasp *r, const Rv *a, const char *hint, Span at);
Rv   ops_indicator(Rasp *r, const Rv *a, const char *hint, Span at);
Rv   ops_index(Rasp *r, const Rv *list, const Rv *index, const char *hint, Span at);   /* list, text or dict by s-op */
Rv   ops_at(Rasp *r, const Rv *seq, int64_t at, const char *hint, Span where);         /* position of an s-op */
int  el_truth(Rasp *r, El *e);                                  /* becomes bool */
int  el_compare(Rasp *r, RaspOp op, El a, El b, El *to, Span at);
/* ---- select.c ---- */
Rv   select_make(Rasp *r, RaspOp op, const Rv *key, const Rv *query, Span at);
Rv   select_combine(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at);
Rv   select_width(Rasp *r, const Rv *sel, const char *hint, Span at);
Rv   aggregate_make(Rasp *r, const Rv *sel, const Rv *seq, const Rv *def, const char *hint, Span at);
/* ---- atoms.c: constants, as Python has them ---- */
Rv   atom_binary(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at);
Rv   atom_unary(Rasp *r, RaspOp op, const Rv *a, Span at);
int  atom_truth(const Rv *v);
int  atom_equal(const Rv *a, const Rv *b);
Rv   atom_round(Rasp *r, const Rv *a, Span at);
/* ---- text.c ---- */
int64_t text_code(Rasp *r, const char *s);
const char *fmt(Rasp *r, const char *f, ...) __attribute__((format(printf, 2, 3)));
Line *line_new(Rasp *r, const char *text, const Deps *deps);
void  deps_add(Rasp *r, Deps *to, const Deps *more);
const char *fresh(Rasp *r, const char *hint);
void  entry_write(Rasp *r, const char *name, const Sop *s, Span at);
void  selector_write(Rasp *r, const char *name, const Sel *s, Span at);
Sop  *base_sop(Rasp *r, RaspBase b);
#endif
