/* ir.h - the tensor graph: what a model means, without notation and without machine.
 *
 * A Module holds symbols (run-time sizes), parameters, states and entries. An entry is a Block: nodes in
 * evaluation order. The one construct is NODE_compute, the index assignment
 *
 *     out[o0..] = post( R[r0 in lo..hi, .. where conj..] body(o.., r..) )
 *
 * Scalar code (body, predicates, subscripts, sizes) is one hash-consed expression type: equal code is the same
 * pointer. Indices are named by position (slot), so equal nodes have equal expressions.
 * Integer add/sub/mul are kept as canonical affine sums, so equal index arithmetic is the same pointer too.
 *
 * The text form is printed by graph_print and read by graph_read; read(print(g)) prints the same.
 * This header knows no frontend, no pass, no machine. */
#ifndef IR_IR_H
#define IR_IR_H
#include "compiler/base/ctx.h"

enum { MAX_RANK = 12, MAX_RED = 12, MAX_SLOTS = MAX_RANK + MAX_RED };

typedef enum DType {
#define DTYPE(name, bits, cls, c) DT_##name,
#include "compiler/ir/dtypes.def"
#undef DTYPE
  DT_COUNT
} DType;
/* What an expression computes in: F f32, I i32, B truth values; D f64 and L i64 only where somebody asked for them. */
typedef enum TypeClass { CLS_F, CLS_I, CLS_B, CLS_D, CLS_L } TypeClass;
typedef struct DTypeInfo { const char *name; int bits; TypeClass cls; const char *c; } DTypeInfo;
extern const DTypeInfo dtype_info[DT_COUNT];
static inline TypeClass dtype_class(DType t) { return dtype_info[t].cls; }
static inline int dtype_is_float(DType t) { return dtype_class(t) == CLS_F || dtype_class(t) == CLS_D; }
static inline int dtype_is_int(DType t) { return dtype_class(t) == CLS_I || dtype_class(t) == CLS_L; }
/* May values of a node of type t lie in a tensor of type data? Floats in floats, integers in integers. */
static inline int dtype_stores(DType data, DType t) { return dtype_is_float(data) == dtype_is_float(t) && dtype_is_int(data) == dtype_is_int(t); }
int dtype_by_name(const char *name);                 /* -1 when unknown */
/* the dtype an expression of this class has: DT_f32, DT_i32, DT_bool, DT_f64, DT_i64 */
DType class_dtype(TypeClass c);

typedef enum ExprOp {
#define LEAF(name, doc) EX_##name,
#define EXPR(name, arity, res, arg, c, cost, doc) EX_##name,
#include "compiler/ir/exprs.def"
#undef LEAF
#undef EXPR
  EX_COUNT
} ExprOp;
typedef struct ExprInfo { const char *name; int arity; char res, arg; const char *c; int cost; const char *doc; } ExprInfo;
extern const ExprInfo expr_info[EX_COUNT];           /* leaves: arity -1 */
static inline int expr_is_cast(ExprOp op) { return op == EX_to_f || op == EX_to_i || op == EX_to_b || op == EX_to_d || op == EX_to_l; }
int expr_by_name(const char *name);                  /* -1 when unknown */

typedef struct Node Node;
typedef struct Block Block;
typedef struct Module Module;

/* A run-time integer that is not a tensor: a `dim` (argument of the entry) or the variable of a loop. */
typedef enum SymKind { SYM_dim, SYM_loop } SymKind;
typedef struct Sym { const char *name; SymKind kind; int64_t lo, hi; /* inclusive; hi == INT64_MAX: unbounded */ Span span; int id;
                     const struct Expr *trip; /* loop: it stays below this; or NULL */
                     int multiple;   /* its values are multiples of this; 0: of 1 */ } Sym;

typedef struct Expr Expr;
struct Expr {
  ExprOp op; DType dtype;              /* DT_f32, DT_i32, DT_bool, DT_f64 or DT_i64 */
  int n; Expr **arg;                   /* operands; for read: subscripts; read_or: subscripts then pad */
  union { int64_t i; double f; int slot; const Sym *sym; Node *node; } u;
  uint32_t id;                         /* creation order in its module */
  uint32_t hash;
  uint32_t traits;                     /* bit s < MAX_SLOTS: uses slot s; and TRAIT_* of any part */
};
enum { TRAIT_read = 1 << 24,           /* contains read or read_or */
       TRAIT_data = 1 << 25,           /* an integer in it depends on run-time data (read, acc, random bits): may be any 32-bit value */
       TRAIT_acc = 1 << 26, TRAIT_guard = 1 << 27, TRAIT_sym = 1 << 28 };

