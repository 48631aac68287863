/* parse.y - grammar of a .tfx file. Takes the tokens of lex.l, gives the tree of ast.h; layouts are in ast.def.
 * Not: names, types, sizes - a well-formed text may still mean nothing.
 * The file, models and bodies share one list of things, so that a thing in the wrong place is named as such and
 * parsing goes on behind it. After a mistake it goes on after the next ';', after a whole {..}, or at '}'. */
%define api.pure full
%define api.prefix {tfx_yy}
%define api.token.prefix {TFX_TOK_}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%param {Parse *p}

%code requires {
#include "frontends/tfx/syntax.h"
}

%union {
  Word word;
  int64_t whole;
  struct { double value; const char *text; } real;
  Ast *ast;
  AstList *list;
}

%code {
#include <string.h>

/* Symbols a parser stack may hold: nesting is bounded by brackets (AST_MOST_DEPTH), and each takes less than 20. */
#define YYMAXDEPTH 20000
#define YYLLOC_DEFAULT(at, rhs, n) \
  ((at) = (n) ? (Span){YYRHSLOC(rhs, 1).lo, YYRHSLOC(rhs, n).hi} : (Span){YYRHSLOC(rhs, 0).hi, YYRHSLOC(rhs, 0).hi})

int tfx_scan(TFX_YYSTYPE *value, Span *at, void *scanner);
static int  yylex(TFX_YYSTYPE *value, Span *at, Parse *p);
static void yyerror(const Span *at, Parse *p, const char *why);

/* A node with the children listed: NODE(if, @$, $2, $3, NULL). */
#define NODE(kind, at, ...) make(p, AST_##kind, at, sizeof((Ast *[]){__VA_ARGS__}) / sizeof(Ast *), (Ast *[]){__VA_ARGS__}, NULL, NULL)
#define LEAF(kind, at)      make(p, AST_##kind, at, 0, NULL, NULL, NULL)
#define LIST(kind, at, xs)  make(p, AST_##kind, at, 0, NULL, xs, NULL)
static Ast *make(Parse *p, AstKind kind, Span at, size_t n, Ast *const *kids, const AstList *more, Ast *const *last);
static Ast *named(Ast *a, Word w);
static Ast *numbered(Ast *a, int64_t i);
static Ast *with_op(Parse *p, Ast *a, const char *op);
static Ast *rename_kind(Ast *a, AstKind kind);
static Ast *reduction(Parse *p, Span at, Word op, const AstList *rows, Ast *where, Ast *operand, int wide);
static Ast *assignment(Parse *p, AstKind kind, Span at, Ast *target, Ast *value);
static Ast *call_statement(Parse *p, Span at, Ast *call);
static AstList *list_new(Parse *p, Ast *first);
static AstList *list_add(Parse *p, AstList *l, Ast *a);
static AstList *list_join(Parse *p, AstList *l, const AstList *more);
enum Where { IN_FILE, IN_MODEL, IN_BODY };
static Ast *check_place(Parse *p, Ast *thing, enum Where where);
static Ast *check_places(Parse *p, Ast *body, enum Where where);
#define BINARY(at, l, op, r) with_op(p, NODE(binary, at, l, r), op)
}

%token END 0
%token <word> NAME TEXT DTYPE NARROW WIDE COUNT
%token <whole> INT
%token <real> FLOAT
%token IMPORT "'import'" CONFIG "'config'" DIM "'dim'" CONST "'const'" FN "'fn'" EXTERN "'extern'" BLOCK "'block'" MODEL "'model'"
%token ENTRY "'entry'" PARAM "'param'" STATE "'state'" USE "'use'" BIND "'bind'" PASS "'pass'" LET "'let'" RETURN "'return'"
%token FOR "'for'" IN "'in'" REPEAT "'repeat'" WHILE "'while'" MOST "'most'" SCAN "'scan'" CARRY "'carry'" IF "'if'" ELSE "'else'"
%token MATCH "'match'" CASE "'case'" TAP "'tap'" DYN "'dyn'" WHERE "'where'" AS "'as'" IGNORE "'ignore'"
%token ARROW "'->'" DOTDOT "'..'" PLUSEQ "'+='"
%token EQ "'=='" NE "'!='" LE "'<='" GE "'>='" AND "'&&'" OR "'||'" DEFAULTOP "'??'" POW "'**'"

%type <ast> thing import config const formals formals_opt formal type type_opt typedim rets ret param state use braces body
%type <ast> statement if else_opt case lhs lhsname row range_opt init_opt model_opt text_opt expr postfix primary subscript arg dim
%type <ast> binding rules_block rule view_opt pass_item pattern_opt args_opt attrs_list
%type <list> things dims dimlist formal_list ret_list type_dims attrs rows lhs_list exprs args arg_list subscripts cases rules targets pass_items

