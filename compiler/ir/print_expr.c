/* print_expr.c - scalar expressions and the small lexical pieces of the text form.
 * Takes expressions, gives infix text with only the parentheses that are needed. Expressions are shared graphs; when
 * the tree would be long, a shared part is written once as ($0 := ...) and named $0 afterwards, so the text stays
 * linear in the size of the graph. It does not read: that is read_expr.c. */
#include <math.h>
#include <string.h>
#include "compiler/ir/text.h"

const InfixOp infix_ops[] = {
    {"||", EX_or, PREC_OR}, {"&&", EX_and, PREC_AND},
    {"==", EX_eq, PREC_CMP}, {"!=", EX_ne, PREC_CMP}, {"<=", EX_le, PREC_CMP},
    {"<<", EX_shl, PREC_SHIFT}, {">>", EX_shr, PREC_SHIFT}, {"<", EX_lt, PREC_CMP},
    {"|", EX_bor, PREC_BOR}, {"^", EX_bxor, PREC_BXOR}, {"&", EX_band, PREC_BAND},
    {"+", EX_add, PREC_ADD}, {"-", EX_sub, PREC_ADD},
    {"*", EX_mul, PREC_MUL}, {"/", EX_div, PREC_MUL}, {"%", EX_mod, PREC_MUL},
    {NULL, EX_COUNT, 0},
};

/* A tree of more operators than this is printed with its shared parts named. */
enum { SHARE_FROM = 300, SHARE_MIN = 5, SIZE_CAP = 1 << 20 };

typedef struct Printer {
    Out *o; const SymNames *names; int rank;
    Map sizes;                       /* expression -> its tree size, capped */
    Map refs;                        /* expression -> number of places that use it */
    Map number;                      /* expression -> 1 + its $number */
    int sharing, next;
} Printer;

static void print_at(Printer *p, const Expr *e, int prec);

/* ---- names, strings, numbers ---- */

static int is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_alnum(char c) { return is_alpha(c) || (c >= '0' && c <= '9'); }

int text_is_name(const char *s)
{
    if (!s || !is_alpha(*s)) return 0;
    while (*s) {
        if (!is_alnum(*s) && !(*s == '.' && is_alnum(s[1]))) return 0;
        s++;
    }
    return 1;
}

int text_is_reserved(const char *s)
{
    static const char *const words[] = {"acc", "or", "true", "false", "inf", "nan"};
    if ((*s == 'o' || *s == 'r') && s[1] && strspn(s + 1, "0123456789") == strlen(s + 1)) return 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(s, words[i])) return 1;
    return 0;
}

void text_quote(Out *o, const char *s)
{
    out_s(o, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') out_f(o, "\\%c", c);
        else if (c == '\n') out_s(o, "\\n");
        else if (c == '\t') out_s(o, "\\t");
        else if (c < 32 || c == 127) out_f(o, "\\x%02x", c);
        else out_n(o, s, 1);
    }
    out_s(o, "\"");
}

void text_name(Out *o, const char *s)
{
    if (text_is_name(s)) out_s(o, s);
    else text_quote(o, s ? s : "");
}

/* Adds ".0" to a number that would read as an integer. */
static void put_float(Out *o, const char *s)
{
    out_s(o, s);
    if (!strpbrk(s, ".einf")) out_s(o, ".0");
}

void text_f64(Out *o, double v)
{
    if (isnan(v)) out_s(o, "nan");
    else if (v == 0) out_s(o, signbit(v) ? "-0.0" : "0.0");
    else put_float(o, fmt_f64(o->arena, v));
}

void text_f32(Out *o, float v)
{
    if (isnan(v) || isinf(v) || v == 0) text_f64(o, (double)v);
    else put_float(o, fmt_f32(o->arena, v));
}

/* ---- symbols ---- */

static void names_of_block(SymNames *names, Arena *a, const Block *b)
{
    if (!b) return;
    for (int i = 0; i < b->nodes.n; i++) {
        const Node *n = b->nodes.at[i];
        if (n->var) vec_push(a, &names->list, n->var);
        names_of_block(names, a, n->then);
        names_of_block(names, a, n->other);
    }
}

