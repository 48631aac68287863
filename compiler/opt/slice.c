/* slice.c - what is read at one place of an axis is computed at that place alone. Takes maps, reductions and rows (softmax,
 * running sums) of which every reader gives one axis the same subscript, made of literals and the sizes of the entry;
 * gives the node without that axis. What it reads follows, so a model that ends in its last token or its first one (a
 * decoder's logits, a pooled encoder) does its last layer for that token, but for keys and values.
 *
 *     y[t,d] = f(x[t,d])                        becomes      y[d] = f(x[T-1,d])
 *     z[v] = sum_d y[T-1,d] * head[v,d]                      z[v] = sum_d y[d] * head[v,d]
 *
 * Nodes are looked at from the last to the first: when one is, all of its readers have been. */
#include "compiler/opt/util.h"

/* How the readers seen so far use a node: at[axis]: their subscript, the same in all. by, axis: what stands for it, and the axis that it lacks. */
typedef struct Seen { int read, differ; Expr *at[MAX_RANK]; Node *by; int axis; } Seen;
typedef struct Slice { Module *m; const Entry *e; Uses uses; Seen *seen; } Slice;

static Seen *seen_of(const Slice *s, const Node *n) { return n->id < s->uses.n ? &s->seen[n->id] : NULL; }

static void not_fixed(void *u, const Expr *e)
{
    if (e->op != EX_int && (e->op != EX_sym || e->u.sym->kind != SYM_dim) && !e->n) *(int *)u = 1;
    if (e->op == EX_read || e->op == EX_read_or || e->op == EX_guard) *(int *)u = 1;
}

static int is_fixed(const Expr *e)
{
    int bad = 0;
    ex_visit(e, not_fixed, &bad);
    return !bad;
}

static void note_read(void *u, const Expr *e)
{
    const Slice *s = u;
    if (e->op != EX_read && e->op != EX_read_or) return;
    Seen *x = seen_of(s, e->u.node);
    if (!x) return;
    if (e->op == EX_read_or) x->differ = 1;
    for (int k = 0; k < e->u.node->rank; k++) {
        if (!is_fixed(e->arg[k]) || (x->read && x->at[k] != e->arg[k])) x->at[k] = NULL;
        else x->at[k] = e->arg[k];
    }
    x->read = 1;
}

static void note_expr(void *u, Expr **e) { ex_visit(*e, note_read, u); }

static void find_guard(void *u, Expr **e) { if ((*e)->traits & TRAIT_guard) *(int *)u = 1; }

/* The axis that all readers fix; -1. */
static int fixed_axis(Slice *s, Node *n)
{
    const Seen *x = seen_of(s, n);
    int guard = 0;
    RangeCtx rc;
    int64_t size;
    if (n->kind != NODE_compute && n->kind != NODE_softmax && n->kind != NODE_cumsum && n->kind != NODE_cummax) return -1;
    if (!x || !x->read || x->differ || use_of(&s->uses, n)->pinned) return -1;
    node_each_expr(n, find_guard, &guard);
    if (guard) return -1;
    range_ctx_base(&rc, s->m, s->e, NULL);
    for (int a = 0; a < n->rank; a++) {
        if (!x->at[a] || (ex_is_int(n->ext[a], &size) && size == 1)) continue;
        if (n->kind != NODE_compute && n->row_axes >> a & 1) continue;
        if (expr_inside(s->m, &rc, x->at[a], n->ext[a]) == 1) return a;      /* a read under a condition may be outside */
    }
    return -1;
}

/* n with index `axis` at the place `at`, in front of it. */
static Node *without_axis(Module *m, Node *n, int axis, Expr *at)
{
    Expr *ext[MAX_RANK], *by[MAX_SLOTS] = {0};
    int all = n->rank + n->nred;
    for (int s = 0; s < all; s++) by[s] = s == axis ? at : ex_index(m, s - (s > axis));
    for (int k = 0; k + 1 < n->rank; k++) ext[k] = n->ext[k + (k >= axis)];
    Node *x = node_before(m, n, n->kind, n->dtype, n->rank - 1, ext, n->name);
    x->lo = n->lo; x->hi = n->hi;
    x->red = n->red;
    x->nred = n->nred;
    for (int k = 0; k < n->nred; k++) x->r[k] = (Range){ex_subst_slots(m, n->r[k].lo, by, all), ex_subst_slots(m, n->r[k].hi, by, all)};
    for (int k = 0; k < n->nconj; k++) node_add_conj(m, x, ex_subst_slots(m, n->conj[k], by, all));
    x->body = n->body ? ex_subst_slots(m, n->body, by, all) : NULL;
    x->post = n->post ? ex_subst_slots(m, n->post, by, all) : NULL;
    x->empty = n->empty ? ex_subst_slots(m, n->empty, by, all) : NULL;
    uint32_t below = (1u << axis) - 1;
    x->row_axes = (n->row_axes & below) | (n->row_axes >> 1 & ~below);
    return x;
}

static Expr *drop_axis(void *u, Expr *e)
{
    const Slice *s = u;
    Expr *sub[MAX_RANK];
    if (e->op != EX_read) return NULL;
    const Seen *x = seen_of(s, e->u.node);
    if (!x || !x->by) return NULL;
    for (int k = 0; k < x->by->rank; k++) sub[k] = e->arg[k + (k >= x->axis)];
    return ex_read(s->m, x->by, sub);
}

static void drop_expr(void *u, Expr **e)
{
    const Slice *s = u;
    if ((*e)->traits & TRAIT_read) *e = ex_rewrite(s->m, *e, drop_axis, u);
}

static int slice_entry(OptCtx *c, Module *m, Entry *e)
{
    Slice s = {m, e, uses_of(c, m), NULL};
    NodeList list = entry_nodes(c, e);
    int done = 0;
    s.seen = NEWN(c->scratch, Seen, s.uses.n + 1);
    for (int k = list.v.n - 1; k >= 0; k--) {
        Node *n = list.v.at[k];
        if (n->kind == NODE_compute && !seen_of(&s, n)->read && !use_of(&s.uses, n)->pinned) continue;     /* dead */
        int axis = fixed_axis(&s, n);
        if (axis >= 0 && opt_may(c)) {
            Seen *x = seen_of(&s, n);
            x->axis = axis;
            x->by = without_axis(m, n, axis, x->at[axis]);
            n = x->by;
            done++;
        }
        node_each_expr(n, note_expr, &s);
    }
    if (!done) return 0;
    list = entry_nodes(c, e);
    for (int k = 0; k < list.v.n; k++) node_each_expr(list.v.at[k], drop_expr, &s);
    return done;
}

int pass_slice(OptCtx *c, Module *m)
{
    int done = 0;
    for (int k = 0; k < m->entries.n; k++) done += slice_entry(c, m, m->entries.at[k]);
    return done;
}