%precedence WIDE_OPERAND              /* softmax[j] a + b  ==  softmax[j] (a + b) */
%right '?' ':'
%left OR
%left AND
%nonassoc EQ NE '<' '>' LE GE
%left '+' '-'
%precedence NARROW_OPERAND            /* sum[k] a * b + c  ==  (sum[k] a * b) + c */
%left '*' '/' '%'
%precedence UNARY                     /* -a * b  ==  (-a) * b */
%right POW                            /* -a ** 2  ==  -(a ** 2) */
%left DEFAULTOP
%initial-action { @$ = (Span){p->source->base, p->source->base}; }
%%

file: %empty
  | file thing      { list_add(p, &p->items, check_place(p, $2, IN_FILE)); }
  | file dims       { list_join(p, &p->items, $2); }
  | file error '}'
  ;

things: %empty      { $$ = list_new(p, NULL); }
  | things thing    { $$ = list_add(p, $1, $2); }
  | things dims     { $$ = list_join(p, $1, $2); }
  ;

braces: '{' things '}'          { $$ = LIST(body, @$, $2); }
  | '{' things error '}'        { $$ = LIST(body, @$, list_add(p, $2, LEAF(error, @3))); }
  ;

body: braces                    { $$ = check_places(p, $1, IN_BODY); }
  ;

thing: import | config | const | param | state | use | statement | binding
  | FN NAME formals rets body         { $$ = named(NODE(fn, @$, $3, $4, $5), $2); }
  | EXTERN FN NAME formals rets ';'   { $$ = named(NODE(externfn, @$, $4, $5), $3); }
  | BLOCK NAME formals rets body      { $$ = named(NODE(block, @$, $3, $4, $5), $2); }
  | ENTRY NAME formals rets body      { $$ = named(NODE(entry, @$, $3, $4, $5), $2); }
  | MODEL NAME formals_opt braces     { $$ = named(NODE(model, @$, $3, check_places(p, $4, IN_MODEL)), $2); }
  | PASS NAME '{' pass_items '}'      { $$ = named(LIST(pass, @$, $4), $2); }
  | PASS NAME '{' pass_items error '}' { $$ = named(LIST(pass, @$, $4), $2); }
  | error ';'                         { $$ = LEAF(error, @$); }
  | error braces                      { $$ = LEAF(error, @$); }
  ;

/* ---- Declarations */
import: IMPORT TEXT ';'               { $$ = named(LEAF(import, @$), $2); }
  ;
config: CONFIG NAME '=' expr ';'              { $$ = named(NODE(config, @$, NULL, $4), $2); }
  | CONFIG NAME '[' expr ']' '=' expr ';'     { $$ = named(NODE(config, @$, $4, $7), $2); }
  ;
dims: DIM dimlist ';'                 { $$ = $2; }
  ;
dimlist: dim                          { $$ = list_new(p, $1); }
  | dimlist ',' dim                   { $$ = list_add(p, $1, $3); }
  ;
dim: NAME                             { $$ = named(NODE(dim, @$, NULL, NULL), $1); }
  | NAME LE expr                      { $$ = numbered(named(NODE(dim, @$, $3, NULL), $1), 1); }
  | NAME '=' expr                     { $$ = numbered(named(NODE(dim, @$, NULL, $3), $1), 2); }
  ;
const: CONST lhsname type_opt '=' expr ';'    { $$ = NODE(constdef, @$, $2, $3, $5); }
  ;
formals_opt: %empty                   { $$ = LEAF(formals, @$); }
  | formals
  ;
formals: '(' ')'                      { $$ = LEAF(formals, @$); }
  | '(' formal_list ')'               { $$ = LIST(formals, @$, $2); }
  ;
formal_list: formal                   { $$ = list_new(p, $1); }
  | formal_list ',' formal            { $$ = list_add(p, $1, $3); }
  ;
formal: NAME ':' type range_opt init_opt      { $$ = named(NODE(formal, @$, $3, $4, $5), $1); }
  | NAME init_opt                             { $$ = named(NODE(formal, @$, NULL, NULL, $2), $1); }
  ;
range_opt: %empty                     { $$ = NULL; }
  | IN expr DOTDOT expr               { $$ = NODE(slice, ((Span){@2.lo, @4.hi}), $2, $4); }
  ;
init_opt: %empty                      { $$ = NULL; }
  | '=' expr                          { $$ = $2; }
  ;
rets: %empty                          { $$ = LEAF(rets, @$); }
  | ARROW type                        { $$ = NODE(rets, @$, NODE(ret, @2, $2)); }
  | ARROW '(' ret_list ')'            { $$ = LIST(rets, @$, $3); }
  ;
ret_list: ret                         { $$ = list_new(p, $1); }
  | ret_list ',' ret                  { $$ = list_add(p, $1, $3); }
  ;
