/* row.c - sums, maxima and softmax along memory: LANES partial results side by side, then one fixed tree. The order of
 * additions is the same for every width of vectors, compiler and number of threads. Takes nodes whose reads walk with
 * step 0 or 1 along the row; anything else takes the generic nest. */
#include <string.h>
#include "compiler/emit/c/c_int.h"
#include "compiler/plan/kernel.h"

/* A row at hand: slot runs lo .. hi; lane is the offset of a partial result from the slot's variable. */
typedef struct Row { FnC *f; Module *m; Node *n; int slot; Expr *lo, *hi; Expr *to[MAX_SLOTS]; int whole; /* up to a multiple of LANES */ } Row;

typedef struct Walk { FnC *f; int slot, bad, along; } Walk;

/* Every read steps by 0 or 1 with the slot. */
static void walk_read(void *u, const Expr *e)
{
    Walk *w = u;
    int64_t k;
    Expr *rest;
    if (e->op == EX_read_or || e->op == EX_guard) w->bad = w->bad || ex_uses_slot(e, w->slot);
    if (e->op != EX_read || !ex_uses_slot(e, w->slot) || w->bad) return;
    const Buffer *b = fn_buffer(w->f, e->u.node);
    if (b->panel || !affine_split(w->f->e->plan->module, buffer_at(w->f, b, e->arg), w->slot, &k, &rest) || (k != 0 && k != 1)) w->bad = 1;
    else w->along |= k == 1;
}

static int walks_along(FnC *f, const Expr *e, int slot)
{
    Walk w = {f, slot, 0, 0};
    ex_visit(e, walk_read, &w);
    return !w.bad && w.along;
}

static int is_long(const Row *r)
{
    int64_t lo, hi, top;
    RangeCtx rc;
    range_ctx_base(&rc, r->m, r->f->ep->entry, r->n);
    range_of(&rc, r->hi, &lo, &top);
    range_of(&rc, r->lo, &lo, &hi);
    return top - lo >= LANES / 2;
}

static Expr *in_lane(const Row *r, Expr *e) { return ex_subst_slots(r->m, e, r->to, r->n->rank + r->n->nred); }

static void row_init(Row *r, FnC *f, Node *n, int slot, Expr *lo, Expr *hi)
{
    Row row = {f, f->e->plan->module, n, slot, lo, hi, {0}, 0};
    *r = row;
    fn_lane(f);
    r->to[slot] = ex_add(r->m, ex_index(r->m, slot), ex_sym(r->m, f->e->lane));
}

/* The same helper once a program. */
static const char *helper(FnC *f, const char *name, const char *text)
{
    CEmit *e = f->e;
    const char *full = arena_printf(e->a, "%s_%s", e->prefix, name);
    if (smap_get(&e->helpers, name)) return full;
    smap_put(&e->helpers, name, e);
    FnText *t = NEW(e->a, FnText);
    t->name = full;
    t->text = arena_printf(e->a, "%s_INLINE %s", e->upper, arena_printf(e->a, text, full));
    fn_add(e, t);
    return full;
}

static const char *lane_tree(FnC *f, RedOp op)
{
    if (op == RED_sum) return helper(f, "sum_lanes",
        "float %s(const float *s)\n{\n    float h[8], q[4];\n    for (int l = 0; l < 8; l++) h[l] = s[l] + s[l + 8];\n"
        "    for (int l = 0; l < 4; l++) q[l] = h[l] + h[l + 4];\n    return (q[0] + q[2]) + (q[1] + q[3]);\n}\n");
    const char *order = op == RED_max ? ">" : "<";
    return helper(f, op == RED_max ? "max_lanes" : "min_lanes", arena_printf(f->e->a,
        "float %%s(const float *s)\n{\n    float h[8], q[4];\n    for (int l = 0; l < 8; l++) h[l] = s[l] %s s[l + 8] ? s[l] : s[l + 8];\n"
        "    for (int l = 0; l < 4; l++) q[l] = h[l] %s h[l + 4] ? h[l] : h[l + 4];\n"
        "    for (int l = 0; l < 2; l++) q[l] = q[l] %s q[l + 2] ? q[l] : q[l + 2];\n    return q[0] %s q[1] ? q[0] : q[1];\n}\n", order, order, order, order));
}

