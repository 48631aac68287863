/* expr.c - hash-consed scalar expressions: leaves, reads, and operators with their folding rules.
 * Takes operands of one module, gives the one Expr that means the operation, in its simplest context-free form.
 * It knows no ranges of indices (range.c) and does not touch the order of float operations.
 *
 * Floats: only constants and identities are folded: x*1, x/1, x+0, x-0, -(-x) and such. tfxc does not tell -0 from 0,
 * so x+0 is x. x*0 and x-x stay (NaN, infinity). pow with a small constant exponent becomes products or sqrt. */
#include <math.h>
#include <string.h>
#include "compiler/ir/expr_impl.h"

const ExprInfo expr_info[EX_COUNT] = {
#define LEAF(name, doc) {#name, -1, 0, 0, "", 0, doc},
#define EXPR(name, arity, res, arg, c, cost, doc) {#name, arity, #res[0], #arg[0], c, cost, doc},
#include "compiler/ir/exprs.def"
#undef LEAF
#undef EXPR
};

int expr_by_name(const char *name)
{
    for (int i = 0; i < EX_COUNT; i++)
        if (!strcmp(expr_info[i].name, name)) return i;
    return -1;
}

/* ---- hash-consing ---- */

struct ExprTable { Expr **slot; uint32_t cap, n; };

static uint64_t payload(const Expr *e)
{
    uint64_t bits = 0;
    switch (e->op) {
    case EX_int: return (uint64_t)e->u.i;
    case EX_flt: memcpy(&bits, &e->u.f, sizeof bits); return bits;
    case EX_index: return (uint64_t)e->u.slot;
    case EX_sym: return (uint64_t)e->u.sym->id;
    case EX_read: case EX_read_or: return e->u.node->id;
    default: return 0;
    }
}

static uint32_t hash_expr(const Expr *e)
{
    uint64_t h = hash_u64(payload(e), (uint64_t)e->op << 8 | (uint64_t)e->dtype);
    for (int i = 0; i < e->n; i++) h = hash_u64(e->arg[i]->id, h);
    return (uint32_t)(h ^ h >> 32);
}

static int same_expr(const Expr *a, const Expr *b)
{
    return a->hash == b->hash && a->op == b->op && a->dtype == b->dtype && a->n == b->n && payload(a) == payload(b)
        && (a->n == 0 || !memcmp(a->arg, b->arg, (size_t)a->n * sizeof *a->arg));
}

static void table_grow(Module *m)
{
    struct ExprTable *t = m->table;
    uint32_t cap = t->cap ? t->cap * 2 : 1024;
    Expr **slot = NEWN(m->arena, Expr *, cap);
    for (uint32_t i = 0; i < t->cap; i++) {
        Expr *e = t->slot[i];
        if (!e) continue;
        uint32_t at = e->hash & (cap - 1);
        while (slot[at]) at = (at + 1) & (cap - 1);
        slot[at] = e;
    }
    t->slot = slot;
    t->cap = cap;
}

static uint32_t own_traits(const Expr *e)
{
    switch (e->op) {
    case EX_index: return 1u << e->u.slot;
    case EX_sym: return TRAIT_sym;
    case EX_acc: return TRAIT_acc | (dtype_is_int(e->dtype) ? TRAIT_data : 0);
    case EX_read: case EX_read_or: return TRAIT_read | (dtype_is_int(e->dtype) ? TRAIT_data : 0);
    case EX_rand_u32: return TRAIT_data;
    case EX_to_i: case EX_to_l: return dtype_is_float(e->arg[0]->dtype) || e->arg[0]->dtype == DT_i64 ? TRAIT_data : 0;
    case EX_guard: return TRAIT_guard;
    default: return 0;
    }
}

/* Where key is, or where it would go. The table is never full. */
static Expr **find(const struct ExprTable *t, Expr *key)
{
    key->hash = hash_expr(key);
    uint32_t at = key->hash & (t->cap - 1);
    while (t->slot[at] && !same_expr(t->slot[at], key)) at = (at + 1) & (t->cap - 1);
    return &t->slot[at];
}