ret: type                             { $$ = NODE(ret, @$, $1); }
  | NAME ':' type                     { $$ = named(NODE(ret, @$, $3), $1); }
  ;
type_opt: %empty                      { $$ = NULL; }
  | ':' type                          { $$ = $2; }
  ;
type: DTYPE                           { $$ = named(LEAF(type, @$), $1); }
  | DTYPE '[' type_dims ']'           { $$ = numbered(named(LIST(type, @$, $3), $1), 1); }
  ;
type_dims: typedim                    { $$ = list_new(p, $1); }
  | type_dims ',' typedim             { $$ = list_add(p, $1, $3); }
  ;
typedim: expr
  | '*' NAME                          { $$ = named(LEAF(packdim, @$), $2); }
  ;
param: PARAM NAME ':' type attrs_list ';'     { $$ = named(NODE(param, @$, $4, $5), $2); }
  ;
attrs_list: %empty                    { $$ = NULL; }
  | attrs                             { $$ = LIST(list, @$, $1); }
  ;
attrs: '@' TEXT                       { $$ = list_new(p, named(LEAF(str, @2), $2)); }
  | '=' expr                          { $$ = list_new(p, with_op(p, NODE(namedarg, @$, $2), "=")); }
  | attrs '@' TEXT                    { $$ = list_add(p, $1, named(LEAF(str, @3), $3)); }
  | attrs '=' expr                    { $$ = list_add(p, $1, with_op(p, NODE(namedarg, ((Span){@2.lo, @3.hi}), $3), "=")); }
  ;
state: STATE NAME ':' type range_opt init_opt ';'     { $$ = named(NODE(state, @$, $4, $5, $6), $2); }
  ;
use: USE NAME '=' NAME '(' args ')' ';'               { $$ = named(NODE(use, @$, NULL, LIST(list, ((Span){@5.lo, @7.hi}), $6), named(LEAF(ident, @4), $4)), $2); }
  | USE NAME '[' expr ']' '=' NAME '(' args ')' ';'   { $$ = named(NODE(use, @$, $4, LIST(list, ((Span){@8.lo, @10.hi}), $9), named(LEAF(ident, @7), $7)), $2); }
  ;

/* ---- Statements */
statement: LET lhs type_opt '=' expr ';'      { $$ = NODE(let, @$, $2, $3, $5); }
  | postfix '=' expr ';'                      { $$ = assignment(p, AST_assign, @$, $1, $3); }
  | postfix PLUSEQ expr ';'                   { $$ = assignment(p, AST_addassign, @$, $1, $3); }
  | postfix ';'                               { $$ = call_statement(p, @$, $1); }
  | RETURN ';'                                { $$ = LEAF(return, @$); }
  | RETURN exprs ';'                          { $$ = LIST(return, @$, $2); }
  | FOR NAME IN expr DOTDOT expr body         { $$ = named(NODE(for, @$, $4, $6, $7), $2); }
  | REPEAT expr body                          { $$ = NODE(repeat, @$, $2, $3); }
  | WHILE expr MOST expr body                 { $$ = NODE(while, @$, $2, $4, $5); }
  | SCAN NAME IN expr DOTDOT expr body        { $$ = named(NODE(scan, @$, $4, $6, $7), $2); }
  | CARRY NAME '=' expr ';'                   { $$ = named(NODE(carry, @$, $4), $2); }
  | CARRY NAME '[' exprs ']' '=' expr ';'     { $$ = numbered(named(LIST(carry, @$, list_add(p, $4, $7)), $2), 1); }
  | if
  | MATCH expr '{' cases '}'                  { $$ = make(p, AST_match, @$, 1, &$2, $4, NULL); }
  | MATCH expr '{' cases error '}'            { $$ = make(p, AST_match, @$, 1, &$2, $4, NULL); }
  | TAP TEXT expr ';'                         { $$ = named(NODE(tap, @$, $3), $2); }
  | DYN NAME LE expr '=' expr ';'             { $$ = named(NODE(dyn, @$, $4, $6), $2); }
  ;
if: IF expr body else_opt                     { $$ = NODE(if, @$, $2, $3, $4); }
  ;
else_opt: %empty                              { $$ = NULL; }
  | ELSE body                                 { $$ = $2; }
  | ELSE if                                   { $$ = $2; }
  ;
cases: %empty                                 { $$ = list_new(p, NULL); }
  | cases case                                { $$ = list_add(p, $1, $2); }
  ;
case: CASE expr body                          { $$ = NODE(case, @$, $2, $3); }
  | ELSE body                                 { $$ = NODE(case, @$, NULL, $2); }
  ;
lhs: lhsname
  | '(' lhs_list ')'                          { $$ = LIST(lhstuple, @$, $2); }
  ;
