/* tensors.c - a trained checkpoint to a program, without the Python in between: args.json (sizes, words, classes) and
 * model.safetensors beside it, names as in the published implementation. Every choice is read off at its most likely value: rows of
 * W_K, W_Q, W_V, W_read name variables, rows of W_pred the key for each query value, networks of the MLPs become tables. Takes the
 * JSON's source, gives the same Tprog as program.c. */
#include <math.h>
#include <string.h>
#include "compiler/base/json.h"
#include "frontends/checkpoint.h"
#include "frontends/tprog/read.h"

typedef struct Args { int64_t layers, heads_cat, heads_num, mlps_cat, mlps_num, d, most, vars, vars_in; int causal, pooled, one_hot, masked; } Args;
typedef struct Vars { VEC(TpVar *) v; } Vars;
typedef struct Tensors { Reader *r; Checkpoint *cp; Args a; Vars cat, num; Span at; } Tensors;

static int fails(Reader *r, Span at, const char *fmt, const char *what) { return read_fails(r, at, "tprog-args", fmt, what); }

/* ---- args.json ---- */

static Span json_span(Reader *r, const Json *j) { return source_span(&r->ctx->sources, r->source, j->offset, j->end - j->offset); }

static int whole(Reader *r, const Json *o, const char *key, int64_t lo, int64_t hi, int64_t other, int64_t *to)
{
    const Json *j = json_get(o, key);
    *to = other;
    if (!j || j->kind == JSON_null) return other >= 0 ? 1 : fails(r, source_span(&r->ctx->sources, r->source, 0, 1), "'%s' is missing", key);
    if (j->kind != JSON_number || !j->is_integer || j->integer < lo || j->integer > hi)
        return read_fails(r, json_span(r, j), "tprog-args", "'%s' is an integer of %lld .. %lld", key, (long long)lo, (long long)hi);
    *to = j->integer;
    return 1;
}

static int truth(const Json *o, const char *key, int other)
{
    const Json *j = json_get(o, key);
    if (j && j->kind == JSON_number) return j->num < 0 || j->num > 0;
    return j && j->kind == JSON_bool ? j->boolean : other;
}

static int names(Reader *r, const Json *o, const char *key, const char *what, void *list)
{
    const Json *j = json_get(o, key);
    VEC(const char *) *to = list;
    if (!j || j->kind != JSON_array || !j->first) return read_fails(r, j ? json_span(r, j) : source_span(&r->ctx->sources, r->source, 0, 1), "tprog-args", "'%s' is a list of %s in the order of their codes", key, what);
    for (const Json *k = j->first; k; k = k->next) {
        if (k->kind != JSON_string) return fails(r, json_span(r, k), "%s are texts", what);
        for (int i = 0; i < to->n; i++) if (!strcmp(to->at[i], k->str)) return fails(r, json_span(r, k), "'%s' stands twice", k->str);
        vec_push(r->ctx->perm, to, k->str);
    }
    return 1;
}

static int args_read(Reader *r, const Json *o, Args *a, void *classes)
{
    if (o->kind != JSON_object) return fails(r, json_span(r, o), "an object is wanted%s", "");
    int ok = whole(r, o, "n_layers", 1, 64, -1, &a->layers) & whole(r, o, "n_heads_cat", 0, 64, -1, &a->heads_cat) & whole(r, o, "n_heads_num", 0, 64, 0, &a->heads_num)
           & whole(r, o, "n_cat_mlps", 0, 64, 0, &a->mlps_cat) & whole(r, o, "n_num_mlps", 0, 64, 0, &a->mlps_num) & whole(r, o, "max_length", 1, 4096, -1, &a->most)
           & whole(r, o, "d_var", 1, 4096, 0, &a->d) & whole(r, o, "n_vars_cat", 1, 64, 1, &a->vars) & whole(r, o, "mlp_vars_in", 1, 2, 2, &a->vars_in)
           & names(r, o, "idx_w", "words", &r->out->words) & names(r, o, "idx_t", "classes", classes);
    if (!ok) return 0;
    a->causal = truth(o, "autoregressive", 0);
    a->pooled = truth(o, "pool_outputs", 0);
    a->one_hot = truth(o, "one_hot_embed", 1);
    a->masked = truth(o, "unembed_mask", 1);
    if (!a->d) a->d = r->out->words.n > a->most ? r->out->words.n : a->most;
    if (a->one_hot && (a->d < r->out->words.n || a->vars != 1)) return fails(r, json_span(r, o), "%s", "one-hot words need d_var of at least their number, and one variable");
    return a->d >= a->most ? 1 : fails(r, json_span(r, o), "%s", "positions need d_var of at least max_length");
}

