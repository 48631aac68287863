/* print.c - the text form of a module, read back by read.c.
 * Line oriented: a declaration, node, check, fact or output a line, blocks in braces. `;` begins a comment, used only
 * for source places. Everything with meaning is printed; read(print(m)) prints the same.
 *
 *   module "words"
 *   dim T 1..=32
 *   param %1 wq: f32[64,64] = from "weights.safetensors" tensor "layer.0.wq"
 *   const %2 f32[3] = {0.5, 1.0, 2.0}
 *   state kc: f16[32,64] = 0
 *   entry step(%10 tok: i32[T] in 0..=25) dims T {
 *     check RANGE [r0 in 0..T] 0 <= %10[r0] && %10[r0] < 26 "token out of range"
 *     %12 x: f32[T,64] = compute %3[%10[o0], o1]  ; model.tfx:12
 *     %13 f32[T] = compute sum[r0 in 0..64] %12[o0, r0] * %12[o0, r0] post acc * 0.015625 + 1e-05
 *     %14 f32[T,8,T] = softmax axes(2) [where o2 <= o0] %11[o0, o1, o2]
 *     output logits %40
 *     state_out kc %22
 *   }
 *
 * a..b is half open, a..=b includes b. Print order is module order; nothing depends on addresses. */
#include <string.h>
#include "compiler/ir/text.h"

enum { INLINE_LIST = 32, HEX_LINE = 48 };             /* consts of more elements are hex lines of this many bytes */

typedef struct Text { Out *o; const Module *m; SymNames names; } Text;

static const char *const check_name[] = {"ARG", "RANGE", "FULL"};
static const char *const scatter_name[] = {"set", "add", "max", "min"};

static void print_block(Text *t, const Block *b);

static void expr(Text *t, const Expr *e, int rank, int prec) { expr_print(t->o, &t->names, e, rank, prec); }

/* ---- types and values ---- */

static void print_shape(Text *t, int rank, const int64_t *shape)
{
    for (int d = 0; d < rank; d++) out_f(t->o, "%s%lld", d ? "," : "[", (long long)shape[d]);
    if (rank) out_s(t->o, "]");
}

/* Integer interval, when it says more than the type does. */
static void print_interval(Text *t, DType type, int64_t lo, int64_t hi)
{
    int bits = dtype_info[type].bits, is_unsigned = type == DT_u8 || type == DT_u16;
    if (!dtype_is_int(type)) return;
    if (type == DT_i64) {
        if (lo != INT64_MIN || hi != INT64_MAX) out_f(t->o, " in %lld..=%lld", (long long)lo, (long long)hi);
        return;
    }
    int64_t least = is_unsigned ? 0 : -((int64_t)1 << (bits - 1)), most = ((int64_t)1 << (bits - !is_unsigned)) - 1;
    if (lo != least || hi != most) out_f(t->o, " in %lld..=%lld", (long long)lo, (long long)hi);
}

/* "%12 x: f32[T,64] in 0..=9" */
static void print_decl(Text *t, const Node *n)
{
    out_f(t->o, "%%%u ", n->id);
    if (n->name) {
        text_name(t->o, n->name);
        out_s(t->o, ": ");
    }
    out_s(t->o, dtype_info[n->dtype].name);
    for (int d = 0; d < n->rank; d++) {
        out_s(t->o, d ? "," : "[");
        expr(t, n->ext[d], n->rank, PREC_SELECT);
    }
    if (n->rank) out_s(t->o, "]");
    print_interval(t, n->dtype, n->lo, n->hi);
}

/* The place in the notation that the module came from. A place in a .ir text is the text itself: not repeated. */
static void print_place(Text *t, Span at)
{
    Place place;
    if (!at.lo || !t->m->ctx || !source_place(&t->m->ctx->sources, at.lo, &place) || place.source->binary) return;
    size_t n = strlen(place.source->path);
    if (n > 3 && !strcmp(place.source->path + n - 3, ".ir")) return;
    out_f(t->o, "  ; %s:%d", place.source->path, place.line);
}

static void print_elements(Text *t, const Tensor *data, int64_t count)
{
    out_s(t->o, "{");
    for (int64_t i = 0; i < count; i++) {
        if (i) out_s(t->o, ", ");
        if (data->dtype == DT_bool) out_s(t->o, tensor_i64(data, i) ? "true" : "false");
        else if (dtype_is_int(data->dtype)) out_f(t->o, "%lld", (long long)tensor_i64(data, i));
        else if (data->dtype == DT_f64) text_f64(t->o, tensor_f64(data, i));
        else text_f32(t->o, (float)tensor_f64(data, i));
    }
    out_s(t->o, "}");
}

