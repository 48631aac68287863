/* range.c - between which values an integer expression lies, and whether a condition always holds.
 * Takes intervals of slots, sizes and reads, and facts: what an entry has checked, that slot o lies below its extent,
 * and the node's own conjuncts. Gives inclusive int64 intervals; the ends of int64 mean unbounded.
 *
 * A sum is bounded term by term, and again after adding facts F >= 0 that cancel one of its terms (A <= A + F), up to
 * three in a row. Index arithmetic does not leave 32 bits; arithmetic on data does, and then lies anywhere in 32 bits.
 * It never builds expressions, so constructors may ask it. */
#include <string.h>
#include "compiler/ir/expr_impl.h"

enum { MAX_FACTS = 40, FACT_DEPTH = 3, MAX_SCALE = 1 << 16 };
static const int64_t BOTTOM = INT64_MIN, TOP = INT64_MAX;

typedef struct Ival { int64_t lo, hi; } Ival;
typedef struct Work { const RangeCtx *rc; int collected, nfacts; Affine fact[MAX_FACTS]; WalkMap memo; } Work;

static const Ival ANY32 = {INT32_MIN, INT32_MAX};

static Ival full(Work *w, const Expr *e);
static int proves(Work *w, const Expr *e);
static int truth(Work *w, const Expr *e);

static void work_init(Work *w, const RangeCtx *rc)
{
    w->rc = rc;
    w->collected = w->nfacts = 0;
    walk_init(&w->memo);
}

/* ---- saturating arithmetic ---- */

static int64_t sat_mul(int64_t a, int64_t b)
{
    int64_t r;
    if (a == 0 || b == 0) return 0;
    if (a == BOTTOM || a == TOP || b == BOTTOM || b == TOP || __builtin_mul_overflow(a, b, &r)) return (a < 0) == (b < 0) ? TOP : BOTTOM;
    return r;
}

/* Sum for an upper bound: unbounded when a part is. */
static int64_t sum_up(int64_t a, int64_t b)
{
    int64_t r;
    if (a == TOP || b == TOP) return TOP;
    if (a == BOTTOM || b == BOTTOM) return BOTTOM;
    return __builtin_add_overflow(a, b, &r) ? (a > 0 ? TOP : BOTTOM) : r;
}

static int64_t sat_neg(int64_t a) { return a == BOTTOM ? TOP : a == TOP ? BOTTOM : -a; }

static int64_t floor_div(int64_t a, int64_t b)
{
    if (a == BOTTOM || a == TOP) return (a < 0) == (b < 0) ? TOP : BOTTOM;
    if (b == TOP || b == BOTTOM) return (a < 0) == (b < 0) || a == 0 ? 0 : -1;
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
static Ival join(Ival a, Ival b) { return (Ival){min64(a.lo, b.lo), max64(a.hi, b.hi)}; }
static int inside32(Ival v) { return v.lo >= INT32_MIN && v.hi <= INT32_MAX; }

/* The hull of f at the four corners of a x b: right where f is monotone in each operand. */
static Ival corners(int64_t (*f)(int64_t, int64_t), Ival a, Ival b)
{
    int64_t v[4] = {f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)};
    return (Ival){min64(min64(v[0], v[1]), min64(v[2], v[3])), max64(max64(v[0], v[1]), max64(v[2], v[3]))};
}

/* ---- operators ---- */

static Ival div_range(Ival a, Ival b)
{
    Ival r = {0, 0};
    int zero = b.lo <= 0 && b.hi >= 0, any = 0;
    if (b.lo < 0) r = corners(floor_div, a, (Ival){b.lo, min64(b.hi, -1)}), any = 1;
    if (b.hi > 0) {
        Ival up = corners(floor_div, a, (Ival){max64(b.lo, 1), b.hi});
        r = any ? join(r, up) : up;
    }
    return zero ? join(r, (Ival){0, 0}) : r;
}

static Ival mod_range(Ival a, Ival b)
{
    if (b.lo == b.hi && b.lo > 0 && a.lo != BOTTOM && a.hi != TOP && floor_div(a.lo, b.lo) == floor_div(a.hi, b.lo)) {
        int64_t base = floor_div(a.lo, b.lo) * b.lo;
        return (Ival){a.lo - base, a.hi - base};
    }
    if (a.lo >= 0 && b.lo > a.hi) return a;
    Ival r = {min64(b.lo < 0 ? b.lo + 1 : 0, 0), max64(b.hi == TOP ? TOP : b.hi - 1, 0)};
    if (a.lo >= 0 && b.lo >= 0) r.hi = min64(r.hi, a.hi);
    return r;
}

