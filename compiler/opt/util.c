/* util.c - what passes share. Takes parts of the graph, gives answers; see util.h. It rewrites nothing. */
#include "compiler/opt/util.h"

int opt_may(OptCtx *c)
{
    if (c->o->rewrite_limit && c->rewrites >= c->o->rewrite_limit) return 0;
    c->rewrites++;
    return 1;
}

/* ---- walking ---- */

typedef struct Collect { Arena *a; NodeList list; } Collect;

static void collect(void *u, Node *n)
{
    Collect *k = u;
    vec_push(k->a, &k->list.v, n);
}

NodeList entry_nodes(OptCtx *c, Entry *e)
{
    Collect k = {c->scratch, {{0}}};
    block_each_node(e->block, collect, &k);
    return k.list;
}

/* ---- uses ---- */

Use *use_of(Uses *u, const Node *n)
{
    if (n->id >= u->n) bug("%%%u is newer than the uses", n->id);
    return &u->at[n->id];
}

typedef struct AddUse { Uses *u; Node *reader; int pin; } AddUse;

static void add_read(void *u, const Expr *e)
{
    const AddUse *a = u;
    if (e->op != EX_read && e->op != EX_read_or) return;
    Use *use = use_of(a->u, e->u.node);
    if (a->pin) use->pinned = 1;
    if (!a->reader) return;
    for (int i = use->by.n - 1; i >= 0; i--)
        if (use->by.at[i] == a->reader) return;
    vec_push(a->u->arena, &use->by, a->reader);
}

static void add_expr(Uses *u, Node *reader, const Expr *e, int pin)
{
    AddUse a = {u, reader, pin};
    if (e && e->traits & TRAIT_read) ex_visit(e, add_read, &a);
}

void uses_add(Uses *u, Node *reader, const Expr *e) { add_expr(u, reader, e, 0); }

static void pin(Uses *u, const Node *n, int output)
{
    Use *use = use_of(u, n);
    use->pinned = 1;
    use->output |= output;
}

static void add_node(void *v, Node *n)
{
    Uses *u = v;
    for (int i = 0; i < n->nin; i++) pin(u, n->in[i], 0);
    for (int i = 0; i < n->rank; i++) add_expr(u, n, n->ext[i], 1);
    for (int i = 0; i < n->nred; i++) add_expr(u, n, n->r[i].lo, 1), add_expr(u, n, n->r[i].hi, 1);
    for (int i = 0; i < n->nconj; i++) add_expr(u, n, n->conj[i], 0);
    for (int i = 0; i < MAX_RANK; i++) add_expr(u, n, n->sub[i], 0);
    add_expr(u, n, n->body, 0);
    add_expr(u, n, n->post, 0);
    add_expr(u, n, n->empty, 0);
    add_expr(u, n, n->trip, 1);
    add_expr(u, n, n->cond, 1);
    Block *blocks[2] = {n->then, n->other};
    for (int b = 0; b < 2; b++)
        for (int i = 0; blocks[b] && i < blocks[b]->results.n; i++) pin(u, blocks[b]->results.at[i], 0);
}

static void add_entry(Uses *u, Entry *e)
{
    block_each_node(e->block, add_node, u);
    for (int i = 0; i < e->block->results.n; i++) pin(u, e->block->results.at[i], 0);
    for (int i = 0; i < e->outputs.n; i++) pin(u, e->outputs.at[i].node, 1);
    for (int i = 0; i < e->taps.n; i++) pin(u, e->taps.at[i].node, 1);
    for (int i = 0; i < e->state_out.n; i++) pin(u, e->state_out.at[i].node, 1);
    for (int i = 0; i < e->facts.n; i++) add_expr(u, NULL, e->facts.at[i], 1);
    for (int i = 0; i < e->checks.n; i++) {
        const Check *k = &e->checks.at[i];
        add_expr(u, NULL, k->cond, 1);
        for (int r = 0; r < k->nred; r++) add_expr(u, NULL, k->r[r].lo, 1), add_expr(u, NULL, k->r[r].hi, 1);
    }
}

