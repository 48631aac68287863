/* why.c - where one element comes from. An element is explained by the elements that were read to make it: of a choice only the
 * side that was taken, of a reduction only the positions whose conditions hold. Expressions are evaluated here one at a time, by the
 * scalar meaning of ir/expr_eval.c; the values of nodes are those of the interpreter. */
#include <string.h>
#include "compiler/inspect/why.h"

enum { MOST_DEPTH = 40, MOST_POSITIONS = 6, MOST_READS = 64 };
typedef struct Num { double f; int64_t i; } Num;                 /* both, whatever the class */
typedef struct Read { const Node *n; int64_t at[MAX_RANK]; } Read;
typedef struct Reads { int n; Read at[MOST_READS]; } Reads;
typedef struct Env { Why *w; int64_t slot[MAX_SLOTS]; Num acc; Reads *reads; int failed; } Env;

static void keep(void *u, const Node *n, const Value *v)
{
    Why *w = u;
    Value *own = arena_dup(w->a, v, sizeof *v);                  /* the interpreter's memory ends with the run */
    size_t count = (size_t)value_count(v);
    if (v->f) own->f = arena_dup(w->a, v->f, count * sizeof *v->f);
    if (v->i) own->i = arena_dup(w->a, v->i, count * sizeof *v->i);
    map_put(&w->values, n, own);
}

void why_watch(Why *w)
{
    map_init(&w->values, w->a);
    map_init(&w->shown, w->a);
    interp_watch(w->ip, keep, w);
}

static Num integer(int64_t i) { return (Num){(double)i, i}; }
static Num real(double f) { return (Num){f, (int64_t)(f > -9e18 && f < 9e18 ? f : 0)}; }
static int is_real(const Expr *e) { return dtype_is_float(e->dtype); }

static const Value *value_of(Why *w, const Node *n)
{
    Value *v = map_get(&w->values, n);
    if (v || (n->kind != NODE_const && n->kind != NODE_param)) return v;
    v = NEW(w->a, Value);
    *v = interp_const(w->m, w->a, n);
    map_put(&w->values, n, v);
    return v;
}

static int64_t size_of(const Why *w, const Sym *s)
{
    for (int k = 0; k < w->e->dims.n; k++) if (w->e->dims.at[k] == s) return w->dims[k];
    return 0;
}

static int element(Why *w, const Node *n, const int64_t *at, Num *to)
{
    const Value *v = value_of(w, n);
    int64_t flat = 0;
    if (!v || v->rank != n->rank) return 0;
    for (int k = 0; k < n->rank; k++) {
        if (at[k] < 0 || at[k] >= v->shape[k]) return 0;
        flat = flat * v->shape[k] + at[k];
    }
    *to = v->f ? real(v->f[flat]) : integer(v->i[flat]);
    return 1;
}

static Num eval(Env *v, const Expr *e);

static Num read(Env *v, const Expr *e)
{
    Read r = {.n = e->u.node};
    Num x;
    for (int k = 0; k < r.n->rank; k++) r.at[k] = eval(v, e->arg[k]).i;
    if (!element(v->w, r.n, r.at, &x)) {
        if (e->op == EX_read_or) return eval(v, e->arg[r.n->rank]);
        v->failed = 1;
        return integer(0);
    }
    int known = !v->reads || r.n->kind == NODE_const || r.n->kind == NODE_param;
    for (int k = 0; !known && k < v->reads->n; k++) known = v->reads->at[k].n == r.n && !memcmp(v->reads->at[k].at, r.at, (size_t)r.n->rank * sizeof *r.at);
    if (!known && v->reads->n < MOST_READS) v->reads->at[v->reads->n++] = r;
    return x;
}

static Num operation(Env *v, const Expr *e)
{
    Num arg[8];
    double f[8];
    int64_t i[8];
    int floats = is_real(e), wide = 0;
    if (e->n > 8) { v->failed = 1; return integer(0); }
    for (int k = 0; k < e->n; k++) {
        arg[k] = eval(v, e->arg[k]);
        f[k] = arg[k].f;
        i[k] = arg[k].i;
        floats |= is_real(e->arg[k]);
        wide |= e->arg[k]->dtype == DT_i64;
    }
    if (is_real(e)) return real(expr_eval_f(e->op, f));
    if (floats) return integer((int64_t)expr_eval_f(e->op, f));
    return integer(wide || e->dtype == DT_i64 ? expr_eval_l(e->op, i) : expr_eval_i(e->op, i));
}

static Num eval(Env *v, const Expr *e)
{
    Num c;
    switch (e->op) {
    case EX_int: return integer(e->u.i);
    case EX_flt: return real(e->u.f);
    case EX_index: return integer(v->slot[e->u.slot]);
    case EX_sym: return integer(size_of(v->w, e->u.sym));
    case EX_acc: return v->acc;
    case EX_read: case EX_read_or: return read(v, e);
    case EX_select: c = eval(v, e->arg[0]); return eval(v, e->arg[c.i ? 1 : 2]);
    case EX_and: c = eval(v, e->arg[0]); return c.i ? eval(v, e->arg[1]) : c;
    case EX_or: c = eval(v, e->arg[0]); return c.i ? c : eval(v, e->arg[1]);
    default: return operation(v, e);
    }
}

