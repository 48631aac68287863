/* c_int.h - private to compiler/emit/c. */
#ifndef EMIT_C_INT_H
#define EMIT_C_INT_H
#include "compiler/emit/emit.h"

/* A function of the program. key: its text with numbered parameters; steps of equal key share it. users: their names. */
typedef struct FnText { const char *key, *name, *comment, *text; VEC(const char *) users; } FnText;
/* What is declared at the top of the function being written: Buffer -> name of a pointer to it. */
typedef struct Locals { Map at; SMap names; Out decls; } Locals;
/* Members of the frame that sections of the work share (threads.c); loop: a variable of a loop of the entry. */
typedef struct FrameField { const char *type, *name; int used, loop; } FrameField;
typedef struct Frame { const char *name; VEC(FrameField) fields; FnText *type; int sections, err; } Frame;
typedef struct CEmit {
  const Plan *plan; const EmitOptions *opt; Arena *a;
  Out *c, fns;                     /* fns: step functions, before the entries */
  VEC(FnText *) texts; SMap by_text; SMap names;
  Map tables;                                   /* Buffer -> name of its array, --weights=tables */
  Locals local; Frame frame; int in_section;    /* of the entry being written, or of a section of it */
  const Region *items;                          /* the section shares out the items of this region, which stands inside another */
  SMap math; VEC(const char *) math_order;      /* runtime files needed */
  unsigned mem_types;              /* bit t: c_mem(t) is used */
  const char *prefix, *upper;
  const Target *target;            /* of the variant at hand */
  SMap vec_math; VEC(const char *) vec_order;   /* sections of targets/vector/math.h that it needs */
  SMap helpers;
  Sym *from, *to;                  /* bounds of a clipped index */
  Sym *lane, *lane0, *lane_sub;    /* of register tiles: column in the tile, first column of a group, of the tile in it */
} CEmit;

/* One step function under construction: what it reads becomes parameters. */
/* name: as the body has it, a mark that stands for `shown` */
typedef struct Param { const Buffer *buf; const Node *node; const Sym *sym; const char *name, *shown; int written; } Param;
enum { SPLIT_no, SPLIT_wanted, SPLIT_done };
typedef struct FnC {
  CEmit *e; const EntryPlan *ep; const Node *node; const Step *step;
  Expr *at[MAX_SLOTS];             /* what each output index of the step's node is here: itself, or counted from a region's row */
  uint32_t fixed;                  /* output slots without a loop: regions of one row at a time */
  VEC(Param) params; SMap used;    /* names taken in this function */
  Map temps;                       /* Expr -> name of a local that holds it */
  VEC(const Expr *) hoisted;       /* in order of declaration */
  int ntemps; int flags;           /* flags: needs err pointer */
  int split;                       /* wanted: the outermost loop that can be cut runs over a part; done: it does */
  const char *acc;                 /* text of EX_acc */
  Out body;
} FnC;

const char *c_ident(Arena *a, const char *text);         /* a C name by itself */
const char *c_plain(Arena *a, const char *text);         /* the end of a C name, behind a prefix */
const char *c_type(DType t);
/* float, int32_t, double, int64_t: what an expression of type t is in C. c_zero, c_one: its literals. */
const char *c_value(DType t);
const char *c_zero(DType t);
const char *c_one(DType t);
/* acc + v, acc * v of type t (op: "+", "*"); integers wrap. */
const char *c_combine(CEmit *e, DType t, const char *op, const char *a, const char *b);
/* The smallest (or largest) value of type t. */
const char *c_limit(CEmit *e, DType t, int largest);
/* The type of elements in memory that values of several types share one after the other: may alias any other. */
const char *c_mem(CEmit *e, DType t);
const char *fn_param_buf(FnC *f, const Buffer *b, const Node *n, int written);
const char *fn_param_sym(FnC *f, const Sym *s);
const char *fn_names(const FnC *f, const char *text);      /* text with the marks of parameters replaced by their names */
void fn_add(CEmit *e, FnText *t);                          /* the next function of the program */
const Buffer *fn_buffer(FnC *f, const Node *n);
/* C text of an expression; every slot it uses must be open. */
const char *c_tidy(Arena *a, const char *text);   /* tidy.c: the same lines without redundant parentheses */
const char *c_expr(FnC *f, const Expr *e);
const char *c_slot(const FnC *f, int slot);
/* A position in memory; the lane of a tile comes last, so that compilers see the run of elements. */
const char *c_place(FnC *f, Expr *at);
/* element of node n at subscripts, as its computing class */
const char *c_read(FnC *f, const Node *n, Expr *const *subs);
const char *c_element(FnC *f, const Buffer *b, const char *p, const char *at);   /* the same of buffer p at a position */
/* What must hold for a read_or to be inside of the tensor, "": nothing; NULL: it differs from element to element of the lane. */
const char *c_in_range(FnC *f, const Expr *e, const Expr *lane);
/* value text converted for storing into dtype t */
const char *c_store(FnC *f, DType t, const char *value);
void c_need(CEmit *e, const char *math_file);
/* writes the function of a node step; returns the call text, e.g. "digits_q(out, a, T, &err)" */
void nest_body(FnC *f, const Step *s);
/* sort.c */
void argsort_body(FnC *f, const Node *n, const Buffer *dst, const char *p);
void search_body(FnC *f, const Node *n, const Buffer *dst, const char *p);
/* The node of a step as it stands inside its regions: a region's axis counts from the region's first row, its size is
 * the number of rows at hand. Sets f->node, at, fixed. */
