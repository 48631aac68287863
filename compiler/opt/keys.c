/* keys.c - reductions over positions whose key stands in a relation to the query of the output position: O(n log n) or O(n)
 * instead of O(n^2). Takes
 *
 *     out[i] = post( R[j in 0..n where C(j, i)] f(j) )           one output index, one reduced index, n large
 *
 *   C                                       R                          becomes
 *   key(j) == i                             sum count first last any   a scatter to key(j)
 *   key(j) == query(i) [and j < i, j <= i]  count, first, last, sum    keys sorted; first and last of the equal ones by
 *     several such: the keys as one number  of integers                binary search; sums as differences of running sums
 *   key(j) < query(i)  (or <=, >, >=)       count                      the number of sorted keys below
 *   key(j) < query(i) or key(j) == query(i) and j < i     count        the same with the position as second key: a rank
 * Left alone: sums of floats over equal keys (their order would change), other conditions beside these, several indices. */
#include <string.h>
#include "compiler/opt/util.h"

enum { MOST_KEYS = 2 };

typedef enum Form { FORM_none, FORM_place, FORM_equal, FORM_order, FORM_rank } Form;
/* Sizes up to these are better off with all pairs, which vector instructions compare; measured by bench/programs/run. */
static const int64_t worth[] = {[FORM_place] = 16, [FORM_equal] = 512, [FORM_order] = 512, [FORM_rank] = 128};
typedef struct Keys {
    OptCtx *c; Module *m; Entry *e; Node *n;
    Form form; int nkeys; Expr *key[MOST_KEYS], *query[MOST_KEYS];   /* over slot 1, over slot 0 */
    int limit;                                /* SearchLimit of a condition on the position; SEARCH_through: none */
    int strict, down;                         /* order: < or <=; keys above the query are counted */
    Node *order, *sorted, *asked;             /* argsort of the keys, keys in that order, queries */
} Keys;

static int only(const Expr *e, uint32_t slots) { return !(ex_slots(e) & ~slots); }

/* a and b as key (uses j only, and j) and query (does not use j): which is which. 0: neither. */
static int sides(Expr *a, Expr *b, Expr **key, Expr **query, int *swapped)
{
    *swapped = only(a, 1) && only(b, 2) && ex_slots(b);
    *key = *swapped ? b : a;
    *query = *swapped ? a : b;
    return only(*key, 2) && ex_slots(*key) && only(*query, 1);
}

/* j < i or j <= i: SEARCH_before_here, SEARCH_upto_here; -1: something else. */
static int position_limit(Module *m, const Expr *c)
{
    if ((c->op != EX_lt && c->op != EX_le) || c->arg[0]->dtype != DT_i32 || c->traits & TRAIT_data) return -1;
    Expr *j = ex_index(m, 1), *i = ex_index(m, 0), *d = ex_sub(m, c->arg[0], c->arg[1]), *ji = ex_sub(m, j, i);
    if (c->op == EX_lt ? d == ji : d == ex_add(m, ji, ex_int(m, 1))) return SEARCH_before_here;
    if (c->op == EX_le ? d == ji : d == ex_sub(m, ji, ex_int(m, 1))) return SEARCH_upto_here;
    return -1;
}

static int is_i(const Expr *e) { int slot; return expr_is_index(e, &slot) && slot == 0; }
static int is_j(const Expr *e) { int slot; return expr_is_index(e, &slot) && slot == 1; }

/* ---- what the conditions say ---- */

static int take_equal(Keys *k, Expr *c)
{
    Expr *key, *query;
    int swapped;
    if (c->op != EX_eq || c->arg[0]->dtype == DT_bool || !sides(c->arg[0], c->arg[1], &key, &query, &swapped) || k->nkeys == MOST_KEYS) return 0;
    if (is_j(key) || !(key->traits & TRAIT_data)) return 0;            /* exact positions: see bounds.c */
    k->key[k->nkeys] = key;
    k->query[k->nkeys++] = query;
    return 1;
}

static int take_order(Keys *k, const Expr *c)
{
    int swapped;
    if ((c->op != EX_lt && c->op != EX_le) || !sides(c->arg[0], c->arg[1], &k->key[0], &k->query[0], &swapped)) return 0;
    if (!(k->key[0]->traits & TRAIT_data)) return 0;
    k->strict = c->op == EX_lt;
    k->down = swapped;
    k->nkeys = 1;
    return 1;
}

