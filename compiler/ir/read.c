/* read.c - the text form of a module into a module: declarations, entries, nodes, regions.
 * Takes a source, gives a verified module or a diagnostic at the guilty place and NULL. Robust against any text:
 * counts, depths and numbers are limited, and what graph_verify rejects is not given out.
 * Weights "from" a file are loaded by the caller's hook. The grammar is the print side, print.c; > and >=, comments
 * and free spacing are read too. */
#include <string.h>
#include "compiler/ir/reader.h"

/* "%12 x: f32[T,64] in 0..=9" before the node exists */
typedef struct Decl {
    Tok at; uint32_t id; const char *name; DType dtype; int rank; Expr *ext[MAX_RANK]; int has_interval; int64_t lo, hi;
} Decl;

static void read_block(Reader *r, Entry *e, Block *b);

/* ---- declarations ---- */

static Sym *declare_sym(Reader *r, SymKind kind)
{
    Tok at = r->lex.tok;
    int id;
    const char *name = reader_sym_name(r, &id);
    if (id < 0 ? smap_get(&r->syms, name) != NULL : map_get_i(&r->syms_by_id, (uint64_t)id + 1) != NULL)
        reader_fail(r, &at, "ir-redefined", "the symbol '%.60s' is defined twice", name);
    Sym *s = sym_new(r->m, name, kind, INT32_MIN, INT32_MAX, reader_span(r, &at));
    if (id >= 0) s->id = id, map_put_i(&r->syms_by_id, (uint64_t)id + 1, s);
    else smap_put(&r->syms, name, s);
    return s;
}

static Decl read_decl(Reader *r)
{
    Decl d = {.at = r->lex.tok};
    reader_expect(r, "%");
    d.at.end = r->lex.tok.end;
    d.id = (uint32_t)reader_uint(r, "the number of a node", MAX_ID);
    if (map_get_i(&r->nodes, (uint64_t)d.id + 1)) reader_fail(r, &d.at, "ir-redefined", "%%%u is defined twice", d.id);
    Lexer back = r->lex;
    if (r->lex.tok.kind == TOK_name || r->lex.tok.kind == TOK_string) {
        d.name = reader_name(r, "a name");
        if (!reader_accept(r, ":")) d.name = NULL, r->lex = back;
    }
    d.dtype = reader_dtype(r);
    r->rank = 0;
    if (reader_is(r, "[")) {
        reader_open(r, "[");
        do {
            if (d.rank == MAX_RANK) reader_fail(r, NULL, "ir-limit", "a tensor has at most %d dimensions", MAX_RANK);
            d.ext[d.rank++] = reader_typed(r, PREC_SELECT, CLS_I, "a size");
        } while (reader_accept(r, ","));
        reader_close(r, "]");
    }
    d.has_interval = reader_accept(r, "in");
    if (d.has_interval) reader_interval(r, 0, &d.lo, &d.hi);
    return d;
}

static Node *make_node(Reader *r, Block *b, NodeKind kind, const Decl *d)
{
    Node *n = node_new(r->m, b, kind, d->dtype, d->rank, d->ext, d->name, reader_span(r, &d->at));
    n->id = d->id;
    if (r->m->next_node <= n->id) r->m->next_node = n->id + 1;
    if (d->has_interval) n->lo = d->lo, n->hi = d->hi;
    return n;
}

/* From here on expressions can name it. */
static void publish(Reader *r, Node *n) { map_put_i(&r->nodes, (uint64_t)n->id + 1, n); }

static void literal_shape(Reader *r, const Decl *d, int64_t *shape)
{
    for (int i = 0; i < d->rank; i++)
        if (!ex_is_int(d->ext[i], &shape[i]) || shape[i] < 0)
            reader_fail(r, &d->at, "ir-type", "size %d must be a number that is not negative", i);
}

static void read_data_node(Reader *r, NodeKind kind)
{
    int64_t shape[MAX_RANK];
    Decl d = read_decl(r);
    literal_shape(r, &d, shape);
    Node *n = make_node(r, NULL, kind, &d);
    reader_expect(r, "=");
    n->data = reader_tensor(r, d.dtype, d.rank, shape, d.name);
    publish(r, n);
}

