/* predicate.c - conditions in one form, so that equal predicates are equal code and bounds are easy to find.
 * Takes boolean expressions, gives: negation inside, |e| <= W as two comparisons, comparisons of indices with the
 * highest index (in a reduction: a reduced one) alone on one side, disjunctions sorted, their common conjuncts outside.
 * It decides nothing: that is simplify.c. */
#include "compiler/opt/util.h"

typedef struct Pred { OptCtx *c; Module *m; int changes; } Pred;

static Expr *le(Module *m, Expr *a, Expr *b) { return ex_bin(m, EX_le, a, b); }
static Expr *lt(Module *m, Expr *a, Expr *b) { return ex_bin(m, EX_lt, a, b); }

/* ---- comparisons ---- */

/* The term with the highest index alone in an atom, coefficient 1 or -1; -1: none. */
static int subject(const Affine *d)
{
    int best = -1;
    for (int i = 0; i < d->n; i++) {
        if (d->t[i].atom->op != EX_index || (d->t[i].k != 1 && d->t[i].k != -1)) continue;
        if (best < 0 || d->t[i].atom->u.slot > d->t[best].atom->u.slot) best = i;
    }
    return best;
}

static Affine negated(const Affine *a)
{
    Affine n = *a;
    n.c = -n.c;
    for (int i = 0; i < n.n; i++) n.t[i].k = -n.t[i].k;
    return n;
}

/* d >= 0 as s <= e or e <= s; strict where that saves adding 1. */
static Expr *bound(Module *m, const Affine *d, int at)
{
    Expr *s = d->t[at].atom;
    int lower = d->t[at].k > 0;
    Affine rest = *d;
    rest.n--;
    for (int i = at; i < rest.n; i++) rest.t[i] = rest.t[i + 1];
    if (lower) rest = negated(&rest);                                 /* s + rest >= 0: s >= -rest */
    if (lower && rest.c == 1) return rest.c = 0, lt(m, affine_expr(m, &rest), s);
    if (!lower && rest.c == -1) return rest.c = 0, lt(m, s, affine_expr(m, &rest));
    Expr *e = affine_expr(m, &rest);
    return lower ? le(m, e, s) : le(m, s, e);
}

/* Integers without data in them: nothing wraps, so terms may change sides. */
static Expr *orient(Module *m, Expr *e)
{
    Affine a, b;
    Expr *l = e->arg[0], *r = e->arg[1];
    if (l->dtype != DT_i32 || (l->traits | r->traits) & TRAIT_data || !affine_of(l, &a) || !affine_of(r, &b)) return NULL;
    if (!affine_sub(&b, &a)) return NULL;
    if (e->op == EX_lt) b.c--;
    int at = subject(&b);
    if (at < 0) return NULL;
    if (e->op != EX_eq && e->op != EX_ne) return bound(m, &b, at);
    Affine rest = b;
    rest.n--;
    for (int i = at; i < rest.n; i++) rest.t[i] = rest.t[i + 1];
    if (b.t[at].k > 0) rest = negated(&rest);
    return ex_bin(m, e->op, b.t[at].atom, affine_expr(m, &rest));
}

/* (a - b) % S == 0 and (b - a) % S == 0 are the same: the first term of the sum is made positive. */
static Expr *multiple(Module *m, Expr *e)
{
    Affine a;
    int64_t zero, s;
    Expr *x = e->arg[0];
    if (x->op != EX_mod || x->dtype != DT_i32 || x->traits & TRAIT_data || !ex_is_int(e->arg[1], &zero) || zero) return NULL;
    if (!ex_is_int(x->arg[1], &s) || s < 1 || !affine_of(x->arg[0], &a) || !a.n || a.t[0].k > 0) return NULL;
    a = negated(&a);
    return ex_bin(m, e->op, ex_bin(m, EX_mod, affine_expr(m, &a), x->arg[1]), e->arg[1]);
}

/* |x| against w. */
static Expr *magnitude(Module *m, Expr *e)
{
    Expr *l = e->arg[0], *r = e->arg[1];
    int left = l->op == EX_abs, right = r->op == EX_abs;
    if (left == right || (l->traits | r->traits) & TRAIT_data) return NULL;
    Expr *x = left ? l->arg[0] : r->arg[0], *minus = ex_un(m, EX_neg, x);
    if (left) return ex_bin(m, EX_and, ex_bin(m, e->op, x, r), ex_bin(m, e->op, minus, r));
    return ex_bin(m, EX_or, ex_bin(m, e->op, l, x), ex_bin(m, e->op, l, minus));
}

static Expr *push_not(Module *m, Expr *e)
{
    Expr *x = e->arg[0];
    if (x->op != EX_and && x->op != EX_or) return NULL;
    Expr *a = ex_un(m, EX_not, x->arg[0]), *b = ex_un(m, EX_not, x->arg[1]);
    Expr *na = a->op == EX_not ? push_not(m, a) : NULL, *nb = b->op == EX_not ? push_not(m, b) : NULL;
    return ex_bin(m, x->op == EX_and ? EX_or : EX_and, na ? na : a, nb ? nb : b);
}

/* ---- disjunctions ---- */

enum { MAX_OR = 8, MAX_AND = 12 };
typedef struct Term { int n; Expr *c[MAX_AND]; } Term;             /* all of them hold; sorted */
typedef struct Dnf { int n; Term t[MAX_OR]; } Dnf;

