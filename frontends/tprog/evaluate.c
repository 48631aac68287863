/* evaluate.c - the meaning of the Python functions that generated programs contain. Each function below follows the Python
 * language reference for one kind of node; whatever is not listed fails with a reason instead of guessing. */
#include <string.h>
#include "frontends/tprog/evaluate.h"

typedef struct PyScope { struct PyScope *outer; SMap names; } PyScope;
enum { MOST_CALLS = 100, MOST_STEPS = 20000000 };

static int expr(PyRun *r, PyScope *s, const Py *e, Pv *v);

Pv pv_int(int64_t v) { return (Pv){.kind = PV_int, .num = v}; }
Pv pv_text(const char *s) { return (Pv){.kind = PV_text, .text = s}; }
Pv pv_enum(const char *klass, int64_t member) { return (Pv){.kind = PV_enum, .text = klass, .num = member}; }
static Pv pv_bool(int v) { return (Pv){.kind = PV_bool, .num = v != 0}; }

static Pv collection(PyRun *r, PvKind kind) { return (Pv){.kind = kind, .items = NEW(r->a, PvItems)}; }
Pv pv_list(PyRun *r) { return collection(r, PV_list); }
void pv_push(PyRun *r, Pv *list, Pv v) { vec_push(r->a, list->items, v); }

static int fails(PyRun *r, const Py *e, const char *why)
{
    if (!r->why) { r->why = why; r->at = e->span; }
    return 0;
}

int pv_truth(const Pv *v)
{
    switch (v->kind) {
    case PV_none: return 0;
    case PV_bool: case PV_int: return v->num != 0;
    case PV_text: return *v->text != 0;
    case PV_list: case PV_tuple: case PV_set: return v->items->n > 0;
    default: return 1;
    }
}

static int is_number(const Pv *v) { return v->kind == PV_bool || v->kind == PV_int; }

int pv_same(const Pv *a, const Pv *b)
{
    if (is_number(a) && is_number(b)) return a->num == b->num;
    if (a->kind != b->kind) return 0;
    if (a->kind == PV_text) return !strcmp(a->text, b->text);
    if (a->kind == PV_enum) return a->num == b->num && !strcmp(a->text, b->text);
    if (a->kind != PV_list && a->kind != PV_tuple) return a->kind == PV_none;
    if (a->items->n != b->items->n) return 0;
    for (int k = 0; k < a->items->n; k++) if (!pv_same(&a->items->at[k], &b->items->at[k])) return 0;
    return 1;
}

static Pv *lookup(PyScope *s, const char *name)
{
    for (; s; s = s->outer) {
        Pv *v = smap_get(&s->names, name);
        if (v) return v;
    }
    return NULL;
}

static void set_name(PyRun *r, PyScope *s, const char *name, Pv v) { smap_put(&s->names, name, arena_dup(r->a, &v, sizeof v)); }

static PyScope *scope_new(PyRun *r, PyScope *outer)
{
    PyScope *s = NEW(r->a, PyScope);
    s->outer = outer;
    smap_init(&s->names, r->a);
    return s;
}

/* name, or a, b = .. from what a list or tuple holds */
static int bind(PyRun *r, PyScope *s, const Py *target, Pv v)
{
    if (target->kind == PY_name) { set_name(r, s, target->text, v); return 1; }
    if (target->kind != PY_tuple) return fails(r, target, "this target is not read");
    if ((v.kind != PV_tuple && v.kind != PV_list) || v.items->n != target->n) return fails(r, target, "the number of values differs from the number of names");
    for (int k = 0; k < target->n; k++) if (!bind(r, s, target->kid[k], v.items->at[k])) return 0;
    return 1;
}

/* ---- expressions ---- */

static int is_constant(const Py *e)
{
    if (e->kind == PY_int || e->kind == PY_text) return 1;
    if (e->kind == PY_attr) return e->kid[0]->kind == PY_name;
    if (e->kind != PY_tuple && e->kind != PY_set) return 0;
    for (int k = 0; k < e->n; k++) if (!is_constant(e->kid[k])) return 0;
    return 1;
}

static int items_of(PyRun *r, PyScope *s, const Py *e, int from, PvKind kind, Pv *v)
{
    *v = collection(r, kind);
    for (int k = from; k < e->n; k++) {
        Pv x;
        if (!expr(r, s, e->kid[k], &x)) return 0;
        pv_push(r, v, x);
    }
    return 1;
}

/* A set of literals is made once: a table asks for it in every cell. */
static int set_of(PyRun *r, PyScope *s, const Py *e, Pv *v)
{
    Pv *had = map_get(&r->sets, e);
    if (had) { *v = *had; return 1; }
    if (!items_of(r, s, e, 0, PV_set, v)) return 0;
    if (is_constant(e)) map_put(&r->sets, e, arena_dup(r->a, v, sizeof *v));
    return 1;
}

