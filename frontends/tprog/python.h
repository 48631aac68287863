/* python.h - the tree of the part of Python that generated Transformer Programs are written in. Takes a source, gives its
 * statements; forms.c compares trees, evaluate.c runs functions. Not: Python. What is outside of it is a syntax error. */
#ifndef TPROG_PYTHON_H
#define TPROG_PYTHON_H
#include "compiler/base/ctx.h"

typedef enum PyKind {
  /* expressions: kid[] as listed */
  PY_name, PY_int, PY_text, PY_format,  /* text; PY_format: f"..", not taken apart */
  PY_none, PY_true, PY_false, PY_nothing, /* nothing: a missing end of a slice */
  PY_attr, PY_index, PY_slice,          /* value (text: attribute); value, index; from, to */
  PY_call, PY_keyword,                  /* function, arguments; value (text: name) */
  PY_list, PY_tuple, PY_set, PY_dict,   /* elements; of a dict keys and values in turn */
  PY_comp,                              /* element, target, iterable[, condition]; in brackets or bare */
  PY_lambda,                            /* parameters as a tuple, value */
  PY_not, PY_neg, PY_binary, PY_compare, PY_and, PY_or, /* text: the operator */
  PY_choice,                            /* then, condition, else */
  /* statements */
  PY_import, PY_def, PY_class,          /* -; text: name, kid[0]: parameters (tuple), kid[1]: body; kid[0]: body */
  PY_return, PY_if, PY_for,             /* [value]; condition, body[, else]; target, iterable, body */
  PY_assign, PY_expr, PY_block          /* target, value; value; statements */
} PyKind;

typedef struct Py Py;
struct Py { PyKind kind; Span span; const char *text; int64_t num; int n; Py **kid; };

/* The statements of a file (PY_block); NULL after diagnostics. */
Py *py_parse(Ctx *ctx, Source *s);
#endif