static Ival abs_range(Ival a)
{
    Ival n = {sat_neg(a.hi), sat_neg(a.lo)};
    if (a.lo >= 0) return a;
    return a.hi <= 0 ? n : (Ival){0, max64(a.hi, n.hi)};
}

/* The smallest 2^k - 1 not below x >= 0: what or and xor of numbers up to x stay under. */
static int64_t ones(int64_t x)
{
    int64_t v = 0;
    while (v < x) v = v * 2 + 1;
    return v;
}

static Ival bits_range(ExprOp op, Ival a, Ival b)
{
    if (op == EX_band && (a.lo >= 0 || b.lo >= 0))
        return (Ival){0, a.lo < 0 ? b.hi : b.lo < 0 ? a.hi : min64(a.hi, b.hi)};
    if (op == EX_shr) return (Ival){min64(a.lo, a.lo < 0 ? a.lo : 0), max64(a.hi, a.hi < 0 ? -1 : a.hi)};
    if ((op == EX_bor || op == EX_bxor) && a.lo >= 0 && b.lo >= 0 && inside32(a) && inside32(b))
        return (Ival){0, ones(max64(a.hi, b.hi))};
    return ANY32;
}

static Ival guard_range(Ival e, Ival n)
{
    int64_t hi = min64(e.hi, n.hi == TOP ? TOP : n.hi - 1);
    return (Ival){0, max64(hi, 0)};
}

static Ival cast_range(Work *w, const Expr *e)
{
    const Expr *a = e->arg[0];
    Ival v = a->dtype == DT_bool || a->dtype == DT_i64 ? full(w, a) : ANY32;
    return inside32(v) ? v : ANY32;
}

/* 64-bit values, without facts: unbounded where they might leave 64 bits. */
static Ival wide_range(Work *w, const Expr *e)
{
    Ival a, b, any = {BOTTOM, TOP};
    switch (e->op) {
    case EX_read: return (Ival){e->u.node->lo, e->u.node->hi};
    case EX_read_or: return join((Ival){e->u.node->lo, e->u.node->hi}, full(w, e->arg[e->n - 1]));
    case EX_select: return join(full(w, e->arg[1]), full(w, e->arg[2]));
    case EX_to_l: return dtype_is_float(e->arg[0]->dtype) ? any : full(w, e->arg[0]);
    case EX_add: case EX_sub: case EX_mul: case EX_div: case EX_mod: case EX_min: case EX_max: break;
    default: return any;
    }
    a = full(w, e->arg[0]);
    b = full(w, e->arg[1]);
    if (a.lo == BOTTOM || a.hi == TOP || b.lo == BOTTOM || b.hi == TOP) return any;
    if (e->op == EX_add) a = (Ival){sum_up(a.lo, b.lo), sum_up(a.hi, b.hi)};
    else if (e->op == EX_sub) a = (Ival){sum_up(a.lo, sat_neg(b.hi)), sum_up(a.hi, sat_neg(b.lo))};
    else if (e->op == EX_mul) a = corners(sat_mul, a, b);
    else if (e->op == EX_div) a = div_range(a, b);
    else if (e->op == EX_mod) a = mod_range(a, b);
    else if (e->op == EX_min) a = (Ival){min64(a.lo, b.lo), min64(a.hi, b.hi)};
    else a = (Ival){max64(a.lo, b.lo), max64(a.hi, b.hi)};
    return a.lo == BOTTOM || a.hi == TOP ? any : a;
}

static Ival binary_range(Work *w, const Expr *e)
{
    Ival a = full(w, e->arg[0]), b = full(w, e->arg[1]);
    switch (e->op) {
    case EX_mul: return corners(sat_mul, a, b);
    case EX_div: return div_range(a, b);
    case EX_mod: return mod_range(a, b);
    case EX_min: return (Ival){min64(a.lo, b.lo), min64(a.hi, b.hi)};
    case EX_max: return (Ival){max64(a.lo, b.lo), max64(a.hi, b.hi)};
    case EX_guard: return guard_range(a, b);
    case EX_band: case EX_bor: case EX_bxor: case EX_shr: return bits_range(e->op, a, b);
    default: return ANY32;
    }
}

