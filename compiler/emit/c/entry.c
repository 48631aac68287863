/* entry.c - entry functions: argument checks, then the steps in order, each a call of a step function. */
#include <stdlib.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"
#include "compiler/plan/kernel.h"

static void fn_init(FnC *f, CEmit *e, const EntryPlan *ep, const Node *n)
{
    memset(f, 0, sizeof *f);
    f->e = e; f->ep = ep; f->node = n;
    smap_init(&f->used, e->a);
    map_init(&f->temps, e->a);
    out_init(&f->body, e->a);
    f->body.indent = 2;
}

const char *c_mem(CEmit *e, DType t)
{
    if (t == DT_f16 || t == DT_bf16) t = DT_u16;              /* the same C type */
    if (dtype_info[t].bits == 8) return c_type(t);            /* characters alias everything */
    e->mem_types |= 1u << t;
    return arena_printf(e->a, "%s_%s", e->prefix, dtype_info[t].name);
}

/* An output without a name of its own is just out. */
const char *output_arg(Arena *a, const char *name) { return !strcmp(name, "out") ? "out" : arena_printf(a, "out_%s", c_plain(a, name)); }

static int is_tile(const Buffer *b, const Region *r)
{
    for (int k = 0; k < b->ntile; k++) if (b->tile[k].region == r) return 1;
    return 0;
}

/* Where a buffer lies, as the entry function sees it. */
const char *entry_place(CEmit *e, const Buffer *b, int written)
{
    const char *t = c_mem(e, b->dtype), *cst = written ? "" : "const ";
    switch (b->space) {
    case SPACE_work:
        if (b->part_bytes && e->in_section && (!e->items || is_tile(b, e->items)))
            return arena_printf(e->a, "(%s%s *)(%svoid *)(work->bytes + %lld + (size_t)part * %lld)", cst, t, cst, (long long)b->offset, (long long)b->part_bytes);
        return arena_printf(e->a, "(%s%s *)(%svoid *)(work->bytes + %lld)", cst, t, cst, (long long)b->offset);
    case SPACE_weight:
        if (e->opt->weights == WEIGHTS_tables) return table_name(e, b);
        return arena_printf(e->a, "(const %s *)(const void *)(weights + %lld)", t, (long long)b->offset);
    case SPACE_state: return arena_printf(e->a, b->rank ? "state->%s" : "&state->%s", c_ident(e->a, b->name));
    case SPACE_input: return arena_printf(e->a, b->rank ? "in_%s" : "&in_%s", c_plain(e->a, b->name));   /* one number is passed by value */
    default: return output_arg(e->a, b->name);
    }
}

const char *entry_sym(CEmit *e, const Sym *s) { return arena_printf(e->a, s->kind == SYM_loop ? "i_%s_%d" : "%s", c_ident(e->a, s->name ? s->name : "t"), s->id); }

/* A pointer to the buffer, declared at the top of the entry when it is first wanted. */
static const char *pointer(CEmit *e, const Buffer *b, int written)
{
    if (b->space != SPACE_work && b->space != SPACE_weight) return entry_place(e, b, written);
    const char *name = map_get(&e->local.at, b);
    if (name) return name;
    const char *want = c_ident(e->a, b->name);
    name = want;
    for (int k = 2; smap_get(&e->local.names, name); k++) name = arena_printf(e->a, "%s_%d", want, k);
    smap_put(&e->local.names, name, e);
    map_put(&e->local.at, b, (void *)(uintptr_t)name);
    out_f(&e->local.decls, "%s%s *const %s = %s;\n", b->space == SPACE_weight ? "const " : "", c_mem(e, b->dtype), name, entry_place(e, b, 1));
    return name;
}

static const char *step_name(CEmit *e, const Step *s)
{
    if (s->kind == STEP_copy) return "copy";
    const char *n = s->node->name;
    if (!n) return node_kind_name[s->node->kind];
    const char *dot = strrchr(n, '.');
    return c_ident(e->a, dot && dot[1] ? dot + 1 : n);
}