/* Bytes as stored, little-endian. */
static void print_hex(Text *t, const Tensor *data, int64_t count)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = data->data;
    size_t bytes = (size_t)count * (size_t)(dtype_info[data->dtype].bits / 8);
    out_s(t->o, "hex {\n");
    t->o->indent++;
    for (size_t i = 0; i < bytes; i += HEX_LINE) {
        char line[2 * HEX_LINE + 1];
        size_t n = bytes - i < HEX_LINE ? bytes - i : HEX_LINE;
        for (size_t k = 0; k < n; k++) {
            line[2 * k] = digits[p[i + k] >> 4];
            line[2 * k + 1] = digits[p[i + k] & 15];
        }
        line[2 * n] = 0;
        out_f(t->o, "%s\n", line);
    }
    t->o->indent--;
    out_s(t->o, "}");
}

/* Where the values of a tensor come from. A file's values are not printed; its bytes must be those of the file. */
static void print_tensor(Text *t, const Tensor *data, DType as, const char *as_name)
{
    int64_t count = tensor_count(data);
    if (data->dtype != as) out_f(t->o, "as %s ", dtype_info[data->dtype].name);
    if (data->file) {
        out_s(t->o, "from ");
        text_quote(t->o, data->file);
    } else if (!data->data) {
        out_f(t->o, "random seed %llu scale ", (unsigned long long)data->seed);
        text_f64(t->o, data->scale);
        out_s(t->o, " offset ");
        text_f64(t->o, data->offset);
    } else if (count <= INLINE_LIST) {
        print_elements(t, data, count);
    } else {
        print_hex(t, data, count);
    }
    if (data->name && (data->file || !as_name || strcmp(as_name, data->name))) {
        out_s(t->o, " tensor ");
        text_quote(t->o, data->name);
    }
}

/* ---- nodes ---- */

static void print_bracket(Text *t, int nred, const Range *r, int nconj, Expr *const *conj, int rank)
{
    if (!nred && !nconj) return;
    out_s(t->o, "[");
    for (int i = 0; i < nred; i++) {
        out_f(t->o, "%sr%d in ", i ? ", " : "", i);
        expr(t, r[i].lo, rank, PREC_OR);
        out_s(t->o, "..");
        expr(t, r[i].hi, rank, PREC_OR);
    }
    for (int i = 0; i < nconj; i++) {
        out_s(t->o, i ? " && " : nred ? " where " : "where ");
        expr(t, conj[i], rank, PREC_AND + 1);
    }
    out_s(t->o, "]");
}

static void print_tail(Text *t, const Node *n)
{
    if (n->empty) {
        out_s(t->o, " empty ");
        expr(t, n->empty, n->rank, PREC_SELECT);
    }
    if (n->post) {
        out_s(t->o, " post ");
        expr(t, n->post, n->rank, PREC_SELECT);
    }
}

static void print_compute(Text *t, const Node *n)
{
    if (n->red != RED_none) out_f(t->o, n->nred || n->nconj ? " %s" : " %s[]", redop_name[n->red]);
    else if (n->nred || n->nconj) out_s(t->o, " ");
    print_bracket(t, n->nred, n->r, n->nconj, n->conj, n->rank);
    out_s(t->o, " ");
    expr(t, n->body, n->rank, PREC_SELECT);
    print_tail(t, n);
}

static void print_row(Text *t, const Node *n)
{
    const char *comma = "";
    out_s(t->o, " axes(");
    for (int d = 0; d < MAX_RANK; d++)
        if (n->row_axes >> d & 1) out_f(t->o, "%s%d", comma, d), comma = ",";
    out_s(t->o, ") ");
    print_bracket(t, n->nred, n->r, n->nconj, n->conj, n->rank);
    if (n->nred || n->nconj) out_s(t->o, " ");
    expr(t, n->body, n->rank, PREC_SELECT);
    print_tail(t, n);
}

static void print_scatter(Text *t, const Node *n)
{
    out_f(t->o, " %s %%%u ", scatter_name[n->mode], n->nin ? n->in[0]->id : 0);
    print_bracket(t, n->nred, n->r, n->nconj, n->conj, n->rank);
    if (n->nred || n->nconj) out_s(t->o, " ");
    out_s(t->o, "at (");
    for (int d = 0; d < n->rank; d++) {
        if (d) out_s(t->o, ", ");
        expr(t, n->sub[d], n->rank, PREC_SELECT);
    }
    out_s(t->o, ") value ");
    expr(t, n->body, n->rank, PREC_SELECT);
}

static void print_operands(Text *t, Node *const *in, int n)
{
    for (int i = 0; i < n; i++) out_f(t->o, "%s%%%u", i ? ", " : "", in[i]->id);
}

