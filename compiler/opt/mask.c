/* mask.c - masks by large negative numbers under a softmax become its conditions, from which loop bounds are made.
 * Takes softmax nodes whose logit adds or selects -inf or a constant <= -1e4 where a condition on indices, sizes or
 * integer tensors does not hold; gives the logit without it and the condition as conjunct.
 *
 *     s + (j <= i ? 0 : -1e9)      j <= i ? s : -inf      s + (1 - to_f(mask[j])) * -1e4, mask in 0..=1
 *
 * exp of such a difference is 0 when some element of the row is not masked; logits are taken to be smaller in size than
 * half of the constant, as whoever wrote it did. A row that is masked everywhere is the hard case: the sum gives some
 * distribution (or NaN with -inf), the condition gives 0. So a mask is only moved when an element that all conditions
 * admit can be named for every row (j = i, j = 0, the lower bound, ..): then both mean the same.
 * Constants of the size of a mask that stay behind (masks by floats) hide such rows: then finite masks stay as well. */
#include <math.h>
#include "compiler/opt/mask.h"

enum { MAX_MASK = 16 };
static const double large = 1e4, small = 1e3;

/* ---- an element in every row ---- */

typedef struct Rows { Module *m; RangeCtx rc; const Node *n; int slot; Expr *const *conj; int nconj; } Rows;

static int is_witness(Rows *r, Expr *w)
{
    Expr *by[MAX_SLOTS] = {0};
    if (ex_uses_slot(w, r->slot) || expr_inside(r->m, &r->rc, w, r->n->ext[r->slot]) != 1) return 0;
    by[r->slot] = w;
    for (int i = 0; i < r->nconj; i++)
        if (range_proves(&r->rc, ex_subst_slots(r->m, r->conj[i], by, r->slot + 1)) != 1) return 0;
    return 1;
}

typedef struct Guess { Rows *r; int found; } Guess;

/* j <= e and e <= j name e; j < e names e - 1, e < j names e + 1; j == e names e. */
static void guess(void *u, const Expr *e)
{
    Guess *g = u;
    Module *m = g->r->m;
    int64_t coef;
    Expr *rest;
    if (g->found || e->n != 2 || e->arg[0]->dtype != DT_i32) return;
    if (e->op != EX_le && e->op != EX_lt && e->op != EX_eq) return;
    if (!affine_split(m, ex_sub(m, e->arg[0], e->arg[1]), g->r->slot, &coef, &rest) || (coef != 1 && coef != -1)) return;
    Expr *w = coef > 0 ? ex_un(m, EX_neg, rest) : rest;
    if (e->op == EX_lt) w = ex_sub(m, w, ex_int(m, coef));
    g->found = is_witness(g->r, w);
}

int mask_nonempty(Module *m, const Entry *e, const Node *n, uint32_t rows, Expr *const *conj, int nconj)
{
    Node bare = *n;
    Rows r = {.m = m, .n = n, .conj = conj, .nconj = nconj};
    while (r.slot < n->rank && !(rows >> r.slot & 1)) r.slot++;
    bare.nconj = 0;
    range_ctx_base(&r.rc, m, e, &bare);
    if (is_witness(&r, ex_int(m, 0)) || is_witness(&r, ex_sub(m, n->ext[r.slot], ex_int(m, 1)))) return 1;
    for (int s = 0; s < n->rank; s++)
        if (s != r.slot && is_witness(&r, ex_index(m, s))) return 1;
    Guess g = {&r, 0};
    for (int i = 0; i < nconj && !g.found; i++) ex_visit(conj[i], guess, &g);
    return g.found;
}

/* ---- taking masks out of an expression ---- */

/* finite: may finite constants count? red: the private reduction whose `post` holds masks too, its new post, its read. */
typedef struct Un { OptCtx *c; Module *m; Uses *uses; const Node *n; int finite, found, finite_found; Expr *conj[MAX_MASK]; int nconj;
                    Node *red; Expr *post; } Un;

typedef struct Kind { int floats; } Kind;

static void kind_part(void *u, const Expr *e)
{
    Kind *k = u;
    if (dtype_is_float(e->dtype)) k->floats = 1;
}

