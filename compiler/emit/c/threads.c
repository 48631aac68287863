/* threads.c - work shared out among threads (--threads=N). A step that the plan calls worth it becomes a section: a function
 * that does one part of N, which the entry gives to the caller's parallel_for, or calls once for all of it when there is
 * none. What sections need lies in a frame of the entry's. Takes steps of the plan; which loop of a step is cut is decided
 * where that loop is written. */
#include <string.h>
#include "compiler/base/embedded.h"
#include "compiler/emit/c/c_int.h"

static void paste_file(CEmit *e, const char *path, Out *o)
{
    const EmbeddedFile *f = embedded_find(path);
    if (!f) bug("no %s", path);
    c_paste(e, o, f->text, f->size);
}

void threads_include(const CEmit *e, Out *h)
{
    if (e->opt->threads) out_f(h, "#ifdef %s_PTHREADS\n#include <pthread.h>\n#endif\n", e->upper);
}

void threads_header(CEmit *e, Out *h)
{
    const char *x = e->prefix, *X = e->upper;
    if (!e->opt->threads) return;
    out_f(h, "#define %s_THREADS %d /* parts that the work of a call is split into */\n", X, e->opt->threads);
    out_f(h, "/* How the caller runs parts of the work side by side: parallel_for calls task(arg, part) once for every part in 0..parts-1, in\n"
             " * any order, on any threads, and returns when all are done. Results have the same bits whatever it does. */\n"
             "typedef void %s_parallel_for(void *user, void (*task)(void *arg, int32_t part), void *arg, int32_t parts);\n"
             "typedef struct %s_threads {\n    %s_parallel_for *parallel_for;\n    void *user;\n} %s_threads;\n", x, x, x, x);
    paste_file(e, "runtime/threads/pool.h", h);
    out_f(h, "\n");
}

/* Behind the entries: nothing of the pool is in a program that does not ask for it. */
void threads_pool(CEmit *e, Out *c)
{
    if (!e->opt->threads) return;
    out_f(c, "\n");
    paste_file(e, "runtime/threads/pool.c", c);
}

/* A helper that is written once a variant, under a name that no entry has. NULL: it is there, *name is what it is called. */
static FnText *helper_new(CEmit *e, const char *what, const char **name)
{
    if ((*name = smap_get(&e->helpers, what)) != NULL) return NULL;
    FnText *t = NEW(e->a, FnText);
    t->name = arena_printf(e->a, "%s_%s", e->prefix, what);
    while (smap_get(&e->names, t->name)) t->name = arena_printf(e->a, "%s_", t->name);
    smap_put(&e->helpers, what, (void *)(uintptr_t)t->name);
    *name = t->name;
    return t;
}

/* ---- the cut of a loop ---- */
static const char *share(CEmit *e)
{
    const char *name;
    FnText *t = helper_new(e, "share", &name);
    if (!t) return name;
    t->comment = "Where a part begins that gets its share of n, in steps of `unit`.";
    t->text = arena_printf(e->a, "%s_INLINE int32_t %s(int32_t n, int32_t unit, int32_t part, int32_t parts)\n{\n"
        "    const int64_t at = (int64_t)((n + unit - 1) / unit) * part / parts * unit;\n    return at < n ? (int32_t)at : n;\n}\n", e->upper, name);
    fn_add(e, t);
    return name;
}

const char *split_bounds_text(CEmit *e, const char *n, int unit)
{
    const char *s = share(e);
    return arena_printf(e->a, "const int32_t begin = %s(%s, %d, part, parts), past = %s(%s, %d, part + 1, parts);", s, n, unit, s, n, unit);
}

void split_bounds(FnC *f, const char *n, int unit)
{
    f->split = SPLIT_done;
    out_f(&f->body, "%s\n", split_bounds_text(f->e, n, unit));
}

/* Are so many steps of a loop shared out evenly enough? */
int split_evenly(const FnC *f, int64_t n)
{
    int parts = f->e->opt->threads;
    return n >= 4 * parts || (n >= parts && n % parts == 0);
}

