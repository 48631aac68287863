/* build_control.c - control flow. for is unrolled; scan, repeat and while become loop regions, if and match regions
 * with two branches. What a region changes (names outside of it, states, collected tensors) is found by elaborating it
 * on trial into a block that is thrown away; it is then carried through the loop or returned by the branches.
 * A condition that depends on a loop index cannot branch: both sides are computed and chosen between element by element. */
#include <string.h>
#include "frontends/tfx/build.h"

typedef struct Body { void (*run)(Build *b, const struct Body *body); const Ast *ast; int at; Val value; } Body;

typedef struct Changes { VEC(Binding *) names; VEC(State *) states; } Changes;

/* ---- values through regions ---- */

/* A node with one axis for every slot around and then v's own dimensions. */
static Node *carry_node(Build *b, const Val *v, const char *name, DType t, int force)
{
    Expr *by[MAX_SLOTS] = {0}, *ext[MAX_RANK];
    if (!b->depth) return val_to_node(b, *v, name, t, force);
    if (b->depth + v->rank > MAX_RANK) {
        tfx_error(b, v->span, "too-many-dims", "more than %d dimensions", MAX_RANK);
        return NULL;
    }
    for (int i = 0; i < b->depth; i++) {
        const Slot *s = &b->slot[i];
        if (!s->ext) {
            tfx_error(b, s->at, "index-unbound", "nothing says how far '%s' runs; write its range: %s in 0 .. N", s->name, s->name);
            return NULL;
        }
        ext[i] = s->ext;
        by[i] = ex_index(b->m, i);
        if (s->off) by[i] = ex_add(b->m, by[i], s->off);
    }
    Expr *body = val_own(b, v);
    for (int i = 0; i < v->rank; i++) {
        ext[b->depth + i] = v->ext[i];
        by[b->depth + i] = ex_index(b->m, b->depth + i);
    }
    Node *n = node_new(b->m, b->block, NODE_compute, t, b->depth + v->rank, ext, name, v->span);
    n->body = ex_subst_slots(b->m, body, by, MAX_SLOTS);
    node_prove(b, n);
    return n;
}

static Val carry_val(Build *b, Node *n, Span at)
{
    Val v = {.kind = VAL_num, .span = at, .rank = n->rank - b->depth, .depth = b->depth};
    Expr *sub[MAX_RANK];
    for (int i = 0; i < n->rank; i++) {
        sub[i] = ex_index(b->m, i);
        if (i < b->depth && b->slot[i].off) sub[i] = ex_sub(b->m, sub[i], b->slot[i].off);
        if (i >= b->depth) v.ext[i - b->depth] = n->ext[i];
    }
    v.e = ex_read(b->m, n, sub);
    return v;
}

/* ---- trials ---- */

static int is_outer(const Scope *s, const Scope *from)
{
    for (; from; from = from->parent)
        if (s == from) return 1;
    return 0;
}

static int add_name(Build *b, Changes *c, Binding *f)
{
    for (int i = 0; i < c->names.n; i++)
        if (c->names.at[i] == f) return 0;
    vec_push(b->a, &c->names, f);
    return 1;
}

static int add_state(Build *b, Changes *c, State *s)
{
    for (int i = 0; i < c->states.n; i++)
        if (c->states.at[i] == s) return 0;
    vec_push(b->a, &c->states, s);
    return 1;
}

typedef struct Mark { int journal, taps, checks, facts, syms; Block *block; int ncond, depth; Scope *scope; } Mark;

static Mark mark(Build *b)
{
    return (Mark){b->journal.n, b->entry->taps.n, b->entry->checks.n, b->entry->facts.n, b->m->syms.n, b->block, b->ncond, b->depth, b->scope};
}

static void roll_back(Build *b, int to)
{
    for (int i = b->journal.n - 1; i >= to; i--) {
        Change *c = &b->journal.at[i];
        if (c->b) c->b->val = c->old;
        else map_put(&b->states, c->s, c->old_node);
    }
    b->journal.n = to;
}

