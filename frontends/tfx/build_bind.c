/* build_bind.c - parameters get their data: rules of bind blocks, default names, synthetic weights.
 * A rule names a checkpoint tensor for a parameter path, with a view; without one the path itself is the name.
 * Data stay in the mapped file; only types that nothing can read as they are (f64, i64) are converted into memory. */
#include <math.h>
#include <string.h>
#include <unistd.h>
#include "frontends/tfx/build.h"

/* ---- rules ---- */

static const char *target_path(Build *b, const Ast *t)
{
    int64_t i;
    const char *base;
    switch (t->kind) {
    case AST_ident: return t->name;
    case AST_paren: return target_path(b, t->kid[0]);
    case AST_member: return (base = target_path(b, t->kid[0])) ? arena_printf(b->a, "%s.%s", base, t->name) : NULL;
    case AST_index:
        base = target_path(b, t->kid[0]);
        for (int k = 1; base && k < t->n; k++) {
            if (!tfx_static_int(b, t->kid[k], &i, "an instance number")) return NULL;
            base = arena_printf(b->a, "%s.%lld", base, (long long)i);
        }
        return base;
    default: tfx_error(b, t->span, "bind-target", "a target is a parameter: layer[i].wq"); return NULL;
    }
}

/* The pattern with {i} replaced by values and alternative number k of {a|b|c}. */
static const char *pattern_text(Build *b, const Ast *r, int k)
{
    const char *s = r->name, *out = "";
    for (;;) {
        const char *open = strchr(s, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) return arena_printf(b->a, "%s%s", out, s);
        out = arena_printf(b->a, "%s%.*s", out, (int)(open - s), s);
        const char *p = open + 1;
        s = close + 1;
        if (!memchr(p, '|', (size_t)(close - p))) {
            Binding *f = scope_find(b, intern_n(b->ctx->strings, p, (size_t)(close - p)));
            int64_t i;
            if (!f || f->kind != BIND_val || !val_is_int(&f->val, &i)) return tfx_error(b, r->span, "bind-pattern", "'{%.*s}' is not an integer here", (int)(close - p), p), NULL;
            out = arena_printf(b->a, "%s%lld", out, (long long)i);
            continue;
        }
        int at = 0;
        const char *q = p;
        for (; at < k && q < close; q++) at += *q == '|';
        if (at < k) return tfx_error(b, r->span, "bind-pattern", "fewer alternatives in '{%.*s}' than targets", (int)(close - p), p), NULL;
        const char *end = q;
        while (end < close && *end != '|') end++;
        out = arena_printf(b->a, "%s%.*s", out, (int)(end - q), q);
    }
}

static void one_rule(Build *b, const Ast *bind, const Ast *r)
{
    int targets = (int)r->i;
    for (int k = 0; k < targets; k++) {
        const char *path = target_path(b, r->kid[k]), *source = path ? pattern_text(b, r, k) : NULL;
        if (!source) return;
        Rule *old = smap_get(&b->rules, path), *n = NEW(b->a, Rule);
        if (old) {
            tfx_error(b, r->span, "redefined", "'%s' is bound twice", path);
            diag_note(&b->ctx->diag, old->span, "first here");
            return;
        }
        *n = (Rule){.source = source, .span = r->span, .view = r->n > targets ? r->kid[targets] : NULL, .target = k, .targets = targets, .bind = bind, .scope = b->scope};
        smap_put(&b->rules, path, n);
    }
}

static void rules(Build *b, const Ast *bind, const Ast *list)
{
    for (int i = 0; i < list->n; i++) {
        const Ast *r = list->kid[i];
        int64_t lo, hi;
        if (r->kind == AST_rule) one_rule(b, bind, r);
        if (r->kind == AST_ruleignore) vec_push(b->a, &b->ignore, r->name);
        if (r->kind != AST_rulefor) continue;
        if (!tfx_static_int(b, r->kid[0], &lo, "the start of 'for'") || !tfx_static_int(b, r->kid[1], &hi, "the end of 'for'")) return;
        for (int64_t k = lo; k < hi && k < lo + 100000; k++) {
            scope_push(b);
            scope_bind(b, r->name, val_int(b, k, r->span), r->span);
            rules(b, bind, r->kid[2]);
            scope_pop(b);
        }
    }
}

