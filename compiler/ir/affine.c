/* affine.c - integer expressions as c + sum k * atom, in both directions.
 * Takes i32 expressions; atoms are everything that is not a sum, a negation or a product with a literal. Terms are
 * sorted by ex_cmp, so the expression that affine_expr builds depends on structure only. All of it is arithmetic
 * modulo 2^32, where flattening is exact whatever the values are. It knows no ranges (range.c). */
#include "compiler/ir/expr_impl.h"

enum { MAX_TERMS = sizeof ((Affine *)0)->t / sizeof(AffTerm) };

static int64_t wrap32(int64_t x) { return (int32_t)(uint32_t)(uint64_t)x; }

int affine_add_term(Affine *a, Expr *atom, int64_t k)
{
    int i = 0, c = 1;
    while (i < a->n && (c = ex_cmp(a->t[i].atom, atom)) < 0) i++;
    if (i < a->n && c == 0) {
        a->t[i].k += k;
        if (a->t[i].k) return 1;
        a->n--;
        for (; i < a->n; i++) a->t[i] = a->t[i + 1];
        return 1;
    }
    if (!k) return 1;
    if (a->n == MAX_TERMS) return 0;
    for (int j = a->n++; j > i; j--) a->t[j] = a->t[j - 1];
    a->t[i] = (AffTerm){atom, k};
    return 1;
}

/* out += k * e. The right operand first: in a sum of too many terms the long part is on the left. */
static int flatten(const Expr *e, int64_t k, Affine *out)
{
    int64_t v;
    switch (e->op) {
    case EX_int: out->c = wrap32(out->c + wrap32(k * e->u.i)); return 1;
    case EX_add: return flatten(e->arg[1], k, out) && flatten(e->arg[0], k, out);
    case EX_sub: return flatten(e->arg[1], wrap32(-k), out) && flatten(e->arg[0], k, out);
    case EX_neg: return flatten(e->arg[0], wrap32(-k), out);
    case EX_mul:
        if (ex_is_int(e->arg[1], &v)) return flatten(e->arg[0], wrap32(k * v), out);
        break;
    default: break;
    }
    return affine_add_term(out, (Expr *)(uintptr_t)e, k);
}

int affine_of(const Expr *e, Affine *out)
{
    out->c = 0;
    out->n = 0;
    return e->dtype == DT_i32 && flatten(e, 1, out);
}

int affine_add_scaled(Affine *a, const Affine *b, int64_t k)
{
    a->c += k * b->c;
    for (int i = 0; i < b->n; i++)
        if (!affine_add_term(a, b->t[i].atom, k * b->t[i].k)) return 0;
    return 1;
}

int affine_sub(Affine *a, const Affine *b) { return affine_add_scaled(a, b, -1); }

int64_t affine_coef(const Affine *a, const Expr *atom)
{
    for (int i = 0; i < a->n; i++)
        if (a->t[i].atom == atom) return a->t[i].k;
    return 0;
}

/* ---- back to an expression ---- */

static void remove_term(Affine *a, const Expr *atom)
{
    for (int i = 0; i < a->n; i++)
        if (a->t[i].atom == atom) {
            a->n--;
            for (; i < a->n; i++) a->t[i] = a->t[i + 1];
        }
}

/* Is `atom` with coefficient ka, beside k * (x % d), the other half of k * x, that is k * d * (x / d)? */
static int is_other_half(const Expr *atom, int64_t ka, const Expr *mod, int64_t k)
{
    const Expr *x = mod->arg[0], *d = mod->arg[1], *q = atom;
    int64_t v;
    if (ex_is_int(d, &v)) {
        if (v == 0 || ka != k * v) return 0;
    } else {
        if (ka != k || atom->op != EX_mul || d->op != EX_sym || d->u.sym->lo < 1) return 0;
        q = atom->arg[0] == d ? atom->arg[1] : atom->arg[1] == d ? atom->arg[0] : atom;
    }
    return q->op == EX_div && q->arg[0] == x && q->arg[1] == d;
}