Uses uses_of(OptCtx *c, Module *m)
{
    Uses u = {c->scratch, NEWN(c->scratch, Use, m->next_node + 1), m->next_node};
    for (int i = 0; i < m->entries.n; i++) add_entry(&u, m->entries.at[i]);
    return u;
}

/* ---- nodes ---- */

Node *node_before(Module *m, Node *at, NodeKind kind, DType dtype, int rank, Expr *const *ext, const char *name)
{
    Block *b = at->block;
    Node *n = node_new(m, b, kind, dtype, rank, ext, name, at->span);
    int i = b->nodes.n - 1;
    for (; i > 0 && b->nodes.at[i - 1] != at; i--) b->nodes.at[i] = b->nodes.at[i - 1];
    if (i == 0) bug("%%%u is not in its block", at->id);
    b->nodes.at[i] = at;
    b->nodes.at[i - 1] = n;
    return n;
}

void node_tidy_conj(Module *m, Node *n)
{
    int k = n->nconj;
    Expr **old = n->conj;
    n->nconj = 0;
    n->conj = NULL;
    for (int i = 0; i < k; i++) node_add_conj(m, n, old[i]);
}

int node_is_map(const Node *n)
{
    return n->kind == NODE_compute && n->red == RED_none && !n->nred && !n->nconj && !n->post && n->body;
}

int node_is_exact(const Node *n) { return n->dtype == DT_f32 || n->dtype == DT_i32 || n->dtype == DT_bool || n->dtype == DT_f64 || n->dtype == DT_i64; }

/* ---- expressions ---- */

void range_ctx_outside(RangeCtx *rc, Node *bare, const Module *m, const Entry *e, const Node *n, int nred)
{
    *bare = *n;
    bare->nred = nred;
    range_ctx_base(rc, m, e, bare);
}

int expr_is_index(const Expr *e, int *slot)
{
    if (e->op != EX_index) return 0;
    *slot = e->u.slot;
    return 1;
}

int expr_inside(Module *m, const RangeCtx *rc, Expr *e, Expr *n)
{
    int lo = range_proves(rc, ex_bin(m, EX_le, ex_int(m, 0), e));
    if (lo == 0) return 0;
    int hi = range_proves(rc, ex_bin(m, EX_lt, e, n));
    return hi == 0 ? 0 : lo == 1 && hi == 1 ? 1 : -1;
}

typedef struct Put { Module *m; const Expr *old; Expr *by; Map done; } Put;

static Expr *put(Put *p, Expr *e)
{
    Expr *arg[MAX_RANK + 1];
    if (e == p->old) return p->by;
    if (!e->n) return e;
    Expr *now = map_get(&p->done, e);
    if (now) return now;
    for (int i = 0; i < e->n; i++) arg[i] = put(p, e->arg[i]);
    if (e->op == EX_read) now = ex_read(p->m, e->u.node, arg);
    else if (e->op == EX_read_or) now = ex_read_or(p->m, e->u.node, arg, arg[e->n - 1]);
    else now = ex_op(p->m, e->op, arg);
    map_put(&p->done, e, now);
    return now;
}

Expr *expr_put(OptCtx *c, Expr *e, const Expr *old, Expr *by)
{
    Put p = {.m = c->m, .old = old, .by = by};
    map_init(&p.done, c->scratch);
    return put(&p, e);
}

Expr *expr_put_acc(OptCtx *c, Expr *post, DType acc, Expr *by) { return expr_put(c, post, ex_acc(c->m, acc), by); }

typedef struct Safe { Module *m; const RangeCtx *rc; int ok; } Safe;

static void safe_part(void *u, const Expr *e)
{
    Safe *s = u;
    if (e->op == EX_guard) s->ok = 0;
    if (e->op != EX_read) return;
    for (int i = 0; s->ok && i < e->n; i++) s->ok = expr_inside(s->m, s->rc, e->arg[i], e->u.node->ext[i]) == 1;
}

int expr_is_safe(Module *m, const RangeCtx *rc, const Expr *e)
{
    Safe s = {m, rc, 1};
    if (e->traits & (TRAIT_read | TRAIT_guard)) ex_visit(e, safe_part, &s);
    return s.ok;
}

