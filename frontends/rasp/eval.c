/* eval.c - a RASP program, run at compile time: everything that does not depend on the input is computed, every operation
 * on sequences becomes text (ops.c, select.c). Statements that fail are reported and left out, as the reference does. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/base/embedded.h"
#include "frontends/rasp/value.h"

enum { MOST_DEPTH = 600, BUDGET = 5000000 };

Rv rv_bad(Span at) { return (Rv){.kind = RV_bad, .span = at}; }
Rv rv_sop(Sop *s, Span at) { return (Rv){.kind = RV_sop, .span = at, .sop = s}; }

Rv rasp_error(Rasp *r, Span at, const char *id, const char *f, ...)
{
    va_list v;
    char text[400];
    va_start(v, f);
    vsnprintf(text, sizeof text, f, v);
    va_end(v);
    diag_error(&r->ctx->diag, at, id, "%s", text);
    return rv_bad(at);
}

const char *rv_what(Rasp *r, const Rv *v)
{
    static const char *const kinds[] = {"an error", "an integer", "a float", "a truth value", "a text", "a list", "a dictionary", "an s-op", "a selector", "a function"};
    static const char *const types[] = {"integers", "floats", "truth values", "texts", "integers and floats"};
    return v->kind == RV_sop ? fmt(r, "an s-op of %s", types[v->sop->type]) : kinds[v->kind];
}

static Rv eval(Rasp *r, Scope *s, const RaspAst *a, const char *hint);
static int run(Rasp *r, Scope *s, const RaspAst *a);

/* ---- names ---- */

static Scope *scope_new(Rasp *r, Scope *up)
{
    Scope *s = NEW(r->a, Scope);
    s->up = up;
    smap_init(&s->names, r->a);
    return s;
}

static Rv *lookup(Scope *s, const char *name)
{
    for (; s; s = s->up) {
        Rv *v = smap_get(&s->names, name);
        if (v) return v;
    }
    return NULL;
}

static void bind(Rasp *r, Scope *s, const char *name, Rv v) { smap_put(&s->names, name, arena_dup(r->a, &v, sizeof v)); }

static const char *closest(Scope *s, const char *name)
{
    const char *best = NULL;
    int least = 3;
    for (; s; s = s->up)
        for (int k = 0; k < s->names.m.n; k++) {
            int d = str_distance((const char *)s->names.m.slots[k].skey, name, 2);
            if (d < least) { least = d; best = s->names.m.slots[k].skey; }
        }
    return best;
}

static Rv eval_name(Rasp *r, Scope *s, const RaspAst *a)
{
    Rv *v = lookup(s, a->text);
    if (v) { Rv x = *v; x.span = a->span; return x; }
    const char *near = closest(s, a->text);
    rasp_error(r, a->span, "rasp-unknown", "there is no name '%s'", a->text);
    if (near) diag_note(&r->ctx->diag, a->span, "did you mean '%s'?", near);
    return rv_bad(a->span);
}

/* ---- operators ---- */

static int selectors(Rasp *r, const Rv *a, const Rv *b, RaspOp op, Span at, Rv *out)
{
    if (a->kind != RV_selector && (!b || b->kind != RV_selector)) return 0;
    if (op != OP_and && op != OP_or && op != OP_not) *out = rasp_error(r, at, "rasp-type", "%s of a selector: selectors take and, or, not", rasp_op_text[op]);
    else if (b && a->kind != b->kind) *out = rasp_error(r, at, "rasp-type", "%s of %s and %s", rasp_op_text[op], rv_what(r, a), rv_what(r, b));
    else *out = select_combine(r, op, a, b, at);
    return 1;
}

static Rv lists(Rasp *r, RaspOp op, const Rv *a, const Rv *b, Span at)
{
    Rv v = {.kind = RV_list, .span = at};
    if (op == OP_add && a->kind == RV_list && b->kind == RV_list) {
        v.n = a->n + b->n;
        v.item = NEWN(r->a, Rv, v.n + 1);
        for (int k = 0; k < v.n; k++) v.item[k] = k < a->n ? a->item[k] : b->item[k - a->n];
        return v;
    }
    if ((op == OP_eq || op == OP_ne) && a->kind == RV_list && b->kind == RV_list) {
        int same = a->n == b->n;
        for (int k = 0; same && k < a->n; k++) same = rv_atom(&a->item[k]) && rv_atom(&b->item[k]) && atom_equal(&a->item[k], &b->item[k]);
        return (Rv){.kind = RV_bool, .span = at, .i = same == (op == OP_eq)};
    }
    if (op == OP_and || op == OP_or) return atom_truth(a) == (op == OP_and) ? *b : *a;
    return rasp_error(r, at, "rasp-type", "%s of %s and %s", rasp_op_text[op], rv_what(r, a), rv_what(r, b));
}