/* ---- the frame ---- */
typedef struct LoopVars { VEC(const Sym *) v; } LoopVars;
static void loops_of(Step *const *s, int n, Arena *a, LoopVars *loops)
{
    for (int k = 0; k < n; k++) {
        if (s[k]->kind == STEP_loop) vec_push(a, &loops->v, s[k]->node->var);
        if (s[k]->kind == STEP_region) continue;
        loops_of(s[k]->body.at, s[k]->body.n, a, loops);
        loops_of(s[k]->other.at, s[k]->other.n, a, loops);
    }
}

static void field(CEmit *e, const char *type, const char *name)
{
    FrameField f = {type, name, 0, 0};
    vec_push(e->a, &e->frame.fields, f);
}

/* All that a section may need of its entry, behind which those that it does need are marked. */
void frame_begin(CEmit *e, const EntryPlan *ep)
{
    const Entry *en = ep->entry;
    LoopVars loops = {{0}};
    Frame *f = &e->frame;
    memset(f, 0, sizeof *f);
    if (!e->opt->threads) return;
    f->name = arena_printf(e->a, "%s_%s_frame", e->prefix, c_plain(e->a, en->name));
    field(e, arena_printf(e->a, "%s_work *", e->prefix), "work");
    if (e->plan->states.n) field(e, arena_printf(e->a, "%s_state *", e->prefix), "state");
    if (e->plan->weight_bytes && e->opt->weights != WEIGHTS_tables) field(e, "const unsigned char *", "weights");
    for (int k = 0; k < en->dims.n; k++) field(e, "int32_t ", c_ident(e->a, en->dims.at[k]->name));
    for (int k = 0; k < en->inputs.n; k++) {
        const Node *n = en->inputs.at[k];
        field(e, arena_printf(e->a, n->rank ? "const %s *" : "%s ", c_type(n->dtype)), arena_printf(e->a, "in_%s", c_plain(e->a, n->name ? n->name : "t")));
    }
    for (int k = 0; k < en->outputs.n; k++) field(e, arena_printf(e->a, "%s *", c_type(en->outputs.at[k].node->dtype)), output_arg(e->a, en->outputs.at[k].name));
    loops_of(ep->steps.at, ep->steps.n, e->a, &loops);
    for (int k = 0; k < loops.v.n; k++) {
        field(e, "int32_t ", entry_sym(e, loops.v.at[k]));
        f->fields.at[f->fields.n - 1].loop = 1;
    }
}

int frame_uses(const CEmit *e, const char *name)
{
    const Frame *f = &e->frame;
    for (int k = 0; k < f->fields.n; k++) if (!strcmp(f->fields.at[k].name, name)) return f->fields.at[k].used;
    return 0;
}

/* The frame's type and what runs a section, before the first one; the members are known when all have been written. */
static void frame_declare(CEmit *e)
{
    const char *x = e->prefix, *X = e->upper;
    FnText *t = NEW(e->a, FnText);
    t->name = e->frame.name;
    t->comment = "What the parts of a call share.";
    fn_add(e, t);
    e->frame.type = t;
    const char *name;
    t = helper_new(e, "in_parts", &name);
    if (!t) return;
    t->text = arena_printf(e->a, "%s_INLINE void %s(const %s_threads *threads, void (*task)(void *arg, int32_t part), void *frame, int32_t *parts)\n{\n"
        "    *parts = threads ? %s_THREADS : 1;\n    if (threads) threads->parallel_for(threads->user, task, frame, *parts);\n    else task(frame, 0);\n}\n", X, t->name, x, X);
    fn_add(e, t);
}

void frame_end(CEmit *e, Out *before, Out *after)
{
    Frame *f = &e->frame;
    Out o;
    if (!f->type) {
        if (e->opt->threads) out_f(before, "(void)threads;\n");
        return;
    }
    out_init(&o, e->a);
    out_f(&o, "typedef struct %s {\n    int32_t parts;\n", f->name);
    out_f(before, "%s frame = {.parts = 1", f->name);
    for (int k = 0; k < f->fields.n; k++) {
        const FrameField *m = &f->fields.at[k];
        if (!m->used) continue;
        out_f(&o, "    %s%s;\n", m->type, m->name);
        if (!m->loop) out_f(before, ", .%s = %s", m->name, m->name);
    }
    out_f(before, "};\n");
    if (f->err) {
        out_f(&o, "    int32_t err[%s_THREADS];\n", e->upper);
        out_f(after, "for (int32_t k = 0; k < %s_THREADS; k++) err |= frame.err[k];\n", e->upper);
    }
    out_f(&o, "} %s;\n", f->name);
    f->type->text = arena_str(e->a, o.at, o.n);
}