/* The lines for every element of the row: whole groups of lanes, then what is left. */
static void along_row(Row *r, const char *const *line, int n)
{
    FnC *f = r->f;
    Out *o = &f->body;
    int64_t lo, hi;
    const char *v = c_slot(f, r->slot), *from = c_expr(f, r->lo), *end = c_expr(f, r->hi);
    int known = ex_is_int(r->lo, &lo) && ex_is_int(r->hi, &hi);
    int64_t full = known ? (hi - lo) / LANES * LANES : 0, left = known ? hi - lo - full : 0;
    if (r->whole) { known = 1; full = LANES; left = 0; }
    if (known && !left) out_f(o, "for (int32_t %s = %s; %s < %s; %s += %d) {\n", v, from, v, end, v, LANES);
    else {
        out_f(o, "{\n");
        o->indent++;
        out_f(o, "int32_t %s = %s;\n", v, from);
        if (known && !full) out_f(o, "{\n");
        else if (known) out_f(o, "for (; %s < %lld; %s += %d) {\n", v, (long long)(lo + full), v, LANES);
        else out_f(o, "for (; %s + %d <= %s; %s += %d) {\n", v, LANES, end, v, LANES);
    }
    o->indent++;
    for (int part = 0; part < 2; part++) {
        if (part == 0 && known && !full) { close_loops(f, 1); continue; }
        if (part == 1 && known && !left) break;
        const char *count = part == 0 ? arena_printf(f->e->a, "%d", LANES) : known ? arena_printf(f->e->a, "%lld", (long long)left) : arena_printf(f->e->a, "%s - %s", end, v);
        if (part == 0 || known) out_f(o, "%s_LANES\n", f->e->upper);
        out_f(o, "for (ptrdiff_t l = 0; l < %s; l++) {\n", count);
        o->indent++;
        for (int k = 0; k < n; k++) out_f(o, "%s\n", line[k]);
        close_loops(f, part == 0 ? 2 : 1);
    }
    if (!(known && !left)) close_loops(f, 1);
}

/* Text of the value at a lane, behind the declarations that it needs. */
static const char *lane_value(Row *r, Expr *e, const char **decls)
{
    FnC *f = r->f;
    Out keep = f->body;
    int mark = local_mark(f);
    e = in_lane(r, e);
    out_init(&f->body, f->e->a);
    local_share(f, e);
    const char *v = c_expr(f, e);
    *decls = f->body.n ? arena_printf(f->e->a, "%.*s", (int)f->body.n - 1, f->body.at) : "";
    local_forget(f, mark);
    f->body = keep;
    return v;
}

/* A statement for every element, without partial results: a plain loop, which compilers do best. */
static void each_element(Row *r, const char *line)
{
    FnC *f = r->f;
    open_loop(f, c_slot(f, r->slot), c_expr(f, r->lo), c_expr(f, r->hi));
    out_f(&f->body, "%s\n", line);
    close_loops(f, 1);
}

static const char *better(FnC *f, RedOp op, const char *acc, const char *v)
{
    if (op == RED_sum) return arena_printf(f->e->a, "%s += %s;", acc, v);
    return arena_printf(f->e->a, "%s = %s %s %s ? %s : %s;", acc, v, op == RED_max ? ">" : "<", acc, v, acc);
}

/* Declares the partial results. */
static void lanes_begin(FnC *f, const char *name, RedOp op)
{
    if (op == RED_sum) { out_f(&f->body, "float %s[%d];\nfor (ptrdiff_t l = 0; l < %d; l++) %s[l] = 0.0f;\n", name, LANES, LANES, name); return; }
    c_need(f->e, "inf");
    out_f(&f->body, "float %s[%d];\nfor (ptrdiff_t l = 0; l < %d; l++) %s[l] = %s%s_inf();\n", name, LANES, LANES, name, op == RED_max ? "-" : "", f->e->prefix);
}

/* The partial results NAME0, NAME1, .. of n vectors as one number, in the order of lane_tree. */
static const char *vectors_reduce(FnC *f, const char *name, int n, RedOp op)
{
    const char *x = f->e->prefix, *how = op == RED_sum ? "add" : op == RED_max ? "max" : "min";
    for (; n > 1; n /= 2)
        for (int k = 0; k < n / 2; k++) out_f(&f->body, "%s%d = %s_v_%s(%s%d, %s%d);\n", name, k, x, how, name, k, name, k + n / 2);
    return arena_printf(f->e->a, "%s_v_reduce_%s(%s0)", x, how, name);
}

/* ---- reductions in the target's vectors ---- */

/* Row number k of those at once, and vector number j: e there. */
static Expr *at_vector(const Row *r, Expr *e, int row, int k, int j)
{
    Expr *to[MAX_SLOTS] = {0};
    if (row >= 0) to[row] = ex_add(r->m, ex_index(r->m, row), ex_int(r->m, k));
    to[r->slot] = ex_add(r->m, ex_index(r->m, r->slot), ex_int(r->m, (int64_t)j * r->f->e->target->width));
    return ex_subst_slots(r->m, e, to, r->n->rank + r->n->nred);
}

