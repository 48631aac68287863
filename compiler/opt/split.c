/* split.c - an index that is used as i / C and i % C becomes two indices. Takes nodes whose body divides an index by a
 * constant that divides its extent, gives nodes in which those divisions are gone. A reduced index is the node's own
 * matter; splitting an output index changes the shape of the tensor, so its readers are rewritten, and split where they
 * pass the index on. All of it is tried first, and done only when the divisions vanish.
 * It leaves tensors that must keep their shape (outputs, states, operands) and divisions in conditions alone. */
#include <string.h>
#include "compiler/opt/util.h"

enum { MAX_PLAN = 8 };
typedef struct Step { Node *n; int slot; } Step;
typedef struct Split { OptCtx *c; Module *m; Entry *e; Uses uses; int64_t by; int nplan; Step plan[MAX_PLAN]; } Split;

/* ---- counting ---- */

typedef struct Count { uint32_t slots; int n; } Count;

static void count_part(void *u, const Expr *e)
{
    Count *k = u;
    if ((e->op == EX_div || e->op == EX_mod) && e->dtype == DT_i32 && ex_slots(e) & k->slots) k->n++;
}

/* Divisions in e that depend on one of the slots. */
static int divisions(const Expr *e, uint32_t slots)
{
    Count k = {slots, 0};
    if (e) ex_visit(e, count_part, &k);
    return k.n;
}

/* ---- one step ---- */

/* Extent of a slot that may be split: a literal, counted from 0. */
static int64_t extent(const Node *n, int slot)
{
    int64_t lo = 0, size;
    const Expr *hi = slot < n->rank ? n->ext[slot] : n->r[slot - n->rank].hi;
    if (slot >= n->rank && (!ex_is_int(n->r[slot - n->rank].lo, &lo) || lo)) return -1;
    return ex_is_int(hi, &size) ? size : -1;
}

static int can_split(const Split *s, const Node *n, int slot)
{
    int64_t size = extent(n, slot);
    if (n->kind != NODE_compute && n->kind != NODE_softmax) return 0;
    if (size <= s->by || size % s->by) return 0;
    if (slot >= n->rank) return n->nred < MAX_RED && n->red != RED_argmax && n->red != RED_argmin;
    return n->rank < MAX_RANK && !(n->row_axes >> slot & 1);
}

typedef struct SubstAll { Module *m; Expr *by[MAX_SLOTS]; } SubstAll;

static void subst_expr(void *u, Expr **e)
{
    SubstAll *s = u;
    *e = ex_subst_slots(s->m, *e, s->by, MAX_SLOTS);
}

/* Rewrites the node itself: slot becomes slot * C + (slot + 1), later slots move up by one. */
static void split_own(Module *m, Node *n, int slot, int64_t c)
{
    SubstAll s = {.m = m};
    int64_t size = extent(n, slot);
    int r = slot - n->rank;
    s.by[slot] = ex_add(m, ex_mul(m, ex_index(m, slot), ex_int(m, c)), ex_index(m, slot + 1));
    for (int i = slot + 1; i + 1 < MAX_SLOTS; i++) s.by[i] = ex_index(m, i + 1);
    node_each_expr(n, subst_expr, &s);
    Range outer = {ex_int(m, 0), ex_int(m, size / c)}, inner = {ex_int(m, 0), ex_int(m, c)};
    if (r >= 0) {
        memmove(&n->r[r + 1], &n->r[r], (size_t)(n->nred - r) * sizeof *n->r);
        n->r[r] = outer;
        n->r[r + 1] = inner;
        n->nred++;
        return;
    }
    memmove(&n->ext[slot + 1], &n->ext[slot], (size_t)(n->rank - slot) * sizeof(Expr *));
    n->ext[slot] = outer.hi;
    n->ext[slot + 1] = inner.hi;
    n->rank++;
    uint32_t low = n->row_axes & ((1u << slot) - 1);
    n->row_axes = low | (n->row_axes & ~((2u << slot) - 1)) << 1;
}

/* A copy that may be changed freely. */
static Node copy_of(const Split *s, const Node *n)
{
    Node k = *n;
    if (n->nconj) k.conj = arena_dup(s->c->scratch, n->conj, (size_t)n->nconj * sizeof *n->conj);
    return k;
}

/* Do all divisions that depend on the slot vanish? */
static int vanishes(Split *s, const Node *n, int slot)
{
    OptOptions free = {0};
    OptCtx trial = {.m = s->m, .o = &free, .scratch = s->c->scratch};
    Node k = copy_of(s, n);
    split_own(s->m, &k, slot, s->by);
    simplify_node(&trial, s->e, &k);
    return divisions(k.body, 3u << slot) == 0;
}

/* ---- readers ---- */

typedef struct Readers { Split *s; Node *of, *reader; int slot, ok; } Readers;

static int plan_add(Split *s, Node *n, int slot)
{
    for (int i = 0; i < s->nplan; i++)
        if (s->plan[i].n == n && s->plan[i].slot == slot) return 1;
    if (s->nplan == MAX_PLAN || !can_split(s, n, slot) || !vanishes(s, n, slot)) return 0;
    s->plan[s->nplan++] = (Step){n, slot};
    return 1;
}

