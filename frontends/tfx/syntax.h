/* syntax.h - what lexer and parser of one file share; included by lex.l and parse.y only.
 * Takes nothing from elsewhere and gives no tree: that is ast.h. */
#ifndef TFX_SYNTAX_H
#define TFX_SYNTAX_H
#include "frontends/tfx/ast.h"

typedef VEC(Ast *) AstList;

/* A name or text with its place, as the lexer hands it over. */
typedef struct Word { const char *text; Span at; } Word;

/* One parse. Lives on the stack of tfx_parse; everything it points to is on ctx->perm. */
typedef struct Parse {
  Ctx     *ctx;
  Source  *source;
  void    *scanner;      /* flex */
  uint32_t at;           /* position after the last token or blank */
  Span     last, before; /* the lookahead token and the one before it */
  int      last_token;
  int      too_deep;     /* nesting was reported */
  int      stopped;      /* .. and the rest of the file is not read */
  Span     unclosed;     /* the bracket that the last token should have closed first; or none */
  VEC(Span) open;        /* brackets that are not closed yet */
  AstList  items;        /* of the file, in order */
} Parse;

void tfx_lex_open(Parse *p);
#endif