/* ---- tensors ---- */

/* A tensor of this name and shape (b 0: one dimension; c 0: two). */
static const Tensor *tensor(Tensors *t, const char *name, int64_t a, int64_t b, int64_t c)
{
    const Tensor *w = checkpoint_find(t->cp, name);
    int rank = c ? 3 : b ? 2 : 1;
    if (!w) return fails(t->r, t->at, "the checkpoint has no tensor '%s'", name), NULL;
    if (!checkpoint_use(t->cp, w, t->at)) return NULL;
    if (w->rank != rank || w->shape[0] != a || (b && w->shape[1] != b) || (c && w->shape[2] != c))
        return read_fails(t->r, w->span, "tprog-args", "'%s' is %s; wanted is [%lld%s%s]", name, checkpoint_type_text(t->cp, w), (long long)a,
                          b ? arena_printf(t->r->ctx->perm, ", %lld", (long long)b) : "", c ? arena_printf(t->r->ctx->perm, ", %lld", (long long)c) : ""), NULL;
    if (!dtype_is_float(w->dtype) || checkpoint_first_nonfinite(w) >= 0) return fails(t->r, w->span, "'%s' does not hold finite floats", name), NULL;
    return w;
}

static int64_t largest(const Tensor *w, int64_t from, int64_t n, int64_t step)
{
    int64_t best = 0;
    for (int64_t k = 1; k < n; k++) if (tensor_f64(w, from + k * step) > tensor_f64(w, from + best * step)) best = k;
    return best;
}

static TpVar *var(Tensors *t, const char *name, TpHow how, TpType type, int64_t size, Vars *to)
{
    TpVar *v = NEW(t->r->ctx->perm, TpVar);
    *v = (TpVar){.name = name, .span = t->at, .how = how, .type = type, .size = size};
    vec_push(t->r->ctx->perm, &t->r->out->vars, v);
    if (to) vec_push(t->r->ctx->perm, &to->v, v);
    return v;
}

static const char *named(Tensors *t, const char *fmt, int64_t a, int64_t b) { return arena_printf(t->r->ctx->perm, fmt, (int)a, (int)b); }

static int embed(Tensors *t)
{
    Tprog *p = t->r->out;
    TpVar *tokens = var(t, "tokens", TP_tokens, TP_token, p->words.n, t->a.one_hot ? &t->cat : NULL);
    const Tensor *w = t->a.one_hot ? NULL : tensor(t, "embed.W_E", t->a.vars * t->a.d, p->words.n, 0);
    if (!t->a.one_hot && !w) return 0;
    for (int64_t k = 0; w && k < t->a.vars; k++) {
        TpVar *v = var(t, named(t, "var%d_embeddings", k, 0), TP_embedding, TP_enum, t->a.d, &t->cat);
        v->klass = named(t, "Emb%d", k, 0);
        v->code_of = NEWN(t->r->ctx->perm, int32_t, p->words.n);
        for (int i = 0; i < p->words.n; i++) v->code_of[i] = (int32_t)largest(w, k * t->a.d * p->words.n + i, t->a.d, p->words.n);
    }
    var(t, "positions", TP_positions, TP_int, t->a.most, &t->cat);
    var(t, "ones", TP_ones, TP_number, 1, &t->num);
    return tokens->size > 0;
}

