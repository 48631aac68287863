/* Syntax of .tfx: how texts are read (strength of operators, layout of nodes, places), what is refused and where,
 * that parsing goes on after a mistake, and that printing gives a text of the same tree. */
#include "tests/unit/check.h"

#include <glob.h>
#include <stdlib.h>

#include "frontends/tfx/ast.h"

/* One compilation whose diagnostics go to a file of its own. */
typedef struct Run { Ctx ctx; Source *source; Ast *tree; char *log; } Run;

static Run *run_start(void)
{
    Run *r = calloc(1, sizeof *r);
    Arena *a = arena_new();
    r->ctx.perm = a;
    r->ctx.strings = strings_new(a);
    sources_init(&r->ctx.sources, a);
    diag_init(&r->ctx.diag, a, &r->ctx.sources);
    r->ctx.diag.color = 0;
    r->ctx.diag.out = tmpfile();
    return r;
}

static void run_parse(Run *r)
{
    r->tree = r->source ? tfx_parse(&r->ctx, r->source) : NULL;
    diag_flush(&r->ctx.diag);
    long n = ftell(r->ctx.diag.out);
    r->log = arena_alloc(r->ctx.perm, (size_t)n + 1);
    rewind(r->ctx.diag.out);
    if (fread(r->log, 1, (size_t)n, r->ctx.diag.out) != (size_t)n) r->log[0] = 0;
}

/* Parses a copy that ends exactly at its last byte, so that a sanitizer sees any read beyond it. */
static Run *run_bytes(const char *text, size_t n)
{
    Run *r = run_start();
    char *copy = arena_alloc(r->ctx.perm, n + 1);
    memcpy(copy, text, n);
    r->source = source_add(&r->ctx.sources, "t", copy, n, 0);
    run_parse(r);
    return r;
}

static Run *run_text(const char *text) { return run_bytes(text, strlen(text)); }

static Run *run_file(const char *path)
{
    const char *why = "";
    Run *r = run_start();
    r->source = source_read(&r->ctx.sources, path, &why);
    if (!CHECK(r->source)) printf("  %s: %s\n", path, why);
    run_parse(r);
    return r;
}

static void run_end(Run *r)
{
    fclose(r->ctx.diag.out);
    arena_free(r->ctx.perm);
    free(r);
}

/* ---- Trees as text: (kind name i child ..), '-' for NULL; operators are written as a formula would be. */
static void dump(const Ast *a, Out *o)
{
    if (!a) { out_s(o, "-"); return; }
    if (a->kind == AST_ident) { out_s(o, a->name); return; }
    if (a->kind == AST_int) { out_f(o, "%lld", (long long)a->i); return; }
    if (a->kind == AST_float) { out_s(o, a->name); return; }
    if (a->kind == AST_str) { out_f(o, "\"%s\"", a->name); return; }
    int op = a->kind == AST_binary || a->kind == AST_unary || a->kind == AST_reduce;
    out_f(o, "(%s", op ? a->name : ast_kind_name[a->kind]);
    if (a->name && !op) out_f(o, ":%s", a->name);
    if (a->i) out_f(o, " i=%lld", (long long)a->i);
    for (int i = 0; i < a->n; i++) {
        out_s(o, " ");
        dump(a->kid[i], o);
    }
    out_s(o, ")");
}

static const char *dumped(Run *r, const Ast *a)
{
    Out o;
    out_init(&o, r->ctx.perm);
    dump(a, &o);
    return o.at;
}

/* Reads `let a = EXPR;` and compares the tree of EXPR. */
static void reads(const char *expr, const char *want)
{
    char text[1024];
    snprintf(text, sizeof text, "fn f() { let a = %s; }", expr);
    Run *r = run_text(text);
    if (!CHECK_INT(r->ctx.diag.errors, 0)) printf("  %s: %s\n", expr, r->log);
    if (r->tree && r->tree->n == 1 && r->tree->kid[0]->kid[2]->n == 1) CHECK_STR(dumped(r, r->tree->kid[0]->kid[2]->kid[0]->kid[2]), want);
    else CHECK(!"one statement");
    run_end(r);
}