static void print_yield(Text *t, const Block *b)
{
    if (!b->results.n) return;
    out_s(t->o, "yield ");
    print_operands(t, b->results.at, b->results.n);
    out_s(t->o, "\n");
}

static void print_region(Text *t, const Block *b)
{
    t->o->indent++;
    print_block(t, b);
    print_yield(t, b);
    t->o->indent--;
}

static void print_loop(Text *t, const Node *n)
{
    out_s(t->o, " ");
    sym_print(t->o, &t->names, n->var);
    print_interval(t, DT_i32, n->var->lo, n->var->hi);
    out_s(t->o, " trip ");
    expr(t, n->trip, 0, PREC_OR);
    out_s(t->o, " carry(");
    for (int i = 0; i < n->then->args.n; i++) {
        if (i) out_s(t->o, ", ");
        print_decl(t, n->then->args.at[i]);
        out_f(t->o, " = %%%u", i < n->nin ? n->in[i]->id : 0);
    }
    out_s(t->o, n->has_exit ? ") exit {" : ") {");
}

const char *const search_limit_name[4] = {"below", "through", "before_here", "upto_here"};

/* The part of a node after "= kind"; regions are opened but not printed. */
static void print_detail(Text *t, const Node *n)
{
    switch (n->kind) {
    case NODE_compute: print_compute(t, n); break;
    case NODE_softmax:
    case NODE_cumsum:
    case NODE_cummax: print_row(t, n); break;
    case NODE_scatter: print_scatter(t, n); break;
    case NODE_argsort:
        out_s(t->o, n->k ? " desc " : " ");
        print_operands(t, n->in, n->nin);
        break;
    case NODE_search:
        out_f(t->o, " %s ", search_limit_name[n->k]);
        print_operands(t, n->in, n->nin);
        break;
    case NODE_state:
        out_s(t->o, " ");
        text_name(t->o, n->state->name);
        break;
    case NODE_extern:
        out_s(t->o, " ");
        text_name(t->o, n->ext_fn->name);
        out_s(t->o, "(");
        print_operands(t, n->in, n->nin);
        out_s(t->o, ")");
        break;
    case NODE_result:
        out_f(t->o, " %d of ", n->k);
        print_operands(t, n->in, n->nin);
        break;
    case NODE_loop: print_loop(t, n); break;
    case NODE_if:
        out_s(t->o, " ");
        expr(t, n->cond, 0, PREC_SELECT);
        out_s(t->o, " {");
        break;
    case NODE_arg: out_f(t->o, " %d", n->k); break;
    default: break;                                    /* input, undef: nothing more; param, const: print_data_node */
    }
}

static void print_node(Text *t, const Node *n)
{
    print_decl(t, n);
    out_f(t->o, " = %s", node_kind_name[n->kind]);
    print_detail(t, n);
    print_place(t, n->span);
    out_s(t->o, "\n");
    if (!n->then) return;
    print_region(t, n->then);
    if (n->other) {
        out_s(t->o, "} else {\n");
        print_region(t, n->other);
    }
    out_s(t->o, "}\n");
}

static void print_block(Text *t, const Block *b)
{
    for (int i = 0; i < b->nodes.n; i++) {
        const Node *n = b->nodes.at[i];
        if (n->kind != NODE_input && n->kind != NODE_arg) print_node(t, n);
    }
}

/* ---- declarations ---- */

static void print_sym(Text *t, const Sym *s)
{
    out_s(t->o, "dim ");
    sym_print(t->o, &t->names, s);
    out_f(t->o, " %lld..", (long long)s->lo);
    if (s->hi != INT64_MAX) out_f(t->o, "=%lld", (long long)s->hi);
    print_place(t, s->span);
    out_s(t->o, "\n");
}

static void print_data_node(Text *t, const Node *n)
{
    out_f(t->o, "%s ", node_kind_name[n->kind]);
    print_decl(t, n);
    if (n->data) {
        out_s(t->o, " = ");
        print_tensor(t, n->data, n->dtype, n->name);
    }
    print_place(t, n->span);
    out_s(t->o, "\n");
}

static void print_state(Text *t, const State *s)
{
    out_s(t->o, "state ");
    text_name(t->o, s->name);
    out_f(t->o, ": %s", dtype_info[s->dtype].name);
    print_shape(t, s->rank, s->shape);
    print_interval(t, s->dtype, s->lo, s->hi);
    out_s(t->o, " = ");
    if (s->init) print_tensor(t, s->init, s->dtype, s->name);
    else out_s(t->o, "0");
    print_place(t, s->span);
    out_s(t->o, "\n");
}

