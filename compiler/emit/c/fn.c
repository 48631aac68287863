/* fn.c - step functions: parameters are what the body reads. Functions with equal text are written once, so that the
 * layers of a model share their code. Takes a step, gives the text of a call. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"
#include "compiler/plan/kernel.h"

const char *c_type(DType t) { return dtype_info[t].c; }

static const char *const reserved[] = {"auto","break","case","char","const","continue","default","do","double","else","enum","extern","float","for","goto","if","inline","int","long","register","restrict","return","short","signed","sizeof","static","struct","switch","typedef","union","unsigned","void","volatile","while",
    "int32_t","uint32_t","uint8_t","err","acc","none","best","sum","scale","order","key","high","top","before","block","rescaled","partial","from","to","end","have","keep","at","was","work","state","weights","blob","part","parts","begin","past","sub","threads","frame","arg","m","n","v","w","a","b","i"};

/* A C identifier from any text: letters, digits, underscore; never empty, never reserved. */
const char *c_plain(Arena *a, const char *text)
{
    char *s = arena_str(a, text, strlen(text));
    for (char *p = s; *p; p++)
        if (!isalnum((unsigned char)*p) || (unsigned char)*p > 127) *p = '_';
    return s;
}

const char *c_ident(Arena *a, const char *text)
{
    const char *s = c_plain(a, text);
    if (!*s || isdigit((unsigned char)*s)) s = arena_printf(a, "t_%s", s);
    if ((s[0] == 'o' || s[0] == 'r' || s[0] == 'v') && isdigit((unsigned char)s[1])) s = arena_printf(a, "%s_", s);
    for (size_t k = 0; k < sizeof reserved / sizeof *reserved; k++)
        if (!strcmp(s, reserved[k])) return arena_printf(a, "%s_", s);
    return s;
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot[1] ? dot + 1 : name;
}

static const char *unique(FnC *f, const char *want)
{
    const char *name = c_ident(f->e->a, want);
    if ((strchr("oracvlsm", name[0]) && (!name[1] || isdigit((unsigned char)name[1]))) || !strcmp(name, "left")) want = arena_printf(f->e->a, "%s_", name);
    name = c_ident(f->e->a, want);
    for (int k = 2; smap_get(&f->used, name); k++) name = arena_printf(f->e->a, "%s_%d", c_ident(f->e->a, want), k);
    smap_put(&f->used, name, f);
    return name;
}

const Buffer *fn_buffer(FnC *f, const Node *n)
{
    Buffer *b = n->block ? plan_buffer(f->ep, n) : map_get(&f->e->plan->weight_of, n);
    if (!b) bug("%%%u (%s) has no memory", n->id, node_kind_name[n->kind]);
    return b;
}

/* What stands for the next parameter until its function is known to be new: "@3@". */
static const char *mark(const FnC *f) { return arena_printf(f->e->a, "@%d@", f->params.n); }

const char *fn_names(const FnC *f, const char *text)
{
    Out o;
    out_init(&o, f->e->a);
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "@");
        out_n(&o, p, n);
        p += n;
        if (!*p) break;
        int k = atoi(p + 1);
        const char *end = strchr(p + 1, '@');
        if (!end || k >= f->params.n) bug("a mark without parameter");
        out_n(&o, f->params.at[k].shown, strlen(f->params.at[k].shown));
        p = end + 1;
    }
    return arena_str(f->e->a, o.at ? o.at : "", o.n);
}

void fn_add(CEmit *e, FnText *t)
{
    vec_push(e->a, &e->texts, t);
    smap_put(&e->names, t->name, t);
    if (t->key) smap_put(&e->by_text, t->key, t);
}

static const Buffer *root(const Buffer *b) { return b->over ? b->over : b; }

const char *fn_param_buf(FnC *f, const Buffer *b, const Node *n, int written)
{
    for (int k = 0; k < f->params.n; k++)                    /* what lies at the same place is one parameter: all are restrict */
        if (f->params.at[k].buf && f->params.at[k].buf->dtype == b->dtype && root(f->params.at[k].buf) == root(b)) {
            f->params.at[k].written |= written;
            return f->params.at[k].name;
        }
    const char *hint = written ? "out" : n->name ? last_part(n->name) : b->name ? last_part(b->name) : "x";
    Param p = {b, n, NULL, mark(f), unique(f, hint), written};
    vec_push(f->e->a, &f->params, p);
    return p.name;
}

