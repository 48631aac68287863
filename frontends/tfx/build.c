/* build.c - from a file to a module: imports, declarations, the model, its entries.
 * Takes the syntax tree of a .tfx source, gives a verified Module whose parameters have data.
 * Is not: evaluation of expressions and statements (build_expr.c, build_stmt.c ..). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/base/embedded.h"
#include "frontends/tfx/build.h"

Val tfx_error(Build *b, Span at, const char *id, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(b->a, fmt, ap);
    va_end(ap);
    diag_error(&b->ctx->diag, at, id, "%s", text);
    for (const Frame *f = b->frame; f && f->up && f->call.lo; f = f->up) {
        if (f->up->up) continue;                         /* the outermost call: where the user's text comes from */
        diag_note(&b->ctx->diag, f->call, "in this call");
    }
    return tfx_bad(at);
}

int tfx_errors(const Build *b) { return b->ctx->diag.errors - b->bind_errors; }

/* Regions are elaborated more than once: the same warning at the same place is told once. */
void tfx_warn(Build *b, Span at, const char *id, const char *fmt, ...)
{
    uint64_t key = hash_u64(at.lo, hash_bytes(id, strlen(id), 1));
    if (map_get_i(&b->warned, key)) return;
    map_put_i(&b->warned, key, b);
    va_list ap;
    va_start(ap, fmt);
    diag_warn(&b->ctx->diag, at, id, "%s", arena_vprintf(b->a, fmt, ap));
    va_end(ap);
}

/* ---- config and dim ---- */

static Define *define_of(Build *b, const char *name)
{
    if (b->scope != b->file && b->scope->parent != b->file) return NULL;
    for (int i = 0; i < b->ctx->defines.n; i++)
        if (!strcmp(b->ctx->defines.at[i].name, name)) return &b->ctx->defines.at[i];
    return NULL;
}

static Val define_value(Build *b, Define *d, Span at)
{
    char *end;
    d->used = 1;
    if (!strcmp(d->value, "true") || !strcmp(d->value, "false")) return val_scalar(b, ex_bool(b->m, d->value[0] == 't'), at);
    long long i = strtoll(d->value, &end, 0);
    if (*d->value && !*end && i >= INT32_MIN && i <= INT32_MAX) return val_int(b, i, at);
    double f = strtod(d->value, &end);
    if (*d->value && !*end) return val_scalar(b, ex_flt(b->m, f), at);
    return val_str(intern(b->ctx->strings, d->value), at);
}

static void declare_config(Build *b, const Ast *a)
{
    Define *d = define_of(b, a->name);
    const Ast *value = a->kid[a->n - 1];
    int64_t count;
    Val v = tfx_expr(b, value);
    if (d && v.kind == VAL_list) tfx_error(b, a->span, "define-value", "-D %s: a list cannot be set", a->name);
    else if (d) {
        Val set = define_value(b, d, a->span);
        int fits = set.kind == v.kind && (v.kind != VAL_num || val_class(&set) == val_class(&v) || val_class(&v) == CLS_F);
        if (!fits && v.kind != VAL_bad) tfx_error(b, a->span, "define-value", "-D %s=%s: the config is %s", a->name, d->value, val_text(b, &v));
        else {
            if (v.kind == VAL_num && val_class(&set) != val_class(&v)) set.e = ex_cast(b->m, val_class(&v), set.e);
            v = set;
        }
    }
    double lit;
    if (v.kind == VAL_num && (v.rank || !ex_is_lit(v.e, &lit))) v = tfx_error(b, value->span, "not-constant", "a config is known at compile time");
    if (a->n > 1 && a->kid[0] && tfx_static_int(b, a->kid[0], &count, "the number of elements") && v.kind == VAL_list && v.n != count)
        tfx_error(b, value->span, "shape-mismatch", "%d values for '%s', declared with %lld", v.n, a->name, (long long)count);
    scope_bind(b, a->name, v, a->span)->is_dim = 2;
}

