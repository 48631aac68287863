/* parse.y - grammar of the part of Python that generated programs use. Takes the tokens of lex.l, gives the tree of
 * python.h. INDENT and DEDENT are made here, from the column of the first token of a line. */
%define api.pure full
%define api.prefix {tprog_yy}
%define api.token.prefix {TPROG_TOK_}
%define api.location.type {Span}
%define parse.error custom
%locations
%param {PyParse *p}

%code requires {
#include "frontends/tprog/syntax.h"
typedef struct PyWord { const char *text; int64_t num; } PyWord;
}
%union {
  PyWord word;
  Py *py;
  PyList *list;
}
%code {
#include <string.h>
#define YYMAXDEPTH 20000
#define YYLLOC_DEFAULT(at, rhs, n) \
  ((at) = (n) ? (Span){YYRHSLOC(rhs, 1).lo, YYRHSLOC(rhs, n).hi} : (Span){YYRHSLOC(rhs, 0).hi, YYRHSLOC(rhs, 0).hi})

int tprog_scan(TPROG_YYSTYPE *value, Span *at, void *scanner);
static int  yylex(TPROG_YYSTYPE *value, Span *at, PyParse *p);
static void yyerror(const Span *at, PyParse *p, const char *why);
#define NODE(kind, at, ...) make(p, PY_##kind, at, sizeof((Py *[]){__VA_ARGS__}) / sizeof(Py *), (Py *[]){__VA_ARGS__})
#define LEAF(kind, w, at)   leaf(p, PY_##kind, w, at)
static Py *make(PyParse *p, PyKind kind, Span at, size_t n, Py *const *kids);
static Py *many(PyParse *p, PyKind kind, Span at, const PyList *l);
static Py *leaf(PyParse *p, PyKind kind, PyWord w, Span at);
static Py *with(Py *a, const char *text);
static Py *call(PyParse *p, Span at, Py *f, const PyList *args);
static PyList *add(PyParse *p, PyList *l, Py *a);
}
%token END 0
%token <word> NAME "a name" INT "a number" TEXT "a text" FORMAT RELATION "a comparison" TIMES "'*'"
%token NEWLINE "the end of the line" INDENT "a deeper line" DEDENT "the end of a block" DEF "'def'" CLASS "'class'" RETURN "'return'" IF "'if'" ELIF "'elif'" ELSE "'else'"
%token FOR "'for'" IN "'in'" IMPORT "'import'" FROM "'from'" AS "'as'" LAMBDA "'lambda'" NOT "'not'" AND "'and'" OR "'or'" TRUE "'True'" FALSE "'False'" NONE "'None'"
%type <py> statement simple block otherwise expr item target param subscript bound path
%type <list> statements exprs items args params pairs names
%precedence LAMBDA
%right IF ELSE
%left OR
%left AND
%precedence NOT
%nonassoc RELATION IN
%left '+' '-'
%left TIMES
%precedence SIGN
%precedence '[' '(' '.'
%initial-action { @$ = (Span){p->source->base, p->source->base}; }
%%
file: statements            { p->file = many(p, PY_block, @$, $1); }
  ;
statements: %empty          { $$ = NULL; }
  | statements statement    { $$ = add(p, $1, $2); }
  ;
statement: simple NEWLINE   { $$ = $1; }
  | IF expr block otherwise { $$ = $4 ? NODE(if, @$, $2, $3, $4) : NODE(if, @$, $2, $3); }
  | FOR target IN expr block   { $$ = NODE(for, @$, $2, $4, $5); }
  | DEF NAME '(' params ')' block { $$ = with(NODE(def, @$, many(p, PY_tuple, @4, $4), $6), $2.text); }
  | CLASS NAME '(' exprs ')' block { $$ = with(NODE(class, @$, $6), $2.text); }
  ;
