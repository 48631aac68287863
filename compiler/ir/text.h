/* text.h - what the printer and the reader of the text form share; private to ir/. */
#ifndef IR_TEXT_H
#define IR_TEXT_H
#include "compiler/ir/ir.h"

/* Binding strength of expressions, weakest first. A comparison does not associate. */
enum { PREC_SELECT = 1, PREC_OR, PREC_AND, PREC_CMP, PREC_BOR, PREC_BXOR, PREC_BAND, PREC_SHIFT, PREC_ADD, PREC_MUL, PREC_UNARY, PREC_ATOM };

typedef struct InfixOp { const char *text; ExprOp op; int prec; } InfixOp;
extern const InfixOp infix_ops[];                    /* longest texts first; ends with text == NULL */

/* The symbols that a printed module mentions: a name that two of them share is printed as name@id. */
typedef struct SymNames { VEC(const Sym *) list; int any_double; } SymNames;
void sym_names(SymNames *names, Arena *a, const Module *m);
void sym_print(Out *o, const SymNames *names, const Sym *s);

/* Slots below `rank` are printed as o0.., the others as r0... */
void expr_print(Out *o, const SymNames *names, const Expr *e, int rank, int prec);

int  text_is_name(const char *s);                    /* letter or _, then letters, digits, _, and single dots inside */
int  text_is_reserved(const char *s);                /* o0.. r0.. acc or true false inf nan: never a bare symbol */
void text_quote(Out *o, const char *s);              /* "..." with \" \\ \n \t \xHH */
void text_name(Out *o, const char *s);               /* bare when text_is_name, otherwise quoted */
void text_f64(Out *o, double v);                     /* always with '.', 'e', inf or nan: never read back as an integer */
void text_f32(Out *o, float v);
#endif