/* The heads of one kind of a layer; they see the variables from before it. */
static int heads(Tensors *t, int64_t l, int number, Vars *made)
{
    const char *kind = number ? "num" : "cat";
    int64_t n = number ? t->a.heads_num : t->a.heads_cat, d = t->a.d;
    const Tensor *w[4];
    static const char *const part[] = {"W_K", "W_Q", "W_V", "W_pred"};
    for (int k = 0; n && k < 4; k++) {
        const char *name = arena_printf(t->r->ctx->perm, "blocks.%d.%s_attn.%s.W", (int)l, kind, part[k]);
        w[k] = tensor(t, name, n, k == 3 ? d : k == 2 && number ? t->num.v.n : t->cat.v.n, k == 3 ? d : 0);
        if (!w[k]) return 0;
    }
    for (int64_t h = 0; h < n; h++) {
        TpVar *k = t->cat.v.at[largest(w[0], h * t->cat.v.n, t->cat.v.n, 1)], *q = t->cat.v.at[largest(w[1], h * t->cat.v.n, t->cat.v.n, 1)];
        const Vars *from = number ? &t->num : &t->cat;
        TpVar *value = from->v.at[largest(w[2], h * from->v.n, from->v.n, 1)];
        TpVar *v = var(t, named(t, number ? "num_attn_%d_%d_outputs" : "attn_%d_%d_outputs", l, h), number ? TP_sum : TP_closest, value->type, number ? value->size * t->a.most : value->size, made);
        if (v->size > INT32_MAX) return read_fails(t->r, t->at, "tprog-range", "'%s' could leave 32 bits", v->name);
        v->klass = value->klass;
        v->keys = k; v->queries = q; v->values = value;
        v->predicate = named(t, number ? "num_predicate_%d_%d" : "predicate_%d_%d", l, h);
        v->causal = t->a.causal;
        v->key_of = NEWN(t->r->ctx->perm, int32_t, q->size);
        v->match = NEWN(t->r->ctx->perm, unsigned char, q->size * k->size);
        for (int64_t c = 0; c < q->size; c++) {
            int64_t key = largest(w[3], (h * d + c) * d, d, 1);
            v->key_of[c] = key < k->size ? (int32_t)key : -1;
            if (key < k->size) v->match[c * k->size + key] = 1;
        }
    }
    return 1;
}

typedef struct Net { const Tensor *in, *b_in, *out, *b_out; int64_t d, hidden, width; int number; } Net;

/* The most likely value of the network for a pair of values: one-hot inputs, or numbers. */
static int32_t net_value(const Net *n, const int64_t *x, int inputs, double *hidden)
{
    int32_t best = 0;
    double most = 0;
    for (int64_t m = 0; m < n->hidden; m++) {
        hidden[m] = tensor_f64(n->b_in, m);
        for (int k = 0; k < inputs; k++) hidden[m] += n->number ? tensor_f64(n->in, m * n->width + k) * (double)x[k] : tensor_f64(n->in, m * n->width + k * n->d + x[k]);
        if (hidden[m] < 0) hidden[m] = 0;
    }
    for (int64_t c = 0; c < n->d; c++) {
        double s = tensor_f64(n->b_out, c);
        for (int64_t m = 0; m < n->hidden; m++) s += tensor_f64(n->out, c * n->hidden + m) * hidden[m];
        if (!c || s > most) { most = s; best = (int32_t)c; }
    }
    return best;
}

enum { MOST_CELLS = 1 << 22 };

/* The table of a network. Of numbers the published Python has those below most * (layer + 1), and what is most frequent beyond. */
static int table_of(Tensors *t, TpVar *v, const Net *n, int64_t l)
{
    int64_t cells = 1, counts_n = n->d;
    v->extent[0] = v->extent[1] = 1;
    for (int k = 0; k < v->nin; k++) {
        int64_t all = v->in[k]->size + (n->number ? 1 : 0), listed = t->a.most * (l + 1) + 1;
        v->extent[k] = n->number && !t->r->out->model && listed < all ? listed : all;
        cells *= v->extent[k];
        if (cells > MOST_CELLS) return read_fails(t->r, t->at, "tprog-range", "'%s' would be a table of more than %d cells", v->name, MOST_CELLS);
    }
    Arena *scratch = arena_new();
    double *hidden = NEWN(scratch, double, n->hidden);
    int64_t *counts = NEWN(scratch, int64_t, counts_n);
    v->table = NEWN(t->r->ctx->perm, int32_t, cells);
    for (int64_t c = 0; c < cells; c++) {
        int64_t a = c / v->extent[1], b = c % v->extent[1], x[2] = {a, v->nin > 1 ? b : a};
        v->table[c] = net_value(n, x, 2, hidden);
        int last = n->number && ((a == v->extent[0] - 1 && v->extent[0] <= v->in[0]->size) || (v->nin > 1 && b == v->extent[1] - 1 && v->extent[1] <= v->in[1]->size));
        if (last) v->table[c] = -1;
        else counts[v->table[c]]++;
        if (v->table[c] >= v->size) v->size = v->table[c] + 1;
    }
    int32_t rest = 0;
    for (int32_t k = 1; k < counts_n; k++) if (counts[k] > counts[rest]) rest = k;
    for (int64_t c = 0; c < cells; c++) if (v->table[c] < 0) v->table[c] = rest;
    arena_free(scratch);
    return 1;
}

