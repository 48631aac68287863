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

/* What the fields hold, kind by kind: ast.def. depth: levels of nodes from here down, 1 for a leaf; a parsed tree
 * has at most AST_MOST_DEPTH, so that walking it by recursion is safe. */
typedef struct Ast Ast;
struct Ast { AstKind kind; Span span; const char *name; /* interned */ Span name_span; int64_t i; double f; int n; Ast **kid; int depth; };
enum { AST_MOST_DEPTH = 1000 };

/* Parses a source. Errors are reported (at most 20) and parsing goes on; NULL only when nothing could be built. */
Ast *tfx_parse(Ctx *ctx, Source *s);
/* Prints as .tfx text that parses to the same tree. `a` is a tree of tfx_parse without error nodes, or a part of one. */
void ast_print(const Ast *a, Out *o);
/* A node with n NULL children; depth is 1 until the caller says otherwise. */
Ast *ast_new(Ctx *ctx, AstKind k, Span at, int n);
/* Same kind, fields and children all the way down; places are not compared. Both may be NULL. */
int  ast_same(const Ast *a, const Ast *b);
#endif