/* Sizes are divided without remainder, or not at all. */
static int exact(Build *b, const Ast *a)
{
    for (int i = 0; i < a->n; i++)
        if (a->kid[i] && !exact(b, a->kid[i])) return 0;
    if (a->kind != AST_binary || strcmp(a->name, "/")) return 1;
    int64_t x, y;
    Val l = tfx_expr(b, a->kid[0]), r = tfx_expr(b, a->kid[1]);
    if (!val_is_int(&l, &x) || !val_is_int(&r, &y) || y == 0 || x % y == 0) return 1;
    tfx_error(b, a->span, "inexact-division", "%lld is not a multiple of %lld", (long long)x, (long long)y);
    return 0;
}

static Val dim_symbol(Build *b, const Ast *a)
{
    int64_t most = INT64_MAX, fixed;
    Define *d = define_of(b, a->name);
    if (a->i == 1 && !tfx_static_int(b, a->kid[0], &most, "the bound of a dim")) return tfx_bad(a->span);
    if (most < 1) return tfx_error(b, a->span, "bad-size", "a bound of %lld", (long long)most);
    if (!d) return val_scalar(b, ex_sym(b->m, sym_new(b->m, a->name, SYM_dim, 1, most, a->span)), a->span);
    Val v = define_value(b, d, a->span);
    if (!val_is_int(&v, &fixed) || fixed < 0) return tfx_error(b, a->span, "define-value", "-D %s=%s: a dim is a size", a->name, d->value);
    if (a->i == 1) {
        Range r = {ex_int(b->m, fixed), ex_int(b->m, most)};
        vec_push(b->a, &b->fixed_dims, r);
    }
    if (fixed > most) return tfx_error(b, a->span, "define-value", "-D %s=%s: the dim is at most %lld", a->name, d->value, (long long)most);
    return v;
}

static void declare_dim(Build *b, const Ast *a)
{
    Val v;
    if (a->i != 2) v = dim_symbol(b, a);
    else {
        v = tfx_number(b, a->kid[1], "a dim");
        if (v.kind == VAL_num && v.e->dtype != DT_i32) v = tfx_error(b, a->span, "type-mismatch", "a dim is an integer, this is %s", val_text(b, &v));
        if (v.kind == VAL_num && !exact(b, a->kid[1])) v = tfx_bad(a->span);
    }
    scope_bind(b, a->name, v, a->span)->is_dim = 1;
}

/* ---- declarations ---- */

static ExternFn *extern_fn(Build *b, const Ast *a)
{
    ExternFn *x = NEW(b->a, ExternFn);
    int known;
    x->name = a->name;
    x->span = a->span;
    x->nin = a->kid[0]->n;
    x->nout = a->kid[1] ? a->kid[1]->n : 0;
    if (x->nin > 8 || x->nout > 8) {
        tfx_error(b, a->span, "too-many-dims", "a host function has at most 8 arguments and 8 results");
        return NULL;
    }
    for (int i = 0; i < x->nin; i++) {
        const Ast *t = a->kid[0]->kid[i]->kid[0];
        if (!t) return tfx_error(b, a->kid[0]->kid[i]->span, "type-mismatch", "arguments of a host function have types"), NULL;
        x->in_dtype[i] = type_dtype(t->name, &known);
        x->in_rank[i] = t->n;
    }
    for (int i = 0; i < x->nout; i++) {
        const Ast *t = a->kid[1]->kid[i]->kid[0];
        x->out_dtype[i] = type_dtype(t->name, &known);
        x->out_rank[i] = t->n;
    }
    vec_push(b->a, &b->m->externs, x);
    return x;
}

static Binding *declare_callable(Build *b, const Ast *a)
{
    BindKind k = a->kind == AST_fn ? BIND_fn : a->kind == AST_block ? BIND_block : BIND_extern;
    Binding *old = scope_find_in(b->scope, a->name);
    if (old && old->ast && old->span.lo != a->span.lo) {
        tfx_error(b, a->span, "redefined", "'%s' is declared twice", a->name);
        diag_note(&b->ctx->diag, old->span, "first here");
    }
    Binding *f = scope_add(b, b->scope, k, a->name, a->span);
    f->ast = a;
    if (k == BIND_extern && !(f->ext_fn = extern_fn(b, a))) f->kind = BIND_val;
    return f;
}

