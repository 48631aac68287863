/* tile_merge.c - several indices of a contraction walked as one: where a step of one is as many steps of another as that one has,
 * in every tensor that is read or written. Takes a tile before anything of it is written; fewer loops, wider tiles. */
#include "compiler/emit/c/tile.h"

Expr *tile_slots(const Tile *t, Expr *e, Expr *const *to) { return ex_subst_slots(t->m, e, to, t->n->rank + t->n->nred); }

/* In e, affine in both: a step of `outer` is `size` steps of `inner`. */
static int strides_fit(const Tile *t, const Expr *e, int outer, int inner, int64_t size)
{
    int64_t ko, ki;
    Expr *rest;
    if (!ex_uses_slot(e, outer) && !ex_uses_slot(e, inner)) return 1;
    return affine_split(t->m, e, outer, &ko, &rest) && affine_split(t->m, e, inner, &ki, &rest) && ko == size * ki;
}

/* Position in memory of a read; panels: the column, when the depth does not use the slots in question. */
static Expr *place_of(const Tile *t, const Expr *read, int outer, int inner)
{
    const Buffer *b = fn_buffer(t->f, read->u.node);
    if (!b->panel) return buffer_at(t->f, b, read->arg);
    Expr *col = ex_int(t->m, 0);
    int in_cols = 0, in_depth = 0;
    Expr *depth = col;
    for (int k = 0; k < b->rank; k++) {
        int uses = ex_uses_slot(read->arg[k], outer) || ex_uses_slot(read->arg[k], inner);
        Expr **sum = b->col_axes >> k & 1 ? &col : &depth;
        if (uses && sum == &col) in_cols = 1;
        if (uses && sum == &depth) in_depth = 1;
        *sum = ex_add(t->m, *sum, ex_mul(t->m, read->arg[k], b->stride[k]));
    }
    return in_cols && in_depth ? NULL : in_depth ? depth : col;
}

typedef struct Fit { const Tile *t; int outer, inner, bad; int64_t size; } Fit;

/* Reads must fit; anywhere else the two indices must not occur. */
static void fit_expr(Fit *f, const Expr *e)
{
    if (f->bad || (!ex_uses_slot(e, f->outer) && !ex_uses_slot(e, f->inner))) return;
    if (e->op == EX_read) {
        const Expr *at = place_of(f->t, e, f->outer, f->inner);
        if (!at || !strides_fit(f->t, at, f->outer, f->inner, f->size)) f->bad = 1;
    } else if (e->n == 0 || e->op == EX_read_or) f->bad = 1;
    else for (int k = 0; k < e->n; k++) fit_expr(f, e->arg[k]);
}

static int in_ranges(const Node *n, int slot)
{
    for (int k = 0; k < n->nred; k++) if (ex_uses_slot(n->r[k].lo, slot) || ex_uses_slot(n->r[k].hi, slot)) return 1;
    for (int k = 0; k < n->nconj; k++) if (ex_uses_slot(n->conj[k], slot)) return 1;
    return 0;
}

static int from_zero(const Node *n, int red, int64_t *size)
{
    int64_t lo;
    return ex_is_int(n->r[red].lo, &lo) && lo == 0 && ex_is_int(n->r[red].hi, size);
}

static int fits(Tile *t, int outer, int inner, int64_t size)
{
    Fit f = {t, outer, inner, 0, size};
    fit_expr(&f, t->a);
    fit_expr(&f, t->b);
    if (t->n->post) fit_expr(&f, t->n->post);
    return !f.bad && strides_fit(t, buffer_at(t->f, t->dst, t->f->at), outer, inner, size) && !in_ranges(t->n, outer) && !in_ranges(t->n, inner);
}

/* slot is always 0 from here on */
void tile_drop(Tile *t, int slot)
{
    Expr *to[MAX_SLOTS] = {0};
    to[slot] = ex_int(t->m, 0);
    t->a = tile_slots(t, t->a, to);
    t->b = tile_slots(t, t->b, to);
    if (t->n->post) t->n->post = tile_slots(t, t->n->post, to);
    for (int k = 0; k < t->n->rank; k++) t->f->at[k] = tile_slots(t, t->f->at[k], to);
}

static int region_slot(const Tile *t, int slot)
{
    for (int k = 0; k < t->f->step->nin; k++) if (t->f->step->in[k].axis == slot) return 1;
    return 0;
}

static void merge_columns(Tile *t)
{
    int64_t size, more;
    for (int s = t->n->rank - 1; s >= 0; s--) {
        if (s == t->lane || s == t->row || region_slot(t, s) || region_slot(t, t->lane) || t->f->fixed >> s & 1) continue;
        if (!ex_is_int(t->n->ext[t->lane], &size) || !ex_is_int(t->n->ext[s], &more) || !fits(t, s, t->lane, size)) continue;
        tile_drop(t, s);
        t->f->fixed |= 1u << s;
        t->n->ext[t->lane] = ex_int(t->m, size * more);
    }
}

static void merge_depth(Tile *t)
{
    Node *n = t->n;
    int64_t size, more;
    for (int k = n->nred - 1; k > 0 && n->nconj == 0; k--) {
        if (!from_zero(n, k, &size) || !from_zero(n, k - 1, &more) || !fits(t, n->rank + k - 1, n->rank + k, size)) return;
        tile_drop(t, n->rank + k - 1);
        Expr *to[MAX_SLOTS] = {0};                           /* the later index takes the place of the earlier one */
        to[n->rank + k] = ex_index(t->m, n->rank + k - 1);
        t->a = tile_slots(t, t->a, to);
        t->b = tile_slots(t, t->b, to);
        n->r[k - 1].hi = ex_int(t->m, size * more);
        n->nred--;
    }
}

void tile_merge(Tile *t)
{
    merge_columns(t);
    merge_depth(t);
}
