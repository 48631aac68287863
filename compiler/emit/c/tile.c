/* tile.c - contraction out = post(sum a*b) in register tiles. Columns of an output index along which b is contiguous,
 * times rows of an output index that only a uses. Portable: LANES columns, accumulators are named local arrays, which
 * compilers keep in registers. With a target's vectors: as many columns and rows as its registers hold, accumulators
 * are named vectors, stored into such arrays at the end. The order of summation over the reduced indices is the written
 * one for every width and compiler.
 * Indices whose strides fit everywhere are walked as one (tile_merge.c); where rows bound the sums, as padding does, there are
 * several such nests (tile_box.c). A wide tile has the columns in a as well (depthwise convolutions): vectors of both, all columns
 * of the rows at hand. Columns that are left over get a narrower tile, or the full one where b has room, and store only what
 * exists: no element is computed twice or written beyond. */
#include <string.h>
#include "compiler/emit/c/tile.h"
#include "compiler/plan/kernel.h"

/* The end of a tile in vectors, row by row; stored: so many columns only, NULL: all. 0: not possible, nothing is written. */
static int vector_end(const Tile *t, int rows, int width, const char *stored)
{
    FnC *f = t->f;
    Out *o = &f->body;
    const char *x = f->e->prefix, *end = stored ? stored : arena_printf(f->e->a, "%d", width), *left = stored ? arena_printf(f->e->a, "%s - (int32_t)l", stored) : NULL;
    const Expr *lane = ex_sym(t->m, f->e->lane);
    size_t before = o->n;
    int temps = f->ntemps;
    for (int r = 0; r < rows; r++) {
        const char *acc = arena_printf(f->e->a, "%s_v_load(c%d + l)", x, r), *value = acc;
        out_f(o, "for (ptrdiff_t l = 0; l < %s; l += %d) {\n", end, f->e->target->width);
        o->indent++;
        if (t->n->post) value = vector_expr(f, tile_expr(t, t->n->post, r), (VecAt){lane, acc, left});
        const char *at = vector_place(f, t->p, tile_expr(t, buffer_at(f, t->dst, f->at), r), lane);
        const char *line = vector_store(f, t->dst, at, left, value);
        if (line) out_f(o, "%s\n", line);
        o->indent--;
        out_f(o, "}\n");
        if (line) continue;
        o->n = before;
        f->ntemps = temps;
        return 0;
    }
    return 1;
}

/* One tile of `rows` rows: width columns are added up, those below `stored` are stored. */
static void one_tile(Tile *t, int rows, int width, const char *stored)
{
    FnC *f = t->f;
    Out *o = &f->body;
    const char *all = arena_printf(f->e->a, "%d", width);
    int room = !stored || t->first || tile_room(t, width);
    if (tile_vectors(t, width) && room) tile_vector_sums(t, rows, width);
    else tile_lane_sums(t, rows, width, room ? all : stored);
    if (tile_vectors(t, width) && vector_end(t, rows, width, stored)) return;
    if (!stored) stored = all;
    /* cheap ends in one loop: what the rows share is read once, transposed results get runs of rows */
    int together = !t->n->post || ex_cost(t->n->post) < 16;
    for (int r = 0; r < rows; r++) {
        f->acc = arena_printf(f->e->a, "c%d[l]", r);
        Expr *post = t->n->post ? tile_expr(t, t->n->post, r) : NULL;
        if (r == 0 || !together) tile_lanes(t, stored);
        int mark = local_mark(f);
        if (post) local_share(f, post);
        const char *value = post ? c_expr(f, post) : f->acc;
        out_f(o, "%s[%s] = %s;\n", t->p, c_place(f, tile_expr(t, buffer_at(f, t->dst, f->at), r)), c_store(f, t->dst->dtype, value));
        local_forget(f, mark);
        if (r == rows - 1 || !together) close_loops(f, 1);
    }
}

static void columns(Tile *t);

/* The tile of `rows` rows at hand; width 0: all columns of them. */
static void these_rows(Tile *t, int rows, int width, const char *stored)
{
    if (width) { one_tile(t, rows, width, stored); return; }
    t->now = rows;
    columns(t);
    t->now = 0;
}

