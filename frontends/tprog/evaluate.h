/* evaluate.h - runs the functions of a generated program at compile time: predicates and tables over their whole domain,
 * helpers on small cases. Takes trees of python.h, gives values. Not: the run function, which is read by its forms. */
#ifndef TPROG_EVALUATE_H
#define TPROG_EVALUATE_H
#include "frontends/tprog/python.h"

typedef enum PvKind { PV_none, PV_bool, PV_int, PV_text, PV_enum, PV_list, PV_tuple, PV_set, PV_function } PvKind;
typedef struct Pv Pv;
typedef struct PvItems { int n, cap; Pv *at; } PvItems;
struct Pv {
  PvKind kind;
  int64_t num;                          /* bool, int; of an enum the member */
  const char *text;                     /* text; of an enum the class */
  PvItems *items;                       /* list, tuple, set */
  const Py *fn; struct PyScope *scope;  /* function: PY_def or PY_lambda; NULL: native */
};
typedef struct PyRun PyRun;
struct PyRun {
  Ctx *ctx; Arena *a;                   /* a: thrown away by the caller when the values are read */
  int (*member)(void *user, const char *klass, const char *name); void *user;  /* the place of Klass.name; -1: none */
  int (*native)(PyRun *r, const Pv *f, int n, const Pv *args, Pv *result);   /* what a function without a tree does */
  Map sets;                             /* of literals, by tree; map_init before use */
  Span at; const char *why;             /* the first failure */
  int depth; int64_t steps;
};

Pv  pv_int(int64_t v);
Pv  pv_text(const char *s);
Pv  pv_enum(const char *klass, int64_t member);
Pv  pv_list(PyRun *r);
void pv_push(PyRun *r, Pv *list, Pv v);
int pv_truth(const Pv *v);
int pv_same(const Pv *a, const Pv *b);  /* Python's == for what is here: 1 == True, a text is no number, members by class */
/* fn(args..). 0 and r->why, r->at when it fails in Python or is outside of the subset. */
int py_call(PyRun *r, const Py *fn, int n, const Pv *args, Pv *result);
#endif
