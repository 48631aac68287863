/* ast.c - nodes of the syntax tree and the names of their kinds. Takes a kind and a number of children, gives a node.
 * Not: printing (ast_print.c), meaning (build.c). */
#include "frontends/tfx/ast.h"

const char *const ast_kind_name[AST_COUNT] = {
#define AST(name, doc) #name,
#include "frontends/tfx/ast.def"
#undef AST
};

Ast *ast_new(Ctx *ctx, AstKind k, Span at, int n)
{
    Ast *a = NEW(ctx->perm, Ast);
    a->kind = k;
    a->span = at;
    a->n = n;
    a->depth = 1;
    a->kid = NEWN(ctx->perm, Ast *, n + 1);
    return a;
}
