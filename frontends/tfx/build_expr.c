/* build_expr.c - expressions: literals, names, operators, casts, choice.
 * Takes syntax, gives Vals. Whole tensors combine element by element when their shapes are the same; a number
 * combines with any tensor; nothing else is broadcast. */
#include <math.h>
#include <string.h>
#include "frontends/tfx/build.h"

/* ---- elementwise operators ---- */

static Expr *converted(Build *b, ExprOp op, Expr *e, TypeClass common, Span at)
{
    char want = expr_info[op].arg;
    int wide = expr_info[op].res == 'S' || op == EX_band || op == EX_bor || op == EX_bxor;
    TypeClass c = want == 'F' ? (wide && common == CLS_D ? CLS_D : CLS_F) : want == 'I' ? (wide && common == CLS_L ? CLS_L : CLS_I) : want == 'B' ? CLS_B : common;
    Expr *r = expr_num(b, e, c);
    static const char *const names[] = {[CLS_F] = "a float", [CLS_I] = "an integer", [CLS_B] = "a truth value", [CLS_D] = "an f64", [CLS_L] = "an i64"};
    if (!r) tfx_error(b, at, "type-mismatch", "%s wants %s, this is %s%s", expr_info[op].name, names[c], names[dtype_class(e->dtype)],
                      c == CLS_I && e->dtype == DT_f32 ? "; convert with i32(..)" : e->dtype == DT_bool ? "; convert with i32(..) or f32(..)" : "");
    return r;
}

static int same_shape(Build *b, const Val *x, const Val *y, Span at, const char *sign)
{
    int ok = x->rank == y->rank;
    for (int i = 0; ok && i < x->rank; i++) ok = ext_same(b, x->ext[i], y->ext[i]);
    if (ok) return 1;
    tfx_error(b, at, "shape-mismatch", "%s: %s on one side, %s on the other", sign, val_text(b, x), val_text(b, y));
    diag_note(&b->ctx->diag, x->span, "this is %s", val_text(b, x));
    diag_note(&b->ctx->diag, y->span, "this is %s", val_text(b, y));
    return 0;
}

static Val map_signed(Build *b, ExprOp op, Val *x, int n, Span at, const char *sign)
{
    Expr *arg[3];
    const Val *shape = NULL;
    int any_number = 0, any_bool = 0;
    TypeClass common = CLS_B;
    for (int i = 0; i < n; i++) {
        if (x[i].kind == VAL_list) x[i] = val_of_list(b, &x[i]);
        if (!val_is_num(b, &x[i], "an operand")) return tfx_bad(at);
        if (x[i].rank) {
            if (shape && !same_shape(b, shape, &x[i], at, sign)) return tfx_bad(at);
            if (!shape) shape = &x[i];
        }
        if (op == EX_select && !i) continue;
        TypeClass c = val_class(&x[i]);
        if (c != CLS_B) common = any_number ? class_common(common, c) : c;
        any_number |= c != CLS_B;
        any_bool |= c == CLS_B;
    }
    if (any_bool && (any_number || (expr_info[op].arg == 'N' && !expr_is_cast(op))))
        return tfx_error(b, at, "type-mismatch", "%s: a truth value is not a number; convert with i32(..) or f32(..)", sign);
    if (shape && b->depth + shape->rank > MAX_SLOTS) return tfx_error(b, at, "too-many-dims", "more than %d indices in one expression", MAX_SLOTS);
    for (int i = 0; i < n; i++) {
        arg[i] = val_own(b, &x[i]);
        if (op == EX_select && !i) {
            if (arg[0]->dtype != DT_bool) return tfx_error(b, x[0].span, "type-mismatch", "the condition of ?: must be a truth value");
        } else if (!(arg[i] = converted(b, op, arg[i], common, x[i].span))) return tfx_bad(at);
    }
    Val v = {.kind = VAL_num, .span = at, .depth = b->depth, .rank = shape ? shape->rank : 0};
    for (int i = 0; i < v.rank; i++) v.ext[i] = shape->ext[i];
    v.e = ex_op(b->m, op, arg);
    return v;
}