static Rv binary(Rasp *r, Scope *s, const RaspAst *e, const char *hint)
{
    Rv a = eval(r, s, e->kid[0], hint), b = eval(r, s, e->kid[1], hint), v;
    if (a.kind == RV_bad || b.kind == RV_bad) return rv_bad(e->span);
    if (selectors(r, &a, &b, e->op, e->span, &v)) return v;
    if (rv_atom(&a) && rv_atom(&b)) return atom_binary(r, e->op, &a, &b, e->span);
    if ((a.kind == RV_sop && (rv_atom(&b) || b.kind == RV_sop)) || (b.kind == RV_sop && rv_atom(&a))) return ops_binary(r, e->op, &a, &b, hint, e->span);
    return lists(r, e->op, &a, &b, e->span);
}

static Rv unary(Rasp *r, Scope *s, const RaspAst *e, const char *hint)
{
    Rv a = eval(r, s, e->kid[0], hint), v;
    if (a.kind == RV_bad) return a;
    if (selectors(r, &a, NULL, e->op, e->span, &v)) return v;
    if (rv_atom(&a)) return atom_unary(r, e->op, &a, e->span);
    if (a.kind == RV_sop) return ops_unary(r, e->op, &a, hint, e->span);
    if (e->op == OP_not && (a.kind == RV_list || a.kind == RV_dict)) return (Rv){.kind = RV_bool, .span = e->span, .i = !a.n};
    return rasp_error(r, e->span, "rasp-type", "%s of %s", rasp_op_text[e->op], rv_what(r, &a));
}

static Rv choice(Rasp *r, Scope *s, const RaspAst *e, const char *hint)
{
    Rv c = eval(r, s, e->kid[1], hint);
    if (c.kind == RV_bad) return c;
    if (c.kind != RV_sop) {
        if (c.kind == RV_selector) return rasp_error(r, e->kid[1]->span, "rasp-type", "a selector is no condition");
        return eval(r, s, e->kid[atom_truth(&c) ? 0 : 2], hint);               /* lazily: recursion ends here */
    }
    Rv a = eval(r, s, e->kid[0], hint), b = eval(r, s, e->kid[2], hint);
    if (a.kind == RV_bad || b.kind == RV_bad) return rv_bad(e->span);
    for (int k = 0; k < 2; k++) {
        const Rv *v = k ? &b : &a;
        if (!rv_atom(v) && v->kind != RV_sop) return rasp_error(r, e->kid[k * 2]->span, "rasp-type", "a choice of a sequence is between s-ops and constants, this is %s", rv_what(r, v));
    }
    return ops_choice(r, &c, &a, &b, hint, e->span);
}

static const char *loosest(const RaspAst *e) { return e->kind == RASP_binary && !e->paren && (e->op == OP_and || e->op == OP_or) ? "'in' binds loosest of all: put parentheses around each `x in y`" : NULL; }

/* seq in [atoms], atom in list, atom in seq */
static Rv membership(Rasp *r, Scope *s, const RaspAst *e, const char *hint)
{
    Rv x = eval(r, s, e->kid[0], hint), in = x.kind == RV_bad ? x : eval(r, s, e->kid[1], hint);
    if (x.kind == RV_bad || in.kind == RV_bad) return rv_bad(e->span);
    if (rv_atom(&x) && in.kind == RV_sop) {
        Rv sel = select_make(r, OP_eq, &in, &x, e->span), zero = {.kind = RV_int};
        if (sel.kind == RV_bad) return sel;
        Rv w = select_width(r, &sel, hint, e->span);
        return ops_binary(r, OP_gt, &w, &zero, hint, e->span);
    }
    if (in.kind != RV_list || (!rv_atom(&x) && x.kind != RV_sop)) {
        Rv bad = rasp_error(r, e->kid[in.kind != RV_list]->span, "rasp-in", in.kind != RV_list ? "on the right of `in` stands a list of constants%s, this is %s" : "on the left of `in` stands a constant or an s-op%s, this is %s", rv_atom(&x) ? " or an s-op" : "", rv_what(r, in.kind != RV_list ? &in : &x));
        const char *why = loosest(e->kid[0]) ? loosest(e->kid[0]) : e->kid[0]->kind == RASP_in && !e->kid[0]->paren ? "'in' binds loosest of all: put parentheses around each `x in y`" : loosest(e->kid[1]);
        if (why) diag_note(&r->ctx->diag, e->span, "%s", why);
        return bad;
    }
    Rv any = {.kind = RV_bool, .span = e->span};
    for (int k = 0; k < in.n; k++) {
        if (!rv_atom(&in.item[k])) return rasp_error(r, e->kid[1]->span, "rasp-in", "the list holds %s", rv_what(r, &in.item[k]));
        if (rv_atom(&x)) { any.i |= atom_equal(&x, &in.item[k]); continue; }
        Rv hit = ops_binary(r, OP_eq, &x, &in.item[k], hint, e->span);
        if (hit.kind == RV_bad) return hit;
        any = any.kind == RV_bool ? hit : ops_binary(r, OP_or, &any, &hit, hint, e->span);
    }
    if (x.kind == RV_sop && any.kind == RV_bool) {                           /* in an empty list */
        Rv no = {.kind = RV_bool};
        return ops_binary(r, OP_and, &x, &no, hint, e->span);
    }
    return any;
}

