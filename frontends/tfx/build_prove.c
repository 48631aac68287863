/* build_prove.c - every read and write lies inside its tensor: proved by intervals, checked when the entry begins,
 * read with padding where the conditions on the way exclude it, or guarded.
 * Takes nodes as built, rewrites their subscripts. Errors: index-range for what is always outside; warning
 * index-unproved for a guard on computed data. */
#include <limits.h>
#include "frontends/tfx/build.h"

typedef struct Prove {
    Build *b; Node *n;
    Node wide;                       /* the node with the conditions of the path as further conjuncts */
    RangeCtx rc, path_rc; int base;  /* base: where conj need not hold */
    int npath; Expr *path[64];
    Expr *lo[MAX_SLOTS], *hi[MAX_SLOTS]; int nslots;
} Prove;

/* Bound of e without the slots that lo and hi bound; NULL when it is not affine in them. */
static Expr *bound_expr(Build *b, Expr *e, Expr *const *lo, Expr *const *hi, int n, int upper, int deep)
{
    Affine a;
    if (!ex_slots(e)) return e;
    if (deep > 6 || !affine_of(e, &a)) return NULL;
    Expr *sum = ex_int(b->m, a.c);
    for (int i = 0; i < a.n; i++) {
        Expr *t = a.t[i].atom;
        int up = (a.t[i].k > 0) == upper;
        if (ex_slots(t)) {
            if (t->op == EX_min || t->op == EX_max) {
                Expr *x = bound_expr(b, t->arg[0], lo, hi, n, up, deep + 1), *y = bound_expr(b, t->arg[1], lo, hi, n, up, deep + 1);
                if (!x && !y) return NULL;
                if (!x || !y) {
                    if ((t->op == EX_min) != up) return NULL;
                    t = x ? x : y;
                } else t = ex_bin(b->m, t->op, x, y);
            } else if (t->op == EX_div && t->arg[1]->op == EX_int && t->arg[1]->u.i > 0) {
                Expr *x = bound_expr(b, t->arg[0], lo, hi, n, up, deep + 1);
                if (!x) return NULL;
                t = ex_bin(b->m, EX_div, x, t->arg[1]);
            } else if (t->op == EX_mod && t->arg[1]->op == EX_int && t->arg[1]->u.i > 0) {
                t = ex_int(b->m, up ? t->arg[1]->u.i - 1 : 0);
            } else {
                if (t->op != EX_index || t->u.slot >= n || !hi[t->u.slot]) return NULL;
                Expr *x = bound_expr(b, up ? hi[t->u.slot] : lo[t->u.slot], lo, hi, n, up, deep + 1);
                if (!x) return NULL;
                t = x;
            }
        }
        sum = ex_add(b->m, sum, ex_mul(b->m, t, ex_int(b->m, a.t[i].k)));
    }
    return sum;
}

Expr *tfx_bound_of(Build *b, Expr *e, int upper)
{
    Expr *lo[MAX_SLOTS] = {0}, *hi[MAX_SLOTS] = {0};
    for (int i = 0; i < b->depth; i++) {
        const Slot *s = &b->slot[i];
        if (!s->ext) continue;
        lo[i] = s->off ? s->off : ex_int(b->m, 0);
        hi[i] = ex_add(b->m, ex_sub(b->m, s->ext, ex_int(b->m, 1)), lo[i]);
    }
    return bound_expr(b, e, lo, hi, b->depth, upper, 0);
}

/* ---- known when the entry begins? ---- */

typedef struct Known { Build *b; int bad; } Known;
static void see(void *u, const Expr *e)
{
    Known *k = u;
    if (e->op == EX_sym && e->u.sym->kind != SYM_dim) k->bad = 1;
    if (e->op == EX_index || e->op == EX_acc || e->op == EX_guard || e->op == EX_read_or) k->bad = 1;
    if (e->op != EX_read) return;
    const Node *n = e->u.node;
    if (n->rank || (n->kind != NODE_input && n->kind != NODE_state)) k->bad = 1;
}

static int known_at_entry(Build *b, const Expr *e)
{
    Known k = {b, 0};
    ex_visit(e, see, &k);
    return !k.bad;
}

int prove_at_entry(Build *b, Expr *cond, CheckStatus st, const char *message, Span at)
{
    RangeCtx rc;
    range_ctx(&rc, b->m, b->entry, NULL);
    int known = range_proves(&rc, cond);
    if (known == 1) return 1;
    if (!known_at_entry(b, cond)) return 0;
    if (known == 0) return -1;
    if (b->frame && b->frame->in_region) return 0;
    for (int i = 0; i < b->entry->facts.n; i++)
        if (b->entry->facts.at[i] == cond) return 1;
    Check c = {.status = st, .cond = cond, .message = message, .span = at};
    vec_push(b->a, &b->entry->checks, c);
    vec_push(b->a, &b->entry->facts, cond);
    return 1;
}

/* ---- one subscript ---- */

static int holds(Prove *p, int path, Expr *cond)
{
    return range_proves(path ? &p->path_rc : &p->rc, cond);
}