void tfx_declare(Build *b, const Ast *a)
{
    Binding *f;
    switch (a->kind) {
    case AST_config: declare_config(b, a); break;
    case AST_dim: declare_dim(b, a); break;
    case AST_fn: case AST_block: case AST_externfn: declare_callable(b, a); break;
    case AST_constdef:
        if (a->kid[0]->kind != AST_lhs) {
            tfx_error(b, a->span, "syntax", "const defines one name");
            break;
        }
        f = scope_add(b, b->scope, BIND_const, a->kid[0]->name, a->span);
        f->ast = a;
        break;
    default: break;
    }
}

static int is_callable(const Ast *a) { return a->kind == AST_fn || a->kind == AST_block || a->kind == AST_externfn; }

/* ---- files ---- */

static Source *import_source(Build *b, const Source *from, const char *name, Span at)
{
    const char *slash = strrchr(from->path, '/'), *why = NULL;
    const char *beside = name[0] == '/' ? name : slash ? arena_printf(b->a, "%.*s/%s", (int)(slash - from->path), from->path, name) : name;
    Source *s = source_read(&b->ctx->sources, beside, &why);
    for (int i = 0; !s && i < b->ctx->include_dirs.n; i++) {
        const char *ignore;
        s = source_read(&b->ctx->sources, beside = arena_printf(b->a, "%s/%s", b->ctx->include_dirs.at[i], name), &ignore);
    }
    if (s) {
        vec_push(b->a, &b->ctx->deps, s->path);
        return s;
    }
    const EmbeddedFile *e = embedded_find(arena_printf(b->a, "frontends/tfx/%s", name));
    if (e) return source_add(&b->ctx->sources, arena_printf(b->a, "<%s>", name), e->text, e->size, 0);
    tfx_error(b, at, "import-missing", "cannot read '%s': %s; looked beside the file, in the folders of -I and in the library", name, why ? why : "no such file");
    return NULL;
}

static void import_names(Build *b, const Scope *from)
{
    for (int i = 0; i < from->names.n; i++) {
        Binding *f = from->names.slots[i].val;
        if (f->kind == BIND_fn || f->kind == BIND_block || f->kind == BIND_extern || f->kind == BIND_const) map_put(&b->scope->names, f->name, f);
    }
}

static void import(Build *b, const Source *from, const Ast *a)
{
    static const char pending;
    Scope *keep = b->scope;
    Source *s = import_source(b, from, a->name, a->span);
    if (!s) return;
    const char *key = intern(b->ctx->strings, s->path);
    void *done = map_get(&b->imports, key);
    if (done == (const void *)&pending) {
        tfx_error(b, a->span, "circular", "'%s' imports itself", a->name);
        return;
    }
    if (!done) {
        map_put(&b->imports, key, (void *)(uintptr_t)&pending);
        Ast *file = tfx_parse(b->ctx, s);
        done = file ? tfx_file_scope(b, s, file) : NULL;
        map_put(&b->imports, key, done);
    }
    b->scope = keep;
    if (done) import_names(b, done);
}

/* The names that a file declares: imports first, then functions and blocks, then sizes in the order of the text. */
Scope *tfx_file_scope(Build *b, Source *s, const Ast *file)
{
    Scope *keep = b->scope;
    b->scope = NULL;
    Scope *mine = scope_push(b);
    if (s == b->source) b->file = mine;
    for (int i = 0; i < file->n; i++)
        if (file->kid[i]->kind == AST_import) import(b, s, file->kid[i]);
    for (int i = 0; i < file->n; i++)
        if (is_callable(file->kid[i])) tfx_declare(b, file->kid[i]);
    for (int i = 0; i < file->n; i++)
        if (!is_callable(file->kid[i])) tfx_declare(b, file->kid[i]);
    b->scope = keep;
    return mine;
}

/* ---- entries ---- */