static Rv subscript(Rasp *r, Scope *s, const RaspAst *e, const char *hint)
{
    Rv c = eval(r, s, e->kid[0], hint), at = c.kind == RV_bad ? c : eval(r, s, e->kid[1], hint);
    if (c.kind == RV_bad || at.kind == RV_bad) return rv_bad(e->span);
    if (c.kind == RV_sop) {
        if (at.kind != RV_int) return rasp_error(r, e->kid[1]->span, "rasp-index", "an s-op is indexed by a constant integer, this is %s%s", rv_what(r, &at), at.kind == RV_sop ? ": use load_from_location" : "");
        return ops_at(r, &c, at.i, hint, e->span);
    }
    if (c.kind != RV_list && c.kind != RV_text && c.kind != RV_dict) return rasp_error(r, e->kid[0]->span, "rasp-index", "%s has no elements", rv_what(r, &c));
    if (at.kind == RV_sop) return ops_index(r, &c, &at, hint, e->span);
    if (c.kind == RV_dict) {
        for (int k = 0; k < c.n; k += 2)
            if (rv_atom(&at) && atom_equal(&c.item[k], &at)) return c.item[k + 1];
        return rasp_error(r, e->kid[1]->span, "rasp-index", "the dictionary has no such key");
    }
    if (at.kind != RV_int && at.kind != RV_bool) return rasp_error(r, e->kid[1]->span, "rasp-index", "an index is an integer, this is %s", rv_what(r, &at));
    int64_t n = c.kind == RV_list ? c.n : 0, k = at.i;
    if (c.kind == RV_text) for (const char *p = c.s; *p; p++) n += ((unsigned char)*p & 0xC0) != 0x80;
    if (k < 0) k += n;
    if (k < 0 || k >= n) return rasp_error(r, e->kid[1]->span, "rasp-index", "index %lld of %lld elements", (long long)at.i, (long long)n);
    if (c.kind == RV_list) return c.item[k];
    const char *p = c.s;
    for (int64_t j = 0; j < k; j++) do p++; while (((unsigned char)*p & 0xC0) == 0x80);
    size_t len = 1;
    while (((unsigned char)p[len] & 0xC0) == 0x80) len++;
    return (Rv){.kind = RV_text, .span = e->span, .s = arena_str(r->a, p, len)};
}

/* ---- containers ---- */

static Rv list_new(Rasp *r, Span at, int n)
{
    Rv v = {.kind = RV_list, .span = at, .n = n};
    v.item = NEWN(r->a, Rv, n + 1);
    return v;
}

static Rv eval_list(Rasp *r, Scope *s, const RaspAst *a, const char *hint)
{
    Rv v = list_new(r, a->span, a->n);
    for (int k = 0; k < a->n; k++) {
        v.item[k] = eval(r, s, a->kid[k], hint);
        if (v.item[k].kind == RV_bad) return v.item[k];
    }
    return v;
}

static int dict_put(Rasp *r, Rv *d, Rv key, Rv value, Span at)
{
    if (!rv_atom(&key)) return rasp_error(r, at, "rasp-type", "keys of a dictionary are constants, this is %s", rv_what(r, &key)), 0;
    for (int k = 0; k < d->n; k += 2)
        if (atom_equal(&d->item[k], &key)) { d->item[k + 1] = value; return 1; }
    Rv *more = NEWN(r->a, Rv, d->n + 2);
    if (d->n) memcpy(more, d->item, (size_t)d->n * sizeof *more);
    more[d->n] = key;
    more[d->n + 1] = value;
    d->item = more;
    d->n += 2;
    return 1;
}

