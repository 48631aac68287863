/* read_expr.c - scalar expressions of the text form: precedence climbing over the operators of print_expr.c.
 * Checks classes, arities, subscript counts and names before it builds, so that no text reaches a constructor with
 * operands that do not fit. Whether a slot is in scope is verify.c's question. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir/reader.h"

static Expr *parse_select(Reader *r);
static Expr *parse_infix(Reader *r, int prec);

static const char *class_name(TypeClass c)
{
    static const char *const names[] = {[CLS_F] = "float", [CLS_I] = "integer", [CLS_B] = "truth value", [CLS_D] = "f64", [CLS_L] = "i64"};
    return names[c];
}
static TypeClass class_of(const Expr *e) { return dtype_class(e->dtype); }

static void enter(Reader *r)
{
    if (++r->depth > MAX_DEPTH) reader_fail(r, NULL, "ir-limit", "the expression is nested deeper than %d", MAX_DEPTH);
}

static void count_op(Reader *r, const Tok *at)
{
    if (++r->ops > MAX_OPS) reader_fail(r, at, "ir-limit", "the expression has more than %d operators", MAX_OPS);
}

/* ---- operators ---- */

static int class_fits(char want, TypeClass c, ExprOp op)
{
    switch (want) {
    case 'F': return c == CLS_F || (c == CLS_D && expr_info[op].res == 'S');
    case 'I': return c == CLS_I || (c == CLS_L && (op == EX_band || op == EX_bor || op == EX_bxor));
    case 'B': return c == CLS_B;
    case 'N': return c != CLS_B || expr_is_cast(op);
    default: return 1;
    }
}

static Expr *build_op(Reader *r, const Tok *at, ExprOp op, Expr **arg)
{
    const ExprInfo *info = &expr_info[op];
    int first = op == EX_select;
    count_op(r, at);
    if (first && class_of(arg[0]) != CLS_B)
        reader_fail(r, at, "ir-type", "the condition of ?: is a %s, wanted a truth value", class_name(class_of(arg[0])));
    for (int i = first; i < info->arity; i++) {
        TypeClass c = class_of(arg[i]);
        if (!class_fits(info->arg, c, op))
            reader_fail(r, at, "ir-type", "operand %d of %s is a %s, which it does not take", i + 1, info->name, class_name(c));
        if (c != class_of(arg[first]))
            reader_fail(r, at, "ir-type", "the operands of %s are a %s and a %s", info->name, class_name(class_of(arg[first])), class_name(c));
    }
    return ex_op(r->m, op, arg);
}

static Expr *parse_call(Reader *r, const Tok *name)
{
    int op = expr_by_name(name->text), n = 0;
    Expr *arg[4];
    if (!strcmp(name->text, "i64") || !strcmp(name->text, "f64")) {       /* a literal of that type */
        reader_open(r, "(");
        Expr *e = name->text[0] == 'i' ? ex_long(r->m, reader_int(r, "an integer")) : ex_double(r->m, reader_float(r));
        reader_close(r, ")");
        return e;
    }
    if (op < 0 || expr_info[op].arity < 0) reader_fail(r, name, "ir-unknown-name", "there is no operator '%.60s'", name->text);
    reader_open(r, "(");
    while (!reader_is(r, ")")) {
        if (n && (reader_expect(r, ","), n >= expr_info[op].arity))
            reader_fail(r, name, "ir-type", "%s takes %d operands, found more", name->text, expr_info[op].arity);
        arg[n++] = parse_select(r);
    }
    if (n != expr_info[op].arity) reader_fail(r, name, "ir-type", "%s takes %d operands, found %d", name->text, expr_info[op].arity, n);
    reader_close(r, ")");
    return build_op(r, name, (ExprOp)op, arg);
}

/* ---- leaves ---- */

Node *reader_node(Reader *r)
{
    Tok at = r->lex.tok;
    reader_expect(r, "%");
    at.end = r->lex.tok.end;
    uint64_t id = reader_uint(r, "the number of a node", MAX_ID);
    Node *n = map_get_i(&r->nodes, id + 1);
    if (!n) reader_fail(r, &at, "ir-unknown-node", "%%%llu is not defined before this line", (unsigned long long)id);
    return n;
}

const char *reader_sym_name(Reader *r, int *id)
{
    const char *name = reader_name(r, "the name of a size");
    *id = reader_accept(r, "@") ? (int)reader_uint(r, "the number of a symbol", MAX_ID) : -1;
    return name;
}