void bind_rules(Build *b, const Ast *bind)
{
    b->bind = bind;
    rules(b, bind, bind->kid[0]);
}

/* ---- weight files ---- */

static const char *folder_of(Build *b, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_str(b->a, path, (size_t)(slash - path) + 1) : "";
}

static const char *find_file(Build *b, const char *name)
{
    const char *p = name[0] == '/' ? name : arena_printf(b->a, "%s%s", folder_of(b, b->source->path), name);
    if (!access(p, F_OK)) return p;
    for (int i = 0; i < b->ctx->include_dirs.n; i++) {
        const char *q = arena_printf(b->a, "%s/%s", b->ctx->include_dirs.at[i], name);
        if (!access(q, F_OK)) return q;
    }
    return NULL;
}

static const char *default_file(Build *b)
{
    const char *path = b->source->path, *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    const char *stem = arena_str(b->a, base, dot ? (size_t)(dot - base) : strlen(base));
    static const char *const suffix[] = {"safetensors", "npz"};
    for (int i = 0; i < 4; i++) {
        const char *f = find_file(b, arena_printf(b->a, "%s.%s", i < 2 ? stem : "weights", suffix[i % 2]));
        if (f) return f;
    }
    return NULL;
}

static Checkpoint *weight_file(Build *b, const Rule *r, Span at)
{
    const Ast *bind = r ? r->bind : b->bind;
    const char *name = bind && bind->n > 2 && bind->kid[2] ? bind->kid[2]->name : NULL, *path = b->ctx->weights_override;
    if (!path && name && !(path = find_file(b, name))) path = name[0] == '/' ? name : arena_printf(b->a, "%s%s", folder_of(b, b->source->path), name);
    if (!path) path = default_file(b);
    if (!path) {
        if (!map_get(&b->weights, b)) tfx_error(b, at, "no-weights", "no weights: there is neither a bind with a file name nor '%s' with the suffix .safetensors or weights.safetensors; --random-weights makes some up", b->source->path);
        map_put(&b->weights, b, b);
        return NULL;
    }
    path = intern(b->ctx->strings, path);
    WeightFile *w = map_get(&b->weights, path);
    if (!w) {
        w = NEW(b->a, WeightFile);
        w->path = path;
        w->cp = checkpoint_open(b->ctx, path, bind && bind->name && !b->ctx->weights_override ? bind->name : NULL, bind ? bind->span : span_none());
        map_put(&b->weights, path, w);
    }
    return w->cp;
}

/* ---- tensors as the graph stores them ---- */

static const Tensor *widened(Build *b, const Tensor *t, DType to, Span at)
{
    int64_t n = tensor_count(t);
    Tensor *c = NEW(b->a, Tensor);
    *c = *t;
    c->dtype = to;
    c->bytes = (size_t)n * 4;
    c->data = arena_alloc_n(b->a, (size_t)n + 1, 4);
    for (int64_t i = 0; i < n; i++) {
        if (to == DT_f32) ((float *)(uintptr_t)c->data)[i] = (float)tensor_f64(t, i);
        else {
            int64_t x = tensor_i64(t, i);
            if (x < INT32_MIN || x > INT32_MAX) {
                tfx_error(b, t->span, "checkpoint-range", "'%s' holds %lld, which does not fit into 32 bits", t->name, (long long)x);
                diag_note(&b->ctx->diag, at, "bound here");
                return NULL;
            }
            ((int32_t *)(uintptr_t)c->data)[i] = (int32_t)x;
        }
    }
    return c;
}