/* key < query or key == query and j < i */
static int take_rank(Keys *k, const Expr *c)
{
    if (c->op != EX_or) return 0;
    for (int side = 0; side < 2; side++) {
        const Expr *less = c->arg[side], *both = c->arg[1 - side];
        Keys tie = {.m = k->m};
        if (both->op != EX_and || !take_order(k, less) || !k->strict) continue;
        for (int part = 0; part < 2; part++) {
            int limit = position_limit(k->m, both->arg[part]);
            tie.nkeys = 0;
            if (limit < 0 || !take_equal(&tie, both->arg[1 - part]) || tie.key[0] != k->key[0] || tie.query[0] != k->query[0]) continue;
            k->limit = limit;
            return 1;
        }
    }
    return 0;
}

static int takes_conditions(Keys *k)
{
    const Node *n = k->n;
    k->limit = SEARCH_through;
    if (n->nconj == 1 && take_rank(k, n->conj[0])) { k->form = FORM_rank; return 1; }
    if (n->nconj == 1 && take_order(k, n->conj[0])) { k->form = FORM_order; return 1; }
    k->nkeys = 0;
    for (int c = 0; c < n->nconj; c++) {
        int limit = position_limit(k->m, n->conj[c]);
        if (limit >= 0 && k->limit == SEARCH_through) k->limit = limit;
        else if (!take_equal(k, n->conj[c])) return 0;
    }
    if (!k->nkeys) return 0;
    k->form = k->nkeys == 1 && k->limit == SEARCH_through && is_i(k->query[0]) && k->key[0]->dtype == DT_i32 ? FORM_place : FORM_equal;
    return 1;
}

static int counts(const Node *n) { return n->red == RED_sum && ex_is_lit(n->body, &(double){0}) && dtype_is_int(n->body->dtype); }

/* Can this reduction be made from the form? */
static int takes_reduction(const Keys *k)
{
    const Node *n = k->n;
    switch (k->form) {
    case FORM_place: return n->red == RED_sum || n->red == RED_first || n->red == RED_last || n->red == RED_any;
    case FORM_equal: return n->red == RED_first || n->red == RED_last || (n->red == RED_sum && dtype_is_int(n->body->dtype) && (counts(n) || k->limit == SEARCH_through)) || n->red == RED_any;
    case FORM_order: case FORM_rank: return counts(n);
    default: return 0;
    }
}

/* Keys that are compared as one 64-bit number have 32 bits each; turned-around ones must have a negative. */
static int takes_types(const Keys *k)
{
    DType t = k->key[0]->dtype;
    for (int i = 0; i < k->nkeys; i++) {
        if (k->key[i]->dtype != k->query[i]->dtype) return 0;
        if (k->nkeys > 1 && k->key[i]->dtype != DT_i32) return 0;
    }
    return t == DT_i32 || t == DT_f32 || t == DT_f64 || (t == DT_i64 && !(k->form == FORM_rank && k->down));
}

static int matches(Keys *k)
{
    const Node *n = k->n;
    int64_t lo;
    RangeCtx rc;
    Node bare = *n;
    if (n->kind != NODE_compute || n->rank != 1 || n->nred != 1 || !n->nconj || !ex_is_int(n->r[0].lo, &lo) || lo) return 0;
    if (n->r[0].hi != n->ext[0] || !only(n->body, 2)) return 0;
    if (n->empty && ex_slots(n->empty) & 2) return 0;
    if (!takes_conditions(k) || node_bound(k->m, k->e, n, 0) <= worth[k->form] || !takes_reduction(k) || !takes_types(k)) return 0;
    bare.nconj = 0;                                                    /* code is evaluated where the conditions fail, too */
    range_ctx_base(&rc, k->m, k->e, &bare);
    for (int i = 0; i < k->nkeys; i++) if (!expr_is_safe(k->m, &rc, k->key[i]) || !expr_is_safe(k->m, &rc, k->query[i])) return 0;
    return expr_is_safe(k->m, &rc, n->body);
}

/* ---- building ---- */

static Node *map_of(Keys *k, Expr *body, const char *name)
{
    Node *x = node_before(k->m, k->n, NODE_compute, body->dtype, 1, k->n->ext, name);
    x->body = body;
    return x;
}