/* Tiles of `rows` rows while they fit below `hi`. */
static void row_loop(Tile *t, int rows, int width, const char *stored, const char *hi)
{
    const char *row = c_slot(t->f, t->row);
    if (rows > 1) out_f(&t->f->body, "for (; %s + %d <= %s; %s += %d) {\n", row, rows, hi, row, rows);
    else out_f(&t->f->body, "for (; %s < %s; %s++) {\n", row, hi, row);
    t->f->body.indent++;
    these_rows(t, rows, width, stored);
    close_loops(t->f, 1);
}

/* Rows of a tile of `width` columns. */
static int rows_of(const Tile *t, int width)
{
    if (t->rows < 2) return t->rows;
    if (t->tuned && t->tuned->tile_rows) return t->tuned->tile_rows;
    return tile_vectors(t, width) ? target_rows(t->f->e->target, width * t->sums) : t->rows;
}

/* Columns of a tile of few rows: as many as make sums enough to hide the time that one takes, in whole LANES. */
static int few_width(const Tile *t, int64_t columns)
{
    enum { SUMS = 8 };
    int64_t most = SUMS * t->f->e->target->width / (t->few * t->sums) / LANES * LANES, all = columns / LANES * LANES;
    if (most > 4 * LANES) most = 4 * LANES;
    if (most > all) most = all;
    return most < LANES ? LANES : (int)most;
}

/* Columns of a tile among `columns` ones: what the target's registers take, and a divisor of a panel. */
static int tile_width(const Tile *t, int64_t columns)
{
    const Buffer *b = fn_buffer(t->f, t->b->u.node);
    const Target *target = t->f->e->target;
    if (t->few && t->vectors && !b->panel) return few_width(t, columns);
    if (!b->panel) return !t->vectors ? LANES : t->tuned && t->tuned->columns ? t->tuned->columns : target_columns(target, columns);
    return t->vectors ? target_tile(target, b->panel) : b->panel % LANES ? LANES / 2 : LANES;
}

/* With few tiles of rows the first one waits for memory: the others, which find their panel in the cache, fetch the next
 * one. With many the wait does not count. */
static int fetches_ahead(const Tile *t, int64_t tiles, int width)
{
    const Buffer *b = fn_buffer(t->f, t->b->u.node);
    if (!width || tiles < 2 || b->panel != width || b->dtype != DT_f32) return 0;
    return t->tuned && t->tuned->ahead >= 0 ? t->tuned->ahead : tiles <= MANY_TILES && b->bytes > ALONE_BYTES;
}

/* A known number of rows in tiles that differ by one row at most: short tiles waste the vectors. */
static void even_rows(Tile *t, int64_t lo, int64_t size, int most, int width, const char *stored)
{
    int64_t tiles = (size + most - 1) / most, rows = size / tiles, longer = size % tiles;
    if (longer) row_loop(t, (int)rows + 1, width, stored, arena_printf(t->f->e->a, "%lld", (long long)(lo + longer * (rows + 1))));
    t->ahead = fetches_ahead(t, tiles, width);
    row_loop(t, (int)rows, width, stored, arena_printf(t->f->e->a, "%lld", (long long)(lo + size)));
    t->ahead = 0;
}

/* Are there rows to loop over? */
static int one_row_at_hand(const Tile *t) { return t->row < 0 || t->f->fixed >> t->row & 1; }

/* width 0: all columns, those of the same rows one after the other. */
static void all_rows(Tile *t, int width, const char *stored)
{
    FnC *f = t->f;
    int64_t lo = 0, size = 0;
    if (t->now || one_row_at_hand(t)) { one_tile(t, t->now ? t->now : 1, width, stored); return; }
    const char *hi = t->past ? t->past : c_expr(f, t->row_hi);
    int known = ex_is_int(t->row_lo, &lo) && ex_is_int(t->row_hi, &size) && !t->past;
    int shape = width ? width : tile_width(t, LANES), vectors = tile_vectors(t, shape), rows = rows_of(t, shape);
    size -= lo;
    if (known && size <= rows) {                             /* one tile does it */
        t->row0 = t->row_lo;
        these_rows(t, (int)size, width, stored);
        return;
    }
    t->row0 = ex_index(t->m, t->row);
    out_f(&f->body, "int32_t %s = %s;\n", c_slot(f, t->row), t->begin ? t->begin : c_expr(f, t->row_lo));
    if (known && vectors) { even_rows(t, lo, size, rows, width, stored); return; }
    if (rows > 1) row_loop(t, rows, width, stored, hi);
    if (rows > 1 && known && size % rows == 0) return;
    for (int r = rows / 2; r > 1 && vectors; r /= 2) row_loop(t, r, width, stored, hi);
    row_loop(t, 1, width, stored, hi);
}