simple: expr                { $$ = NODE(expr, @$, $1); }
  | expr '=' expr           { $$ = NODE(assign, @$, $1, $3); }
  | RETURN                  { $$ = make(p, PY_return, @$, 0, NULL); }
  | RETURN exprs            { $$ = NODE(return, @$, $2->n == 1 ? $2->at[0] : many(p, PY_tuple, @2, $2)); }
  | IMPORT path             { $$ = make(p, PY_import, @$, 0, NULL); }
  | IMPORT path AS NAME     { $$ = make(p, PY_import, @$, 0, NULL); }
  | FROM path IMPORT names  { $$ = with(many(p, PY_import, @$, $4), $2->text); }
  ;
path: NAME                  { $$ = LEAF(name, $1, @$); }
  | path '.' NAME           { $$ = LEAF(name, $3, @$); }
  ;
names: NAME                 { $$ = add(p, NULL, LEAF(name, $1, @1)); }
  | names ',' NAME          { $$ = add(p, $1, LEAF(name, $3, @3)); }
  ;
block: ':' NEWLINE INDENT statements DEDENT { $$ = many(p, PY_block, @$, $4); }
  | ':' simple NEWLINE      { $$ = NODE(block, @$, $2); }
  ;
otherwise: %empty           { $$ = NULL; }
  | ELSE block              { $$ = $2; }
  | ELIF expr block otherwise { Py *i = $4 ? NODE(if, @$, $2, $3, $4) : NODE(if, @$, $2, $3); $$ = NODE(block, @$, i); }
  ;
params: %empty              { $$ = NULL; }
  | param                   { $$ = add(p, NULL, $1); }
  | params ',' param        { $$ = add(p, $1, $3); }
  ;
param: NAME                 { $$ = LEAF(name, $1, @$); }
  | NAME '=' expr           { $$ = with(NODE(keyword, @$, $3), $1.text); }
  ;
target: NAME                { $$ = LEAF(name, $1, @$); }
  | NAME ',' names          { PyList *l = add(p, NULL, LEAF(name, $1, @1)); for (int k = 0; k < $3->n; k++) add(p, l, $3->at[k]); $$ = many(p, PY_tuple, @$, l); }
  ;
exprs: expr                 { $$ = add(p, NULL, $1); }
  | exprs ',' expr          { $$ = add(p, $1, $3); }
  ;
items: %empty               { $$ = NULL; }
  | exprs
  | exprs ','
  ;
args: %empty                { $$ = NULL; }
  | item                    { $$ = add(p, NULL, $1); }
  | args ',' item           { $$ = add(p, $1, $3); }
  ;
item: expr
  | NAME '=' expr           { $$ = with(NODE(keyword, @$, $3), $1.text); }
  | expr FOR target IN expr { $$ = NODE(comp, @$, $1, $3, $5); }
  | expr FOR target IN expr IF expr { $$ = NODE(comp, @$, $1, $3, $5, $7); }
  ;
pairs: expr ':' expr        { $$ = add(p, add(p, NULL, $1), $3); }
  | pairs ',' expr ':' expr { $$ = add(p, add(p, $1, $3), $5); }
  ;
bound: %empty               { $$ = make(p, PY_nothing, @$, 0, NULL); }
  | expr
  ;
subscript: expr
  | bound ':' bound         { $$ = NODE(slice, @$, $1, $3); }
  ;
