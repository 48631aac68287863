/* tile_box.c - convolutions with padding in register tiles. Where an output index bounds the sums (the taps that exist there), its rows are
 * cut into those inside, for which all taps exist and the loops of the sum are constant, and the border before and behind. Inside, tiles of rows
 * run over that index; along the border they run over the next such index, where this one stands still, and in corners over none:
 *
 *     for o0, for inside o1:   tiles along o1          taps bounded by o0
 *     for border o1:           tiles along inside o0   taps bounded by o1
 *     for border o1 and o0:    single rows             taps bounded by both
 *
 * Each output element is computed once and in the order of the sum as it is written. Takes a tile before anything of it is written. */
#include <string.h>
#include "compiler/emit/c/tile.h"
#include "compiler/plan/kernel.h"

/* The indices that tiles can run along in turn. Where one of them is outside of from .. to it is looped over one by one.
 * lane: only the columns are cut so. */
typedef struct Boxes { int lane, n, slot[MAX_RANK]; Expr *from[MAX_RANK], *to[MAX_RANK]; } Boxes;

static int in_ranges(const Node *n, int slot)
{
    for (int k = 0; k < n->nred; k++) if (ex_uses_slot(n->r[k].lo, slot) || ex_uses_slot(n->r[k].hi, slot)) return 1;
    return 0;
}

static void add_box(const Tile *t, Boxes *b, int slot)
{
    Range r[MAX_RED];
    for (int k = 0; k < t->n->nconj; k++) if (ex_uses_slot(t->n->conj[k], slot)) return;
    if (!in_ranges(t->n, slot) || t->f->fixed >> slot & 1 || !kernel_inner(t->m, t->n, slot, &b->from[b->n], &b->to[b->n], r)) return;
    b->slot[b->n++] = slot;
}

static void find_boxes(const Tile *t, Boxes *b)
{
    b->n = 0;
    b->lane = in_ranges(t->n, t->lane);
    if (b->lane) { add_box(t, b, t->lane); return; }
    if (t->row < 0) return;
    add_box(t, b, t->row);
    for (int s = t->n->rank - 1; s >= 0 && b->n; s--)
        if (s != t->row && s != t->lane && ex_uses_slot(t->a, s) && !ex_uses_slot(t->b, s)) add_box(t, b, s);
}

static int nothing(const Expr *from, const Expr *to)
{
    int64_t lo, hi;
    return from == to || (ex_is_int(from, &lo) && ex_is_int(to, &hi) && lo >= hi);
}

static int no_border(const Tile *t, const Boxes *b, int k) { return nothing(ex_int(t->m, 0), b->from[k]) && nothing(b->to[k], t->n->ext[b->slot[k]]); }

/* A name for a bound that is not a number. */
static Expr *named(const Tile *t, Expr *e, int slot, const char *what)
{
    FnC *f = t->f;
    int64_t v;
    if (ex_is_int(e, &v)) return e;
    const char *name = arena_printf(f->e->a, "%s_%s", c_slot(f, slot), what);
    Sym *s = sym_new(t->m, name, SYM_loop, 0, INT32_MAX / 2, span_none());
    out_f(&f->body, "const int32_t %s = %s;\n", name, c_expr(f, e));
    map_put(&f->temps, ex_sym(t->m, s), (void *)(uintptr_t)name);
    return ex_sym(t->m, s);
}

/* Opens the loop over 0 .. from-1, then to .. ext-1. */
static void open_border(const Tile *t, int slot, const Expr *from, const Expr *to)
{
    FnC *f = t->f;
    const char *v = c_slot(f, slot), *ext = c_expr(f, t->n->ext[slot]), *lo = c_expr(f, from), *hi = c_expr(f, to);
    int64_t k;
    int literal = ex_is_int(from, &k);
    if (literal && k == 0) open_loop(f, v, hi, ext);
    else if (to == t->n->ext[slot]) open_loop(f, v, "0", lo);
    else {
        const char *first = literal ? "0" : arena_printf(f->e->a, "%s > 0 ? 0 : %s", lo, hi);
        out_f(&f->body, "for (int32_t %s = %s; %s < %s; %s = %s + 1 == %s ? %s : %s + 1) {\n", v, first, v, ext, v, v, lo, hi, v);
        f->body.indent++;
    }
}

/* What a box changes of the function at hand. */
typedef struct Kept { Expr *at[MAX_SLOTS]; uint32_t fixed; } Kept;

/* A copy of the tile with a node of its own. */
static Tile begin_box(const Tile *whole, Kept *k)
{
    FnC *f = whole->f;
    Tile t = *whole;
    memcpy(k->at, f->at, sizeof k->at);
    k->fixed = f->fixed;
    t.n = arena_dup(f->e->a, whole->n, sizeof *t.n);
    f->node = t.n;
    return t;
}

static void end_box(const Tile *whole, const Kept *k)
{
    memcpy(whole->f->at, k->at, sizeof k->at);
    whole->f->fixed = k->fixed;
    whole->f->node = whole->n;
}