static Rv eval_dict(Rasp *r, Scope *s, const RaspAst *a, const char *hint)
{
    Rv d = {.kind = RV_dict, .span = a->span};
    for (int k = 0; k < a->n; k += 2) {
        Rv key = eval(r, s, a->kid[k], hint), value = key.kind == RV_bad ? key : eval(r, s, a->kid[k + 1], hint);
        if (value.kind == RV_bad || !dict_put(r, &d, key, value, a->kid[k]->span)) return rv_bad(a->span);
    }
    return d;
}

/* The elements that a loop runs over, each for the names. */
static int steps(Rasp *r, const Rv *over, const Rv **items, int *n, int *stride, Span at)
{
    if (over->kind != RV_list && over->kind != RV_dict) return over->kind == RV_bad ? 0 : (rasp_error(r, at, "rasp-loop", "a loop runs over a list or a dictionary, this is %s", rv_what(r, over)), 0);
    *items = over->item;
    *stride = over->kind == RV_dict ? 2 : 1;
    *n = over->n / *stride;
    return 1;
}

static int bind_names(Rasp *r, Scope *s, const RaspAst *a, const Rv *item)
{
    if (a->nnames == 1) return bind(r, s, a->names[0].text, *item), 1;
    if (item->kind != RV_list || item->n != a->nnames) return rasp_error(r, a->span, "rasp-unpack", "%d names for %s of %d", a->nnames, rv_what(r, item), item->kind == RV_list ? item->n : 1), 0;
    for (int k = 0; k < a->nnames; k++) bind(r, s, a->names[k].text, item->item[k]);
    return 1;
}

static Rv comprehension(Rasp *r, Scope *s, const RaspAst *a, const char *hint)
{
    int dict = a->kind == RASP_dictcomp, n, stride;
    const Rv *items;
    Rv over = eval(r, s, a->kid[dict + 1], hint);
    if (!steps(r, &over, &items, &n, &stride, a->kid[dict + 1]->span)) return rv_bad(a->span);
    Rv d = {.kind = RV_dict, .span = a->span}, l = list_new(r, a->span, n);
    Scope *in = scope_new(r, s);
    for (int k = 0; k < n; k++) {
        if (!bind_names(r, in, a, &items[k * stride])) return rv_bad(a->span);
        Rv v = eval(r, in, a->kid[0], hint);
        if (v.kind == RV_bad) return v;
        l.item[k] = v;
        if (!dict) continue;
        Rv value = eval(r, in, a->kid[1], hint);
        if (value.kind == RV_bad || !dict_put(r, &d, v, value, a->kid[0]->span)) return rv_bad(a->span);
    }
    return dict ? d : l;
}

static Rv eval_range(Rasp *r, Scope *s, const RaspAst *a)
{
    int64_t v[3] = {0, 0, 1};
    if (a->n < 1 || a->n > 3) return rasp_error(r, a->span, "rasp-arity", "range takes 1 to 3 integers, found %d", a->n);
    for (int k = 0; k < a->n; k++) {
        Rv x = eval(r, s, a->kid[k], "");
        if (x.kind == RV_bad) return x;
        if (x.kind != RV_int) return rasp_error(r, a->kid[k]->span, "rasp-type", "range takes integers, this is %s", rv_what(r, &x));
        v[a->n == 1 ? 1 : k] = x.i;
    }
    if (!v[2]) return rasp_error(r, a->span, "rasp-zero", "the step of a range is not 0");
    VEC(Rv) list = {0};
    for (int64_t x = v[0]; v[2] > 0 ? x < v[1] : x > v[1]; x += v[2]) {
        Rv e = {.kind = RV_int, .span = a->span, .i = x};
        if (list.n >= 1000000) return rasp_error(r, a->span, "rasp-limit", "a range of more than a million");
        vec_push(r->a, &list, e);
        if (__builtin_add_overflow(x, v[2], &(int64_t){0})) break;
    }
    Rv l = list_new(r, a->span, list.n);
    if (list.n) memcpy(l.item, list.at, (size_t)list.n * sizeof *l.item);
    return l;
}

