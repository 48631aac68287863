/* csv.c - tables with a line of column names. See csv.h. */
#include <string.h>
#include "frontends/tprog/csv.h"

typedef struct Reader { Ctx *ctx; Source *s; size_t at; VEC(CsvField) fields; } Reader;

static int quoted(Reader *r, CsvField *f)
{
    const char *t = r->s->text;
    size_t from = r->at++, n = r->s->size;
    char *to = arena_alloc(r->ctx->perm, 1);
    VEC(char) text = {0};
    for (;; r->at++) {
        if (r->at >= n) {
            diag_error(&r->ctx->diag, source_span(&r->ctx->sources, r->s, from, 1), "tprog-csv", "this quote is not closed");
            return 0;
        }
        if (t[r->at] == '"' && (r->at + 1 >= n || t[r->at + 1] != '"')) break;
        if (t[r->at] == '"') r->at++;
        vec_push(r->ctx->perm, &text, t[r->at]);
    }
    r->at++;
    f->text = text.n ? arena_str(r->ctx->perm, text.at, (size_t)text.n) : to;
    f->at = source_span(&r->ctx->sources, r->s, from, r->at - from);
    return 1;
}

/* One field and what ends it: ',' '\n' or 0; -1 after a message. */
static int field(Reader *r, CsvField *f)
{
    const char *t = r->s->text;
    if (t[r->at] == '"') {
        if (!quoted(r, f)) return -1;
    } else {
        size_t n = strcspn(t + r->at, ",\r\n");
        f->text = arena_str(r->ctx->perm, t + r->at, n);
        f->at = source_span(&r->ctx->sources, r->s, r->at, n ? n : 1);
        r->at += n;
    }
    if (t[r->at] == '\r' && t[r->at + 1] == '\n') r->at++;
    int end = r->at < r->s->size ? t[r->at] : 0;
    if (end == ',' || end == '\n') { r->at++; return end; }
    if (!end) return 0;
    diag_error(&r->ctx->diag, source_span(&r->ctx->sources, r->s, r->at, 1), "tprog-csv", "a comma or the end of the line is wanted after a field");
    return -1;
}

Csv *csv_read(Ctx *ctx, const char *path, Span asked)
{
    const char *why = NULL;
    Reader r = {.ctx = ctx, .s = source_read(&ctx->sources, path, &why)};
    Csv *c = NEW(ctx->perm, Csv);
    if (!r.s) return diag_error(&ctx->diag, asked, "tprog-file", "the program reads %s: %s", path, why), NULL;
    vec_push(ctx->perm, &ctx->deps, path);
    while (r.at < r.s->size) {
        int n = 0, end;
        do {
            CsvField f = {0};
            if ((end = field(&r, &f)) < 0) return NULL;
            vec_push(ctx->perm, &r.fields, f);
            n++;
        } while (end == ',');
        if (!c->rows) c->columns = n;
        if (n != c->columns) return diag_error(&ctx->diag, r.fields.at[r.fields.n - 1].at, "tprog-csv", "this line has %d fields, the first has %d", n, c->columns), NULL;
        c->rows++;
    }
    if (c->rows < 2) return diag_error(&ctx->diag, asked, "tprog-csv", "%s has no line below its column names", path), NULL;
    c->source = r.s;
    c->field = r.fields.at;
    return c;
}

int csv_column(const Csv *c, const char *name)
{
    for (int k = 0; k < c->columns; k++) if (!strcmp(csv_at(c, 0, k)->text, name)) return k;
    return -1;
}
