/* values.c - the values of a call: as written on the command line, as bytes of the emitted program, as printed text.
 * Written forms: 3, 0.5, [[1,2],[3,4]], zeros, ones, range, random, random:SEED, FILE.npy, FILE.npz:MEMBER, @OUTPUT (of the
 * call before); FILE.npz alone gives every input of its name. Sizes follow from shapes, or are given: T=5. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/base/json.h"
#include "compiler/driver/driver.h"
#include "frontends/checkpoint.h"

static int complain(const char *what, const char *name, const char *detail)
{
    fprintf(stderr, "tfxc: %s: %s%s%s\n", name, what, detail ? " " : "", detail ? detail : "");
    return EXIT_INPUT;
}

/* A size at the given dims. */
static int64_t size_value(const Entry *e, const int64_t *dims, const Expr *x)
{
    int64_t v[3] = {0};
    if (x->op == EX_int) return x->u.i;
    if (x->op == EX_sym)
        for (int k = 0; k < e->dims.n; k++)
            if (e->dims.at[k] == x->u.sym) return dims[k];
    if (x->op == EX_sym || x->n < 1 || x->n > 3) bug("a size of entry %s depends on more than its dims", e->name);
    for (int k = 0; k < x->n; k++) v[k] = size_value(e, dims, x->arg[k]);
    return expr_eval_i(x->op, v);
}

/* ---- what is written ---- */

typedef struct Given { const char *name, *how; uint64_t seed; int rank; int64_t shape[MAX_RANK]; double *v; int64_t n; } Given;

static int json_shape(const Json *j, Given *g, int depth)
{
    if (j->kind != JSON_array) return depth;
    if (depth == MAX_RANK) return -1;
    if (g->shape[depth] >= 0 && g->shape[depth] != j->count) return -1;
    g->shape[depth] = j->count;
    int rank = depth + 1;
    for (const Json *k = j->first; k; k = k->next) {
        int r = json_shape(k, g, depth + 1);
        if (r < 0 || (k != j->first && r != rank)) return -1;
        rank = r;
    }
    return rank;
}

static int json_values(const Json *j, double *to, int64_t *at)
{
    if (j->kind == JSON_array) {
        for (const Json *k = j->first; k; k = k->next)
            if (!json_values(k, to, at)) return 0;
        return 1;
    }
    if (j->kind != JSON_number && j->kind != JSON_bool) return 0;
    to[(*at)++] = j->kind == JSON_number ? j->num : j->boolean;
    return 1;
}

static int read_json(Ctx *ctx, const char *text, Given *g)
{
    const char *why;
    size_t at;
    int64_t n = 1, k = 0;
    Json *j = json_parse(ctx->perm, text, strlen(text), &why, &at);
    if (!j) return complain("is neither a value nor a file that can be read:", g->name, text);
    for (int i = 0; i < MAX_RANK; i++) g->shape[i] = -1;
    if ((g->rank = json_shape(j, g, 0)) < 0) return complain("rows of different length in", g->name, text);
    for (int i = 0; i < g->rank; i++) n *= g->shape[i];
    g->n = n;
    g->v = NEWN(ctx->perm, double, n + 1);
    return json_values(j, g->v, &k) ? 0 : complain("numbers are wanted in", g->name, text);
}

static int read_tensor(Ctx *ctx, const Tensor *t, Given *g)
{
    g->rank = t->rank;
    memcpy(g->shape, t->shape, sizeof t->shape);
    g->n = tensor_count(t);
    g->v = NEWN(ctx->perm, double, g->n + 1);
    for (int64_t i = 0; i < g->n; i++) g->v[i] = dtype_is_float(t->dtype) ? tensor_f64(t, i) : (double)tensor_i64(t, i);
    return 0;
}

static int ends(const char *s, const char *tail) { size_t n = strlen(s), m = strlen(tail); return n > m && !strcmp(s + n - m, tail); }