static void path_context(Prove *p)
{
    p->wide = *p->n;
    if (p->n->kind != NODE_scatter || 1) {
        Expr **all = NEWN(p->b->a, Expr *, p->n->nconj + p->npath + 1);
        int n = 0;
        for (int i = 0; i < p->n->nconj && !p->base; i++) all[n++] = p->n->conj[i];
        for (int i = 0; i < p->npath; i++) all[n++] = p->path[i];
        p->wide.conj = all;
        p->wide.nconj = n;
    }
    range_ctx(&p->path_rc, p->b->m, p->b->entry, &p->wide);
}

static int is_whole(Prove *p, const Expr *sub, const Expr *ext)
{
    if (sub->op != EX_index) return 0;
    int s = sub->u.slot;
    int64_t zero;
    if (p->n->kind != NODE_scatter && s < p->n->rank) return p->n->ext[s] == ext;
    s -= p->n->rank;
    return s >= 0 && s < p->n->nred && ex_is_int(p->n->r[s].lo, &zero) && zero == 0 && p->n->r[s].hi == ext;
}

static Span place_of(Prove *p, const Expr *read)
{
    Span *at = read ? map_get(&p->b->read_at, read) : NULL;
    return at ? *at : p->n->span;
}

/* An integer input used as a subscript: what it may hold becomes a check of the entry. */
static int narrow_input(Expr *sub, Expr *ext, int lower)
{
    int64_t n;
    if (sub->op != EX_read || sub->u.node->kind != NODE_input) return 0;
    Node *in = sub->u.node;
    if (lower) {
        if (in->lo < 0) in->lo = 0;
        return 1;
    }
    if (!ex_is_int(ext, &n) || n < 1) return 0;
    if (in->hi > n - 1) in->hi = n - 1;
    return 1;
}

static void see_state(void *u, const Expr *e)
{
    if (e->op == EX_read && e->u.node->kind == NODE_state) *(int *)u = 1;
}

/* A position kept in a state that runs past a table: the state is full. */
static int reads_state(const Expr *e)
{
    int found = 0;
    ex_visit(e, see_state, &found);
    return found;
}

/* Does the bound hold by a check at entry? worst: the subscript at its extreme. */
static int by_check(Prove *p, Expr *sub, Expr *ext, int lower, CheckStatus st, Span at)
{
    Build *b = p->b;
    if (p->n->nconj || p->npath || b->ncond) return 0;
    Expr *worst = bound_expr(b, sub, p->lo, p->hi, p->nslots, !lower, 0);
    if (!worst || ex_slots(ext)) return 0;
    Expr *cond = lower ? ex_bin(b->m, EX_le, ex_int(b->m, 0), worst) : ex_bin(b->m, EX_lt, worst, ext);
    int64_t dummy;
    if (ex_is_int(worst, &dummy) && ex_is_int(ext, &dummy)) return 0;
    const char *msg = lower ? arena_printf(b->a, "%s is below 0", ext_text(b, worst)) : arena_printf(b->a, "%s must be below %s", ext_text(b, worst), ext_text(b, ext));
    return prove_at_entry(b, cond, reads_state(cond) ? CHECK_FULL : st, msg, at) == 1;
}

typedef enum Verdict { INSIDE, PADDED, GUARDED, OUTSIDE } Verdict;

static Verdict judge(Prove *p, Expr *sub, Expr *ext, CheckStatus st, Span at, int *side)
{
    Build *b = p->b;
    Verdict v = INSIDE;
    if (is_whole(p, sub, ext)) return INSIDE;
    for (int lower = 1; lower >= 0; lower--) {
        Expr *cond = lower ? ex_bin(b->m, EX_le, ex_int(b->m, 0), sub) : ex_bin(b->m, EX_lt, sub, ext);
        int known = holds(p, 0, cond);
        if (known == 1) continue;
        int on_path = p->npath ? holds(p, 1, cond) : -1;
        if (on_path == 1) {
            if (v < PADDED) v = PADDED;
            continue;
        }
        if (known == 0 && on_path != 1 && !p->npath) {
            *side = lower;
            return OUTSIDE;
        }
        if (narrow_input(sub, ext, lower)) continue;
        if (by_check(p, sub, ext, lower, st, at)) continue;
        v = GUARDED;
    }
    return v;
}

static Expr *guarded(Prove *p, Expr *sub, Expr *ext, Span at)
{
    Build *b = p->b;
    if (!(sub->op == EX_read && sub->u.node->kind == NODE_input))
        tfx_warn(b, at, "index-unproved", "it cannot be shown that 0 <= %s < %s: guarded at run time", expr_text(b->a, b->m, sub, p->n->rank), ext_text(b, ext));
    return ex_bin(b->m, EX_guard, sub, ext);
}

static Expr *prove_expr(Prove *p, Expr *e);

