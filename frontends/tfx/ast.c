/* ast.c - nodes of the syntax tree and the names of their kinds. Takes a kind and a number of children, gives a node;
 * compares trees.
 * Not: printing (ast_print.c), meaning (build.c). */
#include "frontends/tfx/ast.h"

#include <string.h>

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

/* Names are compared by text: the trees may come from different compilations. */
static int same_name(const char *a, const char *b) { return a == b || (a && b && !strcmp(a, b)); }

int ast_same(const Ast *a, const Ast *b)
{
    if (!a || !b) return a == b;
    if (a->kind != b->kind || a->n != b->n || a->i != b->i || !same_name(a->name, b->name)) return 0;
    if (memcmp(&a->f, &b->f, sizeof a->f)) return 0;
    for (int i = 0; i < a->n; i++)
        if (!ast_same(a->kid[i], b->kid[i])) return 0;
    return 1;
}