/* The node as text, tensors under the names of the parameters. */
static const char *node_comment(const FnC *f, const Step *s)
{
    CEmit *e = f->e;
    Out o;
    out_init(&o, e->a);
    const char *text = node_text(e->a, e->plan->module, s->node);
    for (const char *p = text; *p && *p != '\n';) {
        size_t n = strcspn(p, "%*\n");
        out_n(&o, p, n);
        p += n;
        if (*p == '*') { out_f(&o, p[1] == '/' ? "+" : "*"); p++; }
        if (*p != '%') continue;
        uint32_t id = (uint32_t)strtoul(p + 1, NULL, 10);
        const char *shown = id == s->node->id ? "out" : NULL;
        for (int k = 0; k < f->params.n && !shown; k++) if (f->params.at[k].node && f->params.at[k].node->id == id) shown = f->params.at[k].shown;
        size_t len = 1 + strspn(p + 1, "0123456789");
        if (shown) out_n(&o, shown, strlen(shown));
        else out_n(&o, p, len);
        p += len;
        if (id == s->node->id && s->node->name && !strncmp(p, " ", 1)) p += 1 + strcspn(p + 1, ":");   /* "out q: f32[..]" */
    }
    return arena_str(e->a, o.at, o.n);
}

static FnText *function_new(FnC *f, const Step *s, const char *key, const char *params, const char *body)
{
    CEmit *e = f->e;
    FnText *t = NEW(e->a, FnText);
    const char *want = arena_printf(e->a, "%s_%s", e->prefix, step_name(e, s)), *where = "";
    t->key = key;
    t->name = want;
    for (int k = 2; smap_get(&e->names, t->name); k++) t->name = arena_printf(e->a, "%s_%d", want, k);
    Place at;
    if (source_place(&e->plan->module->ctx->sources, s->node->span.lo, &at))
        where = arena_printf(e->a, " (%s:%d)", strrchr(at.source->path, '/') ? strrchr(at.source->path, '/') + 1 : at.source->path, at.line);
    t->comment = s->kind == STEP_copy ? "copy" : arena_printf(e->a, "%s%s", node_comment(f, s), where);
    t->text = arena_printf(e->a, "%s_HOT static void %s(%s)\n{\n%s}\n", e->upper, t->name, fn_names(f, params), c_tidy(e->a, fn_names(f, body)));
    fn_add(e, t);
    return t;
}

/* The call of the step's function, which steps with equal code share whatever their tensors are called. */
static const char *step_call(CEmit *e, const EntryPlan *ep, const Step *s, int split)
{
    FnC f;
    fn_init(&f, e, ep, s->node);
    f.split = split;
    nest_body(&f, s);
    const char *body = local_drop_unused(&f, arena_str(e->a, f.body.at ? f.body.at : "", f.body.n)), *params = "", *args = "";
    for (int k = 0; k < f.params.n; k++) {
        const Param *p = &f.params.at[k];
        const char *sep = k ? ", " : "";
        if (p->sym) {
            params = arena_printf(e->a, "%s%sint32_t %s", params, sep, p->name);
            args = arena_printf(e->a, "%s%s%s", args, sep, entry_sym(e, p->sym));
        } else {
            params = arena_printf(e->a, "%s%s%s%s *%s_restrict %s", params, sep, p->written ? "" : "const ", c_mem(e, p->buf->dtype), e->upper, p->name);
            args = arena_printf(e->a, "%s%s%s", args, sep, pointer(e, p->buf, p->written));
        }
    }
    if (f.flags & 1) {
        params = arena_printf(e->a, "%s, int32_t *err", params);
        args = arena_printf(e->a, "%s, &err", args);
    }
    if (split) {
        params = arena_printf(e->a, "%s, int32_t part, int32_t parts", params);
        args = arena_printf(e->a, "%s, part, parts", args);
    }
    const char *key = arena_printf(e->a, "(%s)\n%s", params, body);
    FnText *t = smap_get(&e->by_text, key);
    if (!t) t = function_new(&f, s, key, params, body);
    if (s->kind == STEP_node && s->node->name) vec_push(e->a, &t->users, s->node->name);
    return arena_printf(e->a, "%s(%s);", t->name, args);
}

