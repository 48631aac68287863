/* inline.c - maps move into the nodes that read them. Takes maps (compute without reduction), gives their readers with
 * the scalar code put in, when evaluating it there costs no more than storing and loading it:
 *
 *     evaluations x cost <= size x (cost + 2) + evaluations          (a load costs 1, a store and a load 2)
 *
 * where evaluations counts the points of the loops down to the deepest index that the code uses (the rest is hoisted).
 * Copies and transposes always move. exp and its like are never evaluated twice. It changes no reduction, and what is
 * computed at compile time is not moved to run time. */
#include "compiler/opt/util.h"

enum { HEAVY = 10, MAX_COST = 400, MAX_WRITTEN = 40000 };   /* an operator from exp upwards; a body is not grown beyond, shared and as text */

typedef struct Inline { OptCtx *c; Module *m; Entry *e; Uses uses; int changes; } Inline;

/* ---- what may move ---- */

/* A read of something by subscripts without data: a copy, transpose, slice, repeat. */
static int is_view(const Node *n)
{
    const Expr *b = n->body;
    if (b->op != EX_read) return b->op == EX_flt || b->op == EX_int;
    for (int i = 0; i < b->n; i++)
        if (b->arg[i]->traits & TRAIT_data) return 0;
    return 1;
}

/* The interval declared for an integer tensor would be lost with it, unless its code says as much. */
static int interval_follows(const Inline *k, const Node *n)
{
    RangeCtx rc;
    int64_t lo, hi;
    if (n->dtype != DT_i32) return 1;
    range_ctx(&rc, k->m, k->e, n);
    range_of(&rc, n->body, &lo, &hi);
    return lo >= n->lo && hi <= n->hi;
}

static int may_move(const Inline *k, const Node *n)
{
    if (!node_is_map(n)) return 0;
    if (is_view(n) && n->body->op == EX_read && n->body->u.node->dtype == n->dtype) return interval_follows(k, n);
    if (!node_is_exact(n) || !interval_follows(k, n)) return 0;
    return is_view(n) || !node_is_const(n);
}

typedef struct Heaviest { int cost; } Heaviest;

static void heavier(void *u, const Expr *e)
{
    Heaviest *h = u;
    if (expr_info[e->op].cost > h->cost) h->cost = expr_info[e->op].cost;
}

static int heaviest(const Expr *e)
{
    Heaviest h = {0};
    ex_visit(e, heavier, &h);
    return h.cost;
}

/* ---- what it costs ---- */

/* Operators of e when every part is written wherever it is used: subscripts, where guards stand, share nothing. */
static double written(const Expr *e, Map *known, Arena *a)
{
    double *w = map_get(known, e), sum = expr_info[e->op].cost;
    if (w) return *w;
    for (int i = 0; i < e->n; i++) sum += written(e->arg[i], known, a);
    w = NEW(a, double);
    *w = sum;
    map_put(known, e, w);
    return sum;
}

static double written_size(const Expr *e)
{
    Arena *a = arena_new();
    Map known;
    map_init(&known, a);
    double sum = written(e, &known, a);
    arena_free(a);
    return sum;
}

typedef struct Sites { const Inline *k; const Node *of, *reader; double evals; int n, padded; } Sites;

static void site(void *u, const Expr *e)
{
    Sites *s = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != s->of) return;
    uint32_t slots = 0, deep = 0;
    uint32_t used = ex_slots(s->of->body);
    for (int i = 0; i < s->of->rank; i++)
        if (used >> i & 1) slots |= ex_slots(e->arg[i]);
    while (deep < slots) deep = deep << 1 | 1;
    s->evals += node_points(s->k->m, s->k->e, s->reader, deep);
    s->n++;
    s->padded += e->op == EX_read_or;
}

static void count_sites(Sites *s, const Node *reader)
{
    s->reader = reader;
    const Expr *fixed[3] = {reader->body, reader->post, reader->empty};
    for (int i = 0; i < 3; i++)
        if (fixed[i]) ex_visit(fixed[i], site, s);
    for (int i = 0; i < reader->nconj; i++) ex_visit(reader->conj[i], site, s);
    for (int i = 0; i < MAX_RANK; i++)
        if (reader->sub[i]) ex_visit(reader->sub[i], site, s);
}

