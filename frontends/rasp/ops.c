/* ops.c - operators on sequences, element by element. Takes elements as text (of .tfx) with their type and range, gives
 * the text of the result; lines are written for whole sequences. What may fail at run time becomes a subscript of `one`
 * that lies outside of it: the entry then gives a status. */
#include <math.h>
#include <string.h>
#include "frontends/rasp/value.h"

static const int64_t EXACT = INT64_C(1) << 53;          /* integers beyond are no exact doubles */
static const double SAFE = 9.2e18;                      /* inside of 64 bits, also when it was computed in doubles */

/* ---- elements ---- */

static int fits32(int64_t lo, int64_t hi) { return lo >= INT32_MIN && hi <= INT32_MAX; }

static const char *int_text(Rasp *r, int64_t v)
{
    if (fits32(v, v)) return fmt(r, v < 0 ? "(%lld)" : "%lld", (long long)v);
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    return fmt(r, "(%s((i64(%llu) * i64(1048576) + i64(%llu)) * i64(1048576) + i64(%llu)))", v < 0 ? "-" : "", (unsigned long long)(u >> 40), (unsigned long long)(u >> 20 & 0xFFFFF), (unsigned long long)(u & 0xFFFFF));
}

static El literal_el(Rasp *r, const Rv *v)
{
    El e = {.lo = v->i, .hi = v->i};
    switch (v->kind) {
    case RV_int: e.type = RT_int; e.txt = int_text(r, v->i); e.wide = !fits32(v->i, v->i); break;
    case RV_bool: e.type = RT_bool; e.txt = v->i ? "true" : "false"; break;
    case RV_float: e.type = RT_float; e.lo = v->f > -1e15 && v->f < 1e15 ? (int64_t)floor(v->f) : -FAR; e.hi = v->f > -1e15 && v->f < 1e15 ? (int64_t)ceil(v->f) : FAR; e.txt = fmt(r, v->f < 0 ? "(-f64(%s))" : "f64(%s)", fmt_f64(r->a, fabs(v->f))); break;
    default:
        e.type = RT_text;
        e.literal = NEWN(r->a, const char *, 1);
        e.literal[0] = v->s;
    }
    return e;
}

El el_of(Rasp *r, const Rv *v, const char *index)
{
    if (v->kind != RV_sop) return literal_el(r, v);
    const Sop *s = v->sop;
    El e = {.type = s->type, .lo = s->lo, .hi = s->hi, .wide = s->wide, .nparts = s->nparts, .literal = s->literal, .deps = s->deps};
    e.txt = fmt(r, "%s[%s]", s->name, index);
    if (s->type == RT_mixed) e.tag = fmt(r, "%s[%s]", s->tag, index);
    e.part = NEWN(r->a, const char *, s->nparts + 1);
    for (int k = 0; k < s->nparts; k++) e.part[k] = fmt(r, "%s[%s]", s->part[k], index);
    return e;
}

static void both_deps(Rasp *r, El *to, const El *a, const El *b)
{
    Deps d = {0};
    deps_add(r, &d, &a->deps);
    deps_add(r, &d, &b->deps);
    to->deps = d;
}

static const char *line_let(Rasp *r, const char *name, const char *txt, Deps *deps)
{
    Line *l = line_new(r, fmt(r, "let %s[t in 0 .. T] = %s;", name, txt), deps);
    Deps only = {0};
    vec_push(r->a, &only, l);
    *deps = only;
    return name;
}