static void positions(Keys *k, Node *x, int more)
{
    int64_t most = node_bound(k->m, k->e, k->n, 0);
    x->lo = 0;
    x->hi = most - 1 + more;
}

/* e over j as code over the only index of a new node. */
static Expr *as_index(Keys *k, Expr *e, Expr *by)
{
    Expr *to[MAX_SLOTS] = {0};
    to[1] = by;
    return ex_subst_slots(k->m, e, to, 2);
}

/* Keys as one number, ascending. NaN is last whatever the direction, so floats are turned around, not counted from above. */
static Expr *joined(Keys *k, Expr *const *part)
{
    Module *m = k->m;
    Expr *x = part[0];
    if (k->nkeys > 1) x = ex_add(m, ex_mul(m, ex_cast(m, CLS_L, part[0]), ex_long(m, INT64_C(1) << 32)), ex_cast(m, CLS_L, part[1]));
    if (k->down && (k->form == FORM_rank || dtype_is_float(x->dtype))) x = ex_un(m, EX_neg, x->dtype == DT_i32 ? ex_cast(m, CLS_L, x) : x);
    return x;
}

static const char *hint(Keys *k, const char *what) { return k->n->name ? arena_printf(k->m->arena, "%s_%s", k->n->name, what) : NULL; }

/* The tensor whose element i is e, made unless there is one. */
static Node *tensor_of(Keys *k, Expr *e, const char *name)
{
    if (e->op == EX_read && e->n == 1 && is_i(e->arg[0]) && e->u.node->ext[0] == k->n->ext[0] && e->u.node->dtype == e->dtype) return e->u.node;
    return map_of(k, e, hint(k, name));
}

static void sort_keys(Keys *k)
{
    Module *m = k->m;
    Expr *i = ex_index(m, 0), *key[MOST_KEYS], *at;
    for (int q = 0; q < k->nkeys; q++) key[q] = as_index(k, k->key[q], i);
    Node *keys = tensor_of(k, joined(k, key), "keys");
    k->asked = tensor_of(k, joined(k, k->query), "queries");
    k->order = node_before(m, k->n, NODE_argsort, DT_i32, 1, k->n->ext, hint(k, "order"));
    node_add_in(m, k->order, keys);
    positions(k, k->order, 0);
    at = ex_read(m, k->order, &i);
    k->sorted = map_of(k, ex_read(m, keys, &at), hint(k, "sorted"));
}

static Node *search(Keys *k, SearchLimit limit, const char *name)
{
    Node *x = node_before(k->m, k->n, NODE_search, DT_i32, 1, k->n->ext, hint(k, name));
    node_add_in(k->m, x, k->sorted);
    node_add_in(k->m, x, k->order);
    node_add_in(k->m, x, k->asked);
    x->k = limit;
    positions(k, x, 1);
    return x;
}

static Expr *here(Keys *k, Node *x)
{
    Expr *i = ex_index(k->m, 0);
    return ex_read(k->m, x, &i);
}

static Expr *or_else(Keys *k, Node *x, Expr *at, Expr *other) { return ex_read_or(k->m, x, &at, other); }

static Expr *nothing(const Keys *k) { return k->n->empty ? k->n->empty : k->n->body->dtype == DT_bool ? ex_bool(k->m, 0) : ex_number(k->m, k->n->body->dtype, 0); }

/* f of the p-th key in order. */
static Expr *value_at(Keys *k, Expr *p) { return as_index(k, k->n->body, or_else(k, k->order, p, ex_int(k->m, 0))); }

static Expr *by_equal(Keys *k)
{
    Module *m = k->m;
    Node *n = k->n;
    sort_keys(k);
    Node *from = search(k, SEARCH_below, "from"), *to = search(k, (SearchLimit)k->limit, "to");
    Expr *lo = here(k, from), *hi = here(k, to), *one = ex_int(m, 1), *some = ex_bin(m, EX_lt, lo, hi);
    if (n->red == RED_first) return ex_select(m, some, value_at(k, lo), nothing(k));
    if (n->red == RED_last) return ex_select(m, some, value_at(k, ex_sub(m, hi, one)), nothing(k));
    if (n->red == RED_any && n->body == ex_bool(m, 1)) return some;
    if (counts(n)) return ex_mul(m, ex_cast(m, dtype_class(n->body->dtype), ex_sub(m, hi, lo)), n->body);
    Expr *i = ex_index(m, 0), *at = ex_read(m, k->order, &i), *zero = ex_number(m, n->body->dtype, 0);
    Node *run = node_before(m, n, NODE_cumsum, n->body->dtype, 1, n->ext, hint(k, "running"));
    run->body = as_index(k, n->body, at);
    run->row_axes = 1;
    return ex_select(m, some, ex_sub(m, or_else(k, run, ex_sub(m, hi, one), zero), or_else(k, run, ex_sub(m, lo, one), zero)), zero);
}