lhs_list: lhsname                             { $$ = list_new(p, $1); }
  | lhs_list ',' lhsname                      { $$ = list_add(p, $1, $3); }
  ;
lhsname: NAME                                 { $$ = named(LEAF(lhs, @$), $1); }
  | NAME '[' rows ']'                         { $$ = numbered(named(LIST(lhs, @$, $3), $1), 1); }
  ;
rows: row                                     { $$ = list_new(p, $1); }
  | rows ',' row                              { $$ = list_add(p, $1, $3); }
  ;
row: NAME                                     { $$ = named(NODE(lhsidx, @$, NULL, NULL), $1); }
  | NAME IN expr DOTDOT expr                  { $$ = named(NODE(lhsidx, @$, $3, $5), $1); }
  | '*' NAME                                  { $$ = numbered(named(NODE(lhsidx, @$, NULL, NULL), $2), 1); }
  ;

/* ---- Expressions */
exprs: expr                                   { $$ = list_new(p, $1); }
  | exprs ',' expr                            { $$ = list_add(p, $1, $3); }
  ;
expr: postfix
  | NARROW '[' rows ']' expr             %prec NARROW_OPERAND  { $$ = reduction(p, @$, $1, $3, NULL, $5, 0); }
  | NARROW '[' rows WHERE expr ']' expr  %prec NARROW_OPERAND  { $$ = reduction(p, @$, $1, $3, $5, $7, 0); }
  | WIDE '[' rows ']' expr               %prec WIDE_OPERAND    { $$ = reduction(p, @$, $1, $3, NULL, $5, 1); }
  | WIDE '[' rows WHERE expr ']' expr    %prec WIDE_OPERAND    { $$ = reduction(p, @$, $1, $3, $5, $7, 1); }
  | expr '?' expr ':' expr                    { $$ = NODE(cond, @$, $1, $3, $5); }
  | expr OR expr                              { $$ = BINARY(@$, $1, "||", $3); }
  | expr AND expr                             { $$ = BINARY(@$, $1, "&&", $3); }
  | expr EQ expr                              { $$ = BINARY(@$, $1, "==", $3); }
  | expr NE expr                              { $$ = BINARY(@$, $1, "!=", $3); }
  | expr '<' expr                             { $$ = BINARY(@$, $1, "<", $3); }
  | expr '>' expr                             { $$ = BINARY(@$, $1, ">", $3); }
  | expr LE expr                              { $$ = BINARY(@$, $1, "<=", $3); }
  | expr GE expr                              { $$ = BINARY(@$, $1, ">=", $3); }
  | expr '+' expr                             { $$ = BINARY(@$, $1, "+", $3); }
  | expr '-' expr                             { $$ = BINARY(@$, $1, "-", $3); }
  | expr '*' expr                             { $$ = BINARY(@$, $1, "*", $3); }
  | expr '/' expr                             { $$ = BINARY(@$, $1, "/", $3); }
  | expr '%' expr                             { $$ = BINARY(@$, $1, "%", $3); }
  | expr POW expr                             { $$ = BINARY(@$, $1, "**", $3); }
  | expr DEFAULTOP expr                       { $$ = BINARY(@$, $1, "??", $3); }
  | '-' expr %prec UNARY                      { $$ = with_op(p, NODE(unary, @$, $2), "-"); }
  | '!' expr %prec UNARY                      { $$ = with_op(p, NODE(unary, @$, $2), "!"); }
  ;
postfix: primary
  | postfix '[' subscripts ']'                { $$ = make(p, AST_index, @$, 1, &$1, $3, NULL); }
  | postfix '(' args ')'                      { $$ = make(p, AST_call, @$, 1, &$1, $3, NULL); }
  | postfix '.' NAME                          { $$ = named(NODE(member, @$, $1), $3); }
  ;
primary: NAME                                 { $$ = named(LEAF(ident, @$), $1); }
  | INT                                       { $$ = numbered(LEAF(int, @$), $1); }
  | FLOAT                                     { $$ = LEAF(float, @$); $$->f = $1.value; $$->name = $1.text; $$->name_span = @1; }
  | TEXT                                      { $$ = named(LEAF(str, @$), $1); }
  | '(' expr ')'                              { $$ = NODE(paren, @$, $2); }
  | '[' exprs ']'                             { $$ = LIST(list, @$, $2); }
  | DTYPE '(' expr ')'                        { $$ = named(NODE(cast, @$, $3), $1); }
  | COUNT '[' rows ']'                        { $$ = reduction(p, @$, $1, $3, NULL, NULL, 0); }
  | COUNT '[' rows WHERE expr ']'             { $$ = reduction(p, @$, $1, $3, $5, NULL, 0); }
  ;
subscripts: subscript                         { $$ = list_new(p, $1); }
  | subscripts ',' subscript                  { $$ = list_add(p, $1, $3); }
  ;