static Rv eval_zip(Rasp *r, Scope *s, const RaspAst *a)
{
    Rv all = eval_list(r, s, a, ""), z;
    if (all.kind == RV_bad) return all;
    for (int k = 0; k < all.n; k++) {
        if (all.item[k].kind != RV_list) return rasp_error(r, a->kid[k]->span, "rasp-type", "zip takes lists, this is %s", rv_what(r, &all.item[k]));
        if (all.item[k].n != all.item[0].n) return rasp_error(r, a->kid[k]->span, "rasp-unpack", "zip of lists of %d and %d elements", all.item[0].n, all.item[k].n);
    }
    z = list_new(r, a->span, all.n ? all.item[0].n : 0);
    for (int i = 0; i < z.n; i++) {
        z.item[i] = list_new(r, a->span, all.n);
        for (int k = 0; k < all.n; k++) z.item[i].item[k] = all.item[k].item[i];
    }
    return z;
}

/* ---- calls ---- */

static Rv call_function(Rasp *r, const RaspAst *a, const Fn *f, Rv *args, const char *hint)
{
    const RaspAst *d = f->def;
    if (a->n - 1 != d->nnames) return rasp_error(r, a->span, "rasp-arity", "'%s' takes %d argument%s, found %d", d->text, d->nnames, d->nnames == 1 ? "" : "s", a->n - 1);
    if (++r->depth > MOST_DEPTH) { r->depth--; return rasp_error(r, a->span, "rasp-depth", "calls are more than %d deep: does this recursion end?", MOST_DEPTH); }
    Scope *s = scope_new(r, f->env);
    for (int k = 0; k < d->nnames; k++) bind(r, s, d->names[k].text, args[k]);
    int ok = 1;
    for (int k = 0; ok && k < d->nbody; k++) ok = run(r, s, d->kid[k]);
    Rv v = rv_bad(a->span);
    if (ok && d->n - d->nbody == 1) v = eval(r, s, d->kid[d->nbody], hint);
    else if (ok) {
        v = list_new(r, a->span, d->n - d->nbody);
        for (int k = 0; k < v.n; k++)
            if ((v.item[k] = eval(r, s, d->kid[d->nbody + k], hint)).kind == RV_bad) { v = v.item[k]; break; }
    }
    r->depth--;
    return v;
}

static Rv eval_call(Rasp *r, Scope *s, const RaspAst *a, const char *hint)
{
    Rv f = eval(r, s, a->kid[0], hint);
    if (f.kind == RV_bad) return f;
    Rv *args = NEWN(r->a, Rv, a->n + 1);
    for (int k = 1; k < a->n; k++)
        if ((args[k - 1] = eval(r, s, a->kid[k], hint)).kind == RV_bad) return args[k - 1];
    if (f.kind == RV_function && f.fn->native) {             /* selector_width: how many positions a row has */
        if (a->n != 2) return rasp_error(r, a->span, "rasp-arity", "'selector_width' takes 1 argument, found %d", a->n - 1);
        if (args[0].kind != RV_selector) return rasp_error(r, a->kid[1]->span, "rasp-type", "a selector is wanted, this is %s", rv_what(r, &args[0]));
        return select_width(r, &args[0], hint, a->span);
    }
    if (f.kind == RV_function) return call_function(r, a, f.fn, args, hint);
    if (f.kind != RV_sop && f.kind != RV_selector) return rasp_error(r, a->kid[0]->span, "rasp-type", "%s is not called", rv_what(r, &f));
    if (a->n != 2) return rasp_error(r, a->span, "rasp-arity", "an s-op is tried on one input, found %d", a->n - 1);
    const Rv *in = &args[0];
    int n = in->kind == RV_text ? (int)strlen(in->s) : in->n;
    if (in->kind != RV_text && in->kind != RV_list && in->kind != RV_dict) return rasp_error(r, a->kid[1]->span, "rasp-type", "an input is a text or a list, this is %s", rv_what(r, in));
    if (!n) return rasp_error(r, a->kid[1]->span, "rasp-input", "an input has at least one token");
    int kinds = 0;
    for (int k = 0; in->kind == RV_list && k < n; k++) kinds |= in->item[k].kind == RV_text ? 1 : rv_atom(&in->item[k]) ? 2 : 4;
    if (kinds == 3 || kinds > 3) return rasp_error(r, a->kid[1]->span, "rasp-input", "the tokens of an input are all texts or all numbers");
    if (f.kind == RV_sop && f.sop == r->base[BASE_int] && (in->kind == RV_text || kinds == 1))
        for (int k = 0; k < (in->kind == RV_text ? n : in->n); k++) {
            const char *t = in->kind == RV_text ? arena_str(r->a, in->s + k, 1) : in->item[k].s;
            char *end;
            (void)strtoll(t, &end, 10);
            if (!*t || *end) return rasp_error(r, a->kid[1]->span, "rasp-input", "\"%s\" is no integer", t);
        }
    return (Rv){.kind = RV_list, .span = a->span};                   /* a try-out on an input, which a compiler passes over */
}