static Expr *by_order(Keys *k)
{
    Module *m = k->m;
    sort_keys(k);
    int down = k->down && !dtype_is_float(k->key[0]->dtype);
    /* key < query: those below; query < key: all but those up to it */
    Node *x = search(k, down == k->strict ? SEARCH_through : SEARCH_below, "below");
    Expr *count = down ? ex_sub(m, k->n->ext[0], here(k, x)) : here(k, x);
    return ex_mul(m, ex_cast(m, dtype_class(k->n->body->dtype), count), k->n->body);
}

/* base with element sub(j) set to, or added, value(j) where `where` holds */
static Node *scatter(Keys *k, Expr *start, Expr *sub, Expr *value, Expr *where, ScatterMode mode)
{
    Node *base = map_of(k, start, NULL), *x = node_before(k->m, k->n, NODE_scatter, value->dtype, 1, k->n->ext, hint(k, "placed"));
    node_add_in(k->m, x, base);
    x->nred = 1;
    x->r[0] = (Range){ex_int(k->m, 0), k->n->ext[0]};
    x->sub[0] = sub;
    x->body = value;
    x->mode = mode;
    if (where) node_add_conj(k->m, x, where);
    node_tidy_conj(k->m, x);
    return x;
}

static Expr *by_rank(Keys *k)
{
    Module *m = k->m;
    Expr *i = ex_index(m, 0), *j = ex_index(m, 1);
    int same = as_index(k, k->key[0], i) == k->query[0] && k->limit == SEARCH_before_here && dtype_is_int(k->key[0]->dtype);
    sort_keys(k);
    Expr *rank;
    if (same) {                                         /* the place of each in the order */
        Node *x = scatter(k, ex_int(m, 0), ex_read(m, k->order, &j), j, NULL, SCATTER_set);
        positions(k, x, 0);
        rank = here(k, x);
    } else rank = here(k, search(k, (SearchLimit)k->limit, "rank"));
    return ex_mul(m, ex_cast(m, dtype_class(k->n->body->dtype), rank), k->n->body);
}

static Expr *by_place(Keys *k)
{
    Module *m = k->m;
    Node *n = k->n;
    Expr *j = ex_index(m, 1), *key = k->key[0], *value = n->body;
    if (n->red == RED_first) {                          /* from the end: the smallest j is written last */
        Expr *back = ex_sub(m, ex_sub(m, n->ext[0], ex_int(m, 1)), j);
        key = as_index(k, key, back);
        value = as_index(k, value, back);
    }
    Expr *inside = ex_bin(m, EX_and, ex_bin(m, EX_le, ex_int(m, 0), key), ex_bin(m, EX_lt, key, n->ext[0]));
    if (n->red == RED_any) inside = ex_bin(m, EX_and, inside, value), value = ex_bool(m, 1);
    return here(k, scatter(k, nothing(k), key, value, inside, n->red == RED_sum ? SCATTER_add : SCATTER_set));
}

static void rewrite(Keys *k)
{
    Node *n = k->n;
    Expr *v = k->form == FORM_place ? by_place(k) : k->form == FORM_equal ? by_equal(k) : k->form == FORM_order ? by_order(k) : by_rank(k);
    n->body = n->post ? expr_put_acc(k->c, n->post, n->body->dtype, v) : v;
    n->post = NULL;
    n->empty = NULL;
    n->conj = NULL;
    n->nconj = 0;
    n->red = RED_none;
    n->nred = 0;
}

int pass_keys(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int j = 0; j < list.v.n; j++) {
            Keys k = {.c = c, .m = m, .e = m->entries.at[i], .n = list.v.at[j]};
            if (matches(&k) && opt_may(c)) rewrite(&k), changes++;
        }
    }
    return changes;
}