/* What changed since the mark that exists outside of the region; 1 when something is new in c. */
static int collect_changes(Build *b, const Mark *m, Changes *c)
{
    int fresh = 0;
    for (int i = m->journal; i < b->journal.n; i++) {
        const Change *x = &b->journal.at[i];
        if (x->s) fresh |= add_state(b, c, x->s);
        else if (is_outer(x->b->scope, m->scope)) fresh |= add_name(b, c, x->b);
    }
    return fresh;
}

static void opaque(Build *b, Block *in, Changes *c)
{
    Block *keep = b->block;
    for (int i = 0; i < c->names.n; i++) {
        Val *v = &c->names.at[i]->val;
        if (v->kind != VAL_num) continue;
        Expr *ext[MAX_RANK];
        int ok = b->depth + v->rank <= MAX_RANK;
        for (int k = 0; k < b->depth && ok; k++) ok = (ext[k] = b->slot[k].ext) != NULL;
        if (!ok) continue;
        for (int k = 0; k < v->rank; k++) ext[b->depth + k] = v->ext[k];
        b->block = in;
        Node *n = node_new(b->m, NULL, NODE_arg, class_dtype(val_class(v)), b->depth + v->rank, ext, NULL, v->span);
        n->block = in;
        scope_set(b, c->names.at[i], carry_val(b, n, v->span));
    }
    b->block = keep;
}

/* Elaborates into a block that is dropped, and puts everything back. 0: errors were found. */
static int on_trial(Build *b, const Body *body, Changes *c, int *fresh)
{
    Mark m = mark(b);
    int errors = tfx_errors(b);
    b->recording++;
    b->trial++;
    b->frame->in_region++;
    b->block = block_new(b->m, b->block);
    opaque(b, b->block, c);
    int after = b->journal.n;
    scope_push(b);
    body->run(b, body);
    b->scope = m.scope;
    Mark from = m;
    from.journal = after;
    *fresh = collect_changes(b, &from, c);
    roll_back(b, m.journal);
    b->entry->taps.n = m.taps;
    b->entry->checks.n = m.checks;
    b->entry->facts.n = m.facts;
    b->m->syms.n = m.syms;
    b->block = m.block;
    b->ncond = m.ncond;
    b->depth = m.depth;
    b->recording--;
    b->trial--;
    b->frame->in_region--;
    return tfx_errors(b) == errors;
}

/* Names that the text of a region assigns to: they are not what they were from the first trial on. */
static void assigned_names(Build *b, const Ast *a, Changes *c)
{
    if (!a) return;
    if (a->kind == AST_assign || a->kind == AST_addassign) {
        const Ast *t = a->kid[0];
        while (t->kind == AST_index) t = t->kid[0];
        Binding *f = t->kind == AST_ident ? scope_find(b, t->name) : NULL;
        if (f && f->kind == BIND_val && f->val.kind == VAL_num && !f->is_dim) add_name(b, c, f);
    }
    for (int i = 0; i < a->n; i++) assigned_names(b, a->kid[i], c);
}

static int find_changes(Build *b, const Body *body, Changes *c)
{
    int fresh = 1;
    for (int round = 0; fresh && round < 8; round++)
        if (!on_trial(b, body, c, &fresh)) return 0;
    return 1;
}

/* ---- loops ---- */

typedef struct Loop { Span at; Expr *trip; int64_t most; const Ast *cond; const char *name; } Loop;

typedef struct Carried { Changes c; int n; Node **init, **arg; } Carried;

static int same_carried(Build *b, const Node *init, const Node *next, const char *name, Span at)
{
    int ok = init->rank == next->rank && dtype_class(init->dtype) == dtype_class(next->dtype);
    for (int i = 0; ok && i < init->rank; i++) ok = ext_same(b, init->ext[i], next->ext[i]);
    if (ok) return 1;
    Val x = val_node(b, (Node *)(uintptr_t)init, at), y = val_node(b, (Node *)(uintptr_t)next, at);
    tfx_error(b, at, "carried-type", "'%s' goes into the loop as %s and comes out of an iteration as %s", name, val_text(b, &x), val_text(b, &y));
    return 0;
}