static int any_double(const SymNames *names, Arena *a)
{
    SMap seen;
    smap_init(&seen, a);
    for (int i = 0; i < names->list.n; i++) {
        const Sym *s = names->list.at[i];
        const char *name = s->name ? s->name : "";
        const Sym *old = smap_get(&seen, name);
        if (old && old != s) return 1;
        smap_put(&seen, name, (void *)(uintptr_t)s);
    }
    return 0;
}

void sym_names(SymNames *names, Arena *a, const Module *m)
{
    memset(names, 0, sizeof *names);
    for (int i = 0; i < m->syms.n; i++)
        if (m->syms.at[i]->kind == SYM_dim) vec_push(a, &names->list, m->syms.at[i]);
    for (int i = 0; i < m->entries.n; i++) names_of_block(names, a, m->entries.at[i]->block);
    names->any_double = any_double(names, a);
}

void sym_print(Out *o, const SymNames *names, const Sym *s)
{
    const char *name = s->name ? s->name : "";
    int bare = text_is_name(name) && !text_is_reserved(name) && !strchr(name, '.'), twice = !bare;
    for (int i = 0; names->any_double && i < names->list.n && !twice; i++) {
        const Sym *other = names->list.at[i];
        twice = other != s && !strcmp(other->name ? other->name : "", name);
    }
    if (bare) out_s(o, name);
    else text_quote(o, name);
    if (twice) out_f(o, "@%d", s->id);
}

/* ---- expressions ---- */

/* Tree size of e (capped), and how often every part is used. Each part is visited once. */
static intptr_t measure(Printer *p, const Expr *e)
{
    intptr_t refs = (intptr_t)map_get(&p->refs, e);
    map_put(&p->refs, e, (void *)(refs + 1));
    if (refs) return (intptr_t)map_get(&p->sizes, e);
    intptr_t size = 1;
    for (int i = 0; i < e->n; i++) size += measure(p, e->arg[i]);
    if (size > SIZE_CAP) size = SIZE_CAP;
    map_put(&p->sizes, e, (void *)size);
    return size;
}

static const InfixOp *infix_of(ExprOp op)
{
    for (const InfixOp *i = infix_ops; i->text; i++)
        if (i->op == op) return i;
    return NULL;
}

static int negative_literal(const Expr *e)
{
    return (e->op == EX_int && e->u.i < 0) || (e->op == EX_flt && (signbit(e->u.f) && !isnan(e->u.f)));
}

static int prec_of(const Expr *e)
{
    const InfixOp *i = infix_of(e->op);
    if (i) return i->prec;
    if (e->op == EX_select) return PREC_SELECT;
    if (e->op == EX_neg || e->op == EX_not || negative_literal(e)) return PREC_UNARY;
    return PREC_ATOM;
}

static void print_list(Printer *p, const Expr *e, int n)
{
    for (int i = 0; i < n; i++) {
        if (i) out_s(p->o, ", ");
        print_at(p, e->arg[i], PREC_SELECT);
    }
}

static void print_read(Printer *p, const Expr *e)
{
    int pad = e->op == EX_read_or, n = pad ? e->n - 1 : e->n;
    out_f(p->o, "%%%u", e->u.node->id);
    if (!e->n) return;
    out_s(p->o, "[");
    print_list(p, e, n);
    if (pad) {
        out_s(p->o, n ? " or " : "or ");
        print_at(p, e->arg[n], PREC_SELECT);
    }
    out_s(p->o, "]");
}

/* Integer a + (-k)*b is written a - k*b: constructors bring both to the same form. Gives k > 0 and b (NULL: b is 1). */
static int negative_term(const Expr *e, int64_t *k, const Expr **b)
{
    *b = NULL;
    if (e->op == EX_int) *k = e->u.i;
    else if (e->op == EX_neg) { *k = -1; *b = e->arg[0]; }
    else if (e->op == EX_mul && e->arg[0]->op == EX_int) { *k = e->arg[0]->u.i; *b = e->arg[1]; }
    else if (e->op == EX_mul && e->arg[1]->op == EX_int) { *k = e->arg[1]->u.i; *b = e->arg[0]; }
    else return 0;
    if (*k >= 0 || *k < -((int64_t)1 << 60)) return 0;
    *k = -*k;
    return 1;
}