/* Reads things of a file, or of a body when in_body, and compares the tree of each, one behind the other. */
static void layout(int in_body, const char *things, const char *want)
{
    char text[1024];
    snprintf(text, sizeof text, in_body ? "fn f() { %s }" : "%s", things);
    Run *r = run_text(text);
    if (!CHECK_INT(r->ctx.diag.errors, 0)) printf("  %s: %s\n", things, r->log);
    const Ast *list = !in_body ? r->tree : r->tree && r->tree->n ? r->tree->kid[0]->kid[2] : NULL;
    Out o;
    out_init(&o, r->ctx.perm);
    for (int i = 0; list && i < list->n; i++) {
        if (i) out_s(&o, " ");
        dump(list->kid[i], &o);
    }
    CHECK_STR(o.at, want);
    run_end(r);
}

static void strengths(void)
{
    reads("1 + 2 * 3 - 4 / 5 % 6", "(- (+ 1 (* 2 3)) (% (/ 4 5) 6))");
    reads("-x ** 2", "(- (** x 2))");
    reads("2 ** -x ** y ** z", "(** 2 (- (** x (** y z))))");
    reads("-a * b", "(* (- a) b)");
    reads("!a == b", "(== (! a) b)");
    reads("x[i] ?? 0.0 * w", "(* (?? (index x i) 0.0) w)");
    reads("-x ?? y ** 2", "(- (** (?? x y) 2))");
    reads("x ?? y ?? z", "(?? (?? x y) z)");
    reads("x ?? -1 * 2", "(* (?? x (- 1)) 2)");
    reads("a || b && c == d + e", "(|| a (&& b (== c (+ d e))))");
    reads("a && b || c && d", "(|| (&& a b) (&& c d))");
    reads("c ? x : d ? y : z", "(cond c x (cond d y z))");
    reads("a || b ? c ? 1 : 2 : 3", "(cond (|| a b) (cond c 1 2) 3)");
    reads("sum[k] a * b + c", "(+ (sum - (* a b) (redidx:k - -)) c)");
    reads("x - sum[k] a - b", "(- (- x (sum - a (redidx:k - -))) b)");
    reads("y * sum[k] a * b / c % d ** 2 + e", "(+ (* y (sum - (% (/ (* a b) c) (** d 2)) (redidx:k - -))) e)");
    reads("-mean[k] -a * b", "(- (mean - (* (- a) b) (redidx:k - -)))");
    reads("sum[k] a == b", "(== (sum - a (redidx:k - -)) b)");
    reads("sum[k] a ? b : c", "(cond (sum - a (redidx:k - -)) b c)");
    reads("2 ** prod[k] a * b", "(** 2 (prod - (* a b) (redidx:k - -)))");
    reads("sum[i] (a + b) * c", "(sum - (* (paren (+ a b)) c) (redidx:i - -))");
    reads("max[l] a - min[m] b", "(- (max - a (redidx:l - -)) (min - b (redidx:m - -)))");
    reads("softmax[j] a + b ? c : d", "(softmax - (cond (+ a b) c d) (redidx:j - -))");
    reads("1 + logsumexp[j] a + b", "(+ 1 (logsumexp - (+ a b) (redidx:j - -)))");
    reads("b || any[i] x == y || c", "(|| b (any - (|| (== x y) c) (redidx:i - -)))");
    reads("a * sum[i] softmax[j] b + c", "(* a (sum - (softmax - (+ b c) (redidx:j - -)) (redidx:i - -)))");
    reads("(first[j where p] x) ?? d", "(?? (paren (first p x (redidx:j - -))) d)");
    reads("sum[k in a .. b, *s where k < 1] x", "(sum (< k 1) x (redidx:k a b) (redidx:s i=1 - -))");
    reads("count[j where a < b] * 2", "(* (count (< a b) - (redidx:j - -)) 2)");
    reads("count[j]", "(count - - (redidx:j - -))");
    reads("max(a, b) + sum", "(+ (call max a b) sum)");
    reads("x.sum[3] + softmax(mean)", "(+ (index (member:sum x) 3) (call softmax mean))");
    reads("x.state.num", "(member:num (member:state x))");
    reads("expert[id[n]](x[n, :])[d]", "(index (call (index expert (index id n)) (index x n (slice - -))) d)");
    reads("x[a .. b, ..c, d.., :, *s]", "(index x (slice a b) (slice - c) (slice d -) (slice - -) (packidx:s))");
    reads("x[0..5, 0...5]", "(index x (slice 0 5) (slice 0 .5))");
    reads("f32(x) + bool(a < b)", "(+ (cast:f32 x) (cast:bool (< a b)))");
    reads("f(x, k = 2)", "(call f x (namedarg:k 2))");
    reads("[1, [2, true]]", "(list 1 (list 2 true))");
    reads("0x1F + 9223372036854775807 + 1e-5", "(+ (+ 31 9223372036854775807) 1e-5)");
    reads("\"\\x41\\n\\\\\\\"\"", "\"A\n\\\"\"");
}