const Sym *reader_sym(Reader *r)
{
    Tok at = r->lex.tok;
    int id;
    const char *name = reader_sym_name(r, &id);
    const Sym *s = id >= 0 ? map_get_i(&r->syms_by_id, (uint64_t)id + 1) : smap_get(&r->syms, name);
    if (!s) reader_fail(r, &at, "ir-unknown-name", "there is no size or loop variable '%.60s'", name);
    return s;
}

/* "[a, b]" or "[a, b or pad]" after a node */
static Expr *parse_read(Reader *r)
{
    Tok at = r->lex.tok;
    Node *n = reader_node(r);
    Expr *sub[MAX_RANK], *pad = NULL;
    int k = 0;
    count_op(r, &at);
    if (reader_is(r, "[")) {
        reader_open(r, "[");
        while (!reader_is(r, "]") && !reader_is(r, "or")) {
            if (k) reader_expect(r, ",");
            if (k == n->rank) reader_fail(r, &at, "ir-type", "%%%u has %d dimensions, found more subscripts", n->id, n->rank);
            Tok sub_at = r->lex.tok;
            sub[k] = parse_select(r);
            if (class_of(sub[k]) != CLS_I)
                reader_fail(r, &sub_at, "ir-type", "subscript %d is a %s, wanted an integer", k, class_name(class_of(sub[k])));
            k++;
        }
        if (reader_accept(r, "or")) pad = parse_select(r);
        reader_close(r, "]");
    }
    if (k != n->rank) reader_fail(r, &at, "ir-type", "%%%u has %d dimensions, found %d subscripts", n->id, n->rank, k);
    if (!pad) return ex_read(r->m, n, sub);
    if (class_of(pad) != dtype_class(n->dtype))
        reader_fail(r, &at, "ir-type", "the value outside is a %s, the tensor holds a %s", class_name(class_of(pad)), class_name(dtype_class(n->dtype)));
    return ex_read_or(r->m, n, sub, pad);
}

/* o3 or r1; -1 when the name is no slot */
static int slot_of(Reader *r, const Tok *t)
{
    char *end;
    if ((t->text[0] != 'o' && t->text[0] != 'r') || t->text[1] < '0' || t->text[1] > '9') return -1;
    long k = strtol(t->text + 1, &end, 10);
    if (*end) return -1;
    if (t->text[0] == 'o' && k >= r->rank)
        reader_fail(r, t, "ir-type", "%s: there are %d output indices here", t->text, r->rank);
    if (t->text[0] == 'r' && k >= MAX_RED) reader_fail(r, t, "ir-limit", "%s: at most %d reduced indices", t->text, MAX_RED);
    return (int)k + (t->text[0] == 'r' ? r->rank : 0);
}

static Expr *parse_word(Reader *r)
{
    Tok t = r->lex.tok;
    int slot = slot_of(r, &t);
    if (slot >= 0) return reader_next(r), ex_index(r->m, slot);
    if (!strcmp(t.text, "true") || !strcmp(t.text, "false")) return reader_next(r), ex_bool(r->m, t.text[0] == 't');
    if (!strcmp(t.text, "inf") || !strcmp(t.text, "nan")) return ex_flt(r->m, reader_float(r));
    if (!strcmp(t.text, "acc")) {
        if (r->acc < 0) reader_fail(r, &t, "ir-type", "acc stands for the reduced value: only in post");
        return reader_next(r), ex_acc(r->m, class_dtype((TypeClass)r->acc));
    }
    Lexer back = r->lex;
    reader_next(r);
    if (reader_is(r, "(")) return parse_call(r, &t);
    r->lex = back;
    return ex_sym(r->m, reader_sym(r));
}

/* "(e)", "($3 := e)" */
static Expr *parse_paren(Reader *r)
{
    int number = -1;
    reader_open(r, "(");
    if (reader_is(r, "$")) {
        Lexer back = r->lex;
        reader_next(r);
        number = (int)reader_uint(r, "the number of a shared part", MAX_OPS);
        if (!reader_accept(r, ":=")) number = -1, r->lex = back;
    }
    Expr *e = parse_select(r);
    reader_close(r, ")");
    if (number >= 0) {
        while (r->shared.n <= number) vec_push(r->a, &r->shared, NULL);
        r->shared.at[number] = e;
    }
    return e;
}

