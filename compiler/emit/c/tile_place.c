/* tile_place.c - where the operands of a register tile lie, as C text: elements, vectors and addresses of a by row and of b by column, in weights by
 * panels. Takes a tile; what is read becomes a parameter of the function at hand. */
#include "compiler/emit/c/tile.h"

/* e for column lane0 + l and row row0 + r of the tile */
Expr *tile_expr(const Tile *t, Expr *e, int r)
{
    Expr *to[MAX_SLOTS] = {0};
    to[t->lane] = ex_add(t->m, ex_add(t->m, t->lane0, t->sub), ex_sym(t->m, t->f->e->lane));
    if (t->row >= 0) to[t->row] = ex_add(t->m, t->row0, ex_int(t->m, r));
    if (t->term) to[t->n->rank] = ex_add(t->m, ex_index(t->m, t->n->rank), ex_int(t->m, t->term));
    return tile_slots(t, e, to);
}

/* Columns of a panel read without the lane; NULL when a tile of columns may cross panels. */
int tile_panel_aligned(const Tile *t)
{
    const Buffer *b = fn_buffer(t->f, t->b->u.node);
    Expr *col = ex_int(t->m, 0), *rest;
    int64_t k;
    Affine aff;
    for (int j = 0; j < b->rank; j++)
        if (b->col_axes >> j & 1) col = ex_add(t->m, col, ex_mul(t->m, t->b->arg[j], b->stride[j]));
    if (!affine_split(t->m, col, t->lane, &k, &rest) || k != 1 || !affine_of(rest, &aff) || aff.c % b->panel) return 0;
    for (int j = 0; j < aff.n; j++) {
        const Expr *x = aff.t[j].atom;
        if (aff.t[j].k % b->panel && !(x->op == EX_sym && x->u.sym->multiple && x->u.sym->multiple % b->panel == 0)) return 0;
    }
    return 1;
}

static int steps_by_one(const Tile *t, const Expr *read)
{
    const Buffer *b = fn_buffer(t->f, read->u.node);
    Expr *rest;
    int64_t k;
    return b->panel || (affine_split(t->m, buffer_at(t->f, b, read->arg), t->lane, &k, &rest) && k == 1);
}

/* b is contiguous along the lane? In panels: nearly always, and otherwise right but slow. */
int tile_lane_contiguous(const Tile *t) { return steps_by_one(t, t->b) && (!t->wide || steps_by_one(t, t->a)); }

/* Place of b for column lane0 + sub + l. In a panel: lane0 and all the rest are multiples of its width. */
static Expr *b_place(const Tile *t, const Buffer *b)
{
    Expr *e = tile_expr(t, t->b, 0);
    if (!b->panel || !tile_panel_aligned(t)) return buffer_at(t->f, b, e->arg);
    Expr *l = ex_add(t->m, t->sub, ex_sym(t->m, t->f->e->lane)), *col = ex_int(t->m, 0), *at = l;
    for (int k = 0; k < b->rank; k++) {
        Expr *step = ex_mul(t->m, e->arg[k], b->stride[k]);
        if (b->col_axes >> k & 1) col = ex_add(t->m, col, step);
        else at = ex_add(t->m, at, ex_mul(t->m, step, ex_int(t->m, b->panel)));
    }
    return ex_add(t->m, at, ex_mul(t->m, ex_sub(t->m, col, l), ex_int(t->m, b->depth)));
}

const char *tile_b_text(const Tile *t)
{
    const Buffer *b = fn_buffer(t->f, t->b->u.node);
    return c_element(t->f, b, fn_param_buf(t->f, b, t->b->u.node, 0), c_place(t->f, b_place(t, b)));
}

/* Address of vector j of the tile's columns of b. */
const char *tile_b_address(const Tile *t, int j)
{
    CEmit *e = t->f->e;
    const Buffer *b = fn_buffer(t->f, t->b->u.node);
    Expr *at = ex_sub(t->m, b_place(t, b), ex_sym(t->m, e->lane)), *step = ex_int(t->m, j * e->target->width);
    if (b->panel && j * e->target->width >= b->panel) {      /* a tile of several panels */
        int64_t panel = j * e->target->width / b->panel;
        step = ex_int(t->m, panel * b->panel * b->depth + j * e->target->width - panel * b->panel);
    }
    return arena_printf(e->a, "%s + %s", fn_param_buf(t->f, b, t->b->u.node, 0), c_expr(t->f, ex_add(t->m, at, step)));
}

