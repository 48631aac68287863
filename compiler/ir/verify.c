/* verify.c - the structural rules of a graph, checked after reading and between passes.
 * Takes a module, gives a line for every fault. It looks at structure only: whether subscripts stay in range or two
 * symbolic sizes agree is not its question. It must not crash on any graph whose pointers are valid. */
#include <string.h>
#include "compiler/ir/ir.h"

typedef struct Verify {
    const Module *m; const Entry *e; Out *out; Arena *a; int faults;
    Map where;                       /* node -> Block that defined it; params and consts: the map itself */
    VEC(const Sym *) loops;          /* variables of the loops around */
    const Block *block; const Node *node;
    uint32_t slots; int acc;         /* allowed in the expression at hand: slots; class of acc or -1 */
    int entry_only;                  /* reads of inputs, states, params and consts only */
    const char *what;
} Verify;

static void check_block(Verify *v, const Block *b);

static void fault(Verify *v, Span at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void fault(Verify *v, Span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(v->a, fmt, ap);
    va_end(ap);
    const char *entry = v->e && v->e->name ? v->e->name : "";
    if (v->node) text = arena_printf(v->a, "%%%u (%s): %s", v->node->id, node_kind_name[v->node->kind], text);
    v->faults++;
    if (v->out) out_f(v->out, "%s%s%s\n", entry, *entry ? ": " : "", text);
    else diag_error(&v->m->ctx->diag, at, "broken-graph", "%s", text);
}

#define NODE_FAULT(v, ...) fault(v, (v)->node->span, __VA_ARGS__)

static TypeClass cls(const Node *n) { return dtype_class(n->dtype); }
static TypeClass expr_cls(const Expr *e) { return dtype_class(e->dtype); }
static const char *cls_name(TypeClass c)
{
    static const char *const names[] = {[CLS_F] = "float", [CLS_I] = "integer", [CLS_B] = "bool", [CLS_D] = "f64", [CLS_L] = "i64"};
    return names[c];
}
static uint32_t below(int n) { return ((uint32_t)1 << n) - 1; }

/* ---- operands and expressions ---- */

static int encloses(const Block *outer, const Block *b)
{
    for (; b; b = b->parent)
        if (b == outer) return 1;
    return 0;
}

static void check_visible(Verify *v, const Node *n, Span at)
{
    const Block *b = map_get(&v->where, n);
    if (!b) fault(v, at, "%s reads %%%u, which is not defined before", v->what, n->id);
    else if (b != (const void *)&v->where && !encloses(b, v->block))
        fault(v, at, "%s reads %%%u, which is inside another region", v->what, n->id);
}

static Span here(const Verify *v) { return v->node ? v->node->span : v->e ? v->e->span : span_none(); }

static void check_read(Verify *v, const Expr *e)
{
    const Node *n = e->u.node;
    int pad = e->op == EX_read_or;
    check_visible(v, n, here(v));
    if (e->n != n->rank + pad) fault(v, here(v), "%s reads %%%u of %d dimensions with %d subscripts", v->what, n->id, n->rank, e->n - pad);
    if (expr_cls(e) != cls(n)) fault(v, here(v), "%s reads %%%u, a %s, as %s", v->what, n->id, cls_name(cls(n)), cls_name(expr_cls(e)));
    for (int i = 0; i < e->n - pad; i++)
        if (expr_cls(e->arg[i]) != CLS_I) fault(v, here(v), "%s: subscript %d of %%%u is not an integer", v->what, i, n->id);
    NodeKind k = n->kind;
    if (v->entry_only && k != NODE_input && k != NODE_state && k != NODE_param && k != NODE_const)
        fault(v, here(v), "%s reads %%%u, which is not known when the entry begins", v->what, n->id);
    if (k == NODE_loop || k == NODE_if || k == NODE_extern) fault(v, here(v), "%s reads %%%u itself, not a result of it", v->what, n->id);
}

static void check_sym(Verify *v, const Sym *s)
{
    int known = 0;
    for (int i = 0; i < v->loops.n; i++) known |= v->loops.at[i] == s;
    for (int i = 0; v->e && i < v->e->dims.n; i++) known |= v->e->dims.at[i] == s;
    if (!known) fault(v, here(v), "%s uses %s, which is neither a dim of the entry nor the variable of a loop around", v->what, s->name);
}

static void check_part(void *u, const Expr *e)
{
    Verify *v = u;
    if (e->op == EX_read || e->op == EX_read_or) check_read(v, e);
    else if (e->op == EX_sym) check_sym(v, e->u.sym);
    else if (e->op == EX_index && !(v->slots >> e->u.slot & 1)) fault(v, here(v), "%s uses slot %d, which is not in scope", v->what, e->u.slot);
    else if (e->op == EX_acc && v->acc < 0) fault(v, here(v), "%s uses acc, which is for post only", v->what);
    else if (e->op == EX_acc && (int)expr_cls(e) != v->acc)
        fault(v, here(v), "%s uses acc as %s, it is a %s", v->what, cls_name(expr_cls(e)), cls_name((TypeClass)v->acc));
}

/* want: class or -1 */
static void check_expr(Verify *v, const Expr *e, const char *what, uint32_t slots, int acc, int want)
{
    v->what = what;
    if (!e) {
        fault(v, here(v), "%s is missing", what);
        return;
    }
    v->slots = slots;
    v->acc = acc;
    ex_visit(e, check_part, v);
    if (want >= 0 && (int)expr_cls(e) != want) fault(v, here(v), "%s is a %s, wanted %s", what, cls_name(expr_cls(e)), cls_name((TypeClass)want));
}

static void check_ranges(Verify *v, int nred, const Range *r, int rank, uint32_t out_slots)
{
    if (nred < 0 || nred > MAX_RED) {
        fault(v, here(v), "%d reduced indices", nred);
        return;
    }
    for (int i = 0; i < nred; i++) {
        uint32_t slots = out_slots | (below(rank + i) & ~below(rank));
        check_expr(v, r[i].lo, "a lower limit", slots, -1, CLS_I);
        check_expr(v, r[i].hi, "an upper limit", slots, -1, CLS_I);
    }
}

static void check_conj(Verify *v, const Node *n, uint32_t slots)
{
    for (int i = 0; i < n->nconj; i++) check_expr(v, n->conj[i], "a condition", slots, -1, CLS_B);
}

/* ---- node kinds ---- */

static void check_compute(Verify *v, const Node *n)
{
    uint32_t all = below(n->rank + n->nred);
    check_ranges(v, n->nred, n->r, n->rank, below(n->rank));
    check_conj(v, n, all);
    check_expr(v, n->body, "the body", all, -1, -1);
    if (!n->body) return;
    TypeClass body = expr_cls(n->body), acc = body;
    int arg = n->red == RED_argmax || n->red == RED_argmin;
    if (arg) acc = CLS_I;
    if ((n->red == RED_any || n->red == RED_all) != 0 && body != CLS_B) NODE_FAULT(v, "%s of a %s", redop_name[n->red], cls_name(body));
    if (((n->red >= RED_sum && n->red <= RED_min) || arg) && body == CLS_B) NODE_FAULT(v, "%s of a bool", redop_name[n->red]);
    if (n->red == RED_none && n->nred) NODE_FAULT(v, "reduced indices without a reduction");
    if (arg && n->nred != 1) NODE_FAULT(v, "%s over %d indices", redop_name[n->red], n->nred);
    if (n->empty) check_expr(v, n->empty, "the value of an empty domain", below(n->rank), -1, (int)acc);
    if (n->post) check_expr(v, n->post, "post", below(n->rank), (int)acc, (int)cls(n));
    else if (acc != cls(n)) NODE_FAULT(v, "the value is a %s, the node holds a %s", cls_name(acc), cls_name(cls(n)));
}

static void check_row(Verify *v, const Node *n)
{
    if (n->red != RED_none || n->nred || n->post || n->empty) NODE_FAULT(v, "a row operation has neither reduction nor post nor empty");
    if (!n->row_axes || n->row_axes & ~below(n->rank)) NODE_FAULT(v, "row axes 0x%x of %d dimensions", n->row_axes, n->rank);
    if (n->kind != NODE_softmax && n->row_axes & (n->row_axes - 1)) NODE_FAULT(v, "a running value has one row axis");
    check_conj(v, n, below(n->rank));
    check_expr(v, n->body, "the body", below(n->rank), -1, (int)cls(n));
    if (cls(n) == CLS_B || (n->kind == NODE_softmax && cls(n) != CLS_F)) NODE_FAULT(v, "it holds a %s", cls_name(cls(n)));
}

/* n->in[k] exists and is visible? */
static int check_in(Verify *v, const Node *n, int count)
{
    v->what = "it";
    if (n->nin != count) {
        NODE_FAULT(v, "%d operands, wanted %d", n->nin, count);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        NodeKind k = n->in[i]->kind;
        check_visible(v, n->in[i], n->span);
        if (n->kind != NODE_result && (k == NODE_loop || k == NODE_if || k == NODE_extern))
            NODE_FAULT(v, "reads %%%u itself, not a result of it", n->in[i]->id);
    }
    return 1;
}

static void check_same(Verify *v, const Node *n, const char *what, TypeClass c, int rank)
{
    if (cls(n) != c || n->rank != rank)
        NODE_FAULT(v, "%s %%%u is a %s of %d dimensions, wanted %s of %d", what, n->id, cls_name(cls(n)), n->rank, cls_name(c), rank);
}

static void check_scatter(Verify *v, const Node *n)
{
    uint32_t red = below(n->rank + n->nred) & ~below(n->rank);
    if (check_in(v, n, 1)) check_same(v, n->in[0], "the base", cls(n), n->rank);
    check_ranges(v, n->nred, n->r, n->rank, 0);
    check_conj(v, n, red);
    for (int d = 0; d < n->rank; d++) check_expr(v, n->sub[d], "a subscript", red, -1, CLS_I);
    check_expr(v, n->body, "the value", red, -1, (int)cls(n));
    if (n->mode != SCATTER_set && cls(n) == CLS_B) NODE_FAULT(v, "combines bools");
}

static void check_argsort(Verify *v, const Node *n)
{
    if (!check_in(v, n, 1)) return;
    if (n->rank < 1 || n->in[0]->rank != n->rank) NODE_FAULT(v, "%d dimensions of %d", n->rank, n->in[0]->rank);
    if (cls(n) != CLS_I) NODE_FAULT(v, "it holds a %s", cls_name(cls(n)));
    if (cls(n->in[0]) == CLS_B) NODE_FAULT(v, "sorts bools");
}

static void check_search(Verify *v, const Node *n)
{
    if (!check_in(v, n, 3)) return;
    for (int i = 0; i < 3; i++) if (n->in[i]->rank != 1) NODE_FAULT(v, "operand %d has %d dimensions, not 1", i, n->in[i]->rank);
    if (n->rank != 1 || n->in[0]->ext[0] != n->in[1]->ext[0] || n->ext[0] != n->in[2]->ext[0]) NODE_FAULT(v, "sizes differ");
    if (cls(n) != CLS_I || cls(n->in[1]) != CLS_I) NODE_FAULT(v, "numbers of positions are integers");
    if (cls(n->in[0]) != cls(n->in[2]) || cls(n->in[0]) == CLS_B) NODE_FAULT(v, "a %s among %ss", cls_name(cls(n->in[2])), cls_name(cls(n->in[0])));
    if (n->k < 0 || n->k > SEARCH_upto_here) NODE_FAULT(v, "limit %d", n->k);
}

static void check_extern(Verify *v, const Node *n)
{
    const ExternFn *f = n->ext_fn;
    if (!f) {
        NODE_FAULT(v, "no host function");
        return;
    }
    if (n->nres != f->nout) NODE_FAULT(v, "%d results, %s has %d", n->nres, f->name, f->nout);
    if (!check_in(v, n, f->nin)) return;
    for (int i = 0; i < n->nin; i++) check_same(v, n->in[i], "operand", dtype_class(f->in_dtype[i]), f->in_rank[i]);
}

static void check_result(Verify *v, const Node *n)
{
    if (!check_in(v, n, 1)) return;
    const Node *of = n->in[0], *source = NULL;
    if (map_get(&v->where, of) != v->block) NODE_FAULT(v, "it is in another block than %%%u", of->id);
    if (n->k < 0 || n->k >= of->nres) {
        NODE_FAULT(v, "result %d of %%%u, which has %d", n->k, of->id, of->nres);
        return;
    }
    if (of->kind == NODE_extern && of->ext_fn && n->k < of->ext_fn->nout) {
        check_same(v, n, "result", dtype_class(of->ext_fn->out_dtype[n->k]), of->ext_fn->out_rank[n->k]);
    } else if ((of->kind == NODE_loop || of->kind == NODE_if) && of->then) {
        int at = n->k + (of->kind == NODE_loop && of->has_exit);
        if (at < of->then->results.n) source = of->then->results.at[at];
        if (source) check_same(v, n, "result", cls(source), source->rank);
    } else if (of->kind != NODE_extern) {
        NODE_FAULT(v, "result of %%%u, which has none", of->id);
    }
}

/* A region's nodes, then what it yields. */
static void check_region(Verify *v, const Node *n, const Block *b)
{
    const Block *outer = v->block;
    if (b->parent != outer) NODE_FAULT(v, "the region's parent is not the block around");
    if (b->owner != n) NODE_FAULT(v, "the region belongs to another node");
    check_block(v, b);
    v->node = n;
    v->block = b;
    v->what = "yield";
    for (int i = 0; i < b->results.n; i++) {
        NodeKind k = b->results.at[i]->kind;
        check_visible(v, b->results.at[i], n->span);
        if (k == NODE_loop || k == NODE_if || k == NODE_extern) NODE_FAULT(v, "yields %%%u itself, not a result of it", b->results.at[i]->id);
    }
    v->block = outer;
}

static void check_loop(Verify *v, const Node *n)
{
    check_expr(v, n->trip, "the number of iterations", 0, -1, CLS_I);
    if (!n->then || n->other || !n->var) {
        NODE_FAULT(v, "a loop has one region and a variable");
        return;
    }
    const Block *b = n->then;
    int exit = !!n->has_exit, ok = check_in(v, n, b->args.n);
    vec_push(v->a, &v->loops, n->var);
    check_region(v, n, b);
    v->loops.n--;
    if (n->nres != n->nin || b->results.n != n->nin + exit) {
        NODE_FAULT(v, "%d operands, %d results, yields %d", n->nin, n->nres, b->results.n);
        return;
    }
    if (exit && (cls(b->results.at[0]) != CLS_B || b->results.at[0]->rank)) NODE_FAULT(v, "\"go on?\" is not a single bool");
    for (int i = 0; ok && i < n->nin; i++) {
        const Node *a = b->args.at[i];
        check_same(v, n->in[i], "operand", cls(a), a->rank);
        check_same(v, b->results.at[i + exit], "the next value", cls(a), a->rank);
    }
}

static void check_if(Verify *v, const Node *n)
{
    check_expr(v, n->cond, "the condition", 0, -1, CLS_B);
    if (!n->then || !n->other) {
        NODE_FAULT(v, "an if has two regions");
        return;
    }
    check_region(v, n, n->then);
    check_region(v, n, n->other);
    if (n->then->args.n || n->other->args.n) NODE_FAULT(v, "regions of an if have no arguments");
    if (n->then->results.n != n->nres || n->other->results.n != n->nres) {
        NODE_FAULT(v, "the regions yield %d and %d, wanted %d", n->then->results.n, n->other->results.n, n->nres);
        return;
    }
    for (int i = 0; i < n->nres; i++)
        check_same(v, n->other->results.at[i], "the other value", cls(n->then->results.at[i]), n->then->results.at[i]->rank);
}

static void check_literal_shape(Verify *v, const Node *n, int rank, const int64_t *shape, const char *what)
{
    int64_t size;
    if (n->rank != rank) fault(v, here(v), "%%%u has %d dimensions, %s has %d", n->id, n->rank, what, rank);
    for (int d = 0; d < rank && d < n->rank; d++)
        if (ex_is_int(n->ext[d], &size) && size != shape[d])
            fault(v, here(v), "%%%u has size %lld where %s has %lld", n->id, (long long)size, what, (long long)shape[d]);
}

static int known_state(const Verify *v, const State *s)
{
    for (int i = 0; i < v->m->states.n; i++)
        if (v->m->states.at[i] == s) return 1;
    return 0;
}

static void check_state(Verify *v, const Node *n)
{
    if (!n->state || !known_state(v, n->state)) {
        NODE_FAULT(v, "its state is not in the module");
        return;
    }
    check_literal_shape(v, n, n->state->rank, n->state->shape, "the state");
    if (cls(n) != dtype_class(n->state->dtype)) NODE_FAULT(v, "a %s of a state of %s", cls_name(cls(n)), dtype_info[n->state->dtype].name);
}

static void check_data(Verify *v, const Node *n)
{
    const Tensor *t = n->data;
    if (!t) {
        NODE_FAULT(v, "no data");
        return;
    }
    check_literal_shape(v, n, t->rank, t->shape, "its data");
    if (!dtype_stores(t->dtype, n->dtype)) NODE_FAULT(v, "%s data for a %s", dtype_info[t->dtype].name, cls_name(cls(n)));
    if (t->data && t->bytes / (size_t)(dtype_info[t->dtype].bits / 8) < (size_t)tensor_count(t))
        NODE_FAULT(v, "%zu bytes for %lld elements", t->bytes, (long long)tensor_count(t));
}

static int is_input(const Entry *e, const Node *n)
{
    for (int i = 0; i < e->inputs.n; i++)
        if (e->inputs.at[i] == n) return 1;
    return 0;
}

static void check_detail(Verify *v, const Node *n)
{
    switch (n->kind) {
    case NODE_compute: check_compute(v, n); break;
    case NODE_softmax:
    case NODE_cumsum:
    case NODE_cummax: check_row(v, n); break;
    case NODE_scatter: check_scatter(v, n); break;
    case NODE_argsort: check_argsort(v, n); break;
    case NODE_search: check_search(v, n); break;
    case NODE_extern: check_extern(v, n); break;
    case NODE_result: check_result(v, n); break;
    case NODE_loop: check_loop(v, n); break;
    case NODE_if: check_if(v, n); break;
    case NODE_state: check_state(v, n); break;
    case NODE_input:
        if (!is_input(v->e, n)) NODE_FAULT(v, "it is not an input of the entry");
        break;
    case NODE_param:
    case NODE_const: NODE_FAULT(v, "it belongs to the module, not to a block"); break;
    default: break;                                    /* undef; arg: checked with its loop */
    }
}

static void check_sizes(Verify *v, const Node *n)
{
    for (int d = 0; d < n->rank; d++) check_expr(v, n->ext[d], "a size", 0, -1, CLS_I);
}

static void check_block(Verify *v, const Block *b)
{
    v->block = b;
    for (int i = 0; i < b->args.n; i++) {
        const Node *n = b->args.at[i];
        v->node = n;
        if (n->kind != NODE_arg || n->k != i) NODE_FAULT(v, "it is not argument %d of its region", i);
        check_sizes(v, n);
        map_put(&v->where, n, (void *)(uintptr_t)b);
    }
    for (int i = 0; i < b->nodes.n; i++) {
        const Node *n = b->nodes.at[i];
        v->node = n;
        v->block = b;
        if (n->kind == NODE_arg) continue;
        if (n->block != b) NODE_FAULT(v, "it says that it lives in another block");
        if (n->id >= v->m->next_node) NODE_FAULT(v, "its number is not below the module's next");
        if (n->kind != NODE_input && map_get(&v->where, n)) NODE_FAULT(v, "it is listed twice");
        check_sizes(v, n);
        check_detail(v, n);
        map_put(&v->where, n, (void *)(uintptr_t)b);
    }
}

/* ---- entries and the module ---- */

static void check_checks(Verify *v, const Entry *e)
{
    v->entry_only = 1;
    for (int i = 0; i < e->checks.n; i++) {
        const Check *c = &e->checks.at[i];
        check_ranges(v, c->nred, c->r, 0, 0);
        check_expr(v, c->cond, "a check", below(c->nred), -1, CLS_B);
    }
    v->entry_only = 0;
    for (int i = 0; i < e->facts.n; i++) check_expr(v, e->facts.at[i], "a fact", 0, -1, CLS_B);
}

static void check_outputs(Verify *v, const Output *o, int n, const char *what)
{
    v->what = what;
    for (int i = 0; i < n; i++) {
        NodeKind k = o[i].node->kind;
        check_visible(v, o[i].node, o[i].span);
        if (k == NODE_loop || k == NODE_if || k == NODE_extern) fault(v, o[i].span, "%s %s is %%%u itself, not a result of it", what, o[i].name, o[i].node->id);
    }
}

static void check_state_out(Verify *v, const Entry *e)
{
    v->what = "state_out";
    for (int i = 0; i < e->state_out.n; i++) {
        const StateOut *s = &e->state_out.at[i];
        if (!known_state(v, s->state)) {
            fault(v, e->span, "state_out of a state that is not in the module");
            continue;
        }
        check_visible(v, s->node, s->node->span);
        check_literal_shape(v, s->node, s->state->rank, s->state->shape, s->state->name);
        if (cls(s->node) != dtype_class(s->state->dtype)) fault(v, e->span, "state %s gets a %s", s->state->name, cls_name(cls(s->node)));
        for (int k = 0; k < i; k++)
            if (e->state_out.at[k].state == s->state) fault(v, e->span, "state %s is set twice", s->state->name);
    }
}

static void check_entry(Verify *v, const Entry *e)
{
    v->e = e;
    v->block = e->block;
    for (int i = 0; i < e->inputs.n; i++) {
        v->node = e->inputs.at[i];
        if (v->node->kind != NODE_input) NODE_FAULT(v, "input %d is not an input", i);
        check_sizes(v, v->node);
        map_put(&v->where, v->node, e->block);
    }
    v->node = NULL;
    check_block(v, e->block);
    v->node = NULL;
    v->block = e->block;
    check_checks(v, e);
    check_outputs(v, e->outputs.at, e->outputs.n, "output");
    check_outputs(v, e->taps.at, e->taps.n, "tap");
    check_state_out(v, e);
}

int graph_verify(const Module *m, Out *faults)
{
    Verify v = {.m = m, .out = faults, .a = arena_new()};
    map_init(&v.where, v.a);
    for (int i = 0; i < m->params.n + m->consts.n; i++) {
        v.node = i < m->params.n ? m->params.at[i] : m->consts.at[i - m->params.n];
        if (v.node->kind != (i < m->params.n ? NODE_param : NODE_const)) NODE_FAULT(&v, "it is in the wrong list");
        check_data(&v, v.node);
        map_put(&v.where, v.node, &v.where);
    }
    v.node = NULL;
    for (int i = 0; i < m->entries.n; i++) check_entry(&v, m->entries.at[i]);
    arena_free(v.a);
    return v.faults;
}