static void open_lane0(Tile *t, const char *lo, const char *hi, int step, int64_t most)
{
    FnC *f = t->f;
    const char *lane = arena_printf(f->e->a, "%s_0", c_slot(f, t->lane));
    f->e->lane0->hi = most;                                  /* so that index arithmetic is seen not to overflow */
    t->lane0 = ex_sym(t->m, f->e->lane0);
    map_put(&f->temps, t->lane0, (void *)(uintptr_t)lane);
    out_f(&f->body, "for (int32_t %s = %s; %s < %s; %s += %d) {\n", lane, lo, lane, hi, lane, step);
    f->body.indent++;
}

/* All columns of a group of `group` ones at lane0, `width` at a time. */
static void group_rows(Tile *t, int group, int width)
{
    FnC *f = t->f;
    if (group == width) { all_rows(t, width, NULL); return; }
    f->e->lane_sub->hi = group;
    t->sub = ex_sym(t->m, f->e->lane_sub);
    map_put(&f->temps, t->sub, (void *)(uintptr_t)"sub");
    out_f(&f->body, "for (int32_t sub = 0; sub < %d; sub += %d) {\n", group, width);
    f->body.indent++;
    all_rows(t, width, NULL);
    close_loops(f, 1);
    t->sub = ex_int(t->m, 0);
}

/* Can a part of a vector be read? */
static int reads_first(const Tile *t)
{
    const Buffer *a = fn_buffer(t->f, t->a->u.node), *b = fn_buffer(t->f, t->b->u.node);
    return t->vectors && b->dtype == DT_f32 && (!t->wide || a->dtype == DT_f32);
}

/* The columns behind the last full group: first those that fill vectors of LANES, then the rest. */
static void rest_columns(Tile *t, int64_t from, int64_t rest, int panel)
{
    FnC *f = t->f;
    int64_t wide = rest / LANES * LANES, left = rest - wide;
    t->lane0 = ex_int(t->m, from);
    if (wide) {
        out_f(&f->body, "{\n");
        f->body.indent++;
        group_rows(t, (int)wide, tile_vectors(t, (int)wide) && f->e->target->width == LANES ? (int)wide : LANES);
        close_loops(f, 1);
    }
    if (!left) return;
    out_f(&f->body, "{\n");
    f->body.indent++;
    if (panel) t->sub = ex_int(t->m, wide);                  /* in the same panel */
    else t->lane0 = ex_int(t->m, from + wide);
    int width = panel && panel - wide < LANES ? panel - (int)wide : LANES;
    if (tile_room(t, width)) all_rows(t, width, arena_printf(f->e->a, "%lld", (long long)left));
    else if (reads_first(t)) {
        int w = f->e->target->width;
        t->first = (int)left;
        all_rows(t, (int)((left + w - 1) / w * w), arena_printf(f->e->a, "%lld", (long long)left));
        t->first = 0;
    } else all_rows(t, (int)left, NULL);
    close_loops(f, 1);
    t->sub = ex_int(t->m, 0);
}