static int carry_in(Build *b, Carried *k, Block *lb)
{
    int names = k->c.names.n, n = names + k->c.states.n;
    k->n = n;
    k->init = NEWN(b->a, Node *, n + 1);
    k->arg = NEWN(b->a, Node *, n + 1);
    for (int i = 0; i < n; i++) {
        Binding *f = i < names ? k->c.names.at[i] : NULL;
        State *s = f ? NULL : k->c.states.at[i - names];
        DType t = s ? s->dtype : f->val.e->op == EX_read ? f->val.e->u.node->dtype : class_dtype(val_class(&f->val));
        k->init[i] = s ? state_node(b, s) : carry_node(b, &f->val, f->name, t, 0);
        if (!k->init[i]) return 0;
        Node *x = k->init[i], *arg = node_new(b->m, NULL, NODE_arg, x->dtype, x->rank, x->ext, s ? s->name : f->name, x->span);
        arg->block = lb;
        arg->k = i;
        if (s && dtype_class(s->dtype) == CLS_I) arg->lo = s->lo, arg->hi = s->hi;
        vec_push(b->a, &lb->args, arg);
        k->arg[i] = arg;
    }
    for (int i = 0; i < n; i++) {
        if (i < names) scope_set(b, k->c.names.at[i], carry_val(b, k->arg[i], k->arg[i]->span));
        else state_set(b, k->c.states.at[i - names], k->arg[i]);
    }
    return 1;
}

static int carry_out(Build *b, Carried *k, Block *lb, Span at)
{
    int names = k->c.names.n;
    for (int i = 0; i < k->n; i++) {
        Node *next;
        if (i < names && k->c.names.at[i]->val.kind == VAL_num && val_class(&k->c.names.at[i]->val) != dtype_class(k->init[i]->dtype)) {
            Val init = val_node(b, k->init[i], at);
            tfx_error(b, at, "carried-type", "'%s' goes into the loop as %s and comes out of an iteration as %s", k->c.names.at[i]->name, val_text(b, &init), val_text(b, &k->c.names.at[i]->val));
            return 0;
        }
        if (i < names) next = k->c.names.at[i]->val.kind == VAL_num ? carry_node(b, &k->c.names.at[i]->val, k->arg[i]->name, k->init[i]->dtype, 0) : NULL;
        else next = map_get(&b->states, k->c.states.at[i - names]);
        if (!next || !same_carried(b, k->init[i], next, k->arg[i]->name ? k->arg[i]->name : "?", at)) return 0;
        vec_push(b->a, &lb->results, next);
    }
    return 1;
}

static void results_of(Build *b, Carried *k, Node *n)
{
    int names = k->c.names.n;
    for (int i = 0; i < k->n; i++) {
        Node *r = node_new(b->m, b->block, NODE_result, k->init[i]->dtype, k->init[i]->rank, k->init[i]->ext, k->arg[i]->name, n->span);
        r->k = i;
        r->lo = k->arg[i]->lo;
        r->hi = k->arg[i]->hi;
        node_add_in(b->m, r, n);
        if (i < names) scope_set(b, k->c.names.at[i], carry_val(b, r, n->span));
        else state_set(b, k->c.states.at[i - names], r);
    }
}

static Sym *loop_var(Build *b, const Loop *l)
{
    RangeCtx rc;
    int64_t lo, hi;
    range_ctx(&rc, b->m, b->entry, NULL);
    range_of(&rc, l->trip, &lo, &hi);
    Sym *s = sym_new(b->m, l->name, SYM_loop, 0, hi < 1 ? 0 : hi > INT32_MAX ? INT32_MAX : hi - 1, l->at);
    s->trip = l->trip;
    return s;
}

/* Elaborates the body for good and makes the loop. var is made by the caller, who has bound it to a name. */
static void make_loop(Build *b, const Loop *l, Sym *var, const Body *body, Carried *k)
{
    Block *outer = b->block, *lb = block_new(b->m, outer);
    Scope *scope = b->scope;
    Node *go_on = NULL;
    int ncond = b->ncond;
    b->ncond = 0;
    if (!carry_in(b, k, lb)) return;
    b->block = lb;
    b->frame->in_region++;
    scope_push(b);
    body->run(b, body);
    if (l->cond && tfx_errors(b) == 0) {
        Val c = tfx_number(b, l->cond, "the condition of while");
        if (c.kind == VAL_num && c.e->dtype == DT_bool && !ex_slots(c.e)) go_on = val_to_node(b, c, NULL, DT_bool, 1);
    }
    b->scope = scope;
    b->frame->in_region--;
    if (go_on) vec_push(b->a, &lb->results, go_on);
    int ok = tfx_errors(b) == 0 && carry_out(b, k, lb, l->at);
    b->block = outer;
    b->ncond = ncond;
    if (!ok) return;
    Node *n = node_new(b->m, outer, NODE_loop, DT_f32, 0, NULL, NULL, l->at);
    n->trip = l->trip;
    n->var = var;
    n->then = lb;
    lb->owner = n;
    n->has_exit = go_on != NULL;
    n->nres = k->n;
    for (int i = 0; i < k->n; i++) node_add_in(b->m, n, k->init[i]);
    results_of(b, k, n);
}

