/* vector.c - expressions in the vectors of the target (targets/<isa>/vec.h, targets/vector/math.h): what stands behind a
 * contraction, for as many columns as a vector has. Takes an expression over the lane symbol, gives C text; NULL when some
 * part has no vector form, and the caller takes its loop over lanes. */
#include <string.h>
#include "compiler/base/embedded.h"
#include "compiler/emit/c/c_int.h"

typedef struct Vec { FnC *f; const char *acc; Map uses, names; } Vec;

static const char *vec_call(const Vec *v, const char *fn, const char *args) { return arena_printf(v->f->e->a, "%s_v_%s(%s)", v->f->e->prefix, fn, args); }

static const char *const marker = "/* vec: ";

/* The section of a function; NULL: none, or one that needs scalar code. */
static const char *section(const EmbeddedFile *math, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strstr(math->text, marker); p; p = strstr(p + 1, marker)) {
        const char *at = p + strlen(marker), *eol = strchr(at, '\n'), *scalar = strstr(at, "scalar=");
        if (!strncmp(at, name, n) && at[n] == ' ') return scalar && scalar < eol ? NULL : p;
    }
    return NULL;
}

static const EmbeddedFile *math_file(void)
{
    const EmbeddedFile *f = embedded_find("targets/vector/math.h");
    if (!f) bug("the vector functions are not embedded");
    return f;
}

/* The function and what it needs, in an order in which C can read them. 0: there is none. */
static int need(CEmit *e, const char *name)
{
    const EmbeddedFile *math = math_file();
    const char *at = section(math, name);
    if (!at) return 0;
    if (smap_get(&e->vec_math, name)) return 1;
    for (const char *p = strstr(at, "needs=") + strlen("needs="); *p > ' ';) {
        size_t n = strcspn(p, ", \n");
        if (!n || !need(e, arena_str(e->a, p, n))) return 0;
        p += n + (p[n] == ',');
    }
    smap_put(&e->vec_math, name, (void *)(uintptr_t)at);
    vec_push(e->a, &e->vec_order, arena_str(e->a, name, strlen(name)));
    return 1;
}

int vector_need(CEmit *e, const char *name) { return need(e, name); }

void vector_math(CEmit *e, Out *to)
{
    for (int k = 0; k < e->vec_order.n; k++) {
        const char *at = smap_get(&e->vec_math, e->vec_order.at[k]), *text = strchr(at, '\n') + 1, *end = strstr(text, marker);
        out_n(to, text, end ? (size_t)(end - text) : strlen(text));
    }
}

typedef struct Seek { const Sym *lane; int found; } Seek;
static void seek_lane(void *u, const Expr *e)
{
    Seek *s = u;
    if (e->op == EX_acc || (e->op == EX_sym && e->u.sym == s->lane)) s->found = 1;
}

/* Does e differ from column to column? */
static int has_lane(const Vec *v, const Expr *e)
{
    Seek s = {v->f->e->lane, 0};
    ex_visit(e, seek_lane, &s);
    return s.found;
}

const char *vector_place(FnC *f, const Buffer *b, const char *p, Expr *at)
{
    Affine a;
    if (b->dtype != DT_f32 || !affine_of(at, &a) || affine_coef(&a, ex_sym(f->e->plan->module, f->e->lane)) != 1) return NULL;
    for (int k = 0; k < a.n; k++) {                          /* the lane in a quotient, for instance */
        Seek s = {f->e->lane, 0};
        if (a.t[k].atom->op == EX_sym) continue;
        ex_visit(a.t[k].atom, seek_lane, &s);
        if (s.found) return NULL;
    }
    return arena_printf(f->e->a, "%s + %s", p, c_place(f, at));
}

static const char *vec_text(Vec *v, const Expr *e);

static const char *vec_read(Vec *v, const Expr *e)
{
    FnC *f = v->f;
    const Buffer *b = fn_buffer(f, e->u.node);
    if (b->panel) return NULL;
    const char *at = vector_place(f, b, fn_param_buf(f, b, e->u.node, 0), buffer_at(f, b, e->arg));
    return at ? vec_call(v, "load", at) : NULL;
}

static const char *const plain[] = {"add", "sub", "mul", "div", "min", "max"};
static const ExprOp plain_op[] = {EX_add, EX_sub, EX_mul, EX_div, EX_min, EX_max};

static const char *vec_operator(Vec *v, const Expr *e)
{
    Arena *a = v->f->e->a;
    const char *x[2] = {"", ""}, *c = expr_info[e->op].c;
    if (e->n > 2) return NULL;
    for (int k = 0; k < e->n; k++) if (!(x[k] = vec_text(v, e->arg[k]))) return NULL;
    for (size_t k = 0; k < sizeof plain_op / sizeof *plain_op; k++)
        if (e->op == plain_op[k]) return vec_call(v, plain[k], arena_printf(a, "%s, %s", x[0], x[1]));
    if (e->op == EX_neg) return vec_call(v, "neg", x[0]);
    if (e->op == EX_abs) return vec_call(v, "abs", x[0]);
    if (e->op == EX_sqrt) return vec_call(v, "sqrt", x[0]);
    if (e->n != 1 || !c || strncmp(c, "tfx_", 4) || !need(v->f->e, c + 4)) return NULL;
    return vec_call(v, c + 4, x[0]);
}

static const char *vec_text(Vec *v, const Expr *e)
{
    FnC *f = v->f;
    const char *had = map_get(&v->names, e), *t;
    if (had) return had;
    if (e->dtype != DT_f32) return NULL;
    if (e->op == EX_acc) return v->acc;
    if (!has_lane(v, e)) return vec_call(v, "set1", c_expr(f, e));
    t = e->op == EX_read ? vec_read(v, e) : e->op == EX_read_or || e->op == EX_select || e->op == EX_guard ? NULL : vec_operator(v, e);
    if (!t || (uintptr_t)map_get(&v->uses, e) < 2) return t;
    const char *name = arena_printf(f->e->a, "v%d", f->ntemps++);
    out_f(&f->body, "const %s_v %s = %s;\n", f->e->prefix, name, t);
    map_put(&v->names, e, (void *)(uintptr_t)name);
    return name;
}

static void count(Vec *v, const Expr *e)
{
    uintptr_t n = (uintptr_t)map_get(&v->uses, e);
    map_put(&v->uses, e, (void *)(n + 1));
    if (!n && e->op != EX_read) for (int k = 0; k < e->n; k++) count(v, e->arg[k]);
}

const char *vector_expr(FnC *f, const Expr *e, const char *acc)
{
    Vec v = {f, acc, {0}, {0}};
    map_init(&v.uses, f->e->a);
    map_init(&v.names, f->e->a);
    count(&v, e);
    return vec_text(&v, e);
}