static void input_range(Build *b, Node *n, const Ast *range)
{
    int64_t lo = 0, hi;
    if (!range) return;
    if (!dtype_is_int(n->dtype)) {
        tfx_error(b, range->span, "type-mismatch", "a range of values is for integers");
        return;
    }
    if (range->kid[0] && !tfx_static_int(b, range->kid[0], &lo, "the start of a range")) return;
    if (!range->kid[1] || !tfx_static_int(b, range->kid[1], &hi, "the end of a range")) return;
    if (lo > n->lo) n->lo = lo;
    if (hi - 1 < n->hi) n->hi = hi - 1;
    if (n->lo > n->hi) tfx_error(b, range->span, "bad-size", "an empty range of values");
}

static int entry_inputs(Build *b, const Ast *formals)
{
    for (int i = 0; i < formals->n; i++) {
        const Ast *f = formals->kid[i];
        Expr *ext[MAX_RANK];
        int rank;
        DType t;
        if (!f->kid[0]) return tfx_error(b, f->span, "type-mismatch", "arguments of an entry have types"), 0;
        if (!type_shape(b, f->kid[0], ext, &rank, &t)) return 0;
        Node *n = node_new(b->m, b->block, NODE_input, t, rank, ext, f->name, f->span);
        input_range(b, n, f->kid[1]);
        vec_push(b->a, &b->entry->inputs, n);
        scope_bind(b, f->name, val_node(b, n, f->span), f->span);
    }
    return 1;
}

static int given_out(const Entry *e, const Node *n)
{
    for (int i = 0; i < e->outputs.n; i++)
        if (e->outputs.at[i].node == n) return 1;
    return n->kind == NODE_input || n->kind == NODE_param || n->kind == NODE_const || n->kind == NODE_state;
}

static void entry_outputs(Build *b, const Ast *rets, Val *v, Span at)
{
    int n = rets ? rets->n : 0, have = v->kind == VAL_none ? 0 : v->kind == VAL_tuple ? v->n : 1;
    if (v->kind == VAL_bad) return;
    if (n != have) {
        tfx_error(b, at, "return-count", "entry '%s' returns %d value%s, it declares %d", b->entry->name, have, have == 1 ? "" : "s", n);
        return;
    }
    for (int i = 0; i < n; i++) {
        const Ast *r = rets->kid[i], *type = r->kid[0];
        Val one = v->kind == VAL_tuple ? v->item[i] : *v;
        DType t;
        int known;
        if (one.kind == VAL_list) one = val_of_list(b, &one);
        if (!val_is_num(b, &one, "a result")) return;
        Scope *scratch = scope_push(b);
        int ok = match_type(b, type, &one, scratch, one.span, arena_printf(b->a, "result %d of entry '%s'", i + 1, b->entry->name));
        scope_pop(b);
        if (!ok) return;
        t = type_dtype(type->name, &known);
        one.e = ex_cast(b->m, dtype_class(t), one.e);
        Node *node = val_to_node(b, one, NULL, t, 0);
        if (given_out(b->entry, node)) node = val_to_node(b, one, NULL, t, 1);
        Output o = {r->name ? r->name : n == 1 ? "out" : arena_printf(b->a, "out%d", i), node, r->span};
        vec_push(b->a, &b->entry->outputs, o);
    }
}

typedef struct DimList { Build *b; Map seen; } DimList;

static void see_dim(void *u, const Expr *e)
{
    DimList *d = u;
    if (e->op != EX_sym || e->u.sym->kind != SYM_dim || map_get(&d->seen, e->u.sym)) return;
    map_put(&d->seen, e->u.sym, (void *)(uintptr_t)e->u.sym);
    vec_push(d->b->a, &d->b->entry->dims, (Sym *)(uintptr_t)e->u.sym);
    if (e->u.sym->hi == INT64_MAX)
        tfx_error(d->b, e->u.sym->span, "unbounded-arena", "memory is reserved at compile time, so '%s' needs a bound: dim %s <= N, or -D %s=N", e->u.sym->name, e->u.sym->name, e->u.sym->name);
}

static void see_expr(void *u, Expr **e) { if (*e) ex_visit(*e, see_dim, u); }
static void see_node(void *u, Node *n) { node_each_expr(n, see_expr, u); }