/* ---- expressions ---- */

static Rv number(Rasp *r, const RaspAst *a)
{
    Rv v = {.kind = a->kind == RASP_int ? RV_int : RV_float, .span = a->span};
    errno = 0;
    if (a->kind == RASP_int) v.i = strtoll(a->text, NULL, 10);
    else v.f = strtod(a->text, NULL);
    if (a->kind == RASP_int && errno == ERANGE) return rasp_error(r, a->span, "rasp-overflow", "an integer beyond 64 bits");
    return v;
}

static Rv eval_select(Rasp *r, Scope *s, const RaspAst *a)
{
    Rv k = eval(r, s, a->kid[0], "key"), q = k.kind == RV_bad ? k : eval(r, s, a->kid[1], "query");
    if (k.kind == RV_bad || q.kind == RV_bad) return rv_bad(a->span);
    for (int i = 0; i < 2; i++) {
        const Rv *v = i ? &q : &k;
        if (v->kind != RV_sop && !rv_atom(v)) return rasp_error(r, a->kid[i]->span, "rasp-type", "select compares s-ops and constants, this is %s", rv_what(r, v));
    }
    return select_make(r, a->op, &k, &q, a->span);
}

static Rv eval_aggregate(Rasp *r, Scope *s, const RaspAst *a, const char *hint)
{
    Rv v[3] = {{0}};
    for (int k = 0; k < a->n; k++)
        if ((v[k] = eval(r, s, a->kid[k], k ? hint : "sel")).kind == RV_bad) return v[k];
    if (v[0].kind != RV_selector) return rasp_error(r, a->kid[0]->span, "rasp-type", "aggregate wants a selector first, this is %s", rv_what(r, &v[0]));
    if (rv_atom(&v[1])) {                                      /* the same value everywhere */
        El e = el_of(r, &v[1], "t");
        v[1] = sop_of(r, e, hint, a->span);
    }
    if (v[1].kind != RV_sop) return rasp_error(r, a->kid[1]->span, "rasp-type", "aggregate wants an s-op second, this is %s", rv_what(r, &v[1]));
    if (a->n == 3 && !rv_atom(&v[2])) return rasp_error(r, a->kid[2]->span, "rasp-type", "the default of aggregate is a constant, this is %s", rv_what(r, &v[2]));
    return aggregate_make(r, &v[0], &v[1], a->n == 3 ? &v[2] : NULL, hint, a->span);
}

static Rv eval_one(Rasp *r, Scope *s, const RaspAst *a, const char *hint)
{
    Rv v = eval(r, s, a->kid[0], hint);
    if (v.kind == RV_bad) return v;
    if (a->kind == RASP_len) return v.kind == RV_list ? (Rv){.kind = RV_int, .span = a->span, .i = v.n} : rasp_error(r, a->kid[0]->span, "rasp-type", "len takes a list, this is %s%s", rv_what(r, &v), v.kind == RV_sop ? "; `length` is that of the input" : "");
    if (a->kind == RASP_round && rv_atom(&v)) return atom_round(r, &v, a->span);
    if (v.kind != RV_sop) return rasp_error(r, a->kid[0]->span, "rasp-type", "%s takes an s-op, this is %s", a->kind == RASP_round ? "round" : "indicator", rv_what(r, &v));
    return a->kind == RASP_round ? ops_round(r, &v, hint, a->span) : ops_indicator(r, &v, hint, a->span);
}