static Ival select_range(Work *w, const Expr *e)
{
    int c = truth(w, e->arg[0]);
    if (c >= 0) return full(w, e->arg[c ? 1 : 2]);
    return join(full(w, e->arg[1]), full(w, e->arg[2]));
}

/* The interval of an atom by its own structure, without facts about it. */
static Ival atom_range(Work *w, const Expr *e)
{
    Ival a;
    switch (e->op) {
    case EX_int: return (Ival){e->u.i, e->u.i};
    case EX_index: return (Ival){w->rc->lo[e->u.slot], w->rc->hi[e->u.slot]};
    case EX_sym: return (Ival){e->u.sym->lo, max64(e->u.sym->lo, e->u.sym->hi)};
    case EX_read: return (Ival){e->u.node->lo, e->u.node->hi};
    case EX_read_or: return join((Ival){e->u.node->lo, e->u.node->hi}, full(w, e->arg[e->n - 1]));
    case EX_abs: return abs_range(full(w, e->arg[0]));
    case EX_sign:
        a = full(w, e->arg[0]);
        return (Ival){a.lo > 0 ? 1 : a.lo == 0 ? 0 : -1, a.hi < 0 ? -1 : a.hi == 0 ? 0 : 1};
    case EX_neg:
        a = full(w, e->arg[0]);
        return (Ival){sat_neg(a.hi), sat_neg(a.lo)};
    case EX_select: return select_range(w, e);
    case EX_to_i: return cast_range(w, e);
    case EX_randint:
        a = full(w, e->arg[2]);
        return (Ival){0, max64(0, a.hi == TOP ? TOP : a.hi - 1)};
    case EX_add: case EX_sub: return ANY32;                            /* a sum of too many terms */
    default: return e->n == 2 ? binary_range(w, e) : ANY32;
    }
}

static Ival atom_value(Work *w, const Expr *e)
{
    Ival v = atom_range(w, e);
    return (e->traits & TRAIT_data) && !inside32(v) ? ANY32 : v;
}

/* ---- facts ---- */

static int64_t plain_upper(Work *w, const Affine *a)
{
    int64_t hi = a->c;
    for (int i = 0; i < a->n && hi != TOP; i++) {
        Ival v = atom_value(w, a->t[i].atom);
        hi = sum_up(hi, sat_mul(a->t[i].k, a->t[i].k > 0 ? v.hi : v.lo));
    }
    return hi;
}

static void negate(Affine *a)
{
    a->c = -a->c;
    for (int i = 0; i < a->n; i++) a->t[i].k = -a->t[i].k;
}

static Ival plain_range(Work *w, const Affine *a)
{
    Affine n = *a;
    negate(&n);
    return (Ival){sat_neg(plain_upper(w, &n)), plain_upper(w, a)};
}

/* hi - lo + c >= 0 is known. Of data, only when neither side can wrap, unless the entry has checked it. */
static void add_fact(Work *w, const Expr *lo, const Expr *hi, int64_t c, int trusted)
{
    Affine l, h;
    if (w->nfacts == MAX_FACTS || !affine_of(lo, &l) || !affine_of(hi, &h)) return;
    if (!trusted && (lo->traits & TRAIT_data) && !inside32(plain_range(w, &l))) return;
    if (!trusted && (hi->traits & TRAIT_data) && !inside32(plain_range(w, &h))) return;
    if (!affine_add_scaled(&h, &l, -1)) return;
    h.c += c;
    if (h.n) w->fact[w->nfacts++] = h;
}

/* x != y where one of them already bounds the other: the bound is not reached. */
static void add_unequal(Work *w, const Expr *x, const Expr *y, int trusted)
{
    Affine a, b;
    if (!affine_of(x, &a) || !affine_of(y, &b) || !affine_add_scaled(&a, &b, -1)) return;
    Ival d = plain_range(w, &a);
    if (d.lo == 0) add_fact(w, y, x, -1, trusted);
    if (d.hi == 0) add_fact(w, x, y, -1, trusted);
}

static void add_condition(Work *w, const Expr *e, int trusted)
{
    if (e->op == EX_and) {
        add_condition(w, e->arg[0], trusted);
        add_condition(w, e->arg[1], trusted);
    }
    if (e->n != 2 || e->arg[0]->dtype != DT_i32) return;
    if (e->op == EX_le || e->op == EX_eq) add_fact(w, e->arg[0], e->arg[1], 0, trusted);
    if (e->op == EX_lt) add_fact(w, e->arg[0], e->arg[1], -1, trusted);
    if (e->op == EX_eq) add_fact(w, e->arg[1], e->arg[0], 0, trusted);
    if (e->op == EX_ne) add_unequal(w, e->arg[0], e->arg[1], trusted);
}