static void layouts(void)
{
    layout(0, "import \"a.tfx\"; config H = 1; config W[L] = [1];", "(import:a.tfx) (config:H - 1) (config:W L (list 1))");
    layout(0, "dim B, T <= P, Dh = D / H;", "(dim:B - -) (dim:T i=1 P -) (dim:Dh i=2 - (/ D H))");
    layout(0, "const c: num[2] = x; const a[i] = y;", "(constdef (lhs:c) (type:num i=1 2) x) (constdef (lhs:a i=1 (lhsidx:i - -)) - y)");
    layout(0, "fn f(x: num[*S, D], t: i32 in 0 .. V = 1, e = 2, r) -> num { }",
           "(fn:f (formals (formal:x (type:num i=1 (packdim:S) D) - -) (formal:t (type:i32) (slice 0 V) 1) (formal:e - - 2) (formal:r - - -)) (rets (ret (type:num))) (body))");
    layout(0, "extern fn f() -> (a: f32, i32[2]);", "(externfn:f (formals) (rets (ret:a (type:f32)) (ret (type:i32 i=1 2))))");
    layout(0, "model M { entry e() {} }", "(model:M (formals) (body (entry:e (formals) (rets) (body))))");
    layout(0, "bind npz M \"f\" { \"a\" -> x.y, z as v(1).w; \"b\" -> x; for i in 0 .. L { ignore \"*\"; } } bind npz {}",
           "(bind:npz (rules (rule:a i=2 (member:y x) z (member:w (call v 1))) (rule:b i=1 x -) (rulefor:i 0 L (rules (ruleignore:*)))) M \"f\") (bind:npz (rules) - -)");
    layout(0, "pass p { q \"x\" (a = 1); r; }", "(pass:p (passitem:q \"x\" (list (namedarg:a 1))) (passitem:r - (list)))");
    layout(1, "param a: num; param b: num[D] @ \"n\" = 0;", "(param:a (type:num) -) (param:b (type:num i=1 D) (list \"n\" (namedarg:= 0)))");
    layout(1, "state a: num; state p: i32 in 0 .. M = 1;", "(state:a (type:num) - -) (state:p (type:i32) (slice 0 M) 1)");
    layout(1, "use a = B(); use l[2] = B(h = 1, 2);", "(use:a - (list) B) (use:l 2 (list (namedarg:h 1) 2) B)");
    layout(1, "let y[b, t in 0 .. T, *s]: num = e; let (w, id[i]) = f();",
           "(let (lhs:y i=1 (lhsidx:b - -) (lhsidx:t 0 T) (lhsidx:s i=1 - -)) (type:num) e) (let (lhstuple (lhs:w) (lhs:id i=1 (lhsidx:i - -))) - (call f))");
    layout(1, "x = 1; x[i] += 2; l.k(); return; return a, b;", "(assign x 1) (addassign (index x i) 2) (exprstmt (call (member:k l))) (return) (return a b)");
    layout(1, "for i in 0 .. 2 {} scan t in a .. b {} repeat n {} while c most 3 {}", "(for:i 0 2 (body)) (scan:t a b (body)) (repeat n (body)) (while c 3 (body))");
    layout(1, "carry h = s; carry f[C, 2] = 0;", "(carry:h s) (carry:f i=1 C 2 0)");
    layout(1, "if a {} if a {} else {} if a {} else if b {} else {}", "(if a (body) -) (if a (body) (body)) (if a (body) (if b (body) (body)))");
    layout(1, "match x { case 1 {} else {} } tap \"t{i}\" x; dyn U <= T = n;", "(match x (case 1 (body)) (case - (body))) (tap:t{i} x) (dyn:U T n)");
}

/* ---- Files: no error, places inside each other, the same tree again from what is printed. */

/* The first node that sticks out of the node around it, or whose name is not where name_span says; NULL: all is well. */
static const Ast *misplaced(const Run *r, const Ast *a)
{
    const char *text = r->source->text;
    uint32_t base = r->source->base;
    if (!a->span.lo || a->span.hi < a->span.lo || a->span.hi - base > r->source->size) return a;
    if (a->name_span.lo) {
        size_t n = a->name_span.hi - a->name_span.lo;
        const char *at = text + (a->name_span.lo - base);
        if (a->name_span.lo < a->span.lo || a->name_span.hi > a->span.hi) return a;
        if (*at != '"' && (strlen(a->name) != n || memcmp(at, a->name, n))) return a;
        if (*at == '"' && (n < 2 || at[n - 1] != '"')) return a;
    }
    for (int i = 0; i < a->n; i++) {
        const Ast *k = a->kid[i];
        if (!k) continue;
        if (k->span.lo < a->span.lo || k->span.hi > a->span.hi || k->depth >= a->depth) return k;
        if ((k = misplaced(r, k))) return k;
    }
    return NULL;
}