static int comprehension(PyRun *r, PyScope *s, const Py *e, Pv *v)
{
    Pv over, x, keep;
    if (!expr(r, s, e->kid[2], &over)) return 0;
    if (!over.items) return fails(r, e->kid[2], "this cannot be run through");
    PyScope *in = scope_new(r, s);
    *v = pv_list(r);
    for (int k = 0; k < over.items->n; k++) {
        if (!bind(r, in, e->kid[1], over.items->at[k])) return 0;
        if (e->n > 3 && !expr(r, in, e->kid[3], &keep)) return 0;
        if (e->n > 3 && !pv_truth(&keep)) continue;
        if (!expr(r, in, e->kid[0], &x)) return 0;
        pv_push(r, v, x);
    }
    return 1;
}

static int compare(PyRun *r, PyScope *s, const Py *e, Pv *v)
{
    Pv a, b;
    if (!expr(r, s, e->kid[0], &a) || !expr(r, s, e->kid[1], &b)) return 0;
    const char *op = e->text;
    if (!strcmp(op, "==") || !strcmp(op, "!=")) { *v = pv_bool(pv_same(&a, &b) == (op[0] == '=')); return 1; }
    if (!strcmp(op, "in")) {
        int found = 0;
        if (!b.items) return fails(r, e, "`in` wants a collection");
        for (int k = 0; !found && k < b.items->n; k++) found = pv_same(&a, &b.items->at[k]);
        *v = pv_bool(found);
        return 1;
    }
    if (!is_number(&a) || !is_number(&b)) return fails(r, e, "only numbers have an order here");
    *v = pv_bool(op[0] == '<' ? (op[1] ? a.num <= b.num : a.num < b.num) : op[1] ? a.num >= b.num : a.num > b.num);
    return 1;
}

static int binary(PyRun *r, PyScope *s, const Py *e, Pv *v)
{
    Pv a, b;
    if (!expr(r, s, e->kid[0], &a) || !expr(r, s, e->kid[1], &b)) return 0;
    if (!is_number(&a) || !is_number(&b) || e->text[1]) return fails(r, e, "only + - * of integers are read here");
    int64_t to = 0;
    int over = e->text[0] == '+' ? __builtin_add_overflow(a.num, b.num, &to) : e->text[0] == '-' ? __builtin_sub_overflow(a.num, b.num, &to) :
               e->text[0] == '*' ? __builtin_mul_overflow(a.num, b.num, &to) : 2;
    if (over) return fails(r, e, over == 2 ? "only + - * of integers are read here" : "this leaves 64 bits");
    *v = pv_int(to);
    return 1;
}

static int slice(PyRun *r, PyScope *s, const Py *e, const Pv *from, Pv *v)
{
    Pv lo = pv_int(0), hi = pv_int(from->items->n);
    if (e->kid[0]->kind != PY_nothing && !expr(r, s, e->kid[0], &lo)) return 0;
    if (e->kid[1]->kind != PY_nothing && !expr(r, s, e->kid[1], &hi)) return 0;
    if (!is_number(&lo) || !is_number(&hi)) return fails(r, e, "a slice wants integers");
    int64_t n = from->items->n, a = lo.num < 0 ? lo.num + n : lo.num, b = hi.num < 0 ? hi.num + n : hi.num;
    *v = collection(r, from->kind);
    for (int64_t k = a < 0 ? 0 : a; k < b && k < n; k++) pv_push(r, v, from->items->at[k]);
    return 1;
}

static Pv *element(PyRun *r, PyScope *s, const Py *e)
{
    Pv of, at;
    if (!expr(r, s, e->kid[0], &of) || !expr(r, s, e->kid[1], &at)) return NULL;
    if (!of.items || of.kind == PV_set || !is_number(&at)) return fails(r, e, "this cannot be indexed"), NULL;
    int64_t k = at.num < 0 ? at.num + of.items->n : at.num;
    if (k < 0 || k >= of.items->n) return fails(r, e, "the index lies outside of the list"), NULL;
    return &of.items->at[k];
}

static int index_of(PyRun *r, PyScope *s, const Py *e, Pv *v)
{
    if (e->kid[1]->kind == PY_slice) {
        Pv of;
        if (!expr(r, s, e->kid[0], &of)) return 0;
        return of.items ? slice(r, s, e->kid[1], &of, v) : fails(r, e, "this cannot be cut");
    }
    Pv *at = element(r, s, e);
    if (at) *v = *at;
    return at != NULL;
}