static void read_state(Reader *r)
{
    Tok at = r->lex.tok;
    State *s = NEW(r->a, State);
    s->name = reader_name(r, "the name of a state");
    if (smap_get(&r->states, s->name)) reader_fail(r, &at, "ir-redefined", "the state '%.60s' is defined twice", s->name);
    s->span = reader_span(r, &at);
    reader_accept(r, ":");
    s->dtype = reader_dtype(r);
    if (reader_is(r, "[")) {
        reader_open(r, "[");
        do {
            if (s->rank == MAX_RANK) reader_fail(r, NULL, "ir-limit", "a state has at most %d dimensions", MAX_RANK);
            s->shape[s->rank++] = (int64_t)reader_uint(r, "a size", INT32_MAX);
        } while (reader_accept(r, ","));
        reader_close(r, "]");
    }
    int bits = dtype_info[s->dtype].bits > 32 ? 32 : dtype_info[s->dtype].bits, is_unsigned = s->dtype == DT_u8 || s->dtype == DT_u16;
    s->lo = is_unsigned ? 0 : -((int64_t)1 << (bits - 1));
    s->hi = ((int64_t)1 << (bits - !is_unsigned)) - 1;
    if (s->dtype == DT_bool) s->lo = 0, s->hi = 1;
    if (reader_accept(r, "in")) reader_interval(r, 0, &s->lo, &s->hi);
    reader_expect(r, "=");
    if (r->lex.tok.kind == TOK_int && r->lex.tok.u == 0) reader_next(r);
    else s->init = reader_tensor(r, s->dtype, s->rank, s->shape, s->name);
    vec_push(r->a, &r->m->states, s);
    smap_put(&r->states, s->name, s);
}

static int read_signature(Reader *r, DType *dtype, int *rank)
{
    int n = 0;
    reader_open(r, "(");
    while (!reader_is(r, ")")) {
        if (n) reader_expect(r, ",");
        if (n == 8) reader_fail(r, NULL, "ir-limit", "a host function has at most 8 operands and 8 results");
        dtype[n] = reader_dtype(r);
        rank[n++] = (int)reader_uint(r, "a number of dimensions", MAX_RANK);
    }
    reader_close(r, ")");
    return n;
}

static void read_extern(Reader *r)
{
    Tok at = r->lex.tok;
    ExternFn *f = NEW(r->a, ExternFn);
    f->name = reader_name(r, "the name of a host function");
    if (smap_get(&r->externs, f->name)) reader_fail(r, &at, "ir-redefined", "the host function '%.60s' is defined twice", f->name);
    f->span = reader_span(r, &at);
    f->nin = read_signature(r, f->in_dtype, f->in_rank);
    reader_expect(r, "->");
    f->nout = read_signature(r, f->out_dtype, f->out_rank);
    vec_push(r->a, &r->m->externs, f);
    smap_put(&r->externs, f->name, f);
}

/* ---- nodes ---- */

/* "[r0 in lo..hi, r1 in lo..hi where a && b]", optional; conj == NULL: no where */
static int read_ranges(Reader *r, Range *at)
{
    int n = 0;
    while (!reader_is(r, "]") && !reader_is(r, "where")) {
        if (n) reader_expect(r, ",");
        if (n == MAX_RED) reader_fail(r, NULL, "ir-limit", "at most %d reduced indices", MAX_RED);
        reader_expect(r, arena_printf(r->a, "r%d", n));
        reader_expect(r, "in");
        at[n].lo = reader_typed(r, PREC_OR, CLS_I, "a limit");
        reader_expect(r, "..");
        at[n].hi = reader_typed(r, PREC_OR, CLS_I, "a limit");
        n++;
    }
    return n;
}

static void read_bracket(Reader *r, Node *n)
{
    if (!reader_is(r, "[")) return;
    reader_open(r, "[");
    n->nred = read_ranges(r, n->r);
    if (reader_accept(r, "where")) {
        do node_add_conj(r->m, n, reader_typed(r, PREC_AND + 1, CLS_B, "a condition")); while (reader_accept(r, "&&"));
    }
    reader_close(r, "]");
}

static TypeClass acc_class(const Node *n)
{
    if (n->red == RED_argmax || n->red == RED_argmin) return CLS_I;
    return dtype_class(n->body->dtype);
}

static void read_tail(Reader *r, Node *n)
{
    if (reader_accept(r, "empty")) n->empty = reader_typed(r, PREC_SELECT, acc_class(n), "the value of an empty domain");
    if (!reader_accept(r, "post")) return;
    r->acc = (int)acc_class(n);
    n->post = reader_expr(r, PREC_SELECT);
    r->acc = -1;
}

static void read_compute(Reader *r, Node *n)
{
    for (int k = RED_none + 1; k < RED_COUNT && n->red == RED_none; k++) {
        Lexer back = r->lex;
        if (!reader_accept(r, redop_name[k])) continue;
        if (reader_is(r, "[")) n->red = (RedOp)k;
        else r->lex = back;                              /* an operator of the same name: max(a, b) */
    }
    read_bracket(r, n);
    n->body = reader_expr(r, PREC_SELECT);
    read_tail(r, n);
}