typedef enum RedOp { RED_none, RED_sum, RED_prod, RED_max, RED_min, RED_any, RED_all,
                     RED_argmax, RED_argmin, RED_first, RED_last, RED_COUNT } RedOp;
/* argmax/argmin: exactly one reduced index, value = that index at the (first) extremum of body, -1 on an empty domain.
 * first/last: body at the smallest / largest reduced index (row-major) in the domain. Empty domain: `empty`, or 0.
 * max/min over an empty domain: -inf/+inf, integers INT32_MIN/MAX, unless `empty`. any: false, all: true, sum: 0, prod: 1. */
extern const char *const redop_name[RED_COUNT];

typedef struct Range { Expr *lo, *hi; } Range;        /* half open; may use output slots and earlier reduced slots */

typedef enum NodeKind {
#define NODE(name, doc) NODE_##name,
#include "compiler/ir/nodes.def"
#undef NODE
  NODE_COUNT
} NodeKind;
extern const char *const node_kind_name[NODE_COUNT];
extern const char *const node_kind_doc[NODE_COUNT];

typedef enum ScatterMode { SCATTER_set, SCATTER_add, SCATTER_max, SCATTER_min } ScatterMode;

/* Stored data of a parameter or constant. data may be unaligned (mapped file) and little-endian;
 * data == NULL: synthetic values of (seed, element number) with given scale (uniform in [-scale, scale] + offset). */
typedef struct Tensor {
  const char *name, *file; Span span;
  DType dtype; int rank; int64_t shape[MAX_RANK];
  const void *data; size_t bytes;
  uint64_t seed; double scale, offset;
} Tensor;
int64_t tensor_count(const Tensor *t);
double  tensor_f64(const Tensor *t, int64_t flat);     /* any dtype, converted */
int64_t tensor_i64(const Tensor *t, int64_t flat);
void    tensor_range(const Tensor *t, int64_t *lo, int64_t *hi); /* smallest and largest of an integer tensor with elements */
/* dst[i] = element start + i*stride, i < n, as float (fast path for f32/f16/bf16 storage) */
void    tensor_f32_run(const Tensor *t, int64_t start, int64_t stride, int64_t n, float *dst);
double  f16_to_f64(uint16_t h); uint16_t f64_to_f16(double x);       /* round to nearest even */
double  bf16_to_f64(uint16_t h); uint16_t f64_to_bf16(double x);

/* search: out[i] = number of k with (in[0][k], in[1][k]) below (in[2][i], limit) in lexicographic order, all of one dimension.
 * in[0] ascends (NaN last), in[1] ascends among equal keys: keys sorted by argsort, and its result. */
typedef enum SearchLimit { SEARCH_below, SEARCH_through, SEARCH_before_here, SEARCH_upto_here } SearchLimit;   /* limit 0; none; i; i + 1 */
extern const char *const search_limit_name[4];

struct Node {
  uint32_t id;                         /* number in its module; printed as %id */
  NodeKind kind;
  const char *name;                    /* source name or NULL: a hint for people, never meaning */
  Span span;
  Block *block;                        /* where it lives; params and consts: NULL */
  DType dtype; int rank; Expr *ext[MAX_RANK];  /* sizes: integer expressions over symbols and rank-0 integer nodes */
  int64_t lo, hi;                      /* integer values lie in lo..hi (inclusive); INT32 range when unknown */
  /* compute and row operations, scatter */
  RedOp red; int nred; Range r[MAX_RED];       /* slots rank .. rank+nred-1 */
  int nconj; Expr **conj;              /* all must hold */
  Expr *body;                          /* compute: reduced value; softmax/cum*: the logit; scatter: the value */
  Expr *post;                          /* compute: NULL or expression with EX_acc and output slots only */
  Expr *empty;                         /* value of an empty domain or NULL */
  uint32_t row_axes;                   /* softmax/cumsum/cummax: bit mask of output slots that form the row */
  Expr *sub[MAX_RANK]; ScatterMode mode;       /* scatter: subscripts over slots rank.. ; in[0] is the base */
  /* everything else */
  int nin; Node **in;
  Tensor *data;                        /* param, const */
  struct State *state;                 /* NODE_state */
  int k;                               /* result: which; arg: which; argsort: 1 = descending; search: SearchLimit */
  Expr *trip, *cond;                   /* loop: number of iterations; if: condition (over rank-0 nodes and symbols) */
  Sym *var;                            /* loop: its variable 0..trip-1 */
  Block *then, *other;                 /* loop: body, NULL; if: both */
  int has_exit;                        /* loop: then->results[0] is a bool: go on? (checked after each iteration) */
  const struct ExternFn *ext_fn;       /* extern */
  int nres;                            /* loop, if, extern: number of results */
  void *note;                          /* scratch of the running pass */
};