static int attribute(PyRun *r, const Py *e, Pv *v)
{
    if (e->kid[0]->kind != PY_name) return fails(r, e, "this attribute is not read");
    int k = r->member ? r->member(r->user, e->kid[0]->text, e->text) : -1;
    if (k < 0) return fails(r, e, arena_printf(r->ctx->perm, "there is no %s.%s", e->kid[0]->text, e->text));
    *v = pv_enum(e->kid[0]->text, k);
    return 1;
}

/* ---- calls ---- */

static int block(PyRun *r, PyScope *s, const Py *b, Pv *result, int *done);

static int apply(PyRun *r, const Pv *f, const Py *at, int n, const Pv *args, Pv *v)
{
    if (!f->fn) return r->native(r, f, n, args, v);
    const Py *params = f->fn->kid[0];
    int done = 0;
    if (params->n != n) return fails(r, at, "the number of arguments differs from that of the parameters");
    if (++r->depth > MOST_CALLS) return fails(r, at, "too many calls inside each other");
    PyScope *s = scope_new(r, f->scope);
    for (int k = 0; k < n; k++) {
        if (params->kid[k]->kind != PY_name) return fails(r, params->kid[k], "a parameter with a default is not read here");
        set_name(r, s, params->kid[k]->text, args[k]);
    }
    *v = (Pv){.kind = PV_none};
    int ok = f->fn->kind == PY_lambda ? expr(r, s, f->fn->kid[1], v) : block(r, s, f->fn->kid[1], v, &done);
    r->depth--;
    return ok;
}

int py_call(PyRun *r, const Py *fn, int n, const Pv *args, Pv *result)
{
    Pv f = {.kind = PV_function, .fn = fn};
    return apply(r, &f, fn, n, args, result);
}

/* min(list[, key=function]): the first of the smallest, as in Python. */
static int smallest(PyRun *r, PyScope *s, const Py *e, const Pv *list, Pv *v)
{
    Pv key, best = {0}, k;
    int by = e->n > 2;
    if (by && (e->kid[2]->kind != PY_keyword || strcmp(e->kid[2]->text, "key"))) return fails(r, e, "min takes a list and key=");
    if (by && !expr(r, s, e->kid[2]->kid[0], &key)) return 0;
    if (!list->items || !list->items->n) return fails(r, e, "min of nothing");
    for (int j = 0; j < list->items->n; j++) {
        const Pv *x = &list->items->at[j];
        k = *x;
        if (by && (key.kind != PV_function || !apply(r, &key, e, 1, x, &k))) return fails(r, e, "this key is not read");
        if (!is_number(&k)) return fails(r, e, "min takes numbers");
        if (!j || k.num < best.num) { best = k; *v = *x; }
    }
    return 1;
}

static int builtin(PyRun *r, PyScope *s, const Py *e, const char *name, Pv *v)
{
    Pv a = {0}, b = {0};
    int pair = !strcmp(name, "zip");
    if (e->n < 2 || (pair && e->n != 3) || !expr(r, s, e->kid[1], &a) || (pair && !expr(r, s, e->kid[2], &b))) return fails(r, e, "these arguments are not read");
    if (!strcmp(name, "abs") && is_number(&a)) { *v = pv_int(a.num < 0 ? -a.num : a.num); return 1; }
    if (!strcmp(name, "range") && is_number(&a) && e->n == 2) {
        *v = pv_list(r);
        for (int64_t k = 0; k < a.num; k++) pv_push(r, v, pv_int(k));
        return 1;
    }
    if (!a.items) return fails(r, e, "a list is wanted");
    if (!strcmp(name, "min")) return smallest(r, s, e, &a, v);
    if (!strcmp(name, "len")) { *v = pv_int(a.items->n); return 1; }
    if (!strcmp(name, "list")) { *v = a; v->kind = PV_list; return 1; }
    *v = strcmp(name, "sum") ? pv_list(r) : pv_int(0);
    if (!strcmp(name, "any")) *v = pv_bool(0);
    for (int k = 0; k < a.items->n; k++) {
        Pv x = a.items->at[k], t;
        if (!strcmp(name, "any")) { v->num |= pv_truth(&x); continue; }
        if (!strcmp(name, "sum")) {
            if (!is_number(&x)) return fails(r, e, "sum takes numbers");
            v->num += x.num;
            continue;
        }
        if (pair && (!b.items || k >= b.items->n)) break;
        t = collection(r, PV_tuple);
        pv_push(r, &t, pair ? x : pv_int(k));
        pv_push(r, &t, pair ? b.items->at[k] : x);
        pv_push(r, v, t);
    }
    return 1;
}

