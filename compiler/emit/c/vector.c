/* vector.c - expressions in the vectors of the target (targets/<isa>/vec.h, targets/vector/math.h), for as many elements as a
 * vector has. Takes an expression and what in it steps from element to element (VecAt), gives C text; NULL when some part has
 * no vector form, and the caller takes its scalar loop. Conditions are masks; both arms are computed where they may be. */
#include <string.h>
#include "compiler/base/embedded.h"
#include "compiler/emit/c/c_int.h"
#include "compiler/plan/kernel.h"

typedef struct Vec { FnC *f; VecAt at; Map uses, names; int lazy; /* under a condition: what is declared must be safe */ } Vec;

static const char *vec_call(const Vec *v, const char *fn, const char *args) { return arena_printf(v->f->e->a, "%s_v_%s(%s)", v->f->e->prefix, fn, args); }
static const char *mask_call(const Vec *v, const char *fn, const char *args) { return arena_printf(v->f->e->a, "%s_vm_%s(%s)", v->f->e->prefix, fn, args); }

/* ---- which functions there are ---- */
static const char *const marker = "/* vec: ";

/* The section of a function; NULL: none. */
static const char *section(const EmbeddedFile *math, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strstr(math->text, marker); p; p = strstr(p + 1, marker)) {
        const char *at = p + strlen(marker);
        if (!strncmp(at, name, n) && at[n] == ' ') return p;
    }
    return NULL;
}

static const EmbeddedFile *math_file(void)
{
    const EmbeddedFile *f = embedded_find("targets/vector/math.h");
    if (!f) bug("the vector functions are not embedded");
    return f;
}