/* A count of iterations as an expression over sizes and single integer nodes. */
static Expr *trip_count(Build *b, Expr *e, Span at)
{
    if (ex_slots(e)) {
        tfx_error(b, at, "control-in-index", "the number of iterations may not depend on an index");
        return NULL;
    }
    Val v = val_scalar(b, ex_bin(b->m, EX_max, e, ex_int(b->m, 0)), at);
    RangeCtx rc;
    range_ctx(&rc, b->m, b->entry, NULL);
    if (range_proves(&rc, ex_bin(b->m, EX_le, ex_int(b->m, 0), e)) == 1) v.e = e;
    int64_t lit;
    if (ex_is_int(v.e, &lit) || !(v.e->traits & TRAIT_read)) return v.e;
    return ex_read(b->m, val_to_node(b, v, NULL, DT_i32, 1), NULL);
}

static void run_body(Build *b, const Body *body)
{
    if (body->ast->kind == AST_if) tfx_stmt(b, body->ast);
    else tfx_body(b, body->ast);
}

void tfx_repeat(Build *b, const Ast *a)
{
    Val n = tfx_number(b, a->kid[0], "the number of repetitions");
    if (n.kind == VAL_bad) return;
    if (n.e->dtype != DT_i32) {
        tfx_error(b, a->kid[0]->span, "type-mismatch", "the number of repetitions must be an integer");
        return;
    }
    Loop l = {.at = a->span, .name = intern(b->ctx->strings, "n")};
    Body body = {.run = run_body, .ast = a->kid[1]};
    Carried k = {.n = 0};
    if (!(l.trip = trip_count(b, n.e, a->span))) return;
    assigned_names(b, a->kid[1], &k.c);
    if (!find_changes(b, &body, &k.c)) return;
    make_loop(b, &l, loop_var(b, &l), &body, &k);
}

void tfx_while(Build *b, const Ast *a)
{
    Val c = tfx_number(b, a->kid[0], "the condition of while"), most = tfx_number(b, a->kid[1], "the bound after 'most'");
    if (c.kind == VAL_bad || most.kind == VAL_bad) return;
    if (c.e->dtype != DT_bool || most.e->dtype != DT_i32) {
        tfx_error(b, a->span, "type-mismatch", "while wants a truth value, and an integer after 'most'");
        return;
    }
    if (ex_slots(c.e)) {
        tfx_error(b, a->span, "control-in-index", "the condition of while may not depend on an index");
        return;
    }
    Loop l = {.at = a->span, .name = intern(b->ctx->strings, "n"), .cond = a->kid[0]};
    Body body = {.run = run_body, .ast = a->kid[2]};
    Carried k = {.n = 0};
    assigned_names(b, a->kid[2], &k.c);
    if (!find_changes(b, &body, &k.c)) return;
    Val first = val_scalar(b, ex_select(b->m, c.e, most.e, ex_int(b->m, 0)), a->span);
    if (!(l.trip = trip_count(b, first.e, a->span))) return;
    make_loop(b, &l, loop_var(b, &l), &body, &k);
}

/* ---- scan ---- */

