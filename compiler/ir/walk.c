/* walk.c - walking expressions, which are graphs: every distinct part is met once, so the work is linear.
 * Takes an expression, gives visits, rewritten expressions, and small answers (slots, reads, cost).
 * It builds nothing by itself: rewriting goes through the constructors of expr.c. */
#include <string.h>
#include "compiler/ir/expr_impl.h"

/* ---- map on the stack ---- */

enum { FEW = sizeof ((WalkMap *)0)->few / sizeof(WalkSlot) };

void walk_init(WalkMap *w)
{
    memset(w, 0, sizeof *w);
    w->slots = w->few;
    w->cap = FEW;
}

void walk_free(WalkMap *w)
{
    if (w->arena) arena_free(w->arena);
    w->arena = NULL;
}

static WalkSlot *probe(WalkSlot *slots, int cap, const void *key, uint32_t id)
{
    uint32_t mask = (uint32_t)cap - 1, i = (id * 2654435769u >> 7) & mask;
    while (slots[i].key && slots[i].key != key) i = (i + 1) & mask;
    return &slots[i];
}

static void grow(WalkMap *w)
{
    int cap = w->cap * 4;
    if (!w->arena) w->arena = arena_new();
    WalkSlot *slots = NEWN(w->arena, WalkSlot, cap);
    for (int i = 0; i < w->cap; i++)
        if (w->slots[i].key) *probe(slots, cap, w->slots[i].key, w->slots[i].id) = w->slots[i];
    w->slots = slots;
    w->cap = cap;
}

WalkSlot *walk_slot(WalkMap *w, const void *key, uint32_t id, int *fresh)
{
    WalkSlot *s = probe(w->slots, w->cap, key, id);
    *fresh = !s->key;
    if (s->key) return s;
    if (w->n >= w->cap / 2) {
        grow(w);
        s = probe(w->slots, w->cap, key, id);
    }
    w->n++;
    s->key = key;
    s->id = id;
    return s;
}

/* ---- visiting ---- */

static void visit(WalkMap *w, const Expr *e, void (*f)(void *u, const Expr *e), void *u)
{
    int fresh;
    walk_slot(w, e, e->id, &fresh);
    if (!fresh) return;
    for (int i = 0; i < e->n; i++) visit(w, e->arg[i], f, u);
    f(u, e);
}

void ex_visit(const Expr *e, void (*f)(void *u, const Expr *e), void *u)
{
    if (!e->n) {
        f(u, e);
        return;
    }
    WalkMap w;
    walk_init(&w);
    visit(&w, e, f, u);
    walk_free(&w);
}

uint32_t ex_slots(const Expr *e) { return e->traits & ((1u << MAX_SLOTS) - 1); }
int ex_uses_slot(const Expr *e, int slot) { return e->traits >> slot & 1; }

static int is_read(const Expr *e) { return e->op == EX_read || e->op == EX_read_or; }

typedef struct FindRead { const Node *node; int found; } FindRead;

static void find_read(void *u, const Expr *e)
{
    FindRead *f = u;
    if (is_read(e) && e->u.node == f->node) f->found = 1;
}

int ex_reads(const Expr *e, const Node *n)
{
    FindRead f = {n, 0};
    if (e->traits & TRAIT_read) ex_visit(e, find_read, &f);
    return f.found;
}

/* A read costs one load. Counters saturate far above every threshold of a pass. */
static void add_cost(void *u, const Expr *e)
{
    int *cost = u;
    if (*cost > 1 << 28) return;
    if (expr_info[e->op].arity >= 0) *cost += expr_info[e->op].cost;
    else if (is_read(e)) *cost += 1;
}

int ex_cost(const Expr *e)
{
    int cost = 0;
    ex_visit(e, add_cost, &cost);
    return cost;
}

/* ---- rewriting ---- */

typedef Expr *(*RewriteFn)(void *u, Expr *e);
typedef struct Rewrite { Module *m; RewriteFn f; void *u; WalkMap done; } Rewrite;

static Expr *rebuild(Module *m, const Expr *e, Expr *const *args)
{
    if (e->op == EX_read) return ex_read(m, e->u.node, args);
    if (e->op == EX_read_or) return ex_read_or(m, e->u.node, args, args[e->n - 1]);
    return ex_op(m, e->op, args);
}

static Expr *rewrite(Rewrite *r, Expr *e)
{
    int fresh, changed = 0;
    WalkSlot *s = walk_slot(&r->done, e, e->id, &fresh);
    if (!fresh) return s->p;
    Expr *args[MAX_RANK + 1], *now = e, *by;
    for (int i = 0; i < e->n; i++) {
        args[i] = rewrite(r, e->arg[i]);
        changed |= args[i] != e->arg[i];
    }
    if (changed) now = rebuild(r->m, e, args);
    by = r->f(r->u, now);
    if (by) now = by;
    walk_slot(&r->done, e, e->id, &fresh)->p = now;
    return now;
}

Expr *ex_rewrite(Module *m, Expr *e, RewriteFn f, void *u)
{
    Rewrite r = {.m = m, .f = f, .u = u};
    walk_init(&r.done);
    Expr *now = rewrite(&r, e);
    walk_free(&r.done);
    return now;
}

/* ---- substitution ---- */

/* Unlike ex_rewrite, substitution replaces leaves only, and simultaneously: what is put in is not looked at again. */
typedef struct Subst { Module *m; Expr *const *by; int n; int from, shift; Node *old, *fresh; uint32_t traits; WalkMap done; } Subst;

static Expr *subst_slot(const Subst *s, Expr *e)
{
    int k = e->u.slot;
    if (s->by) return k < s->n && s->by[k] ? s->by[k] : e;
    return k >= s->from ? ex_index(s->m, k + s->shift) : e;
}

static Expr *subst(Subst *s, Expr *e)
{
    int fresh, changed = 0;
    if (!(e->traits & s->traits)) return e;
    if (e->op == EX_index) return subst_slot(s, e);
    WalkSlot *slot = walk_slot(&s->done, e, e->id, &fresh);
    if (!fresh) return slot->p;
    Expr *args[MAX_RANK + 1], *now = e;
    for (int i = 0; i < e->n; i++) {
        args[i] = subst(s, e->arg[i]);
        changed |= args[i] != e->arg[i];
    }
    if (is_read(e) && s->old && e->u.node == s->old)
        now = e->op == EX_read ? ex_read(s->m, s->fresh, args) : ex_read_or(s->m, s->fresh, args, args[e->n - 1]);
    else if (changed) now = rebuild(s->m, e, args);
    walk_slot(&s->done, e, e->id, &fresh)->p = now;
    return now;
}

static Expr *run_subst(Subst *s, Expr *e)
{
    walk_init(&s->done);
    Expr *now = subst(s, e);
    walk_free(&s->done);
    return now;
}

Expr *ex_subst_slots(Module *m, Expr *e, Expr *const *by, int n)
{
    Subst s = {.m = m, .by = by, .n = n};
    for (int i = 0; i < n; i++) s.traits |= by[i] ? 1u << i : 0;
    return run_subst(&s, e);
}

Expr *ex_shift_slots(Module *m, Expr *e, int from, int by)
{
    Subst s = {.m = m, .from = from, .shift = by, .traits = ((1u << MAX_SLOTS) - 1) & ~((1u << from) - 1)};
    return by ? run_subst(&s, e) : e;
}

Expr *ex_subst_node(Module *m, Expr *e, Node *from, Node *to)
{
    Subst s = {.m = m, .old = from, .fresh = to, .from = MAX_SLOTS, .traits = TRAIT_read};
    return run_subst(&s, e);
}