static Rv eval(Rasp *r, Scope *s, const RaspAst *a, const char *hint)
{
    if (++r->budget > BUDGET) {
        if (r->budget == BUDGET + 1) rasp_error(r, a->span, "rasp-limit", "more than %d steps at compile time", BUDGET);
        return rv_bad(a->span);
    }
    switch (a->kind) {
    case RASP_int: case RASP_float: return number(r, a);
    case RASP_text: return (Rv){.kind = RV_text, .span = a->span, .s = a->text};
    case RASP_name: return eval_name(r, s, a);
    case RASP_list: return eval_list(r, s, a, hint);
    case RASP_dict: return eval_dict(r, s, a, hint);
    case RASP_listcomp: case RASP_dictcomp: return comprehension(r, s, a, hint);
    case RASP_unary: return unary(r, s, a, hint);
    case RASP_binary: return binary(r, s, a, hint);
    case RASP_choice: return choice(r, s, a, hint);
    case RASP_in: return membership(r, s, a, hint);
    case RASP_index: return subscript(r, s, a, hint);
    case RASP_call: return eval_call(r, s, a, hint);
    case RASP_select: return eval_select(r, s, a);
    case RASP_aggregate: return eval_aggregate(r, s, a, hint);
    case RASP_range: return eval_range(r, s, a);
    case RASP_zip: return eval_zip(r, s, a);
    default: return eval_one(r, s, a, hint);
    }
}

/* ---- statements ---- */

static int reserved(Rasp *r, const Scope *s, const char *name)
{
    static const char *const words[] = {"out", "get", "range", "zip", "len", "True", "False", "tokens_asis", "tokens_str", "tokens_int", "tokens_float", "tokens_bool", "indices"};
    if (s != r->top) return 0;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) if (!strcmp(name, words[k])) return 1;
    return strcmp(name, "tokens") && smap_get(&r->library->names, name) != NULL;
}

static int define(Rasp *r, Scope *s, RaspName name, Rv v)
{
    if (reserved(r, s, name.text)) return rasp_error(r, name.at, "rasp-reserved", "'%s' belongs to the language or its library", name.text), 0;
    bind(r, s, name.text, v);
    if (s == r->top && v.kind == RV_sop) entry_write(r, name.text, v.sop, name.at);
    if (s == r->top && v.kind == RV_selector) selector_write(r, name.text, v.sel, name.at);
    return 1;
}

static int assign(Rasp *r, Scope *s, const RaspAst *a)
{
    Rv v;
    const char *hint = a->nnames == 1 && a->n == 1 ? a->names[0].text : "x";
    if (a->n == 1) v = eval(r, s, a->kid[0], hint);
    else v = eval_list(r, s, a, hint);
    if (v.kind == RV_bad) return 0;
    if (a->nnames == 1) return define(r, s, a->names[0], v);
    if (v.kind != RV_list || v.n != a->nnames) return rasp_error(r, a->span, "rasp-unpack", "%d names for %s%s", a->nnames, rv_what(r, &v), v.kind == RV_list ? fmt(r, " of %d", v.n) : ""), 0;
    int ok = 1;
    for (int k = 0; k < v.n; k++) ok &= define(r, s, a->names[k], v.item[k]);
    return ok;
}

static int loop(Rasp *r, Scope *s, const RaspAst *a)
{
    const Rv *items;
    int n, stride;
    Rv over = eval(r, s, a->kid[0], "");
    if (!steps(r, &over, &items, &n, &stride, a->kid[0]->span)) return 0;
    for (int k = 0; k < n; k++) {
        if (!bind_names(r, s, a, &items[k * stride])) return 0;
        for (int j = 1; j < a->n; j++)
            if (!run(r, s, a->kid[j])) return 0;
    }
    return 1;
}

/* load "p"; reads p.rasp beside the program in a scope of its own over the library; its names come here, but for _these. */
static int load(Rasp *r, Scope *s, const RaspAst *a)
{
    const char *why = NULL, *from = r->path, *slash = strrchr(from, '/');
    const char *path = a->text[0] == '/' || !slash ? fmt(r, "%s.rasp", a->text) : fmt(r, "%.*s/%s.rasp", (int)(slash - from), from, a->text);
    if (r->depth > 20) return rasp_error(r, a->span, "rasp-load", "files load each other without end"), 0;
    Source *file = source_read(&r->ctx->sources, path, &why);
    if (!file) return rasp_error(r, a->span, "rasp-load", "cannot read %s: %s", path, why), 0;
    vec_push(r->a, &r->ctx->deps, path);
    Scope *in = scope_new(r, r->library);
    RaspFile *f = rasp_parse(r->ctx, file);
    int ok = 1;
    r->depth++;
    r->path = path;
    for (int k = 0; k < f->n; k++) ok &= run(r, in, f->at[k]);
    r->path = from;
    r->depth--;
    for (int k = 0; k < in->names.m.n; k++) {
        const char *name = in->names.m.slots[k].skey;
        if (name[0] != '_' && strcmp(name, "out")) bind(r, s, name, *(Rv *)in->names.m.slots[k].val);
    }
    return ok;
}