/* Shares out the rows among the parts of the work, if there are enough for `width` columns. */
static void split_rows(Tile *t, int width)
{
    FnC *f = t->f;
    int64_t lo;
    if (f->split != SPLIT_wanted || one_row_at_hand(t) || t->now) return;
    int rows = rows_of(t, width);
    if (rows < 1 || node_bound(t->m, f->ep->entry, f->step->node, t->row) < 2 * rows * f->e->opt->threads) return;
    split_bounds(f, c_expr(f, ex_sub(t->m, t->row_hi, t->row_lo)), rows > 1 ? rows / 2 : 1);
    t->begin = "begin"; t->past = "past";
    if (ex_is_int(t->row_lo, &lo) && lo == 0) return;
    t->begin = arena_printf(f->e->a, "begin + %s", c_expr(f, t->row_lo));
    t->past = arena_printf(f->e->a, "past + %s", c_expr(f, t->row_lo));
}

/* Panels that one row takes at once, so that sums enough are under way to hide the time that one takes. */
static int panels_of_row(const Tile *t, int panel, int64_t full)
{
    enum { SUMS = 8 };
    int w = t->f->e->target->width, many = w && panel ? SUMS * w / panel : 1;
    if (!t->vectors || many < 2 || full < many * panel || t->past) return 1;
    return many;
}

/* A single row over the columns lo .. hi: `many` panels at once, then one by one. */
static void one_row(Tile *t, const char *lo, const char *hi, int panel, int many, int64_t most)
{
    FnC *f = t->f;
    const char *lane = arena_printf(f->e->a, "%s_0", c_slot(f, t->lane));
    f->e->lane0->hi = most;
    t->lane0 = ex_sym(t->m, f->e->lane0);
    if (!t->now) t->row0 = t->row_lo;
    map_put(&f->temps, t->lane0, (void *)(uintptr_t)lane);
    out_f(&f->body, "int32_t %s = %s;\nfor (; %s + %d <= %s; %s += %d) {\n", lane, lo, lane, many * panel, hi, lane, many * panel);
    f->body.indent++;
    one_tile(t, 1, many * panel, NULL);
    close_loops(f, 1);
    out_f(&f->body, "for (; %s < %s; %s += %d) {\n", lane, hi, lane, panel);
    f->body.indent++;
    one_tile(t, 1, panel, NULL);
    close_loops(f, 1);
}

/* The columns of full groups, all rows. */
static void full_columns(Tile *t, const char *lo, const char *hi, int64_t full, int group, int width, int panel)
{
    FnC *f = t->f;
    int many = width == group ? panels_of_row(t, panel, full) : 1, single = one_row_at_hand(t);
    int64_t rows = 0;
    Expr *count = ex_sub(t->m, t->row_hi, t->row_lo);
    if (many > 1 && (t->now > 1 || (!single && ex_is_int(count, &rows) && rows > 1))) many = 1;
    if (many > 1) {
        if (single || rows == 1) out_f(&f->body, "{\n");
        else out_f(&f->body, "if (%s == 1) {\n", c_expr(f, count));
        f->body.indent++;
        one_row(t, lo, hi, panel, many, full);
        close_loops(f, 1);
        if (single || rows == 1) return;
        out_f(&f->body, "else {\n");
        f->body.indent++;
    }
    open_lane0(t, lo, hi, group, full);
    group_rows(t, group, width);
    close_loops(f, many > 1 ? 2 : 1);
}

static void known_columns(Tile *t, int64_t size)
{
    FnC *f = t->f;
    const Buffer *b = fn_buffer(f, t->b->u.node);
    int panel = b->panel && tile_panel_aligned(t) ? b->panel : 0;
    int width = tile_width(t, size), group = panel ? panel : width;
    int64_t full = size / group * group;
    int cut = 0;
    if (f->split == SPLIT_wanted && !split_evenly(f, full / group)) split_rows(t, width);
    if (f->split == SPLIT_wanted && full / group >= f->e->opt->threads) {
        split_bounds(f, arena_printf(f->e->a, "%lld", (long long)full), group);
        cut = 1;
    }
    if (full > group) {
        full_columns(t, cut ? "begin" : "0", cut ? "past" : arena_printf(f->e->a, "%lld", (long long)full), full, group, width, panel);
    } else if (full) {
        t->lane0 = ex_int(t->m, 0);
        out_f(&f->body, "{\n");
        f->body.indent++;
        group_rows(t, group, width);
        close_loops(f, 1);
    }
    if (size == full) return;
    if (cut) { out_f(&f->body, "if (part == parts - 1) {\n"); f->body.indent++; }
    rest_columns(t, full, size - full, panel);
    if (cut) close_loops(f, 1);
}