Rv sop_of(Rasp *r, El e, const char *hint, Span at)
{
    Sop *s = NEW(r->a, Sop);
    Deps all = {0}, d;
    s->type = e.type; s->lo = e.lo; s->hi = e.hi; s->wide = e.wide; s->nparts = e.nparts; s->literal = e.literal;
    if (e.type == RT_text) {
        if (!e.nparts) {                                       /* the same text everywhere: a code like any other */
            e.part = NEWN(r->a, const char *, 1);
            e.part[0] = fmt(r, "%lld", (long long)text_code(r, e.literal[0]));
            s->nparts = 1;
            s->literal = NEWN(r->a, const char *, 2);
            s->literal[0] = s->literal[1] = "";
        }
        s->part = NEWN(r->a, const char *, s->nparts + 1);
        for (int k = 0; k < s->nparts; k++) {
            d = e.deps;
            s->part[k] = line_let(r, fresh(r, hint), e.part[k], &d);
            deps_add(r, &all, &d);
        }
        s->name = s->part[0];
    } else {
        d = e.deps;
        s->name = line_let(r, fresh(r, hint), e.txt, &d);
        deps_add(r, &all, &d);
        if (e.type == RT_mixed) {
            d = e.deps;
            s->tag = line_let(r, fmt(r, "%s_tag", s->name), e.tag, &d);
            deps_add(r, &all, &d);
        }
    }
    s->deps = all;
    return rv_sop(s, at);
}

/* ---- conversions ---- */

static const char *as_int(Rasp *r, const El *e) { return e->type == RT_bool ? fmt(r, "i32(%s)", e->txt) : e->txt; }
static const char *as_real(Rasp *r, const El *e)
{
    if (e->type == RT_int) return fmt(r, "f64(%s)", e->txt);
    return e->type == RT_bool ? fmt(r, "f64(i32(%s))", e->txt) : e->txt;
}

static const char *tag_of(Rasp *r, const El *e)
{
    if (e->type == RT_mixed) return e->tag;
    return fmt(r, "%d", e->type == RT_int ? TAG_int : e->type == RT_bool ? TAG_bool : TAG_float);
}

static int is_whole(const El *e) { return e->type == RT_int || e->type == RT_bool; }
static const char *guard(Rasp *r, const char *condition) { return fmt(r, "one[(%s) ? 0 : 1]", condition); }

/* A text as one code; 0: it has several parts. */
static int as_code(Rasp *r, El *e)
{
    if (e->nparts > 1 || (e->nparts == 1 && (*e->literal[0] || *e->literal[1]))) return 0;
    e->txt = e->nparts ? e->part[0] : fmt(r, "%lld", (long long)text_code(r, e->literal[0]));
    return 1;
}

static int as_code_or_say(Rasp *r, El *e, Span at)
{
    if (as_code(r, e)) return 1;
    return rasp_error(r, at, "rasp-parts", "a text that was joined from parts can be joined further, moved and printed; nothing else"), 0;
}

int el_truth(Rasp *r, El *e)
{
    switch (e->type) {
    case RT_bool: return 1;
    case RT_int: e->txt = fmt(r, "(%s) != %s", e->txt, e->wide ? "i64(0)" : "0"); break;
    case RT_float: case RT_mixed: e->txt = fmt(r, "(%s) != f64(0)", e->txt); break;
    case RT_text: {
        int sure = 0;
        for (int k = 0; k <= e->nparts; k++) sure |= *e->literal[k] != 0;
        if (!sure && e->nparts > 1) return 0;
        e->txt = sure ? "true" : !e->nparts ? "false" : fmt(r, "%s != %lld", e->part[0], (long long)text_code(r, ""));
        break;
    }
    }
    e->type = RT_bool;
    e->txt = fmt(r, "(%s)", e->txt);
    e->lo = 0, e->hi = 1, e->wide = e->nparts = 0, e->tag = NULL;
    return 1;
}

/* ---- comparison ---- */

/* literal == before + part + after, for a constant literal: what the part has to be, or NULL */
static const char *middle(Rasp *r, const El *e, const char *literal)
{
    size_t n = strlen(literal), a = strlen(e->literal[0]), b = strlen(e->literal[1]);
    if (n < a + b || memcmp(literal, e->literal[0], a) || strcmp(literal + n - b, e->literal[1])) return NULL;
    return arena_str(r->a, literal + a, n - a - b);
}

static int equal_texts(Rasp *r, El *a, El *b, El *to, Span at)
{
    if (a->nparts == 1 && !b->nparts) {
        const char *m = middle(r, a, b->literal[0]);
        to->txt = m ? fmt(r, "%s == %lld", a->part[0], (long long)text_code(r, m)) : "false";
        return 1;
    }
    if (b->nparts == 1 && !a->nparts) return equal_texts(r, b, a, to, at);
    if (!as_code_or_say(r, a, at) || !as_code_or_say(r, b, at)) return 0;
    to->txt = fmt(r, "%s == %s", a->txt, b->txt);
    return 1;
}