/* slot < bound and slot >= bound, for bounds that the intervals of slots cannot express. */
static void add_slot_fact(Work *w, int slot, const Expr *bound, int below)
{
    Affine f;
    if (!bound || bound->op == EX_int || w->nfacts == MAX_FACTS || !affine_of(bound, &f)) return;
    Expr *index = ex_find_index(w->rc->m, slot);
    if (!index) return;                                               /* then no expression mentions it */
    if (!below) negate(&f);
    if (!affine_add_term(&f, index, below ? -1 : 1)) return;
    f.c -= below;
    w->fact[w->nfacts++] = f;
}

static void collect(Work *w)
{
    const RangeCtx *rc = w->rc;
    w->collected = 1;
    for (int i = 0; rc->node && i < rc->node->rank; i++) add_slot_fact(w, i, rc->node->ext[i], 1);
    for (int i = 0; i < rc->nr; i++) {
        add_slot_fact(w, i, rc->r[i].hi, 1);
        add_slot_fact(w, i, rc->r[i].lo, 0);
    }
    for (int i = 0; rc->node && i < rc->node->nred; i++) {
        add_slot_fact(w, rc->node->rank + i, rc->node->r[i].hi, 1);
        add_slot_fact(w, rc->node->rank + i, rc->node->r[i].lo, 0);
    }
    for (int i = 0; rc->use_conj && rc->node && i < rc->node->nconj; i++)
        if (rc->node->conj[i] != rc->skip) add_condition(w, rc->node->conj[i], 0);
    for (int i = 0; rc->entry && i < rc->entry->facts.n; i++) add_condition(w, rc->entry->facts.at[i], 1);
}

/* *best = the smallest upper bound of a, or of a + facts that cancel a term of it. */
static void tighten(Work *w, const Affine *a, int depth, int64_t *best)
{
    *best = min64(*best, plain_upper(w, a));
    for (int f = 0; depth && f < w->nfacts; f++) {
        const Affine *fact = &w->fact[f];
        int64_t last = 0;
        for (int i = 0; i < a->n; i++) {
            int64_t ka = a->t[i].k, kf = affine_coef(fact, a->t[i].atom), scale;
            if (!kf || (ka > 0) == (kf > 0) || ka % kf) continue;
            scale = -ka / kf;
            if (scale == last || scale > MAX_SCALE) continue;
            last = scale;
            Affine b = *a;
            if (affine_add_scaled(&b, fact, scale)) tighten(w, &b, depth - 1, best);
        }
    }
}

static int same_affine(const Affine *a, const Affine *b)
{
    int same = a->c == b->c && a->n == b->n;
    for (int i = 0; same && i < a->n; i++) same = a->t[i].atom == b->t[i].atom && a->t[i].k == b->t[i].k;
    return same;
}

/* The variable of a loop stays below the number of iterations. */
static void add_loop_facts(Work *w, const Affine *a)
{
    for (int i = 0; i < a->n; i++) {
        const Expr *e = a->t[i].atom;
        int known = 0;
        Affine trip;
        if (e->op != EX_sym || e->u.sym->kind != SYM_loop || !e->u.sym->trip || w->nfacts == MAX_FACTS) continue;
        if (!affine_of(e->u.sym->trip, &trip) || !affine_add_term(&trip, a->t[i].atom, -1)) continue;
        trip.c--;
        for (int f = 0; f < w->nfacts; f++) known |= same_affine(&w->fact[f], &trip);
        if (!known) w->fact[w->nfacts++] = trip;
    }
}

static int64_t upper(Work *w, const Affine *a)
{
    int64_t best = TOP;
    if (!w->collected) collect(w);
    add_loop_facts(w, a);
    tighten(w, a, FACT_DEPTH, &best);
    return best;
}

static Ival affine_range(Work *w, const Affine *a)
{
    Affine n = *a;
    negate(&n);
    Ival v = {sat_neg(upper(w, &n)), upper(w, a)};
    if (v.lo > v.hi) v.hi = v.lo;                                     /* contradiction: this is never evaluated */
    return v;
}

/* ---- expressions ---- */

static Ival int_range(Work *w, const Expr *e)
{
    Affine a;
    if (!affine_of(e, &a)) return atom_value(w, e);
    Ival v = affine_range(w, &a);
    return (e->traits & TRAIT_data) && !inside32(v) ? ANY32 : v;
}