static Expr *prove_read(Prove *p, Expr *e)
{
    Build *b = p->b;
    Node *of = e->u.node;
    Expr *sub[MAX_RANK];
    int padded = 0, same = 1, side = 0;
    Span at = place_of(p, e);
    for (int i = 0; i < of->rank; i++) {
        sub[i] = prove_expr(p, e->arg[i]);
        Verdict v = judge(p, sub[i], of->ext[i], CHECK_RANGE, at, &side);
        if (v == OUTSIDE) {
            tfx_error(b, at, "index-range", "subscript %d of '%s' is always %s: %s, the size is %s", i + 1, of->name ? of->name : "?", side ? "below 0" : "too large", expr_text(b->a, b->m, sub[i], p->n->rank), ext_text(b, of->ext[i]));
            return e;
        }
        if (v == GUARDED) sub[i] = guarded(p, sub[i], of->ext[i], at);
        padded |= v == PADDED;
        same &= sub[i] == e->arg[i];
    }
    if (padded) {
        return ex_read_or(b->m, of, sub, ex_number(b->m, of->dtype, 0));
    }
    return same ? e : ex_read(b->m, of, sub);
}

static Expr *under(Prove *p, Expr *cond, Expr *e)
{
    if (!(e->traits & TRAIT_read) || p->npath == 64) return prove_expr(p, e);
    p->path[p->npath++] = cond;
    path_context(p);
    Expr *r = prove_expr(p, e);
    p->npath--;
    path_context(p);
    return r;
}

static Expr *prove_expr(Prove *p, Expr *e)
{
    Module *m = p->b->m;
    Expr *arg[MAX_RANK + 1];
    int same = 1;
    if (!(e->traits & TRAIT_read)) return e;
    if (e->op == EX_read) return prove_read(p, e);
    if (e->op == EX_select) {
        arg[0] = prove_expr(p, e->arg[0]);
        arg[1] = under(p, arg[0], e->arg[1]);
        arg[2] = under(p, ex_un(m, EX_not, arg[0]), e->arg[2]);
    } else if (e->op == EX_and || e->op == EX_or) {
        arg[0] = prove_expr(p, e->arg[0]);
        arg[1] = under(p, e->op == EX_and ? arg[0] : ex_un(m, EX_not, arg[0]), e->arg[1]);
    } else {
        for (int i = 0; i < e->n; i++) arg[i] = prove_expr(p, e->arg[i]);
    }
    for (int i = 0; i < e->n; i++) same &= arg[i] == e->arg[i];
    if (same) return e;
    if (e->op == EX_read_or) return ex_read_or(m, e->u.node, arg, arg[e->n - 1]);
    return ex_op(m, e->op, arg);
}

/* ---- a node ---- */

static int from_state(const Node *n)
{
    while (n->kind == NODE_scatter) n = n->in[0];
    return n->kind == NODE_state;
}

static void slot_bounds(Prove *p)
{
    Node *n = p->n;
    Module *m = p->b->m;
    p->nslots = n->rank + n->nred;
    for (int i = 0; i < n->rank && n->kind != NODE_scatter; i++) {
        p->lo[i] = ex_int(m, 0);
        p->hi[i] = ex_sub(m, n->ext[i], ex_int(m, 1));
    }
    for (int i = 0; i < n->nred; i++) {
        p->lo[n->rank + i] = n->r[i].lo;
        p->hi[n->rank + i] = ex_sub(m, n->r[i].hi, ex_int(m, 1));
    }
}

static void start(Prove *p, int base)
{
    p->base = base;
    if (base) range_ctx_base(&p->rc, p->b->m, p->b->entry, p->n);
    else range_ctx(&p->rc, p->b->m, p->b->entry, p->n);
    path_context(p);
}

void node_prove(Build *b, Node *n)
{
    Prove *p = NEW(b->a, Prove);
    p->b = b;
    p->n = n;
    for (int i = 0; i < b->ncond; i++) p->path[p->npath++] = b->cond[i];
    slot_bounds(p);
    start(p, 1);
    for (int i = 0; i < n->nred; i++) {
        n->r[i].lo = prove_expr(p, n->r[i].lo);
        n->r[i].hi = prove_expr(p, n->r[i].hi);
    }
    if (n->empty) n->empty = prove_expr(p, n->empty);
    int npath = p->npath;
    for (int i = 0; i < n->nconj; i++) {                 /* a condition may rely on those before it */
        Expr *c = prove_expr(p, n->conj[i]);
        n->conj[i] = c;
        if (p->npath < 64) p->path[p->npath++] = c;
        path_context(p);
    }
    p->npath = npath;
    start(p, 0);
    if (n->body) n->body = prove_expr(p, n->body);
    if (n->kind != NODE_scatter) return;
    CheckStatus st = from_state(n) ? CHECK_FULL : CHECK_RANGE;
    for (int i = 0; i < n->rank; i++) {
        int side = 0;
        n->sub[i] = prove_expr(p, n->sub[i]);
        Verdict v = judge(p, n->sub[i], n->ext[i], st, n->span, &side);
        if (v == OUTSIDE) tfx_error(b, n->span, "index-range", "index %d of the assignment is always %s: %s, the size is %s", i + 1, side ? "below 0" : "too large", expr_text(b->a, b->m, n->sub[i], n->rank), ext_text(b, n->ext[i]));
        if (v == GUARDED || v == PADDED) n->sub[i] = guarded(p, n->sub[i], n->ext[i], n->span);
    }
}