int subs_are_permutation(const Expr *read, int rank, int *at)
{
    uint32_t seen = 0;
    if (read->op != EX_read || read->n != rank) return 0;
    for (int i = 0; i < rank; i++) {
        if (!expr_is_index(read->arg[i], &at[i]) || at[i] >= rank || seen >> at[i] & 1) return 0;
        seen |= 1u << at[i];
    }
    return 1;
}

double node_points(const Module *m, const Entry *e, const Node *n, uint32_t mask)
{
    RangeCtx rc;
    double points = 1;
    range_ctx_base(&rc, m, e, n);
    for (int s = 0; s < n->rank + n->nred; s++) {
        if (!(mask >> s & 1)) continue;
        double size = (double)rc.hi[s] - (double)rc.lo[s] + 1;
        points *= size > 1 << 24 ? 64 : size;
    }
    return points;
}

/* ---- products ---- */

static int add_factors(const Expr *e, int divide, Factors *out)
{
    double v;
    if (e->op == EX_mul) return add_factors(e->arg[0], divide, out) && add_factors(e->arg[1], divide, out);
    if (e->op == EX_neg) {
        out->k = -out->k;
        return add_factors(e->arg[0], divide, out);
    }
    if (e->op == EX_div && e->dtype == DT_f32) return add_factors(e->arg[0], divide, out) && add_factors(e->arg[1], !divide, out);
    if (ex_is_lit(e, &v) && (!divide || v != 0)) {
        out->k = divide ? out->k / v : out->k * v;
        return 1;
    }
    if (divide) {
        if (out->nd == (int)(sizeof out->d / sizeof *out->d)) return 0;
        out->d[out->nd++] = (Expr *)(uintptr_t)e;
        return 1;
    }
    if (out->n == MAX_FACTOR) return 0;
    out->f[out->n++] = (Expr *)(uintptr_t)e;
    return 1;
}

int factors_of(const Expr *e, Factors *out)
{
    *out = (Factors){.k = 1};
    if ((e->dtype != DT_f32 && e->dtype != DT_i32) || !add_factors(e, 0, out)) return 0;
    return e->dtype == DT_f32 || (out->k >= INT32_MIN && out->k <= INT32_MAX);      /* else doubles might not be exact */
}

static void sort_exprs(Expr **f, int n)
{
    for (int i = 1; i < n; i++) {
        Expr *e = f[i];
        int k = i;
        for (; k > 0 && ex_cmp(f[k - 1], e) > 0; k--) f[k] = f[k - 1];
        f[k] = e;
    }
}

static Expr *product(Module *m, Expr **f, int n)
{
    if (!n) return NULL;
    sort_exprs(f, n);
    Expr *e = f[0];
    for (int i = 1; i < n; i++) e = ex_mul(m, e, f[i]);
    return e;
}

Expr *factors_expr(Module *m, const Factors *f, DType dtype)
{
    Factors s = *f;
    Expr *k = dtype == DT_f32 ? ex_flt(m, s.k) : ex_int(m, (int64_t)s.k);
    Expr *e = product(m, s.f, s.n), *d = product(m, s.d, s.nd);
    if (!e || !(s.k >= 1 && s.k <= 1)) e = e ? ex_mul(m, e, k) : k;
    return d ? ex_bin(m, EX_div, e, d) : e;
}

Expr *expr_as_tensor(Module *m, Node *n, Expr *e, const char *name)
{
    Expr *ext[MAX_RANK], *sub[MAX_RANK], *by[MAX_SLOTS] = {0};
    int rank = 0;
    int64_t lo;
    for (int s = 0; s < n->rank + n->nred; s++) {
        if (!ex_uses_slot(e, s)) continue;
        const Range *r = s < n->rank ? NULL : &n->r[s - n->rank];
        if (rank == MAX_RANK || (r && (!ex_is_int(r->lo, &lo) || lo || ex_slots(r->hi)))) return NULL;
        ext[rank] = r ? r->hi : n->ext[s];
        sub[rank] = ex_index(m, s);
        by[s] = ex_index(m, rank++);
    }
    if (!rank) return NULL;
    Node *x = node_before(m, n, NODE_compute, e->dtype, rank, ext, name);
    x->body = ex_subst_slots(m, e, by, n->rank + n->nred);
    return ex_read(m, x, sub);
}
