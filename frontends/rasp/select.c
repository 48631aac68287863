/* select.c - selectors and aggregates. A selector is a condition on i, the position that looks, and j, the position that
 * is looked at; nothing of it is ever stored. An aggregate is a count, and then the one value, the mean, or the default. */
#include <string.h>
#include "frontends/rasp/value.h"

Rv select_make(Rasp *r, RaspOp op, const Rv *key, const Rv *query, Span at)
{
    El k = el_of(r, key, "j"), q = el_of(r, query, "i"), c;
    if (!el_compare(r, op, k, q, &c, at)) return rv_bad(at);
    Sel *s = NEW(r->a, Sel);
    s->txt = c.txt;
    s->deps = c.deps;
    s->unique = op == OP_eq && key->kind == RV_sop && key->sop->positions;     /* every position is there once */
    return (Rv){.kind = RV_selector, .span = at, .sel = s};
}

Rv select_combine(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at)
{
    Sel *s = NEW(r->a, Sel);
    deps_add(r, &s->deps, &a->sel->deps);
    if (b) deps_add(r, &s->deps, &b->sel->deps);
    s->txt = !b ? fmt(r, "!%s", a->sel->txt) : fmt(r, "(%s %s %s)", a->sel->txt, op == OP_and ? "&&" : "||", b->sel->txt);
    s->unique = b && op == OP_and && (a->sel->unique || b->sel->unique);
    return (Rv){.kind = RV_selector, .span = at, .sel = s};
}

static Sop *plain(Rasp *r, RaspType type, const char *name, int64_t lo, int64_t hi, int wide, Line *l)
{
    Sop *s = NEW(r->a, Sop);
    *s = (Sop){.type = type, .name = name, .lo = lo, .hi = hi, .wide = wide};
    vec_push(r->a, &s->deps, l);
    return s;
}

static Sop *width(Rasp *r, const Sel *s, const char *hint)
{
    const char *name = fresh(r, hint);
    Line *l = line_new(r, fmt(r, "let %s[i in 0 .. T] = count[j in 0 .. T where %s];", name, s->txt), &s->deps);
    return plain(r, RT_int, name, 0, s->unique ? 1 : r->max, 0, l);
}

Rv select_width(Rasp *r, const Rv *sel, const char *hint, Span at) { return rv_sop(width(r, sel->sel, hint), at); }

/* One line of a reduction of x over what the selector chooses. */
static const char *reduce(Rasp *r, const Sel *s, const Deps *of, const char *how, const char *x, const char *other, const char *hint, Deps *to)
{
    Deps d = {0};
    const char *name = fresh(r, hint);
    deps_add(r, &d, &s->deps);
    deps_add(r, &d, of);
    vec_push(r->a, to, line_new(r, fmt(r, *other ? "let %s[i in 0 .. T] = (%s[j in 0 .. T where %s] %s) ?? %s;" : "let %s[i in 0 .. T] = %s[j in 0 .. T where %s] %s;", name, how, s->txt, x, other), &d));
    return fmt(r, "%s[t]", name);
}

static const char *fallback(const El *e) { return e->type == RT_bool ? "false" : e->type == RT_float || e->type == RT_mixed ? "f64(0)" : e->wide ? "i64(0)" : "0"; }

/* What the one chosen position holds (anything where none is). */
static El only(Rasp *r, const Sel *s, const Rv *seq, const char *hint)
{
    El x = el_of(r, seq, "j"), e = x;
    Deps d = {0};
    e.deps = d;
    if (x.type == RT_text) {
        e.part = NEWN(r->a, const char *, x.nparts + 1);
        for (int k = 0; k < x.nparts; k++) e.part[k] = reduce(r, s, &x.deps, "first", x.part[k], "0", hint, &e.deps);
        return e;
    }
    e.txt = reduce(r, s, &x.deps, "first", x.txt, fallback(&x), hint, &e.deps);
    if (x.type == RT_mixed) e.tag = reduce(r, s, &x.deps, "first", x.tag, "0", hint, &e.deps);
    return e;
}

/* Their mean, in order of positions as doubles; integers are added exactly first. */
static El mean(Rasp *r, const Sel *s, const Rv *seq, const Sop *w, const char *hint)
{
    El x = el_of(r, seq, "j"), e = {.type = RT_float, .lo = x.lo, .hi = x.hi};
    const char *sum;
    if (x.type == RT_int) sum = fmt(r, "f64(%s)", reduce(r, s, &x.deps, "sum", fmt(r, "i64(%s)", x.txt), "", hint, &e.deps));
    else sum = reduce(r, s, &x.deps, "sum", x.txt, "", hint, &e.deps);
    e.txt = fmt(r, "(%s / f64(max(%s[t], 1)))", sum, w->name);
    deps_add(r, &e.deps, &w->deps);
    return e;
}

/* none: the default; one: that value; more: the mean, or a failure where values have no mean */
Rv aggregate_make(Rasp *r, const Rv *sel, const Rv *seq, const Rv *def, const char *hint, Span at)
{
    const Sel *s = sel->sel;
    Rv zero = {.kind = RV_int}, value;
    int texts = seq->sop->type == RT_text, always = texts && !def;      /* 0 does not fit texts: every row must find one */
    if (!def) def = &zero;
    if (!always && (def->kind == RV_text) != texts) return rasp_error(r, at, "rasp-mix", "the default, %s, does not fit %s", rv_what(r, def), rv_what(r, seq));
    Sop *w = width(r, s, fmt(r, "%s_width", hint));
    Rv count = rv_sop(w, at), one = {.kind = RV_int, .i = 1}, many, none, c;
    El first = only(r, s, seq, hint);
    int numeric = seq->sop->type == RT_int || seq->sop->type == RT_float || seq->sop->type == RT_mixed;
    if (always || (!s->unique && !numeric)) {           /* several texts or truth values have no mean */
        const char *g = fmt(r, always ? "one[(%s[t] == 1) ? 0 : 1]" : "one[(%s[t] <= 1) ? 0 : 1]", w->name);
        deps_add(r, &first.deps, &w->deps);
        if (first.type == RT_text) first.part[0] = fmt(r, "(%s * %s)", first.part[0], g);
        else first.txt = fmt(r, "(%s && %s == 1)", first.txt, g);
    }
    value = sop_of(r, first, fmt(r, "%s_first", hint), at);
    if (!s->unique && numeric) {
        Rv m = sop_of(r, mean(r, s, seq, w, hint), fmt(r, "%s_mean", hint), at);
        many = ops_binary(r, OP_gt, &count, &one, fmt(r, "%s_many", hint), at);
        value = ops_choice(r, &many, &m, &value, hint, at);
    }
    if (value.kind == RV_bad || always) return value;
    none = ops_binary(r, OP_lt, &count, &one, fmt(r, "%s_none", hint), at);
    c = ops_choice(r, &none, def, &value, hint, at);
    return c;
}