/* Vector j of the tile's columns from its address: as far as it may be read. */
static const char *vector_load(const Tile *t, const char *kind, int j, const char *at)
{
    CEmit *e = t->f->e;
    int left = t->first - j * e->target->width;
    if (!t->first || left >= e->target->width) return arena_printf(e->a, "%s_v_%s(%s)", e->prefix, kind, at);
    return arena_printf(e->a, "%s_v_%s_first(%s, %d)", e->prefix, kind, at, left);
}

const char *tile_b_vector(const Tile *t, int j)
{
    const DType type = fn_buffer(t->f, t->b->u.node)->dtype;
    const char *kind = type == DT_f32 ? "load" : type == DT_f16 ? "load_f16" : "load_bf16";
    return vector_load(t, kind, j, tile_b_address(t, j));
}

/* A row steps through a by quotients, as the patches of a picture that are counted as one index do: its place is then found before the sum. */
static int row_jumps(const Tile *t)
{
    const Buffer *a = fn_buffer(t->f, t->a->u.node);
    Expr *rest;
    int64_t k;
    return !t->wide && a->dtype == DT_f32 && !a->panel && t->row >= 0 && !affine_split(t->m, buffer_at(t->f, a, t->a->arg), t->row, &k, &rest);
}

/* Place of a for row r: what the sum walks through, or the rest of it. */
static Expr *a_place(const Tile *t, int r, int in_sum)
{
    Affine all, part = {0};
    if (!affine_of(buffer_at(t->f, fn_buffer(t->f, t->a->u.node), tile_expr(t, t->a, r)->arg), &all)) return NULL;
    part.c = in_sum ? 0 : all.c;
    for (int k = 0; k < all.n; k++) if ((ex_slots(all.t[k].atom) >> t->n->rank != 0) == in_sum) part.t[part.n++] = all.t[k];
    return affine_expr(t->m, &part);
}

/* Declares where the rows begin, m0, m1, .. 0: they need not be declared. */
int tile_row_places(const Tile *t, int rows)
{
    FnC *f = t->f;
    const Buffer *a = fn_buffer(f, t->a->u.node);
    if (!row_jumps(t) || !a_place(t, 0, 0)) return 0;
    for (int r = 0; r < rows; r++)
        out_f(&f->body, "const %s *const m%d = %s + %s;\n", c_mem(f->e, a->dtype), r, fn_param_buf(f, a, t->a->u.node, 0), c_expr(f, a_place(t, r, 0)));
    return 1;
}

/* Element of a for row r and column l, and the vector of it at vector j of the tile's columns. */
const char *tile_a_text(const Tile *t, int r)
{
    if (t->places) return arena_printf(t->f->e->a, "m%d[%s]", r, c_expr(t->f, a_place(t, r, 1)));
    return c_expr(t->f, tile_expr(t, t->a, r));
}

const char *tile_a_vector(const Tile *t, int r, int j)
{
    CEmit *e = t->f->e;
    if (!t->wide) return arena_printf(e->a, "%s_v_set1(%s)", e->prefix, tile_a_text(t, r));
    const Buffer *a = fn_buffer(t->f, t->a->u.node);
    Expr *at = ex_sub(t->m, buffer_at(t->f, a, tile_expr(t, t->a, r)->arg), ex_sym(t->m, e->lane));
    const char *place = c_expr(t->f, ex_add(t->m, at, ex_int(t->m, j * e->target->width)));
    return vector_load(t, "load", j, arena_printf(e->a, "%s + %s", fn_param_buf(t->f, a, t->a->u.node, 0), place));
}

/* May columns beyond the last one be read (not used)? By a tile of `width` columns at a multiple of that. */
int tile_room(const Tile *t, int width)
{
    const Buffer *b = fn_buffer(t->f, t->b->u.node);
    if (t->wide) return 0;
    if (b->panel && b->space == SPACE_weight) return tile_panel_aligned(t);
    if (b->space != SPACE_work && b->space != SPACE_state) return 0;
    if (b->panel && !tile_panel_aligned(t)) return 0;
    for (int k = 0; k < t->b->n; k++) {
        if (!ex_uses_slot(t->b->arg[k], t->lane)) continue;
        if (t->b->arg[k] != ex_index(t->m, t->lane)) return 0;
        for (int j = 0; j < b->ntile; j++) if (b->tile[j].axis == k) return 0;
        return node_bound(t->m, t->f->ep->entry, t->b->u.node, k) % width == 0;
    }
    return 0;
}