/* The interval of e, facts used; each expression once. An expression met again while its own interval is being
 * found (through a fact) answers with everything that its class allows. */
static Ival full(Work *w, const Expr *e)
{
    int fresh;
    Ival v;
    if (e->op == EX_int) return (Ival){e->u.i, e->u.i};
    if (dtype_is_float(e->dtype)) return (Ival){BOTTOM, TOP};
    WalkSlot *s = walk_slot(&w->memo, e, e->id, &fresh);
    if (!fresh) return (Ival){s->lo, s->hi};
    if (e->dtype == DT_bool) {
        s->lo = 0, s->hi = 1;
        int p = proves(w, e);
        v = (Ival){p == 1, p != 0};
    } else if (e->dtype == DT_i64) {
        s->lo = BOTTOM, s->hi = TOP;
        v = wide_range(w, e);
    } else {
        int data = (e->traits & TRAIT_data) != 0;
        s->lo = data ? INT32_MIN : BOTTOM, s->hi = data ? INT32_MAX : TOP;
        v = int_range(w, e);
    }
    s = walk_slot(&w->memo, e, e->id, &fresh);
    s->lo = v.lo;
    s->hi = v.hi;
    return v;
}

void range_of(const RangeCtx *rc, const Expr *e, int64_t *lo, int64_t *hi)
{
    Work w;
    work_init(&w, rc);
    Ival v = full(&w, e);
    walk_free(&w.memo);
    *lo = v.lo;
    *hi = v.hi;
}

/* ---- conditions ---- */

static int same_condition(const Expr *known, const Expr *e)
{
    if (known == e) return 1;
    return known->op == EX_and && (same_condition(known->arg[0], e) || same_condition(known->arg[1], e));
}

static int is_given(const RangeCtx *rc, const Expr *e)
{
    for (int i = 0; rc->use_conj && rc->node && i < rc->node->nconj; i++)
        if (rc->node->conj[i] != rc->skip && same_condition(rc->node->conj[i], e)) return 1;
    for (int i = 0; rc->entry && i < rc->entry->facts.n; i++)
        if (same_condition(rc->entry->facts.at[i], e)) return 1;
    return 0;
}

/* The interval of b - a as integers, when neither side wraps. */
static int difference(Work *w, const Expr *a, const Expr *b, Ival *d)
{
    Affine x, y;
    if (!affine_of(a, &x) || !affine_of(b, &y)) return 0;
    if ((a->traits & TRAIT_data) && !inside32(affine_range(w, &x))) return 0;
    if ((b->traits & TRAIT_data) && !inside32(affine_range(w, &y))) return 0;
    if (!affine_add_scaled(&y, &x, -1)) return 0;
    *d = affine_range(w, &y);
    return 1;
}

static int compare(Work *w, const Expr *e)
{
    Ival d;
    const Expr *a = e->arg[0], *b = e->arg[1];
    if (dtype_is_float(a->dtype)) return -1;
    if (a->dtype != DT_i32 || !difference(w, a, b, &d)) {
        Ival x = full(w, a), y = full(w, b);
        d = (Ival){sum_up(y.lo, sat_neg(x.hi)), sum_up(y.hi, sat_neg(x.lo))};
        if (y.lo == BOTTOM || x.hi == TOP) d.lo = BOTTOM;
    }
    switch (e->op) {
    case EX_lt: return d.lo >= 1 ? 1 : d.hi <= 0 ? 0 : -1;
    case EX_le: return d.lo >= 0 ? 1 : d.hi < 0 ? 0 : -1;
    case EX_eq: return d.lo == 0 && d.hi == 0 ? 1 : d.lo > 0 || d.hi < 0 ? 0 : -1;
    default: return d.lo == 0 && d.hi == 0 ? 0 : d.lo > 0 || d.hi < 0 ? 1 : -1;
    }
}

/* proves(), each condition once. */
static int truth(Work *w, const Expr *e)
{
    Ival v = full(w, e);
    return v.lo == v.hi ? (int)v.lo : -1;
}

