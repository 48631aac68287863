/* tile.c - contraction out = post(sum a*b) in register tiles. LANES columns of an output index along which b and the
 * result are contiguous, times up to TILE_ROWS rows of an output index that only a uses: accumulators are named local
 * arrays, the order of summation over the reduced indices is the written one for every width and compiler.
 * Sizes that are not multiples get a narrower tile of the same shape, so no element is computed twice or beyond. */
#include "compiler/emit/c/c_int.h"
#include "compiler/plan/kernel.h"

typedef struct Tile { FnC *f; const Node *n; const Kernel *k; const Buffer *dst; const char *p; } Tile;

/* Subscript position of b has stride 1 in its buffer? */
static int lane_contiguous(const Tile *t)
{
    const Expr *b = t->k->b;
    const Buffer *buf = fn_buffer(t->f, b->u.node);
    int64_t v;
    for (int k = 0; k < b->n; k++)
        if (ex_uses_slot(b->arg[k], t->k->lane) && (!ex_is_int(buf->stride[k], &v) || v != 1)) return 0;
    return 1;
}

static Expr *row_shift(const Tile *t, const Expr *e, int by)
{
    Module *m = t->f->e->plan->module;
    Expr *to[MAX_SLOTS] = {0};
    if (t->k->row < 0 || !by) return (Expr *)(uintptr_t)e;
    to[t->k->row] = ex_add(m, ex_index(m, t->k->row), ex_int(m, by));
    return ex_subst_slots(m, (Expr *)(uintptr_t)e, to, t->n->rank + t->n->nred);
}

static void tile_loop(Tile *t, int lanes, int rows)
{
    FnC *f = t->f;
    Out *o = &f->body;
    const Node *n = t->n;
    const char *lane = c_slot(f, t->k->lane), *L = f->e->upper;
    out_f(o, "float");
    for (int r = 0; r < rows; r++) out_f(o, "%s c%d[%d] = {0}", r ? "," : "", r, lanes);
    out_f(o, ";\n");
    int depth = 0;
    for (int k = 0; k < n->nred; k++) {
        open_loop(f, c_slot(f, n->rank + k), c_expr(f, n->r[k].lo), c_expr(f, n->r[k].hi));
        depth++;
        const char *cond = "";
        for (int j = 0; j < n->nconj; j++) {
            uint32_t used = ex_slots(n->conj[j]) >> n->rank;
            if (used >> k != 1 && !(k == 0 && used == 0)) continue;      /* the innermost reduced index it needs is k */
            cond = arena_printf(f->e->a, "%s%s%s", cond, *cond ? " && " : "", c_expr(f, n->conj[j]));
        }
        if (*cond) { out_f(o, "if (%s) {\n", cond); o->indent++; depth++; }
    }
    out_f(o, "const float");
    for (int r = 0; r < rows; r++) out_f(o, "%s a%d = %s", r ? "," : "", r, c_expr(f, row_shift(t, t->k->a, r)));
    out_f(o, ";\n%s_LANES\nfor (int32_t l = 0; l < %d; l++) {\n", L, lanes);
    o->indent++;
    out_f(o, "const int32_t %s = %s_0 + l;\nconst float b = %s;\n", lane, lane, c_expr(f, t->k->b));
    for (int r = 0; r < rows; r++) out_f(o, "c%d[l] += a%d * b;\n", r, r);
    o->indent--;
    out_f(o, "}\n");
    close_loops(f, depth);
    for (int r = 0; r < rows; r++) {
        Module *m = f->e->plan->module;
        Expr *at = ex_int(m, 0);
        for (int k = 0; k < n->rank; k++) at = ex_add(m, at, ex_mul(m, buffer_sub(f, t->dst, k, ex_index(m, k)), t->dst->stride[k]));
        f->acc = arena_printf(f->e->a, "c%d[l]", r);
        const char *value = n->post ? c_expr(f, row_shift(t, n->post, r)) : f->acc;
        out_f(o, "%s_LANES\nfor (int32_t l = 0; l < %d; l++) {\n", L, lanes);
        o->indent++;
        out_f(o, "const int32_t %s = %s_0 + l;\n%s[%s] = %s;\n", lane, lane, t->p, c_expr(f, row_shift(t, at, r)), c_store(f, t->dst->dtype, value));
        o->indent--;
        out_f(o, "}\n");
    }
}

static void rows_loop(Tile *t, int lanes)
{
    FnC *f = t->f;
    Out *o = &f->body;
    const Kernel *k = t->k;
    if (k->row < 0) { tile_loop(t, lanes, 1); return; }
    const char *row = c_slot(f, k->row), *hi = slot_hi(f, f->step, k->row);
    const Region *in = f->step->region && f->step->row_axis == k->row ? f->step->region : NULL;
    int64_t size = 0;
    int known = in ? in->exact : ex_is_int(t->n->ext[k->row], &size);
    if (in && in->exact) size = in->rows;
    out_f(o, "int32_t %s = %s;\n", row, slot_lo(f, f->step, k->row));
    if (known && size <= k->rows && size == (in ? in->rows : size)) {     /* one tile does it */
        tile_loop(t, lanes, (int)size);
        return;
    }
    if (k->rows > 1 && !(known && size < k->rows)) {
        out_f(o, "for (; %s + %d <= %s; %s += %d) {\n", row, k->rows, hi, row, k->rows);
        o->indent++;
        tile_loop(t, lanes, k->rows);
        o->indent--;
        out_f(o, "}\n");
    }
    if (known && size % k->rows == 0) return;
    out_f(o, "for (; %s < %s; %s++) {\n", row, hi, row);
    o->indent++;
    tile_loop(t, lanes, 1);
    o->indent--;
    out_f(o, "}\n");
}

int tile_body(FnC *f, const Step *s, const char *p)
{
    Tile t = {f, s->node, s->kernel, s->dst, p};
    const Node *n = s->node;
    if (!lane_contiguous(&t)) return 0;
    Out *o = &f->body;
    int outer = 0;
    for (int k = 0; k < n->rank; k++) {
        if (k == t.k->lane || k == t.k->row) continue;
        open_loop(f, c_slot(f, k), slot_lo(f, s, k), slot_hi(f, s, k));
        outer++;
    }
    const char *lane = c_slot(f, t.k->lane), *hi = c_expr(f, n->ext[t.k->lane]);
    int64_t size;
    int known = ex_is_int(n->ext[t.k->lane], &size);
    int64_t full = known ? size / LANES * LANES : 0;
    if (!known || full) {
        if (known) out_f(o, "for (int32_t %s_0 = 0; %s_0 < %lld; %s_0 += %d) {\n", lane, lane, (long long)full, lane, LANES);
        else out_f(o, "int32_t %s_0 = 0;\nfor (; %s_0 + %d <= %s; %s_0 += %d) {\n", lane, lane, LANES, hi, lane, LANES);
        o->indent++;
        rows_loop(&t, LANES);
        o->indent--;
        out_f(o, "}\n");
    }
    if (known && size > full) {
        out_f(o, "{\nconst int32_t %s_0 = %lld;\n", lane, (long long)full);
        o->indent++;
        rows_loop(&t, (int)(size - full));
        o->indent--;
        out_f(o, "}\n");
    } else if (!known) {
        out_f(o, "for (; %s_0 < %s; %s_0++) {\n", lane, hi, lane);
        o->indent++;
        rows_loop(&t, 1);
        o->indent--;
        out_f(o, "}\n");
    }
    close_loops(f, outer);
    return 1;
}
