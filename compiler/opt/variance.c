/* variance.c - the mean of squares minus the square of the mean becomes the mean of squared differences. Takes scalar
 * code (sum x*x)/n - mu*mu with mu = (sum x)/n over the same whole axes, gives (sum (x - mu)*(x - mu))/n: equal in exact
 * arithmetic, better in floats (no cancellation, never negative), and one form for both spellings of a norm.
 * It is only done when n is the number of elements. */
#include <math.h>
#include "compiler/opt/util.h"

typedef struct Var { OptCtx *c; Module *m; Node *n; int changes; } Var;

/* e as read(sum) * k / d: a scaled sum. */
typedef struct Mean { Node *sum; const Expr *read; double k; Expr *d; } Mean;

static Expr *through_maps(Module *m, Expr *e)
{
    while (e->op == EX_read && node_is_map(e->u.node) && e->u.node->dtype == DT_f32 && e->u.node->body->traits & TRAIT_read)
        e = ex_subst_slots(m, e->u.node->body, e->arg, e->u.node->rank);
    return e;
}

static int scale_of(const Factors *f, Mean *out)
{
    if (f->n != 1 || f->nd > 1) return 0;
    out->k *= f->k;
    if (f->nd && out->d) return 0;
    if (f->nd) out->d = f->d[0];
    return 1;
}

static int mean_of(Module *m, Expr *e, Mean *out)
{
    Factors f, post;
    *out = (Mean){.k = 1};
    if (!factors_of(through_maps(m, e), &f) || !scale_of(&f, out) || f.f[0]->op != EX_read) return 0;
    Node *s = f.f[0]->u.node;
    if (s->kind != NODE_compute || s->red != RED_sum || s->empty || s->nconj || s->dtype != DT_f32 || s->body->dtype != DT_f32) return 0;
    out->sum = s;
    out->read = f.f[0];
    if (!s->post) return 1;
    return factors_of(s->post, &post) && scale_of(&post, out) && post.f[0]->op == EX_acc;
}

/* Is k / d one over the number of elements that n sums? */
static int is_count(Module *m, const Node *n, const Mean *a)
{
    Expr *count = ex_int(m, 1);
    int64_t v;
    for (int i = 0; i < n->nred; i++) {
        if (ex_slots(n->r[i].lo) | ex_slots(n->r[i].hi)) return 0;
        count = ex_mul(m, count, ex_sub(m, n->r[i].hi, n->r[i].lo));
    }
    if (ex_is_int(count, &v)) return !a->d && fabs(a->k * (double)v - 1) < 1e-6;
    return a->d == ex_cast(m, CLS_F, count) && a->k >= 1 && a->k <= 1;
}

static int same_domain(const Node *a, const Node *b)
{
    if (a->rank != b->rank || a->nred != b->nred) return 0;
    for (int i = 0; i < a->rank; i++)
        if (a->ext[i] != b->ext[i]) return 0;
    for (int i = 0; i < a->nred; i++)
        if (a->r[i].lo != b->r[i].lo || a->r[i].hi != b->r[i].hi) return 0;
    return 1;
}

/* Element of the sum, in order: o0, o1, .. of the reader. */
static int is_own_element(const Expr *read)
{
    int slot;
    for (int i = 0; i < read->n; i++)
        if (!expr_is_index(read->arg[i], &slot) || slot != i) return 0;
    return 1;
}

/* The sum of squared differences, in front of the node that asks for it. */
static Node *differences(Var *v, const Node *squares, Expr *mu, Expr *x)
{
    Module *m = v->m;
    Node *n = node_before(m, v->n, NODE_compute, DT_f32, squares->rank, squares->ext, squares->name);
    n->red = RED_sum;
    n->nred = squares->nred;
    for (int i = 0; i < n->nred; i++) n->r[i] = squares->r[i];
    Expr *d = ex_sub(m, x, mu);
    n->body = ex_mul(m, d, d);
    n->post = squares->post;
    return n;
}

static Expr *variance_part(void *u, Expr *e)
{
    Var *v = u;
    Mean sq, mu;
    if (e->op != EX_sub || e->dtype != DT_f32 || e->arg[1]->op != EX_mul || e->arg[1]->arg[0] != e->arg[1]->arg[1]) return NULL;
    Module *m = v->m;
    Expr *mean = e->arg[1]->arg[0];
    if (!mean_of(m, e->arg[0], &sq) || !mean_of(m, mean, &mu) || !same_domain(sq.sum, mu.sum)) return NULL;
    if (sq.d != mu.d || sq.k < mu.k || sq.k > mu.k || !is_count(m, sq.sum, &sq)) return NULL;
    if (sq.sum->body != ex_mul(m, mu.sum->body, mu.sum->body) || !is_own_element(sq.read)) return NULL;
    for (int i = 0; i < sq.sum->rank; i++)
        if (mu.read->arg[i] != sq.read->arg[i]) return NULL;
    if (ex_slots(mean) >> sq.sum->rank || !opt_may(v->c)) return NULL;
    Node *n = differences(v, sq.sum, mean, mu.sum->body);
    v->changes++;
    return expr_put(v->c, through_maps(m, e->arg[0]), sq.read, ex_read(m, n, sq.read->arg));
}

int pass_variance(OptCtx *c, Module *m)
{
    Var v = {.c = c, .m = m};
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) {
            v.n = list.v.at[k];
            if (v.n->kind != NODE_compute || v.n->nred || !v.n->body || !(v.n->body->traits & TRAIT_read)) continue;
            v.n->body = ex_rewrite(m, v.n->body, variance_part, &v);
        }
    }
    return v.changes;
}