struct Block {
  Block *parent; VEC(Node *) nodes;    /* in evaluation order; nodes of outer blocks may be read */
  VEC(Node *) args;                    /* NODE_arg: loop: one a carried value */
  VEC(Node *) results;                 /* loop: [go on?,] next value of each carried; if: the results */
  Node *owner;                         /* the loop or if; NULL for an entry */
};

typedef struct State { const char *name; DType dtype; int rank; int64_t shape[MAX_RANK]; Tensor *init; /* NULL: zeros */
                       int64_t lo, hi; Span span; } State;

typedef struct ExternFn { const char *name; int nin, nout; Span span; DType in_dtype[8]; int in_rank[8]; DType out_dtype[8]; int out_rank[8]; } ExternFn;

/* What must hold when an entry begins; otherwise it returns `status` and writes nothing.
 * With ranges (nred > 0): for every r.. in ranges (slots 0..nred-1). */
typedef enum CheckStatus { CHECK_ARG, CHECK_RANGE, CHECK_FULL } CheckStatus;
typedef struct Check { CheckStatus status; int nred; Range r[MAX_RED]; Expr *cond; const char *message; Span span; } Check;

typedef struct Output { const char *name; Node *node; Span span; } Output;
typedef struct StateOut { State *state; Node *node; } StateOut;
typedef struct Entry {
  const char *name; Span span; Block *block;
  VEC(Node *) inputs; VEC(Sym *) dims; /* run-time sizes in order of first use: they become arguments */
  VEC(Output) outputs; VEC(Output) taps;
  VEC(StateOut) state_out;             /* final value of every state that the entry changes */
  VEC(Check) checks;
  VEC(Expr *) facts;                   /* boolean expressions known true in this entry (from checks without ranges) */
} Entry;

struct Module {
  Ctx *ctx; Arena *arena; const char *name; const char *source_path;
  VEC(Sym *) syms; VEC(Node *) params; VEC(Node *) consts; VEC(State *) states; VEC(ExternFn *) externs; VEC(Entry *) entries;
  uint32_t next_node, next_expr, next_sym;
  struct ExprTable *table;             /* hash-consing */
  void *quant_reserved;
};

/* ---- graph.c: building ---- */
Module *module_new(Ctx *ctx, const char *name);
Entry  *entry_new(Module *m, const char *name, Span at);
Block  *block_new(Module *m, Block *parent);
Sym    *sym_new(Module *m, const char *name, SymKind kind, int64_t lo, int64_t hi, Span at);
/* A node without fields beyond these; appended to block (NULL: not appended; params/consts go to the module lists). */
Node   *node_new(Module *m, Block *b, NodeKind kind, DType dtype, int rank, Expr *const *ext, const char *name, Span at);
Node   *node_const_scalar(Module *m, DType dtype, double f, int64_t i);
void    node_add_in(Module *m, Node *n, Node *in);
void    node_add_conj(Module *m, Node *n, Expr *c);     /* splits `and`; drops literal true and repeated ones */
/* Visits every node that n reads (inputs, and reads in all of its expressions incl. sizes), duplicates possible. */
void    node_each_read(const Node *n, void (*f)(void *u, Node *read), void *u);
/* Visits every expression slot of n (ext, r, conj, body, post, empty, sub, trip, cond) for rewriting in place. */
void    node_each_expr(Node *n, void (*f)(void *u, Expr **e), void *u);
/* Every node of a block / of all entries, in evaluation order; a loop or if comes before the nodes of its blocks. */
void    block_each_node(Block *b, void (*f)(void *u, Node *n), void *u);
void    module_each_node(Module *m, void (*f)(void *u, Node *n), void *u);
/* Replaces every read of `from` by `to` (same rank and shape) in the whole module, also in outputs, results, states. */
void    module_replace(Module *m, Node *from, Node *to);  /* reads by `to` itself stay, so to may be made from `from` */
void    module_replace_all(Module *m, const Map *by);     /* Node * -> Node *, many in one walk; values are followed */
int64_t node_bound(const Module *m, const Entry *e, const Node *n, int axis); /* upper bound of a size; -1: unbounded */
int64_t node_count_bound(const Module *m, const Entry *e, const Node *n);     /* elements at most; -1: unbounded */
int     node_is_const(const Node *n);                   /* depends on params and consts only */