static int term_add(Term *t, Expr *e)
{
    int i = 0;
    while (i < t->n && ex_cmp(t->c[i], e) < 0) i++;
    if (i < t->n && t->c[i] == e) return 1;
    if (t->n == MAX_AND) return 0;
    for (int k = t->n++; k > i; k--) t->c[k] = t->c[k - 1];
    t->c[i] = e;
    return 1;
}

static int dnf_of(Expr *e, Dnf *out);

static int dnf_and(const Dnf *a, const Dnf *b, Dnf *out)
{
    out->n = 0;
    if (a->n * b->n > MAX_OR) return 0;
    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++) {
            Term t = a->t[i];
            for (int c = 0; c < b->t[k].n; c++)
                if (!term_add(&t, b->t[k].c[c])) return 0;
            out->t[out->n++] = t;
        }
    return 1;
}

static int dnf_of(Expr *e, Dnf *out)
{
    Dnf a, b;
    if (e->op != EX_and && e->op != EX_or) {
        out->n = 1;
        out->t[0].n = 1;
        out->t[0].c[0] = e;
        return 1;
    }
    if (!dnf_of(e->arg[0], &a) || !dnf_of(e->arg[1], &b)) return 0;
    if (e->op == EX_and) return dnf_and(&a, &b, out);
    *out = a;
    for (int i = 0; i < b.n; i++) {
        if (out->n == MAX_OR) return 0;
        out->t[out->n++] = b.t[i];
    }
    return 1;
}

static int has(const Term *t, const Expr *e)
{
    for (int i = 0; i < t->n; i++)
        if (t->c[i] == e) return 1;
    return 0;
}

static Expr *term_expr(Module *m, const Term *t, const Term *without)
{
    Expr *e = ex_bool(m, 1);
    for (int i = 0; i < t->n; i++)
        if (!has(without, t->c[i])) e = ex_bin(m, EX_and, e, t->c[i]);
    return e;
}

/* common && (t0 || t1 || ..), terms in structural order, each once. */
static Expr *dnf_expr(Module *m, const Dnf *d)
{
    Term common = {0};
    Expr *e[MAX_OR], *all;
    int n = 0;
    for (int i = 0; i < d->t[0].n; i++) {
        int everywhere = 1;
        for (int k = 1; k < d->n; k++) everywhere &= has(&d->t[k], d->t[0].c[i]);
        if (everywhere) term_add(&common, d->t[0].c[i]);
    }
    for (int i = 0; i < d->n; i++) {
        Expr *t = term_expr(m, &d->t[i], &common);
        int k = 0;
        while (k < n && ex_cmp(e[k], t) < 0) k++;
        if (k < n && e[k] == t) continue;
        for (int j = n++; j > k; j--) e[j] = e[j - 1];
        e[k] = t;
    }
    all = n ? e[0] : ex_bool(m, 1);
    for (int i = 1; i < n; i++) all = ex_bin(m, EX_or, all, e[i]);
    Expr *c = term_expr(m, &common, &(Term){0});
    return ex_bin(m, EX_and, c, all);
}

/* ---- nodes ---- */

static Expr *pred_part(void *u, Expr *e)
{
    Pred *p = u;
    Expr *to = NULL;
    if (e->dtype != DT_bool) return NULL;
    if (e->op == EX_not) to = push_not(p->m, e);
    if (e->op == EX_lt || e->op == EX_le) to = magnitude(p->m, e);
    if (!to && (e->op == EX_eq || e->op == EX_ne)) to = multiple(p->m, e);
    if (!to && (e->op == EX_lt || e->op == EX_le || e->op == EX_eq || e->op == EX_ne)) to = orient(p->m, e);
    if (!to || to == e || !opt_may(p->c)) return NULL;
    p->changes++;
    return to;
}

static Expr *disjunction(void *u, Expr *e)
{
    Pred *p = u;
    Dnf d;
    if (e->op != EX_or || !dnf_of(e, &d)) return NULL;
    Expr *to = dnf_expr(p->m, &d);
    if (to == e || !opt_may(p->c)) return NULL;
    p->changes++;
    return to;
}

static void pred_expr(void *u, Expr **e)
{
    Pred *p = u;
    for (int i = 0; i < 3; i++) {
        Expr *old = *e;
        *e = ex_rewrite(p->m, *e, pred_part, p);
        if (*e == old) break;
    }
    /* The whole disjunction at once: the rewriting meets inner ones first, which are then sorted already. */
    *e = ex_rewrite(p->m, *e, disjunction, p);
}

/* Conjuncts that have become `and` are split; all are sorted. */
static void sort_conj(Pred *p, Node *n)
{
    int k = n->nconj, moved = 0;
    Expr **old = n->conj;
    n->nconj = 0;
    n->conj = NULL;
    for (int i = 0; i < k; i++) node_add_conj(p->m, n, old[i]);
    for (int i = 1; i < n->nconj; i++) {
        Expr *e = n->conj[i];
        int j = i;
        for (; j > 0 && ex_cmp(n->conj[j - 1], e) > 0; j--) n->conj[j] = n->conj[j - 1], moved = 1;
        n->conj[j] = e;
    }
    if (moved || n->nconj != k) p->changes++;
}

int pass_predicate(OptCtx *c, Module *m)
{
    Pred p = {c, m, 0};
    for (int i = 0; i < m->entries.n; i++) {
        NodeList list = entry_nodes(c, m->entries.at[i]);
        for (int k = 0; k < list.v.n; k++) {
            node_each_expr(list.v.at[k], pred_expr, &p);
            if (list.v.at[k]->nconj) sort_conj(&p, list.v.at[k]);
        }
    }
    return p.changes;
}