/* Without floats: indices, sizes, integer tensors. */
static int is_condition(const Expr *e)
{
    Kind k = {0};
    ex_visit(e, kind_part, &k);
    return e->dtype == DT_bool && !k.floats;
}

/* Is e * scale a literal that masks? */
static int masks(const Un *u, const Expr *e, double scale)
{
    double v;
    if (!ex_is_lit(e, &v)) return 0;
    v *= scale;
    return v <= -large && (u->finite || isinf(v));
}

static int add(Un *u, Expr *cond, double value)
{
    if (u->nconj == MAX_MASK || !is_condition(cond)) return 0;
    u->conj[u->nconj++] = cond;
    u->found++;
    u->finite_found += !isinf(value);
    return 1;
}

/* ---- truth values as numbers ---- */

typedef struct Truth { Module *m; Expr *leaf; Expr *by; int bad; } Truth;

static void truth_part(void *u, const Expr *e)
{
    Truth *t = u;
    if (e->op == EX_to_f && t->leaf != e) {
        if (t->leaf) t->bad = 1;
        else t->leaf = (Expr *)(uintptr_t)e;
    }
    if (e->op == EX_read && dtype_is_float(e->dtype)) t->bad = 1;
}

static Expr *put_leaf(void *u, Expr *e)
{
    const Truth *t = u;
    return e == t->leaf ? t->by : NULL;
}

/* The condition under which the number behind to_f is 1; NULL when it may be anything but 0 and 1. */
static Expr *is_set(const Un *u, Expr *x)
{
    RangeCtx rc;
    int64_t lo, hi;
    if (x->dtype == DT_bool) return x;
    range_ctx(&rc, u->m, NULL, u->n);
    range_of(&rc, x, &lo, &hi);
    return lo >= 0 && hi <= 1 ? ex_bin(u->m, EX_ne, x, ex_int(u->m, 0)) : NULL;
}

/* e as a function of one truth value: (1 - to_f(P)) * -1e9 and the like. NULL: it is not. */
static Expr *by_truth(Un *u, Expr *e, double scale)
{
    Truth t = {u->m, NULL, NULL, 0};
    double v;
    ex_visit(e, truth_part, &t);
    if (!t.leaf || t.bad || e->op == EX_to_f) return NULL;
    Expr *set = is_set(u, t.leaf->arg[0]), *at[2];
    if (!set) return NULL;
    for (int i = 0; i < 2; i++) {
        t.by = ex_flt(u->m, i);
        at[i] = ex_rewrite(u->m, e, put_leaf, &t);
        if (!ex_is_lit(at[i], &v)) return NULL;
    }
    int masked = masks(u, at[0], scale) ? 0 : masks(u, at[1], scale) ? 1 : -1;
    if (masked < 0 || !ex_is_lit(at[!masked], &v) || !(fabs(v * scale) < small)) return NULL;
    Expr *cond = masked ? ex_un(u->m, EX_not, set) : set;
    Expr *keep = at[!masked];
    ex_is_lit(at[masked], &v);
    return add(u, cond, v * scale) ? keep : NULL;
}

static Expr *unmask(Un *u, Expr *e, double scale);

/* P ? a : -1e9 */
static Expr *by_select(Un *u, Expr *e, double scale)
{
    double v = 0;
    for (int i = 1; i <= 2; i++) {
        if (!masks(u, e->arg[i], scale)) continue;
        Expr *cond = i == 1 ? ex_un(u->m, EX_not, e->arg[0]) : e->arg[0];
        ex_is_lit(e->arg[i], &v);
        return add(u, cond, v * scale) ? unmask(u, e->arg[3 - i], scale) : e;
    }
    return e;
}