/* "(f32 2, i32 0)": dtype and rank of each */
static void print_signature(Text *t, int n, const DType *dtype, const int *rank)
{
    out_s(t->o, "(");
    for (int i = 0; i < n; i++) out_f(t->o, "%s%s %d", i ? ", " : "", dtype_info[dtype[i]].name, rank[i]);
    out_s(t->o, ")");
}

static void print_extern(Text *t, const ExternFn *f)
{
    out_s(t->o, "extern ");
    text_name(t->o, f->name);
    print_signature(t, f->nin, f->in_dtype, f->in_rank);
    out_s(t->o, " -> ");
    print_signature(t, f->nout, f->out_dtype, f->out_rank);
    print_place(t, f->span);
    out_s(t->o, "\n");
}

static void print_check(Text *t, const Check *c)
{
    out_f(t->o, "check %s ", check_name[c->status]);
    print_bracket(t, c->nred, c->r, 0, NULL, 0);
    if (c->nred) out_s(t->o, " ");
    expr(t, c->cond, 0, PREC_SELECT);
    out_s(t->o, " ");
    text_quote(t->o, c->message ? c->message : "");
    print_place(t, c->span);
    out_s(t->o, "\n");
}

static void print_outputs(Text *t, const char *word, const Output *at, int n)
{
    for (int i = 0; i < n; i++) {
        out_f(t->o, "%s ", word);
        text_name(t->o, at[i].name);
        out_f(t->o, " %%%u", at[i].node->id);
        print_place(t, at[i].span);
        out_s(t->o, "\n");
    }
}

static void print_entry_body(Text *t, const Entry *e)
{
    for (int i = 0; i < e->checks.n; i++) print_check(t, &e->checks.at[i]);
    for (int i = 0; i < e->facts.n; i++) {
        out_s(t->o, "fact ");
        expr(t, e->facts.at[i], 0, PREC_SELECT);
        out_s(t->o, "\n");
    }
    print_block(t, e->block);
    print_outputs(t, "output", e->outputs.at, e->outputs.n);
    print_outputs(t, "tap", e->taps.at, e->taps.n);
    for (int i = 0; i < e->state_out.n; i++) {
        out_s(t->o, "state_out ");
        text_name(t->o, e->state_out.at[i].state->name);
        out_f(t->o, " %%%u\n", e->state_out.at[i].node->id);
    }
}

static void print_entry(Text *t, const Entry *e)
{
    out_s(t->o, "entry ");
    text_name(t->o, e->name);
    out_s(t->o, "(");
    for (int i = 0; i < e->inputs.n; i++) {
        if (i) out_s(t->o, ", ");
        print_decl(t, e->inputs.at[i]);
    }
    out_s(t->o, ")");
    for (int i = 0; i < e->dims.n; i++) {
        out_s(t->o, i ? ", " : " dims ");
        sym_print(t->o, &t->names, e->dims.at[i]);
    }
    out_s(t->o, " {");
    print_place(t, e->span);
    out_s(t->o, "\n");
    t->o->indent++;
    print_entry_body(t, e);
    t->o->indent--;
    out_s(t->o, "}\n");
}

void graph_print(const Module *m, Out *o)
{
    Text t = {.o = o, .m = m};
    sym_names(&t.names, o->arena, m);
    out_s(o, "module ");
    text_quote(o, m->name ? m->name : "");
    out_s(o, "\n");
    for (int i = 0; i < m->syms.n; i++)
        if (m->syms.at[i]->kind == SYM_dim) print_sym(&t, m->syms.at[i]);
    for (int i = 0; i < m->params.n; i++) print_data_node(&t, m->params.at[i]);
    for (int i = 0; i < m->consts.n; i++) print_data_node(&t, m->consts.at[i]);
    for (int i = 0; i < m->states.n; i++) print_state(&t, m->states.at[i]);
    for (int i = 0; i < m->externs.n; i++) print_extern(&t, m->externs.at[i]);
    for (int i = 0; i < m->entries.n; i++) print_entry(&t, m->entries.at[i]);
}

const char *node_text(Arena *a, const Module *m, const Node *n)
{
    Out o;
    out_init(&o, a);
    Text t = {.o = &o, .m = m};
    sym_names(&t.names, a, m);
    print_decl(&t, n);
    out_f(&o, " = %s", node_kind_name[n->kind]);
    if (n->kind == NODE_param || n->kind == NODE_const) {
        if (n->data && n->data->file) out_f(&o, " from %s", n->data->file);
    } else {
        print_detail(&t, n);
    }
    if (n->then) out_s(&o, " ... }");
    out_n(&o, "", 1);
    return o.at;
}