/* The file of runtime/math that the head line of a section names, by its first function. */
static void need_scalar(CEmit *e, const char *section)
{
    const char *eol = strchr(section, '\n'), *at = strstr(section, "scalar=");
    if (!at || at > eol) return;
    at += strlen("scalar=");
    const EmbeddedFile *f = embedded_find(arena_printf(e->a, "runtime/math/%.*s.c", (int)strcspn(at, " \n"), at));
    const char *first = f ? strstr(f->text, ": math ") : NULL;
    if (!first) bug("no runtime file for %.20s", at);
    first += strlen(": math ");
    c_need(e, arena_str(e->a, first, strcspn(first, ", \n")));
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
    need_scalar(e, at);
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

/* ---- what steps ---- */
typedef struct Seek { const Expr *lane; int found; } Seek;
static void seek_lane(void *u, const Expr *e)
{
    Seek *s = u;
    if (e->op == EX_acc || e == s->lane) s->found = 1;
}

/* Does e differ from element to element? */
static int has_lane(const Expr *lane, const Expr *e)
{
    Seek s = {lane, 0};
    ex_visit(e, seek_lane, &s);
    return s.found;
}

/* How far an integer expression steps with the lane; 0: not evenly, or not at all. */
static int64_t lane_step(const Expr *lane, const Expr *e)
{
    Affine a;
    if (!affine_of(e, &a)) return 0;
    for (int k = 0; k < a.n; k++) if (a.t[k].atom != lane && has_lane(lane, a.t[k].atom)) return 0;     /* the lane in a quotient, for instance */
    return affine_coef(&a, lane);
}

const char *vector_place(FnC *f, const char *p, Expr *at, const Expr *lane)
{
    return lane_step(lane, at) == 1 ? arena_printf(f->e->a, "%s + %s", p, c_place(f, at)) : NULL;
}

/* "" for floats, "_f16", "_bf16" behind load and store; NULL: there is no such word. */
static const char *format_word(DType t) { return t == DT_f32 ? "" : t == DT_f16 ? "_f16" : t == DT_bf16 ? "_bf16" : NULL; }

const char *vector_store(FnC *f, const Buffer *b, const char *place, const char *left, const char *value)
{
    const char *word = format_word(b->dtype);
    if (!word || !place || !value) return NULL;
    if (!left) return arena_printf(f->e->a, "%s_v_store%s(%s, %s);", f->e->prefix, word, place, value);
    return arena_printf(f->e->a, "%s_v_store%s_first(%s, %s, %s);", f->e->prefix, word, place, left, value);
}

static const char *vec_text(Vec *v, const Expr *e);

static const char *load(const Vec *v, const Expr *e, const char *word)
{
    FnC *f = v->f;
    const Buffer *b = fn_buffer(f, e->u.node);
    if (b->panel) return NULL;
    const char *at = vector_place(f, fn_param_buf(f, b, e->u.node, 0), buffer_at(f, b, e->arg), v->at.lane);
    if (!at) return NULL;
    if (!v->at.left) return vec_call(v, arena_printf(f->e->a, "load%s", word), at);
    return vec_call(v, arena_printf(f->e->a, "load%s_first", word), arena_printf(f->e->a, "%s, %s", at, v->at.left));
}

static const char *vec_read(Vec *v, const Expr *e)
{
    const char *word = format_word(fn_buffer(v->f, e->u.node)->dtype);
    return word ? load(v, e, word) : NULL;
}

/* Outside of the tensor for all elements alike. */
static const char *vec_read_or(Vec *v, const Expr *e)
{
    FnC *f = v->f;
    const char *cond = c_in_range(f, e, v->at.lane);
    if (!cond) return NULL;
    Expr *in = ex_read(f->e->plan->module, e->u.node, e->arg);
    v->lazy++;
    const char *x = has_lane(v->at.lane, in) ? vec_read(v, in) : vec_call(v, "set1", c_expr(f, in)), *pad = vec_text(v, e->arg[e->n - 1]);
    v->lazy--;
    if (!x || !pad) return NULL;
    return *cond ? arena_printf(f->e->a, "(%s ? %s : %s)", cond, x, pad) : x;
}

/* ---- integers and conditions ---- */
static int exact_in_float(const Vec *v, const Expr *e)
{
    enum { LIMIT = 1 << 24 };
    int64_t lo, hi;
    RangeCtx rc;
    range_ctx(&rc, v->f->e->plan->module, v->f->ep->entry, v->f->node);
    range_of(&rc, e, &lo, &hi);
    return lo >= -LIMIT && hi <= LIMIT - LANES;
}

/* An integer as float; rounded: it need not be exact. */
static const char *vec_int(Vec *v, const Expr *e, int rounded)
{
    Arena *a = v->f->e->a;
    int64_t step = lane_step(v->at.lane, e);
    if (e->dtype != DT_i32 || (!rounded && !exact_in_float(v, e))) return NULL;
    if (!has_lane(v->at.lane, e)) return vec_call(v, "set1", arena_printf(a, "(float)%s", c_expr(v->f, e)));
    if (e->op == EX_read) return fn_buffer(v->f, e->u.node)->dtype == DT_i32 ? load(v, e, "_i32") : NULL;
    if (!step || step > 1024 || step < -1024 || !exact_in_float(v, e)) return NULL;
    const char *first = vec_call(v, "set1", arena_printf(a, "(float)%s", c_expr(v->f, e))), *count = vec_call(v, "count", "");
    if (step == 1) return vec_call(v, "add", arena_printf(a, "%s, %s", first, count));
    return vec_call(v, "fma", arena_printf(a, "%s, %s, %s", count, vec_call(v, "set1", arena_printf(a, "%lld.0f", (long long)step)), first));
}

static const char *vec_mask(Vec *v, const Expr *e)
{
    static const struct { ExprOp op; const char *word; } compare[] = {{EX_lt, "lt"}, {EX_le, "le"}, {EX_eq, "eq"}, {EX_ne, "ne"}};
    Arena *a = v->f->e->a;
    const char *x, *y;
    if (!has_lane(v->at.lane, e)) return mask_call(v, "first", arena_printf(a, "%s ? %d : 0", c_expr(v->f, e), v->f->e->target->width));
    if (e->op == EX_not) return (x = vec_mask(v, e->arg[0])) ? mask_call(v, "not", x) : NULL;
    if (e->op == EX_and || e->op == EX_or) {
        x = vec_mask(v, e->arg[0]);
        y = x ? vec_mask(v, e->arg[1]) : NULL;
        return y ? mask_call(v, e->op == EX_and ? "and" : "or", arena_printf(a, "%s, %s", x, y)) : NULL;
    }
    if (e->op == EX_to_b && e->arg[0]->dtype == DT_f32) return (x = vec_text(v, e->arg[0])) ? vec_call(v, "ne", arena_printf(a, "%s, %s", x, vec_call(v, "zero", ""))) : NULL;
    for (size_t k = 0; k < sizeof compare / sizeof *compare; k++) {
        if (e->op != compare[k].op) continue;
        int floats = e->arg[0]->dtype == DT_f32;
        x = floats ? vec_text(v, e->arg[0]) : vec_int(v, e->arg[0], 0);
        y = !x ? NULL : floats ? vec_text(v, e->arg[1]) : vec_int(v, e->arg[1], 0);
        return y ? vec_call(v, compare[k].word, arena_printf(a, "%s, %s", x, y)) : NULL;
    }
    return NULL;
}

static const char *vec_select(Vec *v, const Expr *e)
{
    Arena *a = v->f->e->a;
    int masks = has_lane(v->at.lane, e->arg[0]);
    const char *m = masks ? vec_mask(v, e->arg[0]) : c_expr(v->f, e->arg[0]), *x = NULL, *y = NULL;
    if (!m || (masks && (!local_safe(v->f, e->arg[1]) || !local_safe(v->f, e->arg[2])))) return NULL;
    v->lazy++;
    if ((x = vec_text(v, e->arg[1])) != NULL) y = vec_text(v, e->arg[2]);
    v->lazy--;
    if (!y) return NULL;
    return masks ? vec_call(v, "select", arena_printf(a, "%s, %s, %s", m, x, y)) : arena_printf(a, "(%s ? %s : %s)", m, x, y);
}

/* ---- floats ---- */
static const struct { ExprOp op; int n; const char *word; } words[] = {
    {EX_add, 2, "add"}, {EX_sub, 2, "sub"}, {EX_mul, 2, "mul"}, {EX_div, 2, "div"}, {EX_min, 2, "min"}, {EX_max, 2, "max"}, {EX_neg, 1, "neg"}, {EX_abs, 1, "abs"},
    {EX_sqrt, 1, "sqrt"}, {EX_floor, 1, "floor"}, {EX_ceil, 1, "ceil"}, {EX_round, 1, "round"}, {EX_trunc, 1, "trunc"},
};

static const char *vec_operator(Vec *v, const Expr *e)
{
    const char *x[2] = {"", ""}, *c = expr_info[e->op].c, *word = NULL;
    if (e->n > 2 || e->n < 1) return NULL;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) if (e->op == words[k].op) word = words[k].word;
    if (!word && e->op == EX_sign) word = need(v->f->e, "sign") ? "sign" : NULL;
    if (!word && e->op == EX_mod) word = need(v->f->e, "fmod") ? "fmod" : NULL;
    if (!word && c && !strncmp(c, "tfx_", 4) && need(v->f->e, c + 4)) word = c + 4;
    if (!word) return NULL;
    for (int k = 0; k < e->n; k++) if (!(x[k] = vec_text(v, e->arg[k]))) return NULL;
    return vec_call(v, word, e->n == 1 ? x[0] : arena_printf(v->f->e->a, "%s, %s", x[0], x[1]));
}