int step_splits(CEmit *e, const EntryPlan *ep, const Step *s)
{
    FnC f;
    fn_init(&f, e, ep, s->node);
    f.split = SPLIT_wanted;
    nest_body(&f, s);
    return f.split == SPLIT_done;
}

/* All functions so far, each with what it computes and the tensors that it makes. */
static void functions_write(CEmit *e)
{
    e->fns.n = 0;
    for (int k = 0; k < e->texts.n; k++) {
        const FnText *t = e->texts.at[k];
        if (t->comment) {
            out_f(&e->fns, "/* %s", t->comment);
            for (int j = 0; t->users.n > 1 && j < t->users.n && j < 8; j++) out_f(&e->fns, "%s%s", j ? ", " : "\n * for ", t->users.at[j]);
            if (t->users.n > 8) out_f(&e->fns, ", ... (%d)", t->users.n);
            out_f(&e->fns, " */\n");
        }
        out_n(&e->fns, t->text, strlen(t->text));
        out_f(&e->fns, "\n");
    }
}

/* A scalar expression in the entry function itself: buffers are named by place. */
const char *entry_expr(CEmit *e, const EntryPlan *ep, const Expr *x)
{
    static const Node none = {0};
    FnC f;
    fn_init(&f, e, ep, &none);
    for (int pass = 0; pass < 2; pass++) {                    /* first pass finds the parameters, second has their places */
        const char *t = c_expr(&f, x);
        if (pass) return t;
        for (int k = 0; k < f.params.n; k++) {
            Param *p = &f.params.at[k];
            p->name = p->sym ? entry_sym(e, p->sym) : arena_printf(e->a, "(%s)", entry_place(e, p->buf, 0));
        }
    }
    return "0";
}

static void steps_emit(CEmit *e, const EntryPlan *ep, Step *const *steps, int n, Out *o);

static void loop_emit(CEmit *e, const EntryPlan *ep, const Step *s, Out *o)
{
    const char *v = entry_sym(e, s->node->var);
    out_f(o, "for (int32_t %s = 0, trip_%d = %s; %s < trip_%d; %s++) {\n", v, s->node->var->id, entry_expr(e, ep, s->node->trip), v, s->node->var->id, v);
    o->indent++;
    out_f(o, "(void)%s;\n", v);
    steps_emit(e, ep, s->body.at, s->body.n, o);
    if (s->src) out_f(o, "if (!*(%s)) break;\n", entry_place(e, s->src, 0));
    o->indent--;
    out_f(o, "}\n");
}

/* Blocks of rows that differ in work, as under a causal mask. */
static int is_clipped(const Step *s)
{
    int found = s->clip.lo != NULL;
    for (int k = 0; k < s->body.n && !found; k++) found = is_clipped(s->body.at[k]);
    return found;
}

/* Opens the loop over this part's blocks: in turn with the others', where blocks differ in work; otherwise a run of rows. */
static void region_part(CEmit *e, const Step *s, const char *t, const char *ext, Out *o)
{
    const Region *r = s->region;
    if (is_clipped(s)) {
        const char *first = r->rows == 1 ? "part" : arena_printf(e->a, "%d * part", r->rows);
        out_f(o, "for (int32_t %s = %s; %s < %s; %s += %s) {\n", t, first, t, ext, t, r->rows == 1 ? "parts" : arena_printf(e->a, "%d * parts", r->rows));
        return;
    }
    const char *bounds = split_bounds_text(e, ext, r->exact ? r->rows : 1);
    out_f(o, "%s\nfor (int32_t %s = begin; %s < past; %s += %d) {\n", bounds, t, t, t, r->rows);
}