static int read_file(Ctx *ctx, const char *text, Given *g)
{
    const char *colon = strstr(text, ".npz:");
    const char *path = colon ? arena_str(ctx->perm, text, (size_t)(colon - text) + 4) : text;
    Checkpoint *cp = checkpoint_open(ctx, path, NULL, span_none());
    if (!cp) return EXIT_INPUT;
    const Tensor *t = checkpoint_find(cp, colon ? colon + 5 : g->name);
    if (!t && cp->tensors.n == 1) t = &cp->tensors.at[0];
    if (!t || !checkpoint_use(cp, t, span_none())) return complain("there is no such array in", colon ? colon + 5 : g->name, path);
    return read_tensor(ctx, t, g);
}

static int read_output(Ctx *ctx, const CallValues *before, const char *text, Given *g)
{
    for (int k = 0; before && k < before->e->outputs.n; k++) {
        const Value *v = &before->out[k];
        if (strcmp(before->e->outputs.at[k].name, text)) continue;
        g->rank = v->rank;
        memcpy(g->shape, v->shape, sizeof v->shape);
        g->n = value_count(v);
        g->v = NEWN(ctx->perm, double, g->n + 1);
        for (int64_t i = 0; i < g->n; i++) g->v[i] = v->f ? v->f[i] : (double)v->i[i];
        return 0;
    }
    return complain(before ? "the call before has no output" : "there is no call before that has an output", g->name, text);
}

static int read_value(Ctx *ctx, const CallValues *before, const char *text, Given *g)
{
    char *end;
    if (!strcmp(text, "zeros") || !strcmp(text, "ones") || !strcmp(text, "random") || !strcmp(text, "range")) {
        g->how = text;
        g->seed = 1;
        return 0;
    }
    if (text[0] == '@') return read_output(ctx, before, text + 1, g);
    if (!strncmp(text, "random:", 7)) {
        g->how = "random";
        g->seed = strtoull(text + 7, &end, 10);
        return *end ? complain("a seed is a number, not", g->name, text + 7) : 0;
    }
    if (ends(text, ".npy") || ends(text, ".npz") || strstr(text, ".npz:")) return read_file(ctx, text, g);
    return read_json(ctx, text, g);
}

/* ---- bound to an entry ---- */

static int set_dim(const Entry *e, CallValues *to, unsigned char *known, int k, int64_t n, const char *where)
{
    const Sym *s = e->dims.at[k];
    char text[64];
    snprintf(text, sizeof text, "%lld, wanted %lld..%lld", (long long)n, (long long)s->lo, (long long)s->hi);
    if (n < s->lo || n > s->hi) return complain("its size is", s->name, text);
    snprintf(text, sizeof text, "%lld by %s, %lld before", (long long)n, where, (long long)to->dims[k]);
    if (known[k] && to->dims[k] != n) return complain("is", s->name, text);
    known[k] = 1;
    to->dims[k] = n;
    return 0;
}

static int infer_dims(const Entry *e, const Node *n, const Given *g, CallValues *to, unsigned char *known)
{
    if (g->how) return 0;
    if (g->rank != n->rank) {
        char text[64];
        snprintf(text, sizeof text, "%d, wanted %d", g->rank, n->rank);
        return complain("its number of dimensions is", g->name, text);
    }
    for (int d = 0; d < n->rank; d++)
        for (int k = 0; k < e->dims.n; k++)
            if (n->ext[d]->op == EX_sym && n->ext[d]->u.sym == e->dims.at[k]) {
                int st = set_dim(e, to, known, k, g->shape[d], g->name);
                if (st) return st;
            }
    return 0;
}