static Expr *parse_shared(Reader *r)
{
    Tok at = r->lex.tok;
    reader_expect(r, "$");
    uint64_t k = reader_uint(r, "the number of a shared part", MAX_OPS);
    if (k >= (uint64_t)r->shared.n || !r->shared.at[k])
        reader_fail(r, &at, "ir-unknown-name", "$%d is not defined before its use", (int)k);
    return r->shared.at[k];
}

static Expr *parse_int(Reader *r)
{
    Tok at = r->lex.tok;
    int64_t v = reader_int(r, "an integer");
    if (v < INT32_MIN || v > INT32_MAX) reader_fail(r, &at, "ir-number", "%lld does not fit 32 bits", (long long)v);
    return ex_int(r->m, v);
}

/* "-" before a number is its sign */
static Expr *parse_minus(Reader *r)
{
    Tok at = r->lex.tok;
    Lexer back = r->lex;
    reader_expect(r, "-");
    const Tok *t = &r->lex.tok;
    if (t->kind == TOK_int) return r->lex = back, parse_int(r);
    if (t->kind == TOK_float || reader_is(r, "inf") || reader_is(r, "nan")) return r->lex = back, ex_flt(r->m, reader_float(r));
    Expr *e = parse_infix(r, PREC_UNARY);
    return build_op(r, &at, EX_neg, &e);
}

static Expr *parse_operand(Reader *r)
{
    Tok t = r->lex.tok;
    if (reader_ends(r)) reader_wanted(r, "a value");
    switch (t.kind) {
    case TOK_int: return parse_int(r);
    case TOK_float: return ex_flt(r->m, reader_float(r));
    case TOK_name: return parse_word(r);
    case TOK_string: return ex_sym(r->m, reader_sym(r));
    default: break;
    }
    if (reader_is(r, "%")) return parse_read(r);
    if (reader_is(r, "(")) return parse_paren(r);
    if (reader_is(r, "$")) return parse_shared(r);
    if (reader_is(r, "-")) return parse_minus(r);
    if (reader_accept(r, "!")) {
        Expr *e = parse_infix(r, PREC_UNARY);
        return build_op(r, &t, EX_not, &e);
    }
    reader_wanted(r, "a value");
}

/* The infix operator at the reader; > and >= are read as < and <= with operands swapped. */
static const InfixOp *infix_here(const Reader *r, int *swap)
{
    const Tok *t = &r->lex.tok;
    *swap = 0;
    if (t->kind != TOK_punct || reader_ends(r)) return NULL;
    const char *text = t->text;
    if (!strcmp(text, ">") || !strcmp(text, ">=")) *swap = 1, text = text[1] ? "<=" : "<";
    for (const InfixOp *i = infix_ops; i->text; i++)
        if (!strcmp(i->text, text)) return i;
    return NULL;
}

static Expr *parse_infix(Reader *r, int prec)
{
    enter(r);
    Expr *left = parse_operand(r);
    int swap, compared = 0;
    const InfixOp *op;
    while ((op = infix_here(r, &swap)) && op->prec >= prec) {
        Tok at = r->lex.tok;
        if (op->prec == PREC_CMP && compared) reader_fail(r, &at, "ir-syntax", "comparisons do not chain: use && and parentheses");
        compared = op->prec == PREC_CMP;
        reader_next(r);
        Expr *right = parse_infix(r, op->prec + 1);
        Expr *arg[2] = {swap ? right : left, swap ? left : right};
        left = build_op(r, &at, op->op, arg);
    }
    r->depth--;
    return left;
}

static Expr *parse_select(Reader *r)
{
    Expr *arg[3];
    enter(r);
    arg[0] = parse_infix(r, PREC_OR);
    Tok at = r->lex.tok;
    Expr *e = arg[0];
    if (reader_accept(r, "?")) {
        arg[1] = parse_select(r);
        reader_expect(r, ":");
        arg[2] = parse_select(r);
        e = build_op(r, &at, EX_select, arg);
    }
    r->depth--;
    return e;
}

Expr *reader_expr(Reader *r, int prec)
{
    r->depth = r->ops = 0;
    r->shared.n = 0;
    return prec == PREC_SELECT ? parse_select(r) : parse_infix(r, prec);
}

Expr *reader_typed(Reader *r, int prec, TypeClass c, const char *what)
{
    Tok at = r->lex.tok;
    Expr *e = reader_expr(r, prec);
    if (class_of(e) != c) reader_fail(r, &at, "ir-type", "%s is a %s, wanted a %s", what, class_name(class_of(e)), class_name(c));
    return e;
}