static int run(Rasp *r, Scope *s, const RaspAst *a)
{
    switch (a->kind) {
    case RASP_expr: return eval(r, s, a->kid[0], "x").kind != RV_bad;
    case RASP_assign: return assign(r, s, a);
    case RASP_for: return loop(r, s, a);
    case RASP_load: return load(r, s, a);
    case RASP_def: {
        Fn *f = NEW(r->a, Fn);
        *f = (Fn){.def = a, .env = s};
        return define(r, s, (RaspName){a->text, a->span}, (Rv){.kind = RV_function, .span = a->span, .fn = f});
    }
    default: return 1;
    }
}

/* ---- the library ---- */

static void natives(Rasp *r, Scope *s)
{
    static const struct { const char *name; RaspBase b; } base[] = {{"tokens", BASE_tokens}, {"tokens_str", BASE_tokens}, {"tokens_int", BASE_int}, {"tokens_float", BASE_float}, {"tokens_bool", BASE_bool}};
    for (size_t k = 0; k < sizeof base / sizeof *base; k++) bind(r, s, base[k].name, rv_sop(base_sop(r, base[k].b), span_none()));
    bind(r, s, "tokens_asis", rv_sop(base_sop(r, r->out->asis == RT_int ? BASE_int : r->out->asis == RT_float ? BASE_float : r->out->asis == RT_bool ? BASE_bool : BASE_tokens), span_none()));
    bind(r, s, "True", (Rv){.kind = RV_bool, .i = 1});
    bind(r, s, "False", (Rv){.kind = RV_bool, .i = 0});
    El where = {.type = RT_int, .txt = "t", .hi = r->max - 1}, length = {.type = RT_int, .txt = "T", .lo = 1, .hi = r->max};
    Rv indices = sop_of(r, where, "indices", span_none());
    indices.sop->positions = 1;
    bind(r, s, "indices", indices);
    bind(r, s, "length", sop_of(r, length, "length", span_none()));
    Sel *all = NEW(r->a, Sel);
    all->txt = "true";
    bind(r, s, "full_s", (Rv){.kind = RV_selector, .sel = all});
    Fn *width = NEW(r->a, Fn);
    width->native = 1;
    bind(r, s, "selector_width", (Rv){.kind = RV_function, .fn = width});
}

/* The last example that the program sets, as JSON, and the kind of its tokens: that is what tokens_asis stands for. */
static void example(Rasp *r, const Source *s)
{
    r->out->example = "\"hello\"";
    r->out->asis = RT_text;
    for (const char *p = s->text; (p = strstr(p, "example")); p++) {
        const char *q = p + 7 + strspn(p + 7, " \t");
        size_t n = *q == '[' ? strcspn(q, "]\n") + 1 : *q == '"' ? strcspn(q + 1, "\"\n") + 2 : 0;
        if (!n || p == s->text || (p[-1] != ' ' && p[-1] != '\t')) continue;
        char *text = arena_str(r->a, q, n), *t;
        for (t = text; (t = strstr(t, "True")); ) *t = 't';
        for (t = text; (t = strstr(t, "False")); ) *t = 'f';
        r->out->example = text;
        q += *q == '[';
        q += strspn(q, " \t-");
        r->out->asis = !strncmp(q, "True", 4) || !strncmp(q, "False", 5) ? RT_bool : *q >= '0' && *q <= '9' ? memchr(text, '.', n) ? RT_float : RT_int : RT_text;
    }
}

RaspProgram *rasp_load(Ctx *ctx, Source *s, int64_t max_length)
{
    Rasp *r = NEW(ctx->perm, Rasp);
    r->ctx = ctx;
    r->a = ctx->perm;
    r->max = max_length;
    r->path = s->path;
    r->out = NEW(ctx->perm, RaspProgram);
    r->out->arena = ctx->perm;
    example(r, s);
    r->library = scope_new(r, NULL);
    natives(r, r->library);
    const EmbeddedFile *lib = embedded_find("frontends/rasp/library.rasp");
    if (!lib) bug("the library of RASP is missing");
    RaspFile *f = rasp_parse(ctx, source_add(&ctx->sources, "<library.rasp>", (const char *)lib->text, lib->size, 0));
    for (int k = 0; k < f->n; k++) if (!run(r, r->library, f->at[k])) bug("the library of RASP: statement %d", k);
    r->top = scope_new(r, r->library);
    f = rasp_parse(ctx, s);
    for (int k = 0; k < f->n; k++) run(r, r->top, f->at[k]);
    return ctx->diag.errors ? NULL : r->out;
}
