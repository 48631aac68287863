/* syntax.h - what lexer and parser of one RASP file share; included by lex.l and parse.y only. */
#ifndef RASP_SYNTAX_H
#define RASP_SYNTAX_H
#include "frontends/rasp/ast.h"

typedef VEC(RaspAst *) RaspList;
typedef VEC(RaspName) RaspNames;
typedef struct RaspParse { Ctx *ctx; Source *source; void *scanner; uint32_t at; Span last; int depth, stopped; RaspList items; } RaspParse;
void rasp_lex_open(RaspParse *p);
#endif