/* Run-time sizes become arguments: those of the inputs first, in their order. */
static void entry_dims(Build *b)
{
    DimList d = {.b = b};
    map_init(&d.seen, b->a);
    for (int i = 0; i < b->entry->inputs.n; i++)
        for (int k = 0; k < b->entry->inputs.at[i]->rank; k++) ex_visit(b->entry->inputs.at[i]->ext[k], see_dim, &d);
    block_each_node(b->entry->block, see_node, &d);
    for (int i = 0; i < b->entry->checks.n; i++) ex_visit(b->entry->checks.at[i].cond, see_dim, &d);
}

static Expr *number(Build *b, DType t, int64_t v) { return t == DT_i64 ? ex_long(b->m, v) : ex_int(b->m, v); }

/* Every integer that comes from outside lies where the graph takes it to lie. */
static void range_check(Build *b, const Node *n, const char *what)
{
    int bits = dtype_info[n->dtype].bits;
    int64_t lo = n->dtype == DT_u8 ? 0 : -((int64_t)1 << (bits - 2)) * 2, hi = n->dtype == DT_u8 ? 255 : -(lo + 1);
    if (!dtype_is_int(n->dtype) || (n->lo <= lo && n->hi >= hi)) return;
    Check c = {.status = CHECK_RANGE, .nred = n->rank, .span = n->span};
    Expr *sub[MAX_RANK];
    for (int i = 0; i < n->rank; i++) {
        c.r[i] = (Range){ex_int(b->m, 0), n->ext[i]};
        sub[i] = ex_index(b->m, i);
    }
    Expr *x = ex_read(b->m, (Node *)(uintptr_t)n, sub);
    c.cond = ex_bool(b->m, 1);
    if (n->lo > lo) c.cond = ex_bin(b->m, EX_and, c.cond, ex_bin(b->m, EX_le, number(b, n->dtype, n->lo), x));
    if (n->hi < hi) c.cond = ex_bin(b->m, EX_and, c.cond, ex_bin(b->m, EX_le, x, number(b, n->dtype, n->hi)));
    c.message = arena_printf(b->a, "%s %s holds a value outside of %lld..%lld", what, n->name ? n->name : "?", (long long)n->lo, (long long)n->hi);
    vec_push(b->a, &b->entry->checks, c);
}

static void entry_close(Build *b)
{
    entry_dims(b);
    for (int i = 0; i < b->entry->inputs.n; i++) range_check(b, b->entry->inputs.at[i], "input");
    for (int i = 0; i < b->states.n; i++) {
        State *s = (State *)(uintptr_t)b->states.slots[i].skey;
        Node *now = map_get(&b->states, s), *first = map_get(&b->state_at_entry, s);
        if (!s->rank && first) range_check(b, first, "state");
        if (!now || now == first) continue;
        StateOut o = {s, now};
        vec_push(b->a, &b->entry->state_out, o);
    }
}

static void build_entry(Build *b, const Ast *a, Scope *model)
{
    for (int i = 0; i < b->m->entries.n; i++)
        if (b->m->entries.at[i]->name == a->name) {
            tfx_error(b, a->span, "redefined", "there are two entries '%s'", a->name);
            return;
        }
    Frame frame = {.decl = a, .self = b->model};
    b->entry = entry_new(b->m, a->name, a->span);
    b->block = b->root = b->entry->block;
    b->depth = b->ncond = 0;
    b->journal.n = 0;
    map_init(&b->states, b->a);
    map_init(&b->state_at_entry, b->a);
    map_init(&b->read_at, b->a);
    frame.ret.kind = VAL_none;
    b->frame = &frame;
    b->scope = model;
    scope_push(b);
    int errors = tfx_errors(b);
    if (entry_inputs(b, a->kid[0])) {
        tfx_body(b, a->kid[2]);
        if (errors == tfx_errors(b)) entry_outputs(b, a->kid[1], &frame.ret, a->span);
        if (errors == tfx_errors(b)) entry_close(b);
    }
    b->frame = NULL;
    b->scope = model;
}

/* ---- model ---- */

