/* parse.y - grammar of a RASP program. Takes the tokens of lex.l, gives the tree of ast.h. Precedences are the language's
 * own: prefix operators bind tightest, ^ is left-associative, % is looser than *, and/or share a level, so do the parts of
 * `a if c else b` from left to right, and `in` is the loosest. After a mistake parsing goes on behind the next ';' or '}'. */
%define api.pure full
%define api.prefix {rasp_yy}
%define api.token.prefix {RASP_TOK_}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%param {RaspParse *p}

%code requires {
#include "frontends/rasp/syntax.h"
}
%union {
  RaspName word;
  RaspAst *ast;
  RaspList *list;
  RaspNames *names;
  int op;
}
%code {
#include <string.h>
#define YYMAXDEPTH 20000
#define YYLLOC_DEFAULT(at, rhs, n) \
  ((at) = (n) ? (Span){YYRHSLOC(rhs, 1).lo, YYRHSLOC(rhs, n).hi} : (Span){YYRHSLOC(rhs, 0).hi, YYRHSLOC(rhs, 0).hi})

int rasp_scan(RASP_YYSTYPE *value, Span *at, void *scanner);
static int  yylex(RASP_YYSTYPE *value, Span *at, RaspParse *p);
static void yyerror(const Span *at, RaspParse *p, const char *why);
#define NODE(kind, at, ...) make(p, RASP_##kind, at, sizeof((RaspAst *[]){__VA_ARGS__}) / sizeof(RaspAst *), (RaspAst *[]){__VA_ARGS__})
#define LEAF(kind, w, at)   leaf(p, RASP_##kind, w, at)
#define BINARY(o, at, l, r) with_op(NODE(binary, at, l, r), OP_##o)
static RaspAst *make(RaspParse *p, RaspKind kind, Span at, size_t n, RaspAst *const *kids);
static RaspAst *many(RaspParse *p, RaspKind kind, Span at, const RaspList *l);
static RaspAst *leaf(RaspParse *p, RaspKind kind, RaspName w, Span at);
static RaspAst *with_op(RaspAst *a, RaspOp op);
static RaspAst *with_names(RaspAst *a, const RaspNames *names);
static RaspAst *call(RaspParse *p, Span at, RaspAst *f, const RaspList *args);
static RaspAst *def(RaspParse *p, Span at, RaspName name, const RaspNames *params, const RaspList *body, const RaspList *results);
static RaspAst *loop(RaspParse *p, Span at, const RaspNames *names, RaspAst *over, const RaspList *body);
static RaspList *list_add(RaspParse *p, RaspList *l, RaspAst *a);
static RaspNames *name_add(RaspParse *p, RaspNames *l, RaspName w);
}

%token END 0
%token <word> ID INT FLOAT TEXT
%token SELECT "'select('" AGGREGATE "'aggregate('" RANGE "'range('" ZIP "'zip('" LEN "'len('" FULLSEQ "'full seq display'" EXIT "'exit'"
%token SOP "'s-op'" SET "'set'" SHOW "'show'" EXAMPLE "'example'" EXAMPLES "'examples'" SELECTOR "'selector'" ONOFF "'on'" LOAD "'load'"
%token DRAW "'draw'" DEF "'def'" RETURN "'return'" FOR "'for'" IN "'in'" IF "'if'" ELSE "'else'" NOT "'not'" AND "'and'" OR "'or'"
%token ROUND "'round'" INDICATOR "'indicator'" EQ "'=='" NE "'!='" LE "'<='" GE "'>='"
%type <ast> statement expr
%type <list> statements exprs exprs_opt pairs pairs_opt args
%type <names> names params
%type <op> selop

%left IN
%left IF ELSE
%left AND OR
%left EQ LE GE '<' '>'
%left '+' '-'
%left '%'
%left '*' '/'
%left '^'
%precedence PREFIX
%precedence '[' '('
%initial-action { @$ = (Span){p->source->base, p->source->base}; }
%%
file: %empty
  | file statement      { if ($2) list_add(p, &p->items, $2); }
  | file error '}'
  ;
statements: %empty      { $$ = NULL; }
  | statements statement { $$ = $2 ? list_add(p, $1, $2) : $1; }
  ;