/* x / d * d + x % d becomes x. Gives 1 when it changed something. */
static int join_div_mod(Affine *a)
{
    for (int i = 0; i < a->n; i++) {
        Expr *mod = a->t[i].atom;
        if (mod->op != EX_mod) continue;
        for (int j = 0; j < a->n; j++) {
            if (j == i || !is_other_half(a->t[j].atom, a->t[j].k, mod, a->t[i].k)) continue;
            Affine whole = *a;
            remove_term(&whole, a->t[j].atom);
            remove_term(&whole, mod);
            if (!flatten(mod->arg[0], a->t[i].k, &whole)) return 0;
            *a = whole;
            return 1;
        }
    }
    return 0;
}

static Expr *term(Module *m, Expr *atom, int64_t k)
{
    return k == 1 ? atom : ex_raw2(m, EX_mul, atom, ex_int(m, k));
}

/* sum + k * atom, or sum + k when there is no atom. */
static Expr *plus(Module *m, Expr *sum, Expr *atom, int64_t k)
{
    int minus = k < 0 && k != INT32_MIN;
    int64_t size = minus ? -k : k;
    Expr *t = atom ? term(m, atom, size) : ex_int(m, size);
    return ex_raw2(m, minus ? EX_sub : EX_add, sum, t);
}

static Expr *rebuild(Module *m, const Affine *a)
{
    int lead = 0;
    int64_t c = a->c;
    Expr *e;
    if (!a->n) return ex_int(m, c);
    while (lead < a->n && a->t[lead].k < 0) lead++;
    if (lead < a->n) {
        e = term(m, a->t[lead].atom, a->t[lead].k);
    } else if (c > 0) {
        e = ex_int(m, c);
        c = 0;
    } else {
        lead = 0;
        Expr *atom = a->t[0].atom;
        e = a->t[0].k == -1 ? ex_raw(m, EX_neg, DT_i32, 1, &atom) : term(m, atom, a->t[0].k);
    }
    for (int i = 0; i < a->n; i++)
        if (i != lead) e = plus(m, e, a->t[i].atom, a->t[i].k);
    return c ? plus(m, e, NULL, c) : e;
}

Expr *affine_expr(Module *m, const Affine *a)
{
    Affine w = {.c = wrap32(a->c)};
    for (int i = 0; i < a->n; i++) {
        int64_t k = wrap32(a->t[i].k);
        if (k) w.t[w.n++] = (AffTerm){a->t[i].atom, k};
    }
    while (join_div_mod(&w)) { }
    return rebuild(m, &w);
}

int affine_split(Module *m, const Expr *e, int slot, int64_t *coef, Expr **rest)
{
    Affine a;
    if (!affine_of(e, &a)) return 0;
    *coef = 0;
    for (int i = 0; i < a.n; i++) {
        const Expr *atom = a.t[i].atom;
        if (!ex_uses_slot(atom, slot)) continue;
        if (atom->op != EX_index) return 0;
        *coef = a.t[i].k;
    }
    if (!*coef) {
        *rest = (Expr *)(uintptr_t)e;
        return 1;
    }
    remove_term(&a, ex_index(m, slot));
    *rest = affine_expr(m, &a);
    return 1;
}

int scatter_axis(Module *m, const Node *n, int j)
{
    int at = -1;
    for (int k = 0; k < n->rank; k++) {
        uint32_t slots = ex_slots(n->sub[k]);
        int64_t coef;
        Expr *rest;
        if (!(slots >> (n->rank + j) & 1)) continue;
        if (at >= 0 || slots != 1u << (n->rank + j) || !affine_split(m, n->sub[k], n->rank + j, &coef, &rest) || !coef || ex_slots(rest)) return -1;
        at = k;
    }
    return at;
}

int scatter_injective(Module *m, const Node *n)
{
    for (int j = 0; j < n->nred; j++) if (scatter_axis(m, n, j) < 0) return 0;
    return 1;
}