static void read_row(Reader *r, Node *n)
{
    reader_expect(r, "axes");
    reader_open(r, "(");
    do n->row_axes |= 1u << reader_uint(r, "the number of an axis", MAX_RANK - 1); while (reader_accept(r, ","));
    reader_close(r, ")");
    read_bracket(r, n);
    n->body = reader_expr(r, PREC_SELECT);
    read_tail(r, n);
}

static void read_scatter(Reader *r, Node *n)
{
    static const char *const modes[] = {"set", "add", "max", "min"};
    int mode = 0, k = 0;
    while (mode < 4 && !reader_accept(r, modes[mode])) mode++;
    if (mode == 4) reader_wanted(r, "set, add, max or min");
    n->mode = (ScatterMode)mode;
    node_add_in(r->m, n, reader_node(r));
    read_bracket(r, n);
    reader_expect(r, "at");
    Tok at = r->lex.tok;
    reader_open(r, "(");
    while (!reader_is(r, ")")) {
        if (k) reader_expect(r, ",");
        if (k == n->rank) reader_fail(r, &at, "ir-type", "%%%u has %d dimensions, found more subscripts", n->id, n->rank);
        n->sub[k++] = reader_typed(r, PREC_SELECT, CLS_I, "a subscript");
    }
    reader_close(r, ")");
    if (k != n->rank) reader_fail(r, &at, "ir-type", "%%%u has %d dimensions, found %d subscripts", n->id, n->rank, k);
    reader_expect(r, "value");
    n->body = reader_expr(r, PREC_SELECT);
}

static void read_operands(Reader *r, Node *n)
{
    do node_add_in(r->m, n, reader_node(r)); while (reader_accept(r, ","));
}

static void read_call(Reader *r, Node *n)
{
    Tok at = r->lex.tok;
    const char *name = reader_name(r, "the name of a host function");
    n->ext_fn = smap_get(&r->externs, name);
    if (!n->ext_fn) reader_fail(r, &at, "ir-unknown-name", "there is no host function '%.60s'", name);
    reader_open(r, "(");
    if (!reader_is(r, ")")) read_operands(r, n);
    reader_close(r, ")");
    n->nres = n->ext_fn->nout;
}

/* Statements up to "}", which ends the region; `open` has been read. */
static Block *read_region(Reader *r, Entry *e, Node *owner, Block *b)
{
    int paren = r->lex.paren;
    b->owner = owner;
    if (++r->block_depth > MAX_BLOCKS) reader_fail(r, NULL, "ir-limit", "regions are nested deeper than %d", MAX_BLOCKS);
    r->lex.paren = 0;
    read_block(r, e, b);
    r->lex.paren = paren;
    r->block_depth--;
    return b;
}

static void read_loop(Reader *r, Entry *e, Node *n)
{
    n->var = declare_sym(r, SYM_loop);
    if (reader_accept(r, "in")) reader_interval(r, 0, &n->var->lo, &n->var->hi);
    reader_expect(r, "trip");
    r->rank = 0;
    n->trip = reader_typed(r, PREC_OR, CLS_I, "the number of iterations");
    n->var->trip = n->trip;
    reader_expect(r, "carry");
    Block *b = block_new(r->m, n->block);
    reader_open(r, "(");
    while (!reader_is(r, ")")) {
        if (b->args.n) reader_expect(r, ",");
        Decl d = read_decl(r);
        reader_expect(r, "=");
        node_add_in(r->m, n, reader_node(r));
        Node *arg = make_node(r, NULL, NODE_arg, &d);
        arg->block = b;
        arg->k = b->args.n;
        vec_push(r->a, &b->args, arg);
        publish(r, arg);
    }
    reader_close(r, ")");
    n->has_exit = reader_accept(r, "exit");
    n->nres = b->args.n;
    n->then = b;
    read_region(r, e, n, b);
}

static void read_if(Reader *r, Entry *e, Node *n)
{
    r->rank = 0;
    n->cond = reader_typed(r, PREC_SELECT, CLS_B, "the condition");
    n->then = block_new(r->m, n->block);
    n->other = block_new(r->m, n->block);
    read_region(r, e, n, n->then);
    reader_expect(r, "else");
    read_region(r, e, n, n->other);
    n->nres = n->then->results.n;
}