static const char *const swapped[] = {[OP_eq] = "==", [OP_ne] = "!=", [OP_lt] = "<", [OP_le] = "<=", [OP_gt] = ">", [OP_ge] = ">="};

int el_compare(Rasp *r, RaspOp op, El a, El b, El *to, Span at)
{
    *to = (El){.type = RT_bool, .lo = 0, .hi = 1};
    both_deps(r, to, &a, &b);
    if ((a.type == RT_text) != (b.type == RT_text)) {
        if (op != OP_eq && op != OP_ne) return rasp_error(r, at, "rasp-type", "a text and a number have no order"), 0;
        to->txt = op == OP_ne ? "true" : "false";
        return 1;
    }
    if (a.type == RT_text) {
        if (op == OP_eq || op == OP_ne) {
            if (!equal_texts(r, &a, &b, to, at)) return 0;
            to->txt = fmt(r, op == OP_eq ? "(%s)" : "!(%s)", to->txt);
            return 1;
        }
        if (!as_code_or_say(r, &a, at) || !as_code_or_say(r, &b, at)) return 0;
        /* codes of single characters are in order, those of other texts are not */
        to->txt = fmt(r, "(%s * %s %s %s)", a.txt, guard(r, fmt(r, "%s < %d && %s < %d", a.txt, RASP_TEXTS, b.txt, RASP_TEXTS)), swapped[op], b.txt);
        return 1;
    }
    if (is_whole(&a) && is_whole(&b)) to->txt = fmt(r, "(%s %s %s)", as_int(r, &a), swapped[op], as_int(r, &b));
    else to->txt = fmt(r, "(%s %s %s)", as_real(r, &a), swapped[op], as_real(r, &b));
    return 1;
}

/* ---- arithmetic ---- */

typedef __int128 Big;
static Big big_of(RaspOp op, int64_t a, int64_t b) { return op == OP_add ? (Big)a + b : op == OP_sub ? (Big)a - b : (Big)a * b; }

static void corners(RaspOp op, const El *a, const El *b, Big *lo, Big *hi)
{
    Big v[4] = {big_of(op, a->lo, b->lo), big_of(op, a->lo, b->hi), big_of(op, a->hi, b->lo), big_of(op, a->hi, b->hi)};
    *lo = *hi = v[0];
    for (int k = 1; k < 4; k++) {
        if (v[k] < *lo) *lo = v[k];
        if (v[k] > *hi) *hi = v[k];
    }
}

static void wide_texts(Rasp *r, const El *a, const El *b, const char **x, const char **y)
{
    *x = fmt(r, "i64(%s)", as_int(r, a));
    *y = fmt(r, "i64(%s)", as_int(r, b));
}

static void int_arith(Rasp *r, RaspOp op, const El *a, const El *b, El *to)
{
    Big lo, hi;
    const char *x = as_int(r, a), *y = as_int(r, b);
    corners(op, a, b, &lo, &hi);
    int inside = lo > INT64_MIN && hi < INT64_MAX, small = lo >= INT32_MIN && hi <= INT32_MAX;
    to->type = RT_int;
    to->lo = inside ? (int64_t)lo : -INT64_C(9200000000000000000);
    to->hi = inside ? (int64_t)hi : INT64_C(9200000000000000000);
    to->wide = !small;
    if (a->wide || b->wide || !small) wide_texts(r, a, b, &x, &y);
    to->txt = fmt(r, "(%s %s %s)", x, rasp_op_text[op], y);
    if (!inside) {
        const char *f = fmt(r, "f64(%s) %s f64(%s)", as_int(r, a), rasp_op_text[op], as_int(r, b));
        to->txt = fmt(r, "(%s * i64(%s))", to->txt, guard(r, fmt(r, "abs(%s) < f64(%s)", f, fmt_f64(r->a, SAFE))));
    }
    if (small && (a->wide || b->wide)) to->txt = fmt(r, "i32(%s)", to->txt);
}