Val tfx_map(Build *b, ExprOp op, Val *x, int n, Span at) { return map_signed(b, op, x, n, at, expr_info[op].name); }

typedef struct Sign { const char *sign; ExprOp op; int swap; } Sign;
static const Sign signs[] = {
    {"+", EX_add, 0}, {"-", EX_sub, 0}, {"*", EX_mul, 0}, {"/", EX_div, 0}, {"%", EX_mod, 0}, {"**", EX_pow, 0},
    {"==", EX_eq, 0}, {"!=", EX_ne, 0}, {"<", EX_lt, 0}, {"<=", EX_le, 0}, {">", EX_lt, 1}, {">=", EX_le, 1},
    {"&&", EX_and, 0}, {"||", EX_or, 0},
};

/* Small whole powers are products. */
static Val power(Build *b, Val x, Val y, Span at)
{
    int64_t k;
    double f;
    if (x.kind == VAL_num && val_class(&x) == CLS_F && y.kind == VAL_num && !y.rank && ex_is_lit(y.e, &f) && (f == 2 || f == 3)) {
        Val sq[2] = {x, x};
        Val r = map_signed(b, EX_mul, sq, 2, at, "**");
        if (f == 2 || r.kind != VAL_num) return r;
        Val cube[2] = {r, x};
        return map_signed(b, EX_mul, cube, 2, at, "**");
    }
    if (x.kind == VAL_num && y.kind == VAL_num && val_class(&x) == CLS_I && val_is_int(&y, &k) && k < 0) {
        Val conv[1] = {x};
        x = map_signed(b, EX_to_f, conv, 1, at, "**");
    }
    Val a[2] = {x, y};
    return map_signed(b, EX_pow, a, 2, at, "**");
}

Val tfx_binary(Build *b, ExprOp op, Val x, Val y, Span at, const char *sign)
{
    int64_t zero;
    Val a[2] = {x, y};
    if (x.kind == VAL_str && y.kind == VAL_str && (op == EX_eq || op == EX_ne)) return val_scalar(b, ex_bool(b->m, (x.s == y.s) == (op == EX_eq)), at);
    if (x.kind == VAL_bad || y.kind == VAL_bad) return tfx_bad(at);
    if (op == EX_pow) return power(b, x, y, at);
    if ((op == EX_div || op == EX_mod) && val_is_int(&y, &zero) && zero == 0 && x.kind == VAL_num && val_class(&x) == CLS_I)
        return tfx_error(b, at, "division-by-zero", "an integer divided by 0");
    return map_signed(b, op, a, 2, at, sign);
}

static Val short_circuit(Build *b, const Ast *a, ExprOp op)
{
    double k;
    Val x = tfx_expr(b, a->kid[0]);
    if (x.kind == VAL_num && !x.rank && x.e->dtype == DT_bool && ex_is_lit(x.e, &k) && (k != 0) == (op == EX_or)) return x;
    int push = x.kind == VAL_num && x.rank == 0 && x.e->dtype == DT_bool && b->ncond < 60;
    if (push) b->cond[b->ncond++] = op == EX_and ? x.e : ex_un(b->m, EX_not, x.e);
    Val y = tfx_expr(b, a->kid[1]);
    b->ncond -= push;
    return tfx_binary(b, op, x, y, a->span, a->name);
}

static const Ast *bare(const Ast *a)
{
    while (a->kind == AST_paren) a = a->kid[0];
    return a;
}

static Val defaulted(Build *b, const Ast *a)
{
    const Ast *left = bare(a->kid[0]);
    Val pad = tfx_number(b, a->kid[1], "the value after ??");
    if (pad.kind == VAL_bad) return pad;
    if (left->kind == AST_index) return tfx_index(b, left, pad.e, &pad);
    if (left->kind == AST_reduce) return tfx_reduce(b, left, &pad);
    return tfx_error(b, a->span, "default-operand", "?? gives the value outside x[..] or of an empty reduction; its left side is neither");
}