static int call(PyRun *r, PyScope *s, const Py *e, Pv *v)
{
    static const char *const known[] = {"abs", "range", "min", "len", "list", "sum", "any", "zip", "enumerate"};
    if (e->kid[0]->kind == PY_name && !lookup(s, e->kid[0]->text))
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (!strcmp(known[k], e->kid[0]->text)) return builtin(r, s, e, known[k], v);
    Pv f, args;
    if (!expr(r, s, e->kid[0], &f) || !items_of(r, s, e, 1, PV_list, &args)) return 0;
    if (f.kind != PV_function) return fails(r, e, "this is no function");
    return apply(r, &f, e, args.items->n, args.items->at, v);
}

static int expr(PyRun *r, PyScope *s, const Py *e, Pv *v)
{
    Pv c, *known;
    if (++r->steps > MOST_STEPS) return fails(r, e, "this takes too long");
    switch (e->kind) {
    case PY_int: *v = pv_int(e->num); return 1;
    case PY_text: *v = pv_text(e->text); return 1;
    case PY_none: *v = (Pv){.kind = PV_none}; return 1;
    case PY_true: case PY_false: *v = pv_bool(e->kind == PY_true); return 1;
    case PY_name:
        known = lookup(s, e->text);
        if (known) *v = *known;
        return known ? 1 : fails(r, e, arena_printf(r->ctx->perm, "'%s' is not known here", e->text));
    case PY_list: return items_of(r, s, e, 0, PV_list, v);
    case PY_tuple: return items_of(r, s, e, 0, PV_tuple, v);
    case PY_set: return set_of(r, s, e, v);
    case PY_comp: return comprehension(r, s, e, v);
    case PY_attr: return attribute(r, e, v);
    case PY_index: return index_of(r, s, e, v);
    case PY_call: return call(r, s, e, v);
    case PY_lambda: *v = (Pv){.kind = PV_function, .fn = e, .scope = s}; return 1;
    case PY_compare: return compare(r, s, e, v);
    case PY_binary: return binary(r, s, e, v);
    case PY_not: if (!expr(r, s, e->kid[0], &c)) return 0; *v = pv_bool(!pv_truth(&c)); return 1;
    case PY_neg:
        if (!expr(r, s, e->kid[0], &c)) return 0;
        *v = pv_int(-c.num);
        return is_number(&c) ? 1 : fails(r, e, "only numbers have a sign");
    case PY_and: case PY_or:
        if (!expr(r, s, e->kid[0], v)) return 0;
        return pv_truth(v) == (e->kind == PY_and) ? expr(r, s, e->kid[1], v) : 1;
    case PY_choice:
        if (!expr(r, s, e->kid[1], &c)) return 0;
        return expr(r, s, e->kid[pv_truth(&c) ? 0 : 2], v);
    default: return fails(r, e, "this is not part of the functions of generated programs");
    }
}

/* ---- statements ---- */

static int assign(PyRun *r, PyScope *s, const Py *st)
{
    Pv v, *at;
    if (!expr(r, s, st->kid[1], &v)) return 0;
    if (st->kid[0]->kind != PY_index) return bind(r, s, st->kid[0], v);
    at = element(r, s, st->kid[0]);
    if (at) *at = v;
    return at != NULL;
}

static int loop(PyRun *r, PyScope *s, const Py *st, Pv *result, int *done)
{
    Pv over;
    if (!expr(r, s, st->kid[1], &over)) return 0;
    if (!over.items) return fails(r, st, "this cannot be run through");
    for (int k = 0; k < over.items->n && !*done; k++)
        if (!bind(r, s, st->kid[0], over.items->at[k]) || !block(r, s, st->kid[2], result, done)) return 0;
    return 1;
}

static int block(PyRun *r, PyScope *s, const Py *b, Pv *result, int *done)
{
    for (int k = 0; k < b->n && !*done; k++) {
        const Py *st = b->kid[k];
        Pv c;
        int ok = 1;
        switch (st->kind) {
        case PY_return: *done = 1; ok = st->n ? expr(r, s, st->kid[0], result) : 1; break;
        case PY_if:
            ok = expr(r, s, st->kid[0], &c);
            if (ok && pv_truth(&c)) ok = block(r, s, st->kid[1], result, done);
            else if (ok && st->n > 2) ok = block(r, s, st->kid[2], result, done);
            break;
        case PY_for: ok = loop(r, s, st, result, done); break;
        case PY_assign: ok = assign(r, s, st); break;
        case PY_expr: ok = expr(r, s, st->kid[0], &c); break;
        default: ok = fails(r, st, "this statement is not part of the functions of generated programs");
        }
        if (!ok) return 0;
    }
    return 1;
}