static int holds_zero(const El *e) { return !is_whole(e) || (e->lo <= 0 && e->hi >= 0); }
static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

static void int_mod(Rasp *r, const El *a, const El *b, El *to)
{
    const char *x = as_int(r, a), *y = as_int(r, b);
    to->type = RT_int;
    to->lo = min64(b->lo < INT64_MAX ? b->lo + 1 : 0, 0);
    to->hi = max64(b->hi - 1, 0);
    if (a->lo >= 0 && b->lo > 0) to->hi = min64(to->hi, a->hi);
    if (b->lo > 0) to->lo = 0;
    to->wide = !fits32(to->lo, to->hi);
    if (a->wide || b->wide) wide_texts(r, a, b, &x, &y);
    to->txt = fmt(r, "(%s %% %s)", x, y);
    if ((a->wide || b->wide) && !to->wide) to->txt = fmt(r, "i32(%s)", to->txt);
    if (holds_zero(b)) to->txt = fmt(r, to->wide ? "(%s * i64(%s))" : "(%s * %s)", to->txt, guard(r, fmt(r, "%s != %s", y, b->wide || a->wide ? "i64(0)" : "0")));
}

/* a constant base of at least 2 in magnitude, a varying exponent */
static int base_power(Rasp *r, const El *a, const El *b, El *to, Span at)
{
    int64_t base = a->lo < 0 ? -a->lo : a->lo, most = 62;
    if (b->lo < 0) return rasp_error(r, at, "rasp-power", "the exponent may be negative, and then the result is a float: this is not supported"), 0;
    if (base >= 2) most = (int64_t)floor(62 / log2((double)base));
    int64_t up = min64(b->hi, most), top = 1;
    for (int64_t k = 0; k < up && base > 1; k++) top *= base;
    *to = (El){.type = RT_int, .wide = 1, .lo = a->lo < 0 ? -top : a->lo == 0 ? 0 : 1, .hi = top, .deps = to->deps};
    to->txt = fmt(r, "(i64(%s) ** i64(%s))", a->txt, as_int(r, b));
    if (base >= 2 && b->hi > most) to->txt = fmt(r, "(%s * i64(%s))", to->txt, guard(r, fmt(r, "%s <= %lld", as_int(r, b), (long long)most)));
    return 1;
}

static int power(Rasp *r, const El *a, const El *b, El *to, Span at)
{
    int constant = is_whole(b) && b->lo == b->hi && !b->deps.n;
    if (is_whole(a) && is_whole(b) && a->lo == a->hi && !a->deps.n) return base_power(r, a, b, to, at);
    if (constant && b->lo >= 0 && b->lo <= 64 && is_whole(a)) {
        El x = {.type = RT_int, .txt = "1", .lo = 1, .hi = 1};
        for (int64_t k = 0; k < b->lo; k++) {
            El y = {.deps = to->deps};
            int_arith(r, OP_mul, &x, a, &y);
            if (b->lo == 1) y = (El){.type = RT_int, .txt = as_int(r, a), .lo = a->lo, .hi = a->hi, .wide = a->wide, .deps = to->deps};
            else if (k == 0) y = (El){.type = RT_int, .txt = as_int(r, a), .lo = a->lo, .hi = a->hi, .wide = a->wide, .deps = to->deps};
            if (b->lo % 2 == 0 && y.lo < 0 && k == b->lo - 1) y.lo = 0;
            if (k) {                                           /* a line for each factor: the text of one would grow with every use */
                Deps d = x.deps;
                deps_add(r, &d, &to->deps);
                y.deps = d;
                Rv v = sop_of(r, y, "power", at);
                y = el_of(r, &v, "t");
            }
            x = y;
        }
        if (b->lo <= 1) x.deps = to->deps;
        *to = x;
        return 1;
    }
    if (constant && (b->lo == 1 || b->lo == 2)) {              /* correctly rounded, as pow is */
        *to = (El){.type = a->type, .tag = a->tag, .lo = -FAR, .hi = FAR, .txt = b->lo == 1 ? a->txt : fmt(r, "(%s * %s)", a->txt, a->txt), .deps = to->deps};
        return 1;
    }
    return rasp_error(r, at, "rasp-power", "powers of sequences are whole: a constant to a sequence of integers, or integers to a constant"), 0;
}

