/* interp_prog.c - the expressions of one node as a flat program: making, binding to values, executing.
 * See interp_impl.h for the idea. The meaning of an operator is expr_eval.c's; the few done here in line are the same
 * arithmetic, kept short because whole models run through this loop. */
#include <string.h>
#include "compiler/ir/interp_impl.h"

/* ---- making ---- */

typedef struct Maker {
    Program *p; Arena *a, *keep; Map reg;    /* Expr -> 1 + register */
    VEC(Ins) ins; VEC(int) level; VEC(Reg) init; VEC(const Sym *) sym; VEC(int) sym_reg;
    int zero;
} Maker;

static int new_reg(Maker *k, int level)
{
    Reg r = {.i = 0};
    vec_push(k->a, &k->level, level);
    vec_push(k->a, &k->init, r);
    return k->level.n - 1;
}

static int max_int(int a, int b) { return a > b ? a : b; }

static int emit(Maker *k, Ins i)
{
    i.level = 0;
    int args[3] = {i.a, i.b, i.c};
    for (int n = 0; n < 3; n++)
        if (args[n] >= 0) i.level = max_int(i.level, k->level.at[args[n]]);
    i.dst = new_reg(k, i.level);
    vec_push(k->a, &k->ins, i);
    return i.dst;
}

static int make(Maker *k, const Expr *e);

/* Subscripts that vary least come first, so most of the address is computed outside the inner loops. */
static int make_read(Maker *k, const Expr *e)
{
    int sub[MAX_RANK], order[MAX_RANK], rank = e->u.node->rank, at = k->zero;
    TypeClass c = dtype_class(e->dtype);
    Ins load = {.op = c == CLS_F || c == CLS_D ? INS_load_f : INS_load_i, .node = e->u.node, .dim = -1, .b = -1, .c = -1};
    for (int d = 0; d < rank; d++) {
        int i = d;
        sub[d] = make(k, e->arg[d]);
        for (; i > 0 && k->level.at[sub[order[i - 1]]] > k->level.at[sub[d]]; i--) order[i] = order[i - 1];
        order[i] = d;
    }
    if (e->op == EX_read_or) load.c = make(k, e->arg[rank]);
    for (int i = 0; i + 1 < rank; i++)
        at = emit(k, (Ins){.op = INS_addr, .node = e->u.node, .dim = order[i], .a = at, .b = sub[order[i]], .c = -1});
    load.a = at;
    if (rank) load.dim = order[rank - 1], load.b = sub[load.dim];
    return emit(k, load);
}

/* The operator with an instruction of its own, or INS_other. */
static InsOp ins_of(ExprOp op, int is_float)
{
    switch (op) {
    case EX_add: return is_float ? INS_add_f : INS_add_i;
    case EX_sub: return is_float ? INS_sub_f : INS_sub_i;
    case EX_mul: return is_float ? INS_mul_f : INS_mul_i;
    case EX_div: return is_float ? INS_div_f : INS_other;
    case EX_lt: return is_float ? INS_other : INS_lt_i;
    case EX_le: return is_float ? INS_other : INS_le_i;
    case EX_eq: return is_float ? INS_other : INS_eq_i;
    case EX_and: return INS_and;
    case EX_or: return INS_or;
    case EX_select: return INS_select;
    case EX_to_f: case EX_to_d: return is_float ? INS_other : INS_to_f;
    case EX_guard: return INS_guard;
    default: return INS_other;
    }
}

static int make_op(Maker *k, const Expr *e)
{
    Ins i = {.ex = e->op, .nargs = e->n, .a = -1, .b = -1, .c = -1};
    int *to[3] = {&i.a, &i.b, &i.c};
    for (int n = 0; n < e->n; n++) *to[n] = make(k, e->arg[n]);
    i.float_args = dtype_is_float(e->arg[e->op == EX_select]->dtype);
    i.float_result = dtype_is_float(e->dtype);
    i.wide = e->dtype == DT_i64 || e->arg[0]->dtype == DT_i64;
    i.op = ins_of(e->op, i.float_args);
    if (i.wide && (e->op == EX_add || e->op == EX_sub || e->op == EX_mul)) i.op = INS_other;
    return emit(k, i);
}

static int make_leaf(Maker *k, const Expr *e)
{
    int r = new_reg(k, 0);
    if (e->op == EX_int) k->init.at[r].i = e->u.i;
    if (e->op == EX_flt) k->init.at[r].f = e->u.f;
    if (e->op == EX_sym) {
        vec_push(k->a, &k->sym, e->u.sym);
        vec_push(k->a, &k->sym_reg, r);
    }
    return r;
}