subscript: expr
  | ':'                                       { $$ = NODE(slice, @$, NULL, NULL); }
  | expr DOTDOT expr                          { $$ = NODE(slice, @$, $1, $3); }
  | expr DOTDOT                               { $$ = NODE(slice, @$, $1, NULL); }
  | DOTDOT expr                               { $$ = NODE(slice, @$, NULL, $2); }
  | '*' NAME                                  { $$ = named(LEAF(packidx, @$), $2); }
  ;
args: %empty                                  { $$ = list_new(p, NULL); }
  | arg_list
  ;
arg_list: arg                                 { $$ = list_new(p, $1); }
  | arg_list ',' arg                          { $$ = list_add(p, $1, $3); }
  ;
arg: expr
  | NAME '=' expr                             { $$ = named(NODE(namedarg, @$, $3), $1); }
  ;

/* ---- Weights and passes */
binding: BIND NAME model_opt text_opt rules_block     { $$ = named(NODE(bind, @$, $5, $3, $4), $2); }
  ;
model_opt: %empty                             { $$ = NULL; }
  | NAME                                      { $$ = named(LEAF(ident, @$), $1); }
  ;
text_opt: %empty                              { $$ = NULL; }
  | TEXT                                      { $$ = named(LEAF(str, @$), $1); }
  ;
rules_block: '{' rules '}'                    { $$ = LIST(rules, @$, $2); }
  | '{' rules error '}'                       { $$ = LIST(rules, @$, list_add(p, $2, LEAF(error, @3))); }
  ;
rules: %empty                                 { $$ = list_new(p, NULL); }
  | rules rule                                { $$ = list_add(p, $1, $2); }
  ;
rule: TEXT ARROW targets view_opt ';'         { $$ = numbered(named(make(p, AST_rule, @$, 0, NULL, $3, &$4), $1), $3->n); }
  | FOR NAME IN expr DOTDOT expr rules_block  { $$ = named(NODE(rulefor, @$, $4, $6, $7), $2); }
  | IGNORE TEXT ';'                           { $$ = named(LEAF(ruleignore, @$), $2); }
  | error ';'                                 { $$ = LEAF(error, @$); }
  | error rules_block                         { $$ = LEAF(error, @$); }
  ;
targets: postfix                              { $$ = list_new(p, $1); }
  | targets ',' postfix                       { $$ = list_add(p, $1, $3); }
  ;
view_opt: %empty                              { $$ = NULL; }
  | AS postfix                                { $$ = $2; }
  ;
pass_items: %empty                            { $$ = list_new(p, NULL); }
  | pass_items pass_item                      { $$ = list_add(p, $1, $2); }
  ;
pass_item: NAME pattern_opt args_opt ';'      { $$ = named(NODE(passitem, @$, $2, $3), $1); }
  | error ';'                                 { $$ = LEAF(error, @$); }
  ;
pattern_opt: %empty                           { $$ = NULL; }
  | TEXT                                      { $$ = named(LEAF(str, @$), $1); }
  ;
args_opt: %empty                              { $$ = LEAF(list, @$); }
  | '(' args ')'                              { $$ = LIST(list, @$, $2); }
  ;
%%

/* ---- Nodes */
static AstList *list_add(Parse *p, AstList *l, Ast *a)
{
  vec_push(p->ctx->perm, l, a);
  return l;
}

static AstList *list_new(Parse *p, Ast *first)
{
  AstList *l = NEW(p->ctx->perm, AstList);
  return first ? list_add(p, l, first) : l;
}

static AstList *list_join(Parse *p, AstList *l, const AstList *more)
{
  for (int i = 0; i < more->n; i++) list_add(p, l, more->at[i]);
  return l;
}

static void too_deep(Parse *p, Span at)
{
  if (!p->too_deep) diag_error(&p->ctx->diag, at, "nesting-too-deep", "this is nested more than %d levels deep", AST_MOST_DEPTH);
  p->too_deep = 1;
}

/* kids, then more, then *last where given. What is deeper than allowed becomes an error node, which ends its depth. */
static Ast *make(Parse *p, AstKind kind, Span at, size_t n, Ast *const *kids, const AstList *more, Ast *const *last)
{
  int given = (int)n, rest = more ? more->n : 0, depth = 0;
  Ast *a = ast_new(p->ctx, kind, at, given + rest + (last != NULL));
  for (int i = 0; i < given; i++) a->kid[i] = kids[i];
  for (int i = 0; i < rest; i++) a->kid[given + i] = more->at[i];
  if (last) a->kid[given + rest] = *last;
  for (int i = 0; i < a->n; i++)
    if (a->kid[i] && a->kid[i]->depth > depth) depth = a->kid[i]->depth;
  a->depth = depth + 1;
  /* One level is left for the node of the file. */
  if (a->depth < AST_MOST_DEPTH) return a;
  too_deep(p, at);
  return ast_new(p->ctx, AST_error, at, 0);
}

