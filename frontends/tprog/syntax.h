/* syntax.h - what lexer and parser of one Python file share; included by lex.l and parse.y only. */
#ifndef TPROG_SYNTAX_H
#define TPROG_SYNTAX_H
#include "frontends/tprog/python.h"

typedef VEC(Py *) PyList;
enum { PY_INDENTS = 64 };
typedef struct PyParse {
  Ctx *ctx; Source *source; void *scanner; uint32_t at;
  int depth, stopped;                   /* open brackets: lines do not end inside of them */
  int indent[PY_INDENTS], nindent, dedents, fresh, ended;
  int held; Span held_at; struct { const char *text; int64_t num; } held_word;   /* a token that waits behind INDENT or DEDENT */
  Py *file;
} PyParse;
void py_lex_open(PyParse *p);
#endif