/* Box k: along slot[k] inside, those before it on the border; k == n: all on the border. */
static void one_box(const Tile *whole, const Boxes *b, int k)
{
    FnC *f = whole->f;
    Kept kept;
    Tile t = begin_box(whole, &kept);
    Expr *from, *to;
    int open = 0;
    t.row = k < b->n ? b->slot[k] : -1;
    for (int j = 0; j < k; j++) {
        open_border(&t, b->slot[j], named(&t, b->from[j], b->slot[j], "from"), named(&t, b->to[j], b->slot[j], "to"));
        f->fixed |= 1u << b->slot[j];
        open++;
    }
    if (k < b->n) {
        kernel_inner(t.m, whole->n, t.row, &from, &to, t.n->r);
        t.row_lo = named(&t, from, t.row, "from");
        t.row_hi = named(&t, to, t.row, "to");
    }
    tile_nest(&t);
    close_loops(f, open);
    end_box(whole, &kept);
}

/* Everything of the tile with an expression for its lane. */
static void put_lane(Tile *t, Expr *e)
{
    Expr *by[MAX_SLOTS] = {0};
    by[t->lane] = e;
    t->a = tile_slots(t, t->a, by);
    t->b = tile_slots(t, t->b, by);
    if (t->n->post) t->n->post = tile_slots(t, t->n->post, by);
    for (int j = 0; j < t->n->rank; j++) t->f->at[j] = tile_slots(t, t->f->at[j], by);
    for (int j = 0; j < t->n->nred; j++) {
        t->n->r[j].lo = tile_slots(t, t->n->r[j].lo, by);
        t->n->r[j].hi = tile_slots(t, t->n->r[j].hi, by);
    }
}

/* Few columns of the border, each with its own text, in which the taps are known. 0: they are many, or not known. */
static int known_border(const Tile *t, const Expr *from, const Expr *to)
{
    enum { FEW = 8 };
    int64_t lo, hi, size;
    if (!ex_is_int(from, &lo) || !ex_is_int(to, &hi) || !ex_is_int(t->n->ext[t->lane], &size) || lo + size - hi > FEW) return 0;
    for (int64_t k = 0; k < size; k = k + 1 == lo ? hi : k + 1) {
        Tile one = *t;
        Expr *at[MAX_SLOTS];
        if (k >= lo && k < hi) continue;
        memcpy(at, t->f->at, sizeof at);
        one.n = arena_dup(t->f->e->a, t->n, sizeof *one.n);
        put_lane(&one, ex_int(t->m, k));
        out_f(&t->f->body, "{\n");
        t->f->body.indent++;
        tile_column(&one);
        close_loops(t->f, 1);
        memcpy(t->f->at, at, sizeof at);
    }
    return 1;
}

/* The lane bounds the sums: columns inside (k == 0), counted from the first of them, or those of the border, one by one. */
static void lane_box(const Tile *whole, const Boxes *b, int k)
{
    FnC *f = whole->f;
    Kept kept;
    Tile t = begin_box(whole, &kept);
    Expr *from, *to;
    int open = 0;
    from = named(&t, b->from[0], t.lane, "from");
    to = named(&t, b->to[0], t.lane, "to");
    if (!k) {
        Expr *ignored[2];
        kernel_inner(t.m, whole->n, t.lane, &ignored[0], &ignored[1], t.n->r);
        put_lane(&t, ex_add(t.m, ex_index(t.m, t.lane), from));
        t.n->ext[t.lane] = ex_sub(t.m, to, from);
        tile_nest(&t);
    } else {
        for (int s = 0; s < t.n->rank; s++) if (s != t.lane && s != t.row) open += open_slot(f, s);
        if (!known_border(&t, from, to)) {
            open_border(&t, t.lane, from, to);
            tile_column(&t);
            open++;
        }
        close_loops(f, open);
    }
    end_box(whole, &kept);
}

/* The box for this part of the work, if it can be cut; otherwise one part does all of it. */
static void part_of_box(const Tile *t, const Boxes *b, int k, int split)
{
    void (*box)(const Tile *, const Boxes *, int) = b->lane ? lane_box : one_box;
    FnC *f = t->f;
    size_t before = f->body.n;
    int temps = f->ntemps;
    f->split = split;
    out_f(&f->body, "{\n");
    f->body.indent++;
    box(t, b, k);
    if (split == SPLIT_wanted && f->split == SPLIT_wanted) {
        f->body.n = before;
        f->ntemps = temps;
        f->body.indent--;
        out_f(&f->body, "if (part == parts - 1) {\n");
        f->body.indent++;
        f->split = SPLIT_no;
        box(t, b, k);
    }
    close_loops(f, 1);
}

int tile_boxes(Tile *t)
{
    FnC *f = t->f;
    Boxes b;
    int split = f->split;
    t->row_lo = t->row0 = ex_int(t->m, 0);
    t->row_hi = t->row < 0 ? ex_int(t->m, 1) : t->n->ext[t->row];
    find_boxes(t, &b);
    if (b.lane && !b.n) return 0;
    if (!b.n) {
        if (t->row >= 0 && in_ranges(t->n, t->row)) t->row = -1;      /* no inside is known: a loop around single rows */
        tile_nest(t);
        return 1;
    }
    out_f(&f->body, "{\n");
    f->body.indent++;
    if (b.lane) lane_box(t, &b, 0);
    else one_box(t, &b, 0);
    close_loops(f, 1);
    int cut = f->split;
    for (int k = 1; k <= b.n; k++) {
        if (no_border(t, &b, k - 1)) break;
        if (k == b.n || !nothing(b.from[k], b.to[k])) part_of_box(t, &b, k, cut == SPLIT_done ? split : SPLIT_no);
    }
    f->split = cut;
    return 1;
}