static void read_search(Reader *r, Node *n)
{
    n->k = -1;
    for (int k = 0; k < 4; k++) if (reader_accept(r, search_limit_name[k])) { n->k = k; break; }
    if (n->k < 0) reader_fail(r, &r->lex.tok, "ir-syntax", "below, through, before_here or upto_here is wanted");
    read_operands(r, n);
}

static void read_detail(Reader *r, Entry *e, Node *n)
{
    Tok at;
    switch (n->kind) {
    case NODE_compute: read_compute(r, n); break;
    case NODE_softmax:
    case NODE_cumsum:
    case NODE_cummax: read_row(r, n); break;
    case NODE_scatter: read_scatter(r, n); break;
    case NODE_argsort:
        n->k = reader_accept(r, "desc");
        node_add_in(r->m, n, reader_node(r));
        break;
    case NODE_search: read_search(r, n); break;
    case NODE_state:
        at = r->lex.tok;
        n->state = smap_get(&r->states, reader_name(r, "the name of a state"));
        if (!n->state) reader_fail(r, &at, "ir-unknown-name", "there is no state '%.60s'", at.text);
        break;
    case NODE_extern: read_call(r, n); break;
    case NODE_loop: read_loop(r, e, n); break;
    case NODE_if: read_if(r, e, n); break;
    case NODE_result:
        n->k = (int)reader_uint(r, "the number of a result", 1 << 20);
        reader_expect(r, "of");
        node_add_in(r->m, n, reader_node(r));
        break;
    default: break;                                      /* undef */
    }
}

static void read_node(Reader *r, Entry *e, Block *b)
{
    Decl d = read_decl(r);
    int kind = 0;
    reader_expect(r, "=");
    Tok at = r->lex.tok;
    while (kind < NODE_COUNT && !(at.kind == TOK_name && !strcmp(at.text, node_kind_name[kind]))) kind++;
    if (kind == NODE_COUNT || kind == NODE_input || kind == NODE_param || kind == NODE_const || kind == NODE_arg)
        reader_wanted(r, "a kind of node (compute, softmax, loop, ...)");
    reader_next(r);
    Node *n = make_node(r, b, (NodeKind)kind, &d);
    r->rank = n->rank;
    read_detail(r, e, n);
    publish(r, n);
}

/* ---- entries ---- */

static void read_check(Reader *r, Entry *e, const Tok *at)
{
    static const char *const status[] = {"ARG", "RANGE", "FULL"};
    Check c = {.span = reader_span(r, at)};
    int k = 0;
    while (k < 3 && !reader_accept(r, status[k])) k++;
    if (k == 3) reader_wanted(r, "ARG, RANGE or FULL");
    c.status = (CheckStatus)k;
    if (reader_is(r, "[")) {
        reader_open(r, "[");
        c.nred = read_ranges(r, c.r);
        reader_close(r, "]");
    }
    c.cond = reader_typed(r, PREC_SELECT, CLS_B, "the condition of a check");
    c.message = reader_name(r, "a message");
    vec_push(r->a, &e->checks, c);
}

/* Checks and facts may read states, which are nodes of the block: they are read when the entry is complete. */
static void read_deferred(Reader *r, Entry *e, const Lexer *lines, int n)
{
    Lexer end = r->lex;
    r->rank = 0;
    for (int i = 0; i < n; i++) {
        r->lex = lines[i];
        Tok at = r->lex.tok;
        if (reader_accept(r, "check")) {
            read_check(r, e, &at);
        } else {
            reader_expect(r, "fact");
            vec_push(r->a, &e->facts, reader_typed(r, PREC_SELECT, CLS_B, "a fact"));
        }
        reader_eol(r);
    }
    r->lex = end;
}

/* output, tap, state_out: words of an entry only */
static int read_entry_line(Reader *r, Entry *e)
{
    Tok at = r->lex.tok;
    int is_output = reader_accept(r, "output"), is_tap = !is_output && reader_accept(r, "tap");
    if (is_output || is_tap) {
        Output o = {.span = reader_span(r, &at)};
        o.name = reader_name(r, "a name");
        o.node = reader_node(r);
        if (is_output) vec_push(r->a, &e->outputs, o);
        else vec_push(r->a, &e->taps, o);
        return 1;
    }
    if (!reader_accept(r, "state_out")) return 0;
    at = r->lex.tok;
    StateOut s = {smap_get(&r->states, reader_name(r, "the name of a state")), NULL};
    if (!s.state) reader_fail(r, &at, "ir-unknown-name", "there is no state '%.60s'", at.text);
    s.node = reader_node(r);
    vec_push(r->a, &e->state_out, s);
    return 1;
}