static void bind_carries(Build *b, const Ast *body)
{
    for (int i = 0; i < body->n; i++) {
        const Ast *c = body->kid[i];
        Expr *ext[MAX_RANK];
        if (c->kind != AST_carry) continue;
        Val v = tfx_expr(b, c->kid[c->n - 1]);
        if (v.kind == VAL_list) v = val_of_list(b, &v);
        if (v.kind == VAL_bad || !val_is_num(b, &v, "the first value")) {
            scope_bind(b, c->name, tfx_bad(c->span), c->span);
            continue;
        }
        int ok = 1;
        for (int k = 0; k + 1 < c->n && k < MAX_RANK; k++) {
            Val d = tfx_number(b, c->kid[k], "a size");
            ok &= d.kind == VAL_num && d.e->dtype == DT_i32;
            ext[k] = d.e;
        }
        if (c->n > 1 && ok && !v.rank) v = tfx_fill(b, &v, c->n - 1, ext);
        if (c->n > 1 && ok && v.rank != c->n - 1) tfx_error(b, c->span, "rank-mismatch", "'%s' has %d sizes, its first value is %s", c->name, c->n - 1, val_text(b, &v));
        v.span = c->span;
        scope_bind(b, c->name, val_named(b, v, c->name), c->span);
    }
}

/* Tensors collected over the scan: contents unspecified until written. */
static int make_collected(Build *b, ScanCtx *s, Scope *outside, Changes *c)
{
    int fresh = 0;
    for (int i = 0; i < s->collected.n; i++) {
        Collected *y = &s->collected.at[i];
        if (y->bound) continue;
        Expr *ext[MAX_RANK];
        if (b->depth + y->rank > MAX_RANK) {
            tfx_error(b, y->span, "too-many-dims", "more than %d dimensions", MAX_RANK);
            return -1;
        }
        for (int k = 0; k < b->depth; k++)
            if (!(ext[k] = b->slot[k].ext)) return -1;
        for (int k = 0; k < y->rank; k++) ext[b->depth + k] = y->ext[k];
        Node *n = node_new(b->m, b->block, NODE_undef, y->dtype, b->depth + y->rank, ext, y->name, y->span);
        y->bound = scope_add(b, outside, BIND_val, y->name, y->span);
        y->bound->val = carry_val(b, n, y->span);
        add_name(b, c, y->bound);
        fresh = 1;
    }
    return fresh;
}

/* After an error in the body: what it would have collected is not unknown, it is spoilt. */
static void spoil_collected(Build *b, const Ast *a)
{
    const Ast *body = a->kid[2];
    for (int i = 0; i < body->n; i++) {
        const Ast *lhs = body->kid[i]->kind == AST_let ? body->kid[i]->kid[0] : NULL;
        for (int k = 0; lhs && k < lhs->n; k++)
            if (lhs->kind == AST_lhs && lhs->kid[k]->name == a->name) scope_bind(b, lhs->name, tfx_bad(lhs->span), lhs->span);
    }
}

void tfx_scan_loop(Build *b, const Ast *a)
{
    Val lo = tfx_number(b, a->kid[0], "the start of a range"), hi = tfx_number(b, a->kid[1], "the end of a range");
    if (lo.kind == VAL_bad || hi.kind == VAL_bad) return;
    if (lo.e->dtype != DT_i32 || hi.e->dtype != DT_i32) {
        tfx_error(b, a->span, "type-mismatch", "the range of scan must be integers");
        return;
    }
    Scope *outside = b->scope;
    ScanCtx scan = {.up = b->scan, .name = a->name, .hi = hi.e};
    Loop l = {.at = a->span, .name = a->name};
    Body body = {.run = run_body, .ast = a->kid[2]};
    Carried k = {.n = 0};
    int fresh = 1;
    l.trip = trip_count(b, ex_sub(b->m, hi.e, lo.e), a->span);
    if (!l.trip) return;
    scope_push(b);
    bind_carries(b, a->kid[2]);
    scope_push(b);
    Sym *var = loop_var(b, &l);
    scan.var = scope_bind(b, a->name, val_scalar(b, ex_add(b->m, lo.e, ex_sym(b->m, var)), a->span), a->span);
    scan.var->is_dim = 1;
    b->scan = &scan;
    assigned_names(b, a->kid[2], &k.c);
    for (int round = 0; fresh > 0 && round < 8; round++) {
        if (!find_changes(b, &body, &k.c)) fresh = -1;
        else fresh = make_collected(b, &scan, outside, &k.c);
    }
    if (fresh == 0) make_loop(b, &l, var, &body, &k);
    b->scan = scan.up;
    b->scope = outside;
    if (fresh < 0) spoil_collected(b, a);
}

