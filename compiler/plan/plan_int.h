/* plan_int.h - private to compiler/plan. */
#ifndef PLAN_INT_H
#define PLAN_INT_H
#include "compiler/plan/plan.h"
typedef struct StepList { VEC(Step *) v; } StepList;         /* what step lists are handed on as */
typedef struct PlanCtx { Plan *plan; EntryPlan *ep; Module *m; Arena *a; int pos, regions; } PlanCtx;
NodeInfo *plan_info(PlanCtx *c, const Node *n);
void live_number(PlanCtx *c);                  /* positions and last uses of every node of the entry */
void regions_form(PlanCtx *c, Block *b);       /* marks row regions among the nodes of a block */
void clip_steps(PlanCtx *c, Step *const *s, int n);   /* fills Step.clip */
void online_steps(PlanCtx *c, void *steps);           /* after clip_steps */
void split_steps(PlanCtx *c, Step *const *s, int n);  /* fills Step.split; before memory_place */
void split_join(PlanCtx *c, Step *const *s, int n);   /* fills Step.with_next; after it */
void memory_place(EntryPlan *ep, int parts);              /* offsets of work buffers */
/* layout.c; order: axes, innermost first */
struct Layout;
void layout_order(const Node *like, const struct Layout *l, int *order);
void layout_panels(Module *m, Buffer *b, const struct Layout *l, const int *order, const int64_t *size);
Buffer *weight_buffer(PlanCtx *c, const Node *n);
Buffer *buffer_new(PlanCtx *c, Space space, const Node *like, const char *name);
/* every read of x by the nodes of region r uses the row index at one axis of x: that axis; -1 */
int region_aligned(PlanCtx *c, const Region *r, const Node *x);
#endif