/* ---- expr.c, expr_int.c: hash-consed constructors; they fold constants and canonicalise integer arithmetic.
 * A sum of integers has one shape: positive term with the first atom in structural order, the other terms by + and -
 * (k == 1: atom, otherwise atom * k), the constant last. Atoms are ordered by structure, never by age or address.
 * Index and size arithmetic is assumed not to leave 32 bits; arithmetic on data (TRAIT_data) wraps, and folds that
 * wrapping would make wrong are done only when ranges exclude it. -0.0 and 0.0 are the same constant. ---- */
Expr *ex_int(Module *m, int64_t v);
Expr *ex_flt(Module *m, double v);
Expr *ex_bool(Module *m, int v);
Expr *ex_long(Module *m, int64_t v);                     /* i64 */
Expr *ex_double(Module *m, double v);                    /* f64 */
Expr *ex_number(Module *m, DType t, double v);           /* of the class of t */
Expr *ex_index(Module *m, int slot);
Expr *ex_sym(Module *m, const Sym *s);
Expr *ex_acc(Module *m, DType dtype);
Expr *ex_read(Module *m, Node *n, Expr *const *subs);                    /* n->rank subscripts */
Expr *ex_read_or(Module *m, Node *n, Expr *const *subs, Expr *pad);
Expr *ex_op(Module *m, ExprOp op, Expr *const *args);                    /* expr_info[op].arity operands, classes must fit */
Expr *ex_un(Module *m, ExprOp op, Expr *a);
Expr *ex_bin(Module *m, ExprOp op, Expr *a, Expr *b);
Expr *ex_select(Module *m, Expr *c, Expr *a, Expr *b);
Expr *ex_cast(Module *m, TypeClass to, Expr *a);
static inline Expr *ex_add(Module *m, Expr *a, Expr *b) { return ex_bin(m, EX_add, a, b); }
static inline Expr *ex_sub(Module *m, Expr *a, Expr *b) { return ex_bin(m, EX_sub, a, b); }
static inline Expr *ex_mul(Module *m, Expr *a, Expr *b) { return ex_bin(m, EX_mul, a, b); }
int   ex_is_int(const Expr *e, int64_t *v);             /* integer literal? */
int   ex_is_lit(const Expr *e, double *v);              /* any literal, as double */
/* Bottom-up rewriting: f gets a node whose operands are already rewritten, returns a replacement or NULL to keep. */
Expr *ex_rewrite(Module *m, Expr *e, Expr *(*f)(void *u, Expr *e), void *u);
Expr *ex_subst_slots(Module *m, Expr *e, Expr *const *by, int n);        /* index slot s -> by[s] (NULL keeps) */
Expr *ex_shift_slots(Module *m, Expr *e, int from, int by);              /* slots >= from move by `by` */
Expr *ex_subst_node(Module *m, Expr *e, Node *from, Node *to);
void  ex_visit(const Expr *e, void (*f)(void *u, const Expr *e), void *u); /* every distinct sub-expression once, operands first */
int   ex_uses_slot(const Expr *e, int slot);
uint32_t ex_slots(const Expr *e);                       /* bit mask of slots used */
int   ex_reads(const Expr *e, const Node *n);           /* reads n? */
int   ex_cost(const Expr *e);                           /* sum of operator costs, shared parts once */
/* Structural order, the same in every module that holds equal code: <0, 0 (same pointer), >0. */
int   ex_cmp(const Expr *a, const Expr *b);

/* ---- affine.c: integer expressions as c + sum k_i * atom_i; atoms are index, sym, read, div, mod, ... ---- */
typedef struct AffTerm { Expr *atom; int64_t k; } AffTerm;
typedef struct Affine { int64_t c; int n; AffTerm t[24]; } Affine;
int   affine_of(const Expr *e, Affine *out);            /* 0 when not integer or too many terms */
Expr *affine_expr(Module *m, const Affine *a);
int64_t affine_coef(const Affine *a, const Expr *atom); /* 0 when absent */
/* e as (coefficient of slot) and (rest without slot): 1 when affine in slot with constant coefficient */
int   affine_split(Module *m, const Expr *e, int slot, int64_t *coef, Expr **rest);
int   affine_sub(Affine *a, const Affine *b);           /* a -= b; 0 when too many terms: a is then spoilt */

/* Axis of the result along which a scatter steps with its index j alone; -1 where several indices, none or something else decides. */
int   scatter_axis(Module *m, const Node *n, int j);
/* No two steps of a scatter meet in one element: every index has an axis of its own. */
int   scatter_injective(Module *m, const Node *n);

