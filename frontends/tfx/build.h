/* build.h - elaboration: the syntax tree becomes a graph. Private to frontends/tfx/build*.c.
 *
 * Everything computed is a Val. A tensor value is a function: an expression `e` over the slots around it (the loop
 * indices of the index assignments and calls that it stands in, numbered 0..depth-1) and over its own dimensions
 * (slots depth..depth+rank-1). Slices, transposed or stacked weights and state windows are such functions and cost
 * nothing; build_node.c makes a node of a function when it is named or reduced. A node has one axis for each
 * surrounding slot that it really depends on: that is how a call inside an index expression is evaluated for
 * every value of the free indices, and how what does not depend on a loop leaves it.
 *
 * Variables are single-assignment underneath: an assignment gives the name a new Val, a write to a state makes a new
 * node. Regions (scan, while, repeat, if) are elaborated once on trial, to learn what they change, then for good. */
#ifndef TFX_BUILD_H
#define TFX_BUILD_H
#include "frontends/checkpoint.h"
#include "frontends/tfx/ast.h"
#include "frontends/tfx/tfx.h"

typedef enum ValKind { VAL_bad, VAL_num, VAL_str, VAL_list, VAL_tuple, VAL_fn, VAL_inst, VAL_pack, VAL_none } ValKind;
typedef struct Val Val;
typedef struct Inst Inst;
typedef struct Scope Scope;
typedef struct Binding Binding;

struct Val {
    ValKind kind; Span span;
    int rank, depth; Expr *ext[MAX_RANK]; Expr *e;   /* num */
    const char *s;                                   /* str */
    int n; Val *item;                                /* list, tuple; pack: sizes as rank-0 numbers */
    const Binding *fn;                               /* fn, block, builtin handed over by name */
    Inst *inst; Expr *which;                         /* instance; which: run-time element of an array, over the slots around */
};

/* A function, block or model with the scope that its text sees. */
typedef enum BindKind { BIND_val, BIND_slot, BIND_pack, BIND_state, BIND_fn, BIND_block, BIND_extern, BIND_const } BindKind;
struct Binding {
    BindKind kind; const char *name; Span span; Scope *scope;
    Val val;                                         /* val */
    int slot, n;                                     /* slot, pack: first and number */
    State *state;                                    /* state */
    const Ast *ast;                                  /* fn, block, extern, const: declaration */
    ExternFn *ext_fn;
    int lazy;                                        /* const not evaluated yet */
    int is_dim;                                      /* 1: dim, 2: config: not assignable */
};
struct Scope { Scope *parent; Map names; };

/* One use of a block, or an array of them. Parameters belong to it and are made at the first call. */
struct Inst {
    const char *path, *name; Span span; const Binding *block;
    int nargs; Val *args; const char **arg_names;    /* compile-time parameters of `use` */
    int count; Inst **elem;                          /* array: count >= 0 */
    Inst *stacked; int stack_n;                      /* run-time choice among the elements: its parameters carry one more axis */
    Map members;                                     /* name -> Member */
};
typedef struct Member { int kind; /* 'p' param, 's' state, 'i' instance */ Val val; State *state; Inst *inst; Span span; } Member;

/* Subscripts evaluated: one expression a dimension; a range or `:` takes the next own slot (b->depth + number). */
typedef struct Subs { Expr *sub[MAX_RANK], *ext[MAX_RANK]; int n, own; } Subs;

/* The scan whose body is at hand. `let y[t, ..]` with its variable collects y over the iterations. */
typedef struct Collected { const char *name; Span span; int rank, at; Expr *ext[MAX_RANK]; DType dtype; Binding *bound; } Collected;
typedef struct ScanCtx { struct ScanCtx *up; const char *name; Binding *var; Expr *hi; VEC(Collected) collected; } ScanCtx;

/* A loop index around the expression at hand. */
typedef struct Slot { const char *name; Expr *ext; /* size, NULL: not known yet */ Expr *off; /* first value, NULL: 0 */
                      int fixed; /* range written out: uses are obligations */ Span at, from; } Slot;

typedef struct Frame { struct Frame *up; const Ast *decl; Inst *self; Expr *which; int returned, in_region; Val ret; Span call; int depth; } Frame;

typedef struct Change { Binding *b; Val old; State *s; Node *old_node; } Change;

typedef struct WeightFile { const char *path; Checkpoint *cp; } WeightFile;
typedef struct Rule { const char *source; Span span; const Ast *view; /* NULL */ int target, targets; const Ast *file; const char *format; int used; Scope *scope; const Ast *bind; } Rule;

