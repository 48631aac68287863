/* tile.h - a register tile while it is written: private to tile.c, tile_sums.c and tile_merge.c. */
#ifndef EMIT_C_TILE_H
#define EMIT_C_TILE_H
#include "compiler/emit/c/c_int.h"

typedef struct Tile {
  FnC *f; Module *m; Node *n; const Buffer *dst; const char *p;
  int lane, row, rows; Expr *a, *b;
  int vectors;                           /* b can be loaded as vectors of the target */
  int ahead;                             /* fetch the next panel meanwhile */
  int split_rows;                        /* rows begin .. past only: a part of the work */
  int few, sums;                         /* not 0: so many rows in all; partial sums (kernel.h) */
  int term;                              /* added to the index of the sum */
  Expr *sub;                             /* first column of the tile in the panel, or within lane0's group */
  Expr *lane0, *row0;                    /* first column and row of the tile at hand */
} Tile;

/* e with other expressions for output and reduced indices; NULL: they stay. */
Expr *tile_slots(const Tile *t, Expr *e, Expr *const *to);
/* Output indices that walk on where the columns end become columns, reduced ones one depth. */
void  tile_merge(Tile *t);
/* Output or reduced index `slot` is always 0 from here on. */
void  tile_drop(Tile *t, int slot);
/* tile_sums.c. e for column lane0 + l and row row0 + r of the tile */
Expr *tile_at(const Tile *t, Expr *e, int r);
/* Columns of a panel are read without the lane? 0: a tile of columns may cross panels. */
int   tile_panels(const Tile *t);
/* How many vectors of the target the columns are; 0: loops over lanes. */
int   tile_vectors(const Tile *t, int width);
void  tile_lanes(const Tile *t, const char *count);        /* opens a loop over lanes */
/* The sums in the arrays c0, c1, .. of the rows; `added` columns of b are read. */
void  tile_vector_sums(Tile *t, int rows, int width);
void  tile_lane_sums(Tile *t, int rows, int width, const char *added);
#endif