/* First token of a line, whether or not a line ended before it. */
static void new_line(Reader *r) { r->lex.tok.newline = 0; }

static void read_block(Reader *r, Entry *e, Block *b)
{
    VEC(Lexer) later = {0};
    new_line(r);
    reader_expect(r, "{");
    for (;;) {
        new_line(r);
        if (reader_is(r, "}")) break;
        if (!b->owner && (reader_is(r, "check") || reader_is(r, "fact"))) {
            vec_push(r->a, &later, r->lex);
            reader_skip_line(r);
            continue;
        }
        if (reader_is(r, "%")) read_node(r, e, b);
        else if (b->owner && reader_accept(r, "yield")) {
            do vec_push(r->a, &b->results, reader_node(r)); while (reader_accept(r, ","));
        } else if (b->owner || !read_entry_line(r, e)) reader_wanted(r, b->owner ? "a node, yield or }" : "a node, check, fact, output, tap, state_out or }");
        reader_eol(r);
    }
    read_deferred(r, e, later.at, later.n);
    reader_next(r);
}

static void read_entry(Reader *r)
{
    Tok at = r->lex.tok;
    const char *name = reader_name(r, "the name of an entry");
    Entry *e = entry_new(r->m, name, reader_span(r, &at));
    reader_open(r, "(");
    while (!reader_is(r, ")")) {
        if (e->inputs.n) reader_expect(r, ",");
        Decl d = read_decl(r);
        Node *n = make_node(r, e->block, NODE_input, &d);
        vec_push(r->a, &e->inputs, n);
        publish(r, n);
    }
    reader_close(r, ")");
    if (reader_accept(r, "dims")) {
        do {
            Tok dim = r->lex.tok;
            const Sym *s = reader_sym(r);
            if (s->kind != SYM_dim) reader_fail(r, &dim, "ir-type", "'%.60s' is a loop variable, not a dim", s->name);
            vec_push(r->a, &e->dims, (Sym *)(uintptr_t)s);
        } while (reader_accept(r, ","));
    }
    read_block(r, e, e->block);
}

static void read_top(Reader *r)
{
    Tok at = r->lex.tok;
    r->rank = 0;
    if (reader_accept(r, "dim")) {
        Sym *s = declare_sym(r, SYM_dim);
        reader_interval(r, 1, &s->lo, &s->hi);
    } else if (reader_accept(r, "param")) read_data_node(r, NODE_param);
    else if (reader_accept(r, "const")) read_data_node(r, NODE_const);
    else if (reader_accept(r, "state")) read_state(r);
    else if (reader_accept(r, "extern")) read_extern(r);
    else if (reader_accept(r, "entry")) read_entry(r);
    else reader_fail(r, &at, "ir-syntax", "found '%.60s' where dim, param, const, state, extern or entry is wanted", at.text);
    reader_eol(r);
}

/* Symbols without a number get numbers above every number in the text. */
static uint32_t first_free_sym(const char *text, uint32_t n)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t v = 0;
        if (text[i] != '@') continue;
        for (uint32_t k = i + 1; k < n && text[k] >= '0' && text[k] <= '9' && v <= MAX_ID; k++) v = v * 10 + (uint32_t)(text[k] - '0');
        if (v <= MAX_ID && v >= most) most = v + 1;
    }
    return most;
}

static void read_module(Reader *r)
{
    reader_next(r);
    new_line(r);
    reader_expect(r, "module");
    r->m->name = reader_name(r, "the name of the module");
    reader_eol(r);
    while (r->lex.tok.kind != TOK_end) {
        new_line(r);
        read_top(r);
    }
}

Module *graph_read_with(Ctx *ctx, Source *s, TensorLoader load, void *u)
{
    Reader *r = NEW(ctx->perm, Reader);
    r->ctx = ctx;
    r->a = ctx->perm;
    r->source = s;
    r->text = s->text;
    r->size = (uint32_t)s->size;
    r->acc = -1;
    r->loader = load;
    r->loader_user = u;
    r->m = module_new(ctx, "");
    r->m->source_path = s->path;
    r->m->next_sym = first_free_sym(r->text, r->size);
    map_init(&r->nodes, r->a);
    map_init(&r->syms_by_id, r->a);
    smap_init(&r->syms, r->a);
    smap_init(&r->states, r->a);
    smap_init(&r->externs, r->a);
    if (setjmp(r->fail)) return NULL;
    read_module(r);
    return graph_verify(r->m, NULL) ? NULL : r->m;
}

Module *graph_read(Ctx *ctx, Source *s) { return graph_read_with(ctx, s, NULL, NULL); }
