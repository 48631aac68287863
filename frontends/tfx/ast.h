/* ast.h - syntax of a .tfx file as one generic tree. The parser only builds it; meaning is given in build_*.c.
 * Not: names resolved, types, sizes. */
#ifndef TFX_AST_H
#define TFX_AST_H
#include "compiler/base/ctx.h"

typedef enum AstKind {
#define AST(name, doc) AST_##name,
#include "frontends/tfx/ast.def"
#undef AST
  AST_COUNT
} AstKind;
extern const char *const ast_kind_name[AST_COUNT];

typedef struct Ast Ast;
struct Ast { AstKind kind; Span span; const char *name; /* interned */ Span name_span; int64_t i; double f; int n; Ast **kid; };

/* Parses a source. Errors are reported (at most 20) and parsing goes on; NULL only when nothing could be built. */
Ast *tfx_parse(Ctx *ctx, Source *s);
/* Prints as .tfx text that parses to the same tree. */
void ast_print(const Ast *a, Out *o);
Ast *ast_new(Ctx *ctx, AstKind k, Span at, int n);
#endif