static int64_t bounded(Big v) { return v < -FAR ? -FAR : v > FAR ? FAR : (int64_t)v; }
static int64_t magnitude(const El *e) { return max64(e->lo < 0 ? -bounded(e->lo) : e->lo, e->hi < 0 ? -bounded(e->hi) : e->hi); }

/* Whole numbers that the result lies between: rounding does not cross them. */
static void real_range(RaspOp op, const El *a, const El *b, El *to)
{
    Big lo, hi;
    if (op == OP_add || op == OP_sub || op == OP_mul) {
        corners(op, a, b, &lo, &hi);
        to->lo = bounded(lo);
        to->hi = bounded(hi);
        return;
    }
    to->hi = op == OP_mod ? magnitude(b) : is_whole(b) ? magnitude(a) : FAR;     /* a divisor of at least 1 */
    to->lo = op == OP_div && a->lo >= 0 && b->lo >= 0 ? 0 : -to->hi;
}

/* Floats, and numbers of both kinds: the result is an integer where both operands are. */
static int real_arith(Rasp *r, RaspOp op, const El *a, const El *b, El *to, Span at)
{
    const char *x = as_real(r, a), *y = as_real(r, b);
    if ((is_whole(a) && (a->lo < -EXACT || a->hi > EXACT)) || (is_whole(b) && (b->lo < -EXACT || b->hi > EXACT)))
        return rasp_error(r, at, "rasp-overflow", "an integer beyond 2^53 meets a float"), 0;
    if ((op == OP_div || op == OP_mod) && holds_zero(b)) x = fmt(r, "%s * f64(%s)", x, guard(r, fmt(r, "%s != f64(0)", y)));
    to->txt = fmt(r, "(%s %s %s)", x, rasp_op_text[op], y);
    real_range(op, a, b, to);
    to->type = op == OP_div || a->type == RT_float || b->type == RT_float ? RT_float : RT_mixed;
    if (to->type != RT_mixed) return 1;
    to->tag = fmt(r, "(%s != 0 && %s != 0 ? %d : %d)", tag_of(r, a), tag_of(r, b), TAG_int, TAG_float);
    /* its integers are doubles too: refused where those are no longer exact */
    if (to->lo < -EXACT || to->hi > EXACT) to->txt = fmt(r, "(%s * f64(%s))", to->txt, guard(r, fmt(r, "abs(%s) < f64(9007199254740992.0)", to->txt)));
    return 1;
}

static int concat(Rasp *r, const El *a, const El *b, El *to)
{
    int n = a->nparts + b->nparts;
    to->type = RT_text;
    to->nparts = n;
    to->part = NEWN(r->a, const char *, n + 1);
    to->literal = NEWN(r->a, const char *, n + 1);
    for (int k = 0; k < a->nparts; k++) to->part[k] = a->part[k];
    for (int k = 0; k < b->nparts; k++) to->part[a->nparts + k] = b->part[k];
    for (int k = 0; k <= a->nparts; k++) to->literal[k] = a->literal[k];
    to->literal[a->nparts] = fmt(r, "%s%s", a->literal[a->nparts], b->literal[0]);
    for (int k = 1; k <= b->nparts; k++) to->literal[a->nparts + k] = b->literal[k];
    return 1;
}

static int texts(Rasp *r, RaspOp op, const El *a, const El *b, El *to, Span at)
{
    if (op == OP_add && a->type == RT_text && b->type == RT_text) return concat(r, a, b, to);
    const El *t = a->type == RT_text ? a : b, *n = t == a ? b : a;
    if (op != OP_mul || !is_whole(n)) return rasp_error(r, at, "rasp-type", "%s of a text and %s", rasp_op_text[op], n->type == RT_text ? "a text" : "a number"), 0;
    if (n->deps.n || n->hi > 1000) return rasp_error(r, at, "rasp-parts", "a text is repeated a constant number of times, at most 1000"), 0;
    El x = {.type = RT_text, .literal = NEWN(r->a, const char *, 1)};
    x.literal[0] = "";
    for (int64_t k = 0; k < n->lo; k++) {
        El y = {0};
        concat(r, &x, t, &y);
        x = y;
    }
    x.deps = to->deps;
    *to = x;
    return 1;
}