static void reader_part(void *u, const Expr *e)
{
    Readers *r = u;
    int slot;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != r->of || !r->ok) return;
    Expr *sub = e->arg[r->slot];
    if (e->op == EX_read_or) r->ok = 0;
    else if (expr_is_index(sub, &slot)) r->ok = plan_add(r->s, r->reader, slot);
    else {
        Expr *c = ex_int(r->s->m, r->s->by);
        Expr *q = simplify_expr(r->s->m, r->s->e, r->reader, ex_bin(r->s->m, EX_div, sub, c));
        Expr *p = simplify_expr(r->s->m, r->s->e, r->reader, ex_bin(r->s->m, EX_mod, sub, c));
        int before = divisions(sub, ~0u);
        r->ok = divisions(q, ~0u) <= before && divisions(p, ~0u) <= before;
    }
}

static void reader_expr(void *u, Expr **e)
{
    if ((*e)->traits & TRAIT_read) ex_visit(*e, reader_part, u);
}

/* Adds to the plan what splitting output index `slot` of n makes necessary. */
static int plan_readers(Split *s, Node *n, int slot)
{
    const Use *use = use_of(&s->uses, n);
    Readers r = {s, n, NULL, slot, !use->pinned};
    for (int i = 0; r.ok && i < use->by.n; i++) {
        r.reader = use->by.at[i];
        node_each_expr(r.reader, reader_expr, &r);
    }
    return r.ok;
}

typedef struct Reshape { Module *m; const Node *of; int slot; int64_t by; } Reshape;

/* A read that still has the old number of subscripts; those of the new shape have one more. */
static Expr *reshape_part(void *u, Expr *e)
{
    const Reshape *r = u;
    Expr *subs[MAX_RANK];
    if (e->op != EX_read || e->u.node != r->of || e->n != r->of->rank - 1) return NULL;
    Expr *sub = e->arg[r->slot], *c = ex_int(r->m, r->by);
    for (int i = 0; i < e->n; i++) subs[i < r->slot ? i : i + 1] = e->arg[i];
    subs[r->slot] = ex_bin(r->m, EX_div, sub, c);
    subs[r->slot + 1] = ex_bin(r->m, EX_mod, sub, c);
    return ex_read(r->m, e->u.node, subs);
}

static void reshape_expr(void *u, Expr **e)
{
    Reshape *r = u;
    if ((*e)->traits & TRAIT_read) *e = ex_rewrite(r->m, *e, reshape_part, r);
}

static void apply(Split *s)
{
    for (int i = 0; i < s->nplan; i++) {
        Node *n = s->plan[i].n;
        int slot = s->plan[i].slot, was = n->rank;
        split_own(s->m, n, slot, s->by);
        for (int k = i + 1; k < s->nplan; k++)
            if (s->plan[k].n == n && s->plan[k].slot > slot) s->plan[k].slot++;
        if (n->rank == was) continue;
        Reshape r = {s->m, n, slot, s->by};
        const Use *use = use_of(&s->uses, n);
        for (int k = 0; k < use->by.n; k++) node_each_expr(use->by.at[k], reshape_expr, &r);
    }
    for (int i = 0; i < s->nplan; i++) {
        const Use *use = use_of(&s->uses, s->plan[i].n);
        simplify_node(s->c, s->e, s->plan[i].n);
        for (int k = 0; k < use->by.n; k++) simplify_node(s->c, s->e, use->by.at[k]);
    }
}

static int try_split(Split *s, Node *n, int slot, int64_t by)
{
    s->by = by;
    s->nplan = 0;
    if (!plan_add(s, n, slot)) return 0;
    for (int i = 0; i < s->nplan; i++)
        if (s->plan[i].slot < s->plan[i].n->rank && !plan_readers(s, s->plan[i].n, s->plan[i].slot)) return 0;
    if (!opt_may(s->c)) return 0;
    apply(s);
    return 1;
}

/* ---- candidates ---- */

typedef struct Candidates { int n; struct { int slot; int64_t by; } at[16]; } Candidates;

static int64_t gcd(int64_t a, int64_t b) { return b ? gcd(b, a % b) : a < 0 ? -a : a; }

static void candidate_part(void *u, const Expr *e)
{
    Candidates *k = u;
    Affine a;
    int64_t d;
    if ((e->op != EX_div && e->op != EX_mod) || e->dtype != DT_i32 || !ex_is_int(e->arg[1], &d) || d < 2) return;
    if (!affine_of(e->arg[0], &a)) return;
    for (int i = 0; i < a.n && k->n < 16; i++) {
        int64_t by = d / gcd(d, a.t[i].k);
        if (a.t[i].atom->op != EX_index || by < 2) continue;
        k->at[k->n].slot = a.t[i].atom->u.slot;
        k->at[k->n++].by = by;
    }
}

static int split_node(Split *s, Node *n)
{
    Candidates k = {0};
    if ((n->kind != NODE_compute && n->kind != NODE_softmax) || !n->body) return 0;
    ex_visit(n->body, candidate_part, &k);
    for (int i = 0; i < k.n; i++)
        if (try_split(s, n, k.at[i].slot, k.at[i].by)) return 1;
    return 0;
}

int pass_split(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        Split s = {.c = c, .m = m, .e = m->entries.at[i], .uses = uses_of(c, m)};
        NodeList list = entry_nodes(c, s.e);
        for (int k = 0; k < list.v.n; k++)
            for (int again = 0; again < 4 && split_node(&s, list.v.at[k]); again++) changes++;
    }
    return changes;
}