/* The module's copy of `key`, whose operands belong to the module already. */
static Expr *intern_expr(Module *m, Expr *key)
{
    if (!m->table) m->table = NEW(m->arena, struct ExprTable);
    struct ExprTable *t = m->table;
    if ((t->n + 1) * 4 > t->cap * 3) table_grow(m);
    Expr **slot = find(t, key);
    if (*slot) return *slot;
    Expr *e = arena_dup(m->arena, key, sizeof *key);
    if (e->n) e->arg = arena_dup(m->arena, key->arg, (size_t)e->n * sizeof *e->arg);
    e->traits = own_traits(e);
    for (int i = 0; i < e->n; i++) e->traits |= e->arg[i]->traits;
    e->id = m->next_expr++;
    *slot = e;
    t->n++;
    return e;
}

Expr *ex_find_index(const Module *m, int slot)
{
    Expr key = {.op = EX_index, .dtype = DT_i32};
    key.u.slot = slot;
    return m->table ? *find(m->table, &key) : NULL;
}

Expr *ex_raw(Module *m, ExprOp op, DType dtype, int n, Expr *const *args)
{
    Expr key = {.op = op, .dtype = dtype, .n = n};
    Expr *copy[3];
    for (int i = 0; i < n; i++) copy[i] = args[i];
    key.arg = copy;
    return intern_expr(m, &key);
}

/* ---- structural order ---- */