static int make(Maker *k, const Expr *e)
{
    intptr_t known = (intptr_t)map_get(&k->reg, e);
    int r;
    if (known) return (int)known - 1;
    switch (e->op) {
    case EX_index: return e->u.slot < k->p->nslots ? e->u.slot : k->zero;
    case EX_acc: return k->p->acc;
    case EX_read:
    case EX_read_or: r = make_read(k, e); break;
    case EX_int:
    case EX_flt:
    case EX_sym: r = make_leaf(k, e); break;
    default: r = make_op(k, e);
    }
    map_put(&k->reg, e, (void *)(intptr_t)(r + 1));
    return r;
}

static int make_or_none(Maker *k, const Expr *e) { return e ? make(k, e) : -1; }

/* Stable counting sort of instructions by level: operands stay before their users. */
static void sort_levels(Maker *k)
{
    Program *p = k->p;
    int at = 0;
    p->nins = k->ins.n;
    p->ins = NEWN(k->keep, Ins, p->nins + 1);
    for (int level = 0; level <= p->last; level++) {
        p->start[level] = at;
        for (int i = 0; i < k->ins.n; i++)
            if (k->ins.at[i].level == level) p->ins[at++] = k->ins.at[i];
    }
    p->start[p->last + 1] = at;
    for (int r = 0; r < p->nregs; r++) p->def[r] = -1;
    for (int i = 0; i < p->nins; i++) p->def[p->ins[i].dst] = i;
}

static void sort_conj(Maker *k, const ProgramSource *s, const int *conj)
{
    Program *p = k->p;
    int at = 0;
    p->nconj = s->nconj;
    p->conj = NEWN(k->keep, int, s->nconj + 1);
    for (int level = 0; level <= p->last; level++) {
        p->conj_start[level] = at;
        for (int i = 0; i < s->nconj; i++)
            if (k->level.at[conj[i]] == level) p->conj[at++] = conj[i];
    }
    p->conj_start[p->last + 1] = at;
}

/* sum over the innermost slot of a[.., slot, ..] * b[.., slot, ..]: the inside of every matrix product */
static int find_dot(const Program *p)
{
    int l = p->nslots, first = p->start[l];
    if (!l || p->start[l + 1] - first != 3 || p->conj_start[l + 1] != p->conj_start[l]) return -1;
    const Ins *x = &p->ins[first], *y = x + 1, *mul = x + 2;
    if (x->op != INS_load_f || y->op != INS_load_f || mul->op != INS_mul_f || mul->dst != p->body) return -1;
    if (x->b != l - 1 || y->b != l - 1 || x->c >= 0 || y->c >= 0 || x->a == y->dst || y->a == x->dst) return -1;
    return (mul->a == x->dst && mul->b == y->dst) || (mul->a == y->dst && mul->b == x->dst) ? first : -1;
}

Program *program_new(Arena *a, const ProgramSource *s)
{
    Program *p = NEW(a, Program);
    Maker k = {.p = p, .a = arena_new(), .keep = a};
    int conj[256], *cs = s->nconj > 256 ? NEWN(k.a, int, s->nconj) : conj;
    map_init(&k.reg, k.a);
    p->rank = s->rank;
    p->nslots = s->rank + s->nred;
    p->last = p->nslots + 1;
    for (int i = 0; i < p->nslots; i++) new_reg(&k, i + 1);
    k.zero = new_reg(&k, 0);
    p->acc = new_reg(&k, p->last);
    for (int i = 0; i < s->nred; i++) p->lo[i] = make(&k, s->r[i].lo), p->hi[i] = make(&k, s->r[i].hi);
    for (int i = 0; i < s->nconj; i++) cs[i] = make(&k, s->conj[i]);
    for (int i = 0; i < s->nsub; i++) p->sub[i] = make(&k, s->sub[i]);
    p->body = make_or_none(&k, s->body);
    p->empty = make_or_none(&k, s->empty);
    p->post = make_or_none(&k, s->post);
    p->nregs = k.level.n;
    p->level = arena_dup(a, k.level.at, (size_t)p->nregs * sizeof(int));
    p->regs = arena_dup(a, k.init.at, (size_t)p->nregs * sizeof(Reg));
    p->again = NEWN(a, Reg, p->nregs);
    p->stamp = NEWN(a, uint32_t, p->nregs);
    p->def = NEWN(a, int, p->nregs);
    p->nsyms = k.sym.n;
    p->sym = k.sym.n ? arena_dup(a, k.sym.at, (size_t)k.sym.n * sizeof *k.sym.at) : NULL;
    p->sym_reg = k.sym.n ? arena_dup(a, k.sym_reg.at, (size_t)k.sym.n * sizeof(int)) : NULL;
    sort_levels(&k);
    sort_conj(&k, s, cs);
    p->dot = find_dot(p);
    arena_free(k.a);
    return p;
}

