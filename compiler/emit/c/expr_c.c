/* expr_c.c - scalar expressions as C. Takes an Expr whose slots are open loops, gives text; what it reads becomes a
 * parameter of the function under construction. Integers wrap at 32 bits: where the interval analysis cannot
 * exclude overflow the operation goes through uint32_t. */
#include <math.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"

const char *c_slot(const FnC *f, int slot)
{
    int rank = f->node->rank;
    return slot < rank ? arena_printf(f->e->a, "o%d", slot) : arena_printf(f->e->a, "r%d", slot - rank);
}

static int isf(DType t) { return dtype_is_float(t); }
const char *c_value(DType t) { return t == DT_f64 ? "double" : t == DT_i64 ? "int64_t" : isf(t) ? "float" : "int32_t"; }
const char *c_zero(DType t) { return t == DT_f64 ? "0.0" : isf(t) ? "0.0f" : "0"; }
const char *c_one(DType t) { return t == DT_f64 ? "1.0" : isf(t) ? "1.0f" : "1"; }

const char *c_combine(CEmit *e, DType t, const char *op, const char *a, const char *b)
{
    if (isf(t)) return arena_printf(e->a, "%s %s %s", a, op, b);
    int wide = t == DT_i64;
    return arena_printf(e->a, "(int%d_t)((uint%d_t)%s %s (uint%d_t)%s)", wide ? 64 : 32, wide ? 64 : 32, a, op, wide ? 64 : 32, b);
}

const char *c_limit(CEmit *e, DType t, int largest)
{
    if (t == DT_f64) { c_need(e, "dinf"); return arena_printf(e->a, largest ? "%s_dinf()" : "-%s_dinf()", e->prefix); }
    if (isf(t)) { c_need(e, "inf"); return arena_printf(e->a, largest ? "%s_inf()" : "-%s_inf()", e->prefix); }
    if (t == DT_i64) return largest ? "INT64_MAX" : "INT64_MIN";
    return largest ? "2147483647" : "(-2147483647 - 1)";
}

/* fn: a function of runtime/math without prefix, such as "exp". */
void c_need(CEmit *e, const char *fn)
{
    if (smap_get(&e->math, fn)) return;
    smap_put(&e->math, fn, e);
    vec_push(e->a, &e->math_order, arena_str(e->a, fn, strlen(fn)));
}

static const char *call(FnC *f, const char *fn, const char *args)
{
    c_need(f->e, fn + 4);
    return arena_printf(f->e->a, "%s_%s(%s)", f->e->prefix, fn + 4, args);
}

static void range_for(FnC *f, const Expr *e, int64_t *lo, int64_t *hi)
{
    RangeCtx rc;
    range_ctx(&rc, f->e->plan->module, f->ep->entry, f->node);
    range_of(&rc, e, lo, hi);
}

static int nonneg(FnC *f, const Expr *e)
{
    int64_t lo, hi;
    range_for(f, e, &lo, &hi);
    return lo >= 0;
}

/* The mathematical result of e stays in 32 bits (otherwise the C must not use signed arithmetic). */
static int fits(FnC *f, const Expr *e)
{
    int64_t a, b, c = 0, d = 0;
    range_for(f, e->arg[0], &a, &b);
    if (e->n > 1) range_for(f, e->arg[1], &c, &d);
    const int64_t lim = INT32_MAX, small = INT64_C(1) << 31;
    if (a < -small || b > small || c < -small || d > small) return 0;
    int64_t lo = 0, hi = 0;
    switch (e->op) {
    case EX_add: lo = a + c; hi = b + d; break;
    case EX_sub: lo = a - d; hi = b - c; break;
    case EX_neg: lo = -b; hi = -a; break;
    case EX_mul: {
        int64_t p[4] = {a * c, a * d, b * c, b * d};
        lo = hi = p[0];
        for (int k = 1; k < 4; k++) { if (p[k] < lo) lo = p[k]; if (p[k] > hi) hi = p[k]; }
        break;
    }
    default: return 1;
    }
    return lo >= -lim && hi <= lim;
}

/* Subscript k as the buffer counts: a tile holds the rows of its regions only. */
Expr *buffer_sub(FnC *f, const Buffer *b, int k, Expr *sub)
{
    Module *m = f->e->plan->module;
    for (int j = 0; j < b->ntile; j++)
        if (b->tile[j].axis == k) sub = ex_sub(m, sub, ex_sym(m, b->tile[j].region->first));
    return sub;
}