static void round_trip(const char *path)
{
    Run *r = run_file(path);
    if (!CHECK(r->tree && !r->ctx.diag.errors)) printf("  %s: %s\n", path, r->log);
    const Ast *bad = r->tree ? misplaced(r, r->tree) : NULL;
    if (!CHECK(!bad)) printf("  %s: the place of %s\n", path, dumped(r, bad));
    Out first, second;
    out_init(&first, r->ctx.perm);
    ast_print(r->tree, &first);
    Run *again = run_bytes(first.at, first.n);
    if (!CHECK(!again->ctx.diag.errors)) printf("  %s printed: %s\n", path, again->log);
    if (!CHECK(ast_same(r->tree, again->tree))) printf("  %s: printed it is another tree\n", path);
    out_init(&second, again->ctx.perm);
    ast_print(again->tree, &second);
    CHECK(first.n == second.n && !memcmp(first.at, second.at, first.n));
    run_end(again);
    run_end(r);
}

static void all_files(void)
{
    static const char *const where[] = {"tests/lang/ok/*.tfx", "tests/lang/fine/*.tfx", "examples/*/*.tfx", "tests/models/*/*.tfx", "frontends/tfx/*.tfx"};
    const char *src = getenv("SRCDIR");
    int least[] = {5, 0, 2, 0, 0};
    for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
        char pattern[4096];
        glob_t g;
        snprintf(pattern, sizeof pattern, "%s/%s", src ? src : ".", where[i]);
        size_t n = glob(pattern, 0, NULL, &g) ? 0 : g.gl_pathc;
        if (!CHECK((int)n >= least[i])) printf("  %s: %d files\n", pattern, (int)n);
        for (size_t k = 0; k < n; k++) round_trip(g.gl_pathv[k]);
        if (n) globfree(&g);
    }
}

/* Trees that differ in one thing are told apart. */
static void differences(void)
{
    static const char *const same = "fn f() { let a = x[i] + 1.5; }";
    static const char *const other[] = {
        "fn g() { let a = x[i] + 1.5; }", "fn f() { let a = x[i] - 1.5; }", "fn f() { let a = x[i] + 1.50; }", "fn f() { let a = x[j] + 1.5; }",
        "fn f() { let a: num = x[i] + 1.5; }", "fn f() { let a = x[i] + (1.5); }", "fn f() { }", "block f() { let a = x[i] + 1.5; }",
    };
    Run *r = run_text(same), *twin = run_text(same);
    CHECK(ast_same(r->tree, twin->tree));
    CHECK(!ast_same(r->tree, NULL) && !ast_same(NULL, r->tree) && ast_same(NULL, NULL));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        Run *o = run_text(other[i]);
        if (!CHECK(o->tree && !ast_same(r->tree, o->tree))) printf("  %s\n", other[i]);
        run_end(o);
    }
    run_end(twin);
    run_end(r);
}

/* ---- What is refused: how many errors, and a piece of what is printed. */
static void refused(const char *text, int errors, const char *piece)
{
    Run *r = run_text(text);
    int count = CHECK_INT(r->ctx.diag.errors, errors), said = CHECK(strstr(r->log, piece));
    if (!count || !said) printf("  wanted '%s'; %s\n%s\n", piece, text, r->log);
    run_end(r);
}