/* The three below leave an error node, which make may have given, as it is. */
static Ast *named(Ast *a, Word w)
{
  if (a->kind == AST_error) return a;
  a->name = w.text;
  a->name_span = w.at;
  return a;
}

static Ast *numbered(Ast *a, int64_t i)
{
  if (a->kind != AST_error) a->i = i;
  return a;
}

static Ast *with_op(Parse *p, Ast *a, const char *op)
{
  if (a->kind != AST_error) a->name = intern(p->ctx->strings, op);
  return a;
}

/* The indices of a left side and of a reduction are written alike. */
static Ast *rename_kind(Ast *a, AstKind kind)
{
  if (a->kind != AST_error) a->kind = kind;
  return a;
}

/* The parenthesis an expression starts with; NULL when it starts with something else or is nothing but one. */
static const Ast *leading_paren(const Ast *a)
{
  if (a->kind == AST_paren) return NULL;
  for (;;) {
    switch (a->kind) {
    case AST_paren: return a;
    case AST_binary: case AST_cond: case AST_index: case AST_call: case AST_member: a = a->kid[0]; break;
    default: return NULL;
    }
  }
}

static Ast *reduction(Parse *p, Span at, Word op, const AstList *rows, Ast *where, Ast *operand, int wide)
{
  for (int i = 0; i < rows->n; i++) rename_kind(rows->at[i], AST_redidx);
  const Ast *paren = wide ? leading_paren(operand) : NULL;
  if (paren) {
    diag_error(&p->ctx->diag, operand->span, "ambiguous-operand", "'%s' takes everything up to here, not only what is in parentheses: put parentheses around the whole operand, or around the whole '%s'", op.text, op.text);
    diag_note(&p->ctx->diag, paren->span, "these parentheses are only a part of its operand");
  }
  return named(make(p, AST_reduce, at, 2, (Ast *[]){where, operand}, rows, NULL), op);
}

static Ast *assignment(Parse *p, AstKind kind, Span at, Ast *target, Ast *value)
{
  AstKind k = target->kind;
  if (k == AST_ident || k == AST_index || k == AST_member) return make(p, kind, at, 2, (Ast *[]){target, value}, NULL, NULL);
  if (k != AST_error) diag_error(&p->ctx->diag, target->span, "syntax", "this cannot be assigned to: expected a name, a name with subscripts or a member");
  return LEAF(error, at);
}

static Ast *call_statement(Parse *p, Span at, Ast *call)
{
  if (call->kind == AST_call) return NODE(exprstmt, at, call);
  if (call->kind != AST_error) diag_error(&p->ctx->diag, call->span, "syntax", "this value is not used: expected an assignment or a call");
  return LEAF(error, at);
}

/* ---- What may stand where */
static int allowed(AstKind k, enum Where where)
{
  switch (k) {
  case AST_error: return 1;
  case AST_import: case AST_pass: return where == IN_FILE;
  case AST_config: case AST_dim: case AST_fn: case AST_externfn: case AST_block: case AST_bind: return where != IN_BODY;
  case AST_constdef: return 1;
  case AST_model: return where == IN_FILE;
  case AST_entry: return where == IN_MODEL;
  case AST_param: case AST_state: case AST_use: return where != IN_FILE;
  default: return where == IN_BODY;
  }
}

static const char *kind_words(Parse *p, AstKind k)
{
  switch (k) {
  case AST_constdef: return "'const'";
  case AST_externfn: return "'extern fn'";
  case AST_assign: case AST_addassign: return "an assignment";
  case AST_exprstmt: return "a call";
  default: return arena_printf(p->ctx->perm, "'%s'", ast_kind_name[k]);
  }
}

static const char *proper_place(AstKind k)
{
  if (allowed(k, IN_FILE)) return allowed(k, IN_MODEL) ? "at the level of the file or in a model" : "at the level of the file";
  if (allowed(k, IN_MODEL)) return allowed(k, IN_BODY) ? "in a model or in the body of a block" : "in a model";
  return "in the body of a fn, block or entry";
}

/* A thing that may not stand there is reported and becomes an error node. */
static Ast *check_place(Parse *p, Ast *thing, enum Where where)
{
  if (allowed(thing->kind, where)) return thing;
  static const char *const here[] = {"at the level of the file", "directly in a model", "in a body"};
  Span at = thing->span;
  const char *text = p->source->text + (at.lo - p->source->base);
  at.hi = at.lo + (uint32_t)strspn(text, "abcdefghijklmnopqrstuvwxyz");
  if (at.hi == at.lo) at.hi++;
  diag_error(&p->ctx->diag, at, "syntax", "%s cannot stand %s: its place is %s", kind_words(p, thing->kind), here[where], proper_place(thing->kind));
  return LEAF(error, thing->span);
}