static int proves(Work *w, const Expr *e)
{
    int a, b;
    if (e->op == EX_int) return e->u.i != 0;
    if (is_given(w->rc, e)) return 1;
    switch (e->op) {
    case EX_eq: case EX_ne: case EX_lt: case EX_le: return compare(w, e);
    case EX_not:
        a = truth(w, e->arg[0]);
        return a < 0 ? -1 : !a;
    case EX_and:
        a = truth(w, e->arg[0]), b = truth(w, e->arg[1]);
        return a == 0 || b == 0 ? 0 : a == 1 && b == 1 ? 1 : -1;
    case EX_or:
        a = truth(w, e->arg[0]), b = truth(w, e->arg[1]);
        return a == 1 || b == 1 ? 1 : a == 0 && b == 0 ? 0 : -1;
    case EX_select:
        a = truth(w, e->arg[1]), b = truth(w, e->arg[2]);
        return a == b ? a : -1;
    case EX_read:
        return e->u.node->lo == e->u.node->hi ? e->u.node->lo != 0 : -1;
    default: return -1;
    }
}

int range_proves(const RangeCtx *rc, const Expr *cond)
{
    Work w;
    work_init(&w, rc);
    int r = proves(&w, cond);
    /* Not proved, and its negation is given: always false. */
    if (r < 0 && cond->op != EX_not)
        for (int i = 0; rc->use_conj && rc->node && i < rc->node->nconj; i++) {
            const Expr *c = rc->node->conj[i];
            if (c != rc->skip && c->op == EX_not && c->arg[0] == cond) r = 0;
        }
    walk_free(&w.memo);
    return r;
}

/* ---- contexts ---- */

static void any_slots(RangeCtx *rc, const Module *m, const Entry *e)
{
    memset(rc, 0, sizeof *rc);
    rc->m = m;
    rc->entry = e;
    for (int i = 0; i < MAX_SLOTS; i++) rc->lo[i] = INT32_MIN, rc->hi[i] = INT32_MAX;
}

/* Slot s runs over lo .. hi-1; lo NULL: 0. Bounds may use earlier slots. */
static void set_slot(RangeCtx *rc, int s, const Expr *lo, const Expr *hi)
{
    int64_t a = 0, b, other;
    if (lo) range_of(rc, lo, &a, &other);
    range_of(rc, hi, &other, &b);
    if (b != TOP) b--;
    rc->lo[s] = a;
    rc->hi[s] = max64(a, b);
}

void range_ctx_base(RangeCtx *rc, const Module *m, const Entry *e, const Node *n)
{
    any_slots(rc, m, e);
    if (!n) return;
    rc->node = n;
    for (int i = 0; i < n->rank; i++) set_slot(rc, i, NULL, n->ext[i]);
    for (int i = 0; i < n->nred; i++) set_slot(rc, n->rank + i, n->r[i].lo, n->r[i].hi);
}

void range_ctx_ranges(RangeCtx *rc, const Module *m, const Entry *e, const Range *r, int nr)
{
    any_slots(rc, m, e);
    for (int i = 0; i < nr; i++) set_slot(rc, i, r[i].lo, r[i].hi);
    rc->r = r;
    rc->nr = nr;
}

/* fact >= 0 bounds every slot in it: k*s >= -(rest), so s >= ceil(-upper(rest) / k), or s <= upper(rest) / -k. */
static void narrow(RangeCtx *rc, Work *w, const Affine *fact)
{
    for (int i = 0; i < fact->n; i++) {
        if (fact->t[i].atom->op != EX_index) continue;
        Affine rest = *fact;
        int64_t k = rest.t[i].k, s = fact->t[i].atom->u.slot, hi;
        affine_add_term(&rest, fact->t[i].atom, -k);
        hi = plain_upper(w, &rest);
        if (hi == TOP || hi == BOTTOM) continue;
        if (k > 0) rc->lo[s] = max64(rc->lo[s], -floor_div(hi, k));
        else rc->hi[s] = min64(rc->hi[s], floor_div(hi, -k));
        if (rc->lo[s] > rc->hi[s]) rc->hi[s] = rc->lo[s];
    }
}

void range_ctx_skip(RangeCtx *rc, const Module *m, const Entry *e, const Node *n, const Expr *skip)
{
    range_ctx_base(rc, m, e, n);
    rc->use_conj = 1;
    rc->skip = skip;
    if (!n || !n->nconj) return;
    for (int round = 0; round < 2; round++) {
        Work w;
        work_init(&w, rc);
        collect(&w);
        for (int f = 0; f < w.nfacts; f++) narrow(rc, &w, &w.fact[f]);
        walk_free(&w.memo);
    }
}

void range_ctx(RangeCtx *rc, const Module *m, const Entry *e, const Node *n) { range_ctx_skip(rc, m, e, n, NULL); }