static void model_members(Build *b, const Ast *members)
{
    Frame frame = {.decl = b->model_ast, .self = b->model};
    b->frame = &frame;
    for (int i = 0; i < members->n; i++)
        if (is_callable(members->kid[i])) tfx_declare(b, members->kid[i]);
    for (int i = 0; i < members->n; i++) {
        const Ast *x = members->kid[i];
        if (x->kind == AST_config || x->kind == AST_dim || x->kind == AST_constdef) tfx_declare(b, x);
        else if (x->kind == AST_bind) bind_rules(b, x);
        else if (x->kind == AST_param) tfx_param(b, x);
        else if (x->kind == AST_state) tfx_state(b, x);
        else if (x->kind == AST_use) tfx_use(b, x);
    }
    b->frame = NULL;
}

static const Ast *pick_model(Build *b, const Ast *file, const char *name)
{
    const Ast *found = NULL, *any = NULL;
    for (int i = 0; i < file->n; i++) {
        const Ast *m = file->kid[i];
        if (m->kind != AST_model) continue;
        any = m;
        if (!name || !strcmp(m->name, name)) found = m;
    }
    Span at = source_span(&b->ctx->sources, b->source, 0, 1);
    if (!any) tfx_error(b, at, "no-model", "'%s' declares no model", b->source->path);
    else if (!found) tfx_error(b, any->span, "no-model", "there is no model '%s'; this one is '%s'", name, any->name);
    return found;
}

static int binds_model(const Ast *bind, const Ast *model)
{
    return bind->n < 2 || !bind->kid[1] || bind->kid[1]->name == model->name;
}

static void build_model(Build *b, const Ast *file, const Ast *model)
{
    const Ast *members = model->kid[1];
    int entries = 0;
    b->model_ast = model;
    b->model = inst_new(b, "", model->name, NULL, model->span);
    b->scope = b->file;
    for (int i = 0; i < file->n; i++)
        if (file->kid[i]->kind == AST_bind && binds_model(file->kid[i], model)) bind_rules(b, file->kid[i]);
    Scope *scope = scope_push(b);
    model_members(b, members);
    if (tfx_errors(b)) return;
    for (int i = 0; i < members->n; i++) {
        if (members->kid[i]->kind != AST_entry) continue;
        build_entry(b, members->kid[i], scope);
        entries++;
    }
    if (!entries) tfx_error(b, model->span, "no-entry", "model '%s' has no entry", model->name);
}

static void unused_defines(Build *b)
{
    for (int i = 0; i < b->ctx->defines.n; i++) {
        const Define *d = &b->ctx->defines.at[i];
        if (d->used) continue;
        b->scope = b->file;
        tfx_unknown(b, d->name, span_none(), "config or dim");
    }
}

static void verify(Build *b)
{
    Out faults;
    out_init(&faults, b->a);
    if (graph_verify(b->m, &faults)) bug("the frontend built a broken graph:\n%.*s", (int)faults.n, faults.at);
}

Module *tfx_load(Ctx *ctx, Source *s, const char *model)
{
    Build *b = NEW(ctx->perm, Build);
    b->ctx = ctx;
    b->a = ctx->perm;
    b->source = s;
    map_init(&b->imports, b->a);
    map_init(&b->states, b->a);
    map_init(&b->state_at_entry, b->a);
    map_init(&b->read_at, b->a);
    map_init(&b->warned, b->a);
    map_init(&b->weights, b->a);
    map_init(&b->raw, b->a);
    smap_init(&b->rules, b->a);
    smap_init(&b->params, b->a);
    Ast *file = tfx_parse(ctx, s);
    if (!file || ctx->diag.errors) return NULL;
    const Ast *pick = pick_model(b, file, model);
    b->m = module_new(ctx, pick ? pick->name : "none");
    b->m->source_path = s->path;
    if (!pick) return NULL;
    tfx_file_scope(b, s, file);
    if (!ctx->diag.errors) build_model(b, file, pick);
    if (!tfx_errors(b)) bind_finish(b);
    if (!ctx->diag.errors) unused_defines(b);
    if (ctx->diag.errors) return NULL;
    verify(b);
    return b->m;
}