static Val binary(Build *b, const Ast *a)
{
    if (!strcmp(a->name, "??")) return defaulted(b, a);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strcmp(signs[i].sign, a->name)) continue;
        if (signs[i].op == EX_and || signs[i].op == EX_or) return short_circuit(b, a, signs[i].op);
        Val x = tfx_expr(b, a->kid[0]), y = tfx_expr(b, a->kid[1]);
        return signs[i].swap ? tfx_binary(b, signs[i].op, y, x, a->span, a->name) : tfx_binary(b, signs[i].op, x, y, a->span, a->name);
    }
    bug("operator %s", a->name);
}

static Val choice(Build *b, const Ast *a)
{
    double k;
    Val c = tfx_expr(b, a->kid[0]);
    if (c.kind == VAL_bad) return c;
    if (c.kind == VAL_num && !c.rank && ex_is_lit(c.e, &k)) return tfx_expr(b, a->kid[k != 0 ? 1 : 2]);
    int push = c.kind == VAL_num && !c.rank && c.e->dtype == DT_bool && b->ncond < 60;
    Val x[3] = {c};
    for (int i = 0; i < 2; i++) {
        if (push) b->cond[b->ncond++] = i ? ex_un(b->m, EX_not, c.e) : c.e;
        x[1 + i] = tfx_expr(b, a->kid[1 + i]);
        b->ncond -= push;
        if (x[1 + i].kind == VAL_bad) return x[1 + i];
    }
    return map_signed(b, EX_select, x, 3, a->span, "?:");
}

static Val unary(Build *b, const Ast *a)
{
    Val x = tfx_expr(b, a->kid[0]);
    if (x.kind == VAL_bad) return x;
    return map_signed(b, a->name[0] == '-' ? EX_neg : EX_not, &x, 1, a->span, a->name);
}

static Val cast(Build *b, const Ast *a)
{
    int known;
    Val x = tfx_expr(b, a->kid[0]);
    if (x.kind == VAL_bad) return x;
    DType t = type_dtype(a->name, &known);
    if (t != DT_i32 && dtype_class(t) == CLS_I) return tfx_error(b, a->span, "type-mismatch", "a value is never %s, only storage is; use i32(..)", a->name);
    if (x.kind == VAL_list) x = val_of_list(b, &x);
    if (!val_is_num(b, &x, "the operand of a conversion")) return tfx_bad(a->span);
    Val r = x;
    if (val_class(&x) != dtype_class(t)) {
        if (t == DT_i32 && val_class(&x) == CLS_D) x.e = ex_cast(b->m, CLS_L, x.e);
        r.e = ex_cast(b->m, dtype_class(t), x.e);
        r.span = a->span;
    }
    if (t == DT_f16 || t == DT_bf16) r.e = ex_un(b->m, t == DT_f16 ? EX_round_f16 : EX_round_bf16, r.e);
    return r;
}

/* ---- names ---- */

static Val lazy_const(Build *b, Binding *f)
{
    if (f->lazy == 2) return tfx_error(b, f->span, "circular", "'%s' is defined by itself", f->name);
    Scope *keep = b->scope;
    Block *block = b->block;
    int depth = b->depth, ncond = b->ncond, recording = b->recording;
    f->lazy = 2;
    b->scope = f->scope;
    b->block = b->root;
    b->depth = b->ncond = b->recording = 0;
    tfx_let(b, f->ast);
    b->scope = keep;
    b->block = block;
    b->depth = depth;
    b->ncond = ncond;
    b->recording = recording;
    Binding *now = scope_find_in(f->scope, f->name);
    Val v = now->kind == BIND_val ? now->val : tfx_bad(f->span);
    map_put(&f->scope->names, f->name, f);
    f->lazy = 1;
    return v;
}

