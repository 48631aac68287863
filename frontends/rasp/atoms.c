/* atoms.c - operators on constants, with the meaning of Python: unlimited integers are refused where 64 bits end, floats
 * are doubles, truth values count as 0 and 1, texts are joined and repeated. */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include "frontends/rasp/value.h"

int rv_atom(const Rv *v) { return v->kind == RV_int || v->kind == RV_float || v->kind == RV_bool || v->kind == RV_text; }
static int whole(const Rv *v) { return v->kind == RV_int || v->kind == RV_bool; }
static double real(const Rv *v) { return v->kind == RV_float ? v->f : (double)v->i; }

int atom_truth(const Rv *v)
{
    switch (v->kind) {
    case RV_int: case RV_bool: return v->i != 0;
    case RV_float: return v->f < 0 || v->f > 0 || v->f != v->f;
    case RV_text: return *v->s != 0;
    case RV_list: case RV_dict: return v->n > 0;
    default: return 1;
    }
}

int atom_equal(const Rv *a, const Rv *b)
{
    if (a->kind == RV_text || b->kind == RV_text) return a->kind == b->kind && !strcmp(a->s, b->s);
    if (whole(a) && whole(b)) return a->i == b->i;
    return real(a) >= real(b) && real(a) <= real(b);
}

static Rv number(Span at, int64_t i) { return (Rv){.kind = RV_int, .span = at, .i = i}; }
static Rv fraction(Span at, double f) { return (Rv){.kind = RV_float, .span = at, .f = f}; }
static Rv truth(Span at, int b) { return (Rv){.kind = RV_bool, .span = at, .i = b}; }
static Rv too_large(Rasp *r, Span at) { return rasp_error(r, at, "rasp-overflow", "an integer beyond 64 bits"); }

static Rv power(Rasp *r, const Rv *a, const Rv *b, Span at)
{
    if (!whole(a) || !whole(b) || b->i < 0) {
        if (real(a) == 0 && real(b) < 0) return rasp_error(r, at, "rasp-zero", "0 to a negative power");
        if (real(a) < 0 && floor(real(b)) < real(b)) return rasp_error(r, at, "rasp-type", "a root of a negative number is no real number");
        return fraction(at, pow(real(a), real(b)));
    }
    int64_t x = 1;
    for (int64_t k = 0; k < b->i; k++) {
        if (a->i >= -1 && a->i <= 1) return number(at, a->i == -1 ? (b->i & 1 ? -1 : 1) : a->i == 0 && b->i > 0 ? 0 : 1);
        if (__builtin_mul_overflow(x, a->i, &x)) return too_large(r, at);
    }
    return number(at, x);
}

static Rv arithmetic(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at)
{
    int64_t x = 0;
    int both = whole(a) && whole(b);
    double f = real(a), g = real(b);
    switch (op) {
    case OP_add: return !both ? fraction(at, f + g) : __builtin_add_overflow(a->i, b->i, &x) ? too_large(r, at) : number(at, x);
    case OP_sub: return !both ? fraction(at, f - g) : __builtin_sub_overflow(a->i, b->i, &x) ? too_large(r, at) : number(at, x);
    case OP_mul: return !both ? fraction(at, f * g) : __builtin_mul_overflow(a->i, b->i, &x) ? too_large(r, at) : number(at, x);
    case OP_pow: return power(r, a, b, at);
    default: break;
    }
    if (!(g < 0 || g > 0)) return rasp_error(r, at, "rasp-zero", op == OP_div ? "division by zero" : "remainder of a division by zero");
    if (op == OP_div) return fraction(at, f / g);
    if (!both) return fraction(at, f - g * floor(f / g));
    if (b->i == -1) return number(at, 0);
    x = a->i % b->i;
    return number(at, x && (x < 0) != (b->i < 0) ? x + b->i : x);
}

static Rv compare(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at)
{
    int c;
    if (op == OP_eq || op == OP_ne) return truth(at, atom_equal(a, b) == (op == OP_eq));
    if ((a->kind == RV_text) != (b->kind == RV_text)) return rasp_error(r, at, "rasp-type", "%s has no order with %s", rv_what(r, a), rv_what(r, b));
    if (a->kind == RV_text) c = strcmp(a->s, b->s);
    else if (whole(a) && whole(b)) c = (a->i > b->i) - (a->i < b->i);
    else c = (real(a) > real(b)) - (real(a) < real(b));
    return truth(at, op == OP_lt ? c < 0 : op == OP_le ? c <= 0 : op == OP_gt ? c > 0 : c >= 0);
}

static Rv joined(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at)
{
    Rv v = {.kind = RV_text, .span = at};
    if (op == OP_add && a->kind == RV_text && b->kind == RV_text) {
        v.s = fmt(r, "%s%s", a->s, b->s);
        return v;
    }
    const Rv *t = a->kind == RV_text ? a : b, *n = t == a ? b : a;
    if (op != OP_mul || !whole(n)) return rasp_error(r, at, "rasp-type", "%s of %s and %s", rasp_op_text[op], rv_what(r, a), rv_what(r, b));
    if (n->i > 0 && (int64_t)strlen(t->s) * n->i > 1 << 20) return rasp_error(r, at, "rasp-limit", "a text of more than a million characters");
    v.s = "";
    for (int64_t k = 0; k < n->i; k++) v.s = fmt(r, "%s%s", v.s, t->s);
    return v;
}

Rv atom_binary(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at)
{
    if (op == OP_and) return atom_truth(a) ? *b : *a;
    if (op == OP_or) return atom_truth(a) ? *a : *b;
    if (op >= OP_eq && op <= OP_ge) return compare(r, op, a, b, at);
    if (a->kind == RV_text || b->kind == RV_text) return joined(r, op, a, b, at);
    return arithmetic(r, op, a, b, at);
}

Rv atom_unary(Rasp *r, RaspOp op, const Rv *a, Span at)
{
    if (op == OP_not) return truth(at, !atom_truth(a));
    if (a->kind == RV_text) return rasp_error(r, at, "rasp-type", "%s of a text", rasp_op_text[op]);
    if (a->kind == RV_float) return fraction(at, op == OP_neg ? -a->f : a->f);
    if (a->i == INT64_MIN) return too_large(r, at);
    return number(at, op == OP_neg ? -a->i : a->i);
}

/* To the nearest integer, halves to the even one. */
Rv atom_round(Rasp *r, const Rv *a, Span at)
{
    if (a->kind == RV_text) return rasp_error(r, at, "rasp-type", "round of a text");
    if (a->kind != RV_float) return number(at, a->i);
    if (!(a->f > -9.2e18 && a->f < 9.2e18)) return too_large(r, at);
    return number(at, (int64_t)nearbyint(a->f));
}