static void print_infix(Printer *p, const Expr *e, const InfixOp *op)
{
    int64_t k;
    const Expr *b;
    if (e->op == EX_add && e->dtype == DT_i32 && negative_term(e->arg[1], &k, &b)) {
        print_at(p, e->arg[0], PREC_ADD);
        out_s(p->o, " - ");
        if (k != 1 || !b) out_f(p->o, "%lld", (long long)k);
        if (k != 1 && b) out_s(p->o, " * ");
        if (b) print_at(p, b, PREC_UNARY);
        return;
    }
    print_at(p, e->arg[0], op->prec == PREC_CMP ? PREC_CMP + 1 : op->prec);
    out_f(p->o, " %s ", op->text);
    print_at(p, e->arg[1], op->prec + 1);
}

static void print_operator(Printer *p, const Expr *e)
{
    const InfixOp *op = infix_of(e->op);
    if (op) {
        print_infix(p, e, op);
    } else if (e->op == EX_neg || e->op == EX_not) {
        out_s(p->o, e->op == EX_neg ? "-" : "!");
        /* -1 is a literal, -(1) a negation */
        int lit = e->arg[0]->op == EX_int || e->arg[0]->op == EX_flt;
        print_at(p, e->arg[0], lit && e->op == EX_neg ? PREC_ATOM + 1 : PREC_UNARY);
    } else if (e->op == EX_select) {
        print_at(p, e->arg[0], PREC_OR);
        out_s(p->o, " ? ");
        print_at(p, e->arg[1], PREC_SELECT);
        out_s(p->o, " : ");
        print_at(p, e->arg[2], PREC_SELECT);
    } else {
        out_f(p->o, "%s(", expr_info[e->op].name);
        print_list(p, e, e->n);
        out_s(p->o, ")");
    }
}

static void print_bare(Printer *p, const Expr *e)
{
    switch (e->op) {
    case EX_int:
        if (e->dtype == DT_bool) out_s(p->o, e->u.i ? "true" : "false");
        else out_f(p->o, e->dtype == DT_i64 ? "i64(%lld)" : "%lld", (long long)e->u.i);
        break;
    case EX_flt:
        if (e->dtype == DT_f64) out_s(p->o, "f64(");
        text_f64(p->o, e->u.f);
        if (e->dtype == DT_f64) out_s(p->o, ")");
        break;
    case EX_index: out_f(p->o, e->u.slot < p->rank ? "o%d" : "r%d", e->u.slot < p->rank ? e->u.slot : e->u.slot - p->rank); break;
    case EX_sym: sym_print(p->o, p->names, e->u.sym); break;
    case EX_acc: out_s(p->o, "acc"); break;
    case EX_read:
    case EX_read_or: print_read(p, e); break;
    default: print_operator(p, e);
    }
}

static void print_at(Printer *p, const Expr *e, int prec)
{
    intptr_t number = p->sharing ? (intptr_t)map_get(&p->number, e) : 0;
    if (number) {
        out_f(p->o, "$%d", (int)(number - 1));
    } else if (p->sharing && e->n && (intptr_t)map_get(&p->refs, e) > 1 && (intptr_t)map_get(&p->sizes, e) >= SHARE_MIN) {
        number = ++p->next;
        out_f(p->o, "($%d := ", (int)(number - 1));
        print_bare(p, e);
        out_s(p->o, ")");
        map_put(&p->number, e, (void *)number);
    } else {
        int paren = prec_of(e) < prec;
        if (paren) out_s(p->o, "(");
        print_bare(p, e);
        if (paren) out_s(p->o, ")");
    }
}

void expr_print(Out *o, const SymNames *names, const Expr *e, int rank, int prec)
{
    Printer p = {.o = o, .names = names, .rank = rank};
    if (e->n) {
        map_init(&p.sizes, o->arena);
        map_init(&p.refs, o->arena);
        map_init(&p.number, o->arena);
        p.sharing = measure(&p, e) > SHARE_FROM;
    }
    print_at(&p, e, prec);
}

const char *expr_text(Arena *a, const Module *m, const Expr *e, int rank)
{
    SymNames names;
    Out o;
    out_init(&o, a);
    sym_names(&names, a, m);
    expr_print(&o, &names, e, rank, PREC_SELECT);
    out_n(&o, "", 1);
    return o.at;
}