/* Numbers within the declared range, -1 .. 1 for floats; 0 and 1 for integers without a range: masks, flags, small tokens. */
static Value value_random(Arena *a, const Node *n, const int64_t *shape, uint64_t seed)
{
    int64_t lo = n->lo, hi = n->hi;
    if (lo <= INT32_MIN && hi >= INT32_MAX) lo = 0, hi = 1;
    if (hi - lo > 1000000) lo = lo < -1000 && hi > 1000 ? -1000 : lo, hi = lo + 1000000 < hi ? lo + 1000000 : hi;
    Value v = value_new(a, n->dtype, n->rank, shape);
    uint64_t h = hash_bytes(n->name ? n->name : "", n->name ? strlen(n->name) : 0, seed);
    for (int64_t i = 0; i < value_count(&v); i++) {
        h = hash_u64((uint64_t)i, h);
        if (v.f) v.f[i] = (double)(float)((double)(h >> 40) / 8388608.0 - 1.0);
        else if (n->dtype == DT_bool) v.i[i] = (int64_t)(h >> 40 & 1);
        else v.i[i] = lo + (int64_t)((h >> 20) % (uint64_t)(hi - lo + 1));
    }
    return v;
}

static int not_in(const char *name, double x, DType t)
{
    char text[80];
    snprintf(text, sizeof text, "%s, found %.9g", dtype_info[t].name, x);
    return complain("every value must be a", name, text);
}

static int fill(Ctx *ctx, const Entry *e, const Node *n, const Given *g, CallValues *to, Value *v)
{
    int64_t shape[MAX_RANK];
    for (int d = 0; d < n->rank; d++) {
        shape[d] = size_value(e, to->dims, n->ext[d]);
        if (!g->how && shape[d] != g->shape[d]) {
            char text[80];
            snprintf(text, sizeof text, "%d is %lld, wanted %lld", d, (long long)g->shape[d], (long long)shape[d]);
            return complain("its dimension", g->name, text);
        }
    }
    if (g->how && !strcmp(g->how, "random")) {
        *v = value_random(ctx->perm, n, shape, g->seed);
        return 0;
    }
    int bits = n->dtype == DT_bool ? 1 : dtype_info[n->dtype].bits, is_signed = dtype_info[n->dtype].name[0] == 'i';
    double least = is_signed ? -ldexp(1, bits - 1) : 0, most = ldexp(1, is_signed ? bits - 1 : bits) - 1;
    *v = value_new(ctx->perm, n->dtype, n->rank, shape);
    for (int64_t i = 0; i < value_count(v); i++) {
        double x = !g->how ? g->v[i] : !strcmp(g->how, "range") ? (double)i : !strcmp(g->how, "ones");
        if (v->f) v->f[i] = n->dtype == DT_f32 ? (double)(float)x : n->dtype == DT_f16 ? f16_to_f64(f64_to_f16(x)) : n->dtype == DT_bf16 ? bf16_to_f64(f64_to_bf16(x)) : x;
        else if (!(x == floor(x) && x >= least && x <= most)) return not_in(g->name, x, n->dtype);
        else v->i[i] = (int64_t)x;
    }
    return 0;
}

typedef struct Givens { VEC(Given) v; } Givens;

static int read_all(Ctx *ctx, const CallSpec *spec, const CallValues *before, Givens *all)
{
    for (int k = 0; k < spec->args.n; k++) {
        const char *a = spec->args.at[k], *eq = strchr(a, '=');
        Given g = {0};
        if (!eq && ends(a, ".npz")) {
            Checkpoint *cp = checkpoint_open(ctx, a, NULL, span_none());
            if (!cp) return EXIT_INPUT;
            for (int i = 0; i < cp->tensors.n; i++) {
                g.name = cp->tensors.at[i].name;
                read_tensor(ctx, &cp->tensors.at[i], &g);
                vec_push(ctx->perm, &all->v, g);
            }
            continue;
        }
        if (!eq) return complain("inputs are NAME=VALUE or FILE.npz, not", "tfxc run", a);
        g.name = arena_str(ctx->perm, a, (size_t)(eq - a));
        int st = read_value(ctx, before, eq + 1, &g);
        if (st) return st;
        vec_push(ctx->perm, &all->v, g);
    }
    return 0;
}