Node *fn_view(FnC *f, const Step *s);
/* helpers of nests */
Expr *buffer_sub(FnC *f, const Buffer *b, int k, Expr *sub);
Expr *buffer_at(FnC *f, const Buffer *b, Expr *const *subs);  /* flat position in elements */
int  open_slot(FnC *f, int slot);                             /* loop over an output index; gives 0 for a fixed one, else 1 */
void open_loop(FnC *f, const char *var, const char *lo, const char *hi);
void close_loops(FnC *f, int n);
const char *element(FnC *f, const Buffer *b, const Node *n, const char *p, int written);
/* register tile of a contraction; 0: not possible here, nothing written */
void fn_lane(FnC *f);              /* sets f->e->lane, lane0; lane is named l */
/* local.c: declares what is known with the open slots, of all that will be open */
void local_hoist(FnC *f, const Expr *e, uint32_t open, uint32_t all);
void local_share(FnC *f, const Expr *e);       /* declares what occurs several times; every slot is open */
char *local_drop_unused(const FnC *f, char *body);   /* without declarations of names that nothing uses */
int  c_mentions(const char *text, const char *name);   /* as a whole word */
int  local_safe(FnC *f, const Expr *e);        /* may it be computed whatever the predicates say? every slot is open */
int  local_mark(const FnC *f);
void local_forget(FnC *f, int mark);           /* what was declared since the mark goes out of scope */
/* Declares from, to: the bounds of a clip, from rounded down to a multiple of lanes. */
void row_bounds(FnC *f, const StepClip *clip, int lanes);
/* Axis k of x in b: may elements up to the next multiple of lanes be read and written without harm? */
int  lane_room(FnC *f, const Buffer *b, const Node *x, int k, int lanes);
int  tile_body(FnC *f, Node *n, const Buffer *dst, const char *p);
/* sums and softmax along memory; 0: not possible here, nothing written */
int  row_reduce_body(FnC *f, Node *n, const Buffer *dst, const char *p);
int  row_softmax_body(FnC *f, Node *n, const Buffer *dst, const char *p);
/* cut.c: the loop over a slot in pieces within which conditions of e on its index do not change. at gets the inner ends, at most
 * CUT_MOST; gives how many. cut_simplify: e where slot runs over lo .. hi-1. cut_together: e has a condition on both slots. */
enum { CUT_MOST = 4 };
int  cut_points(FnC *f, const Expr *e, int slot, int64_t size, int64_t at[CUT_MOST]);
Expr *cut_simplify(FnC *f, Expr *e, int slot, int64_t lo, int64_t hi);
int  cut_together(const Expr *e, int slot, int lane);
/* map.c: maps and sums of columns in vectors along memory; 0: not possible here, nothing written */
int  map_body(FnC *f, Node *n, const Buffer *dst, const char *p);
/* value into places `to` of p, slot running from lo to hi (texts; known: hi - lo, or -1); lanes below the first one are not touched. */
int  vector_run(FnC *f, int slot, const char *lo, const char *hi, int64_t known, const Buffer *dst, const char *p, Expr *to, const Expr *value);
/* vector.c: e in vectors of the target. lane: what steps from element to element, in e by its name, in text the first one; acc:
 * text of EX_acc; left: only so many elements count, no others are touched in memory, NULL: all. NULL: e has no such form (then the body may hold
 * declarations, which the caller takes back). */
