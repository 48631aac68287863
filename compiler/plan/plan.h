/* plan.h - the recipe between graph and C: which step runs when, where every tensor lies, how every weight is
 * stored. Takes an optimised Module, gives an immutable Plan; emitters see nothing else. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H
#include "compiler/ir/ir.h"

typedef enum Space { SPACE_work, SPACE_state, SPACE_input, SPACE_output, SPACE_weight, SPACE_COUNT } Space;
extern const char *const space_name[SPACE_COUNT];

/* A loop over a few rows at a time around the steps of consecutive nodes: rows first .. first+count-1, count <= rows.
 * Regions nest: attention is a region over heads, one at a time, inside one over query rows. */
/* The least (sign < 0) or largest value of e over the rows at hand, as a number of its own: e reads slot 0 as the row. */
typedef struct RowBound { Sym *sym; Expr *e; int sign; } RowBound;
typedef struct Region {
  int id, rows, exact;                   /* exact: rows divides the extent, so count is always rows */
  Expr *ext; Sym *first, *count;
  VEC(RowBound) bounds;                  /* found in each iteration, before its steps */
  int begin_pos, end_pos;
  struct Region *outer;
  struct Region *under;                  /* not NULL: `rows` at once only where that region has a single row in all, otherwise one */
  Expr *from, *to;                       /* not NULL: blocks of the row of a softmax (online.c), which run over these places only */
} Region;
/* The axis of a node or buffer that runs over the rows of a region. */
typedef struct RegionAt { Region *region; int axis; } RegionAt;
enum { MAX_NEST = 4 };

/* Memory of one or more nodes (in-place chains share a buffer). Inside work and state the strides are constants
 * (sizes at their bound); in caller memory they follow the run-time sizes, row-major without gaps. */
typedef struct Buffer {
  int id; const char *name; Space space; DType dtype;
  int rank; Expr *stride[MAX_RANK];      /* in elements */
  int64_t count, bytes, offset;          /* at the bound; offset in its space (work, state, weight) */
  int first, last;                       /* positions in the entry between which the contents matter (work only) */
  struct Buffer *over;                   /* lies at the same offset as this one, whose value is dead row by row */
  int ntile; RegionAt tile[MAX_NEST];    /* only the rows of these regions are kept: that axis counts from region->first */
  int panel; uint32_t col_axes;          /* weights, states: in panels [N/panel][K][panel], the last one filled with zeros: the axes in
                                            col_axes make N, the others K; stride: step in N or in K. 0: plain strides */
  int64_t cols, depth;                   /* panels: N, K */
  const Node *node; const State *state;  /* who it is made for */
  int index;                             /* input or output number */
  int64_t part_bytes;                    /* not 0: each part of the work has its own, that many bytes apart */
} Buffer;

/* Only lo <= slot < hi of an index of the node is computed (reduced slot: is added up); lo NULL: all of it. The bounds
 * use symbols only. Steps may compute more than that, never less. */
typedef struct StepClip { int slot; Expr *lo, *hi; } StepClip;

/* A softmax over blocks of its row, and the sum of products with it: values of each row beside those of the graph; `post`: what stands
 * behind the sum of a block. See online.c. */
typedef struct Online { Node *high, *total, *rescale; Expr *post; } Online;

typedef enum StepKind { STEP_node, STEP_copy, STEP_loop, STEP_if, STEP_region } StepKind;
typedef struct Step Step;
struct Step {
  StepKind kind; int pos;
  Node *node;                            /* node: computed into dst; loop, if: the node */
  Buffer *dst, *src;                     /* copy: src -> dst, whole tensor shaped like node */
  VEC(Step *) body, other;
  Region *region;                        /* region: the loop */
  int nin; RegionAt in[MAX_NEST];        /* node: the regions around it, outermost first, and their output axes */
  const struct Kernel *kernel;           /* node: specialised step; NULL: generic nest */
  StepClip clip;
  const Online *online; const Node *of;  /* of: whose value is written, if not the node's */
  int split, with_next;                  /* split: its outermost loop may be shared out among threads (a region inside another one: where
                                            that has a single row in all); together with the next step's */
  const Sym *split_by; int64_t split_least;    /* only where this size is at least that; NULL: always */
};

typedef struct NodeInfo {
  int pos, end, last; Buffer *buf; const State *in_state;
  int table;                             /* constants: computed by the compiler, stored like a weight */
  int taken;                             /* its memory was given to a later value */
  int nin; RegionAt in[MAX_NEST]; int tile;    /* tile: of the first `tile` regions its buffer holds the rows only */
} NodeInfo;

typedef struct EntryPlan {
  const Entry *entry;
  VEC(Step *) steps; VEC(Buffer *) buffers;
  Map info;                              /* Node -> NodeInfo */
  int positions;
  VEC(Region *) regions;                 /* outer ones before those inside */
  int64_t work_bytes, lower_bound;       /* arena size; largest sum of live bytes at any position */
  int64_t shared_bytes, part_bytes;      /* of the arena: what all parts of the work share, then what each has for itself */
} EntryPlan;

typedef struct Weight { const Node *node; Buffer *buf; } Weight;

typedef struct Plan {
  Module *module; Arena *arena;
  VEC(EntryPlan *) entries;
  Map wanted;                            /* Node -> Layout (kernel.h) */
  VEC(Weight) weights; Map weight_of;    /* Node -> Buffer */
  VEC(Buffer *) states; Map state_of;    /* State -> Buffer */
  int64_t weight_bytes, state_bytes, work_bytes;
  int parts;                             /* work is split in as many at most (--threads); 1: not at all */
} Plan;

/* NULL after diagnostics (a tensor without bound: unbounded-arena). */
Plan   *plan_make(Module *m, Arena *a);
Buffer *plan_buffer(const EntryPlan *ep, const Node *n);       /* where the node's value lies */
int64_t buffer_place(const Buffer *b, const int64_t *at);       /* element of a weight or state at `at`, counted in elements */
void    plan_print(const Plan *p, Out *o);
/* Fills a weight's bytes as they stand in the image: float32/int32/... little-endian. */
void    plan_weight_bytes(const Plan *p, const Weight *w, Arena *scratch, unsigned char *dst);
/* ---- cost.c ---- */
typedef struct Cost { double macs, ops, bytes, constant; } Cost; /* sums of products; other scalar operations; bytes read and written; of them weights */
Cost step_cost(const Plan *p, const EntryPlan *ep, const Step *s);   /* sizes at their bounds; loops at their largest count */
Cost entry_cost(const Plan *p, const EntryPlan *ep);
double node_macs(const Module *m, const Entry *e, const Node *n);    /* 0: no sum of products */
const char *step_title(Arena *a, const Step *s);       /* "layers.0.q" or the kind of node */
const char *grouped(Arena *a, double n);               /* "12345" -> "12 345" */
/* Replays the plan over byte intervals: every read must see its writer. Returns the number of faults, described in o. */
int     plan_check(const Plan *p, Out *o);
#endif