/* ---- if ---- */

static void no_body(Build *b, const Body *body) { (void)b; (void)body; }

/* What either side changes, learned on trial. 0: errors were found. */
static int changes_of(Build *b, const Body *side[2], Changes *c)
{
    int fresh;
    for (int s = 0; s < 2; s++) {
        Changes one = {0};
        if (!on_trial(b, side[s], &one, &fresh)) return 0;
        for (int i = 0; i < one.names.n; i++) add_name(b, c, one.names.at[i]);
        for (int i = 0; i < one.states.n; i++) add_state(b, c, one.states.at[i]);
    }
    return 1;
}

/* Branches as values: both are computed; names that differ afterwards are chosen between. */
static void choose(Build *b, const Val *cond, const Body *side[2], Span at)
{
    Changes c = {0};
    Val *got[2];
    if (!changes_of(b, side, &c)) return;
    if (c.states.n) {
        tfx_error(b, at, "state-in-index", "a state may not be written under a condition that depends on an index");
        return;
    }
    for (int s = 0; s < 2; s++) {
        Mark m = mark(b);
        b->recording++;
        scope_push(b);
        if (b->ncond < 60) b->cond[b->ncond++] = s ? ex_un(b->m, EX_not, cond->e) : cond->e;
        side[s]->run(b, side[s]);
        b->ncond = m.ncond;
        b->scope = m.scope;
        got[s] = NEWN(b->a, Val, c.names.n + 1);
        for (int i = 0; i < c.names.n; i++) got[s][i] = c.names.at[i]->val;
        roll_back(b, m.journal);
        b->recording--;
    }
    for (int i = 0; i < c.names.n; i++) {
        Val x[3] = {*cond, got[0][i], got[1][i]};
        Val r = tfx_map(b, EX_select, x, 3, at);
        if (r.kind != VAL_bad) scope_set(b, c.names.at[i], val_named(b, r, c.names.at[i]->name));
    }
}

static int branch(Build *b, const Body *side, const Changes *c, Block *into, Node **out)
{
    Mark m = mark(b);
    b->recording++;
    b->frame->in_region++;
    b->block = into;
    scope_push(b);
    side->run(b, side);
    b->scope = m.scope;
    int names = c->names.n, ok = tfx_errors(b) == 0;
    for (int i = 0; ok && i < names + c->states.n; i++) {
        Binding *f = i < names ? c->names.at[i] : NULL;
        if (f && f->val.kind != VAL_num) ok = 0;
        else if (f) out[i] = carry_node(b, &f->val, f->name, class_dtype(val_class(&f->val)), 0);
        else out[i] = state_node(b, c->states.at[i - names]);
        if (ok && !out[i]) ok = 0;
        if (ok) vec_push(b->a, &into->results, out[i]);
    }
    roll_back(b, m.journal);
    b->block = m.block;
    b->recording--;
    b->frame->in_region--;
    return ok;
}

