/* tidy.c - parentheses that change nothing leave the emitted C: `x[((a * 4) + b)]` becomes `x[a * 4 + b]`.
 * Takes lines of generated statements, gives the same tokens without redundant pairs, and without constants nobody reads. The order of evaluation stays
 * (a + (b + c) keeps its pair), and so do pairs that compilers ask for by a warning (&& in ||, + beside << & | ^). */
#include <ctype.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"

typedef struct Token { const char *at; int n, prec, pair, gone; char kind; } Token;   /* kind: w word, o operator, ( ) [ ] , ; */
enum { COMMA = 0, ASSIGN = 1, CHOICE = 2, EQUAL = 8, SUM = 11, PRODUCT = 12, UNARY = 13, PRIMARY = 15, MAX_TOKENS = 4000 };

static const struct { const char *op; int prec; } ops[] = {
    {"<<=", ASSIGN}, {">>=", ASSIGN}, {"+=", ASSIGN}, {"-=", ASSIGN}, {"*=", ASSIGN}, {"/=", ASSIGN}, {"|=", ASSIGN}, {"&=", ASSIGN}, {"^=", ASSIGN},
    {"++", UNARY}, {"--", UNARY}, {"->", 14}, {"||", 3}, {"&&", 4}, {"==", EQUAL}, {"!=", EQUAL}, {"<=", 9}, {">=", 9}, {"<<", 10}, {">>", 10},
    {"?", CHOICE}, {":", CHOICE}, {"|", 5}, {"^", 6}, {"&", 7}, {"<", 9}, {">", 9}, {"+", SUM}, {"-", SUM}, {"*", PRODUCT}, {"/", PRODUCT}, {"%", PRODUCT},
    {"=", ASSIGN}, {"!", UNARY}, {"~", UNARY}, {".", 14},
};