typedef struct Probe { int lane, found; } Probe;
static void lane_read(void *u, const Expr *e)
{
    Probe *p = u;
    if ((e->op == EX_read || e->op == EX_read_or || e->op == EX_guard) && ex_uses_slot(e, p->lane)) p->found = 1;
}

/* May whole tiles be stored beyond the last column? */
static int room_beyond(const Tile *t, int width)
{
    if (!tile_room(t, width) || !lane_room(t->f, t->dst, t->f->step->node, t->lane, width)) return 0;
    Probe p = {t->lane, 0};
    if (t->n->post) ex_visit(t->n->post, lane_read, &p);
    return !p.found;
}

/* The widest tile that may be stored beyond the last column; 0: none. */
static int width_beyond(const Tile *t)
{
    for (int w = t->vectors && t->f->e->target->width == LANES ? 4 * LANES : LANES; w >= LANES; w /= 2)
        if (room_beyond(t, w)) return w;
    return 0;
}

static void unknown_columns(Tile *t)
{
    FnC *f = t->f;
    const char *lane = arena_printf(f->e->a, "%s_0", c_slot(f, t->lane)), *hi = c_expr(f, t->n->ext[t->lane]), *lo = "0";
    const StepClip *clip = &f->step->clip;
    const Buffer *b = fn_buffer(f, t->b->u.node);
    int clipped = clip->lo && clip->slot == t->lane, width = b->panel && b->panel != LANES ? 0 : width_beyond(t);
    if (clipped) {
        row_bounds(f, clip, LANES);
        lo = "from"; hi = "to";
    }
    int64_t most = node_bound(t->m, f->ep->entry, t->n, t->lane);
    if (most <= 0) most = INT32_MAX / 2;
    split_rows(t, width ? width : LANES);
    if (width && !clipped && !t->few) {
        open_lane0(t, lo, hi, width, most);
        all_rows(t, width, NULL);
        close_loops(f, 1);
        return;
    }
    f->e->lane0->hi = most;
    t->lane0 = ex_sym(t->m, f->e->lane0);
    map_put(&f->temps, t->lane0, (void *)(uintptr_t)lane);
    int wide = t->few && t->vectors ? few_width(t, most) : LANES;
    if (wide > LANES && (!b->panel || b->panel == LANES)) {
        out_f(&f->body, "int32_t %s = %s;\nfor (; %s + %d <= %s; %s += %d) {\n", lane, lo, lane, wide, hi, lane, wide);
        f->body.indent++;
        all_rows(t, wide, NULL);
        close_loops(f, 1);
        lo = NULL;
    }
    if (width) {                                             /* full tiles as far as they go, then narrow ones */
        if (lo) out_f(&f->body, "int32_t %s = %s;\n", lane, lo);
        if (width > LANES) {
            out_f(&f->body, "for (; %s + %d <= %s; %s += %d) {\n", lane, width, hi, lane, width);
            f->body.indent++;
            all_rows(t, width, NULL);
            close_loops(f, 1);
        }
        out_f(&f->body, "for (; %s < %s; %s += %d) {\n", lane, hi, lane, LANES);
        f->body.indent++;
        all_rows(t, LANES, NULL);
        close_loops(f, 1);
        return;
    }
    if (b->panel && b->panel != LANES) t->vectors = 0;       /* a tile may cross panels */
    if (lo) out_f(&f->body, "int32_t %s = %s;\n", lane, lo);
    out_f(&f->body, "for (; %s + %d <= %s; %s += %d) {\n", lane, LANES, hi, lane, LANES);
    f->body.indent++;
    all_rows(t, LANES, NULL);
    close_loops(f, 1);
    out_f(&f->body, "if (%s < %s) {\n", lane, hi);
    f->body.indent++;
    out_f(&f->body, "const int32_t left = %s - %s;\n", hi, lane);
    all_rows(t, LANES, "left");
    close_loops(f, 1);
}