static int mlps(Tensors *t, int64_t l, int number, Vars *made)
{
    int64_t count = number ? t->a.mlps_num : t->a.mlps_cat;
    const Vars *from = number ? &t->num : &t->cat;
    for (int64_t m = 0; m < count; m++) {
        const char *at = arena_printf(t->r->ctx->perm, "blocks.%d.%s_mlp.mlps.%d.", (int)l, number ? "num" : "cat", (int)m);
        const char *in = arena_printf(t->r->ctx->perm, "%sW_in", at);
        const Tensor *w = checkpoint_find(t->cp, in), *read = tensor(t, arena_printf(t->r->ctx->perm, "%sW_read.W", at), t->a.vars_in, from->v.n, 0);
        Net n = {.d = t->a.d, .hidden = w && w->rank == 2 ? w->shape[0] : 1, .width = (number ? 1 : t->a.d) * t->a.vars_in, .number = number};
        n.in = tensor(t, in, n.hidden, n.width, 0);
        n.b_in = tensor(t, arena_printf(t->r->ctx->perm, "%sb_in", at), n.hidden, 0, 0);
        n.out = tensor(t, arena_printf(t->r->ctx->perm, "%sW_out", at), n.d, n.hidden, 0);
        n.b_out = tensor(t, arena_printf(t->r->ctx->perm, "%sb_out", at), n.d, 0, 0);
        if (!read || !n.in || !n.b_in || !n.out || !n.b_out) return 0;
        TpVar *v = var(t, named(t, number ? "num_mlp_%d_%d_outputs" : "mlp_%d_%d_outputs", l, m), TP_table, TP_int, 1, made);
        v->function = named(t, number ? "num_mlp_%d_%d" : "mlp_%d_%d", l, m);
        v->nin = (int)t->a.vars_in;
        for (int k = 0; k < v->nin; k++) v->in[k] = from->v.at[largest(read, k * from->v.n, from->v.n, 1)];
        if (v->nin > 1 && v->in[0] == v->in[1]) v->nin = 1;          /* the same variable twice: one argument */
        if (t->a.vars_in == 1) return read_fails(t->r, t->at, "tprog-args", "mlp_vars_in of 1 is not read yet");
        if (!table_of(t, v, &n, l)) return 0;
    }
    return 1;
}

static void append(Tensors *t, Vars *to, const Vars *more) { for (int k = 0; k < more->v.n; k++) vec_push(t->r->ctx->perm, &to->v, more->v.at[k]); }

static int layer(Tensors *t, int64_t l)
{
    Vars cat = {{0}}, num = {{0}}, first = {{0}}, second = {{0}};
    if (!heads(t, l, 0, &cat) || !heads(t, l, 1, &num)) return 0;
    append(t, &t->cat, &cat);
    append(t, &t->num, &num);
    if (!mlps(t, l, 0, &first)) return 0;
    append(t, &t->cat, &first);
    if (!mlps(t, l, 1, &second)) return 0;
    append(t, &t->cat, &second);
    return 1;
}

/* ---- the classifier: rows of W_U as the table that the published Python reads, so that sums are the same ---- */

static CsvField field(Tensors *t, const char *text) { return (CsvField){text, t->at}; }