static int el_arith(Rasp *r, RaspOp op, const El *a, const El *b, El *to, Span at)
{
    *to = (El){0};
    both_deps(r, to, a, b);
    if (a->type == RT_text || b->type == RT_text) return texts(r, op, a, b, to, at);
    if (op == OP_pow) return power(r, a, b, to, at);
    if ((op == OP_div || op == OP_mod) && is_whole(b) && b->lo == 0 && b->hi == 0) return rasp_error(r, at, "rasp-zero", op == OP_div ? "division by zero" : "remainder of a division by zero"), 0;
    if (op == OP_div || !is_whole(a) || !is_whole(b)) return real_arith(r, op, a, b, to, at);
    if (op == OP_mod) int_mod(r, a, b, to);
    else int_arith(r, op, a, b, to);
    return 1;
}

Rv ops_binary(Rasp *r, RaspOp op, const Rv *a, const Rv *b, const char *hint, Span at)
{
    El x = el_of(r, a, "t"), y = el_of(r, b, "t"), z;
    if (op == OP_and || op == OP_or) {
        if (!el_truth(r, &x) || !el_truth(r, &y)) return rasp_error(r, at, "rasp-parts", "whether a joined text is empty cannot be told");
        z = (El){.type = RT_bool, .hi = 1, .txt = fmt(r, "(%s %s %s)", x.txt, op == OP_and ? "&&" : "||", y.txt)};
        both_deps(r, &z, &x, &y);
    } else if (op >= OP_eq && op <= OP_ge) {
        if (!el_compare(r, op, x, y, &z, at)) return rv_bad(at);
    } else if (!el_arith(r, op, &x, &y, &z, at)) return rv_bad(at);
    return sop_of(r, z, hint, at);
}

Rv ops_unary(Rasp *r, RaspOp op, const Rv *a, const char *hint, Span at)
{
    El x = el_of(r, a, "t"), z, zero = {.type = RT_int, .txt = "0"};
    if (op == OP_not) {
        if (!el_truth(r, &x)) return rasp_error(r, at, "rasp-parts", "whether a joined text is empty cannot be told");
        x.txt = fmt(r, "!%s", x.txt);
        return sop_of(r, x, hint, at);
    }
    if (x.type == RT_text) return rasp_error(r, at, "rasp-type", "%s of a text", rasp_op_text[op]);
    if (op == OP_pos && x.type != RT_bool) return *a;
    if (!el_arith(r, op == OP_pos ? OP_add : OP_sub, &zero, &x, &z, at)) return rv_bad(at);
    return sop_of(r, z, hint, at);
}

/* ---- choice ---- */

static int choose_texts(Rasp *r, const char *c, El *a, El *b, El *to, Span at)
{
    int same = a->nparts == b->nparts && a->nparts > 0;
    for (int k = 0; same && k <= a->nparts; k++) same = !strcmp(a->literal[k], b->literal[k]);
    to->type = RT_text;
    if (!same) {
        if (!as_code_or_say(r, a, at) || !as_code_or_say(r, b, at)) return 0;
        to->nparts = 1;
        to->part = NEWN(r->a, const char *, 1);
        to->literal = NEWN(r->a, const char *, 2);
        to->literal[0] = to->literal[1] = "";
        to->part[0] = fmt(r, "(%s ? %s : %s)", c, a->txt, b->txt);
        return 1;
    }
    to->nparts = a->nparts;
    to->literal = a->literal;
    to->part = NEWN(r->a, const char *, a->nparts);
    for (int k = 0; k < a->nparts; k++) to->part[k] = fmt(r, "(%s ? %s : %s)", c, a->part[k], b->part[k]);
    return 1;
}