expr: NAME                  { $$ = LEAF(name, $1, @$); }
  | INT                     { $$ = LEAF(int, $1, @$); }
  | TEXT                    { $$ = LEAF(text, $1, @$); }
  | FORMAT                  { $$ = LEAF(format, $1, @$); }
  | TRUE                    { $$ = make(p, PY_true, @$, 0, NULL); }
  | FALSE                   { $$ = make(p, PY_false, @$, 0, NULL); }
  | NONE                    { $$ = make(p, PY_none, @$, 0, NULL); }
  | expr '.' NAME           { $$ = with(NODE(attr, @$, $1), $3.text); }
  | expr '[' subscript ']'  { $$ = NODE(index, @$, $1, $3); }
  | expr '(' args ')'       { $$ = call(p, @$, $1, $3); }
  | expr '(' args ',' ')'   { $$ = call(p, @$, $1, $3); }
  | '(' expr ')'            { $$ = $2; }
  | '(' ')'                 { $$ = make(p, PY_tuple, @$, 0, NULL); }
  | '(' expr ',' items ')'  { PyList *l = add(p, NULL, $2); for (int k = 0; $4 && k < $4->n; k++) add(p, l, $4->at[k]); $$ = many(p, PY_tuple, @$, l); }
  | '[' items ']'           { $$ = many(p, PY_list, @$, $2); }
  | '[' expr FOR target IN expr ']' { $$ = NODE(comp, @$, $2, $4, $6); }
  | '[' expr FOR target IN expr IF expr ']' { $$ = NODE(comp, @$, $2, $4, $6, $8); }
  | '{' exprs '}'           { $$ = many(p, PY_set, @$, $2); }
  | '{' exprs ',' '}'       { $$ = many(p, PY_set, @$, $2); }
  | '{' pairs '}'           { $$ = many(p, PY_dict, @$, $2); }
  | '{' pairs ',' '}'       { $$ = many(p, PY_dict, @$, $2); }
  | NOT expr                { $$ = NODE(not, @$, $2); }
  | '-' expr %prec SIGN     { $$ = NODE(neg, @$, $2); }
  | expr RELATION expr      { $$ = with(NODE(compare, @$, $1, $3), $2.text); }
  | expr IN expr            { $$ = with(NODE(compare, @$, $1, $3), intern(p->ctx->strings, "in")); }
  | expr '+' expr           { $$ = with(NODE(binary, @$, $1, $3), intern(p->ctx->strings, "+")); }
  | expr '-' expr           { $$ = with(NODE(binary, @$, $1, $3), intern(p->ctx->strings, "-")); }
  | expr TIMES expr         { $$ = with(NODE(binary, @$, $1, $3), $2.text); }
  | expr AND expr           { $$ = NODE(and, @$, $1, $3); }
  | expr OR expr            { $$ = NODE(or, @$, $1, $3); }
  | expr IF expr ELSE expr  { $$ = NODE(choice, @$, $1, $3, $5); }
  | LAMBDA params ':' expr %prec LAMBDA { $$ = NODE(lambda, @$, many(p, PY_tuple, @2, $2), $4); }
  ;
%%
enum { MOST_DEPTH = 200 };

static Py *make(PyParse *p, PyKind kind, Span at, size_t n, Py *const *kids)
{
  Py *a = NEW(p->ctx->perm, Py);
  a->kind = kind;
  a->span = at;
  a->n = (int)n;
  a->kid = n ? arena_dup(p->ctx->perm, kids, n * sizeof *kids) : NULL;
  return a;
}

static Py *many(PyParse *p, PyKind kind, Span at, const PyList *l) { return make(p, kind, at, l ? (size_t)l->n : 0, l ? l->at : NULL); }

static Py *leaf(PyParse *p, PyKind kind, PyWord w, Span at)
{
  Py *a = make(p, kind, at, 0, NULL);
  a->text = w.text;
  a->num = kind == PY_int ? w.num : 0;
  return a;
}

static Py *with(Py *a, const char *text) { a->text = text; return a; }

static Py *call(PyParse *p, Span at, Py *f, const PyList *args)
{
  PyList all = {0};
  vec_push(p->ctx->perm, &all, f);
  for (int k = 0; args && k < args->n; k++) vec_push(p->ctx->perm, &all, args->at[k]);
  return many(p, PY_call, at, &all);
}

static PyList *add(PyParse *p, PyList *l, Py *a)
{
  if (!l) l = NEW(p->ctx->perm, PyList);
  vec_push(p->ctx->perm, l, a);
  return l;
}

/* ---- lines: a first token further right than the line before opens a block, further left closes blocks ---- */

static int column(const PyParse *p, uint32_t at)
{
  const char *text = p->source->text, *to = text + (at - p->source->base), *s = to;
  int c = 0;
  while (s > text && s[-1] != '\n') s--;
  for (; s < to; s++) c = *s == '\t' ? c / 8 * 8 + 8 : c + 1;
  return c;
}

static int stop(PyParse *p, Span at, const char *why)
{
  diag_error(&p->ctx->diag, at, "tprog-syntax", "%s", why);
  p->stopped = 1;
  return 0;
}