Expr *buffer_at(FnC *f, const Buffer *b, Expr *const *subs)
{
    Module *m = f->e->plan->module;
    Expr *at = ex_int(m, 0), *col = at;
    for (int k = 0; k < b->rank; k++) {
        Expr *step = ex_mul(m, buffer_sub(f, b, k, subs[k]), b->stride[k]);
        if (b->panel && b->col_axes >> k & 1) col = ex_add(m, col, step);
        else at = ex_add(m, at, step);
    }
    if (!b->panel) return at;
    Expr *width = ex_int(m, b->panel), *panel = ex_mul(m, ex_bin(m, EX_div, col, width), ex_int(m, b->panel * b->depth));
    return ex_add(m, ex_add(m, panel, ex_mul(m, at, width)), ex_bin(m, EX_mod, col, width));
}

const char *c_element(FnC *f, const Buffer *b, const char *p, const char *at)
{
    const char *el = arena_printf(f->e->a, "%s[%s]", p, at);
    switch (b->dtype) {
    case DT_f16: c_need(f->e, "f16_to_f32"); return arena_printf(f->e->a, "%s_f16_to_f32(%s)", f->e->prefix, el);
    case DT_bf16: c_need(f->e, "bf16_to_f32"); return arena_printf(f->e->a, "%s_bf16_to_f32(%s)", f->e->prefix, el);
    case DT_bool: return arena_printf(f->e->a, "(%s != 0)", el);
    case DT_f32: case DT_i32: case DT_f64: case DT_i64: return el;
    default: return arena_printf(f->e->a, "(int32_t)%s", el);
    }
}

const char *c_place(FnC *f, Expr *at)
{
    Affine a;
    if (!f->e->lane || !affine_of(at, &a)) return c_expr(f, at);
    for (int k = 0; k < a.n; k++) {
        if (a.t[k].atom->op != EX_sym || a.t[k].atom->u.sym != f->e->lane || a.t[k].k != 1) continue;
        a.t[k] = a.t[--a.n];
        Expr *rest = affine_expr(f->e->plan->module, &a);
        int64_t v;
        return ex_is_int(rest, &v) && v == 0 ? "l" : arena_printf(f->e->a, "(%s + l)", c_expr(f, rest));
    }
    return c_expr(f, at);
}

const char *c_read(FnC *f, const Node *n, Expr *const *subs)
{
    const Buffer *b = fn_buffer(f, n);
    return c_element(f, b, fn_param_buf(f, b, n, 0), c_place(f, buffer_at(f, b, subs)));
}

const char *c_store(FnC *f, DType t, const char *v)
{
    switch (t) {
    case DT_f16: c_need(f->e, "f32_to_f16"); return arena_printf(f->e->a, "%s_f32_to_f16(%s)", f->e->prefix, v);
    case DT_bf16: c_need(f->e, "f32_to_bf16"); return arena_printf(f->e->a, "%s_f32_to_bf16(%s)", f->e->prefix, v);
    case DT_f32: case DT_i32: case DT_f64: case DT_i64: return v;
    case DT_bool: return arena_printf(f->e->a, "(uint8_t)(%s)", v);
    default: return arena_printf(f->e->a, "(%s)(%s)", c_type(t), v);
    }
}

static const char *literal(FnC *f, const Expr *e)
{
    Arena *a = f->e->a;
    if (e->op == EX_int) {
        if (e->dtype == DT_bool) return e->u.i ? "1" : "0";
        if (e->dtype == DT_i64) return e->u.i == INT64_MIN ? "INT64_MIN" : arena_printf(a, e->u.i < 0 ? "(-INT64_C(%lld))" : "INT64_C(%lld)", (long long)(e->u.i < 0 ? -e->u.i : e->u.i));
        if (e->u.i == INT32_MIN) return "(-2147483647 - 1)";
        return arena_printf(a, e->u.i < 0 ? "(%lld)" : "%lld", (long long)e->u.i);
    }
    double v = e->u.f;
    if (e->dtype == DT_f64) {
        if (isnan(v)) { c_need(f->e, "dnan"); return arena_printf(a, "%s_dnan()", f->e->prefix); }
        if (isinf(v)) return arena_printf(a, "(%s)", c_limit(f->e, DT_f64, v > 0));
        const char *t = fmt_f64(a, v);
        return arena_printf(a, signbit(v) ? "(%s%s)" : "%s%s", t, strpbrk(t, ".e") ? "" : ".0");
    }
    if (isnan(v)) { c_need(f->e, "nan"); return arena_printf(a, "%s_nan()", f->e->prefix); }
    if (isinf(v) || fabs(v) > 3.4028234663852886e38) { c_need(f->e, "inf"); return arena_printf(a, v < 0 ? "(-%s_inf())" : "%s_inf()", f->e->prefix); }
    return arena_printf(a, signbit(v) ? "(%sf)" : "%sf", fmt_f32(a, (float)v));
}