typedef struct Build {
    Ctx *ctx; Module *m; Source *source; Arena *a;
    Entry *entry; Block *block; Block *root;
    Scope *file, *prelude, *scope; Frame *frame;
    Map imports;                                     /* path -> Scope* of files */
    Slot slot[MAX_SLOTS]; int depth;
    Expr *cond[64]; int ncond;                       /* what holds on the way to the expression at hand */
    Map read_at;                                     /* read expression -> span of the text that made it */
    Map states;                                      /* State* -> Node* that holds it now, in this entry */
    Map state_at_entry;                              /* State* -> NODE_state of this entry */
    VEC(Change) journal; int recording;
    Map warned;
    Map weights;                                     /* path of a weight file -> WeightFile */
    SMap rules;                                      /* path of a parameter -> Rule */
    VEC(const char *) ignore;
    VEC(Range) fixed_dims;                           /* lo: size given by -D to a bounded dim, hi: its bound */
    Map raw;                                         /* Tensor* of a checkpoint -> NODE_param */
    Inst *model; const Ast *model_ast; const char *weights_default; const Ast *bind;
    SMap params;                                     /* path -> itself, for suggestions and unused rules */
    int depth_calls, trial, bind_errors; ScanCtx *scan;
} Build;

/* ---- build.c ---- */
Val  tfx_bad(Span at);
int  tfx_errors(const Build *b);                     /* so far, without those about missing data, which spoil no value */
Val  tfx_error(Build *b, Span at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void tfx_warn(Build *b, Span at, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
Scope *tfx_file_scope(Build *b, Source *s, const Ast *file);
void tfx_declare(Build *b, const Ast *item);         /* config, dim, const, fn, block, extern of a file or model */

/* ---- build_scope.c ---- */
Scope   *scope_push(Build *b);
void     scope_pop(Build *b);
Binding *scope_add(Build *b, Scope *s, BindKind k, const char *name, Span at);
Binding *scope_find(Build *b, const char *name);     /* NULL: unknown */
Binding *scope_find_in(const Scope *s, const char *name);
Binding *scope_bind(Build *b, const char *name, Val v, Span at);  /* a variable in the innermost scope */
void     scope_set(Build *b, Binding *to, Val v);    /* assignment, written to the journal */
void     tfx_unknown(Build *b, const char *name, Span at, const char *what);
int      builtin_known(Build *b, const char *name);

/* ---- build_val.c: values ---- */
Val   val_int(Build *b, int64_t i, Span at);
Val   val_scalar(Build *b, Expr *e, Span at);
Val   val_str(const char *s, Span at);
Val   val_node(Build *b, Node *n, Span at);          /* depth 0 */
Expr *val_at(Build *b, const Val *v, Expr *const *sub);       /* element at rank subscripts */
Expr *val_own(Build *b, const Val *v);               /* element with own dimensions at slots b->depth.. */
int   val_is_int(const Val *v, int64_t *i);          /* compile-time integer? */
int   val_is_num(Build *b, const Val *v, const char *what);   /* reports what it is otherwise */
TypeClass val_class(const Val *v);
const char *val_text(Build *b, const Val *v);        /* "f32[T,64]", "a string" */
const char *ext_text(Build *b, const Expr *e);
Val   val_named(Build *b, Val v, const char *name);  /* held by a node, unless it is a cheap function of one */
Node *val_to_node(Build *b, Val v, const char *name, DType t, int force); /* a node of exactly v's dimensions, no surrounding slots */
Val   val_of_list(Build *b, const Val *v);           /* list of numbers -> constant tensor */
Val   val_of_list_as(Build *b, const Val *v, int wanted); /* .. of this TypeClass where the numbers fit it without loss; -1: their own */
int   ext_same(Build *b, const Expr *x, const Expr *y);
int class_widens(TypeClass from, TypeClass to);
TypeClass class_common(TypeClass a, TypeClass b);
Expr *expr_num(Build *b, Expr *e, TypeClass c);      /* converted int -> float; NULL when classes do not fit */

/* ---- build_node.c: nodes from expressions with surrounding slots ---- */
typedef struct NodeSpec {
    NodeKind kind; RedOp red; const char *name; Span span; DType dtype;
    int nown; int own[MAX_RANK]; Expr *own_ext[MAX_RANK];     /* slots that become the last axes */
    int nred; int redslot[MAX_RED]; Range r[MAX_RED];
    int nconj; Expr *conj[32];
    Expr *body, *empty; uint32_t row;                /* row: slots (as numbered in body) that form the row */
} NodeSpec;
Val   node_make(Build *b, NodeSpec *s);              /* value of rank nown at b->depth */
Val   node_scatter(Build *b, const Val *base, int nidx, const int *idx, Expr *const *lo, Expr *const *hi, Expr *const *sub, Expr *value, ScatterMode mode, DType t, const char *name, Span at);
void  node_prove(Build *b, Node *n);                 /* every read in range: proved, checked at entry, padded or guarded */
int   prove_at_entry(Build *b, Expr *cond, CheckStatus st, const char *message, Span at); /* 1: holds (maybe by a new check), 0: cannot be known at entry, -1: never holds */
Expr *tfx_bound_of(Build *b, Expr *e, int upper);    /* without slots: an upper (lower) bound over sizes; NULL */
Node *state_node(Build *b, State *s);                /* what holds it now */
void  state_set(Build *b, State *s, Node *n);
Block *block_enter_root(Build *b);

/* ---- build_expr.c ---- */
Val   tfx_expr(Build *b, const Ast *a);
Val   tfx_number(Build *b, const Ast *a, const char *what);   /* rank 0 */
int   tfx_static_int(Build *b, const Ast *a, int64_t *v, const char *what);
Val   tfx_binary(Build *b, ExprOp op, Val x, Val y, Span at, const char *sign);
Val   tfx_map(Build *b, ExprOp op, Val *x, int n, Span at);   /* elementwise operator by its row of exprs.def */

/* ---- build_index.c ---- */
int   slot_push(Build *b, const char *name, Expr *ext, int fixed, Span at);
void  slot_unify(Build *b, int slot, Expr *ext, Span use, const char *what);
void  slot_infer(Build *b, const Ast *a);            /* sizes of indices by their bare uses in a */
int   pack_count(Build *b, const char *name, const Ast *a);   /* number of indices that *name stands for; -1 */
Val   tfx_index(Build *b, const Ast *a, const Expr *pad, Val *padv);
int   subs_of(Build *b, const Val *v, const Ast *a, int padded, Subs *s);
Val   val_slice(Build *b, Val v, const Ast *a, int padded, Val pad);

/* ---- build_reduce.c ---- */
Val   tfx_reduce(Build *b, const Ast *a, const Val *empty);
void  row_fix_ranges(Build *b, const Ast *a);         /* indices of softmax.. with a written range get it */

/* ---- build_call.c, build_builtin.c, build_use.c ---- */
Val   tfx_call(Build *b, const Ast *a);
Val   call_binding(Build *b, const Binding *f, Inst *self, Expr *which, Val *args, const char **names, int n, Span at);
int   builtin_call(Build *b, const char *name, Val *args, const char **names, int n, Span at, Val *out);
Val   tfx_callee(Build *b, const Ast *a);            /* instance, function or block that an expression names */
Inst *inst_new(Build *b, const char *path, const char *name, const Binding *block, Span at);
Val   inst_param(Build *b, Inst *self, const Ast *a);
void  tfx_use(Build *b, const Ast *a);
void  tfx_param(Build *b, const Ast *a);
void  tfx_state(Build *b, const Ast *a);
Val   tfx_member(Build *b, const Ast *a);
int   is_inst_path(Build *b, const Ast *a);           /* names an instance, or an element of an array of them */
int   type_shape(Build *b, const Ast *type, Expr **ext, int *rank, DType *t);
int   match_type(Build *b, const Ast *type, const Val *v, Scope *into, Span at, const char *who);
DType type_dtype(const char *name, int *known);

/* ---- build_stmt.c, build_control.c ---- */
void  tfx_body(Build *b, const Ast *body);
void  tfx_stmt(Build *b, const Ast *a);
void  tfx_let(Build *b, const Ast *a);
void  tfx_assign(Build *b, const Ast *a, int add);
void  tfx_scan_loop(Build *b, const Ast *a);
void  tfx_repeat(Build *b, const Ast *a);
void  tfx_while(Build *b, const Ast *a);
void  tfx_if(Build *b, const Ast *a);
void  tfx_match(Build *b, const Ast *a);
void  tfx_for(Build *b, const Ast *a);
Val   tfx_fill(Build *b, const Val *v, int rank, Expr *const *ext);   /* a number as a tensor of that shape */
void  assign_to(Build *b, const Ast *target, Binding *f, Val v);       /* whole value to a name */

/* ---- build_bind.c, build_view.c ---- */
void  bind_rules(Build *b, const Ast *bind);
Val   bind_param(Build *b, const char *path, const char *file_name, DType t, int rank, const int64_t *shape, int stack_n, Span at);
void  bind_finish(Build *b);
Val   view_apply(Build *b, Val raw, const Ast *view, Rule *r, int rank, const int64_t *shape, Span at);
Val   view_reshape(Build *b, Val v, int rank, const int64_t *shape);
#endif