/* ---- binding ---- */

static void bind_read(Interp *ip, Ins *i)
{
    NodeValue *nv = interp_slot(ip, i->node);
    const Value *v = &nv->v;
    if (!nv->raw) v = interp_value(ip, i->node);
    int64_t stride = 1;
    for (int d = v->rank - 1; d > i->dim; d--) stride *= v->shape[d];
    i->stride = stride;
    i->size = i->dim >= 0 && i->dim < v->rank ? v->shape[i->dim] : i->dim < 0;
    if (i->op == INS_addr) return;
    if (i->op != INS_load_i) i->op = nv->raw ? INS_load_f32 : INS_load_f;
    i->base = nv->raw ? nv->raw->data : i->op == INS_load_i ? (const void *)v->i : (const void *)v->f;
}

void program_bind(Interp *ip, Program *p)
{
    for (int i = 0; i < p->nins; i++)
        if (p->ins[i].node) bind_read(ip, &p->ins[i]);
    for (int i = 0; i < p->nsyms; i++) p->regs[p->sym_reg[i]].i = interp_sym(ip, p->sym[i]);
}

/* ---- executing ---- */

static inline int64_t wrap32(int64_t x) { return (int32_t)(uint32_t)(uint64_t)x; }

/* Flat element of a load, -1 when outside. */
static inline int64_t address(const Ins *i, Reg a, Reg b)
{
    if (a.i < 0 || (uint64_t)b.i >= (uint64_t)i->size) return -1;
    return a.i + b.i * i->stride;
}

static inline Reg element(const Ins *i, int64_t at)
{
    Reg r;
    float f;
    if (i->op == INS_load_f32) {
        memcpy(&f, (const char *)i->base + (size_t)at * sizeof f, sizeof f);
        r.f = (double)f;
    } else {
        r = ((const Reg *)i->base)[at];
    }
    return r;
}

/* Operators without an instruction of their own. */
static Reg other(const Ins *i, Reg a, Reg b, Reg c)
{
    Reg in[3] = {a, b, c}, r = {.i = 0};
    double f[3] = {0, 0, 0};
    int64_t n[3] = {a.i, b.i, c.i};
    if (!i->float_args && !i->float_result) {
        r.i = i->wide ? expr_eval_l(i->ex, n) : expr_eval_i(i->ex, n);
        return r;
    }
    if (i->ex == EX_to_l) {
        r.i = double_to_i64(a.f);
        return r;
    }
    for (int k = 0; k < i->nargs; k++) f[k] = i->float_args ? in[k].f : (double)in[k].i;
    double v = expr_eval_f(i->ex, f);
    if (i->float_result) r.f = v;
    else r.i = (int64_t)v;
    return r;
}

/* Pure operators: everything except address, loads, guard. */
static inline Reg operate(const Ins *i, Reg a, Reg b, Reg c)
{
    Reg r;
    switch (i->op) {
    case INS_add_f: r.f = a.f + b.f; break;
    case INS_sub_f: r.f = a.f - b.f; break;
    case INS_mul_f: r.f = a.f * b.f; break;
    case INS_div_f: r.f = a.f / b.f; break;
    case INS_add_i: r.i = wrap32(a.i + b.i); break;
    case INS_sub_i: r.i = wrap32(a.i - b.i); break;
    case INS_mul_i: r.i = wrap32(a.i * b.i); break;
    case INS_lt_i: r.i = a.i < b.i; break;
    case INS_le_i: r.i = a.i <= b.i; break;
    case INS_eq_i: r.i = a.i == b.i; break;
    case INS_and: r.i = a.i & b.i; break;
    case INS_or: r.i = a.i | b.i; break;
    case INS_select: r = a.i ? b : c; break;
    case INS_to_f: r.f = (double)a.i; break;
    default: return other(i, a, b, c);
    }
    return r;
}