/* c ? a : b, of types that fit into one sequence */
static int el_choose(Rasp *r, const char *c, El *a, El *b, El *to, Span at)
{
    *to = (El){0};
    both_deps(r, to, a, b);
    if ((a->type == RT_text) != (b->type == RT_text)) return rasp_error(r, at, "rasp-mix", "texts and numbers do not stand in one sequence"), 0;
    if (a->type == RT_text) return choose_texts(r, c, a, b, to, at);
    to->type = a->type == b->type ? a->type : RT_mixed;
    to->lo = min64(a->lo, b->lo);
    to->hi = max64(a->hi, b->hi);
    to->wide = a->wide || b->wide;
    if (to->type == RT_mixed) {
        if ((is_whole(a) && (a->lo < -EXACT || a->hi > EXACT)) || (is_whole(b) && (b->lo < -EXACT || b->hi > EXACT)))
            return rasp_error(r, at, "rasp-overflow", "an integer beyond 2^53 in a sequence with floats"), 0;
        to->txt = fmt(r, "(%s ? %s : %s)", c, as_real(r, a), as_real(r, b));
        to->wide = 0;
    } else if (to->wide) to->txt = fmt(r, "(%s ? i64(%s) : i64(%s))", c, a->txt, b->txt);
    else to->txt = fmt(r, "(%s ? %s : %s)", c, a->txt, b->txt);
    if (to->type == RT_mixed) to->tag = fmt(r, "(%s ? %s : %s)", c, tag_of(r, a), tag_of(r, b));
    return 1;
}

Rv ops_choice(Rasp *r, const Rv *c, const Rv *a, const Rv *b, const char *hint, Span at)
{
    El k = el_of(r, c, "t"), x = el_of(r, a, "t"), y = el_of(r, b, "t"), z;
    if (!el_truth(r, &k)) return rasp_error(r, at, "rasp-parts", "whether a joined text is empty cannot be told");
    if (!el_choose(r, k.txt, &x, &y, &z, at)) return rv_bad(at);
    deps_add(r, &z.deps, &k.deps);
    return sop_of(r, z, hint, at);
}

/* ---- functions ---- */

Rv ops_round(Rasp *r, const Rv *a, const char *hint, Span at)
{
    El x = el_of(r, a, "t");
    if (x.type == RT_text) return rasp_error(r, at, "rasp-type", "round of a text");
    if (x.type == RT_int) return *a;
    El z = {.type = RT_int, .lo = 0, .hi = 1, .deps = x.deps, .txt = fmt(r, "i32(%s)", x.txt)};
    if (x.type != RT_bool) {
        z.lo = max64(x.lo, INT32_MIN), z.hi = min64(x.hi, INT32_MAX);
        if (fits32(x.lo, x.hi)) z.txt = fmt(r, "i32(round(%s))", x.txt);
        else z.txt = fmt(r, "i32(round(%s) * f64(%s))", x.txt, guard(r, fmt(r, "abs(%s) < f64(2147483647)", x.txt)));
    }
    return sop_of(r, z, hint, at);
}

Rv ops_indicator(Rasp *r, const Rv *a, const char *hint, Span at)
{
    El x = el_of(r, a, "t");
    if (!el_truth(r, &x)) return rasp_error(r, at, "rasp-parts", "whether a joined text is empty cannot be told");
    x.type = RT_int;
    x.txt = fmt(r, "i32(%s)", x.txt);
    return sop_of(r, x, hint, at);
}

/* list[index] for constants: one choice after the other; a position that is in none is outside */
static Rv pick(Rasp *r, const Rv *keys, const Rv *values, int n, const Rv *index, const char *hint, Span at)
{
    El x = el_of(r, index, "t"), z = {0}, hit;
    const char *known = "false";
    for (int k = n - 1; k >= 0; k--) {
        El key = el_of(r, &keys[k], "t"), value = el_of(r, &values[k], "t"), both;
        if (!el_compare(r, OP_eq, x, key, &hit, at)) return rv_bad(at);
        known = fmt(r, "%s || %s", known, hit.txt);
        if (k == n - 1) both = value;
        else if (!el_choose(r, hit.txt, &value, &z, &both, at)) return rv_bad(at);
        z = both;
    }
    const char *g = guard(r, known);
    deps_add(r, &z.deps, &x.deps);
    if (z.type == RT_text && !z.nparts) {
        as_code(r, &z);
        z.nparts = 1;
        z.part = NEWN(r->a, const char *, 1);
        z.part[0] = z.txt;
        z.literal = NEWN(r->a, const char *, 2);
        z.literal[0] = z.literal[1] = "";
    }
    if (z.type == RT_text) z.part[0] = fmt(r, "(%s * %s)", z.part[0], g);
    else if (z.type == RT_bool) z.txt = fmt(r, "(%s && %s == 1)", z.txt, g);
    else z.txt = fmt(r, z.type == RT_int ? z.wide ? "(%s * i64(%s))" : "(%s * %s)" : "(%s * f64(%s))", z.txt, g);
    return sop_of(r, z, hint, at);
}