static void tokens_refused(void)
{
    refused("dim T;\n  dim U $;", 1, "t:2:9: error: '$' has no meaning here [bad-character]");
    refused("dim T \xe2\x82\xac;", 1, "'\xe2\x82\xac' has no meaning outside of comments and texts [bad-character]");
    refused("dim T \x80;", 1, "the byte 0x80 has no meaning here [bad-character]");
    refused("const a = b | c;", 2, "'or' is || [bad-character]");
    refused("const a = 9223372036854775808;", 1, "t:1:11: error: this integer is larger than 9223372036854775807 [bad-number]");
    refused("const a = 0x8000000000000000;", 1, "[bad-number]");
    refused("const a = 1e999;", 1, "[bad-number]");
    refused("const a = 12abc;", 1, "'12abc' is neither a number nor a name");
    refused("const a = 1.5f;", 1, "'1.5f' is neither");
    refused("const a = 0x;", 1, "not a hexadecimal number");
    refused("const a = 0xfg;", 1, "not a hexadecimal number");
    refused("const a = 1e;", 1, "[bad-number]");
    refused("const a = 1.;", 1, "digits must follow the '.' of a number: 1.0 [bad-number]");
    refused("const a = 007;", 1, "write 7 ");
    refused("const a = 00;", 1, "write 0 ");
    refused("import \"abc;\ndim T;", 2, "t:1:8: error: this text is not closed by '\"' on its line [bad-string]");
    refused("import \"a\\q\";", 1, "t:1:10: error: after '\\' in a text may follow");
    refused("import \"a\\x00\";", 1, "[bad-string]");
    refused("import \"a\\x4\";", 1, "[bad-string]");
    refused("import \"a\\", 2, "[bad-string]");
    refused("dim T; /* no end\ndim U;", 1, "t:1:8: error: this comment is not closed by '*/' [unterminated-comment]");
    refused("/*/", 1, "[unterminated-comment]");
}

static void grammar_refused(void)
{
    refused("config H 12;", 1, "t:1:10: error: expected '=' or '[', found the number '12' [syntax]");
    refused("config H = ;", 1, "expected an expression, found ';'");
    refused("const a = x\nconst b = y;", 1, "t:1:12: error: expected ';' or an operator, found the reserved word 'const'");
    refused("fn f() { let state = 1; }", 1, "'state' belongs to the language and cannot be a name");
    refused("fn f() { let mean[i] = 1; }", 1, "'mean' in front of '[' is always the reduction");
    refused("fn f(x: tensor[2]) {}", 1, "expected a type (num, f32, i32, ..), found the name 'tensor'");
    refused("const a = b < c < d;", 1, "comparisons cannot be chained: write a < b && b < c");
    refused("fn f() { if a = b {} }", 1, "'is equal' is written ==");
    refused("fn f() {\n  let a = 1;", 1, "t:1:8: note: this '{' is not closed");
    refused("const a = (b + c;", 1, "expected ')' or an operator, found ';'");
    refused("fn f() { let a = (b + [c); }", 1, "t:1:23: note: this '[' is not closed");
    refused("dim T; } dim U;", 1, "found '}'");
    refused("fn f() { 3 = x; }", 1, "this cannot be assigned to");
    refused("fn f() { (x) = x; }", 1, "this cannot be assigned to");
    refused("fn f() { x + 1; }", 1, "[syntax]");
    refused("fn f() { x; }", 1, "this value is not used: expected an assignment or a call");
    refused("let a = 1;", 1, "'let' cannot stand at the level of the file: its place is in the body of a fn, block or entry");
    refused("fn f() { config a = 1; }", 1, "'config' cannot stand in a body");
    refused("model M() { x = 1; }", 1, "an assignment cannot stand directly in a model");
    refused("fn f() { entry e() {} }", 1, "its place is in a model");
    refused("param w: num;", 1, "t:1:1: error: 'param' cannot stand at the level of the file");
    refused("const a = softmax[j] (b) + c;", 1, "t:1:22: error: 'softmax' takes everything up to here");
    refused("const a = any[j] (b)[i];", 1, "[ambiguous-operand]");
    refused("const a = first[j] (b) ?? c;", 1, "t:1:20: note: these parentheses are only a part");
    refused("const a = last[j] (b) ? c : d;", 1, "[ambiguous-operand]");
    refused("const a = last[j] (b)(c).d;", 1, "[ambiguous-operand]");
    refused("while", 1, "found the end of the file");
    refused("", 0, "");
}

/* Each mistake is reported once, at its own place, and what stands between is read. */
static void goes_on(void)
{
    Run *r = run_text("dim T U;\n"
                      "fn f() {\n"
                      "  let = 3;\n"
                      "  let b = 1;\n"
                      "  for i in 0, L { x = y; z = w; }\n"
                      "  let c = f(1 2);\n"
                      "}\n"
                      "modle M() { entry e() { return; } }\n"
                      "bind npz { \"a\" -> ; \"b\" -> c; for { ignore \"x\"; } }\n"
                      "pass p { q 3; r; }\n"
                      "fn last() { match x { case 0 {} 3 } return; }\n"
                      "dim Z;\n");
    static const char *const at[] = {"t:1:7:", "t:3:7:", "t:5:13:", "t:6:15:", "t:8:7:", "t:9:19:", "t:9:35:", "t:10:12:", "t:11:33:"};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        if (!CHECK(strstr(r->log, at[i]))) printf("  %s\n", at[i]);
    CHECK_INT(r->ctx.diag.errors, (int)(sizeof at / sizeof *at));
    const Ast *end = r->tree && r->tree->n ? r->tree->kid[r->tree->n - 1] : NULL;
    CHECK(end && end->kind == AST_dim && !strcmp(end->name, "Z"));
    CHECK(strstr(dumped(r, r->tree), "(let (lhs:b) - 1)"));
    CHECK(strstr(dumped(r, r->tree), "(rule:b i=1 c -)"));
    if (check_failed) printf("%s%s\n", r->log, dumped(r, r->tree));
    run_end(r);
}