static Ast *check_places(Parse *p, Ast *body, enum Where where)
{
  for (int i = 0; i < body->n; i++) body->kid[i] = check_place(p, body->kid[i], where);
  return body;
}

/* ---- Tokens */
static int opening(int close) { return close == ')' ? '(' : close == ']' ? '[' : '{'; }

static int bracket_at(const Parse *p, Span at) { return p->source->text[at.lo - p->source->base]; }

/* Keeps the list of open brackets, so that a missing one can be shown and nesting is bounded. */
static void follow_brackets(Parse *p, int token, Span at)
{
  p->unclosed = span_none();
  if (token == '(' || token == '[' || token == '{') {
    vec_push(p->ctx->perm, &p->open, at);
    if (p->open.n < AST_MOST_DEPTH) return;
    too_deep(p, at);
    p->stopped = 1;
  } else if (token == ')' || token == ']' || token == '}') {
    int i = p->open.n - 1;
    while (i >= 0 && bracket_at(p, p->open.at[i]) != opening(token)) i--;
    if (i < p->open.n - 1) p->unclosed = p->open.at[p->open.n - 1];
    if (i >= 0) p->open.n = i;
  }
}

static int yylex(TFX_YYSTYPE *value, Span *at, Parse *p)
{
  int token = TFX_TOK_END;
  *at = (Span){p->at, p->at};
  if (!p->stopped) token = tfx_scan(value, at, p->scanner);
  p->before = p->last;
  p->last = *at;
  p->last_token = token;
  follow_brackets(p, token, *at);
  return token;
}

/* Called for a stack that is full only; all else goes to yyreport_syntax_error. */
static void yyerror(const Span *at, Parse *p, const char *why)
{
  (void)why;
  too_deep(p, *at);
}

/* ---- Messages: what was found, what was expected, in words. */
static yysymbol_kind_t of_char(int c) { return YYTRANSLATE(c); }

static int is_reserved(yysymbol_kind_t k) { return k >= YYSYMBOL_IMPORT && k <= YYSYMBOL_IGNORE; }
static int is_reduction(yysymbol_kind_t k) { return k == YYSYMBOL_NARROW || k == YYSYMBOL_WIDE || k == YYSYMBOL_COUNT; }
static int is_comparison(yysymbol_kind_t k)
{
  return k == YYSYMBOL_EQ || k == YYSYMBOL_NE || k == YYSYMBOL_LE || k == YYSYMBOL_GE || k == of_char('<') || k == of_char('>');
}

static const char *found_words(Parse *p, yysymbol_kind_t k, Span at)
{
  const char *text = p->source->text + (at.lo - p->source->base);
  int n = at.hi - at.lo > 40 ? 40 : (int)(at.hi - at.lo);
  const char *what = k == YYSYMBOL_NAME ? "the name " : k == YYSYMBOL_INT || k == YYSYMBOL_FLOAT ? "the number "
                   : k == YYSYMBOL_DTYPE ? "the type name " : is_reduction(k) ? "the reduction " : is_reserved(k) ? "the reserved word " : "";
  if (k == YYSYMBOL_YYEOF) return "the end of the file";
  if (k == YYSYMBOL_TEXT) return "a text";
  return arena_printf(p->ctx->perm, "%s'%.*s'", what, n, text);
}

static void drop(char *set, const yysymbol_kind_t *kinds, const char *chars)
{
  for (; *kinds != YYSYMBOL_YYEMPTY; kinds++) set[*kinds] = 0;
  for (; *chars; chars++) set[of_char(*chars)] = 0;
}