/* ---- range.c: interval of an integer or boolean expression ---- */
typedef struct RangeCtx { const Module *m; const Entry *entry; /* facts; may be NULL */ const Node *node; /* slot ranges; may be NULL */
                          int64_t lo[MAX_SLOTS], hi[MAX_SLOTS]; int fixed; /* fixed: lo/hi given by caller for slots */
                          int use_conj; const Expr *skip;      /* conj of node hold, except the one that is `skip` */
                          const Range *r; int nr; } RangeCtx;  /* ranges of slots 0..nr-1 when there is no node (checks) */
/* For body, sub and conj: slot intervals from ext and r, narrowed by conj; conj are facts. n may be NULL. */
void  range_ctx(RangeCtx *rc, const Module *m, const Entry *e, const Node *n);
/* For ext, r, post and empty, which are evaluated where conj need not hold: conj are not used. */
void  range_ctx_base(RangeCtx *rc, const Module *m, const Entry *e, const Node *n);
/* As range_ctx without one conj: is it implied by the others and the ranges? */
void  range_ctx_skip(RangeCtx *rc, const Module *m, const Entry *e, const Node *n, const Expr *skip);
/* For a Check: slots 0..nr-1 run over r. */
void  range_ctx_ranges(RangeCtx *rc, const Module *m, const Entry *e, const Range *r, int nr);
void  range_of(const RangeCtx *rc, const Expr *e, int64_t *lo, int64_t *hi);   /* inclusive; saturating */
int   range_proves(const RangeCtx *rc, const Expr *cond);      /* 1: always true, 0: always false, -1: unknown */

/* ---- print.c, read.c, verify.c ---- */
void    graph_print(const Module *m, Out *o);
Module *graph_read(Ctx *ctx, Source *s);                 /* NULL after diagnostics */
/* The same; `load` is called for every tensor "from" a file (name, file, dtype, shape are set) to set data and bytes.
 * It gives 0 after reporting why not. Without a loader such tensors keep data == NULL. */
typedef int (*TensorLoader)(void *u, Module *m, Tensor *t);
Module *graph_read_with(Ctx *ctx, Source *s, TensorLoader load, void *u);
/* one expression as text, with slot names o0.. r0.. ; names may be NULL */
const char *expr_text(Arena *a, const Module *m, const Expr *e, int rank);
const char *node_text(Arena *a, const Module *m, const Node *n);  /* one line */
/* Structural rules: operands defined before use, classes fit, slots in scope, ranks agree. Calls bug() style diag "broken-graph" and returns count of faults. */
int     graph_verify(const Module *m, Out *faults);

/* ---- interp.c: the reference. Slow, obvious, f64 / int64. ---- */
typedef struct Value { DType dtype; int rank; int64_t shape[MAX_RANK]; double *f; int64_t *i; } Value; /* f for floats, i for ints and bools */
int64_t value_count(const Value *v);
Value  value_new(Arena *a, DType dtype, int rank, const int64_t *shape);
typedef enum InterpStatus { INTERP_OK, INTERP_ARG, INTERP_RANGE, INTERP_FULL } InterpStatus;
typedef struct Interp Interp;
typedef void (*ExternCall)(void *u, const ExternFn *fn, const Value *in, Value *out);
Interp *interp_new(const Module *m, Arena *a);           /* states at their initial values */
void    interp_reset(Interp *ip);
void    interp_extern(Interp *ip, ExternCall call, void *u);
/* dims: value of e->dims[i]; inputs in order of e->inputs; outputs[e->outputs.n] and taps (may be NULL) are filled (arena of the interp).
 * On a failed check nothing changes and the status says which kind; *why the message. */
InterpStatus interp_run(Interp *ip, const Entry *e, const int64_t *dims, const Value *inputs, Value *outputs, Value *taps, const char **why);
Value   interp_state(const Interp *ip, const State *s);
/* Value of a constant node (params and consts only), for folding. */
Value   interp_const(const Module *m, Arena *a, const Node *n);
/* Observe every node evaluated: for per-tensor comparison. */
void    interp_watch(Interp *ip, void (*f)(void *u, const Node *n, const Value *v), void *u);
/* scalar meaning shared by the interpreter and constant folding (expr_eval.c), which also defines the random numbers */
int64_t double_to_i64(double x);                         /* toward 0, saturating, NaN gives 0 */
double  expr_eval_f(ExprOp op, const double *a);         /* result or any operand is a float; ints and bools as doubles */
int64_t expr_eval_i(ExprOp op, const int64_t *a);        /* result int or bool, arguments int/bool; wraps at 32 bits */
int64_t expr_eval_l(ExprOp op, const int64_t *a);        /* the same for i64: wraps at 64 bits */
#endif