/* ---- Nesting: what is too deep is one error, however deep; never a full stack. */
static void nested(const char *before, const char *open, int n, const char *middle, const char *close, const char *after, int errors)
{
    size_t size = strlen(before) + (strlen(open) + strlen(close)) * (size_t)n + strlen(middle) + strlen(after) + 1;
    char *text = malloc(size), *at = stpcpy(text, before);
    for (int i = 0; i < n; i++) at = stpcpy(at, open);
    at = stpcpy(at, middle);
    for (int i = 0; i < n; i++) at = stpcpy(at, close);
    strcpy(at, after);
    Run *r = run_text(text);
    CHECK_INT(r->ctx.diag.errors, errors);
    if (errors) CHECK(strstr(r->log, "[nesting-too-deep]"));
    if (!CHECK(r->tree && r->tree->depth <= AST_MOST_DEPTH)) printf("  %s x %d\n", open, n);
    Out o;
    out_init(&o, r->ctx.perm);
    ast_print(r->tree, &o);
    run_end(r);
    free(text);
}

static void depths(void)
{
    static const struct { const char *before, *open, *middle, *close, *after; int fine; } c[] = {
        {"const a = ", "(", "b", ")", ";", 900}, {"const a = ", "[", "b", "]", ";", 900}, {"const a = ", "-", "b", "", ";", 900},
        {"const a = b", " + b", "", "", ";", 900}, {"const a = b", " ** b", "", "", ";", 900}, {"const a = ", "b ? c : ", "d", "", ";", 900},
        {"const a = ", "sum[i] ", "b", "", ";", 900}, {"const a = ", "softmax[i] ", "b", "", ";", 900}, {"const a = b", "[i]", "", "", ";", 900},
        {"const a = b", ".m", "", "", ";", 900}, {"const a = ", "f(", "b", ")", ";", 900}, {"const a = ", "x[", "b", "]", ";", 900},
        {"fn f() { ", "if a { ", "", "}", " }", 450}, {"fn f() { if a {} ", "else if a {} ", "", "", "}", 900},
        {"bind npz { ", "for i in 0 .. 2 { ", "", "}", " }", 450},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        nested(c[i].before, c[i].open, c[i].fine, c[i].middle, c[i].close, c[i].after, 0);
        nested(c[i].before, c[i].open, 5000, c[i].middle, c[i].close, c[i].after, 1);
        nested(c[i].before, c[i].open, 30000, c[i].middle, c[i].close, c[i].after, 1);
    }
    /* Only as deep as allowed, but each level stands in a wrong place: many errors, no crash. */
    Run *r = run_text("fn f() { fn f() { fn f() { fn f() { } } } }");
    CHECK_INT(r->ctx.diag.errors, 3);
    run_end(r);
}

/* Bytes that no text has: a NUL, and a source said to be binary. */
static void not_text(void)
{
    Run *r = run_bytes("dim T;\0dim U;", 13);
    CHECK_INT(r->ctx.diag.errors, 1);
    CHECK(strstr(r->log, "0x00"));
    run_end(r);
    r = run_bytes("import \"a\0b\";", 13);
    CHECK(strstr(r->log, "[bad-string]"));
    run_end(r);
    r = run_start();
    r->source = source_add(&r->ctx.sources, "t", "\1\2", 2, 1);
    run_parse(r);
    CHECK(!r->tree && strstr(r->log, "found a binary file"));
    run_end(r);
}

int main(void)
{
    for (int i = 0; i < AST_COUNT; i++) CHECK(ast_kind_name[i] && *ast_kind_name[i]);
    strengths();
    layouts();
    all_files();
    differences();
    tokens_refused();
    grammar_refused();
    goes_on();
    depths();
    not_text();
    return check_done();
}
