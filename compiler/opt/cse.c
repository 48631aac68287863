/* cse.c - equal nodes become one. Takes nodes, gives the same graph in which no node computes what an earlier one in
 * the same or an outer block does. Expressions are hash-consed and indices are positions, so equal code is the same
 * pointers. Names, places and declared intervals do not count; the kept node has both intervals. */
#include <string.h>
#include "compiler/opt/util.h"

typedef struct Cse { OptCtx *c; Module *m; Map table; Map by; int changes; } Cse;
typedef struct Bucket { Node *n; struct Bucket *next; } Bucket;

static int can_share(const Node *n)
{
    return n->kind == NODE_compute || n->kind == NODE_softmax || n->kind == NODE_cumsum || n->kind == NODE_cummax
        || n->kind == NODE_scatter || n->kind == NODE_argsort || n->kind == NODE_search || n->kind == NODE_state;
}

static uint64_t hash_expr(uint64_t h, const Expr *e) { return hash_u64(e ? e->id + 1 : 0, h); }

static uint64_t hash_node(const Node *n)
{
    uint64_t h = hash_u64((uint64_t)n->kind << 8 | (uint64_t)n->dtype, (uint64_t)n->red << 32 | n->row_axes);
    for (int i = 0; i < n->rank; i++) h = hash_expr(h, n->ext[i]);
    for (int i = 0; i < n->nred; i++) h = hash_expr(hash_expr(h, n->r[i].lo), n->r[i].hi);
    for (int i = 0; i < n->nconj; i++) h = hash_expr(h, n->conj[i]);
    for (int i = 0; i < n->rank; i++) h = hash_expr(h, n->sub[i]);
    for (int i = 0; i < n->nin; i++) h = hash_u64(n->in[i]->id, h);
    return hash_expr(hash_expr(hash_expr(h, n->body), n->post), n->empty);
}

static int same_list(Expr *const *a, Expr *const *b, int n) { return n == 0 || !memcmp(a, b, (size_t)n * sizeof *a); }

static int same_node(const Node *a, const Node *b)
{
    if (a->kind != b->kind || a->dtype != b->dtype || a->rank != b->rank || a->red != b->red || a->nred != b->nred) return 0;
    if (a->nconj != b->nconj || a->row_axes != b->row_axes || a->nin != b->nin || a->k != b->k || a->mode != b->mode) return 0;
    if (a->body != b->body || a->post != b->post || a->empty != b->empty || a->state != b->state) return 0;
    for (int i = 0; i < a->nred; i++)
        if (a->r[i].lo != b->r[i].lo || a->r[i].hi != b->r[i].hi) return 0;
    for (int i = 0; i < a->nin; i++)
        if (a->in[i] != b->in[i]) return 0;
    return same_list(a->ext, b->ext, a->rank) && same_list(a->conj, b->conj, a->nconj) && same_list(a->sub, b->sub, a->rank);
}

/* Is every node of `outer` computed before those of `inner`? */
static int encloses(const Block *outer, const Block *inner)
{
    for (; inner; inner = inner->parent)
        if (inner == outer) return 1;
    return 0;
}

static Expr *renamed(void *u, Expr *e)
{
    const Cse *k = u;
    if (e->op != EX_read && e->op != EX_read_or) return NULL;
    Node *to = map_get(&k->by, e->u.node);
    if (!to) return NULL;
    return e->op == EX_read ? ex_read(k->m, to, e->arg) : ex_read_or(k->m, to, e->arg, e->arg[e->n - 1]);
}

static void rename_expr(void *u, Expr **e)
{
    Cse *k = u;
    if (k->by.n && (*e)->traits & TRAIT_read) *e = ex_rewrite(k->m, *e, renamed, k);
}

static void visit(Cse *k, Node *n)
{
    node_each_expr(n, rename_expr, k);
    for (int i = 0; i < n->nin; i++) {
        Node *to = map_get(&k->by, n->in[i]);
        if (to) n->in[i] = to;
    }
    if (!can_share(n)) return;
    uint64_t h = hash_node(n);
    Bucket *first = map_get_i(&k->table, h);
    for (Bucket *b = first; b; b = b->next) {
        if (!same_node(b->n, n) || !encloses(b->n->block, n->block) || !opt_may(k->c)) continue;
        if (n->lo > b->n->lo) b->n->lo = n->lo;
        if (n->hi < b->n->hi) b->n->hi = n->hi;
        if (!b->n->name) b->n->name = n->name;
        map_put(&k->by, n, b->n);
        k->changes++;
        return;
    }
    Bucket *b = NEW(k->c->scratch, Bucket);
    *b = (Bucket){n, first};
    map_put_i(&k->table, h, b);
}

static int same_data(const Node *a, const Node *b)
{
    const Tensor *s = a->data, *t = b->data;
    if (a->dtype != b->dtype || a->rank != b->rank || !s || !t || !s->data || !t->data) return 0;
    if (s->dtype != t->dtype || s->bytes != t->bytes || s->rank != t->rank) return 0;
    for (int i = 0; i < s->rank; i++)
        if (s->shape[i] != t->shape[i]) return 0;
    return !memcmp(s->data, t->data, s->bytes);
}

/* Constants with the same contents: only small ones are worth comparing. */
static void consts(Cse *k)
{
    for (int i = 0; i < k->m->consts.n; i++) {
        Node *n = k->m->consts.at[i];
        if (!n->data || n->data->bytes > 1 << 16 || map_get(&k->by, n)) continue;
        uint64_t h = hash_bytes(n->data->data ? n->data->data : "", n->data->data ? n->data->bytes : 0, 5);
        Node *first = map_get_i(&k->table, h);
        if (!first) map_put_i(&k->table, h, n);
        else if (same_data(first, n) && opt_may(k->c)) map_put(&k->by, n, first), k->changes++;
    }
}

/* A replaced node is taken out of its block: it has no reader left. */
static void sweep(Cse *k, const NodeList *list)
{
    for (int i = 0; i < list->v.n; i++) {
        Block *b = list->v.at[i]->block;
        int j = 0;
        if (!map_get(&k->by, list->v.at[i])) continue;
        for (int q = 0; q < b->nodes.n; q++)
            if (!map_get(&k->by, b->nodes.at[q])) b->nodes.at[j++] = b->nodes.at[q];
        b->nodes.n = j;
    }
}

int pass_cse(OptCtx *c, Module *m)
{
    Cse k = {.c = c, .m = m};
    map_init(&k.by, c->scratch);
    map_init(&k.table, c->scratch);
    consts(&k);
    for (int i = 0; i < m->entries.n; i++) {
        map_init(&k.table, c->scratch);
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int n = 0; n < list.v.n; n++) visit(&k, list.v.at[n]);
        sweep(&k, &list);
    }
    module_replace_all(m, &k.by);
    return k.changes;
}