statement: expr ';'             { $$ = NODE(expr, @$, $1); }
  | names '=' exprs ';'         { $$ = with_names(many(p, RASP_assign, @$, $3), $1); }
  | DRAW '(' expr ')' ';'       { $$ = NODE(draw, @$, $3); }
  | DRAW '(' expr ',' expr ')' ';' { $$ = NODE(draw, @$, $3); }
  | LOAD TEXT ';'               { $$ = LEAF(load, $2, @$); }
  | DEF ID '(' params ')' '{' statements RETURN exprs ';' '}' { $$ = def(p, @$, $2, $4, $7, $9); }
  | FOR names IN expr '{' statements '}' { $$ = loop(p, @$, $2, $4, $6); }
  | SET of_opt EXAMPLE expr_line        { $$ = NULL; }
  | SHOW of_opt EXAMPLE         { $$ = NULL; }
  | of_opt EXAMPLES ONOFF       { $$ = NULL; }
  | FULLSEQ ONOFF               { $$ = NULL; }
  | EXIT                        { $$ = NULL; }
  | error ';'                   { $$ = NULL; }
  ;
of_opt: %empty | SOP | SELECTOR ;
expr_line: TEXT { } | '[' exprs_opt ']' { } ;
names: ID               { $$ = name_add(p, NULL, $1); }
  | names ',' ID        { $$ = name_add(p, $1, $3); }
  ;
params: %empty          { $$ = NULL; }
  | names
  ;
exprs: expr             { $$ = list_add(p, NULL, $1); }
  | exprs ',' expr      { $$ = list_add(p, $1, $3); }
  ;
exprs_opt: %empty       { $$ = NULL; }
  | exprs
  ;
args: exprs_opt ')' ;
pairs: expr ':' expr    { $$ = list_add(p, list_add(p, NULL, $1), $3); }
  | pairs ',' expr ':' expr { $$ = list_add(p, list_add(p, $1, $3), $5); }
  ;
pairs_opt: %empty       { $$ = NULL; }
  | pairs
  ;
selop: EQ { $$ = OP_eq; } | NE { $$ = OP_ne; } | '<' { $$ = OP_lt; } | '>' { $$ = OP_gt; } | LE { $$ = OP_le; } | GE { $$ = OP_ge; } ;
expr: '(' expr ')'      { $$ = $2; $$->paren = 1; $$->span = @$; }
  | ID                  { $$ = LEAF(name, $1, @$); }
  | INT                 { $$ = LEAF(int, $1, @$); }
  | FLOAT               { $$ = LEAF(float, $1, @$); }
  | TEXT                { $$ = LEAF(text, $1, @$); }
  | '[' exprs_opt ']'   { $$ = many(p, RASP_list, @$, $2); }
  | '{' pairs_opt '}'   { $$ = many(p, RASP_dict, @$, $2); }
  | '[' expr FOR names IN expr ']' { $$ = with_names(NODE(listcomp, @$, $2, $6), $4); }
  | '{' expr ':' expr FOR names IN expr '}' { $$ = with_names(NODE(dictcomp, @$, $2, $4, $8), $6); }
  | expr '[' expr ']'   { $$ = NODE(index, @$, $1, $3); }
  | expr '(' args       { $$ = call(p, @$, $1, $3); }
  | NOT expr %prec PREFIX   { $$ = with_op(NODE(unary, @$, $2), OP_not); }
  | '-' expr %prec PREFIX   { $$ = with_op(NODE(unary, @$, $2), OP_neg); }
  | '+' expr %prec PREFIX   { $$ = with_op(NODE(unary, @$, $2), OP_pos); }
  | expr '^' expr       { $$ = BINARY(pow, @$, $1, $3); }
  | expr '*' expr       { $$ = BINARY(mul, @$, $1, $3); }
  | expr '/' expr       { $$ = BINARY(div, @$, $1, $3); }
  | expr '%' expr       { $$ = BINARY(mod, @$, $1, $3); }
  | expr '+' expr       { $$ = BINARY(add, @$, $1, $3); }
  | expr '-' expr       { $$ = BINARY(sub, @$, $1, $3); }
  | expr EQ expr        { $$ = BINARY(eq, @$, $1, $3); }
  | expr LE expr        { $$ = BINARY(le, @$, $1, $3); }
  | expr GE expr        { $$ = BINARY(ge, @$, $1, $3); }
  | expr '<' expr       { $$ = BINARY(lt, @$, $1, $3); }
  | expr '>' expr       { $$ = BINARY(gt, @$, $1, $3); }
  | expr AND expr       { $$ = BINARY(and, @$, $1, $3); }
  | expr OR expr        { $$ = BINARY(or, @$, $1, $3); }
  | expr IF expr ELSE expr  { $$ = NODE(choice, @$, $1, $3, $5); }
  | expr IN expr        { $$ = NODE(in, @$, $1, $3); }
  | ROUND '(' expr ')'  { $$ = NODE(round, @$, $3); }
  | INDICATOR '(' expr ')'  { $$ = NODE(indicator, @$, $3); }
  | SELECT expr ',' expr ',' selop ')' { $$ = with_op(NODE(select, @$, $2, $4), (RaspOp)$6); }
  | AGGREGATE expr ',' expr ')'        { $$ = NODE(aggregate, @$, $2, $4); }
  | AGGREGATE expr ',' expr ',' expr ')' { $$ = NODE(aggregate, @$, $2, $4, $6); }
  | RANGE args          { $$ = many(p, RASP_range, @$, $2); }
  | ZIP args            { $$ = many(p, RASP_zip, @$, $2); }
  | LEN expr ')'        { $$ = NODE(len, @$, $2); }
  ;
