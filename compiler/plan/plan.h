/* plan.h - the recipe between graph and C: which step runs when, where every tensor lies, how every weight is
 * stored. Takes an optimised Module, gives an immutable Plan; emitters see nothing else. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H
#include "compiler/ir/ir.h"

typedef enum Space { SPACE_work, SPACE_state, SPACE_input, SPACE_output, SPACE_weight, SPACE_COUNT } Space;
extern const char *const space_name[SPACE_COUNT];

/* A loop over a few rows at a time around the steps of consecutive nodes: rows first .. end-1. */
typedef struct Region { int id, rows, exact; /* exact: rows divides the extent */ Expr *ext; Sym *first, *end; int begin_pos, end_pos; } Region;

/* Memory of one or more nodes (in-place chains share a buffer). Inside work and state the strides are constants
 * (sizes at their bound); in caller memory they follow the run-time sizes, row-major without gaps. */
typedef struct Buffer {
  int id; const char *name; Space space; DType dtype;
  int rank; Expr *stride[MAX_RANK];      /* in elements */
  int64_t count, bytes, offset;          /* at the bound; offset in its space (work, state, weight) */
  int first, last;                       /* positions in the entry between which the contents matter (work only) */
  struct Buffer *over;                   /* lies at the same offset as this one, whose value is dead row by row */
  Region *tile; int row_axis;            /* tile: only the region's rows are kept; that axis counts from region->first */
  const Node *node; const State *state;  /* who it is made for */
  int index;                             /* input or output number */
} Buffer;

typedef enum StepKind { STEP_node, STEP_copy, STEP_loop, STEP_if, STEP_region } StepKind;
typedef struct Step Step;
struct Step {
  StepKind kind; int pos;
  Node *node;                            /* node: computed into dst; loop, if: the node */
  Buffer *dst, *src;                     /* copy: src -> dst, whole tensor shaped like node */
  VEC(Step *) body, other;
  Region *region;                        /* region: the loop; node: the region that it is in, or NULL */
  int row_axis;                          /* node in a region: output axis that runs over the rows */
  const struct Kernel *kernel;           /* node: specialised step; NULL: generic nest */
};


typedef struct NodeInfo {
  int pos, end, last; Buffer *buf; const State *in_state;
  int taken;                             /* its memory was given to a later value */
  Region *region; int row_axis, tile;    /* tile: its buffer holds the region's rows only */
} NodeInfo;

typedef struct EntryPlan {
  const Entry *entry;
  VEC(Step *) steps; VEC(Buffer *) buffers;
  Map info;                              /* Node -> NodeInfo */
  int positions;
  int64_t work_bytes, lower_bound;       /* arena size; largest sum of live bytes at any position */
} EntryPlan;

typedef struct Weight { const Node *node; Buffer *buf; } Weight;

typedef struct Plan {
  Module *module; Arena *arena;
  VEC(EntryPlan *) entries;
  Map wanted;                            /* Node -> 1 + axis that should have stride 1 (kernel.h) */
  VEC(Weight) weights; Map weight_of;    /* Node -> Buffer */
  VEC(Buffer *) states; Map state_of;    /* State -> Buffer */
  int64_t weight_bytes, state_bytes, work_bytes;
} Plan;

/* NULL after diagnostics (a tensor without bound: unbounded-arena). */
Plan   *plan_make(Module *m, Arena *a);
Buffer *plan_buffer(const EntryPlan *ep, const Node *n);       /* where the node's value lies */
void    plan_print(const Plan *p, Out *o);
/* Fills a weight's bytes as they stand in the image: float32/int32/... little-endian. */
void    plan_weight_bytes(const Plan *p, const Weight *w, Arena *scratch, unsigned char *dst);
/* Replays the plan over byte intervals: every read must see its writer. Returns the number of faults, described in o. */
int     plan_check(const Plan *p, Out *o);
#endif