static int utf8_next(const char *s) { int n = 1; while (((unsigned char)s[n] & 0xC0) == 0x80) n++; return n; }

Rv ops_index(Rasp *r, const Rv *c, const Rv *index, const char *hint, Span at)
{
    VEC(Rv) keys = {0}, values = {0};
    if (c->kind == RV_dict) {
        for (int k = 0; k < c->n; k += 2) { vec_push(r->a, &keys, c->item[k]); vec_push(r->a, &values, c->item[k + 1]); }
    } else {
        if (index->sop->type != RT_int && index->sop->type != RT_bool) return rasp_error(r, at, "rasp-type", "a list is indexed by integers, this is %s", rv_what(r, index));
        VEC(Rv) items = {0};
        if (c->kind == RV_list) for (int k = 0; k < c->n; k++) vec_push(r->a, &items, c->item[k]);
        else for (const char *p = c->s; *p;) {
            int n = utf8_next(p);
            Rv v = {.kind = RV_text, .s = arena_str(r->a, p, (size_t)n)};
            vec_push(r->a, &items, v);
            p += n;
        }
        for (int k = -items.n; k < items.n; k++) {
            Rv key = {.kind = RV_int, .i = k};
            vec_push(r->a, &keys, key);
            vec_push(r->a, &values, items.at[k < 0 ? k + items.n : k]);
        }
        const Sop *s = index->sop;
        int64_t first = s->lo < 0 ? s->lo : 0;
        if (first >= 0) {                               /* negative positions never occur */
            keys.at += items.n; values.at += items.n; keys.n = values.n = items.n;
        }
        if (!items.n || s->lo >= items.n || s->hi < -items.n) return rasp_error(r, at, "rasp-index", "the index is never inside of a list of %d", items.n);
        if (s->positions && items.n < r->max) return rasp_error(r, at, "rasp-index", "positions run to %lld and leave a list of %d", (long long)r->max - 1, items.n);
    }
    for (int k = 0; k < values.n; k++) if (!rv_atom(&values.at[k])) return rasp_error(r, at, "rasp-type", "a list that is indexed by a sequence holds constants, this has %s", rv_what(r, &values.at[k]));
    if (!keys.n) return rasp_error(r, at, "rasp-index", "an empty container");
    return pick(r, keys.at, values.at, keys.n, index, hint, at);
}

Rv ops_at(Rasp *r, const Rv *seq, int64_t at, const char *hint, Span where)
{
    const char *place = at < 0 ? fmt(r, "T - %lld", (long long)-at) : fmt(r, "%lld", (long long)at), *inside = at < 0 ? fmt(r, "(T >= %lld)", (long long)-at) : fmt(r, "(%lld < T)", (long long)at);
    if (at <= -1000000000 || at >= 1000000000) return rasp_error(r, where, "rasp-index", "the position %lld", (long long)at);
    El x = el_of(r, seq, place), zero = {.type = RT_int, .txt = "0"}, z;
    if (x.type == RT_text) {
        for (int k = 0; k < x.nparts; k++) x.part[k] = fmt(r, "(%s * %s)", x.part[k], guard(r, inside));
        for (int k = 0; k < x.nparts; k++) x.part[k] = fmt(r, "(%s ? %s : 0)", inside, x.part[k]);
        return sop_of(r, x, hint, where);
    }
    if (at == 0 || at == -1) return sop_of(r, x, hint, where);        /* always there */
    if (!el_choose(r, inside, &x, &zero, &z, where)) return rv_bad(where);
    return sop_of(r, z, hint, where);
}