/* One group of LANES of each row; left: text of how many places count, NULL: all. */
static int add_group(Row *r, int row, int rows, const char *left)
{
    FnC *f = r->f;
    Arena *a = f->e->a;
    const char *x = f->e->prefix, *how = r->n->red == RED_sum ? "add" : r->n->red == RED_max ? "max" : "min";
    const char *none = r->n->red == RED_sum ? arena_printf(a, "%s_v_zero()", x) : arena_printf(a, "%s_v_set1(%s)", x, c_limit(f->e, DT_f32, r->n->red == RED_min));
    int w = f->e->target->width;
    for (int k = 0; k < rows; k++)
        for (int j = 0; j < LANES / w; j++) {
            const char *here = left && j ? arena_printf(a, "%s - %d", left, j * w) : left;
            const char *v = vector_expr(f, at_vector(r, r->n->body, row, k, j), (VecAt){ex_index(r->m, r->slot), NULL, here});
            if (!v) return 0;
            if (left) v = arena_printf(a, "%s_v_select(%s_vm_first(%s), %s, %s)", x, x, here, v, none);
            out_f(&f->body, "s%d_%d = %s_v_%s(%s, s%d_%d);\n", k, j, x, how, v, k, j);
        }
    return 1;
}

/* The row at hand, in groups of LANES. */
static int add_row(Row *r, int row, int rows)
{
    FnC *f = r->f;
    Out *o = &f->body;
    int64_t lo, hi;
    const char *v = c_slot(f, r->slot), *from = c_expr(f, r->lo), *end = c_expr(f, r->hi);
    int known = ex_is_int(r->lo, &lo) && ex_is_int(r->hi, &hi), whole = known && (hi - lo) % LANES == 0;
    if (whole) out_f(o, "for (int32_t %s = %s; %s < %s; %s += %d) {\n", v, from, v, end, v, LANES);
    else out_f(o, "int32_t %s = %s;\nfor (; %s + %d <= %s; %s += %d) {\n", v, from, v, LANES, end, v, LANES);
    o->indent++;
    if (!add_group(r, row, rows, NULL)) return 0;
    close_loops(f, 1);
    if (whole) return 1;
    out_f(o, known ? "{\n" : "if (%s < %s) {\n", v, end);
    o->indent++;
    out_f(o, "const int32_t left = %s - %s;\n", end, v);
    if (!add_group(r, row, rows, "left")) return 0;
    close_loops(f, 1);
    return 1;
}

/* `rows` results at once, whose sums do not wait for each other; row: their index, -1: there is one result. */
static int reduce_rows(Row *r, int row, int rows, uint32_t open, const Buffer *dst, const char *p)
{
    FnC *f = r->f;
    Out *o = &f->body;
    Node *n = r->n;
    const char *x = f->e->prefix;
    uint32_t all = (1u << (n->rank + n->nred)) - 1;
    int parts = LANES / f->e->target->width;
    int64_t lo, hi;
    for (int k = 0; k < rows; k++) local_hoist(f, at_vector(r, n->body, row, k, 0), open, all);
    for (int k = 0; k < rows; k++) {
        out_f(o, "%s_v", x);
        for (int j = 0; j < parts; j++)
            if (n->red == RED_sum) out_f(o, "%s s%d_%d = %s_v_zero()", j ? "," : "", k, j, x);
            else out_f(o, "%s s%d_%d = %s_v_set1(%s)", j ? "," : "", k, j, x, c_limit(f->e, DT_f32, n->red == RED_min));
        out_f(o, ";\n");
    }
    int inner = 0, block = !(ex_is_int(r->lo, &lo) && ex_is_int(r->hi, &hi) && (hi - lo) % LANES == 0);
    for (int k = 0; k + 1 < n->nred; k++, inner++) open_loop(f, c_slot(f, n->rank + k), c_expr(f, n->r[k].lo), c_expr(f, n->r[k].hi));
    if (block && !inner) { out_f(o, "{\n"); o->indent++; }
    if (!add_row(r, row, rows)) return 0;
    close_loops(f, inner + (block && !inner));
    for (int k = 0; k < rows; k++) {
        const char *value = vectors_reduce(f, arena_printf(f->e->a, "s%d_", k), parts, n->red);
        if (n->post) {
            f->acc = arena_printf(f->e->a, "acc%d", k);
            out_f(o, "const float %s = %s;\n", f->acc, value);
            value = c_expr(f, at_vector(r, n->post, row, k, 0));
        }
        out_f(o, "%s[%s] = %s;\n", p, c_expr(f, at_vector(r, buffer_at(f, dst, f->at), row, k, 0)), c_store(f, dst->dtype, value));
    }
    return 1;
}