static int classifier(Tensors *t, const char *const *classes, int nclasses)
{
    Tprog *p = t->r->out;
    Arena *a = t->r->ctx->perm;
    int64_t rows = t->cat.v.n * t->a.d + t->num.v.n;
    const Tensor *found = checkpoint_find(t->cp, "unembed.W_U"), *ones = checkpoint_find(t->cp, "num_embed.W_E");
    int with_numbers = !found || found->rank != 2 || found->shape[0] != t->cat.v.n * t->a.d, line = 1;     /* it may read categories only */
    const Tensor *w = tensor(t, "unembed.W_U", with_numbers ? rows : t->cat.v.n * t->a.d, nclasses, 0);
    VEC(CsvField) f = {0};
    Csv *c = NEW(a, Csv);
    if (!w) return 0;
    for (int64_t k = 0; ones && k < tensor_count(ones); k++) {
        double x = tensor_f64(ones, k);
        if (x < 1 || x > 1) return fails(t->r, ones->span, "%s", "numbers of words other than 1 (count_only) are not read");
    }
    if (ones) checkpoint_use(t->cp, ones, t->at);
    vec_push(a, &f, field(t, "feature"));
    vec_push(a, &f, field(t, "value"));
    for (int k = 0; k < nclasses; k++) {
        if (t->a.masked && (!strcmp(classes[k], "<pad>") || !strcmp(classes[k], "<unk>"))) continue;
        vec_push(a, &f, field(t, classes[k]));
        vec_push(a, &p->classes, classes[k]);
    }
    p->nclasses = p->classes.n;
    if (!p->nclasses) return fails(t->r, t->at, "%s", "no class is left");
    for (int k = 0; k < t->cat.v.n + (with_numbers ? t->num.v.n : 0); k++) {
        int number = k >= t->cat.v.n;
        TpVar *v = number ? t->num.v.at[k - t->cat.v.n] : t->cat.v.at[k];
        int64_t n = number ? 1 : v->size, from = number ? t->cat.v.n * t->a.d + (k - t->cat.v.n) : k * t->a.d;
        TpScore s = {.var = v, .rows = n, .line = NEWN(a, int, n)};
        for (int64_t r = 0; r < n; r++) {
            vec_push(a, &f, field(t, v->name));
            vec_push(a, &f, field(t, ""));
            for (int j = 0; j < nclasses; j++) {
                if (t->a.masked && (!strcmp(classes[j], "<pad>") || !strcmp(classes[j], "<unk>"))) continue;
                vec_push(a, &f, field(t, fmt_f32(a, (float)tensor_f64(w, (from + r) * nclasses + j))));
            }
            s.line[r] = line++;
        }
        vec_push(a, &p->scores, s);
    }
    *c = (Csv){t->r->source, p->nclasses + 2, line, f.at};
    t->r->weights = c;
    return weights_scale(t->r);
}

Tprog *tprog_load_tensors(Ctx *ctx, Source *s, int semantics, const char *checkpoint)
{
    Reader r = {.ctx = ctx, .source = s, .out = NEW(ctx->perm, Tprog)};
    Tensors t = {.r = &r, .at = source_span(&ctx->sources, s, 0, 1)};
    VEC(const char *) classes = {0};
    const char *why = NULL, *base = strrchr(s->path, '/');
    size_t at = 0;
    Tprog *p = r.out;
    Json *o = json_parse(ctx->perm, s->text, s->size, &why, &at);
    if (!o) return diag_error(&ctx->diag, source_span(&ctx->sources, s, at, 1), "tprog-args", "no JSON: %s", why), NULL;
    if (!args_read(&r, o, &t.a, &classes)) return NULL;
    base = base ? base + 1 : s->path;
    p->name = arena_str(ctx->perm, base, strcspn(base, "."));
    p->first_token = p->last_token = -1;
    p->most = t.a.most;
    p->pooled = t.a.pooled;
    p->model = semantics == TPROG_BY_MODEL;
    t.cp = checkpoint_open(ctx, checkpoint ? checkpoint : beside(ctx, s, "model.safetensors"), NULL, t.at);
    if (!t.cp || !embed(&t)) return NULL;
    for (int64_t l = 0; l < t.a.layers; l++) if (!layer(&t, l)) return NULL;
    if (!classifier(&t, classes.at, classes.n)) return NULL;
    if (!p->pooled) { program_forced(&r, "<s>", &p->first_token, &p->first_class); program_forced(&r, "</s>", &p->last_token, &p->last_class); }
    return p;
}