/* b is read in runs that vectors can load. */
static int loads_vectors(const Tile *t)
{
    const Buffer *b = fn_buffer(t->f, t->b->u.node);
    if (!t->f->e->target->width || (b->panel && !tile_panel_aligned(t)) || (t->wide && fn_buffer(t->f, t->a->u.node)->dtype != DT_f32)) return 0;
    return b->dtype == DT_f32 || b->dtype == DT_f16 || b->dtype == DT_bf16;
}

static void columns(Tile *t)
{
    FnC *f = t->f;
    int64_t size;
    int clipped = f->step->clip.lo && f->step->clip.slot == t->lane;
    if (!clipped && ex_is_int(t->n->ext[t->lane], &size)) known_columns(t, size);
    else unknown_columns(t);
}

void tile_nest(Tile *t)
{
    int outer = 0;
    tile_merge(t);
    t->vectors = loads_vectors(t);
    for (int s = 0; s < t->n->rank; s++)
        if (s != t->lane && s != t->row) outer += open_slot(t->f, s);
    /* few multiply-adds an element: operands are read along memory; not where the columns are what is shared out */
    if (t->wide) split_rows(t, tile_width(t, LANES));
    if (t->wide && !one_row_at_hand(t) && t->f->split != SPLIT_wanted) {
        out_f(&t->f->body, "{\n");
        t->f->body.indent++;
        all_rows(t, 0, NULL);
        outer++;
    } else columns(t);
    close_loops(t->f, outer);
}

void tile_column(Tile *t)
{
    t->vectors = 0;
    t->lane0 = ex_index(t->m, t->lane);
    all_rows(t, 1, NULL);
}

/* The same for few rows: those of a group, `only` being 0. */
static int few_rows(Tile *t)
{
    FnC *f = t->f;
    const Kernel *k = f->step->kernel;
    const Node *whole = f->step->node;
    int64_t size;
    t->few = k->few; t->sums = k->sums;
    t->row = k->group; t->rows = k->group >= 0 ? TILE_ROWS : 1;
    if (k->group >= 0 && ex_is_int(whole->ext[k->group], &size)) {
        for (int j = 0; j < f->step->nin; j++)
            if (f->step->in[j].axis == k->group && f->step->in[j].region->rows < size) size = 0;
        if (size) t->n->ext[k->group] = ex_int(t->m, size);
    }
    if (k->only >= 0) {
        tile_drop(t, k->only);
        f->fixed |= 1u << k->only;
    }
    return tile_boxes(t);
}

int tile_body(FnC *f, Node *n, const Buffer *dst, const char *p)
{
    const Kernel *k = f->step->kernel;
    Module *m = f->e->plan->module;
    Tile t = {.f = f, .m = m, .n = n, .dst = dst, .p = p, .lane = k->lane, .row = k->row, .rows = k->rows, .wide = k->wide, .sums = 1, .sub = ex_int(m, 0)};
    if (f->e->target == m->ctx->target || !m->ctx->target) t.tuned = k;
    fn_lane(f);
    t.a = tile_slots(&t, k->a, f->at);
    t.b = tile_slots(&t, k->b, f->at);
    if (!tile_lane_contiguous(&t)) return 0;
    if (!k->few) return tile_boxes(&t);
    if (k->only < 0) return few_rows(&t);
    FnC keep = *f;
    Tile few = t;
    few.n = arena_dup(f->e->a, n, sizeof *n);
    out_f(&f->body, "if (%s == 1%s) {\n", c_expr(f, f->step->node->ext[k->only]), f->split == SPLIT_wanted ? " && part == 0" : "");
    f->body.indent++;
    f->split = SPLIT_no;
    few_rows(&few);
    close_loops(f, 1);
    f->split = keep.split; f->fixed = keep.fixed; f->temps = keep.temps;
    memcpy(f->at, keep.at, sizeof f->at);
    out_f(&f->body, "%s {\n", f->split == SPLIT_wanted ? arena_printf(f->e->a, "if (%s > 1)", c_expr(f, f->step->node->ext[k->only])) : "else");
    f->body.indent++;
    tile_boxes(&t);
    close_loops(f, 1);
    return 1;
}