/* 0: there is no such form; what is written is taken back. */
static int vector_reduce(Row *r, const Buffer *dst, const char *p)
{
    enum { TOGETHER = 4 };
    FnC *f = r->f;
    Out *o = &f->body, had = *o;
    Node *n = r->n;
    uint32_t all = (1u << (n->rank + n->nred)) - 1, open = 0;
    int row = n->rank - 1, outer = 0, temps = f->ntemps, split = f->split, start = local_mark(f), ok;
    if (!f->e->target->width || LANES % f->e->target->width) return 0;
    while (row >= 0 && f->fixed >> row & 1) row--;
    if (row >= 0 && (node_bound(r->m, f->ep->entry, f->step->node, row) < TOGETHER || ex_uses_slot(r->lo, row) || ex_uses_slot(r->hi, row))) row = -1;
    for (int k = 0; k + 1 < n->nred; k++) if (row >= 0 && (ex_uses_slot(n->r[k].lo, row) || ex_uses_slot(n->r[k].hi, row))) row = -1;
    local_hoist(f, n->body, 0, all);
    for (int k = 0; k < n->rank; k++) {
        if (k == row) continue;
        outer += open_slot(f, k);
        open |= 1u << k;
        local_hoist(f, n->body, open, all);
    }
    if (row < 0) ok = reduce_rows(r, -1, 1, open, dst, p);
    else {
        const char *v = c_slot(f, row), *lo = "0", *hi = c_expr(f, n->ext[row]);
        int64_t size;
        if (f->split == SPLIT_wanted) {
            if (split_evenly(f, node_bound(r->m, f->ep->entry, f->step->node, row))) { split_bounds(f, hi, TOGETHER); lo = "begin"; hi = "past"; }
            else f->split = SPLIT_no;
        }
        int exact = ex_is_int(n->ext[row], &size) && size % TOGETHER == 0 && hi[0] != 'p';
        open |= 1u << row;
        out_f(o, "int32_t %s = %s;\nfor (; %s + %d <= %s; %s += %d) {\n", v, lo, v, TOGETHER, hi, v, TOGETHER);
        o->indent++;
        int mark = local_mark(f);
        ok = reduce_rows(r, row, TOGETHER, open, dst, p);
        local_forget(f, mark);
        if (ok) close_loops(f, 1);
        if (ok && !exact) {
            out_f(o, "for (; %s < %s; %s++) {\n", v, hi, v);
            o->indent++;
            ok = reduce_rows(r, row, 1, open, dst, p);
            if (ok) close_loops(f, 1);
        }
    }
    if (ok) { close_loops(f, outer); return 1; }
    local_forget(f, start);
    o->n = had.n;
    o->indent = had.indent;
    f->ntemps = temps;
    f->split = split;
    return 0;
}

int row_reduce_body(FnC *f, Node *n, const Buffer *dst, const char *p)
{
    Row r;
    int last = n->rank + n->nred - 1;
    if (n->kind != NODE_compute || n->nred < 1 || n->body->dtype != DT_f32 || n->empty) return 0;
    if (n->red != RED_sum && n->red != RED_max && n->red != RED_min) return 0;
    if (n->nconj || !walks_along(f, n->body, last)) return 0;
    row_init(&r, f, n, last, n->r[n->nred - 1].lo, n->r[n->nred - 1].hi);
    if (!is_long(&r)) return 0;
    if (vector_reduce(&r, dst, p)) return 1;
    Out *o = &f->body;
    uint32_t all = (1u << (n->rank + n->nred)) - 1, open = 0;
    int outer = 0, inner = 0;
    local_hoist(f, n->body, 0, all);
    for (int k = 0; k < n->rank; k++) {
        outer += open_slot(f, k);
        open |= 1u << k;
        local_hoist(f, n->body, open, all);
    }
    lanes_begin(f, "s", n->red);
    for (int k = 0; k + 1 < n->nred; k++, inner++) {
        open_loop(f, c_slot(f, n->rank + k), c_expr(f, n->r[k].lo), c_expr(f, n->r[k].hi));
        open |= 1u << (n->rank + k);
    }
    const char *decls, *v = lane_value(&r, n->body, &decls);
    const char *line[3] = {decls, arena_printf(f->e->a, "const float v = %s;", v), better(f, n->red, "s[l]", "v")};
    along_row(&r, line + !*decls, 3 - !*decls);
    close_loops(f, inner);
    const char *value = arena_printf(f->e->a, "%s(s)", lane_tree(f, n->red));
    if (n->post) {
        out_f(o, "const float acc = %s;\n", value);
        f->acc = "acc";
        value = c_expr(f, n->post);
    }
    out_f(o, "%s = %s;\n", element(f, dst, n, p, 1), c_store(f, dst->dtype, value));
    close_loops(f, outer);
    return 1;
}