static Val ident(Build *b, const Ast *a)
{
    Binding *f = scope_find(b, a->name);
    if (!f) {
        if (!strcmp(a->name, "true") || !strcmp(a->name, "false")) return val_scalar(b, ex_bool(b->m, a->name[0] == 't'), a->span);
        if (!strcmp(a->name, "inf")) return val_scalar(b, ex_flt(b->m, (double)INFINITY), a->span);
        if (!strcmp(a->name, "pi")) return val_scalar(b, ex_flt(b->m, 3.14159265358979323846), a->span);
        if (builtin_known(b, a->name)) return (Val){.kind = VAL_fn, .span = a->span, .s = a->name};
        tfx_unknown(b, a->name, a->span, "name");
        return tfx_bad(a->span);
    }
    Val v;
    switch (f->kind) {
    case BIND_slot: return val_scalar(b, ex_index(b->m, f->slot), a->span);
    case BIND_pack: return tfx_error(b, a->span, "pack-use", "'%s' stands for several indices; it is used as *%s in subscripts only", a->name, a->name);
    case BIND_state:
        v = val_node(b, state_node(b, f->state), a->span);
        return v;
    case BIND_const: v = lazy_const(b, f); break;
    case BIND_fn: case BIND_block: case BIND_extern: return (Val){.kind = VAL_fn, .span = a->span, .fn = f};
    default: v = f->val; break;
    }
    v.span = a->span;
    return v;
}

/* In a list a number may need 64 bits. */
static Val list_item_of(Build *b, const Ast *a)
{
    int minus = a->kind == AST_unary && a->name[0] == '-';
    const Ast *n = minus ? a->kid[0] : a;
    if (n->kind != AST_int || (n->i <= INT32_MAX && n->i >= INT32_MIN)) return tfx_expr(b, a);
    return val_scalar(b, ex_long(b->m, minus ? -n->i : n->i), a->span);
}

static Val list(Build *b, const Ast *a)
{
    Val v = {.kind = VAL_list, .span = a->span, .n = a->n};
    v.item = NEWN(b->a, Val, a->n + 1);
    for (int i = 0; i < a->n; i++) v.item[i] = list_item_of(b, a->kid[i]);
    return v;
}

Val tfx_expr(Build *b, const Ast *a)
{
    switch (a->kind) {
    case AST_int:
        if (a->i > INT32_MAX || a->i < INT32_MIN) return tfx_error(b, a->span, "number-range", "%lld does not fit into 32 bits", (long long)a->i);
        return val_int(b, a->i, a->span);
    case AST_float: return val_scalar(b, ex_flt(b->m, a->f), a->span);
    case AST_str: return val_str(a->name, a->span);
    case AST_ident: return ident(b, a);
    case AST_list: return list(b, a);
    case AST_paren: return tfx_expr(b, a->kid[0]);
    case AST_unary: return unary(b, a);
    case AST_binary: return binary(b, a);
    case AST_cond: return choice(b, a);
    case AST_index: return tfx_index(b, a, NULL, NULL);
    case AST_call: return tfx_call(b, a);
    case AST_member: return tfx_member(b, a);
    case AST_cast: return cast(b, a);
    case AST_reduce: return tfx_reduce(b, a, NULL);
    case AST_error: return tfx_bad(a->span);
    default: return tfx_error(b, a->span, "syntax", "%s may not stand here", ast_kind_name[a->kind]);
    }
}

Val tfx_number(Build *b, const Ast *a, const char *what)
{
    Val v = tfx_expr(b, a);
    if (v.kind == VAL_bad || !val_is_num(b, &v, what)) return tfx_bad(a->span);
    if (v.rank) return tfx_error(b, a->span, "rank-mismatch", "%s must be a single number, this is %s", what, val_text(b, &v));
    return v;
}

int tfx_static_int(Build *b, const Ast *a, int64_t *v, const char *what)
{
    Val x = tfx_number(b, a, what);
    if (x.kind == VAL_bad) return 0;
    if (val_is_int(&x, v)) return 1;
    tfx_error(b, a->span, "not-constant", "%s must be an integer known at compile time", what);
    return 0;
}