/* Through the read of a map, when that reveals a mask; through the last step of a reduction that nobody else reads. */
static Expr *by_read(Un *u, Expr *e, double scale)
{
    Node *n = e->u.node;
    int before = u->found, from = u->nconj, at[MAX_RANK];
    if (node_is_map(n) && n->dtype == DT_f32 && n->body->op != EX_read) {
        Expr *x = unmask(u, ex_subst_slots(u->m, n->body, e->arg, n->rank), scale);
        return u->found > before ? x : e;
    }
    if (n->kind != NODE_compute || n->red == RED_none || !n->post || n->dtype != DT_f32 || n->id >= u->uses->n || u->red) return e;
    const Use *use = use_of(u->uses, n);
    if (use->pinned || use->by.n != 1 || use->by.at[0] != u->n || !subs_are_permutation(e, u->n->rank, at)) return e;
    Expr *post = unmask(u, n->post, scale);
    if (u->found == before) return e;
    for (int i = from; i < u->nconj; i++) u->conj[i] = ex_subst_slots(u->m, u->conj[i], e->arg, n->rank);
    u->red = n;
    u->post = post->op == EX_acc ? NULL : post;
    return e;
}

/* e without its masks, whose conditions are kept in u. e stands for e * scale in the logit. */
static Expr *unmask(Un *u, Expr *e, double scale)
{
    Expr *x;
    double k;
    int before = u->found;
    switch (e->op) {
    case EX_select: x = by_select(u, e, scale); if (u->found > before) return x; break;
    case EX_read: return by_read(u, e, scale);
    default: break;
    }
    if ((x = by_truth(u, e, scale)) != NULL) return x;
    switch (e->op) {
    case EX_add: return ex_add(u->m, unmask(u, e->arg[0], scale), unmask(u, e->arg[1], scale));
    case EX_sub: return ex_sub(u->m, unmask(u, e->arg[0], scale), unmask(u, e->arg[1], -scale));
    case EX_neg: return ex_un(u->m, EX_neg, unmask(u, e->arg[0], -scale));
    case EX_mul:
        if (ex_is_lit(e->arg[1], &k) && isfinite(k)) return ex_mul(u->m, unmask(u, e->arg[0], scale * k), e->arg[1]);
        if (ex_is_lit(e->arg[0], &k) && isfinite(k)) return ex_mul(u->m, e->arg[0], unmask(u, e->arg[1], scale * k));
        return e;
    case EX_div:
        if (ex_is_lit(e->arg[1], &k) && isfinite(k) && (k > 0 || k < 0)) return ex_bin(u->m, EX_div, unmask(u, e->arg[0], scale / k), e->arg[1]);
        return e;
    default: return e;
    }
}

/* ---- nodes ---- */

static void large_part(void *u, const Expr *e)
{
    int *found = u;
    if (e->op == EX_flt && fabs(e->u.f) >= large) *found = 1;
}

static int has_large(const Expr *e)
{
    int found = 0;
    if (e) ex_visit(e, large_part, &found);
    return found;
}

/* Takes the masks of one softmax out, when every row keeps an element. */
static int try_masks(OptCtx *c, Entry *e, Node *n, Uses *uses, int finite)
{
    Module *m = c->m;
    Un u = {.c = c, .m = m, .uses = uses, .n = n, .finite = finite};
    Expr *conj[64];
    Expr *body = unmask(&u, n->body, 1);
    if (!u.found || n->nconj + u.nconj > 64) return 0;
    if (u.finite_found && (has_large(body) || has_large(u.post))) return 0;
    for (int i = 0; i < n->nconj; i++) conj[i] = n->conj[i];
    for (int i = 0; i < u.nconj; i++) conj[n->nconj + i] = u.conj[i];
    if (!mask_nonempty(m, e, n, n->row_axes, conj, n->nconj + u.nconj) || !opt_may(c)) return 0;
    n->body = body;
    if (u.red) u.red->post = u.post;
    for (int i = 0; i < u.nconj; i++) node_add_conj(m, n, u.conj[i]);
    return 1;
}

int mask_softmax(OptCtx *c, Module *m)
{
    int changes = 0;
    Uses uses = uses_of(c, m);
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) {
            Node *n = list.v.at[k];
            if (n->kind != NODE_softmax) continue;
            changes += try_masks(c, m->entries.at[i], n, &uses, 1) || try_masks(c, m->entries.at[i], n, &uses, 0);
        }
    }
    return changes;
}