static int pays(const Inline *k, const Node *n, const Use *use)
{
    Sites s = {.k = k, .of = n};
    int cost = ex_cost(n->body), grown = 0;
    for (int i = 0; i < use->by.n; i++) {
        const Node *r = use->by.at[i];
        if (r->block != n->block) return 0;
        count_sites(&s, r);
        if (r->body && (ex_cost(r->body) + cost > MAX_COST || (n->body->traits & TRAIT_guard && written_size(r->body) * written_size(n->body) > MAX_WRITTEN))) grown = 1;
    }
    double size = node_points(k->m, k->e, n, (1u << n->rank) - 1);
    if (grown && cost > 2) return 0;
    if (heaviest(n->body) >= HEAVY && (s.n > 1 || s.evals > size)) return 0;
    if (s.padded && n->body->traits & TRAIT_guard) return 0;
    return s.evals * cost <= size * (cost + 2) + s.evals;
}

/* ---- moving ---- */

typedef struct Move { Module *m; Node *of; } Move;

static Expr *pad_part(void *u, Expr *e)
{
    Module *m = u;
    if (e->op != EX_read || !e->n) return NULL;
    Expr *zero = ex_number(m, e->dtype, 0);
    return ex_read_or(m, e->u.node, e->arg, zero);
}

/* n's value, or pad where the subscripts lie outside n. */
static Expr *padded(Module *m, const Node *n, const Expr *e, Expr *value)
{
    Expr *in = ex_bool(m, 1);
    for (int i = 0; i < n->rank; i++) {
        in = ex_bin(m, EX_and, in, ex_bin(m, EX_le, ex_int(m, 0), e->arg[i]));
        in = ex_bin(m, EX_and, in, ex_bin(m, EX_lt, e->arg[i], n->ext[i]));
    }
    return ex_select(m, in, ex_rewrite(m, value, pad_part, m), e->arg[e->n - 1]);
}

/* A transposed copy has the same inside as its source: the padded read stays one. */
static Expr *padded_copy(Module *m, const Node *n, const Expr *e)
{
    int at[MAX_RANK];
    Expr *subs[MAX_RANK], *b = n->body;
    if (b->op != EX_read || !subs_are_permutation(b, n->rank, at)) return NULL;
    for (int i = 0; i < n->rank; i++) {
        if (b->u.node->ext[i] != n->ext[at[i]]) return NULL;
        subs[i] = e->arg[at[i]];
    }
    return ex_read_or(m, b->u.node, subs, e->arg[e->n - 1]);
}

static Expr *move_part(void *u, Expr *e)
{
    const Move *v = u;
    if ((e->op != EX_read && e->op != EX_read_or) || e->u.node != v->of) return NULL;
    Expr *copy = e->op == EX_read_or ? padded_copy(v->m, v->of, e) : NULL;
    if (copy) return copy;
    Expr *value = ex_subst_slots(v->m, v->of->body, e->arg, v->of->rank);
    return e->op == EX_read ? value : padded(v->m, v->of, e, value);
}

static void move_expr(void *u, Expr **e)
{
    const Move *v = u;
    if ((*e)->traits & TRAIT_read) *e = ex_rewrite(v->m, *e, move_part, u);
}

static int inline_node(Inline *k, Node *n)
{
    Use *use = use_of(&k->uses, n);
    Move v = {k->m, n};
    int view = is_view(n);
    if (!use->by.n || !may_move(k, n)) return 0;
    if (use->pinned && !view) return 0;
    if (!view && !pays(k, n, use)) return 0;
    if (!opt_may(k->c)) return 0;
    for (int i = 0; i < use->by.n; i++) {
        Node *r = use->by.at[i];
        int nconj = r->nconj;
        if (r->body) move_expr(&v, &r->body);
        if (r->post) move_expr(&v, &r->post);
        if (r->empty) move_expr(&v, &r->empty);
        for (int q = 0; q < nconj; q++) move_expr(&v, &r->conj[q]);
        for (int q = 0; q < MAX_RANK; q++)
            if (r->sub[q]) move_expr(&v, &r->sub[q]);
        if (nconj) node_tidy_conj(k->m, r);
        uses_add(&k->uses, r, n->body);
    }
    use->by.n = 0;
    k->changes++;
    return 1;
}

/* Nodes in evaluation order: what moves into a map moves on with it. */
int pass_inline(OptCtx *c, Module *m)
{
    Inline k = {.c = c, .m = m};
    k.uses = uses_of(c, m);
    for (int i = 0; i < m->entries.n; i++) {
        k.e = m->entries.at[i];
        NodeList list = entry_nodes(c, k.e);
        for (int n = 0; n < list.v.n; n++)
            if (list.v.at[n]->kind == NODE_compute) inline_node(&k, list.v.at[n]);
    }
    return k.changes;
}