typedef struct Beyond { const Row *r; int bad; } Beyond;
static void beyond_read(void *u, const Expr *e)
{
    Beyond *b = u;
    if ((e->op != EX_read && e->op != EX_read_or && e->op != EX_guard) || !ex_uses_slot(e, b->r->slot)) return;
    if (e->op != EX_read) { b->bad = 1; return; }
    for (int k = 0; k < e->n; k++)
        if (ex_uses_slot(e->arg[k], b->r->slot) && (e->arg[k] != ex_index(b->r->m, b->r->slot) || !lane_room(b->r->f, fn_buffer(b->r->f, e->u.node), e->u.node, k, LANES))) b->bad = 1;
}

/* May the row be walked up to the next multiple of LANES, its end being a condition? */
static int room_beyond(const Row *r, const Buffer *dst)
{
    Beyond b = {r, !lane_room(r->f, dst, r->f->step->node, r->slot, LANES)};
    ex_visit(r->n->body, beyond_read, &b);
    for (int k = 0; k < r->n->nconj; k++) if (r->n->conj[k]->traits & TRAIT_read) b.bad = 1;
    return !b.bad;
}

/* The bounds of the row of a softmax; gives the condition for places beyond its end, or "". */
static const char *softmax_range(Row *r, const Buffer *dst)
{
    FnC *f = r->f;
    Module *m = r->m;
    const StepClip *clip = &f->step->clip;
    int64_t size, whole = ex_is_int(r->hi, &size) && size % LANES == 0;
    const char *cond = "";
    if (clip->lo) {
        row_bounds(f, clip, LANES);
        r->lo = ex_sym(m, f->e->from);
        r->hi = ex_sym(m, f->e->to);
    }
    if (ex_is_int(r->hi, &size) || !room_beyond(r, dst)) return cond;
    if (!whole) cond = arena_printf(f->e->a, "%s < %s", c_expr(f, in_lane(r, ex_index(m, r->slot))), c_expr(f, r->n->ext[r->slot]));
    out_f(&f->body, "const int32_t end = (%s + %d) / %d * %d;\n", c_expr(f, r->hi), LANES - 1, LANES, LANES);
    r->hi = ex_sym(m, f->e->to);
    map_put(&f->temps, r->hi, (void *)(uintptr_t)"end");
    r->whole = 1;
    return cond;
}

/* ---- rows in blocks (plan/online.c) ---- */

/* The place of a value that is kept of the row at hand. */
static const char *row_place(Row *r, Node *x)
{
    FnC *f = r->f;
    Expr *subs[MAX_RANK];
    const Buffer *b = fn_buffer(f, x);
    for (int k = 0; k < x->rank; k++) subs[k] = k == r->slot ? ex_int(r->m, 0) : f->at[k];
    return arena_printf(f->e->a, "%s[%s]", fn_param_buf(f, b, x, 1), c_expr(f, buffer_at(f, b, subs)));
}

/* Declares top, which is taken from every score: the highest one, of this block and those before; 0 when there is none. */
static void highest(Row *r, const char *value)
{
    FnC *f = r->f;
    const Online *on = f->step->online;
    const char *x = f->e->prefix;
    if (!on) { out_f(&f->body, "const float high = %s, top = high > -%s_inf() ? high : 0.0f;\n", value, x); return; }
    const char *place = row_place(r, on->high);
    out_f(&f->body, "const float before = %s, block = %s, high = before > block ? before : block, top = high > -%s_inf() ? high : 0.0f;\n", place, value, x);
    out_f(&f->body, "%s = high;\n", place);
}

/* The total of the blocks so far, and what the sum so far is multiplied by. 0: the row is whole, nothing is written. */
static int online_total(Row *r, const char *value)
{
    FnC *f = r->f;
    const Online *on = f->step->online;
    if (!on) return 0;
    const char *total = row_place(r, on->total);
    out_f(&f->body, "const float rescaled = %s_exp(before - top);\n", f->e->prefix);
    out_f(&f->body, "%s = rescaled;\n", row_place(r, on->rescale));
    out_f(&f->body, "%s = %s * rescaled + %s;\n", total, total, value);
    c_need(f->e, "exp");
    return 1;
}

