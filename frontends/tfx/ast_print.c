/* ast_print.c - the syntax tree as .tfx text. Takes a tree, gives text that parses to the same tree: one thing a line,
 * two spaces a level. Parentheses are nodes of the tree, so none are added.
 * Not: comments and the writer's own layout, which the tree does not keep. */
#include "frontends/tfx/ast.h"

static void put(const Ast *a, Out *o);

/* A text literal with its escapes. */
static void put_text(const char *s, Out *o)
{
    out_s(o, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '\n') out_s(o, "\\n");
        else if (c == '\t') out_s(o, "\\t");
        else if (c == '\r') out_s(o, "\\r");
        else if (c == '"' || c == '\\') out_f(o, "\\%c", c);
        else if (c < 32 || c == 127) out_f(o, "\\x%02x", c);
        else out_n(o, s, 1);
    }
    out_s(o, "\"");
}

/* Children from..to-1 with commas between. */
static void put_list(const Ast *a, int from, int to, Out *o)
{
    for (int i = from; i < to; i++) {
        if (i > from) out_s(o, ", ");
        put(a->kid[i], o);
    }
}

/* The text before, then the child; nothing at all without a child. */
static void put_opt(const char *before, const Ast *kid, Out *o)
{
    if (!kid) return;
    out_s(o, before);
    put(kid, o);
}

static void put_range(const char *before, const Ast *lo, const Ast *hi, Out *o)
{
    if (!lo && !hi) return;
    out_s(o, before);
    put_opt("", lo, o);
    out_s(o, lo && hi ? " .. " : lo ? " .." : ".. ");
    put_opt("", hi, o);
}

/* " {", the children from `from` on, each on its line, "}". */
static void put_block(const Ast *a, int from, Out *o)
{
    out_s(o, " {\n");
    o->indent++;
    for (int i = from; i < a->n; i++) {
        put(a->kid[i], o);
        out_s(o, "\n");
    }
    o->indent--;
    out_s(o, "}");
}

/* fn, extern fn, block, entry, model: head and body. */
static void put_callable(const char *word, const Ast *a, Out *o)
{
    out_f(o, "%s %s(", word, a->name);
    put_list(a->kid[0], 0, a->kid[0]->n, o);
    out_s(o, ")");
    if (a->kind != AST_model) put(a->kid[1], o);
    if (a->kind == AST_externfn) out_s(o, ";");
    else put(a->kid[a->n - 1], o);
}

static void put_rets(const Ast *a, Out *o)
{
    if (!a->n) return;
    out_s(o, " -> ");
    int plain = a->n == 1 && !a->kid[0]->name;
    if (!plain) out_s(o, "(");
    put_list(a, 0, a->n, o);
    if (!plain) out_s(o, ")");
}

static void put_param(const Ast *a, Out *o)
{
    out_f(o, "param %s: ", a->name);
    put(a->kid[0], o);
    for (int i = 0; a->kid[1] && i < a->kid[1]->n; i++) {
        const Ast *x = a->kid[1]->kid[i];
        if (x->kind == AST_str) put_opt(" @ ", x, o);
        else put_opt(" = ", x->kid[0], o);
    }
    out_s(o, ";");
}

static void put_use(const Ast *a, Out *o)
{
    out_f(o, "use %s", a->name);
    if (a->kid[0]) {
        put_opt("[", a->kid[0], o);
        out_s(o, "]");
    }
    put_opt(" = ", a->kid[2], o);
    out_s(o, "(");
    put_list(a->kid[1], 0, a->kid[1]->n, o);
    out_s(o, ");");
}

static void put_bind(const Ast *a, Out *o)
{
    out_f(o, "bind %s", a->name);
    put_opt(" ", a->kid[1], o);
    put_opt(" ", a->kid[2], o);
    put(a->kid[0], o);
}

static void put_rule(const Ast *a, Out *o)
{
    put_text(a->name, o);
    out_s(o, " -> ");
    put_list(a, 0, (int)a->i, o);
    put_opt(" as ", a->kid[a->i], o);
    out_s(o, ";");
}

static void put_passitem(const Ast *a, Out *o)
{
    out_s(o, a->name);
    put_opt(" ", a->kid[0], o);
    if (a->kid[1]->n) {
        out_s(o, " (");
        put_list(a->kid[1], 0, a->kid[1]->n, o);
        out_s(o, ")");
    }
    out_s(o, ";");
}

