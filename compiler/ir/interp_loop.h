/* interp_loop.h - nodes that run over index spaces; private to ir/interp*.c. */
#ifndef IR_INTERP_LOOP_H
#define IR_INTERP_LOOP_H
#include "compiler/ir/interp_impl.h"
void interp_index_node(Interp *ip, const Node *n);       /* compute, softmax, cumsum, cummax */
void interp_scatter(Interp *ip, const Node *n);
#endif
