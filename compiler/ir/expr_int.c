/* expr_int.c - integer operators in canonical form.
 * Takes an operator and operands, gives the folded expression or NULL when the plain operator is simplest. Sums become
 * affine sums, products get their constant factor in front and sorted factors, div and mod by C shed what is a
 * multiple of C. What wrapping at 32 bits would make wrong is done only when the data in it cannot wrap. */
#include "compiler/ir/expr_impl.h"

static int64_t wrap32(int64_t x) { return (int32_t)(uint32_t)(uint64_t)x; }
static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

static int64_t gcd(int64_t a, int64_t b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* Does a sum with data in it stay inside 32 bits? The index terms beside the data are taken to stay within 2^30. */
static int no_wrap(const Module *m, const Affine *a)
{
    int64_t lo = a->c, hi = a->c, l, h, room = 0;
    RangeCtx rc;
    int ready = 0;
    for (int i = 0; i < a->n; i++) {
        int64_t k = a->t[i].k;
        if (!(a->t[i].atom->traits & TRAIT_data)) {
            room = 1 << 30;
            continue;
        }
        if (!ready++) range_ctx(&rc, m, NULL, NULL);
        range_of(&rc, a->t[i].atom, &l, &h);
        if (l < INT32_MIN || h > INT32_MAX) return 0;
        lo += k > 0 ? k * l : k * h;
        hi += k > 0 ? k * h : k * l;
    }
    return !ready || (lo - room >= INT32_MIN && hi + room <= INT32_MAX);
}

int ex_int_diff(const Module *m, const Expr *a, const Expr *b, int any_wrap, int64_t *diff)
{
    Affine x, y, d;
    *diff = 0;
    if (a == b) return 1;
    if (!affine_of(a, &x) || !affine_of(b, &y)) return 0;
    d = x;
    if (!affine_add_scaled(&d, &y, -1) || d.n) return 0;
    *diff = any_wrap ? wrap32(d.c) : d.c;
    return any_wrap || (no_wrap(m, &x) && no_wrap(m, &y));
}

/* a + k * b. Sums of too many terms stay as written. */
static Expr *sum(Module *m, Expr *a, Expr *b, int64_t k)
{
    Affine x, y;
    if (a == b && k == -1) return ex_int(m, 0);
    if (!affine_of(a, &x) || !affine_of(b, &y) || !affine_add_scaled(&x, &y, k)) return NULL;
    return affine_expr(m, &x);
}

static Expr *scale(Module *m, Expr *a, int64_t k)
{
    Affine x, y = {0};
    if (k == 1) return a;
    if (k == 0) return ex_int(m, 0);
    if (!affine_of(a, &x)) return k == -1 ? ex_raw(m, EX_neg, DT_i32, 1, &a) : ex_raw2(m, EX_mul, a, ex_int(m, k));
    affine_add_scaled(&y, &x, k);
    return affine_expr(m, &y);
}

/* ---- products ---- */

enum { MAX_FACTORS = 24 };
typedef struct Product { int64_t k; int n; Expr *f[MAX_FACTORS]; } Product;

static int add_factor(Product *p, Expr *e)
{
    if (e->op == EX_mul) return add_factor(p, e->arg[1]) && add_factor(p, e->arg[0]);
    if (p->n == MAX_FACTORS) return 0;
    int i = p->n++;
    for (; i > 0 && ex_cmp(p->f[i - 1], e) > 0; i--) p->f[i] = p->f[i - 1];
    p->f[i] = e;
    return 1;
}

/* p *= a, the common factor of a's coefficients (with the sign of its first) going into p->k. */
static int add_operand(Module *m, Product *p, Expr *a)
{
    Affine x;
    if (!affine_of(a, &x)) return a->op != EX_mul && add_factor(p, a);
    int64_t g = x.c;
    for (int i = 0; i < x.n; i++) g = gcd(g, x.t[i].k);
    if (x.n && x.t[0].k < 0) g = -g;
    p->k = wrap32(p->k * g);
    if (g == 1) return add_factor(p, a);
    x.c /= g;
    for (int i = 0; i < x.n; i++) x.t[i].k /= g;
    return add_factor(p, affine_expr(m, &x));
}

static Expr *factors_expr(Module *m, Expr *const *f, int n)
{
    if (!n) return ex_int(m, 1);
    Expr *e = f[0];
    for (int i = 1; i < n; i++) e = ex_raw2(m, EX_mul, e, f[i]);
    return e;
}

static Expr *product(Module *m, Expr *a, Expr *b)
{
    int64_t k;
    Product p = {.k = 1};
    if (ex_is_int(b, &k)) return scale(m, a, k);
    if (ex_is_int(a, &k)) return scale(m, b, k);
    if (!add_operand(m, &p, a) || !add_operand(m, &p, b)) return ex_cmp(a, b) > 0 ? ex_raw2(m, EX_mul, b, a) : NULL;
    return scale(m, factors_expr(m, p.f, p.n), p.k);
}

/* ---- division ---- */

/* a == d * q + r, q and r affine. For a literal d > 0 the constant of r lies in 0..d-1. */
typedef struct Split { Affine q, r; } Split;

static int split_literal(const Affine *a, int64_t d, Split *s)
{
    *s = (Split){0};
    for (int i = 0; i < a->n; i++) {
        int64_t k = a->t[i].k;
        if (k % d == 0) affine_add_term(&s->q, a->t[i].atom, k / d);
        else affine_add_term(&s->r, a->t[i].atom, k);
    }
    s->q.c = floor_div(a->c, d);
    s->r.c = a->c - s->q.c * d;
    return 1;
}

/* atom == d * (what is returned), or NULL. */
static Expr *without_factor(Module *m, Expr *atom, const Expr *d)
{
    Product p = {.k = 1};
    if (atom == d) return ex_int(m, 1);
    if (atom->op != EX_mul || !add_factor(&p, atom)) return NULL;
    for (int i = 0; i < p.n; i++) {
        if (p.f[i] != d) continue;
        p.n--;
        for (; i < p.n; i++) p.f[i] = p.f[i + 1];
        return factors_expr(m, p.f, p.n);
    }
    return NULL;
}

static int split_symbol(Module *m, const Affine *a, const Expr *d, Split *s)
{
    *s = (Split){0};
    if (d->op != EX_sym || d->u.sym->lo < 1) return 0;
    s->r.c = a->c;
    for (int i = 0; i < a->n; i++) {
        int64_t k = a->t[i].k;
        Affine q;
        Expr *other = without_factor(m, a->t[i].atom, d);
        if (!other) affine_add_term(&s->r, a->t[i].atom, k);
        else if (!affine_of(other, &q) || !affine_add_scaled(&s->q, &q, k)) return 0;
    }
    return 1;
}

/* r / d or r % d, where nothing of r is a multiple of the literal d > 1. */
static Expr *small_div(Module *m, Affine *r, int64_t d)
{
    int64_t g = d, inner;
    if (!r->n) return ex_int(m, floor_div(r->c, d));
    for (int i = 0; i < r->n; i++) g = gcd(g, r->t[i].k);
    for (int i = 0; i < r->n; i++) r->t[i].k /= g;
    r->c = floor_div(r->c, g);                       /* floor((g*x + c) / (g*e)) == floor((x + floor(c/g)) / e) */
    d /= g;
    Expr *x = affine_expr(m, r);
    if (d == 1) return x;
    if ((x->op == EX_div || x->op == EX_mod) && ex_is_int(x->arg[1], &inner) && inner > 0) {
        if (x->op == EX_mod && inner <= d) return ex_int(m, 0);
        if (x->op == EX_div && inner * d <= INT32_MAX) return ex_bin(m, EX_div, x->arg[0], ex_int(m, inner * d));
    }
    return ex_raw2(m, EX_div, x, ex_int(m, d));
}

static Expr *small_mod(Module *m, Affine *r, int64_t d)
{
    int64_t g = d, inner;
    if (!r->n) return ex_int(m, r->c - floor_div(r->c, d) * d);
    for (int i = 0; i < r->n; i++) g = gcd(g, r->t[i].k);
    for (int i = 0; i < r->n; i++) r->t[i].k /= g;
    int64_t low = r->c - floor_div(r->c, g) * g;     /* (g*x + c) % (g*e) == g * ((x + floor(c/g)) % e) + c % g */
    r->c = floor_div(r->c, g);
    d /= g;
    Expr *x = affine_expr(m, r);
    if (x->op == EX_mod && ex_is_int(x->arg[1], &inner) && inner > 0) {
        if (inner % d == 0) x = ex_bin(m, EX_mod, x->arg[0], ex_int(m, d));
        else if (inner > d) x = ex_raw2(m, EX_mod, x, ex_int(m, d));
    } else {
        x = ex_raw2(m, EX_mod, x, ex_int(m, d));
    }
    return ex_bin(m, EX_add, ex_bin(m, EX_mul, x, ex_int(m, g)), ex_int(m, low));
}

static Expr *quotient(Module *m, Expr *a, Expr *b)
{
    Affine x;
    Split s;
    int64_t d, v;
    if (ex_is_int(a, &v) && v == 0) return a;
    if (ex_is_int(b, &d)) {
        if (d == 0) return ex_int(m, 0);
        if (d == 1) return a;
        if (d == -1) return scale(m, a, -1);
        if (d < 0 || !affine_of(a, &x) || !no_wrap(m, &x) || !split_literal(&x, d, &s) || !no_wrap(m, &s.r)) return NULL;
        return ex_add(m, affine_expr(m, &s.q), small_div(m, &s.r, d));
    }
    if (a->op == EX_mod && a->arg[1] == b && b->op == EX_sym && b->u.sym->lo > 0) return ex_int(m, 0);
    if (!affine_of(a, &x) || !no_wrap(m, &x) || !split_symbol(m, &x, b, &s) || !no_wrap(m, &s.r) || (!s.q.n && !s.q.c)) return NULL;
    return ex_add(m, affine_expr(m, &s.q), ex_bin(m, EX_div, affine_expr(m, &s.r), b));
}

static Expr *remainder_of(Module *m, Expr *a, Expr *b)
{
    Affine x;
    Split s;
    int64_t d, v;
    if (ex_is_int(a, &v) && v == 0) return a;
    if (a == b) return ex_int(m, 0);
    if (ex_is_int(b, &d)) {
        if (d >= -1 && d <= 1) return ex_int(m, 0);
        if (d < 0 || !affine_of(a, &x) || !no_wrap(m, &x) || !split_literal(&x, d, &s) || !no_wrap(m, &s.r)) return NULL;
        return small_mod(m, &s.r, d);
    }
    if (a->op == EX_mod && a->arg[1] == b) return a;
    if (!affine_of(a, &x) || !no_wrap(m, &x) || !split_symbol(m, &x, b, &s) || !no_wrap(m, &s.r) || (!s.q.n && !s.q.c)) return NULL;
    return ex_bin(m, EX_mod, affine_expr(m, &s.r), b);
}

/* ---- the rest ---- */

static Expr *extremum(Module *m, ExprOp op, Expr *a, Expr *b)
{
    int64_t d, v, w;
    if (ex_int_diff(m, a, b, 0, &d)) return (d < 0) == (op == EX_min) ? a : b;
    if (ex_cmp(a, b) > 0) return ex_bin(m, op, b, a);                 /* a literal is last */
    if (b->op == op && (b->arg[0] == a || b->arg[1] == a)) return b;
    if (a->op != op) return NULL;
    if (a->arg[0] == b || a->arg[1] == b) return a;
    if (ex_is_int(b, &v) && ex_is_int(a->arg[1], &w)) return ex_bin(m, op, a->arg[0], ex_int(m, (v < w) == (op == EX_min) ? v : w));
    return NULL;
}

static Expr *magnitude(Module *m, Expr *a)
{
    Affine x;
    if (a->op == EX_abs) return a;
    if (!affine_of(a, &x) || !x.n || x.t[0].k > 0 || x.t[0].k == INT32_MIN) return NULL;
    a = scale(m, a, -1);
    return ex_un(m, EX_abs, a);
}

Expr *ex_int_op(Module *m, ExprOp op, Expr *a, Expr *b)
{
    int64_t v;
    switch (op) {
    case EX_add: return sum(m, a, b, 1);
    case EX_sub: return sum(m, a, b, -1);
    case EX_neg: return scale(m, a, -1);
    case EX_mul: return product(m, a, b);
    case EX_div: return quotient(m, a, b);
    case EX_mod: return remainder_of(m, a, b);
    case EX_min: case EX_max: return extremum(m, op, a, b);
    case EX_abs: return magnitude(m, a);
    case EX_shl: return ex_is_int(b, &v) ? scale(m, a, (int64_t)1 << (v & 31)) : NULL;
    default: return NULL;
    }
}