/* ---- text ---- */

static const char *number_text(Why *w, DType t, Num x)
{
    if (t == DT_bool) return x.i ? "true" : "false";
    return dtype_is_float(t) ? fmt_f64(w->a, x.f) : arena_printf(w->a, "%lld", (long long)x.i);
}

static const char *element_text(Why *w, const Node *n, const int64_t *at)
{
    const char *s = n->name ? n->name : "value";
    Num x;
    for (int k = 0; k < n->rank; k++) s = arena_printf(w->a, "%s%s%lld%s", s, k ? "," : "[", (long long)at[k], k + 1 == n->rank ? "]" : "");
    if (!element(w, n, at, &x)) return s;
    const char *t = n->kind == NODE_input && w->input_text ? w->input_text(w->user, n, n->rank ? at[0] : 0) : NULL;
    return arena_printf(w->a, "%s = %s", s, t ? t : number_text(w, n->dtype, x));
}

static void line(Why *w, int depth, const char *text) { out_f(w->o, "%*s%s", 2 * depth, "", text); }

/* ---- explanation ---- */

static void explain(Why *w, const Node *n, const int64_t *at, int depth);

static void explain_reads(Why *w, const Reads *r, int depth)
{
    for (int k = 0; k < r->n; k++) explain(w, r->at[k].n, r->at[k].at, depth);
}

static int holds(Env *v, const Node *n)
{
    for (int k = 0; k < n->nconj; k++) if (!eval(v, n->conj[k]).i) return 0;
    return !v->failed;
}

/* The positions that a reduction over one index takes, and what it reads there. */
static void reduction(Why *w, const Node *n, const int64_t *at, Reads *r)
{
    static const char *const how[] = {[RED_sum] = "sum over", [RED_first] = "the first of", [RED_last] = "the last of", [RED_max] = "the largest of", [RED_min] = "the smallest of", [RED_argmax] = "where it is largest of", [RED_argmin] = "where it is smallest of", [RED_any] = "any of", [RED_all] = "all of"};
    Env v = {.w = w};
    int64_t found = 0, one = 1, whole = ex_is_int(n->body, &one);
    const char *s = "";
    memcpy(v.slot, at, (size_t)n->rank * sizeof *at);
    int64_t lo = eval(&v, n->r[0].lo).i, hi = eval(&v, n->r[0].hi).i;
    for (int64_t j = lo; j < hi; j++) {
        v.slot[n->rank] = j;
        v.reads = NULL;
        v.failed = 0;
        if (!holds(&v, n)) continue;
        if (++found > MOST_POSITIONS) continue;
        s = arena_printf(w->a, "%s %lld", s, (long long)j);
        v.reads = r;
        eval(&v, n->body);
        holds(&v, n);
        if (n->red == RED_first) { found = MOST_POSITIONS; break; }
    }
    const char *what = n->red == RED_sum && whole ? "positions counted:" : n->red < (int)(sizeof how / sizeof *how) && how[n->red] ? how[n->red] : "over";
    int all = !n->nconj && found > 2;
    if (n->red == RED_first && found) out_f(w->o, "   (taken from position%s)", s);
    else if (!found) out_s(w->o, "   (no position is selected)");
    else if (all) out_f(w->o, "   (%s all %lld positions)", what, (long long)found);
    else out_f(w->o, "   (%s%s%s%s)", what, n->red == RED_sum && whole ? "" : found == 1 ? " position" : " positions", s, found > MOST_POSITIONS ? " .." : "");
}

static void explain(Why *w, const Node *n, const int64_t *at, int depth)
{
    Reads r = {0};
    Env v = {.w = w, .reads = &r};
    const char *text = element_text(w, n, at);
    line(w, depth, text);
    if (n->kind == NODE_input || n->kind == NODE_const || n->kind == NODE_param) { out_s(w->o, "\n"); return; }
    const char *key = intern(w->m->ctx->strings, arena_printf(w->a, "%u:%s", n->id, text));
    if (map_get(&w->shown, key) || depth >= MOST_DEPTH) { out_s(w->o, depth >= MOST_DEPTH ? "   ..\n" : "   (see above)\n"); return; }
    map_put(&w->shown, key, w);
    memcpy(v.slot, at, (size_t)n->rank * sizeof *at);
    if (n->kind == NODE_compute && n->nred == 1) reduction(w, n, at, &r);
    else if (n->kind == NODE_compute && !n->nred && n->body) eval(&v, n->body);
    if (n->kind == NODE_compute && n->post) { element(w, n, at, &v.acc); v.reads = &r; eval(&v, n->post); }
    out_s(w->o, "\n");
    explain_reads(w, &r, depth + 1);
}

void why_explain(Why *w, const Output *out, int64_t at)
{
    int64_t where[MAX_RANK] = {at};
    explain(w, out->node, where, 1);
}