static int entry_named(const Module *m, const char *name)
{
    for (int k = 0; k < m->entries.n; k++)
        if (!name || !strcmp(m->entries.at[k]->name, name)) return k;
    return -1;
}

static int no_entry(Ctx *ctx, const Module *m, const char *name)
{
    const char *all = "";
    for (int k = 0; k < m->entries.n; k++) all = arena_printf(ctx->perm, "%s%s%s", all, k ? ", " : "", m->entries.at[k]->name);
    return complain("there is no such entry; the model has", name ? name : "tfxc run", *all ? all : "none");
}

static Value *outputs_new(Arena *a, const Entry *e, const int64_t *dims)
{
    Value *out = NEWN(a, Value, e->outputs.n + 1);
    for (int k = 0; k < e->outputs.n; k++) {
        const Node *n = e->outputs.at[k].node;
        int64_t shape[MAX_RANK];
        for (int d = 0; d < n->rank; d++) shape[d] = size_value(e, dims, n->ext[d]);
        out[k] = value_new(a, n->dtype, n->rank, shape);
    }
    return out;
}

void values_random(Arena *a, const Module *m, int entry, uint64_t seed, CallValues *to)
{
    const Entry *e = to->e = m->entries.at[to->index = entry];
    to->in = NEWN(a, Value, e->inputs.n + 1);
    to->out = outputs_new(a, e, to->dims);
    for (int k = 0; k < e->inputs.n; k++) {
        const Node *n = e->inputs.at[k];
        int64_t shape[MAX_RANK];
        for (int d = 0; d < n->rank; d++) shape[d] = size_value(e, to->dims, n->ext[d]);
        to->in[k] = value_random(a, n, shape, seed);
    }
}

static int is_input_name(const Entry *e, const char *name)
{
    for (int k = 0; k < e->inputs.n; k++) if (!strcmp(e->inputs.at[k]->name, name)) return 1;
    for (int k = 0; k < e->dims.n; k++) if (!strcmp(e->dims.at[k]->name, name)) return 1;
    return 0;
}

static const Given *given_for(const Givens *all, const char *name)
{
    const Given *found = NULL;
    for (int k = 0; k < all->v.n; k++) if (!strcmp(all->v.at[k].name, name)) found = &all->v.at[k];
    return found;
}

int values_read(Ctx *ctx, const Module *m, const CallSpec *spec, const CallValues *before, CallValues *to)
{
    Givens all = {{0}};
    unsigned char known[32] = {0};
    int st = read_all(ctx, spec, before, &all);
    if (st) return st;
    if ((to->index = entry_named(m, spec->entry)) < 0) return no_entry(ctx, m, spec->entry);
    const Entry *e = to->e = m->entries.at[to->index];
    if (e->dims.n > MAX_DIMS) return complain("has too many sizes", e->name, NULL);
    for (int k = 0; k < all.v.n; k++)
        if (!is_input_name(e, all.v.at[k].name)) return complain("is no input of entry", all.v.at[k].name, e->name);
    for (int k = 0; k < e->dims.n; k++) {
        const Given *g = given_for(&all, e->dims.at[k]->name);
        if (g && (g->rank || !g->v)) return complain("a size is a number", g->name, NULL);
        if (g && (st = set_dim(e, to, known, k, (int64_t)g->v[0], "itself")) != 0) return st;
    }
    to->in = NEWN(ctx->perm, Value, e->inputs.n + 1);
    for (int k = 0; k < e->inputs.n; k++) {
        const Given *g = given_for(&all, e->inputs.at[k]->name);
        if (!g) return complain("is not given; it is an input of entry", e->inputs.at[k]->name, e->name);
        if ((st = infer_dims(e, e->inputs.at[k], g, to, known)) != 0) return st;
    }
    for (int k = 0; k < e->dims.n; k++)
        if (!known[k]) return complain("no input says how large it is; give NAME=SIZE", e->dims.at[k]->name, NULL);
    for (int k = 0; k < e->inputs.n; k++)
        if ((st = fill(ctx, e, e->inputs.at[k], given_for(&all, e->inputs.at[k]->name), to, &to->in[k])) != 0) return st;
    to->out = outputs_new(ctx->perm, e, to->dims);
    return 0;
}