static int word_char(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.'; }

/* Does an operand end before token k? Then + - * & there are binary. */
static int after_operand(const Token *t, int k) { return k > 0 && (t[k - 1].kind == 'w' || t[k - 1].kind == ')' || t[k - 1].kind == ']'); }

static int number_sign(const char *s, const char *p)      /* the sign of 1e-05f belongs to the number */
{
    return (*p == '-' || *p == '+') && p > s && (p[-1] == 'e' || p[-1] == 'E') && isdigit((unsigned char)*s);
}

static int tokens_of(const char *s, const char *end, Token *t)
{
    int n = 0;
    while (s < end) {
        if (*s == ' ') { s++; continue; }
        if (n == MAX_TOKENS || *s == '"' || *s == '\'' || *s == '#' || (*s == '/' && (s[1] == '*' || s[1] == '/'))) return 0;
        Token *x = &t[n];
        *x = (Token){.at = s, .n = 1, .pair = -1, .prec = PRIMARY};
        if (word_char(*s)) {
            const char *p = s;
            while (p < end && (word_char(*p) || number_sign(s, p))) p++;
            x->n = (int)(p - s);
            x->kind = 'w';
        } else if (strchr("()[]{},;", *s)) {
            x->kind = *s;
        } else {
            x->kind = 'o';
            size_t k = 0;
            while (k < sizeof ops / sizeof *ops && strncmp(s, ops[k].op, strlen(ops[k].op))) k++;
            if (k == sizeof ops / sizeof *ops) return 0;
            x->n = (int)strlen(ops[k].op);
            x->prec = ops[k].prec;
            if (strchr("+-*&", *s) && x->n == 1 && !after_operand(t, n)) x->prec = UNARY;
        }
        s += x->n;
        n++;
    }
    return n;
}

static int pair_up(Token *t, int n)
{
    int open[MAX_TOKENS], depth = 0;
    for (int k = 0; k < n; k++) {
        if (t[k].kind == '(' || t[k].kind == '[') open[depth++] = k;
        if (t[k].kind != ')' && t[k].kind != ']') continue;
        if (!depth--) return 0;
        t[k].pair = open[depth];
        t[open[depth]].pair = k;
    }
    return depth == 0;
}

static int neighbour(const Token *t, int n, int k, int step)
{
    for (k += step; k >= 0 && k < n; k += step)
        if (!t[k].gone) return k;
    return -1;
}

/* The weakest operator directly between open and close. */
static int inner_prec(const Token *t, int open, int close)
{
    int least = PRIMARY;
    for (int k = open + 1; k < close; k++) {
        if (t[k].gone) continue;
        if (t[k].kind == '(' || t[k].kind == '[') {
            k = t[k].pair;
            continue;
        }
        int p = t[k].kind == ',' ? COMMA : t[k].kind == 'o' ? t[k].prec : PRIMARY;
        if (p < least) least = p;
    }
    return least;
}

/* Precedence that the neighbour asks for; -1: a delimiter; 99: not a place for a group. */
static int demand(const Token *t, int k, int left)
{
    if (k < 0) return -1;
    if (t[k].kind == 'o') return t[k].prec == ASSIGN && left ? -1 : t[k].prec;
    if (strchr(left ? "([,;" : ")],;", t[k].kind)) return -1;
    if (left && t[k].kind == 'w' && t[k].n == 6 && !memcmp(t[k].at, "return", 6)) return -1;
    return 99;
}

static int plain_context(int p) { return p < 0 || p == CHOICE || p == EQUAL || p == 9 || p == SUM || p == PRODUCT || p == 3 || p == 4; }

static int redundant(const Token *t, int n, int open)
{
    int close = t[open].pair, l = neighbour(t, n, open, -1), r = neighbour(t, n, close, 1);
    int pl = demand(t, l, 1), pr = demand(t, r, 0), p = inner_prec(t, open, close);
    if (open == 0 || pl == 99 || pr == 99 || p <= ASSIGN) return 0;
    if (pl < 0 && pr < 0) return 1;
    if (p == PRIMARY) return pl != UNARY || t[neighbour(t, n, open, 1)].kind == 'w';
    if (!plain_context(pl) || !plain_context(pr)) return 0;
    if (p == UNARY) return pl < 0 && pr != 14;
    if (p == SUM || p == PRODUCT) return p > pl && p >= pr;
    return (p == EQUAL || p == 9) && (pl < 0 || pl == 3 || pl == 4) && (pr < 0 || pr == CHOICE || pr == 3 || pr == 4);
}

static void tidy_line(Arena *a, Out *o, const char *s, const char *end)
{
    (void)a;
    Token t[MAX_TOKENS];
    int n = end - s < 20000 ? tokens_of(s, end, t) : 0;
    if (!n || !pair_up(t, n)) {
        out_n(o, s, (size_t)(end - s));
        return;
    }
    for (int k = 0; k < n; k++) {
        if (t[k].kind != ')' || !redundant(t, n, t[k].pair)) continue;
        t[k].gone = t[t[k].pair].gone = 1;
    }
    const char *from = s;
    for (int k = 0; k < n; k++) {
        if (!t[k].gone) continue;
        out_n(o, from, (size_t)(t[k].at - from));
        from = t[k].at + 1;
    }
    out_n(o, from, (size_t)(end - from));
}

/* Is the word used in the text anywhere but at `but`? */
static int is_used(const char *text, const char *word, size_t n, const char *but)
{
    for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
        if (p != but && !word_char(p[n]) && (p == text || !word_char(p[-1]))) return 1;
    return 0;
}

/* A shared value whose uses all went into larger ones is not declared. */
static const char *without_unused(Arena *a, const char *text)
{
    static const char *const heads[] = {"const int32_t v", "const float v"};
    for (int changed = 1; changed;) {
        changed = 0;
        for (const char *s = text; *s;) {
            const char *end = strchr(s, '\n'), *p = s + strspn(s, " ");
            if (!end) break;
            for (int k = 0; k < 2 && !changed; k++) {
                if (strncmp(p, heads[k], strlen(heads[k]))) continue;
                const char *name = p + strlen(heads[k]) - 1;
                size_t n = strcspn(name, " ");
                if (is_used(text, arena_str(a, name, n), n, name)) continue;
                text = arena_printf(a, "%.*s%s", (int)(s - text), text, end + 1);
                changed = 1;
            }
            if (changed) break;
            s = end + 1;
        }
    }
    return text;
}

const char *c_tidy(Arena *a, const char *text)
{
    text = without_unused(a, text);
    Out o;
    out_init(&o, a);
    for (const char *s = text; *s;) {
        const char *end = strchr(s, '\n');
        if (!end) end = s + strlen(s);
        tidy_line(a, &o, s, end);
        if (!*end) break;
        out_n(&o, "\n", 1);
        s = end + 1;
    }
    return o.at ? o.at : "";
}
