/* scale.c - what follows a contraction and is constant for each output channel moves into its weights. Takes sums over
 * products with a parameter W whose last step begins with operations by constants (a BatchNorm in evaluation: subtract a
 * mean, divide by a deviation, scale, shift), gives
 *
 *     post( (acc - mean[c]) * g[c] + b[c] )   ->   post( acc + h[c] ),   W'[.., c, ..] = W[.., c, ..] * g[c]
 *
 * W' and h are constant nodes, which fold.c evaluates at compile time. Only when nobody else reads W, W is stored in 32
 * bits or more (others would lose precision or grow), and W' is small enough to be evaluated. A literal factor alone
 * stays: it costs next to nothing, and weights that are those of the checkpoint are worth more. */
#include <math.h>
#include "compiler/opt/util.h"

/* The part of the last step that is acc * g + h (NULL: 1, 0), by the slots of the node. */
typedef struct Linear { Expr *at, *g, *h; } Linear;
typedef struct Scale { OptCtx *c; Module *m; Entry *e; Node *n; Uses uses; const Expr *w; } Scale;

/* ---- constant code ---- */

typedef struct Const { int ok; } Const;

static void const_part(void *u, const Expr *e)
{
    Const *k = u;
    if (e->traits & (TRAIT_sym | TRAIT_guard | TRAIT_acc)) k->ok = 0;
    if (e->op == EX_read || e->op == EX_read_or) k->ok = k->ok && node_is_const(e->u.node);
}

static int is_const(const Expr *e)
{
    Const k = {1};
    ex_visit(e, const_part, &k);
    return k.ok;
}

/* The axis of W that walks with output slot s and nothing else; -1. */
static int weight_axis(const Expr *w, int s)
{
    int slot, at = -1;
    for (int i = 0; i < w->n; i++) {
        if (!ex_uses_slot(w->arg[i], s)) continue;
        if (at >= 0 || !expr_is_index(w->arg[i], &slot)) return -1;
        at = i;
    }
    return at;
}

/* May e be a factor of the weights: does W walk with every index in it, from end to end? */
static int is_channel(const Node *n, const Expr *w, const Expr *e)
{
    for (int s = 0; s < n->rank; s++) {
        int axis = ex_uses_slot(e, s) ? weight_axis(w, s) : 0;
        if (ex_uses_slot(e, s) && (axis < 0 || w->u.node->ext[axis] != n->ext[s])) return 0;
    }
    return 1;
}

/* ---- the linear beginning of the last step ---- */

typedef struct Parents { const Expr *of; Expr *found; int n; } Parents;

static void parent_part(void *u, const Expr *e)
{
    Parents *p = u;
    for (int i = 0; i < e->n; i++)
        if (e->arg[i] == p->of) p->n++, p->found = (Expr *)(uintptr_t)e;
}

static Expr *times(Module *m, Expr *a, Expr *b) { return a ? ex_mul(m, a, b) : b; }

/* One operation more: gives 0 when it is of another kind. */
static int extend(Scale *s, Linear *l, Expr *p)
{
    Module *m = s->m;
    int first = p->n > 0 && p->arg[0] == l->at;
    Expr *c = p->n == 2 ? p->arg[first] : NULL, *minus = ex_flt(m, -1);
    if (c && !is_const(c)) return 0;
    switch (p->op) {
    case EX_add: l->h = l->h ? ex_add(m, l->h, c) : c; break;
    case EX_sub:
        if (first) l->h = l->h ? ex_sub(m, l->h, c) : ex_un(m, EX_neg, c);
        else l->g = times(m, l->g, minus), l->h = l->h ? ex_sub(m, c, l->h) : c;
        break;
    case EX_neg: l->g = times(m, l->g, minus), l->h = l->h ? ex_un(m, EX_neg, l->h) : NULL; break;
    case EX_mul: case EX_div:
        if ((p->op == EX_div && !first) || !is_channel(s->n, s->w, c)) return 0;
        l->g = p->op == EX_mul ? times(m, l->g, c) : ex_bin(m, EX_div, l->g ? l->g : ex_flt(m, 1), c);
        if (l->h) l->h = ex_bin(m, p->op, l->h, c);
        break;
    default: return 0;
    }
    l->at = p;
    return 1;
}

/* From acc upwards as long as there is one way up and it is linear. */
static Linear linear_of(Scale *s)
{
    Expr *post = s->n->post;
    Linear l = {ex_acc(s->m, s->n->body->dtype), NULL, NULL};
    while (l.at != post) {
        Parents p = {l.at, NULL, 0};
        ex_visit(post, parent_part, &p);
        if (p.n != 1 || !extend(s, &l, p.found)) break;
    }
    return l;
}

