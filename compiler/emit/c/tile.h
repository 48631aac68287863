/* tile.h - a register tile while it is written: private to tile*.c. */
#ifndef EMIT_C_TILE_H
#define EMIT_C_TILE_H
#include "compiler/emit/c/c_int.h"
#include "compiler/plan/kernel.h"

typedef struct Tile {
  FnC *f; Module *m; Node *n; const Buffer *dst; const char *p;
  int lane, row, rows, wide; Expr *a, *b;
  Expr *row_lo, *row_hi;                 /* the rows to do */
  int now;                               /* rows of the tile at hand, the loop over rows is open; 0: it is not */
  int vectors;                           /* b can be loaded as vectors of the target */
  int places;                            /* m0, m1, .. are where the rows of a begin */
  int first;                             /* only so many columns may be read; 0: all of the tile's */
  int ahead;                             /* fetch the next panel meanwhile */
  const char *begin, *past;              /* rows of this part of the work; NULL: all */
  int few, sums;                         /* not 0: so many rows in all; partial sums (kernel.h) */
  int term;                              /* added to the index of the sum */
  Expr *sub;                             /* first column of the tile in the panel, or within lane0's group */
  Expr *lane0, *row0;                    /* first column and row of the tile at hand */
  const Kernel *tuned;                   /* the step's, for this target; NULL: the rules */
} Tile;

/* e with other expressions for output and reduced indices; NULL: they stay. */
Expr *tile_slots(const Tile *t, Expr *e, Expr *const *to);
/* Output indices that walk on where the columns end become columns, reduced ones one depth. */
void  tile_merge(Tile *t);
/* Output or reduced index `slot` is always 0 from here on. */
void  tile_drop(Tile *t, int slot);
/* Loops, columns and rows of the tile as it is. */
void  tile_nest(Tile *t);
/* One column, that of the loop over the lane's index, and all rows. */
void  tile_column(Tile *t);
/* The tile as one nest, or where rows bound the sums as several: the rows inside, then what is left of each index. 0: not possible here, nothing is
 * written. */
int   tile_boxes(Tile *t);
/* ---- tile_sums.c ---- */
/* How many vectors of the target the columns are; 0: loops over lanes. */
int   tile_vectors(const Tile *t, int width);
void  tile_lanes(const Tile *t, const char *count);        /* opens a loop over lanes */
/* The sums in the arrays c0, c1, .. of the rows; `added` columns of b are read. */
void  tile_vector_sums(Tile *t, int rows, int width);
void  tile_lane_sums(Tile *t, int rows, int width, const char *added);
/* ---- tile_place.c ---- */
/* e for column lane0 + l and row row0 + r of the tile */
Expr *tile_expr(const Tile *t, Expr *e, int r);
/* Columns of a panel read without the lane? 0: a tile of columns may cross panels. */
int   tile_panel_aligned(const Tile *t);
/* b (and a wide tile's a) is contiguous along the lane? In panels: nearly always, and otherwise right but slow. */
int   tile_lane_contiguous(const Tile *t);
/* Element of a for row r and column l, and the vector of it at vector j of the tile's columns. */
const char *tile_a_text(const Tile *t, int r);
const char *tile_a_vector(const Tile *t, int r, int j);
const char *tile_b_text(const Tile *t);
const char *tile_b_vector(const Tile *t, int j);
const char *tile_b_address(const Tile *t, int j);
/* Declares where the rows begin, m0, m1, .. 0: they need not be declared. */
int   tile_row_places(const Tile *t, int rows);
/* May columns beyond the last one be read (not used)? By a tile of `width` columns at a multiple of that. */
int   tile_room(const Tile *t, int width);
#endif