/* ---- bytes ---- */

void value_store(const Value *v, unsigned char *dst)
{
    int64_t n = value_count(v);
    for (int64_t i = 0; i < n; i++) {
        float f = v->f ? (float)v->f[i] : 0;
        int32_t x = v->i ? (int32_t)v->i[i] : 0;
        uint16_t h = v->dtype == DT_f16 ? f64_to_f16(f) : v->dtype == DT_bf16 ? f64_to_bf16(f) : (uint16_t)x;
        int bits = dtype_info[v->dtype].bits;
        if (v->dtype == DT_f64) memcpy(dst + 8 * i, &v->f[i], 8);
        else if (v->dtype == DT_i64) memcpy(dst + 8 * i, &v->i[i], 8);
        else if (v->dtype == DT_f32) memcpy(dst + 4 * i, &f, 4);
        else if (bits == 32) memcpy(dst + 4 * i, &x, 4);
        else if (bits == 16) memcpy(dst + 2 * i, &h, 2);
        else dst[i] = (unsigned char)x;
    }
}

void value_fetch(Value *v, const unsigned char *src)
{
    int64_t n = value_count(v);
    for (int64_t i = 0; i < n; i++) {
        float f;
        int32_t x;
        uint16_t h;
        int16_t s;
        int bits = dtype_info[v->dtype].bits;
        if (v->dtype == DT_f64) memcpy(&v->f[i], src + 8 * i, 8);
        else if (v->dtype == DT_i64) memcpy(&v->i[i], src + 8 * i, 8);
        else if (v->dtype == DT_f32) memcpy(&f, src + 4 * i, 4), v->f[i] = (double)f;
        else if (bits == 32) memcpy(&x, src + 4 * i, 4), v->i[i] = x;
        else if (bits == 16) {
            memcpy(&h, src + 2 * i, 2);
            memcpy(&s, src + 2 * i, 2);
            if (v->f) v->f[i] = v->dtype == DT_f16 ? f16_to_f64(h) : bf16_to_f64(h);
            else v->i[i] = v->dtype == DT_i16 ? s : h;
        } else v->i[i] = v->dtype == DT_i8 ? (signed char)src[i] : src[i];
    }
}

/* ---- text ---- */

static void print_part(const Value *v, int axis, int64_t at, Out *o)
{
    if (axis == v->rank) {
        if (v->f) out_f(o, isnan(v->f[at]) ? "nan" : "%.6g", v->f[at]);
        else if (v->dtype == DT_bool) out_s(o, v->i[at] ? "true" : "false");
        else out_f(o, "%lld", (long long)v->i[at]);
        return;
    }
    int64_t inner = 1, n = v->shape[axis];
    for (int d = axis + 1; d < v->rank; d++) inner *= v->shape[d];
    out_s(o, "[");
    for (int64_t i = 0; i < n; i++) {
        if (i) out_s(o, ", ");
        if (n > 12 && i == 5) {
            out_s(o, "... ");
            i = n - 4;
            continue;
        }
        print_part(v, axis + 1, at + i * inner, o);
    }
    out_s(o, "]");
}

void value_print(const char *name, const Value *v, Out *o)
{
    out_f(o, "%s: %s", name, dtype_info[v->dtype].name);
    for (int d = 0; d < v->rank; d++) out_f(o, "%s%lld", d ? "," : "[", (long long)v->shape[d]);
    out_s(o, v->rank ? "] = " : " = ");
    print_part(v, 0, 0, o);
    out_s(o, "\n");
}