typedef struct VecAt { const Expr *lane; const char *acc, *left; } VecAt;
const char *vector_expr(FnC *f, const Expr *e, VecAt at);
const char *vector_place(FnC *f, const char *p, Expr *at, const Expr *lane);     /* address of a run along the lane; NULL */
const char *vector_store(FnC *f, const Buffer *b, const char *place, const char *left, const char *value);   /* a statement; NULL: not for this type */
int  vector_need(CEmit *e, const char *name);     /* the function name_v will be written; 0: there is none */
void vector_math(CEmit *e, Out *to);
/* entry.c */
void entry_emit(CEmit *e, const EntryPlan *ep);
void entry_signature(const CEmit *e, const EntryPlan *ep, Out *o);      /* without the semicolon */
const char *entry_place(CEmit *e, const Buffer *b, int written);        /* where a buffer lies, in an entry */
const char *entry_sym(CEmit *e, const Sym *s);
const char *entry_expr(CEmit *e, const EntryPlan *ep, const Expr *x);   /* C text of a scalar over symbols, in an entry */
void locals_begin(CEmit *e, const EntryPlan *ep);
int  step_splits(CEmit *e, const EntryPlan *ep, const Step *s);         /* it has a loop that can be cut */
void step_part(CEmit *e, const EntryPlan *ep, const Step *s, Out *o);   /* the step for one part of the work */
const char *output_arg(Arena *a, const char *name);                    /* the parameter of an output */
/* header.c, banner.c */
void header_emit(CEmit *e, Out *h);
void banner_emit(CEmit *e, Out *o, const char *what);
int64_t banner_stack(const CEmit *e);    /* bytes of stack of a call, estimated from the text of the functions */
/* weights.c */
int  weights_argument(const CEmit *e);   /* entries have an argument `blob`? */
void weights_begin(CEmit *e, Out *c);
void weights_end(CEmit *e, Out *c);
void weights_local(const CEmit *e, int used, Out *c);
void weights_checks(const CEmit *e, uint64_t id, Out *c);
void weights_assembler(const CEmit *e, Out *s);
/* threads.c: cut loops, sections of the work, what the header and the source have of threads */
void split_bounds(FnC *f, const char *n, int unit);    /* declares begin, past: this part's share of n, in steps of unit */
const char *split_bounds_text(CEmit *e, const char *n, int unit);
int  split_evenly(const FnC *f, int64_t n);
void frame_begin(CEmit *e, const EntryPlan *ep);
void frame_end(CEmit *e, Out *before, Out *after);     /* declares the frame before the steps, collects errors behind them */
int  frame_uses(const CEmit *e, const char *name);
int  section_emit(CEmit *e, const EntryPlan *ep, Step *const *s, int n, Out *o);   /* gives how many steps it took; 0: not for threads */
const char *single_row(CEmit *e, const Region *r, const char *body);    /* what its body needs to know of a region that has a single row */
void threads_include(const CEmit *e, Out *h);
void threads_header(CEmit *e, Out *h);
void threads_pool(CEmit *e, Out *c);
/* dispatch.c: the variant at hand under its own names; before the first variant; the entries, behind the last */
void dispatch_variant(CEmit *e, const Out *variant, Out *code);
void dispatch_begin(CEmit *e, Out *code);
void dispatch_end(CEmit *e, Out *code);
/* trace.c: the hook behind a step; its declarations in the header and macros in the source */
void trace_emit(CEmit *e, const EntryPlan *ep, const Step *s, Out *o);
void trace_header(const CEmit *e, Out *h);
void trace_macro(const CEmit *e, Out *c);
/* golden.c */
void golden_emit(CEmit *e, Out *c);
void golden_header(const CEmit *e, Out *h);
const char *c_upper(Arena *a, const char *s);      /* header.c: for macros */
/* tables.c: weights as an array of numbers each (--weights=tables) */
const char *table_name(CEmit *e, const Buffer *b);
void tables_emit(CEmit *e, Out *c);
/* names.c */
void names_header(const CEmit *e, Out *h);
void names_emit(const CEmit *e, Out *c);
void math_emit(CEmit *e, Out *c);
void c_paste(CEmit *e, Out *c, const char *text, unsigned size);   /* with the prefixes tfx_ and TFX_ replaced */
#endif