/* Finds the least or the largest value over the rows at hand. */
static void row_bound_emit(CEmit *e, const EntryPlan *ep, const Region *r, const RowBound *b, Out *o)
{
    Node like = {0};
    FnC f;
    like.nred = 1; like.kind = NODE_compute;
    fn_init(&f, e, ep, &like);
    const char *value = NULL, *name = entry_sym(e, b->sym), *t = entry_sym(e, r->first);
    for (int pass = 0; pass < 2; pass++) {                   /* as entry_expr */
        value = c_expr(&f, b->e);
        for (int k = 0; k < f.params.n; k++) {
            Param *p = &f.params.at[k];
            p->name = p->sym ? entry_sym(e, p->sym) : arena_printf(e->a, "(%s)", entry_place(e, p->buf, 0));
        }
    }
    const char *count = r->exact ? arena_printf(e->a, "%d", r->rows) : entry_sym(e, r->count);
    out_f(o, "int32_t %s = %s;\n", name, b->sign < 0 ? "INT32_MAX" : "INT32_MIN");
    out_f(o, "for (int32_t r0 = %s; r0 < %s + %s; r0++) {\n", t, t, count);
    o->indent++;
    out_f(o, "const int32_t v = %s;\n%s = v %s %s ? v : %s;\n", value, name, b->sign < 0 ? "<" : ">", name, name);
    o->indent--;
    out_f(o, "}\n");
}

static void region_emit(CEmit *e, const EntryPlan *ep, const Step *s, int split, Out *o)
{
    const Region *r = s->region;
    const char *t = entry_sym(e, r->first), *ext = entry_expr(e, ep, r->ext);
    const char *end = split && !is_clipped(s) ? "past" : ext;
    if (r->from) {                                           /* blocks, from a multiple of LANES on */
        const char *lo = arena_printf(e->a, "first_%d", r->id), *hi = arena_printf(e->a, "past_%d", r->id);
        int64_t zero;
        end = hi;
        if (ex_is_int(r->from, &zero) && zero == 0) {
            lo = "0";
            out_f(o, "const int32_t %s = %s;\n", hi, entry_expr(e, ep, r->to));
        } else {
            out_f(o, "const int32_t %s = %s, from_%d = %s;\n", hi, entry_expr(e, ep, r->to), r->id, entry_expr(e, ep, r->from));
            out_f(o, "const int32_t %s = (from_%d < %s ? from_%d : %s > 0 ? %s : 0) / %d * %d;\n", lo, r->id, hi, r->id, hi, hi, LANES, LANES);
        }
        out_f(o, "for (int32_t %s = %s; %s < %s; %s += %d) {\n", t, lo, t, hi, t, r->rows);
    } else if (r->under) {                                   /* all of a group, or one by one beside several rows */
        const char *most = arena_printf(e->a, "%s == 1 ? %d : 1", entry_expr(e, ep, r->under->ext), r->rows);
        out_f(o, "for (int32_t %s = 0; %s < %s; %s += %s) {\n", t, t, ext, t, most);
    } else if (split) region_part(e, s, t, ext, o);
    else if (r->rows == 1) out_f(o, "for (int32_t %s = 0; %s < %s; %s++) {\n", t, t, ext, t);
    else out_f(o, "for (int32_t %s = 0; %s < %s; %s += %d) {\n", t, t, ext, t, r->rows);
    o->indent++;
    int64_t size;
    const char *most = arena_printf(e->a, "%d", r->rows);
    if (!ex_is_int(r->ext, &size) || size % r->rows) most = arena_printf(e->a, "%s - %s < %d ? %s - %s : %d", end, t, r->rows, end, t, r->rows);
    if (r->under) out_f(o, "const int32_t %s = %s > 1 ? 1 : %s;\n", entry_sym(e, r->count), entry_expr(e, ep, r->under->ext), most);
    else if (!r->exact) out_f(o, "const int32_t %s = %s - %s < %d ? %s - %s : %d;\n", entry_sym(e, r->count), end, t, r->rows, end, t, r->rows);
    for (int k = 0; k < r->bounds.n; k++) row_bound_emit(e, ep, r, &r->bounds.at[k], o);
    steps_emit(e, ep, s->body.at, s->body.n, o);
    o->indent--;
    out_f(o, "}\n");
}

void step_part(CEmit *e, const EntryPlan *ep, const Step *s, Out *o)
{
    if (s->kind == STEP_region) region_emit(e, ep, s, 1, o);
    else out_f(o, "%s\n", step_call(e, ep, s, SPLIT_wanted));
}