/* ---- constant tensors ---- */

/* e as a constant node over the output slots that it uses, read back at them; NULL: not with literal sizes. */
static Expr *as_tensor(Scale *s, Expr *e)
{
    Module *m = s->m;
    Expr *ext[MAX_RANK], *subs[MAX_RANK], *by[MAX_SLOTS] = {0};
    int rank = 0;
    int64_t size;
    double v;
    if (e->op == EX_read || ex_is_lit(e, &v)) return e;
    for (int i = 0; i < s->n->rank; i++) {
        if (!ex_uses_slot(e, i)) continue;
        if (!ex_is_int(s->n->ext[i], &size)) return NULL;
        ext[rank] = s->n->ext[i];
        subs[rank] = ex_index(m, i);
        by[i] = ex_index(m, rank++);
    }
    Node *n = node_before(m, s->n, NODE_compute, DT_f32, rank, ext, NULL);
    n->body = ex_subst_slots(m, e, by, s->n->rank);
    return ex_read(m, n, subs);
}

/* W[..] * g as a constant node of W's shape. */
static Node *scaled_weight(Scale *s, Expr *g)
{
    Module *m = s->m;
    Node *w = s->w->u.node;
    Expr *by[MAX_SLOTS] = {0}, *subs[MAX_RANK];
    for (int i = 0; i < s->n->rank; i++)
        if (ex_uses_slot(g, i)) by[i] = ex_index(m, weight_axis(s->w, i));
    for (int i = 0; i < w->rank; i++) subs[i] = ex_index(m, i);
    Node *n = node_before(m, s->n, NODE_compute, DT_f32, w->rank, w->ext, w->name);
    n->body = ex_mul(m, ex_read(m, w, subs), ex_subst_slots(m, g, by, s->n->rank));
    return n;
}

/* ---- nodes ---- */

typedef struct Count { const Node *of; int n; } Count;

static void count_part(void *u, const Expr *e)
{
    Count *k = u;
    if ((e->op == EX_read || e->op == EX_read_or) && e->u.node == k->of) k->n++;
}

static void count_expr(void *u, Expr **e) { ex_visit(*e, count_part, u); }

/* A parameter that n reads once and nobody else does. */
static int is_own_weight(Scale *s, const Expr *f)
{
    const Node *w = f->op == EX_read ? f->u.node : NULL;
    if (!w || w->kind != NODE_param || (w->data->dtype != DT_f32 && w->data->dtype != DT_f64) || w->id >= s->uses.n) return 0;
    const Use *use = use_of(&s->uses, w);
    Count k = {w, 0};
    if (use->pinned || use->by.n != 1 || tensor_count(w->data) > FOLD_LARGE) return 0;
    node_each_expr(s->n, count_expr, &k);
    return k.n == 1;
}

static int is_plain(const Expr *e)
{
    double v;
    return !e || ex_is_lit(e, &v);
}

static int scale_node(Scale *s)
{
    Node *n = s->n;
    Factors f;
    if (n->kind != NODE_compute || n->red != RED_sum || !n->post || n->empty || n->body->dtype != DT_f32 || !factors_of(n->body, &f)) return 0;
    for (int i = 0; i < f.n; i++) {
        if (!is_own_weight(s, f.f[i])) continue;
        s->w = f.f[i];
        Linear l = linear_of(s);
        if (is_plain(l.g) || !opt_may(s->c)) continue;
        Expr *h = l.h ? as_tensor(s, l.h) : NULL, *acc = ex_acc(s->m, DT_f32);
        if (l.h && !h) return 0;
        f.f[i] = ex_read(s->m, scaled_weight(s, l.g), s->w->arg);
        n->body = factors_expr(s->m, &f, DT_f32);
        n->post = expr_put(s->c, n->post, l.at, h ? ex_add(s->m, acc, h) : acc);
        if (n->post == acc) n->post = NULL;
        return 1;
    }
    return 0;
}

int pass_scale(OptCtx *c, Module *m)
{
    Scale s = {.c = c, .m = m, .uses = uses_of(c, m)};
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        s.e = m->entries.at[i];
        NodeList list = entry_nodes(c, s.e);
        for (int k = 0; k < list.v.n; k++) {
            s.n = list.v.at[k];
            changes += scale_node(&s);
        }
    }
    return changes;
}