/* Joins what is in the set: "';' or an operator". Whole families of tokens become one word first. */
static const char *expected_words(Parse *p, char *set)
{
  static const yysymbol_kind_t starts[] = {YYSYMBOL_NAME, YYSYMBOL_TEXT, YYSYMBOL_DTYPE, YYSYMBOL_NARROW, YYSYMBOL_WIDE, YYSYMBOL_COUNT,
    YYSYMBOL_INT, YYSYMBOL_FLOAT, YYSYMBOL_YYEMPTY};
  static const yysymbol_kind_t operators[] = {YYSYMBOL_EQ, YYSYMBOL_NE, YYSYMBOL_LE, YYSYMBOL_GE, YYSYMBOL_AND, YYSYMBOL_OR, YYSYMBOL_DEFAULTOP, YYSYMBOL_POW,
    YYSYMBOL_YYEMPTY};
  static const yysymbol_kind_t none[] = {YYSYMBOL_YYEMPTY};
  const char *list[YYNTOKENS + 4];
  int n = 0, statement = set[YYSYMBOL_LET], value = set[YYSYMBOL_INT] && !statement, operator = set[YYSYMBOL_POW];
  if (statement) {
    for (int k = YYSYMBOL_IMPORT; k <= YYSYMBOL_IGNORE; k++)
      if (k != YYSYMBOL_ELSE) set[k] = 0;
    list[n++] = p->open.n ? "a statement" : "a declaration";
  }
  if (statement || value) drop(set, starts, "([-!");
  if (value) list[n++] = "an expression";
  if (operator || set[of_char('.')]) drop(set, none, "([.");
  if (operator) drop(set, operators, "<>+-*/%?");
  for (int k = 0; k < YYNTOKENS; k++) {
    if (!set[k] || k == YYSYMBOL_YYerror || k == YYSYMBOL_YYUNDEF) continue;
    list[n++] = k == YYSYMBOL_NAME ? "a name" : k == YYSYMBOL_TEXT ? "a text" : k == YYSYMBOL_DTYPE ? "a type (num, f32, i32, ..)"
              : k == YYSYMBOL_YYEOF ? "the end of the file" : yysymbol_name((yysymbol_kind_t)k);
  }
  if (operator) list[n++] = "an operator";
  const char *text = n ? list[0] : "something else";
  for (int i = 1; i < n; i++) text = arena_printf(p->ctx->perm, "%s%s%s", text, i + 1 < n ? ", " : " or ", list[i]);
  return text;
}

/* What often is behind the mistake. */
static void hint(Parse *p, yysymbol_kind_t found, Span at, const char *set)
{
  Diag *d = &p->ctx->diag;
  const char *word = arena_str(p->ctx->perm, p->source->text + (at.lo - p->source->base), at.hi - at.lo > 40 ? 40 : at.hi - at.lo);
  int name_only = set[YYSYMBOL_NAME] && !set[YYSYMBOL_INT];
  if (is_reduction(found) && (name_only || set[YYSYMBOL_LET]))
    diag_note(d, at, "'%s' in front of '[' is always the reduction: a tensor with subscripts needs another name", word);
  else if (name_only && (is_reserved(found) || found == YYSYMBOL_DTYPE)) diag_note(d, at, "'%s' belongs to the language and cannot be a name", word);
  if (is_comparison(found) && set[YYSYMBOL_AND] && !set[found]) diag_note(d, at, "comparisons cannot be chained: write a < b && b < c");
  if (found == of_char('=') && set[YYSYMBOL_EQ]) diag_note(d, at, "'is equal' is written ==");
  if (found == YYSYMBOL_YYEOF && p->open.n) {
    Span open = p->open.at[p->open.n - 1];
    diag_note(d, open, "this '%c' is not closed", bracket_at(p, open));
  } else if (p->unclosed.lo) diag_note(d, p->unclosed, "this '%c' is not closed", bracket_at(p, p->unclosed));
}

/* Whether something is only missing: then the place is behind the last token when the next stands on another line. */
static int on_other_line(const Parse *p, Span at)
{
  size_t lo = p->before.hi - p->source->base, hi = at.lo - p->source->base;
  return p->before.hi && hi > lo && memchr(p->source->text + lo, '\n', hi - lo);
}

static int yyreport_syntax_error(const yypcontext_t *c, Parse *p)
{
  if (p->stopped) return 0;
  yysymbol_kind_t kinds[YYNTOKENS], found = yypcontext_token(c);
  char set[YYNTOKENS] = {0};
  int n = yypcontext_expected_tokens(c, kinds, YYNTOKENS);
  if (n < 0) return n;
  for (int i = 0; i < n; i++) set[kinds[i]] = 1;
  Span at = *yypcontext_location(c), shown = at;
  const char *what = found_words(p, found, at);
  if (p->before.hi && (found == YYSYMBOL_YYEOF || (!set[YYSYMBOL_LET] && on_other_line(p, at)))) shown = (Span){p->before.hi, p->before.hi + 1};
  char rest[YYNTOKENS];
  memcpy(rest, set, sizeof rest);
  diag_error(&p->ctx->diag, shown, "syntax", "expected %s, found %s", expected_words(p, rest), what);
  hint(p, found, at, set);
  return 0;
}

/* ---- The file */
Ast *tfx_parse(Ctx *ctx, Source *s)
{
  Parse parse = {.ctx = ctx, .source = s}, *p = &parse;
  if (s->binary || !s->text || s->size > 1u << 28) {
    diag_error(&ctx->diag, source_span(&ctx->sources, s, 0, 1), "syntax", "expected the text of a model, found %s", s->binary || !s->text ? "a binary file" : "more than 256 MiB");
    return NULL;
  }
  tfx_lex_open(p);
  yyparse(p);
  return LIST(file, ((Span){s->base, s->base + (uint32_t)s->size}), &p->items);
}