/* Declarations. Returns 0 when the node is something else. */
static int put_declaration(const Ast *a, Out *o)
{
    switch (a->kind) {
    case AST_file:
        for (int i = 0; i < a->n; i++) {
            put(a->kid[i], o);
            out_s(o, "\n");
        }
        return 1;
    case AST_import: out_s(o, "import "); put_text(a->name, o); out_s(o, ";"); return 1;
    case AST_config:
        out_f(o, "config %s", a->name);
        if (a->kid[0]) { put_opt("[", a->kid[0], o); out_s(o, "]"); }
        put_opt(" = ", a->kid[1], o);
        out_s(o, ";");
        return 1;
    case AST_dim:
        out_f(o, "dim %s", a->name);
        put_opt(" <= ", a->kid[0], o);
        put_opt(" = ", a->kid[1], o);
        out_s(o, ";");
        return 1;
    case AST_fn: put_callable("fn", a, o); return 1;
    case AST_externfn: put_callable("extern fn", a, o); return 1;
    case AST_block: put_callable("block", a, o); return 1;
    case AST_entry: put_callable("entry", a, o); return 1;
    case AST_model: put_callable("model", a, o); return 1;
    case AST_formals: put_list(a, 0, a->n, o); return 1;
    case AST_formal:
        out_s(o, a->name);
        put_opt(": ", a->kid[0], o);
        put_opt(" in ", a->kid[1], o);
        put_opt(" = ", a->kid[2], o);
        return 1;
    case AST_rets: put_rets(a, o); return 1;
    case AST_ret:
        if (a->name) out_f(o, "%s: ", a->name);
        put(a->kid[0], o);
        return 1;
    case AST_param: put_param(a, o); return 1;
    case AST_state:
        out_f(o, "state %s", a->name);
        put_opt(": ", a->kid[0], o);
        put_opt(" in ", a->kid[1], o);
        put_opt(" = ", a->kid[2], o);
        out_s(o, ";");
        return 1;
    case AST_use: put_use(a, o); return 1;
    case AST_bind: put_bind(a, o); return 1;
    case AST_rules: put_block(a, 0, o); return 1;
    case AST_rule: put_rule(a, o); return 1;
    case AST_ruleignore: out_s(o, "ignore "); put_text(a->name, o); out_s(o, ";"); return 1;
    case AST_pass: out_f(o, "pass %s", a->name); put_block(a, 0, o); return 1;
    case AST_passitem: put_passitem(a, o); return 1;
    default: return 0;
    }
}

static void put_carry(const Ast *a, Out *o)
{
    out_f(o, "carry %s", a->name);
    if (a->i) {
        out_s(o, "[");
        put_list(a, 0, a->n - 1, o);
        out_s(o, "]");
    }
    put_opt(" = ", a->kid[a->n - 1], o);
    out_s(o, ";");
}

/* An else is a body or the next if of the chain. */
static void put_if(const Ast *a, Out *o)
{
    put_opt("if ", a->kid[0], o);
    put(a->kid[1], o);
    if (!a->kid[2]) return;
    out_s(o, a->kid[2]->kind == AST_if ? " else " : " else");
    put(a->kid[2], o);
}

/* for, scan and the for of bind rules. */
static void put_loop(const char *word, const Ast *a, Out *o)
{
    out_f(o, "%s %s", word, a->name);
    put_range(" in ", a->kid[0], a->kid[1], o);
    put(a->kid[2], o);
}

