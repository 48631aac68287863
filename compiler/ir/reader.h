/* reader.h - the reader of the text form: its state, lexer and expression parser; private to ir/read*.c.
 * The first fault is reported and ends the reading (reader_fail jumps to graph_read_with). */
#ifndef IR_READER_H
#define IR_READER_H
#include <setjmp.h>
#include "compiler/ir/text.h"

typedef enum TokKind { TOK_end, TOK_name, TOK_string, TOK_int, TOK_float, TOK_punct } TokKind;
typedef struct Tok {
    TokKind kind; uint32_t at, end;      /* offsets in the text */
    int newline;                         /* first on its line */
    const char *text;                    /* name, string value, punctuation or digits; NUL-terminated */
    uint64_t u; double f;                /* TOK_int (u), TOK_float (f) */
} Tok;

typedef struct Lexer { uint32_t pos; Tok tok; int paren; } Lexer;   /* saved and restored to look ahead */

typedef struct Reader {
    Ctx *ctx; Module *m; Arena *a; Source *source; const char *text; uint32_t size;
    Lexer lex;
    jmp_buf fail;
    Map nodes;                           /* id + 1 -> Node */
    SMap syms, states, externs;
    Map syms_by_id;                      /* id + 1 -> Sym */
    int depth, ops;                      /* nesting and operators of the current expression */
    int rank, acc;                       /* of the node being read; class of acc or -1 */
    VEC(Expr *) shared;                  /* $0.. */
    int block_depth;
    TensorLoader loader; void *loader_user;
} Reader;

enum { MAX_DEPTH = 200, MAX_OPS = 4000, MAX_BLOCKS = 32, MAX_ID = 1 << 24 };

/* ---- read_lex.c ---- */
_Noreturn void reader_fail(Reader *r, const Tok *at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
Span  reader_span(const Reader *r, const Tok *t);
void  reader_next(Reader *r);                          /* r->lex.tok becomes the next token */
int   reader_ends(const Reader *r);                    /* end of the line, outside brackets */
int   reader_is(const Reader *r, const char *text);    /* punctuation or name `text` on this line? */
int   reader_accept(Reader *r, const char *text);
void  reader_expect(Reader *r, const char *text);
void  reader_open(Reader *r, const char *text);        /* expect an opening bracket; newlines mean nothing inside */
void  reader_close(Reader *r, const char *text);
void  reader_eol(Reader *r);
_Noreturn void reader_wanted(Reader *r, const char *what);
const char *reader_name(Reader *r, const char *what);  /* name or string, interned */
uint64_t reader_uint(Reader *r, const char *what, uint64_t most);
int64_t  reader_int(Reader *r, const char *what);      /* with sign */
double   reader_float(Reader *r);                      /* signed number, inf, nan */
void  reader_skip_line(Reader *r);                     /* to the first token of the next line */
/* "lo..hi" or "lo..=hi" or "lo.." (when `open`): inclusive limits */
void  reader_interval(Reader *r, int open, int64_t *lo, int64_t *hi);

/* ---- read_expr.c ---- */
Expr *reader_expr(Reader *r, int prec);                /* a whole expression of at least this binding strength */
Expr *reader_typed(Reader *r, int prec, TypeClass c, const char *what);
Node *reader_node(Reader *r);                          /* %id of a known node */
const Sym *reader_sym(Reader *r);
/* T or "T"@5: name and id (-1 when absent) */
const char *reader_sym_name(Reader *r, int *id);

/* ---- read_tensor.c ---- */
DType reader_dtype(Reader *r);
/* where the values come from, after "=": {..}, hex {..}, random, from */
Tensor *reader_tensor(Reader *r, DType dtype, int rank, const int64_t *shape, const char *name);
#endif