/* A region whose items inside are shared out where it has a single row, its rows otherwise. */
static int items_emit(CEmit *e, const EntryPlan *ep, Step *const *s, Out *o)
{
    int found = 0;
    for (int k = 0; k < s[0]->body.n; k++) if (s[0]->body.at[k]->split) found = 1;
    if (!found || s[0]->kind != STEP_region || !e->opt->threads || e->opt->trace || e->in_section || !s[0]->split) return 0;
    out_f(o, "if (%s == 1) {\n", entry_expr(e, ep, s[0]->region->ext));
    o->indent++;
    Out body;
    out_init(&body, e->a);
    body.indent = o->indent;
    steps_emit(e, ep, s[0]->body.at, s[0]->body.n, &body);
    out_f(o, "%s", single_row(e, s[0]->region, body.at));
    out_n(o, body.at, body.n);
    o->indent--;
    out_f(o, "} else {\n");
    o->indent++;
    section_emit(e, ep, s, 1, o);
    o->indent--;
    out_f(o, "}\n");
    return 1;
}

static void steps_emit(CEmit *e, const EntryPlan *ep, Step *const *steps, int n, Out *o)
{
    for (int k = 0; k < n; k++) {
        const Step *s = steps[k];
        if (items_emit(e, ep, steps + k, o)) continue;
        int taken = section_emit(e, ep, steps + k, n - k, o);
        if (taken) { k += taken - 1; continue; }
        if (s->kind == STEP_loop) loop_emit(e, ep, s, o);
        else if (s->kind == STEP_if) {
            out_f(o, "if (%s) {\n", entry_expr(e, ep, s->node->cond));
            o->indent++;
            steps_emit(e, ep, s->body.at, s->body.n, o);
            o->indent--;
            out_f(o, "} else {\n");
            o->indent++;
            steps_emit(e, ep, s->other.at, s->other.n, o);
            o->indent--;
            out_f(o, "}\n");
        } else if (s->kind == STEP_region) region_emit(e, ep, s, 0, o);
        else {
            out_f(o, "%s\n", step_call(e, ep, s, SPLIT_no));
            if (e->opt->trace) trace_emit(e, ep, s, o);
        }
    }
}

static const char *const status_of[] = {"EARG", "ERANGE", "EFULL"};

static void check_emit(CEmit *e, const EntryPlan *ep, const Check *c, Out *o)
{
    Node like = {0};
    like.nred = c->nred; like.kind = NODE_compute;
    for (int k = 0; k < c->nred; k++) like.r[k] = c->r[k];
    FnC f;
    fn_init(&f, e, ep, &like);
    const char *cond = NULL, *lo[MAX_RED], *hi[MAX_RED];
    for (int pass = 0; pass < 2; pass++) {
        cond = c_expr(&f, c->cond);
        for (int k = 0; k < c->nred; k++) { lo[k] = c_expr(&f, c->r[k].lo); hi[k] = c_expr(&f, c->r[k].hi); }
        for (int k = 0; k < f.params.n; k++) {
            Param *p = &f.params.at[k];
            p->name = p->sym ? entry_sym(e, p->sym) : p->buf->space == SPACE_input && p->buf->rank ? entry_place(e, p->buf, 0) : arena_printf(e->a, "(%s)", entry_place(e, p->buf, 0));
        }
    }
    for (int k = 0; k < c->nred; k++) {
        out_f(o, "for (int32_t r%d = %s; r%d < %s; r%d++)\n", k, lo[k], k, hi[k], k);
        o->indent++;
    }
    const char *test = c_tidy(e->a, arena_printf(e->a, "if (!(%s)) return %s_%s;", cond, e->upper, status_of[c->status]));
    out_f(o, "%.*s /* %s */\n", (int)strcspn(test, "\n"), test, c->message ? c->message : "");
    o->indent -= c->nred;
}

const char *emit_entry_name(Arena *a, const char *prefix, const Entry *e) { return arena_printf(a, "%s_%s", prefix, c_plain(a, e->name)); }

