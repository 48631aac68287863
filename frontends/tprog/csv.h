/* csv.h - tables with a line of column names (RFC 4180: fields may be quoted, "" in them is a quote). Takes a file, gives its
 * fields as text with their places. Not: numbers. */
#ifndef TPROG_CSV_H
#define TPROG_CSV_H
#include "compiler/base/ctx.h"

typedef struct CsvField { const char *text; Span at; } CsvField;
typedef struct Csv { Source *source; int columns, rows; CsvField *field; } Csv;   /* row 0: the names */
/* NULL after diagnostics: no file, a row with more or fewer fields than the first, an open quote. */
Csv *csv_read(Ctx *ctx, const char *path, Span asked);
static inline const CsvField *csv_at(const Csv *c, int row, int column) { return &c->field[(size_t)row * (size_t)c->columns + (size_t)column]; }
int csv_column(const Csv *c, const char *name);   /* -1: none */
#endif