static void if_region(Build *b, const Val *cond, const Body *side[2], Span at)
{
    Changes c = {0};
    if (!changes_of(b, side, &c)) return;
    int n = c.names.n + c.states.n;
    if (!n) return;
    Node **out[2] = {NEWN(b->a, Node *, n), NEWN(b->a, Node *, n)};
    Node *test = val_to_node(b, *cond, NULL, DT_bool, 0);
    for (int i = 0; i < c.states.n; i++) (void)state_node(b, c.states.at[i]);
    Block *block[2] = {block_new(b->m, b->block), block_new(b->m, b->block)};
    for (int s = 0; s < 2; s++)
        if (!branch(b, side[s], &c, block[s], out[s])) return;
    for (int i = 0; i < n; i++) {
        const char *name = i < c.names.n ? c.names.at[i]->name : c.states.at[i - c.names.n]->name;
        int ok = out[0][i]->rank == out[1][i]->rank && dtype_class(out[0][i]->dtype) == dtype_class(out[1][i]->dtype);
        for (int k = 0; ok && k < out[0][i]->rank; k++) ok = ext_same(b, out[0][i]->ext[k], out[1][i]->ext[k]);
        if (ok) continue;
        Val x = val_node(b, out[0][i], at), y = val_node(b, out[1][i], at);
        tfx_error(b, at, "carried-type", "'%s' is %s in one branch and %s in the other", name, val_text(b, &x), val_text(b, &y));
        return;
    }
    Node *node = node_new(b->m, b->block, NODE_if, DT_f32, 0, NULL, NULL, at);
    node->cond = ex_read(b->m, test, NULL);
    node->then = block[0];
    node->other = block[1];
    block[0]->owner = block[1]->owner = node;
    node->nres = n;
    for (int i = 0; i < n; i++) {
        Node *x = out[0][i], *y = out[1][i];
        Node *r = node_new(b->m, b->block, NODE_result, x->dtype, x->rank, x->ext, x->name, at);
        r->k = i;
        r->lo = x->lo < y->lo ? x->lo : y->lo;
        r->hi = x->hi > y->hi ? x->hi : y->hi;
        node_add_in(b->m, r, node);
        if (i < c.names.n) scope_set(b, c.names.at[i], carry_val(b, r, at));
        else state_set(b, c.states.at[i - c.names.n], r);
    }
}

static void branch_on(Build *b, Val cond, const Body *yes, const Body *no, Span at)
{
    double k;
    const Body *side[2] = {yes, no};
    if (cond.kind == VAL_bad || !val_is_num(b, &cond, "the condition")) return;
    if (cond.rank || (cond.e->dtype != DT_bool && !ex_is_lit(cond.e, &k))) {
        tfx_error(b, at, "type-mismatch", "a condition must be a single truth value, this is %s", val_text(b, &cond));
        return;
    }
    if (ex_is_lit(cond.e, &k)) {
        side[k == 0]->run(b, side[k == 0]);
        return;
    }
    if (ex_slots(cond.e)) choose(b, &cond, side, at);
    else if_region(b, &cond, side, at);
}

void tfx_if(Build *b, const Ast *a)
{
    Body yes = {.run = run_body, .ast = a->kid[1]}, no = {.run = a->kid[2] ? run_body : no_body, .ast = a->kid[2]};
    Val c = tfx_expr(b, a->kid[0]);
    if (c.kind != VAL_bad) branch_on(b, c, &yes, &no, a->span);
}

/* ---- match: a chain of ifs ---- */

static void run_cases(Build *b, const Body *m)
{
    const Ast *a = m->ast;
    if (m->at >= a->n) return;
    const Ast *c = a->kid[m->at];
    Body rest = *m, own = {.run = run_body, .ast = c->kid[1]};
    rest.at++;
    if (!c->kid[0]) {
        if (m->at + 1 < a->n) tfx_error(b, c->span, "unreachable-case", "cases after 'else' are never reached");
        tfx_body(b, c->kid[1]);
        return;
    }
    Val v = tfx_expr(b, c->kid[0]);
    if (v.kind == VAL_bad) return;
    branch_on(b, tfx_binary(b, EX_eq, m->value, v, c->span, "match"), &own, &rest, c->span);
}

void tfx_match(Build *b, const Ast *a)
{
    Val v = tfx_expr(b, a->kid[0]);
    if (v.kind == VAL_bad) return;
    v = val_named(b, v, NULL);
    Body m = {.run = run_cases, .ast = a, .at = 1, .value = v};
    run_cases(b, &m);
}

/* ---- for ---- */

void tfx_for(Build *b, const Ast *a)
{
    int64_t lo, hi;
    int errors = tfx_errors(b);
    if (!tfx_static_int(b, a->kid[0], &lo, "the start of 'for'") || !tfx_static_int(b, a->kid[1], &hi, "the end of 'for'")) return;
    if (hi - lo > 100000) {
        tfx_error(b, a->span, "bad-size", "%lld iterations unrolled; use scan", (long long)(hi - lo));
        return;
    }
    for (int64_t i = lo; i < hi && tfx_errors(b) == errors && !b->frame->returned; i++) {
        scope_push(b);
        scope_bind(b, a->name, val_int(b, i, a->span), a->span)->is_dim = 1;
        tfx_body(b, a->kid[2]);
        scope_pop(b);
    }
}