/* int32_t T, const int32_t *tok, ..., float *logits */
void entry_signature(const CEmit *e, const EntryPlan *ep, Out *o)
{
    const Entry *en = ep->entry;
    out_f(o, "%s_status %s(%s_work *work", e->prefix, emit_entry_name(e->a, e->prefix, en), e->prefix);
    if (e->plan->states.n) out_f(o, ", %s_state *state", e->prefix);
    if (weights_argument(e)) out_f(o, ", const void *blob");
    if (e->opt->threads) out_f(o, ", const %s_threads *threads", e->prefix);
    for (int k = 0; k < en->dims.n; k++) out_f(o, ", int32_t %s", c_ident(e->a, en->dims.at[k]->name));
    for (int k = 0; k < en->inputs.n; k++) {
        const Node *n = en->inputs.at[k];
        out_f(o, n->rank ? ", const %s *in_%s" : ", %s in_%s", c_type(n->dtype), c_plain(e->a, n->name ? n->name : "t"));
    }
    for (int k = 0; k < en->outputs.n; k++)
        out_f(o, ", %s *%s", c_type(en->outputs.at[k].node->dtype), output_arg(e->a, en->outputs.at[k].name));
    out_f(o, ")");
}

void locals_begin(CEmit *e, const EntryPlan *ep)
{
    Locals *l = &e->local;
    out_init(&l->decls, e->a);
    l->decls.indent = 2;
    map_init(&l->at, e->a);
    smap_init(&l->names, e->a);
    for (int k = 0; k < ep->entry->dims.n; k++) smap_put(&l->names, c_ident(e->a, ep->entry->dims.at[k]->name), e);
    static const char *const taken[] = {"err", "weights", "blob", "out", "work", "state", "threads", "frame", "part", "parts", "arg"};
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++) smap_put(&l->names, taken[k], e);
}

static int uses_weights(const Out *o) { return o->n && strstr(o->at, "(weights + ") != NULL; }

void entry_emit(CEmit *e, const EntryPlan *ep)
{
    const Entry *en = ep->entry;
    Out o;
    out_init(&o, e->a);
    o.indent = 2;
    out_f(&o, "if (!work");
    if (e->plan->states.n) out_f(&o, " || !state");
    if (weights_argument(e)) out_f(&o, " || !blob");
    for (int k = 0; k < en->inputs.n; k++)
        if (en->inputs.at[k]->rank) out_f(&o, " || !in_%s", c_plain(e->a, en->inputs.at[k]->name ? en->inputs.at[k]->name : "t"));
    for (int k = 0; k < en->outputs.n; k++) out_f(&o, " || !%s", output_arg(e->a, en->outputs.at[k].name));
    out_f(&o, ") return %s_EARG;\n", e->upper);
    for (int k = 0; k < en->dims.n; k++) {
        const Sym *s = en->dims.at[k];
        const char *d = c_ident(e->a, s->name);
        out_f(&o, "if (%s < %lld || %s > %lld) return %s_EARG;\n", d, (long long)s->lo, d, (long long)s->hi, e->upper);
    }
    Out steps, checks;
    out_init(&checks, e->a);
    checks.indent = 2;
    for (int k = 0; k < en->checks.n; k++) check_emit(e, ep, &en->checks.at[k], &checks);
    out_f(&checks, "int32_t err = 0;\n");
    out_init(&steps, e->a);
    steps.indent = 2;
    locals_begin(e, ep);
    frame_begin(e, ep);
    steps_emit(e, ep, ep->steps.at, ep->steps.n, &steps);
    frame_end(e, &checks, &steps);
    weights_local(e, uses_weights(&checks) || uses_weights(&e->local.decls) || uses_weights(&steps) || frame_uses(e, "weights"), &o);
    out_n(&o, checks.at, checks.n);
    out_n(&o, e->local.decls.at ? e->local.decls.at : "", e->local.decls.n);
    out_n(&o, steps.at ? steps.at : "", steps.n);
    functions_write(e);
    out_f(&o, "return err ? %s_ERANGE : %s_OK;\n", e->upper, e->upper);
    Out sig;
    out_init(&sig, e->a);
    entry_signature(e, ep, &sig);
    out_f(e->c, "%s%.*s\n{\n", e->opt->dispatch ? "static " : "", (int)sig.n, sig.at);
    out_n(e->c, o.at, o.n);
    out_f(e->c, "}\n\n");
}
