/* tile_sums.c - the sums of a register tile: loops over the reduced indices, accumulators in vectors of the target or in loops over lanes. Takes
 * a tile whose rows and columns are at hand, gives the arrays c0, c1, .. of its rows. */
#include "compiler/emit/c/tile.h"

void tile_lanes(const Tile *t, const char *count)
{
    out_f(&t->f->body, "%s_LANES\nfor (ptrdiff_t l = 0; l < %s; l++) {\n", t->f->e->upper, count);
    t->f->body.indent++;
}

/* Loops over the reduced indices with their conditions; gives how many braces are open. */
static int depth_loops(const Tile *t)
{
    FnC *f = t->f;
    const Node *n = t->n;
    int open = 0;
    for (int k = 0; k < n->nred; k++) {
        open_loop(f, c_slot(f, n->rank + k), c_expr(f, n->r[k].lo), c_expr(f, n->r[k].hi));
        open++;
        const char *cond = "";
        for (int j = 0; j < n->nconj; j++) {
            uint32_t used = ex_slots(n->conj[j]) >> n->rank;
            if (used >> k != 1 && !(k == 0 && used == 0)) continue;      /* the innermost reduced index it needs is k */
            cond = arena_printf(f->e->a, "%s%s%s", cond, *cond ? " && " : "", c_expr(f, n->conj[j]));
        }
        if (*cond) { out_f(&f->body, "if (%s) {\n", cond); f->body.indent++; open++; }
    }
    return open;
}

/* Calls `term` (n vectors of columns, or `added` columns in lanes) for every term of the sum: in loops, or for `sums` terms at a time, each for its own partial sum. */
static void each_term(Tile *t, int rows, int n, const char *added, void (*term)(const Tile *t, int rows, int n, const char *added))
{
    FnC *f = t->f;
    Out *o = &f->body;
    if (t->sums == 1) {
        int open = depth_loops(t);
        term(t, rows, n, added);
        close_loops(f, open);
        return;
    }
    int64_t known;
    const char *v = c_slot(f, t->n->rank), *lo = c_expr(f, t->n->r[0].lo), *hi = c_expr(f, t->n->r[0].hi);
    /* rows that see nothing begin far behind the end */
    if (!ex_is_int(t->n->r[0].lo, &known)) lo = arena_printf(f->e->a, "(%s) / %d * %d", c_expr(f, ex_bin(t->m, EX_min, t->n->r[0].lo, t->n->r[0].hi)), t->sums, t->sums);
    out_f(o, "int32_t %s = %s;\nfor (; %s + %d <= %s; %s += %d) {\n", v, lo, v, t->sums, hi, v, t->sums);
    o->indent++;
    for (t->term = 0; t->term < t->sums; t->term++) {
        out_f(o, "{\n");
        o->indent++;
        term(t, rows, n, added);
        close_loops(f, 1);
    }
    close_loops(f, 1);
    for (t->term = 0; t->term < t->sums - 1; t->term++) {
        out_f(o, "if (%s + %d < %s) {\n", v, t->term, hi);
        o->indent++;
        term(t, rows, n, added);
        close_loops(f, 1);
    }
    t->term = 0;
}

/* How many vectors of the target the columns are; 0: loops over lanes. */
int tile_vectors(const Tile *t, int width)
{
    int w = t->f->e->target->width;
    return t->vectors && width % w == 0 ? width / w : 0;
}

static void vector_term(const Tile *t, int rows, int n, const char *added)
{
    FnC *f = t->f;
    Out *o = &f->body;
    const char *x = f->e->prefix;
    int w = f->e->target->width, first = t->term * n;
    (void)added;
    for (int j = 0; j < n; j++) out_f(o, rows > 1 ? "const %s_v b%d = %s_v_keep(%s);\n" : "const %s_v b%d = %.0s%s;\n", x, j, x, tile_b_vector(t, j));
    const Buffer *b = fn_buffer(f, t->b->u.node);
    for (int j = 0; t->ahead && j * w < b->panel; j++)
        out_f(o, "%s_v_prefetch(%s + %lld);\n", x, tile_b_address(t, j), (long long)b->depth * b->panel);
    for (int r = 0; r < rows; r++) {
        if (!t->wide) out_f(o, "const %s_v a%d = %s;\n", x, r, tile_a_vector(t, r, 0));
        for (int j = 0; j < n; j++) {
            const char *a = t->wide ? tile_a_vector(t, r, j) : arena_printf(f->e->a, "a%d", r);
            out_f(o, "s%d_%d = %s_v_fma(%s, b%d, s%d_%d);%s", r, first + j, x, a, j, r, first + j, j + 1 < n ? " " : "\n");
        }
    }
}

