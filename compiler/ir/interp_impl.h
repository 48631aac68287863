/* interp_impl.h - what the files of the interpreter share; private to ir/interp*.c.
 *
 * The expressions of a node become one flat program over registers. Instructions are sorted by level: level 0 needs no
 * index, level s + 1 needs slot s (the deepest it uses), the last level needs the reduced value. A level is executed
 * when its slot changes, so whatever does not depend on inner indices is computed once outside.
 *
 * Everything is computed eagerly, also both arms of a select. A read out of bounds (or a guard that fails) gives 0 and
 * marks its level; a value that is demanded while a mark is set is evaluated again, arm by arm, by program_demand,
 * which reports only what a taken arm really reads. */
#ifndef IR_INTERP_IMPL_H
#define IR_INTERP_IMPL_H
#include "compiler/ir/ir.h"

typedef union Reg { double f; int64_t i; } Reg;

typedef enum InsOp {
    INS_addr,                            /* dst = a + b * stride, or -1: a < 0 or b not in 0..size-1 */
    INS_load_f, INS_load_i, INS_load_f32, /* the last subscript and the element; operands as addr; c: pad or -1 */
    INS_add_f, INS_sub_f, INS_mul_f, INS_div_f, INS_add_i, INS_sub_i, INS_mul_i, INS_lt_i, INS_le_i, INS_eq_i,
    INS_and, INS_or, INS_select, INS_to_f, INS_guard,
    INS_other,                           /* expr_eval_f or expr_eval_i */
} InsOp;

typedef struct Ins {
    InsOp op; ExprOp ex; int level; int dst, a, b, c, nargs;
    int float_args, float_result, wide;  /* INS_other: how the operands and the result are kept; wide: i64 */
    const Node *node; int dim;           /* addr, load: which dimension (-1: a load without subscripts) */
    int64_t size, stride; const void *base;
} Ins;

enum { MAX_LEVEL = MAX_SLOTS + 2 };

typedef struct Program {
    int rank, nslots, last;              /* last == nslots + 1: the level of post */
    int nregs, acc;                      /* registers 0..nslots-1 are the indices; acc: register of the reduced value */
    Reg *regs, *again;                   /* again: values of program_demand */
    uint32_t *stamp, now;
    int *def, *level;                    /* register -> instruction or -1; level */
    Ins *ins; int nins, start[MAX_LEVEL + 1];
    int nsyms; const Sym **sym; int *sym_reg;
    int body, post, empty, lo[MAX_RED], hi[MAX_RED], sub[MAX_RANK];   /* registers; -1: absent */
    int nconj; int *conj; int conj_start[MAX_LEVEL + 1];              /* sorted by level */
    int marked[MAX_LEVEL + 1], mark;     /* is a level or one outside it marked; mark: set by the running level */
    int dot;                             /* the innermost level is load, load, product of the two: its first instruction; or -1 */
} Program;

/* What a program is made of: a node, or some other expression over ranges. */
typedef struct ProgramSource {
    int rank, nred; const Range *r; int nconj; Expr *const *conj; Expr *body, *post, *empty; Expr *const *sub; int nsub;
} ProgramSource;

typedef struct NodeValue { Value v; int64_t cap; int ready; const Tensor *raw; /* f32 data used in place, v.f == NULL */ int taken; } NodeValue;

struct Interp {
    const Module *m; Arena *arena;       /* arena: lives as long as the interpreter */
    Arena *run;                          /* of one run: values of nodes */
    Map vals;                            /* Node -> NodeValue, in run */
    Map programs;                        /* Node, Expr or Check -> Program, in arena */
    Map syms;                            /* Sym -> int64_t *, in run */
    Map states;                          /* State -> Value *, in arena */
    ExternCall call; void *call_user;
    void (*watch)(void *u, const Node *n, const Value *v); void *watch_user;
    InterpStatus status; const char *why; /* first fault of the run */
    int quiet, faulted;                  /* program_demand: count faults, report none */
    const Node *at;                      /* being evaluated, for messages */
};

/* ---- interp.c ---- */
void interp_fault(Interp *ip, InterpStatus s, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int64_t interp_sym(const Interp *ip, const Sym *s);
void interp_set_sym(Interp *ip, const Sym *s, int64_t v);
NodeValue *interp_slot(Interp *ip, const Node *n);       /* made when absent */
const Value *interp_value(Interp *ip, const Node *n);    /* with its elements in f or i */
/* A buffer for n of the given shape; keeps the old one when it is big enough. */
Value *interp_make(Interp *ip, const Node *n, int rank, const int64_t *shape);
double  store_f(DType t, double v);                      /* what storing v as t keeps */
int64_t store_i(DType t, int64_t v);

/* ---- interp_prog.c ---- */
Program *program_new(Arena *a, const ProgramSource *s);
void program_bind(Interp *ip, Program *p);               /* addresses, sizes and symbols of this moment */
void program_level(Program *p, int level);               /* executes one level */
Reg  program_demand(Interp *ip, Program *p, int reg);    /* value of a register, exact */
int  program_conj(Interp *ip, Program *p, int level);    /* do the conditions of this level hold? */

/* ---- interp_node.c ---- */
int64_t interp_int(Interp *ip, Expr *e);                 /* integer or bool expression without slots */
void interp_node(Interp *ip, const Node *n);             /* evaluates one node; its operands are ready */
void interp_block(Interp *ip, const Block *b);
int  interp_check(Interp *ip, const Check *c);           /* holds? */
/* The sizes of n; faults and zeros when negative or too big. */
void interp_shape(Interp *ip, const Node *n, int64_t *shape);
#endif