%%
const char *const rasp_op_text[] = {"+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "and", "or", "not", "-", "+"};
enum { MOST_DEPTH = 400 };

static RaspAst *make(RaspParse *p, RaspKind kind, Span at, size_t n, RaspAst *const *kids)
{
  RaspAst *a = NEW(p->ctx->perm, RaspAst);
  a->kind = kind;
  a->span = at;
  a->n = (int)n;
  a->kid = n ? arena_dup(p->ctx->perm, kids, n * sizeof *kids) : NULL;
  return a;
}

static RaspAst *many(RaspParse *p, RaspKind kind, Span at, const RaspList *l) { return make(p, kind, at, l ? (size_t)l->n : 0, l ? l->at : NULL); }

static RaspAst *leaf(RaspParse *p, RaspKind kind, RaspName w, Span at)
{
  RaspAst *a = make(p, kind, at, 0, NULL);
  a->text = w.text;
  return a;
}

static RaspAst *with_op(RaspAst *a, RaspOp op) { a->op = op; return a; }

static RaspAst *with_names(RaspAst *a, const RaspNames *names)
{
  a->names = names ? names->at : NULL;
  a->nnames = names ? names->n : 0;
  return a;
}

static RaspAst *call(RaspParse *p, Span at, RaspAst *f, const RaspList *args)
{
  RaspList all = {0};
  vec_push(p->ctx->perm, &all, f);
  for (int k = 0; args && k < args->n; k++) vec_push(p->ctx->perm, &all, args->at[k]);
  return many(p, RASP_call, at, &all);
}

static RaspAst *def(RaspParse *p, Span at, RaspName name, const RaspNames *params, const RaspList *body, const RaspList *results)
{
  RaspList all = {0};
  for (int k = 0; body && k < body->n; k++) vec_push(p->ctx->perm, &all, body->at[k]);
  int nbody = all.n;
  for (int k = 0; k < results->n; k++) vec_push(p->ctx->perm, &all, results->at[k]);
  RaspAst *a = with_names(many(p, RASP_def, at, &all), params);
  a->text = name.text;
  a->nbody = nbody;
  return a;
}

static RaspAst *loop(RaspParse *p, Span at, const RaspNames *names, RaspAst *over, const RaspList *body)
{
  RaspList all = {0};
  vec_push(p->ctx->perm, &all, over);
  for (int k = 0; body && k < body->n; k++) vec_push(p->ctx->perm, &all, body->at[k]);
  if (!body) diag_error(&p->ctx->diag, at, "rasp-syntax", "a loop wants at least one statement");
  return with_names(many(p, RASP_for, at, &all), names);
}

static RaspList *list_add(RaspParse *p, RaspList *l, RaspAst *a)
{
  if (!l) l = NEW(p->ctx->perm, RaspList);
  vec_push(p->ctx->perm, l, a);
  return l;
}

static RaspNames *name_add(RaspParse *p, RaspNames *l, RaspName w)
{
  if (!l) l = NEW(p->ctx->perm, RaspNames);
  vec_push(p->ctx->perm, l, w);
  return l;
}

static int yylex(RASP_YYSTYPE *value, Span *at, RaspParse *p)
{
  if (p->stopped) return 0;
  int t = rasp_scan(value, at, p->scanner);
  p->last = *at;
  if (t == '(' || t == '[' || t == '{' || (t >= RASP_TOK_SELECT && t <= RASP_TOK_LEN)) p->depth++;
  if (t == ')' || t == ']' || t == '}') p->depth -= p->depth > 0;
  if (p->depth <= MOST_DEPTH) return t;
  diag_error(&p->ctx->diag, *at, "rasp-depth", "more than %d brackets inside each other", MOST_DEPTH);
  p->stopped = 1;
  return 0;
}

static void yyerror(const Span *at, RaspParse *p, const char *why)
{
  if (!p->stopped) diag_error(&p->ctx->diag, *at, "rasp-syntax", "%s", why);
}

/* What often is behind the mistake. */
static void hint(RaspParse *p, int found, const char *word, Span at, const char *set)
{
  Diag *d = &p->ctx->diag;
  int wants_name = set[YYSYMBOL_ID], keyword = found >= YYSYMBOL_SELECT && found <= YYSYMBOL_INDICATOR;
  if (found == YYSYMBOL_NE) diag_note(d, at, "!= stands only in select(..): write not (a == b)");
  else if (found == YYSYMBOL_RETURN) diag_note(d, at, "return is the last statement of a function and stands nowhere else");
  else if (keyword && (wants_name || p->items.n >= 0) && word[0] != ')') diag_note(d, at, "'%s' is a word of the language and cannot be a name", word);
}

static int yyreport_syntax_error(const yypcontext_t *c, RaspParse *p)
{
  if (p->stopped) return 0;
  yysymbol_kind_t kinds[YYNTOKENS];
  char set[YYNTOKENS] = {0};
  int n = yypcontext_expected_tokens(c, kinds, YYNTOKENS), found = (int)yypcontext_token(c);
  if (n < 0) return n;
  for (int i = 0; i < n; i++) set[kinds[i]] = 1;
  Span at = *yypcontext_location(c);
  const char *word = arena_str(p->ctx->perm, p->source->text + (at.lo - p->source->base), at.hi - at.lo > 40 ? 40 : at.hi - at.lo), *want = "";
  int value = set[YYSYMBOL_INT], after = set[YYSYMBOL_AND], listed = 0;
  if (value) want = "an expression", listed = 1;
  for (int k = 0; k < YYNTOKENS; k++) {
    int family = k <= YYSYMBOL_INDICATOR && (value || after);
    if (!set[k] || k == YYSYMBOL_YYEOF || k == YYSYMBOL_YYerror || family) continue;
    const char *name = yysymbol_name((yysymbol_kind_t)k);
    if (value && strchr("'(' '[' '{' '-' '+'", name[1]) && name[0] == '\'' && strlen(name) == 3 && strchr("([{-+", name[1])) continue;
    if (after && (k > YYSYMBOL_INDICATOR && k <= YYSYMBOL_GE)) continue;
    if (after && strlen(name) == 3 && strchr("+-*/%^<>[(", name[1])) continue;
    want = arena_printf(p->ctx->perm, "%s%s%s", want, listed ? " or " : "", k == YYSYMBOL_ID ? "a name" : k == YYSYMBOL_TEXT ? "a text" : name);
    listed = 1;
  }
  if (after) want = arena_printf(p->ctx->perm, "%s%san operator", want, listed ? " or " : "");
  diag_error(&p->ctx->diag, at, "rasp-syntax", "expected %s, found %s", *want ? want : "a statement", found == YYSYMBOL_YYEOF ? "the end of the file" : arena_printf(p->ctx->perm, "'%s'", word));
  hint(p, found, word, at, set);
  return 0;
}

RaspFile *rasp_parse(Ctx *ctx, Source *s)
{
  RaspParse p = {.ctx = ctx, .source = s};
  rasp_lex_open(&p);
  yyparse(&p);
  RaspFile *f = NEW(ctx->perm, RaspFile);
  f->n = p.items.n;
  f->at = p.items.at;
  return f;
}