/* The sums of a tile in vectors, then in the arrays c0, c1, .. */
void tile_vector_sums(Tile *t, int rows, int width)
{
    FnC *f = t->f;
    Out *o = &f->body;
    const char *x = f->e->prefix;
    int n = tile_vectors(t, width), w = f->e->target->width;
    for (int r = 0; r < rows; r++) {
        out_f(o, "%s_v", x);
        for (int j = 0; j < n * t->sums; j++) out_f(o, "%s s%d_%d = %s_v_zero()", j ? "," : "", r, j, x);
        out_f(o, ";\n");
    }
    t->places = tile_row_places(t, rows);
    each_term(t, rows, n, NULL, vector_term);
    for (int half = t->sums / 2; half; half /= 2)            /* (0 + 2) + (1 + 3) */
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < half * n; j++) out_f(o, "s%d_%d = %s_v_add(s%d_%d, s%d_%d);\n", r, j, x, r, j, r, half * n + j);
    out_f(o, "float");
    for (int r = 0; r < rows; r++) out_f(o, "%s c%d[%d]", r ? "," : "", r, width);
    out_f(o, ";\n");
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < n; j++) out_f(o, "%s_v_store(c%d + %d, s%d_%d);%s", x, r, j * w, r, j, j + 1 < n ? " " : "\n");
}

/* The array of the sums of row r in lanes, and of a partial one. */
static const char *sums_name(const Tile *t, int r, int term)
{
    return term ? arena_printf(t->f->e->a, "c%d_%d", r, term) : arena_printf(t->f->e->a, "c%d", r);
}

static void lane_term(const Tile *t, int rows, int n, const char *added)
{
    FnC *f = t->f;
    Out *o = &f->body;
    (void)n;
    if (!t->wide) {
        out_f(o, "const float");
        for (int r = 0; r < rows; r++) out_f(o, "%s a%d = %s", r ? "," : "", r, tile_a_text(t, r));
        out_f(o, ";\n");
    }
    tile_lanes(t, added);
    out_f(o, "const float b = %s;\n", tile_b_text(t));
    for (int r = 0; r < rows; r++) out_f(o, "%s[l] += %s * b;\n", sums_name(t, r, t->term), t->wide ? tile_a_text(t, r) : arena_printf(f->e->a, "a%d", r));
    close_loops(f, 1);
}

/* The sums of a tile in loops over lanes; `added` columns of b are read. */
void tile_lane_sums(Tile *t, int rows, int width, const char *added)
{
    FnC *f = t->f;
    Out *o = &f->body;
    const char *all = arena_printf(f->e->a, "%d", width);
    out_f(o, "float");
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < t->sums; j++) out_f(o, "%s %s[%d]", r || j ? "," : "", sums_name(t, r, j), width);
    out_f(o, ";\n");
    tile_lanes(t, all);                                      /* an initialiser would become a call of memset on small machines */
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < t->sums; j++) out_f(o, "%s%s[l] = 0.0f;%s", r || j ? " " : "", sums_name(t, r, j), r == rows - 1 && j == t->sums - 1 ? "\n" : "");
    close_loops(f, 1);
    t->places = tile_row_places(t, rows);
    each_term(t, rows, 0, added, lane_term);
    if (t->sums == 1) return;
    tile_lanes(t, all);
    for (int half = t->sums / 2; half; half /= 2)
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < half; j++) out_f(o, "%s[l] += %s[l];\n", sums_name(t, r, j), sums_name(t, r, half + j));
    close_loops(f, 1);
}