static const Tensor *usable(Build *b, Checkpoint *cp, const Tensor *t, DType want, Span at)
{
    if (!checkpoint_use(cp, t, at)) return NULL;
    if (!dtype_stores(t->dtype, want)) {
        tfx_error(b, at, "checkpoint-type", "this parameter is %s, the checkpoint has %s", dtype_info[want].name, checkpoint_type_text(cp, t));
        diag_note(&b->ctx->diag, t->span, "'%s' in %s", t->name, cp->path);
        return NULL;
    }
    int64_t bad = checkpoint_first_nonfinite(t);
    if (bad >= 0) {
        tfx_error(b, t->span, "checkpoint-nan", "'%s' holds %s at element %lld", t->name, isnan(tensor_f64(t, bad)) ? "NaN" : "infinity", (long long)bad);
        diag_note(&b->ctx->diag, at, "bound here");
        return NULL;
    }
    if (dtype_class(want) > CLS_B) return t;
    if (t->dtype == DT_f64) return widened(b, t, DT_f32, at);
    if (dtype_is_int(t->dtype) && dtype_info[t->dtype].bits > 16 && t->dtype != DT_i32) return widened(b, t, DT_i32, at);
    return t;
}

static const Tensor *find_tensor(Build *b, const Rule *r, const char *name, const char *path, DType want, Span at)
{
    Checkpoint *cp = weight_file(b, r, at);
    if (!cp) return NULL;
    const Tensor *t = checkpoint_find(cp, name);
    if (t) {
        const Tensor *done = map_get(&b->raw, t);
        if (done) return done;
        const Tensor *u = usable(b, cp, t, want, r ? r->span : at);
        if (u) map_put(&b->raw, t, (void *)(uintptr_t)u);
        return u;
    }
    const char *near = checkpoint_nearest(cp, name);
    tfx_error(b, r ? r->span : at, "checkpoint-missing", "%s has no tensor '%s' for parameter '%s'%s%s%s", cp->path, name, path, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    if (r) diag_note(&b->ctx->diag, at, "parameter declared here");
    return NULL;
}

/* Do the dimensions of one shape split or join those of the other, in row-major order? */
static int factors(const Tensor *t, int rank, const int64_t *shape)
{
    int i = 0, k = 0;
    while (i < t->rank || k < rank) {
        int ni = 0, nk = 0;
        int64_t p = 1, q = 1;
        do {
            if (p <= q && i < t->rank) p *= t->shape[i++], ni += t->shape[i - 1] != 1;
            else if (k < rank) q *= shape[k++], nk += shape[k - 1] != 1;
            else if (i < t->rank) p *= t->shape[i++], ni += t->shape[i - 1] != 1;
            else return 0;
        } while (p != q);
        if (ni > 1 && nk > 1) return 0;
    }
    return 1;
}

static int same_shape(const Tensor *t, int rank, const int64_t *shape)
{
    int ok = t->rank == rank;
    for (int i = 0; ok && i < rank; i++) ok = t->shape[i] == shape[i];
    return ok;
}

static const char *shape_text(Build *b, int rank, const int64_t *shape)
{
    const char *s = "[";
    for (int i = 0; i < rank; i++) s = arena_printf(b->a, "%s%s%lld", s, i ? "," : "", (long long)shape[i]);
    return arena_printf(b->a, "%s]", s);
}

static Node *param_node(Build *b, const Tensor *t, const char *name, int rank, const int64_t *shape, Span at)
{
    uint64_t key = hash_u64((uint64_t)(uintptr_t)t, 7);
    for (int i = 0; i < rank; i++) key = hash_u64((uint64_t)shape[i], key);
    Node *n = map_get_i(&b->raw, key | 1);
    if (n) return n;
    Tensor *c = NEW(b->a, Tensor);
    Expr *ext[MAX_RANK];
    *c = *t;
    c->rank = rank;
    for (int i = 0; i < rank; i++) {
        c->shape[i] = shape[i];
        ext[i] = ex_int(b->m, shape[i]);
    }
    n = node_new(b->m, NULL, NODE_param, t->dtype, rank, ext, name, at);
    n->data = c;
    if (dtype_is_int(t->dtype) && tensor_count(c) && c->data) tensor_range(c, &n->lo, &n->hi);
    map_put_i(&b->raw, key | 1, n);
    return n;
}

static void misshaped(Build *b, const Tensor *t, const char *path, int rank, const int64_t *shape, const char *have, const Rule *r, Span at)
{
    tfx_error(b, r ? r->span : at, "checkpoint-shape", "parameter '%s' is %s, the checkpoint has %s", path, shape_text(b, rank, shape), have);
    diag_note(&b->ctx->diag, t->span, "'%s' is %s", t->name, shape_text(b, t->rank, t->shape));
    if (r) diag_note(&b->ctx->diag, at, "parameter declared here");
}

/* ---- synthetic weights ---- */

static Val synthetic(Build *b, const char *path, DType t, int rank, const int64_t *shape, Span at)
{
    Tensor *x = NEW(b->a, Tensor);
    Expr *ext[MAX_RANK];
    int64_t fan = 1;
    x->name = path;
    x->span = at;
    x->dtype = t;
    x->rank = rank;
    for (int i = 0; i < rank; i++) {
        x->shape[i] = shape[i];
        ext[i] = ex_int(b->m, shape[i]);
        if (i) fan *= shape[i];
    }
    x->seed = hash_bytes(path, strlen(path), b->ctx->random_seed + 1);
    x->scale = rank > 1 ? 1.0 / sqrt((double)fan) : 0.5;
    x->offset = rank > 1 ? 0 : 0.5;
    Node *n = node_new(b->m, NULL, NODE_param, t, rank, ext, path, at);
    n->data = x;
    return val_node(b, n, at);
}

/* ---- one parameter ---- */

static const char *numbered(Build *b, const char *path, int k)
{
    const char *hash = strchr(path, '#');
    return hash ? arena_printf(b->a, "%.*s%d%s", (int)(hash - path), path, k, hash + 1) : path;
}

/* After an error about the data the rest is looked at as if they were there. */
static Val in_place_of(Build *b, int errors, const char *path, DType t, int rank, const int64_t *shape, Span at)
{
    b->bind_errors += b->ctx->diag.errors - errors;
    return synthetic(b, path, t, rank, shape, at);
}

static Val bound(Build *b, const char *path, const char *other, DType t, int rank, const int64_t *shape, Span at)
{
    Rule *r = smap_get(&b->rules, path);
    const char *name = r ? r->source : other ? other : path;
    if (r) r->used = 1;
    smap_put(&b->params, path, b);
    if (b->ctx->random_weights) return synthetic(b, path, t, rank, shape, at);
    int errors = b->ctx->diag.errors;
    const Tensor *x = find_tensor(b, r, name, path, t, at);
    if (!x) return in_place_of(b, errors, path, t, rank, shape, at);
    if (!r || !r->view) {
        if (!same_shape(x, rank, shape) && (x->rank == rank || !factors(x, rank, shape))) return misshaped(b, x, path, rank, shape, shape_text(b, x->rank, x->shape), r, at), in_place_of(b, errors, path, t, rank, shape, at);
        return val_node(b, param_node(b, x, path, rank, shape, at), at);
    }
    Scope *keep = b->scope;
    b->scope = r->scope;
    Val raw = val_node(b, param_node(b, x, name, x->rank, x->shape, at), at), v = view_apply(b, raw, r->view, r, rank, shape, r->view->span);
    b->scope = keep;
    if (v.kind == VAL_bad) return v;
    int64_t have[MAX_RANK];
    int same = v.rank == rank;
    for (int i = 0; i < v.rank; i++) {
        ex_is_int(v.ext[i], &have[i]);
        same &= i < rank && have[i] == shape[i];
    }
    if (same) return v;
    Tensor seen = *x;
    seen.rank = v.rank;
    memcpy(seen.shape, have, sizeof have);
    if (v.rank == rank || !factors(&seen, rank, shape)) return misshaped(b, x, path, rank, shape, arena_printf(b->a, "%s after the view", shape_text(b, v.rank, have)), r, at), tfx_bad(at);
    return view_reshape(b, v, rank, shape);
}

/* The same parameter of all instances of an array, one after the other in memory. */
static Val stacked(Build *b, const char *path, const char *other, DType t, int rank, const int64_t *shape, int n, Span at)
{
    int64_t all[MAX_RANK], each = 1;
    all[0] = n;
    for (int i = 0; i < rank; i++) each *= all[i + 1] = shape[i];
    Tensor *x = NEW(b->a, Tensor);
    x->dtype = class_dtype(dtype_class(t));
    x->name = path;
    x->span = at;
    x->rank = rank + 1;
    memcpy(x->shape, all, sizeof all);
    x->bytes = (size_t)(each * n) * 4;
    if (dtype_class(t) > CLS_B) return tfx_error(b, at, "checkpoint-type", "a 64-bit parameter of an instance chosen at run time"), tfx_bad(at);
    if (dtype_class(t) == CLS_B) return tfx_error(b, at, "checkpoint-type", "a truth value parameter of an instance chosen at run time"), tfx_bad(at);
    char *data = arena_alloc_n(b->a, (size_t)(each * n) + 1, 4);
    for (int k = 0; k < n; k++) {
        Val v = bound(b, numbered(b, path, k), other ? numbered(b, other, k) : NULL, t, rank, shape, at);
        if (v.kind == VAL_bad) return v;
        Node *node = node_new(b->m, NULL, NODE_undef, x->dtype, rank, v.ext, NULL, at);
        node->kind = NODE_compute;
        node->body = val_own(b, &v);
        Expr *by[MAX_SLOTS] = {0};
        for (int i = 0; i < rank; i++) by[b->depth + i] = ex_index(b->m, i);
        node->body = ex_subst_slots(b->m, node->body, by, MAX_SLOTS);
        Arena *scratch = arena_new();
        Value val = interp_const(b->m, scratch, node);
        for (int64_t i = 0; i < each; i++) {
            float f = val.f ? (float)val.f[i] : 0;
            int32_t whole = val.i ? (int32_t)val.i[i] : 0;
            memcpy(data + 4 * ((size_t)k * (size_t)each + (size_t)i), dtype_class(t) == CLS_F ? (void *)&f : (void *)&whole, 4);
        }
        arena_free(scratch);
    }
    x->data = data;
    return val_node(b, param_node(b, x, path, rank + 1, all, at), at);
}

Val bind_param(Build *b, const char *path, const char *other, DType t, int rank, const int64_t *shape, int stack_n, Span at)
{
    int keep = b->depth;
    b->depth = 0;
    Val v = stack_n ? stacked(b, path, other, t, rank, shape, stack_n, at) : bound(b, path, other, t, rank, shape, at);
    b->depth = keep;
    return v;
}

/* ---- what is left over ---- */

static int ignored(Build *b, const char *name)
{
    for (int i = 0; i < b->ignore.n; i++)
        if (str_glob(b->ignore.at[i], name)) return 1;
    return 0;
}

static void no_parameter(Build *b, const Rule *r, const char *path)
{
    const char *best = NULL;
    int least = 4;
    for (int i = 0; i < b->params.m.n; i++) {
        int d = str_distance(b->params.m.slots[i].skey, path, 3);
        if (d < least) least = d, best = b->params.m.slots[i].skey;
    }
    tfx_error(b, r->span, "bind-target", best ? "there is no parameter '%s'; did you mean '%s'?" : "there is no parameter '%s'", path, best);
}

void bind_finish(Build *b)
{
    for (int i = 0; i < b->rules.m.n; i++) {
        const Rule *r = b->rules.m.slots[i].val;
        if (!r->used) no_parameter(b, r, b->rules.m.slots[i].skey);
    }
    if (b->ctx->diag.errors) return;
    for (int i = 0; i < b->weights.n; i++) {
        const WeightFile *w = b->weights.slots[i].val;
        if ((const void *)w == (const void *)b || !w->cp) continue;
        int extra = 0;
        const Tensor *first = NULL;
        for (int k = 0; k < w->cp->tensors.n; k++) {
            const Tensor *t = &w->cp->tensors.at[k];
            if (w->cp->used[k] || ignored(b, t->name)) continue;
            if (!first) first = t;
            extra++;
        }
        if (extra) tfx_error(b, first->span, "checkpoint-extra", "%d tensor%s of %s not used, the first is '%s'; ignore \"%s\"; in the bind block says that this is meant", extra, extra > 1 ? "s are" : " is", w->path, first->name, first->name);
    }
}