static int line_start(PyParse *p, int t, Span at)
{
  int c = t ? column(p, at.lo) : 0, top = p->nindent ? p->indent[p->nindent - 1] : 0;
  if (c == top) return t;
  if (c > top) {
    if (p->nindent == PY_INDENTS) return stop(p, at, "more than 64 blocks inside each other");
    p->indent[p->nindent++] = c;
    return TPROG_TOK_INDENT;
  }
  while (p->nindent && p->indent[p->nindent - 1] > c) { p->nindent--; p->dedents++; }
  if ((p->nindent ? p->indent[p->nindent - 1] : 0) != c) return stop(p, at, "this line begins at no column of a block around it");
  p->dedents--;
  return TPROG_TOK_DEDENT;
}

static int yylex(TPROG_YYSTYPE *value, Span *at, PyParse *p)
{
  int t;
  if (p->stopped) return 0;
  if (p->dedents) { *at = p->held_at; p->dedents--; return TPROG_TOK_DEDENT; }
  if (p->held >= 0) {
    *at = p->held_at;
    value->word = (PyWord){p->held_word.text, p->held_word.num};
    t = p->held;
    p->held = -1;
    return t;
  }
  do t = p->ended ? 0 : tprog_scan(value, at, p->scanner); while (t == TPROG_TOK_NEWLINE && p->fresh);
  if (p->ended) *at = p->held_at;
  if (p->stopped) return 0;
  if (t == '(' || t == '[' || t == '{') p->depth++;
  if (t == ')' || t == ']' || t == '}') p->depth -= p->depth > 0;
  if (p->depth > MOST_DEPTH) return stop(p, *at, "more than 200 brackets inside each other");
  if (t == TPROG_TOK_NEWLINE) { p->fresh = 1; return t; }
  if (!t && !p->fresh) { p->fresh = p->ended = 1; p->held_at = *at; return p->depth ? 0 : TPROG_TOK_NEWLINE; }
  if (!p->fresh) return t;
  p->fresh = t == 0;
  int first = line_start(p, t, *at);
  if (first == t) return t;
  p->held = t;
  p->held_at = *at;
  p->held_word.text = t == TPROG_TOK_INT || (t >= TPROG_TOK_NAME && t <= TPROG_TOK_TIMES) ? value->word.text : NULL;
  p->held_word.num = t == TPROG_TOK_INT ? value->word.num : 0;
  return first;
}

static void yyerror(const Span *at, PyParse *p, const char *why)
{
  if (!p->stopped) diag_error(&p->ctx->diag, *at, "tprog-syntax", "%s", why);
}

static int yyreport_syntax_error(const yypcontext_t *c, PyParse *p)
{
  if (p->stopped) return 0;
  yysymbol_kind_t kinds[6], found = yypcontext_token(c);
  int n = yypcontext_expected_tokens(c, kinds, 6);
  Span at = *yypcontext_location(c);
  size_t length = at.hi - at.lo > 40 ? 40 : at.hi - at.lo;
  const char *word = arena_str(p->ctx->perm, p->source->text + (at.lo - p->source->base), length), *want = "";
  for (int k = 0; k < n; k++) want = arena_printf(p->ctx->perm, "%s%s%s", want, k ? " or " : ", expected ", yysymbol_name(kinds[k]));
  if (found == YYSYMBOL_NAME || found == YYSYMBOL_INT || found == YYSYMBOL_TEXT || found == YYSYMBOL_RELATION) word = arena_printf(p->ctx->perm, "'%s'", word);
  else word = found == YYSYMBOL_YYEOF ? "the end of the file" : yysymbol_name(found);
  diag_error(&p->ctx->diag, at, "tprog-syntax", "%s is not read here%s; generated Transformer Programs use a small part of Python", word, want);
  return 0;
}

Py *py_parse(Ctx *ctx, Source *s)
{
  PyParse p = {.ctx = ctx, .source = s, .held = -1, .fresh = 1};
  int before = ctx->diag.errors;
  py_lex_open(&p);
  if (yyparse(&p) || ctx->diag.errors > before) return NULL;
  return p.file;
}