/* ---- softmax in the target's vectors ---- */

/* The part of the row that the conditions leave, as C texts of its bounds; 0: a condition says something else. */
static int softmax_bounds(Row *r, const char **first, const char **past)
{
    FnC *f = r->f;
    Module *m = r->m;
    Expr *lo = r->lo, *hi = r->hi;
    for (int j = 0; j < r->n->nconj; j++) {
        const Expr *c = r->n->conj[j];
        int64_t coef;
        Expr *rest;
        if ((c->op != EX_lt && c->op != EX_le) || c->arg[0]->dtype != DT_i32 || c->traits & TRAIT_guard) return 0;
        Expr *slack = ex_sub(m, c->arg[1], c->arg[0]);
        if (c->op == EX_lt) slack = ex_sub(m, slack, ex_int(m, 1));
        if (!affine_split(m, slack, r->slot, &coef, &rest) || ex_uses_slot(rest, r->slot) || (coef != 1 && coef != -1)) return 0;
        if (coef == 1) lo = ex_bin(m, EX_max, lo, ex_un(m, EX_neg, rest));
        else hi = ex_bin(m, EX_min, hi, ex_add(m, rest, ex_int(m, 1)));
    }
    *first = c_expr(f, lo);
    *past = c_expr(f, hi);
    return 1;
}

/* Where the values lie: a plain read of floats that walks with the row; NULL: they are computed. */
static const char *softmax_source(Row *r)
{
    FnC *f = r->f;
    int64_t k;
    Expr *rest;
    if (r->n->body->op != EX_read) return NULL;
    const Buffer *b = fn_buffer(f, r->n->body->u.node);
    Expr *at = buffer_at(f, b, r->n->body->arg);
    if (b->dtype != DT_f32 || !affine_split(r->m, at, r->slot, &k, &rest) || k != 1) return NULL;
    return arena_printf(f->e->a, "%s + (%s)", fn_param_buf(f, b, r->n->body->u.node, 0), c_expr(f, at));
}

/* What there is of a row: places before the first one that counts in its group of LANES, and a group that is not whole at the end. */
typedef struct Edges { int lead, tail; } Edges;

/* Writes text once for each of n vectors: # is its number, $ its first place. */
static void each_vector(Row *r, const char *text, int n)
{
    Out *o = &r->f->body;
    int w = r->f->e->target->width;
    for (int j = 0; j < n; j++) {
        Out line;
        out_init(&line, r->f->e->a);
        for (const char *t = text; *t; t++) {
            if (*t == '#') out_f(&line, "%d", j);
            else if (*t == '$') out_f(&line, j ? " + %d" : "", j * w);
            else out_n(&line, t, 1);
        }
        out_f(o, "%.*s\n", (int)line.n, line.at);
    }
}

/* A pass over the row: `whole` for groups of places that all count, `edge` for those at its ends. many: so many vectors at once
 * where there are as many, whose results do not wait for each other. */
static void vector_pass(Row *r, Edges edges, int many, const char *whole, const char *edge)
{
    Out *o = &r->f->body;
    int w = r->f->e->target->width, n = LANES / w;
    const char *v = c_slot(r->f, r->slot);
    out_f(o, "{\n");
    o->indent++;
    out_f(o, "int32_t %s = begun;\n", v);
    if (edges.lead) {
        out_f(o, "if (%s < first) {\n", v);
        o->indent++;
        each_vector(r, edge, n);
        out_f(o, "%s += %d;\n", v, LANES);
        close_loops(r->f, 1);
    }
    for (; many >= n; many = many > n ? n : 0) {
        out_f(o, "for (; %s + %d <= past; %s += %d) {\n", v, many * w, v, many * w);
        o->indent++;
        each_vector(r, whole, many);
        close_loops(r->f, 1);
    }
    if (edges.tail) {
        out_f(o, "if (%s < past) {\n", v);
        o->indent++;
        each_vector(r, edge, n);
        close_loops(r->f, 1);
    }
    close_loops(r->f, 1);
}

static void vectors_declare(Row *r, const char *name, int n, const char *value)
{
    const char *x = r->f->e->prefix;
    out_f(&r->f->body, "%s_v %s0 = %s", x, name, value);
    for (int j = 1; j < n; j++) out_f(&r->f->body, ", %s%d = %s0", name, j, name);
    out_f(&r->f->body, ";\n");
}