static const char *int_op(FnC *f, const Expr *e, const char *x, const char *y)
{
    Arena *a = f->e->a;
    const char *op = expr_info[e->op].c;
    switch (e->op) {
    case EX_add: case EX_sub: case EX_mul:
        if (fits(f, e)) return arena_printf(a, "(%s %s %s)", x, op, y);
        return arena_printf(a, "(int32_t)((uint32_t)%s %s (uint32_t)%s)", x, op, y);
    case EX_neg:
        if (fits(f, e)) return arena_printf(a, "(-%s)", x);
        return arena_printf(a, "(int32_t)(0u - (uint32_t)%s)", x);
    case EX_div: case EX_mod: {
        int64_t lo, hi;
        range_for(f, e->arg[1], &lo, &hi);
        if (lo > 0 && nonneg(f, e->arg[0])) return arena_printf(a, "(%s %s %s)", x, e->op == EX_div ? "/" : "%", y);
        return call(f, e->op == EX_div ? "tfx_idiv" : "tfx_imod", arena_printf(a, "%s, %s", x, y));
    }
    case EX_pow: return call(f, "tfx_ipow", arena_printf(a, "%s, %s", x, y));
    case EX_shl: return call(f, "tfx_shl", arena_printf(a, "%s, %s", x, y));
    case EX_shr: return call(f, "tfx_shr", arena_printf(a, "%s, %s", x, y));
    case EX_min: return call(f, "tfx_imin", arena_printf(a, "%s, %s", x, y));
    case EX_max: return call(f, "tfx_imax", arena_printf(a, "%s, %s", x, y));
    case EX_abs: return call(f, "tfx_iabs", x);
    case EX_sign: return call(f, "tfx_isign", x);
    default: return NULL;
    }
}

/* The result stays in 64 bits for sure. */
static int fits_wide(FnC *f, const Expr *e)
{
    int64_t lo, hi;
    range_for(f, e, &lo, &hi);
    return lo > INT64_MIN && hi < INT64_MAX;
}

static const char *wide_op(FnC *f, const Expr *e, const char *x, const char *y)
{
    Arena *a = f->e->a;
    const char *op = expr_info[e->op].c, *fn = NULL;
    switch (e->op) {
    case EX_add: case EX_sub: case EX_mul: return fits_wide(f, e) ? arena_printf(a, "(%s %s %s)", x, op, y) : c_combine(f->e, DT_i64, op, x, y);
    case EX_neg: return arena_printf(a, "(int64_t)(0u - (uint64_t)%s)", x);
    case EX_div: fn = "tfx_ldiv"; break;
    case EX_mod: fn = "tfx_lmod"; break;
    case EX_pow: fn = "tfx_lpow"; break;
    case EX_min: fn = "tfx_lmin"; break;
    case EX_max: fn = "tfx_lmax"; break;
    case EX_abs: return call(f, "tfx_labs", x);
    case EX_sign: return call(f, "tfx_lsign", x);
    default: return NULL;
    }
    return call(f, fn, arena_printf(a, "%s, %s", x, y));
}

static const char *double_op(FnC *f, const Expr *e, const char *x, const char *y)
{
    switch (e->op) {
    case EX_min: return call(f, "tfx_dmin", arena_printf(f->e->a, "%s, %s", x, y));
    case EX_max: return call(f, "tfx_dmax", arena_printf(f->e->a, "%s, %s", x, y));
    case EX_mod: return call(f, "tfx_dmod", arena_printf(f->e->a, "%s, %s", x, y));
    case EX_abs: return call(f, "tfx_dabs", x);
    case EX_sign: return call(f, "tfx_dsign", x);
    case EX_floor: return call(f, "tfx_dfloor", x);
    case EX_ceil: return call(f, "tfx_dceil", x);
    case EX_round: return call(f, "tfx_dround", x);
    case EX_trunc: return call(f, "tfx_dtrunc", x);
    case EX_pow: bug("no C form of pow of doubles");
    default: return NULL;
    }
}

