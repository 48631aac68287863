/* random_ir.c - random graphs in the text form.
 * A float expression carries what is known of it: |v| <= 2^mag, v a multiple of 2^-frac when exact. Exact expressions fit
 * in 23 bits, so that every operation on them gives the same number in float and in double. What is not exact is never
 * compared, rounded to an integer or sorted. Integers are of two kinds: `data` wraps at 32 bits; index arithmetic must
 * stay within 32 bits and is kept below 2^lg. */
#include <stdio.h>
#include <string.h>
#include "tests/emit/random_ir.h"

enum { MAX_RANK_HERE = 4, MAX_NODES = 80, SLOTS = 7 };
enum { F = 'f', I = 'i', B = 'b' };

typedef struct Known { int exact, mag, frac, data, lg; } Known;     /* mag, frac: of floats; data, lg: of integers */
typedef struct Ex { const char *s; Known k; } Ex;
typedef struct Val { int id, rank, cls; const char *dtype; const char *ext[MAX_RANK_HERE]; int64_t big[MAX_RANK_HERE]; Known k; double rel; } Val;
typedef struct Slot { const char *name, *ext; int64_t big; } Slot;  /* big: largest extent */

typedef struct Gen {
    Arena *a; uint64_t rng; Out o; RandomIr r;
    Val v[MAX_NODES]; int nv, next, indent;
    Slot slot[SLOTS]; int ns;          /* indices that may be used now */
    int64_t dim; const char *loop;     /* largest value of dim T; loop variable in scope or NULL */
    int budget;                        /* operators left for the expression */
    int exact_only;                    /* in regions: everything exact */
    double rel;                        /* largest relative error of what the expression at hand read */
} Gen;