/* first .. past and where the first group begins; what lies outside is 0. */
static Edges softmax_edges(Row *r, const char *first, const char *past, const char *from, const char *to, const char *zero)
{
    Out *o = &r->f->body;
    const char *v = c_slot(r->f, r->slot);
    Edges edges = {strcmp(first, from) && strcmp(first, "0"), 1};
    int64_t size;
    if (!r->n->nconj) {
        edges.tail = !ex_is_int(r->n->ext[r->slot], &size) || size % LANES;
        out_f(o, "const int32_t begun = 0, past = %s;\n", to);
        return edges;
    }
    out_f(o, "const int32_t first_ = %s, past_ = %s, first = first_ > %s ? first_ : %s, past = past_ < %s ? past_ : %s;\n", first, past, from, from, to, to);
    if (edges.lead) out_f(o, "const int32_t begun = past > first ? %s + (first - %s) / %d * %d : past > %s ? past : %s;\n", from, from, LANES, LANES, from, from);
    else out_f(o, "const int32_t begun = first;\n");
    if (edges.lead) out_f(o, "for (int32_t %s = %s; %s < begun; %s++) %s\n", v, from, v, v, zero);
    out_f(o, "for (int32_t %s = past > begun ? past : begun; %s < %s; %s++) %s\n", v, v, to, v, zero);
    return edges;
}

static const char *power(const CEmit *e, const char *value) { return arena_printf(e->a, "%s_v_exp_low(%s_v_sub(%s, high_))", e->prefix, e->prefix, value); }

enum { MAXIMA = 4 };                      /* vectors of maxima */
/* Three passes: maximum; exponentials and their sum; scale. */
static int vector_softmax_row(Row *r, const char *src, const char *p, const Buffer *dst, const char *first, const char *past, const char *from, const char *to)
{
    FnC *f = r->f;
    CEmit *e = f->e;
    Arena *a = e->a;
    const char *x = e->prefix, *v = c_slot(f, r->slot), *place = c_expr(f, buffer_at(f, dst, f->at));
    const char *at = arena_printf(a, "%s + (%s)$", p, place), *left = arena_printf(a, "past - %s - (0$)", v);
    Edges edges = softmax_edges(r, first, past, from, to, arena_printf(a, "%s[%s] = 0.0f;", p, place));
    int64_t size;
    if (!src) {                                              /* computed values first lie in the result */
        int known = !r->n->nconj && ex_is_int(r->n->ext[r->slot], &size);
        if (!vector_run(f, r->slot, r->n->nconj ? "first" : "0", "past", known ? size : -1, dst, p, buffer_at(f, dst, f->at), r->n->body)) return 0;
        src = arena_printf(a, "%s + (%s)", p, place);
    }
    const char *inside = arena_printf(a, "%s_vm_first(%s)", x, left), *load = arena_printf(a, "%s_v_load(%s$)", x, src);
    const char *load_first = arena_printf(a, "%s_v_load_first(%s$, %s)", x, src, left), *none = arena_printf(a, "%s_v_set1(-%s_inf())", x, x);
    if (edges.lead) inside = arena_printf(a, "%s_vm_and(%s, %s_vm_not(%s_vm_first(first - %s - (0$))))", x, inside, x, x, v);
    const int n = LANES / e->target->width;
    vectors_declare(r, "m", MAXIMA, none);
    vector_pass(r, edges, MAXIMA, arena_printf(a, "m# = %s_v_max(%s, m#);", x, load), arena_printf(a, "m# = %s_v_max(%s_v_select(%s, %s, %s), m#);", x, x, inside, load_first, none));
    highest(r, vectors_reduce(f, "m", MAXIMA, RED_max));
    out_f(&f->body, "const %s_v high_ = %s_v_set1(top);\n", x, x);
    vectors_declare(r, "s", n, arena_printf(a, "%s_v_zero()", x));
    vector_pass(r, edges, n, arena_printf(a, "const %s_v w# = %s; %s_v_store(%s, w#); s# = %s_v_add(s#, w#);", x, power(e, load), x, at, x),
        arena_printf(a, "const %s_v w# = %s_v_select(%s, %s, %s_v_zero()); %s_v_store_first(%s, %s, w#); s# = %s_v_add(s#, w#);", x, x, inside, power(e, load_first), x, x, at, left, x));
    const char *sum = vectors_reduce(f, "s", n, RED_sum);
    if (online_total(r, sum)) return 1;
    out_f(&f->body, "const float sum = %s, scale = sum == 0.0f ? 0.0f : 1.0f / sum;\nconst %s_v scale_ = %s_v_set1(scale);\n", sum, x, x);
    vector_pass(r, edges, n, arena_printf(a, "%s_v_store(%s, %s_v_mul(%s_v_load(%s), scale_));", x, at, x, x, at),
        arena_printf(a, "%s_v_store_first(%s, %s, %s_v_mul(%s_v_load_first(%s, %s), scale_));", x, at, left, x, x, at, left));
    return 1;
}