static const char *operator_text(FnC *f, const Expr *e)
{
    Arena *a = f->e->a;
    const char *x[3] = {"", "", ""};
    for (int k = 0; k < e->n && k < 3; k++) x[k] = c_expr(f, e->arg[k]);
    TypeClass cls = dtype_class(e->arg[0]->dtype);
    if (cls == CLS_I && e->dtype == DT_i32) {
        const char *t = int_op(f, e, x[0], x[1]);
        if (t) return t;
    }
    if (e->dtype == DT_i64 && e->arg[0]->dtype == DT_i64) {
        const char *t = wide_op(f, e, x[0], x[1]);
        if (t) return t;
    }
    if (e->dtype == DT_f64 && e->arg[0]->dtype == DT_f64) {
        const char *t = double_op(f, e, x[0], x[1]);
        if (t) return t;
    }
    const ExprInfo *info = &expr_info[e->op];
    switch (e->op) {
    case EX_select: return arena_printf(a, "(%s ? %s : %s)", x[0], x[1], x[2]);
    case EX_min: return call(f, "tfx_fmin", arena_printf(a, "%s, %s", x[0], x[1]));
    case EX_max: return call(f, "tfx_fmax", arena_printf(a, "%s, %s", x[0], x[1]));
    case EX_neg: return arena_printf(a, "(-%s)", x[0]);
    case EX_abs: return call(f, "tfx_fabs", x[0]);
    case EX_sign: return call(f, "tfx_sign", x[0]);
    case EX_not: return arena_printf(a, "(!%s)", x[0]);
    case EX_mod: return call(f, "tfx_fmod", arena_printf(a, "%s, %s", x[0], x[1]));
    case EX_to_f: return arena_printf(a, "(float)%s", x[0]);
    case EX_to_d: return arena_printf(a, "(double)%s", x[0]);
    case EX_to_l: return cls == CLS_F || cls == CLS_D ? call(f, "tfx_tolong", x[0]) : arena_printf(a, "(int64_t)%s", x[0]);
    case EX_to_i:
        if (cls == CLS_D) bug("no C form of f64 to i32");
        if (cls == CLS_L) return arena_printf(a, "(int32_t)(uint32_t)%s", x[0]);
        return cls == CLS_F ? call(f, "tfx_toint", x[0]) : arena_printf(a, "(int32_t)%s", x[0]);
    case EX_to_b: return arena_printf(a, "(%s != 0)", x[0]);
    case EX_guard:
        f->flags |= 1;
        return call(f, "tfx_guard", arena_printf(a, "%s, %s, err", x[0], x[1]));
    default: break;
    }
    if (info->c[0] == 't') return call(f, info->c, info->arity == 1 ? x[0] : info->arity == 2 ? arena_printf(a, "%s, %s", x[0], x[1]) : arena_printf(a, "%s, %s, %s", x[0], x[1], x[2]));
    /* & of comparisons has no branch and becomes vector code; with a call in it clang suspects a mistake and warns. */
    if (e->op == EX_and || e->op == EX_or) {
        int calls = strstr(x[0], arena_printf(a, "%s_", f->e->prefix)) || strstr(x[1], arena_printf(a, "%s_", f->e->prefix));
        return arena_printf(a, "(%s %s%s %s)", x[0], info->c, calls ? info->c : "", x[1]);
    }
    if (info->arity == 2) return arena_printf(a, "(%s %s %s)", x[0], info->c, x[1]);
    bug("no C form of %s", info->name);
}

typedef struct Part { const Expr *part; int found; } Part;
static void is_part(void *u, const Expr *e) { ((Part *)u)->found |= ((Part *)u)->part == e; }
static int contains(const Expr *e, const Expr *part)
{
    Part p = {part, 0};
    ex_visit(e, is_part, &p);
    return p.found;
}

const char *c_in_range(FnC *f, const Expr *e, const Expr *lane)
{
    const Node *n = e->u.node;
    Arena *a = f->e->a;
    RangeCtx rc;
    range_ctx(&rc, f->e->plan->module, f->ep->entry, f->node);
    const char *cond = "";
    for (int k = 0; k < n->rank; k++) {
        int64_t lo, hi, elo, ehi;
        range_of(&rc, e->arg[k], &lo, &hi);
        range_of(&rc, n->ext[k], &elo, &ehi);
        if (lo >= 0 && hi < elo) continue;
        if (lane && contains(e->arg[k], lane)) return NULL;
        const char *s = c_expr(f, e->arg[k]);
        if (lo < 0) cond = arena_printf(a, "%s%s%s >= 0", cond, *cond ? " && " : "", s);
        if (hi >= elo) cond = arena_printf(a, "%s%s%s < %s", cond, *cond ? " && " : "", s, c_expr(f, n->ext[k]));
    }
    return cond;
}

static const char *read_or(FnC *f, const Expr *e)
{
    const char *cond = c_in_range(f, e, NULL), *in = c_read(f, e->u.node, e->arg);
    return *cond ? arena_printf(f->e->a, "(%s ? %s : %s)", cond, in, c_expr(f, e->arg[e->u.node->rank])) : in;
}

const char *c_expr(FnC *f, const Expr *e)
{
    const char *t = map_get(&f->temps, e);
    if (t) return t;
    switch (e->op) {
    case EX_int: case EX_flt: return literal(f, e);
    case EX_index: return c_slot(f, e->u.slot);
    case EX_sym: return fn_param_sym(f, e->u.sym);
    case EX_read: return c_read(f, e->u.node, e->arg);
    case EX_read_or: return read_or(f, e);
    case EX_acc: return f->acc;
    default: return operator_text(f, e);
    }
}