/* ---- sections ---- */

/* The function of a section around its body; gives its name. */
static const char *section_new(CEmit *e, const char *decls, const char *body, const Step *s, Out *assign)
{
    Frame *f = &e->frame;
    Out o;
    out_init(&o, e->a);
    if (!f->type) frame_declare(e);
    FnText *t = NEW(e->a, FnText);
    const char *stem = arena_printf(e->a, "%.*s_part", (int)strlen(f->name) - 6, f->name);
    do t->name = arena_printf(e->a, "%s_%d", stem, ++f->sections); while (smap_get(&e->names, t->name));
    t->comment = arena_printf(e->a, "part of %s%s", step_title(e->a, s), s->kind == STEP_region ? " and what follows on its rows" : s->with_next ? " and its neighbours" : "");
    out_f(&o, "static void %s(void *arg, int32_t part)\n{\n    %s *const frame = (%s *)arg;\n", t->name, f->name, f->name);
    for (int k = 0; k < f->fields.n; k++) {
        FrameField *m = &f->fields.at[k];
        if (!c_mentions(decls, m->name) && !c_mentions(body, m->name)) continue;
        m->used = 1;
        if (m->loop) out_f(assign, "frame.%s = %s;\n", m->name, m->name);
        if (strchr(m->type, '*')) out_f(&o, "    %sconst %s = frame->%s;\n", m->type, m->name, m->name);
        else out_f(&o, "    const %s%s = frame->%s;\n", m->type, m->name, m->name);
    }
    if (c_mentions(body, "parts")) out_f(&o, "    const int32_t parts = frame->parts;\n");
    int err = c_mentions(body, "err");
    if (err) { out_f(&o, "    int32_t err = 0;\n"); f->err = 1; }
    out_s(&o, decls);
    out_s(&o, body);
    if (err) out_f(&o, "    frame->err[part] |= err;\n");
    out_f(&o, "}\n");
    t->text = c_tidy(e->a, arena_str(e->a, o.at, o.n));
    fn_add(e, t);
    return t->name;
}

const char *single_row(CEmit *e, const Region *r, const char *body)
{
    const char *first = entry_sym(e, r->first), *count = entry_sym(e, r->count), *t = "";
    if (c_mentions(body, first)) t = arena_printf(e->a, "const int32_t %s = 0;\n", first);
    if (c_mentions(body, count)) t = arena_printf(e->a, "%sconst int32_t %s = 1;\n", t, count);
    return t;
}

int section_emit(CEmit *e, const EntryPlan *ep, Step *const *s, int n, Out *o)
{
    Locals keep = e->local;
    Out body;
    int count = 0;
    if (!e->opt->threads || e->opt->trace || e->in_section || !s[0]->split) return 0;
    if (s[0]->kind != STEP_region && !step_splits(e, ep, s[0])) return 0;
    out_init(&body, e->a);
    body.indent = 2;
    e->in_section = 1;
    e->items = s[0]->kind == STEP_region && s[0]->region->outer ? s[0]->region : NULL;
    locals_begin(e, ep);
    do step_part(e, ep, s[count], &body);
    while (s[count++]->with_next && count < n && step_splits(e, ep, s[count]));
    e->local.decls.indent = 2;
    if (e->items) out_f(&e->local.decls, "%s", single_row(e, e->items->outer, body.at));
    const char *decls = e->local.decls.at ? e->local.decls.at : "";
    e->local = keep;
    e->in_section = 0;
    e->items = NULL;
    const char *name = section_new(e, decls, body.at ? body.at : "", s[0], o);
    const char *threads = s[0]->split_by ? arena_printf(e->a, "%s >= %lld ? threads : NULL", entry_sym(e, s[0]->split_by), (long long)s[0]->split_least) : "threads";
    out_f(o, "%s(%s, %s, &frame, &frame.parts);\n", (const char *)smap_get(&e->helpers, "in_parts"), threads, name);
    return count;
}