static const char *vec_any(Vec *v, const Expr *e)
{
    switch (e->op) {
    case EX_read: return vec_read(v, e);
    case EX_read_or: return vec_read_or(v, e);
    case EX_select: return vec_select(v, e);
    case EX_to_f:
        if (e->arg[0]->dtype == DT_i32) return vec_int(v, e->arg[0], 1);
        if (e->arg[0]->dtype != DT_bool) return NULL;
        const char *m = vec_mask(v, e->arg[0]);
        return m ? vec_call(v, "select", arena_printf(v->f->e->a, "%s, %s, %s", m, vec_call(v, "set1", "1.0f"), vec_call(v, "zero", ""))) : NULL;
    default: return vec_operator(v, e);
    }
}

static const char *vec_text(Vec *v, const Expr *e)
{
    FnC *f = v->f;
    const char *had = map_get(&v->names, e), *t;
    if (had) return had;
    if (e->dtype != DT_f32) return NULL;
    if (e->op == EX_acc) return v->at.acc;
    if (!has_lane(v->at.lane, e)) return vec_call(v, "set1", c_expr(f, e));
    t = vec_any(v, e);
    if (!t || (uintptr_t)map_get(&v->uses, e) < 2 || (v->lazy && !local_safe(f, e))) return t;
    const char *name = arena_printf(f->e->a, "v%d", f->ntemps++);
    out_f(&f->body, "const %s_v %s = %s;\n", f->e->prefix, name, t);
    map_put(&v->names, e, (void *)(uintptr_t)name);
    return name;
}

static void count(Vec *v, const Expr *e)
{
    uintptr_t n = (uintptr_t)map_get(&v->uses, e);
    map_put(&v->uses, e, (void *)(n + 1));
    if (n || e->op == EX_read || dtype_is_int(e->dtype)) return;
    for (int k = e->op == EX_read_or ? e->n - 1 : 0; k < e->n; k++) count(v, e->arg[k]);
}

const char *vector_expr(FnC *f, const Expr *e, VecAt at)
{
    Vec v = {f, at, {0}, {0}, 0};
    map_init(&v.uses, f->e->a);
    map_init(&v.names, f->e->a);
    count(&v, e);
    return vec_text(&v, e);
}