/* Statements. Returns 0 when the node is something else. */
static int put_statement(const Ast *a, Out *o)
{
    switch (a->kind) {
    case AST_body: put_block(a, 0, o); return 1;
    case AST_let:
    case AST_constdef:
        out_s(o, a->kind == AST_let ? "let " : "const ");
        put(a->kid[0], o);
        put_opt(": ", a->kid[1], o);
        put_opt(" = ", a->kid[2], o);
        out_s(o, ";");
        return 1;
    case AST_assign:
    case AST_addassign:
        put(a->kid[0], o);
        put_opt(a->kind == AST_assign ? " = " : " += ", a->kid[1], o);
        out_s(o, ";");
        return 1;
    case AST_exprstmt: put(a->kid[0], o); out_s(o, ";"); return 1;
    case AST_return:
        out_s(o, a->n ? "return " : "return");
        put_list(a, 0, a->n, o);
        out_s(o, ";");
        return 1;
    case AST_for: case AST_rulefor: put_loop("for", a, o); return 1;
    case AST_scan: put_loop("scan", a, o); return 1;
    case AST_repeat: put_opt("repeat ", a->kid[0], o); put(a->kid[1], o); return 1;
    case AST_while:
        put_opt("while ", a->kid[0], o);
        put_opt(" most ", a->kid[1], o);
        put(a->kid[2], o);
        return 1;
    case AST_carry: put_carry(a, o); return 1;
    case AST_if: put_if(a, o); return 1;
    case AST_match: put_opt("match ", a->kid[0], o); put_block(a, 1, o); return 1;
    case AST_case:
        if (a->kid[0]) put_opt("case ", a->kid[0], o);
        else out_s(o, "else");
        put(a->kid[1], o);
        return 1;
    case AST_tap:
        out_s(o, "tap ");
        put_text(a->name, o);
        put_opt(" ", a->kid[0], o);
        out_s(o, ";");
        return 1;
    case AST_dyn:
        out_f(o, "dyn %s", a->name);
        put_opt(" <= ", a->kid[0], o);
        put_opt(" = ", a->kid[1], o);
        out_s(o, ";");
        return 1;
    default: return 0;
    }
}

/* A name with its indices or sizes from child `from` on: x, x[i, j]. */
static void put_indexed(const Ast *a, int from, Out *o)
{
    if (a->name) out_s(o, a->name);
    if (!a->i && a->kind != AST_index) return;
    out_s(o, "[");
    put_list(a, from, a->n, o);
    out_s(o, "]");
}

static void put_row(const Ast *a, Out *o)
{
    out_f(o, "%s%s", a->i ? "*" : "", a->name);
    put_range(" in ", a->kid[0], a->kid[1], o);
}

static void put_reduce(const Ast *a, Out *o)
{
    out_f(o, "%s[", a->name);
    put_list(a, 2, a->n, o);
    put_opt(" where ", a->kid[0], o);
    out_s(o, "]");
    put_opt(" ", a->kid[1], o);
}

/* before, children from `from` on, after. */
static void put_enclosed(const char *before, const Ast *a, int from, const char *after, Out *o)
{
    out_s(o, before);
    put_list(a, from, a->n, o);
    out_s(o, after);
}

/* Expressions and what only stands in them. */
static void put_expression(const Ast *a, Out *o)
{
    switch (a->kind) {
    case AST_type: case AST_lhs: put_indexed(a, 0, o); break;
    case AST_lhstuple: case AST_paren: put_enclosed("(", a, 0, ")", o); break;
    case AST_lhsidx: case AST_redidx: put_row(a, o); break;
    case AST_packdim: case AST_packidx: out_f(o, "*%s", a->name); break;
    case AST_int: out_f(o, "%lld", (long long)a->i); break;
    case AST_float: out_s(o, a->name ? a->name : fmt_f64(o->arena, a->f)); break;
    case AST_str: put_text(a->name, o); break;
    case AST_ident: out_s(o, a->name); break;
    case AST_list: put_enclosed("[", a, 0, "]", o); break;
    case AST_unary: put_opt(a->name, a->kid[0], o); break;
    case AST_binary: put(a->kid[0], o); out_f(o, " %s ", a->name); put(a->kid[1], o); break;
    case AST_cond: put(a->kid[0], o); put_opt(" ? ", a->kid[1], o); put_opt(" : ", a->kid[2], o); break;
    case AST_index: put(a->kid[0], o); put_indexed(a, 1, o); break;
    case AST_slice:
        if (a->kid[0] || a->kid[1]) put_range("", a->kid[0], a->kid[1], o);
        else out_s(o, ":");
        break;
    case AST_call: put(a->kid[0], o); put_enclosed("(", a, 1, ")", o); break;
    case AST_namedarg: out_f(o, "%s = ", a->name); put(a->kid[0], o); break;
    case AST_member: put(a->kid[0], o); out_f(o, ".%s", a->name); break;
    case AST_cast: out_s(o, a->name); put_enclosed("(", a, 0, ")", o); break;
    case AST_reduce: put_reduce(a, o); break;
    default: out_s(o, "/* error */"); break;
    }
}

static void put(const Ast *a, Out *o)
{
    if (!put_declaration(a, o) && !put_statement(a, o)) put_expression(a, o);
}

void ast_print(const Ast *a, Out *o)
{
    if (a) put(a, o);
}
