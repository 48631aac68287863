/* layout.c - where the elements of a buffer stand: the order of its axes and panels. Takes the layout that readers want (kernel.h), gives
 * strides; places of elements for those who read the memory from outside. */
#include "compiler/plan/kernel.h"
#include "compiler/plan/plan_int.h"

/* The axes, innermost first: the wanted one, the others from the last to the first, and outside of them those of `outer`. */
void layout_order(const Node *like, const Layout *l, int *order)
{
    int n = 0;
    if (l && l->last >= 0 && (!l->panel || !node_is_const(like))) order[n++] = l->last;
    for (int outer = 0; outer < 2; outer++)
        for (int k = like->rank - 1; k >= 0; k--) {
            if (n && k == order[0]) continue;
            if ((int)(l ? l->outer >> k & 1 : 0) == outer) order[n++] = k;
        }
}

/* The axes of l->col_axes make the columns, the others the depth, both in `order`. */
void layout_panels(Module *m, Buffer *b, const Layout *l, const int *order, const int64_t *size)
{
    b->panel = l->panel; b->col_axes = l->col_axes;
    b->cols = b->depth = 1;
    for (int j = 0; j < b->rank; j++) {
        int k = order[j];
        int64_t *run = l->col_axes >> k & 1 ? &b->cols : &b->depth;
        b->stride[k] = ex_int(m, *run);
        *run *= size[k];
    }
    b->count = (b->cols + b->panel - 1) / b->panel * b->panel * b->depth;
}

int64_t buffer_place(const Buffer *b, const int64_t *at)
{
    int64_t place = 0, col = 0, stride;
    for (int k = 0; k < b->rank; k++) {
        if (!ex_is_int(b->stride[k], &stride)) bug("%s has a run-time stride", b->name);
        if (b->panel && b->col_axes >> k & 1) col += at[k] * stride;
        else place += at[k] * stride;
    }
    return b->panel ? col / b->panel * b->panel * b->depth + place * b->panel + col % b->panel : place;
}