uint64_t random_next(uint64_t *s)
{
    uint64_t z = *s += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static int below(Gen *g, int n) { return (int)random_below(&g->rng, n); }
static int chance(Gen *g, int percent) { return below(g, 100) < percent; }
#define P(...) arena_printf(g->a, __VA_ARGS__)
static int bits_of(int64_t n) { int b = 0; while (((int64_t)1 << b) < n) b++; return b; }
static int max2(int a, int b) { return a > b ? a : b; }

static Ex f_expr(Gen *g, int depth);
static Ex i_expr(Gen *g, int depth);
static const char *b_expr(Gen *g, int depth);

/* ---- leaves ---- */

/* A subscript inside 0..ext-1. */
static const char *subscript(Gen *g, const char *ext, int64_t big)
{
    int fit[SLOTS], n = 0;
    for (int k = 0; k < g->ns; k++) if (!strcmp(g->slot[k].ext, ext)) fit[n++] = k;
    int how = below(g, 100);
    if (n && how < 80) {
        const Slot *s = &g->slot[fit[below(g, n)]];
        return how < 72 ? s->name : P("%s - 1 - %s", ext, s->name);
    }
    if (how < 85 || g->budget <= 0) return P("%d", below(g, *ext == 'T' ? 1 : (int)big));
    g->budget -= 2;
    Ex e = i_expr(g, 1);
    return chance(g, 60) ? P("(%s) %% %s", e.s, *ext == 'T' ? "T" : ext) : P("min(max(%s, 0), %s - 1)", e.s, ext);
}

static const char *read_text(Gen *g, const Val *v, const char *pad)
{
    const char *t = P("%%%d", v->id);
    if (!v->rank && !pad) return t;
    t = P("%s[", t);
    for (int k = 0; k < v->rank; k++) {
        const char *s = subscript(g, v->ext[k], v->big[k]);
        if (pad && chance(g, 50)) s = P("%s %c %d", s, chance(g, 50) ? '+' : '-', 1 + below(g, 3));
        t = P("%s%s%s", t, k ? ", " : "", s);
    }
    return pad ? P("%s or %s]", t, pad) : P("%s]", t);
}

/* A random value of the class that is exact if asked; NULL: there is none. */
static const Val *pick(Gen *g, int cls, int exact)
{
    const Val *fit[MAX_NODES];
    int n = 0;
    for (int k = 0; k < g->nv; k++)
        if (g->v[k].cls == cls && (!exact || cls != F || g->v[k].k.exact)) fit[n++] = &g->v[k];
    return n ? fit[chance(g, 60) ? n - 1 - below(g, n < 3 ? n : 3) : below(g, n)] : NULL;
}

static Ex f_leaf(Gen *g)
{
    const Val *v = chance(g, 80) ? pick(g, F, 1) : NULL;
    if (v) {
        const char *pad = v->rank && chance(g, 15) ? "0.5" : NULL;
        Known k = v->k;
        if (pad) k.mag = max2(k.mag, 0), k.frac = max2(k.frac, 1);
        return (Ex){read_text(g, v, pad), k};
    }
    if (g->ns && chance(g, 30)) {
        const Slot *s = &g->slot[below(g, g->ns)];
        return (Ex){P("to_f(%s)", s->name), {1, bits_of(s->big) , 0, 0, 0}};
    }
    if (chance(g, 20)) return (Ex){P("to_f((%s) %% 32)", i_expr(g, 1).s), {1, 5, 0, 0, 0}};
    if (chance(g, 10)) return (Ex){P("floor(uniform(%d, %s) * 64.0)", below(g, 9), i_expr(g, 0).s), {1, 6, 0, 0, 0}};
    return (Ex){P("%.2f", 0.25 * (below(g, 33) - 16)), {1, 2, 2, 0, 0}};
}

static Ex i_leaf(Gen *g)
{
    int how = below(g, 100);
    if (how < 35 && g->ns) {
        const Slot *s = &g->slot[below(g, g->ns)];
        return (Ex){s->name, {1, 0, 0, 0, bits_of(s->big)}};
    }
    if (how < 75) {
        const Val *v = pick(g, I, 1);
        if (v) return (Ex){read_text(g, v, v->rank && chance(g, 15) ? "-7" : NULL), {1, 0, 0, 1, 31}};
    }
    if (how < 80 && g->dim) return (Ex){"T", {1, 0, 0, 0, bits_of(g->dim)}};
    if (how < 85 && g->loop) return (Ex){g->loop, {1, 0, 0, 0, 4}};
    return (Ex){P("%d", below(g, 19) - 9), {1, 0, 0, 0, 4}};
}

/* ---- expressions ---- */

static Ex i_binary(Gen *g, int depth)
{
    static const char *const infix[] = {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"};
    Ex x = i_expr(g, depth - 1), y = i_expr(g, depth - 1);
    Known k = {1, 0, 0, x.k.data | y.k.data, max2(x.k.lg, y.k.lg) + 1};
    int op = below(g, 13);
    if (k.data) k.lg = 31;
    if (op == 2) k.lg = x.k.lg + y.k.lg;
    if (op >= 8 && op <= 10) k.lg = 40;
    if (!k.data && (op > 2 || k.lg > 20)) {                   /* index arithmetic: within 32 bits; shifts of data only */
        if (op == 3 || op == 4) return (Ex){P("(%s %s %d)", x.s, infix[op], 1 + below(g, 9)), {1, 0, 0, 0, x.k.lg + 4}};
        return (Ex){P("%s(%s, %s)", chance(g, 50) ? "min" : "max", x.s, y.s), {1, 0, 0, 0, max2(x.k.lg, y.k.lg)}};
    }
    k.lg = k.data ? 31 : k.lg;
    if (op < 10) return (Ex){P("(%s %s %s)", x.s, infix[op], y.s), k};
    return (Ex){P("%s(%s, %s)", op == 10 ? "pow" : op == 11 ? "min" : "max", x.s, y.s), k};
}

static Ex i_expr(Gen *g, int depth)
{
    if (depth <= 0 || g->budget-- <= 0) return i_leaf(g);
    int how = below(g, 100);
    if (how < 60) return i_binary(g, depth);
    if (how < 75) {
        static const char *const fn[] = {"abs", "sign", "-"};
        Ex x = i_expr(g, depth - 1);
        return (Ex){P("%s(%s)", fn[below(g, 3)], x.s), x.k};
    }
    if (how < 85) {
        Ex x = i_expr(g, depth - 1), y = i_expr(g, depth - 1);
        return (Ex){P("(%s ? %s : %s)", b_expr(g, depth - 1), x.s, y.s), {1, 0, 0, x.k.data | y.k.data, max2(x.k.lg, y.k.lg)}};
    }
    if (how < 92) return (Ex){P("to_i(%s)", f_expr(g, depth - 1).s), {1, 0, 0, 1, 31}};
    if (how < 96) return (Ex){P("randint(%d, %s, %d)", below(g, 99), i_expr(g, depth - 1).s, 1 + below(g, 50)), {1, 0, 0, 0, 6}};
    return (Ex){P("rand_u32(%s, %s)", i_expr(g, 0).s, i_expr(g, 0).s), {1, 0, 0, 1, 31}};
}

static const char *b_expr(Gen *g, int depth)
{
    static const char *const cmp[] = {"<", "<=", ">", ">=", "==", "!="};
    int how = depth <= 0 ? below(g, 60) : below(g, 100);
    g->budget--;
    if (how < 30) return P("(%s %s %s)", i_expr(g, depth - 1).s, cmp[below(g, 6)], i_expr(g, depth - 1).s);
    if (how < 55) return P("(%s %s %s)", f_expr(g, depth - 1).s, cmp[below(g, 6)], f_expr(g, depth - 1).s);
    if (how < 60) {
        const Val *v = pick(g, B, 1);
        return v ? read_text(g, v, NULL) : P("to_b(%s)", i_expr(g, 0).s);
    }
    if (how < 75) return P("(%s && %s)", b_expr(g, depth - 1), b_expr(g, depth - 1));
    if (how < 85) return P("(%s || %s)", b_expr(g, depth - 1), b_expr(g, depth - 1));
    if (how < 92) return P("!(%s)", b_expr(g, depth - 1));
    return P("(%s == %s)", b_expr(g, depth - 1), b_expr(g, depth - 1));
}

static int fits(Known k) { return k.mag + k.frac <= 22; }

static Ex f_two(Gen *g, Ex x, Ex y)
{
    Known sum = {1, max2(x.k.mag, y.k.mag) + 1, max2(x.k.frac, y.k.frac), 0, 0};
    Known product = {1, x.k.mag + y.k.mag, x.k.frac + y.k.frac, 0, 0};
    int how = below(g, 100);
    if (how < 35 && fits(product)) return (Ex){P("(%s * %s)", x.s, y.s), product};
    if (how < 75 && fits(sum)) return (Ex){P("(%s %c %s)", x.s, chance(g, 60) ? '+' : '-', y.s), sum};
    sum.mag--;
    if (how < 88) return (Ex){P("%s(%s, %s)", chance(g, 50) ? "min" : "max", x.s, y.s), sum};
    return (Ex){P("(%s ? %s : %s)", b_expr(g, 1), x.s, y.s), sum};
}

static Ex f_one(Gen *g, Ex x)
{
    static const char *const whole[] = {"floor", "ceil", "round", "trunc"};
    switch (below(g, 8)) {
    case 0: return (Ex){P("-(%s)", x.s), x.k};
    case 1: return (Ex){P("abs(%s)", x.s), x.k};
    case 2: return (Ex){P("sign(%s)", x.s), {1, 0, 0, 0, 0}};
    case 3: case 4: return (Ex){P("%s(%s)", whole[below(g, 4)], x.s), {1, max2(x.k.mag, 0) + 1, 0, 0, 0}};
    case 5: return x.k.frac < 12 ? (Ex){P("(%s) / 4.0", x.s), {1, x.k.mag - 2, x.k.frac + 2, 0, 0}} : x;
    case 6: return (Ex){P("(%s) %% 2.0", x.s), {1, 1, max2(x.k.frac, 0), 0, 0}};
    default: return (Ex){P("%s(%s)", chance(g, 50) ? "round_f16" : "round_bf16", x.s), {1, x.k.mag + 1, x.k.frac, 0, 0}};
    }
}

static Ex f_expr(Gen *g, int depth)
{
    if (depth <= 0 || g->budget-- <= 0) {
        Ex e = f_leaf(g);
        if (fits(e.k)) return e;
        return (Ex){P("min(max(floor(%s), -4.0), 4.0)", e.s), {1, 2, 0, 0, 0}};
    }
    Ex x = f_expr(g, depth - 1);
    if (chance(g, 30)) {
        Ex y = f_one(g, x);
        return fits(y.k) ? y : x;
    }
    return f_two(g, x, f_expr(g, depth - 1));
}

/* A float expression that may be inexact: a smooth function of an exact one, or a combination with an inexact value. */
static Ex f_smooth(Gen *g, int depth)
{
    static const char *const fn[] = {"exp2", "exp", "tanh", "sigmoid", "erf", "sin", "cos", "expm1"};
    const Val *v = pick(g, F, 0);
    Ex x = f_expr(g, depth);
    g->rel = 0;
    if (v && !v->k.exact && chance(g, 70)) {
        g->rel = v->rel;
        const char *t = read_text(g, v, v->rank && chance(g, 20) ? "0.25" : NULL);
        if (chance(g, 50)) return (Ex){P("%s * %s", t, x.s), {0, max2(v->k.mag, 0) + x.k.mag, 0, 0, 0}};
        return (Ex){P("%s + %s", t, x.s), {0, max2(v->k.mag, x.k.mag) + 1, 0, 0, 0}};
    }
    if (chance(g, 30)) return (Ex){P("log(abs(%s) + 1.5)", x.s), {0, max2(x.k.mag, 1), 0, 0, 0}};
    if (chance(g, 30)) return (Ex){P("rsqrt(abs(%s) + 0.5)", x.s), {0, 1, 0, 0, 0}};
    return (Ex){P("%s(min(max(%s, -4.0), 4.0))", fn[below(g, 8)], x.s), {0, 6, 0, 0, 0}};
}

/* ---- nodes ---- */

static void line(Gen *g, const char *text) { out_f(&g->o, "%*s%s\n", g->indent, "", text); }

static void extents(Gen *g, Val *v, int rank)
{
    static const int sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 32, 33, 64, 65, 100};
    int64_t count = 1;
    v->rank = rank;
    for (int k = 0; k < rank; k++) {
        int64_t n = sizes[below(g, rank == 1 ? 16 : rank == 2 ? 14 : 8)];
        const char *ext = P("%lld", (long long)n);
        const Val *like = chance(g, 75) && g->nv ? &g->v[below(g, g->nv)] : NULL;
        if (like && like->rank) {
            int d = below(g, like->rank);
            n = like->big[d]; ext = like->ext[d];
        } else if (g->dim && chance(g, 40)) n = g->dim, ext = "T";
        if (count * n > 3000) n = 2, ext = "2";
        v->ext[k] = ext; v->big[k] = n;
        count *= n;
    }
}

static const char *shape(Gen *g, const Val *v)
{
    if (!v->rank) return "";
    const char *t = "[";
    for (int k = 0; k < v->rank; k++) t = P("%s%s%s", t, k ? "," : "", v->ext[k]);
    return P("%s]", t);
}

static void open_slots(Gen *g, const Val *v)
{
    g->ns = 0;
    for (int k = 0; k < v->rank; k++) g->slot[g->ns++] = (Slot){P("o%d", k), v->ext[k], v->big[k]};
    g->budget = 14;
}

static Val *add_value(Gen *g, Val v)
{
    v.id = g->next++;
    g->ns = 0;
    if (g->nv == MAX_NODES) return &g->v[MAX_NODES - 1];
    g->v[g->nv] = v;
    return &g->v[g->nv++];
}

/* What a stored value is, given what was computed. */
static void stored(Gen *g, Val *v, int cls, Known k)
{
    static const char *const ints[] = {"i32", "i32", "i32", "i32", "i16", "u8", "i8", "u16"};
    v->cls = cls; v->k = k; v->rel = k.exact ? 0 : 4e-6 + 2 * g->rel;
    v->dtype = cls == F ? "f32" : cls == B ? "bool" : ints[below(g, 8)];
    if (cls == F && k.mag < 14 && chance(g, 12)) {
        v->dtype = chance(g, 50) ? "f16" : "bf16";
        v->k.mag++;
        if (!k.exact) v->rel += 0.01;
    }
}

static const char *where(Gen *g) { return chance(g, 30) ? P("where %s%s", b_expr(g, 1), chance(g, 40) ? P(" && %s", b_expr(g, 1)) : "") : ""; }

static Ex any_class(Gen *g, int cls, int depth)
{
    if (cls == I) return i_expr(g, depth);
    if (cls == B) return (Ex){b_expr(g, depth), {1, 0, 0, 0, 0}};
    g->rel = 0;
    return !g->exact_only && chance(g, 15) ? f_smooth(g, depth) : f_expr(g, depth);
}

static int random_class(Gen *g) { return chance(g, 60) ? F : chance(g, 80) ? I : B; }

static void map_node(Gen *g)
{
    Val v = {0};
    extents(g, &v, below(g, 4));
    open_slots(g, &v);
    int cls = random_class(g);
    const char *cond = cls != B && chance(g, 10) ? P("[where %s] ", b_expr(g, 1)) : "";
    Ex e = any_class(g, cls, 4);
    stored(g, &v, cls, e.k);
    if (*cond) v.k.mag = max2(v.k.mag, 0);
    line(g, P("%%%d %s%s = compute %s%s", g->next, v.dtype, shape(g, &v), cond, e.s));
    add_value(g, v);
}

/* "[r0 in 0..n, r1 in 0..o0 + 1 where ..]" over values that exist; *count gets the elements at most. */
static const char *domain(Gen *g, int nred, int64_t *count)
{
    const char *t = "[";
    int rank = g->ns;
    *count = 1;
    for (int k = 0; k < nred; k++) {
        Val like = {0};
        extents(g, &like, 1);
        if (*count * like.big[0] > 200) like.big[0] = 3, like.ext[0] = "3";
        const char *lo = "0", *hi = like.ext[0];
        int how = below(g, 100);
        if (how < 8 && rank) {
            const Slot *s = &g->slot[below(g, rank)];
            hi = P("%s + 1", s->name); like.ext[0] = s->ext; like.big[0] = s->big;
        } else if (how < 14 && rank) {
            const Slot *s = &g->slot[below(g, rank)];
            lo = s->name; hi = like.ext[0] = s->ext; like.big[0] = s->big;
        } else if (how < 18 && like.big[0] > 2 && *hi != 'T') lo = "1";
        t = P("%s%sr%d in %s..%s", t, k ? ", " : "", k, lo, hi);
        g->slot[g->ns++] = (Slot){P("r%d", k), like.ext[0], like.big[0]};
        *count *= like.big[0];
    }
    const char *w = where(g);
    return P("%s%s%s]", t, *w ? " " : "", w);
}

static void reduce_node(Gen *g)
{
    static const char *const ops[] = {"sum", "sum", "sum", "max", "min", "prod", "any", "all", "argmax", "argmin", "first", "last"};
    const char *op = ops[below(g, 12)];
    int arg = !strncmp(op, "arg", 3), pure = *op == 'a' && !arg, cls = pure ? B : chance(g, 65) ? F : I;
    Val v = {0};
    int64_t count;
    extents(g, &v, below(g, 3));
    open_slots(g, &v);
    const char *dom = domain(g, arg ? 1 : 1 + below(g, 2), &count);
    Ex e = arg || *op != 's' ? (cls == F ? f_expr(g, 3) : cls == I ? i_expr(g, 3) : (Ex){b_expr(g, 2), {1, 0, 0, 0, 0}}) : any_class(g, cls, 3);
    if (cls == F && *op == 'p') { e.s = P("min(max(%s, -1.5), 1.5)", e.s); e.k = (Known){0, 20, 0, 0, 0}; g->rel = 1e-4; if (count > 30) { e.s = P("sign(%s)", e.s); e.k = (Known){1, 0, 0, 0, 0}; } }
    if (cls == F && (*op == 'm')) e.s = P("min(max(%s, -8.0), 8.0)", e.s), dom = P("[%s%s", strchr(dom, '[') + 1, "");
    if (cls == F && *op == 's') { e.k.mag += bits_of(count); if (!fits(e.k)) e.k.exact = 0; }
    if (cls == F) e.k.mag = max2(e.k.mag, 0);
    int none = !strcmp(op, "max") || !strcmp(op, "min");
    const char *post = "", *empty = none && cls == F ? " empty 0.25" : chance(g, 10) && !pure ? cls == F && !arg ? " empty 0.25" : " empty 3" : "";
    if (*empty) e.k.frac = max2(e.k.frac, 2), e.k.mag = max2(e.k.mag, 3);
    if (arg) cls = I, e.k = (Known){1, 0, 0, 1, 31};
    g->ns = v.rank;
    if (chance(g, 20) && cls == F && fits((Known){1, e.k.mag + 2, e.k.frac + 1, 0, 0})) post = " post acc * 0.5 + 2.0", e.k.mag = max2(e.k.mag, 1) + 2, e.k.frac = max2(e.k.frac + 1, 0);
    stored(g, &v, cls, e.k);
    line(g, P("%%%d %s%s = compute %s%s %s%s%s", g->next, v.dtype, shape(g, &v), op, dom, e.s, empty, post));
    add_value(g, v);
}

/* Sum over k of a[.., k] * b[k, ..]: new operands of fitting shapes. */
static void matmul_node(Gen *g)
{
    static const int sizes[] = {1, 3, 4, 7, 8, 16, 17, 33, 64};
    int n = sizes[below(g, 9)], k = sizes[below(g, 9)], m = sizes[below(g, 9)], flip = chance(g, 50);
    int rows_dim = g->dim && chance(g, 50);
    const char *rows = rows_dim ? "T" : P("%d", m), *cols = P("%d", n), *deep = P("%d", k);
    Val a = {.rank = 2, .ext = {rows, deep}, .big = {rows_dim ? g->dim : m, k}}, b = {.rank = 2, .ext = {flip ? cols : deep, flip ? deep : cols}, .big = {flip ? n : k, flip ? k : n}};
    Val c = {.rank = 2, .ext = {rows, cols}, .big = {rows_dim ? g->dim : m, n}};
    int ia = 0, ib = 0;
    for (int w = 0; w < 2; w++) {
        Val *v = w ? &b : &a;
        open_slots(g, v);
        const char *e = P("min(max(floor(%s * 2.0) * 0.5, -4.0), 4.0)", f_expr(g, 2).s);
        g->rel = 0;
        stored(g, v, F, (Known){1, 2, 1, 0, 0});
        line(g, P("%%%d %s%s = compute %s", g->next, v->dtype, shape(g, v), e));
        *(w ? &ib : &ia) = g->next;
        add_value(g, *v);
    }
    open_slots(g, &c);
    Known known = {1, 4 + bits_of(k) + 4, 2, 0, 0};
    const char *post = chance(g, 30) ? P(" post max(acc, 0.0) + %s", "0.5") : "";
    stored(g, &c, F, known);
    line(g, P("%%%d %s%s = compute sum[r0 in 0..%s] %%%d[o0, r0] * %%%d[%s]%s", g->next, c.dtype, shape(g, &c), deep, ia, ib, flip ? "o1, r0" : "r0, o1", post));
    add_value(g, c);
}

static void row_node(Gen *g)
{
    static const char *const kinds[] = {"softmax", "cumsum", "cummax"};
    int kind = below(g, 3), cls = kind == 0 || chance(g, 60) ? F : I;
    Val v = {0};
    extents(g, &v, 1 + below(g, 3));
    open_slots(g, &v);
    int axis = below(g, v.rank);
    const char *axes = kind == 0 && v.rank > 1 && chance(g, 20) ? "0,1" : P("%d", axis), *w = where(g);
    Ex e = cls == F ? f_expr(g, 3) : i_expr(g, 3);
    if (cls == F && kind == 2) w = "";                        /* -inf is no dyadic number */
    g->rel = 0;
    if (kind == 0) e.k = (Known){0, 0, 0, 0, 0}, e.s = P("min(max(%s, -20.0), 20.0)", e.s), g->rel = 1e-5;
    if (kind == 1 && cls == F) { e.k.mag += bits_of(v.big[axis]); if (!fits(e.k)) e.k.exact = 0; }
    stored(g, &v, cls, e.k);
    line(g, P("%%%d %s%s = %s axes(%s) %s%s%s%s", g->next, v.dtype, shape(g, &v), kinds[kind], axes, *w ? "[" : "", w, *w ? "] " : "", e.s));
    add_value(g, v);
}

static void scatter_node(Gen *g)
{
    static const char *const modes[] = {"set", "add", "max", "min"};
    const Val *base = pick(g, chance(g, 60) ? F : I, 1);
    if (!base || !base->rank) return;
    Val v = *base;
    int mode = below(g, 4);
    int64_t count;
    g->ns = 0; g->budget = 14;
    const char *dom = domain(g, 1 + below(g, 2), &count), *at = "";
    for (int k = 0; k < v.rank; k++) at = P("%s%s%s", at, k ? ", " : "", subscript(g, v.ext[k], v.big[k]));
    Ex e = v.cls == F ? f_expr(g, 2) : i_expr(g, 2);
    if (v.cls == F) {
        v.k.mag = max2(v.k.mag, e.k.mag) + (mode == 1 ? bits_of(count) + 1 : 0) + 1;
        v.k.frac = max2(v.k.frac, e.k.frac);
        /* sums that are rounded at each step come out otherwise in another order, but not here: same order, exact steps */
        if (!fits(v.k)) return;
        if (mode == 1 && strcmp(v.dtype, "f32")) return;
    }
    line(g, P("%%%d %s%s = scatter %s %%%d %s at (%s) value %s", g->next, v.dtype, shape(g, &v), modes[mode], base->id, dom, at, e.s));
    add_value(g, v);
}

static void argsort_node(Gen *g)
{
    const Val *x = pick(g, chance(g, 60) ? F : I, 1);
    if (!x || !x->rank || !strcmp(x->dtype, "f16") || !strcmp(x->dtype, "bf16")) return;
    Val v = *x;
    int last = v.rank - 1;
    if (*v.ext[last] != 'T' && chance(g, 50)) v.big[last] = 1 + below(g, (int)v.big[last]), v.ext[last] = P("%lld", (long long)v.big[last]);
    v.cls = I; v.dtype = "i32"; v.k = (Known){1, 0, 0, 1, 31};
    line(g, P("%%%d i32%s = argsort %s%%%d", g->next, shape(g, &v), chance(g, 50) ? "desc " : "", x->id));
    add_value(g, v);
}

/* One of what vectors have forms for, of %x[row, col], a bias %b[col] and a small integer %i[col]; half: of the columns, or 1.
 * Within 2^6, multiples of 1/8. */
static const char *lane_expr(Gen *g, int x, int b, int i, const char *row, const char *col, int n)
{
    const int half = n > 1 ? n / 2 : 1, c = below(g, n + 1);
    const char *X = P("%%%d[%s, %s]", x, row, col), *B = P("%%%d[%s]", b, col);
    switch (below(g, 11)) {
    case 0: return P("%s * %s + %s", X, B, X);
    case 1: return P("(%s < %s ? %s - 1.0 : max(%s, %s) * 0.5)", X, B, X, X, B);
    case 2: return P("(%s < %d ? -%s : %%%d[%s, %s + %d or 0.5])", col, c, X, x, row, col, below(g, 5));
    case 3: return P("(%s < %d ? -(%%%d[%s, %s + %d or 0.0]) : %%%d[%s, %s - %d or 0.0]) * %%%d[%s %% %d]", col, half, x, row, col, half, x, row, col, half, b, col, half);
    case 4: return P("to_f(%s * %d - 7) * 0.25 + %s", col, 1 + below(g, 3), X);
    case 5: return P("(%s >= 0.0 && !(%s == %s) || %s %% 3 == 1 ? floor(%s) : sign(%s) + ceil(%s))", X, B, X, col, X, B, X);
    case 6: return P("to_f(%%%d[%s]) * 0.5 - %s", i, col, X);
    case 7: return P("%s %% 2.0 + abs(%s)", X, B);
    case 8: return P("(%s < %d && %s != 1.0 ? round(%s) : min(%s, %%%d[%s, 0]))", col, c, B, X, B, x, row);
    case 9: return P("(%s == %d ? %s : trunc(-%s))", col, c, B, X);
    default: return P("%s + (%s / %d == 1 ? %s : 0.25)", X, col, half, B);
    }
}

/* Rows of 1 to 40 columns, and what is computed of them along memory: maps, sums and extrema of rows and of columns, softmax. */
static void lanes_node(Gen *g)
{
    static const int rows[] = {1, 2, 3, 4, 5, 9};
    int n = 1 + below(g, 40), m = rows[below(g, 6)], id[3];
    const char *wide = P("%d", n), *high = g->dim && chance(g, 30) ? "T" : P("%d", m);
    Val make[3] = {{.rank = 2, .ext = {high, wide}, .big = {*high == 'T' ? g->dim : m, n}}, {.rank = 1, .ext = {wide}, .big = {n}}, {.rank = 1, .ext = {wide}, .big = {n}}};
    if (g->nv + 8 > MAX_NODES) return;
    for (int k = 0; k < 3; k++) {
        open_slots(g, &make[k]);
        g->rel = 0;
        if (k < 2) stored(g, &make[k], F, (Known){1, 2, 1, 0, 0});
        else { make[k].cls = I; make[k].dtype = "i32"; make[k].k = (Known){1, 0, 0, 0, 5}; }
        line(g, P("%%%d %s%s = compute %s", g->next, make[k].dtype, shape(g, &make[k]), k < 2 ? P("min(max(floor(%s * 2.0) * 0.5, -4.0), 4.0)", f_expr(g, 2).s) : "o0 * 5 % 13 - 6"));
        id[k] = add_value(g, make[k])->id;
    }
    for (int k = 1 + below(g, 4); k > 0; k--) {
        Val v = make[0];
        const char *what;
        Known known = {1, 6, 3, 0, 0};
        g->rel = 0;
        switch (below(g, 5)) {
        case 0: case 1: what = lane_expr(g, id[0], id[1], id[2], "o0", "o1", n); break;
        case 2:
            v.rank = 1;
            what = P("%s[r0 in 0..%d] %s%s", chance(g, 60) ? "sum" : chance(g, 50) ? "max" : "min", n, lane_expr(g, id[0], id[1], id[2], "o0", "r0", n), chance(g, 40) ? " post acc * 0.5 + 1.0" : "");
            known.mag = 13, known.frac = 4;
            break;
        case 3:
            v = make[1];
            what = P("%s[r0 in 0..%s] %s%s", chance(g, 50) ? "sum" : "max", high, lane_expr(g, id[0], id[1], id[2], "r0", "o0", n), chance(g, 40) ? P(" post acc - %%%d[o0]", id[1]) : "");
            known.mag = 6 + bits_of(make[0].big[0]) + 1;
            break;
        default:
            g->rel = 1e-5;
            v.dtype = "f32"; v.cls = F; v.k = (Known){0, 0, 0, 0, 0}; v.rel = 2.4e-5;
            line(g, P("%%%d f32%s = softmax axes(1) %s%s", g->next, shape(g, &v), chance(g, 40) ? P("[where o1 <= o0 + %d] ", below(g, n)) : "", lane_expr(g, id[0], id[1], id[2], "o0", "o1", n)));
            add_value(g, v);
            continue;
        }
        stored(g, &v, F, known);
        line(g, P("%%%d %s%s = compute %s", g->next, v.dtype, shape(g, &v), what));
        add_value(g, v);
    }
}

static void some_node(Gen *g, int depth);

/* A value of the shape and class of `like`, within 16 and to a quarter, for a region to yield. */
static int yielded(Gen *g, const Val *like)
{
    Val v = *like;
    open_slots(g, &v);
    const char *e = v.cls == F ? P("min(max(floor(%s * 4.0) * 0.25, -16.0), 16.0)", f_expr(g, 3).s) : v.cls == I ? i_expr(g, 3).s : b_expr(g, 2);
    line(g, P("%%%d %s%s = compute %s", g->next, v.dtype, shape(g, &v), e));
    return add_value(g, v)->id;
}

static const char *yield_text(Gen *g, const Val *like, int n, const char *first)
{
    const char *t = P("yield %s", first);
    for (int k = 0; k < n; k++) t = P("%s%s%%%d", t, k || *first ? ", " : "", yielded(g, &like[k]));
    return t;
}

static const char *results(Gen *g, const Val *like, int n, int of)
{
    for (int k = 0; k < n; k++) {
        Val v = like[k];
        line(g, P("%%%d %s%s = result %d of %%%d", g->next, v.dtype, shape(g, &v), k, of));
        add_value(g, v);
    }
    return "";
}

static void shapes_of_results(Gen *g, Val *like, int n)
{
    for (int k = 0; k < n; k++) {
        memset(&like[k], 0, sizeof like[k]);
        extents(g, &like[k], below(g, 3));
        int cls = chance(g, 60) ? F : I;
        like[k].cls = cls;
        like[k].dtype = cls == F ? "f32" : "i32";
        like[k].k = cls == F ? (Known){1, 4, 2, 0, 0} : (Known){1, 0, 0, 1, 31};
    }
}

static void if_node(Gen *g, int depth)
{
    Val like[2];
    int n = 1 + below(g, 2), was_exact = g->exact_only;
    shapes_of_results(g, like, n);
    g->ns = 0; g->budget = 6;
    g->exact_only = 1;
    const char *cond = NULL;
    Val flag = {.cls = B, .dtype = "bool", .k = {.exact = 1}};
    line(g, P("%%%d bool = compute %s", g->next, b_expr(g, 1)));
    cond = P("%%%d", add_value(g, flag)->id);
    int id = g->next++, mark = g->nv;
    line(g, P("%%%d f32 = if %s {", id, cond));
    for (int arm = 0; arm < 2; arm++) {
        g->indent += 2;
        for (int k = below(g, 3); k > 0; k--) some_node(g, depth + 1);
        line(g, yield_text(g, like, n, ""));
        g->indent -= 2;
        line(g, arm ? "}" : "} else {");
        g->nv = mark;
    }
    g->exact_only = was_exact;
    results(g, like, n, id);
}

static void loop_node(Gen *g, int depth)
{
    Val like[2];
    int n = 1 + below(g, 2), was_exact = g->exact_only, ends = chance(g, 30);
    const char *outer = g->loop;
    shapes_of_results(g, like, n);
    g->exact_only = 1;
    int start[2];
    for (int k = 0; k < n; k++) start[k] = yielded(g, &like[k]);
    int id = g->next++, mark = g->nv;
    const char *carry = "", *var = P("i%d", g->next);
    for (int k = 0; k < n; k++) {
        Val v = like[k];
        carry = P("%s%s%%%d c%d: %s%s = %%%d", carry, k ? ", " : "", g->next, k, v.dtype, shape(g, &v), start[k]);
        add_value(g, v);
    }
    const char *trip = g->dim && chance(g, 30) ? "T" : P("%d", below(g, 5));
    line(g, P("%%%d f32 = loop %s trip %s carry(%s)%s {", id, var, trip, carry, ends ? " exit" : ""));
    g->indent += 2;
    g->loop = var;
    for (int k = below(g, 3); k > 0; k--) some_node(g, depth + 1);
    const char *go = "";
    if (ends) {
        g->ns = 0; g->budget = 5;
        Val flag = {.cls = B, .dtype = "bool", .k = {.exact = 1}};
        line(g, P("%%%d bool = compute %s", g->next, b_expr(g, 1)));
        go = P("%%%d", add_value(g, flag)->id);
    }
    line(g, yield_text(g, like, n, go));
    g->indent -= 2;
    line(g, "}");
    g->nv = mark;
    g->loop = outer;
    g->exact_only = was_exact;
    results(g, like, n, id);
}

static void some_node(Gen *g, int depth)
{
    int how = below(g, 100);
    if (how < 12) lanes_node(g);
    else if (how < 35) map_node(g);
    else if (how < 58) reduce_node(g);
    else if (how < 66) matmul_node(g);
    else if (how < 76) row_node(g);
    else if (how < 84) scatter_node(g);
    else if (how < 90) argsort_node(g);
    else if (depth > 1) map_node(g);
    else if (how < 95) if_node(g, depth);
    else loop_node(g, depth);
}

static void gen_init(Gen *g, Arena *a, uint64_t seed)
{
    memset(g, 0, sizeof *g);
    g->a = a; g->rng = seed * 0x2545F4914F6CDD1Du + 99;
    g->next = 10;
    out_init(&g->o, a);
    out_f(&g->o, "module \"random\"\n");
}

static const char *inputs(Gen *g)
{
    static const InputKind kinds[] = {IN_dyadic, IN_dyadic, IN_int, IN_small, IN_bool};
    const char *t = "";
    int n = 2 + below(g, 4);
    for (int k = 0; k < n; k++) {
        InputKind kind = k == 0 ? IN_dyadic : k == 1 ? IN_int : kinds[below(g, 5)];
        Val v = {0};
        extents(g, &v, below(g, 4));
        v.cls = kind == IN_dyadic ? F : kind == IN_bool ? B : I;
        v.dtype = v.cls == F ? "f32" : v.cls == B ? "bool" : "i32";
        v.k = v.cls == F ? (Known){1, 3, 3, 0, 0} : (Known){1, 0, 0, 1, 31};
        g->r.in[g->r.nin++] = kind;
        t = P("%s%s%%%d x%d: %s%s", t, k ? ", " : "", g->next, k, v.dtype, shape(g, &v));
        add_value(g, v);
    }
    return t;
}

static void outputs(Gen *g)
{
    int first = g->r.nin;
    for (int k = first; k < g->nv && g->r.nout < MAX_OUT; k++) {
        const Val *v = &g->v[k];
        if (k + 1 < g->nv && chance(g, 45)) continue;
        Tolerance *t = &g->r.tol[g->r.nout++];
        *t = (Tolerance){0, 0};
        if (v->cls == F && !v->k.exact) t->rel = v->rel, t->abs = v->rel * (double)((uint64_t)1 << (v->k.mag < 0 ? 0 : v->k.mag > 40 ? 40 : v->k.mag));
        line(g, P("output y%d %%%d", v->id, v->id));
    }
}

RandomIr random_graph(Arena *a, uint64_t seed)
{
    static const int dims[] = {0, 1, 2, 5, 9, 16, 17, 33, 70};
    Gen *g = NEW(a, Gen);
    gen_init(g, a, seed);
    g->dim = g->r.dim_max = dims[below(g, 9)];
    if (g->dim) out_f(&g->o, "dim T 1..=%lld\n", (long long)g->dim), g->r.ndims = 1;
    const char *in = inputs(g);
    int uses_dim = strstr(in, "T") != NULL;
    (void)uses_dim;
    out_f(&g->o, "entry main(%s)%s {\n", in, g->dim ? " dims T" : "");
    g->indent = 2;
    for (int k = 2 + below(g, 8); k > 0 && g->nv < MAX_NODES - 20; k--) some_node(g, 0);
    outputs(g);
    out_f(&g->o, "}\n");
    g->r.text = arena_str(a, g->o.at, g->o.n);
    return g->r;
}

/* ---- scalars ---- */

enum { LANES = 512 };

static void scalar(Gen *g, const char *dtype, Tolerance t, const char *expr)
{
    if (g->r.nout == MAX_OUT) bug("more operators than outputs");
    out_f(&g->o, "  %%%d %s[%d] = compute %s\n", g->next, dtype, LANES, expr);
    g->next++;
    g->r.tol[g->r.nout++] = t;
}

RandomIr random_scalars(Arena *a, uint64_t seed)
{
    static const char *const ints[] = {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"}, *const ifn[] = {"pow", "min", "max", "rand_u32"};
    static const char *const floats[] = {"+", "-", "*", "/"}, *const ffn[] = {"pow", "min", "max"}, *const cmp[] = {"<", "<=", "==", "!="};
    static const char *const one[] = {"exp", "exp2", "expm1", "log", "log2", "log1p", "sin", "cos", "tanh", "sigmoid", "erf", "sqrt", "rsqrt", "floor", "ceil",
                                      "round", "trunc", "round_f16", "round_bf16", "abs", "sign", "-"};
    const Tolerance same = {0, 0}, near = {1.2e-38, 4e-7};
    Gen *g = NEW(a, Gen);
    gen_init(g, a, seed);
    g->r.nin = 4;
    g->r.in[0] = g->r.in[1] = IN_special;
    g->r.in[2] = g->r.in[3] = IN_special_int;
    g->next = 14;
    out_f(&g->o, "entry main(%%10 x: f32[%d], %%11 y: f32[%d], %%12 a: i32[%d], %%13 b: i32[%d]) {\n", LANES, LANES, LANES, LANES);
    for (int k = 0; k < 10; k++) scalar(g, "i32", same, P("%%12[o0] %s %%13[o0]", ints[k]));
    for (int k = 0; k < 4; k++) scalar(g, "i32", same, P("%s(%%12[o0], %%13[o0])", ifn[k]));
    for (int k = 0; k < 4; k++) scalar(g, "bool", same, P("%%12[o0] %s %%13[o0]", cmp[k]));
    for (int k = 0; k < 4; k++) scalar(g, "bool", same, P("%%10[o0] %s %%11[o0]", cmp[k]));
    for (int k = 0; k < 4; k++) scalar(g, "f32", near, P("%%10[o0] %s %%11[o0]", floats[k]));
    for (int k = 0; k < 3; k++) scalar(g, "f32", near, P("%s(%%10[o0], %%11[o0])", ffn[k]));
    for (int k = 0; k < 22; k++) scalar(g, "f32", near, P("%s(%%10[o0])", one[k]));
    scalar(g, "i32", same, "to_i(%10[o0])");
    scalar(g, "i32", same, "randint(%12[o0], %13[o0], %12[o0])");
    scalar(g, "i32", same, "abs(%12[o0]) + sign(%13[o0]) - -%12[o0]");
    scalar(g, "f32", near, "uniform(%12[o0], %13[o0])");
    scalar(g, "f32", (Tolerance){2e-6, 0}, "normal(%12[o0], %13[o0])");
    scalar(g, "f32", near, "to_f(%12[o0])");
    scalar(g, "f32", near, "to_b(%12[o0] & 1) ? %10[o0] : %11[o0]");
    scalar(g, "bool", same, "to_b(%10[o0]) && !to_b(%13[o0]) || %12[o0] == 7");
    scalar(g, "f16", (Tolerance){0, 0}, "%10[o0]");
    scalar(g, "bf16", (Tolerance){0, 0}, "%10[o0]");
    scalar(g, "i8", same, "%12[o0]");
    scalar(g, "u16", same, "%12[o0]");
    scalar(g, "f32", near, "%10[o0] < %11[o0] ? %10[o0] : %11[o0] * 2.0");
    scalar(g, "f32", near, "%10[o0] == %11[o0] || !(%10[o0] <= 1.0) ? -%10[o0] : sign(%11[o0])");
    scalar(g, "f32", near, "o0 * 2 < 117 ? %10[o0] : to_f(o0 - 300)");
    scalar(g, "f32", near, "max(%10[o0], 0.0) + min(1.0, %11[o0])");
    for (int k = 0; k < 3; k++)
        out_f(&g->o, "  %%%d f32[%d] = compute %s[r0 in 0..37] %%10[o0 * 37 + r0]\n", g->next++, LANES / 37, k == 0 ? "max" : k == 1 ? "min" : "sum"), g->r.tol[g->r.nout++] = k == 2 ? (Tolerance){1e34, 1e-4} : near;
    for (int k = 0; k < g->r.nout; k++) out_f(&g->o, "  output y%d %%%d\n", 14 + k, 14 + k);
    out_f(&g->o, "}\n");
    g->r.text = arena_str(a, g->o.at, g->o.n);
    return g->r;
}