void program_level(Program *p, int level)
{
    Reg *x = p->regs, none = {.i = 0};
    const Ins *i = p->ins + p->start[level], *end = p->ins + p->start[level + 1];
    int outside = level == 0 ? 0 : p->marked[level == p->last ? p->rank : level - 1];
    p->mark = 0;
    for (; i < end; i++) {
        int64_t at;
        switch (i->op) {
        case INS_addr: x[i->dst].i = address(i, x[i->a], x[i->b]); break;
        case INS_load_f: case INS_load_i: case INS_load_f32:
            at = i->b < 0 ? (i->size ? 0 : -1) : address(i, x[i->a], x[i->b]);
            if (at >= 0) {
                x[i->dst] = element(i, at);
            } else {
                x[i->dst] = i->c >= 0 ? x[i->c] : none;
                p->mark |= i->c < 0;
            }
            break;
        case INS_guard:
            at = x[i->a].i;
            x[i->dst].i = at >= 0 && at < x[i->b].i ? at : 0;
            p->mark |= !(at >= 0 && at < x[i->b].i);
            break;
        case INS_mul_f: x[i->dst].f = x[i->a].f * x[i->b].f; break;
        case INS_add_f: x[i->dst].f = x[i->a].f + x[i->b].f; break;
        default: x[i->dst] = operate(i, x[i->a], i->b >= 0 ? x[i->b] : none, i->c >= 0 ? x[i->c] : none);
        }
    }
    p->marked[level] = outside | p->mark;
}

/* ---- exact evaluation of one value ---- */

static void report(Interp *ip, const char *what, const Ins *i, int64_t v, int64_t size)
{
    ip->faulted++;
    if (ip->quiet) return;
    if (i->node) interp_fault(ip, INTERP_RANGE, "%s %d of %%%u is %lld, its size is %lld", what, i->dim, i->node->id, (long long)v, (long long)size);
    else interp_fault(ip, INTERP_RANGE, "%s %lld, not in 0..%lld", what, (long long)v, (long long)size);
}

static Reg exact(Interp *ip, Program *p, int reg);

/* Address so far; -1 when a subscript is outside, reported when `loud`. */
static int64_t exact_address(Interp *ip, Program *p, const Ins *i, int loud)
{
    if (i->b < 0) return i->size ? 0 : -1;
    int64_t a = 0;
    int before = p->def[i->a];
    if (before >= 0) a = exact_address(ip, p, &p->ins[before], loud);
    Reg b = exact(ip, p, i->b);
    if (a < 0) return -1;
    int64_t at = address(i, (Reg){.i = a}, b);
    if (at < 0 && loud) report(ip, "subscript", i, b.i, i->size);
    return at;
}

static Reg exact_ins(Interp *ip, Program *p, const Ins *i)
{
    Reg r = {.i = 0}, a, b = r, c = r;
    if (i->op == INS_load_f || i->op == INS_load_i || i->op == INS_load_f32) {
        int64_t at = exact_address(ip, p, i, i->c < 0);
        if (at >= 0) return element(i, at);
        return i->c >= 0 ? exact(ip, p, i->c) : r;
    }
    a = exact(ip, p, i->a);
    if (i->op == INS_select) return exact(ip, p, a.i ? i->b : i->c);
    if (i->b >= 0) b = exact(ip, p, i->b);
    if (i->c >= 0) c = exact(ip, p, i->c);
    if (i->op != INS_guard) return operate(i, a, b, c);
    if (a.i >= 0 && a.i < b.i) return a;
    report(ip, "guarded index", i, a.i, b.i);
    return r;
}

static Reg exact(Interp *ip, Program *p, int reg)
{
    if (p->def[reg] < 0) return p->regs[reg];
    if (p->stamp[reg] == p->now) return p->again[reg];
    Reg r = exact_ins(ip, p, &p->ins[p->def[reg]]);
    p->again[reg] = r;
    p->stamp[reg] = p->now;
    return r;
}

Reg program_demand(Interp *ip, Program *p, int reg)
{
    if (!p->marked[p->level[reg]]) return p->regs[reg];
    if (!++p->now) {                                   /* after 2^32 demands old stamps would look new */
        memset(p->stamp, 0, (size_t)p->nregs * sizeof *p->stamp);
        p->now = 1;
    }
    return exact(ip, p, reg);
}

/* A condition may read out of bounds where another one excludes the point: it is reported only if all others hold. */
static int conj_exact(Interp *ip, Program *p, int level)
{
    int faults = 0, ok = 1;
    ip->quiet++;
    for (int i = p->conj_start[level]; i < p->conj_start[level + 1] && ok; i++) {
        ip->faulted = 0;
        int64_t v = program_demand(ip, p, p->conj[i]).i;
        if (ip->faulted) faults++;
        else ok = v != 0;
    }
    ip->quiet--;
    if (!ok || !faults) return ok;
    for (int i = p->conj_start[level]; i < p->conj_start[level + 1]; i++) ok &= program_demand(ip, p, p->conj[i]).i != 0;
    return ok;
}

int program_conj(Interp *ip, Program *p, int level)
{
    int i = p->conj_start[level], end = p->conj_start[level + 1];
    if (i == end) return 1;
    if (p->marked[level]) return conj_exact(ip, p, level);
    for (; i < end; i++)
        if (!p->regs[p->conj[i]].i) return 0;
    return 1;
}
