/* ast.h - the tree of a RASP program (tech-srl RASP). Takes nothing, gives the shapes that parse.y builds and eval.c
 * walks. Not: meaning. */
#ifndef RASP_AST_H
#define RASP_AST_H
#include "compiler/base/ctx.h"

typedef enum RaspKind {
  /* expressions: kid[] as listed */
  RASP_int, RASP_float, RASP_text,      /* text: digits, or the characters between the quotes */
  RASP_name,                            /* text */
  RASP_list, RASP_dict,                 /* elements; keys and values in turn */
  RASP_listcomp, RASP_dictcomp,         /* element(s), then what is run through; names */
  RASP_unary, RASP_binary,              /* op */
  RASP_choice,                          /* then, condition, else */
  RASP_in, RASP_index, RASP_call,       /* left, right; container, index; function, arguments */
  RASP_round, RASP_indicator, RASP_select /* key, query; op */, RASP_aggregate /* selector, sequence[, default] */,
  RASP_range, RASP_zip, RASP_len,
  /* statements */
  RASP_expr, RASP_assign /* values; names */, RASP_draw, RASP_load /* text */,
  RASP_def /* text: name; names: parameters; body, then results from kid[nbody] on */,
  RASP_for /* names; kid[0]: what is run through; body */, RASP_example, RASP_ignored
} RaspKind;

/* Operators in order of the table of names; RASP_op_text gives them back. */
typedef enum RaspOp { OP_add, OP_sub, OP_mul, OP_div, OP_mod, OP_pow, OP_eq, OP_ne, OP_lt, OP_le, OP_gt, OP_ge, OP_and, OP_or, OP_not, OP_neg, OP_pos } RaspOp;
extern const char *const rasp_op_text[];

typedef struct RaspName { const char *text; Span at; } RaspName;
typedef struct RaspAst RaspAst;
struct RaspAst {
  RaspKind kind; Span span; const char *text; RaspOp op; int paren;   /* paren: it stood in parentheses */
  int n, nbody; RaspAst **kid; int nnames; RaspName *names;
};
typedef struct RaspFile { int n; RaspAst **at; } RaspFile;

/* Statements of a file, without those that are malformed; NULL only when nothing could be read. */
RaspFile *rasp_parse(Ctx *ctx, Source *s);
#endif