static int cmp_i64(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* Indices first, then sizes, reads, compound expressions; literals last: o0*4 + T + %3 + 1. */
static int order_class(const Expr *e)
{
    switch (e->op) {
    case EX_index: return 0;
    case EX_sym: return 1;
    case EX_read: return 2;
    case EX_int: case EX_flt: return 4;
    default: return 3;
    }
}

static int cmp_payload(const Expr *a, const Expr *b)
{
    switch (a->op) {
    case EX_int: return cmp_i64(a->u.i, b->u.i);
    case EX_index: return cmp_i64(a->u.slot, b->u.slot);
    case EX_sym: {
        int c = strcmp(a->u.sym->name ? a->u.sym->name : "", b->u.sym->name ? b->u.sym->name : "");
        return c ? c : cmp_i64(a->u.sym->id, b->u.sym->id);
    }
    case EX_read: case EX_read_or: return cmp_i64(a->u.node->id, b->u.node->id);
    case EX_flt:
        if (a->u.f < b->u.f || a->u.f > b->u.f) return a->u.f < b->u.f ? -1 : 1;
        return cmp_i64((int64_t)payload(a), (int64_t)payload(b));
    default: return 0;
    }
}

int ex_cmp(const Expr *a, const Expr *b)
{
    if (a == b) return 0;
    int c = cmp_i64(order_class(a), order_class(b));
    if (!c) c = cmp_i64((int64_t)a->op, (int64_t)b->op);
    if (!c) c = cmp_i64((int64_t)a->dtype, (int64_t)b->dtype);
    if (!c) c = cmp_payload(a, b);
    if (!c) c = cmp_i64(a->n, b->n);
    /* Equal operands are equal pointers, so the first pair that differs decides: one path, never the whole graph. */
    for (int i = 0; !c && i < a->n; i++) c = ex_cmp(a->arg[i], b->arg[i]);
    return c ? c : cmp_i64(a->id, b->id);
}

/* ---- leaves ---- */

Expr *ex_int(Module *m, int64_t v)
{
    Expr key = {.op = EX_int, .dtype = DT_i32};
    key.u.i = (int32_t)(uint32_t)(uint64_t)v;
    return intern_expr(m, &key);
}

Expr *ex_flt(Module *m, double v)
{
    Expr key = {.op = EX_flt, .dtype = DT_f32};
    key.u.f = isnan(v) ? (double)NAN : v == 0 ? 0 : v;
    return intern_expr(m, &key);
}

Expr *ex_long(Module *m, int64_t v)
{
    Expr key = {.op = EX_int, .dtype = DT_i64};
    key.u.i = v;
    return intern_expr(m, &key);
}

Expr *ex_double(Module *m, double v)
{
    Expr key = {.op = EX_flt, .dtype = DT_f64};
    key.u.f = isnan(v) ? (double)NAN : v == 0 ? 0 : v;
    return intern_expr(m, &key);
}

Expr *ex_number(Module *m, DType t, double v)
{
    switch (dtype_class(t)) {
    case CLS_F: return ex_flt(m, v);
    case CLS_D: return ex_double(m, v);
    case CLS_I: return ex_int(m, (int64_t)v);
    case CLS_L: return ex_long(m, (int64_t)v);
    default: return ex_bool(m, v != 0);
    }
}

Expr *ex_bool(Module *m, int v)
{
    Expr key = {.op = EX_int, .dtype = DT_bool};
    key.u.i = !!v;
    return intern_expr(m, &key);
}

Expr *ex_index(Module *m, int slot)
{
    Expr key = {.op = EX_index, .dtype = DT_i32};
    if (slot < 0 || slot >= MAX_SLOTS) bug("index slot %d", slot);
    key.u.slot = slot;
    return intern_expr(m, &key);
}

Expr *ex_sym(Module *m, const Sym *s)
{
    Expr key = {.op = EX_sym, .dtype = DT_i32};
    key.u.sym = s;
    return s->lo == s->hi ? ex_int(m, s->lo) : intern_expr(m, &key);
}

Expr *ex_acc(Module *m, DType dtype)
{
    Expr key = {.op = EX_acc, .dtype = class_dtype(dtype_class(dtype))};
    return intern_expr(m, &key);
}

static Expr *read_expr(Module *m, Node *n, Expr *const *subs, Expr *pad)
{
    Expr *args[MAX_RANK + 1];
    Expr key = {.op = pad ? EX_read_or : EX_read, .dtype = class_dtype(dtype_class(n->dtype)), .n = n->rank + !!pad, .arg = args};
    for (int i = 0; i < n->rank; i++) {
        if (subs[i]->dtype != DT_i32) bug("read of %%%u: subscript %d is %s", n->id, i, dtype_info[subs[i]->dtype].name);
        args[i] = subs[i];
    }
    if (pad && pad->dtype != key.dtype) bug("read of %%%u: pad is %s", n->id, dtype_info[pad->dtype].name);
    if (pad) args[n->rank] = pad;
    key.u.node = n;
    return intern_expr(m, &key);
}

Expr *ex_read(Module *m, Node *n, Expr *const *subs) { return read_expr(m, n, subs, NULL); }
Expr *ex_read_or(Module *m, Node *n, Expr *const *subs, Expr *pad) { return read_expr(m, n, subs, n->rank ? pad : NULL); }

int ex_is_int(const Expr *e, int64_t *v)
{
    if (e->op != EX_int || e->dtype != DT_i32) return 0;
    *v = e->u.i;
    return 1;
}

int ex_is_lit(const Expr *e, double *v)
{
    if (e->op != EX_int && e->op != EX_flt) return 0;
    *v = e->op == EX_int ? (double)e->u.i : e->u.f;
    return 1;
}

/* ---- classes ---- */

static void check_classes(ExprOp op, Expr *const *a)
{
    const ExprInfo *info = &expr_info[op];
    if (info->arity < 0) bug("%s is a leaf, not an operator", info->name);
    int first = op == EX_select, ok = !first || a[0]->dtype == DT_bool;
    int cast = expr_is_cast(op);
    for (int i = first; i < info->arity; i++) {
        TypeClass c = dtype_class(a[i]->dtype);
        ok &= a[i]->dtype == a[first]->dtype;
        if (info->arg == 'F') ok &= c == CLS_F || (c == CLS_D && info->res == 'S');
        else if (info->arg == 'I') ok &= c == CLS_I || (c == CLS_L && (op == EX_band || op == EX_bor || op == EX_bxor));
        else if (info->arg == 'B') ok &= c == CLS_B;
        else if (info->arg == 'N') ok &= cast || c != CLS_B;
    }
    if (!ok) bug("%s of (%s, %s, %s)", info->name, dtype_info[a[0]->dtype].name,
                 info->arity > 1 ? dtype_info[a[1]->dtype].name : "-", info->arity > 2 ? dtype_info[a[2]->dtype].name : "-");
}

static DType result_dtype(ExprOp op, Expr *const *a)
{
    switch (expr_info[op].res) {
    case 'F': return DT_f32;
    case 'I': return expr_info[op].arg == 'I' && a[0]->dtype == DT_i64 ? DT_i64 : DT_i32;
    case 'B': return DT_bool;
    case 'D': return DT_f64;
    case 'L': return DT_i64;
    default: return a[op == EX_select]->dtype;
    }
}

/* ---- folding ---- */

/* All operands literal: the value, by the same function as the interpreter. A guard that fails must stay. */
static Expr *fold_literals(Module *m, ExprOp op, DType result, int n, Expr *const *a)
{
    double f[3] = {0};
    int64_t i[3] = {0};
    int floats = dtype_is_float(result), wide = result == DT_i64;
    for (int k = 0; k < n; k++) {
        if (!ex_is_lit(a[k], &f[k])) return NULL;
        i[k] = a[k]->op == EX_int ? a[k]->u.i : 0;
        wide |= a[k]->dtype == DT_i64;
        if (a[k]->dtype == DT_i64 && floats && (i[k] > INT64_C(1) << 53 || i[k] < -(INT64_C(1) << 53))) return NULL;   /* no exact double */
        floats |= a[k]->op == EX_flt;
    }
    if (op == EX_guard && (i[0] < 0 || i[0] >= i[1])) return NULL;
    if (result == DT_f32) return ex_flt(m, expr_eval_f(op, f));
    if (result == DT_f64) return ex_double(m, expr_eval_f(op, f));
    if (op == EX_to_l && floats && !(f[0] > -0x1p53 && f[0] < 0x1p53)) return NULL;
    int64_t v = floats ? (int64_t)expr_eval_f(op, f) : wide ? expr_eval_l(op, i) : expr_eval_i(op, i);
    return result == DT_bool ? ex_bool(m, v != 0) : result == DT_i64 ? ex_long(m, v) : ex_int(m, v);
}

static int is_lit(const Expr *e, double v)
{
    double x;
    return ex_is_lit(e, &x) && x == v;
}

static int complements(const Expr *a, const Expr *b)
{
    return (a->op == EX_not && a->arg[0] == b) || (b->op == EX_not && b->arg[0] == a);
}

static Expr *fold_logic(Module *m, ExprOp op, Expr *a, Expr *b)
{
    int unit = op == EX_and;                                          /* the value that leaves the other as it is */
    if (is_lit(a, unit) || a == b) return b;
    if (is_lit(b, unit)) return a;
    if (is_lit(a, !unit) || is_lit(b, !unit) || complements(a, b)) return ex_bool(m, !unit);
    return NULL;
}

static Expr *fold_not(Module *m, const Expr *a)
{
    int ints = a->n && a->arg[0]->dtype == DT_i32;
    if (a->op == EX_not) return a->arg[0];
    if (a->op == EX_eq) return ex_bin(m, EX_ne, a->arg[0], a->arg[1]);
    if (a->op == EX_ne) return ex_bin(m, EX_eq, a->arg[0], a->arg[1]);
    if (a->op == EX_lt && ints) return ex_bin(m, EX_le, a->arg[1], a->arg[0]);
    if (a->op == EX_le && ints) return ex_bin(m, EX_lt, a->arg[1], a->arg[0]);
    return NULL;
}

static Expr *fold_equal(Module *m, ExprOp op, Expr *a, Expr *b)
{
    int64_t d;
    int same = op == EX_eq;
    if (a->dtype == DT_i32 && ex_int_diff(m, a, b, 1, &d)) return ex_bool(m, (d == 0) == same);
    if (a->dtype == DT_bool) {
        if (a == b) return ex_bool(m, same);
        if (complements(a, b)) return ex_bool(m, !same);
        if (a->op == EX_int) return a->u.i == same ? b : ex_un(m, EX_not, b);
        if (b->op == EX_int) return b->u.i == same ? a : ex_un(m, EX_not, a);
    }
    return ex_cmp(a, b) > 0 ? ex_bin(m, op, b, a) : NULL;
}

static Expr *fold_order(Module *m, ExprOp op, const Expr *a, const Expr *b)
{
    int64_t d;
    if (a->dtype == DT_i32 && ex_int_diff(m, a, b, 0, &d)) return ex_bool(m, op == EX_lt ? d < 0 : d <= 0);
    return a == b && op == EX_lt ? ex_bool(m, 0) : NULL;
}

static Expr *fold_select(Module *m, Expr *c, Expr *a, Expr *b)
{
    if (c->op == EX_int) return c->u.i ? a : b;
    if (a == b) return a;
    if (c->op == EX_not) return ex_select(m, c->arg[0], b, a);
    if (a->dtype != DT_bool) return NULL;
    if (is_lit(a, 1)) return ex_bin(m, EX_or, c, b);
    if (is_lit(b, 0)) return ex_bin(m, EX_and, c, a);
    if (is_lit(a, 0)) return ex_bin(m, EX_and, ex_un(m, EX_not, c), b);
    if (is_lit(b, 1)) return ex_bin(m, EX_or, ex_un(m, EX_not, c), a);
    return NULL;
}

static Expr *fold_cast(Module *m, ExprOp op, Expr *a)
{
    DType to = op == EX_to_f ? DT_f32 : op == EX_to_i ? DT_i32 : op == EX_to_d ? DT_f64 : op == EX_to_l ? DT_i64 : DT_bool;
    if (a->dtype == to) return a;
    if (op == EX_to_d || op == EX_to_l || dtype_class(a->dtype) > CLS_B) return NULL;
    if (a->n && dtype_class(a->arg[0]->dtype) > CLS_B) return NULL;
    if (op == EX_to_i && a->op == EX_to_f) return ex_cast(m, CLS_I, a->arg[0]);
    if (op == EX_to_f && a->op == EX_to_i && a->arg[0]->dtype == DT_bool) return ex_cast(m, CLS_F, a->arg[0]);
    if (op != EX_to_b) return NULL;
    if (a->op == EX_to_f || a->op == EX_to_i)                          /* to_i of a float loses the fraction */
        if (a->op == EX_to_f || a->arg[0]->dtype == DT_bool) return ex_cast(m, CLS_B, a->arg[0]);
    return ex_bin(m, EX_ne, a, ex_number(m, a->dtype, 0));
}

/* Powers that appear in models: 1/x, sqrt, squares and cubes. Exact up to the rounding of each product. */
static Expr *fold_pow(Module *m, Expr *a, const Expr *b)
{
    double p;
    int flt = a->dtype == DT_f32;
    if (!ex_is_lit(b, &p) || dtype_class(a->dtype) > CLS_B) return NULL;
    if (p == 0) return flt ? ex_flt(m, 1) : ex_int(m, 1);
    if (p == 1) return a;
    if (p == 2) return ex_mul(m, a, a);
    if (p == 3) return ex_mul(m, ex_mul(m, a, a), a);
    if (p == 4) return ex_mul(m, ex_mul(m, a, a), ex_mul(m, a, a));
    if (!flt) return NULL;
    if (p == 0.5) return ex_un(m, EX_sqrt, a);
    if (p == -0.5) return ex_un(m, EX_rsqrt, a);
    if (p == -1) return ex_bin(m, EX_div, ex_flt(m, 1), a);
    return NULL;
}

static Expr *fold_float(Module *m, ExprOp op, Expr *a, Expr *b)
{
    switch (op) {
    case EX_add: return is_lit(b, 0) ? a : is_lit(a, 0) ? b : NULL;
    case EX_sub: return is_lit(b, 0) ? a : is_lit(a, 0) ? ex_un(m, EX_neg, b) : NULL;
    case EX_mul:
        if (is_lit(b, 1)) return a;
        if (is_lit(a, 1)) return b;
        return is_lit(b, -1) ? ex_un(m, EX_neg, a) : is_lit(a, -1) ? ex_un(m, EX_neg, b) : NULL;
    case EX_div: return is_lit(b, 1) ? a : is_lit(b, -1) ? ex_un(m, EX_neg, a) : NULL;
    case EX_min: case EX_max: return a == b ? a : NULL;
    case EX_neg: return a->op == EX_neg ? a->arg[0] : NULL;
    case EX_abs: return a->op == EX_abs ? a : a->op == EX_neg ? ex_un(m, EX_abs, a->arg[0]) : NULL;
    case EX_pow: return fold_pow(m, a, b);
    default: return NULL;
    }
}

/* Functions of one float that do nothing to an argument that has been through the like already. */
static Expr *fold_function(ExprOp op, Expr *a)
{
    int whole = a->op == EX_floor || a->op == EX_ceil || a->op == EX_round || a->op == EX_trunc || a->op == EX_to_f;
    if (op == EX_round_f16 || op == EX_round_bf16) return a->op == op ? a : NULL;
    return (op == EX_floor || op == EX_ceil || op == EX_round || op == EX_trunc) && whole ? a : NULL;
}

static Expr *fold_bits(Module *m, ExprOp op, Expr *a, Expr *b)
{
    if (op == EX_shl) return ex_int_op(m, op, a, b);
    if (op == EX_shr) return is_lit(b, 0) ? a : NULL;
    if (a == b) return op == EX_bxor ? ex_int(m, 0) : a;
    if (is_lit(a, 0)) return op == EX_band ? a : b;
    if (is_lit(b, 0)) return op == EX_band ? b : a;
    return ex_cmp(a, b) > 0 ? ex_bin(m, op, b, a) : NULL;
}

/* The simpler expression, or NULL when op(a..) is simplest itself. */
static Expr *fold(Module *m, ExprOp op, Expr *const *a)
{
    switch (op) {
    case EX_and: case EX_or: return fold_logic(m, op, a[0], a[1]);
    case EX_not: return fold_not(m, a[0]);
    case EX_eq: case EX_ne: return fold_equal(m, op, a[0], a[1]);
    case EX_lt: case EX_le: return fold_order(m, op, a[0], a[1]);
    case EX_select: return fold_select(m, a[0], a[1], a[2]);
    case EX_to_f: case EX_to_i: case EX_to_b: case EX_to_d: case EX_to_l: return fold_cast(m, op, a[0]);
    case EX_band: case EX_bor: case EX_bxor: case EX_shl: case EX_shr: return a[0]->dtype == DT_i64 ? NULL : fold_bits(m, op, a[0], a[1]);
    default: break;
    }
    int n = expr_info[op].arity;
    if (a[0]->dtype == DT_i64) return NULL;
    if (dtype_is_float(a[0]->dtype)) return n == 1 && expr_info[op].arg == 'F' ? fold_function(op, a[0]) : fold_float(m, op, a[0], n > 1 ? a[1] : NULL);
    if (op == EX_pow) return fold_pow(m, a[0], a[1]);
    return expr_info[op].arg == 'N' ? ex_int_op(m, op, a[0], n > 1 ? a[1] : NULL) : NULL;
}

Expr *ex_op(Module *m, ExprOp op, Expr *const *args)
{
    check_classes(op, args);
    int n = expr_info[op].arity;
    DType result = result_dtype(op, args);
    Expr *e = fold_literals(m, op, result, n, args);
    if (!e) e = fold(m, op, args);
    return e ? e : ex_raw(m, op, result, n, args);
}

Expr *ex_un(Module *m, ExprOp op, Expr *a)
{
    if (expr_info[op].arity != 1) bug("%s takes %d operands, not 1", expr_info[op].name, expr_info[op].arity);
    return ex_op(m, op, &a);
}

Expr *ex_bin(Module *m, ExprOp op, Expr *a, Expr *b)
{
    Expr *args[2] = {a, b};
    if (expr_info[op].arity != 2) bug("%s takes %d operands, not 2", expr_info[op].name, expr_info[op].arity);
    return ex_op(m, op, args);
}

Expr *ex_select(Module *m, Expr *c, Expr *a, Expr *b)
{
    Expr *args[3] = {c, a, b};
    return ex_op(m, EX_select, args);
}

Expr *ex_cast(Module *m, TypeClass to, Expr *a)
{
    static const ExprOp op[] = {[CLS_F] = EX_to_f, [CLS_I] = EX_to_i, [CLS_B] = EX_to_b, [CLS_D] = EX_to_d, [CLS_L] = EX_to_l};
    return ex_un(m, op[to], a);
}