/* Only places that the conditions leave are computed, the others are 0. 0: this row has no such form, nothing is written. */
static int vector_softmax(Row *r, const Buffer *dst, const char *p)
{
    FnC *f = r->f;
    CEmit *e = f->e;
    Out *o = &f->body;
    const char *first, *past, *from, *to;
    if (!e->target->width || LANES % e->target->width) return 0;
    size_t before = o->n;
    int indent = o->indent, split = f->split;
    if (r->n->nconj && f->step->clip.lo) {
        row_bounds(f, &f->step->clip, LANES);
        from = "from"; to = "to";
    } else { from = c_expr(f, r->lo); to = c_expr(f, r->n->ext[r->slot]); }
    int outer = 0, ok, temps = f->ntemps;
    for (int j = 0; j < r->n->rank; j++) if (j != r->slot) outer += open_slot(f, j);
    ok = softmax_bounds(r, &first, &past) && vector_softmax_row(r, softmax_source(r), p, dst, first, past, from, to);
    if (!ok) { o->n = before; o->indent = indent; f->ntemps = temps; f->split = split; return 0; }
    if (!vector_need(e, "exp_low")) bug("no vector exp");
    c_need(e, "inf");
    close_loops(f, outer);
    return 1;
}

/* exp(-inf) is 0, so masked places and empty rows need no other test than that of an infinite maximum. */
int row_softmax_body(FnC *f, Node *n, const Buffer *dst, const char *p)
{
    Row r;
    int slot = 0;
    int64_t k;
    Expr *rest;
    CEmit *e = f->e;
    while (slot < n->rank && !(n->row_axes >> slot & 1)) slot++;
    if (n->row_axes != 1u << slot || dst->dtype != DT_f32) return 0;
    if (!affine_split(e->plan->module, buffer_at(f, dst, f->at), slot, &k, &rest) || k != 1) return 0;
    if (!walks_along(f, n->body, slot)) return 0;
    row_init(&r, f, n, slot, ex_int(e->plan->module, 0), n->ext[slot]);
    if (!is_long(&r)) return 0;
    if (vector_softmax(&r, dst, p)) return 1;
    Out *o = &f->body;
    int outer = 0;
    const char *cond = softmax_range(&r, dst);
    for (int j = 0; j < n->rank; j++) if (j != slot) outer += open_slot(f, j);
    c_need(e, "exp"); c_need(e, "inf");
    const char *at = arena_printf(e->a, "%s[%s]", p, c_place(f, in_lane(&r, buffer_at(f, dst, f->at)))), *decls, *v = lane_value(&r, n->body, &decls);
    for (int j = 0; j < n->nconj; j++) cond = arena_printf(e->a, "%s%s%s", cond, *cond ? " && " : "", c_expr(f, in_lane(&r, n->conj[j])));
    if (*cond) v = arena_printf(e->a, "(%s) ? %s : -%s_inf()", cond, v, e->prefix);
    lanes_begin(f, "m", RED_max);
    const char *top[4] = {decls, arena_printf(e->a, "const float v = %s;", v), arena_printf(e->a, "%s = v;", at), better(f, RED_max, "m[l]", "v")};
    int in_place = !strcmp(v, at);                           /* nothing to store yet */
    if (in_place) top[2] = top[3];
    along_row(&r, top + !*decls, 4 - in_place - !*decls);
    highest(&r, arena_printf(e->a, "%s(m)", lane_tree(f, RED_max)));
    lanes_begin(f, "s", RED_sum);
    const char *one = arena_printf(e->a, "%s[%s]", p, c_expr(f, buffer_at(f, dst, f->at)));
    each_element(&r, arena_printf(e->a, "%s = %s_exp(%s - top);", one, e->prefix, one));
    const char *add[1] = {arena_printf(e->a, "s[l] += %s;", at)};
    along_row(&r, add, 1);
    if (online_total(&r, arena_printf(e->a, "%s(s)", lane_tree(f, RED_sum)))) { close_loops(f, outer); return 1; }
    out_f(o, "const float sum = %s(s), scale = sum == 0.0f ? 0.0f : 1.0f / sum;\n", lane_tree(f, RED_sum));
    each_element(&r, arena_printf(e->a, "%s *= scale;", one));
    close_loops(f, outer);
    return 1;
}