const char *fn_param_sym(FnC *f, const Sym *s)
{
    for (int k = 0; k < f->params.n; k++)
        if (f->params.at[k].sym == s) return f->params.at[k].name;
    Param p = {NULL, NULL, s, mark(f), unique(f, s->name ? s->name : "t"), 0};
    vec_push(f->e->a, &f->params, p);
    return p.name;
}

void fn_lane(FnC *f)
{
    CEmit *e = f->e;
    Module *m = e->plan->module;
    if (!e->lane) {
        e->lane = sym_new(m, "lane", SYM_loop, 0, LANES - 1, span_none());
        e->lane0 = sym_new(m, "lane0", SYM_loop, 0, INT32_MAX / 2, span_none());
        e->lane_sub = sym_new(m, "part", SYM_loop, 0, INT32_MAX / 2, span_none());
        e->from = sym_new(m, "from", SYM_loop, 0, INT32_MAX / 2, span_none());
        e->to = sym_new(m, "to", SYM_loop, 0, INT32_MAX / 2, span_none());
    }
    map_put(&f->temps, ex_sym(m, e->lane), (void *)(uintptr_t)"(int32_t)l");
}

int lane_room(FnC *f, const Buffer *b, const Node *x, int k, int lanes)
{
    int64_t step, bound = node_bound(f->e->plan->module, f->ep->entry, x, k);
    if (b->space != SPACE_work || bound < 0 || bound % lanes || !ex_is_int(b->stride[k], &step) || step != 1) return 0;
    for (int j = 0; j < b->ntile; j++) if (b->tile[j].axis == k) return 0;
    return 1;
}

void row_bounds(FnC *f, const StepClip *clip, int lanes)
{
    Module *m = f->e->plan->module;
    int64_t lo;
    out_f(&f->body, "const int32_t to = %s;\n", c_expr(f, clip->hi));
    if (ex_is_int(clip->lo, &lo)) out_f(&f->body, "const int32_t from = %lld;\n", (long long)(lo / lanes * lanes));
    else {                                                   /* from data it may be anything */
        out_f(&f->body, "const int32_t least_ = %s;\n", c_expr(f, clip->lo));
        out_f(&f->body, "const int32_t from = (least_ < to ? least_ : to > 0 ? to : 0) / %d * %d;\n", lanes, lanes);
    }
    map_put(&f->temps, ex_sym(m, f->e->from), (void *)(uintptr_t)"from");
    map_put(&f->temps, ex_sym(m, f->e->to), (void *)(uintptr_t)"to");
}

typedef struct View { Module *m; Expr **at; int n; } View;
static void view_expr(void *u, Expr **e)
{
    View *v = u;
    *e = ex_subst_slots(v->m, *e, v->at, v->n);
}

Node *fn_view(FnC *f, const Step *s)
{
    Module *m = f->e->plan->module;
    Node *n = arena_dup(f->e->a, s->node, sizeof *n);
    n->conj = n->nconj ? arena_dup(f->e->a, n->conj, (size_t)n->nconj * sizeof *n->conj) : NULL;
    for (int k = 0; k < MAX_SLOTS; k++) f->at[k] = ex_index(m, k);
    for (int k = 0; k < s->nin; k++) {
        const Region *r = s->in[k].region;
        Expr *first = ex_sym(m, r->first), **at = &f->at[s->in[k].axis];
        if (r->rows == 1) f->fixed |= 1u << s->in[k].axis;
        *at = r->rows == 1 ? first : ex_add(m, first, *at);
    }
    if (s->nin) {
        View v = {m, f->at, n->rank + n->nred};
        node_each_expr(n, view_expr, &v);
    }
    for (int k = 0; k < s->nin; k++) {
        const Region *r = s->in[k].region;
        n->ext[s->in[k].axis] = r->exact ? ex_int(m, r->rows) : ex_sym(m, r->count);
    }
    if (s->clip.lo && s->clip.slot >= n->rank) {
        n->r[s->clip.slot - n->rank].lo = s->clip.lo;
        n->r[s->clip.slot - n->rank].hi = s->clip.hi;
    }
    if (s->online && n->kind == NODE_compute) n->post = ex_subst_slots(m, s->online->post, f->at, n->rank);
    f->step = s;
    f->node = n;
    return n;
}
