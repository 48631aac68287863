/* weights.c - the tables beside a program: rows of the classifier by (feature, value), words and their codes. Takes CSV files,
 * gives rows as exact decimals. A word that pandas would take for a missing value ("NA", "None", ..) cannot be looked up there,
 * so it is no word here. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "frontends/tprog/read.h"

enum { MOST_DIGITS = 18, MOST_DECIMALS = 18 };

const char *beside(Ctx *ctx, const Source *s, const char *path)
{
    const char *name = strrchr(path, '/'), *dir = strrchr(s->path, '/');
    name = name ? name + 1 : path;
    return dir ? arena_printf(ctx->perm, "%.*s/%s", (int)(dir - s->path), s->path, name) : name;
}

/* The texts that pandas.read_csv reads as missing (its documented default list). */
static int is_missing(const char *s)
{
    static const char *const words[] = {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) if (!strcmp(words[k], s)) return 1;
    return 0;
}

/* ---- the classifier ---- */

int weights_open(Reader *r, const Py *file)
{
    if (file->kind != PY_text) return read_fails(r, file->span, "tprog-form", "the name of a file is wanted");
    Csv *c = csv_read(r->ctx, beside(r->ctx, r->source, file->text), file->span);
    if (!c) return 0;
    if (c->columns < 3) return read_fails(r, csv_at(c, 0, 0)->at, "tprog-weights", "feature, value and a column for each class are wanted; this has %d columns", c->columns);
    r->weights = c;
    for (int k = 2; k < c->columns; k++) vec_push(r->ctx->perm, &r->out->classes, csv_at(c, 0, k)->text);
    r->out->nclasses = c->columns - 2;
    return 1;
}

/* The one line of (feature, value); 0: none, -1: several. */
static int line_of(const Csv *c, const char *feature, const char *value)
{
    int found = 0;
    for (int k = 1; k < c->rows; k++)
        if (!strcmp(csv_at(c, k, 0)->text, feature) && !strcmp(csv_at(c, k, 1)->text, value)) found = found ? -1 : k;
    return found;
}

static const char *value_name(Reader *r, const TpVar *v, int64_t code)
{
    if (v->type == TP_number) return "_";
    if (v->type == TP_token) return r->out->words.at[code];
    return v->type == TP_enum ? arena_printf(r->ctx->perm, "%s.V%02d", v->klass, (int)code) : arena_printf(r->ctx->perm, "%d", (int)code);
}

int64_t positions_known(Reader *r)
{
    int64_t n = 0;
    while (line_of(r->weights, "positions", arena_printf(r->ctx->perm, "%d", (int)n)) > 0) n++;
    return n;
}

int weights_rows(Reader *r, const char *feature, TpVar *v, Span at, TpScore *to)
{
    int64_t n = v->type == TP_number ? 1 : v->size;
    *to = (TpScore){.var = v, .rows = n, .line = NEWN(r->ctx->perm, int, n)};
    for (int64_t k = 0; k < n; k++) {
        const char *value = value_name(r, v, k);
        int line = line_of(r->weights, feature, value);
        int alias = v->type == TP_enum && !line;       /* members with the value of an earlier one never occur */
        for (int e = 0; alias && e < r->enums.n; e++) if (!strcmp(r->enums.at[e].name, v->klass)) alias = r->enums.at[e].canonical[k] != k;
        if (line > 0 || alias) { to->line[k] = line; continue; }
        return read_fails(r, at, "tprog-weights", "%s has %s (%s, %s), which '%s' can be", r->weights->source->path, line ? "several lines" : "no line", feature, value, v->name);
    }
    return 1;
}

/* digits * 10^-decimals; 0 when it is no number; *exact 0 when it has too many digits for that. */
static int decimal(const char *s, int64_t *digits, int *decimals, int *exact)
{
    int n = 0, minus = *s == '-', any = 0, point = 0;
    char *end;
    *digits = *decimals = 0;
    if (*s == '-' || *s == '+') s++;
    for (; (*s >= '0' && *s <= '9') || (*s == '.' && !point); s++) {
        if (*s == '.') { point = 1; continue; }
        any = 1;
        *decimals += point;
        if (n || *s != '0') n++;
        if (n > MOST_DIGITS) *exact = 0;
        else *digits = *digits * 10 + (*s - '0');
    }
    if (any && (*s == 'e' || *s == 'E')) {
        long e = strtol(s + 1, &end, 10);
        if (end == s + 1 || e < -400 || e > 400) return 0;
        s = end;
        *decimals -= (int)e;
    }
    if (!*digits) *decimals = 0;
    while (*decimals < 0 && *digits && *digits < INT64_MAX / 10) { *digits *= 10; ++*decimals; }
    if (*decimals < 0 || *decimals > MOST_DECIMALS) *exact = 0;
    if (minus) *digits = -*digits;
    return any && !*s;
}

/* One scale for all rows. Integers when the largest sum that can occur fits; otherwise f64. */
int weights_scale(Reader *r)
{
    Tprog *p = r->out;
    int decimals = 0, exact = 1, d;
    double bound = 0;
    int64_t v;
    for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < p->scores.n; k++) {
            TpScore *s = &p->scores.at[k];
            double most = 0, times = s->var->type == TP_number ? (double)s->var->size : 1;
            if (pass) s->w = NEWN(r->ctx->perm, int64_t, s->rows * p->nclasses), s->f = NEWN(r->ctx->perm, double, s->rows * p->nclasses);
            for (int64_t c = 0; c < s->rows * p->nclasses; c++) {
                int line = s->line[c / p->nclasses];
                if (!line) continue;
                const CsvField *f = csv_at(r->weights, line, 2 + (int)(c % p->nclasses));
                int ok = decimal(f->text, &v, &d, &exact);
                double x = strtod(f->text, NULL);
                if (!ok || !isfinite(x)) return read_fails(r, f->at, "tprog-weights", "'%.40s' is no finite number", f->text);
                if (d > decimals) decimals = d;
                if (fabs(x) > most) most = fabs(x);
                if (!pass) continue;
                s->f[c] = x;
                for (; p->decimals >= 0 && d < p->decimals; d++) v *= 10;
                s->w[c] = v;
            }
            bound += most * times;
        }
        if (p->pooled && !pass) bound *= (double)p->most;
        if (!pass) p->decimals = exact && bound * pow(10, decimals) < 4e18 ? decimals : -1;
    }
    return 1;
}

/* ---- words ---- */

static int word_add(Reader *r, SMap *seen, const char *word, int line)
{
    if (is_missing(word)) return 0;
    if (smap_get(seen, word)) return -1;
    smap_put(seen, word, r);
    vec_push(r->ctx->perm, &r->out->words, word);
    return line;
}

int tokens_open(Reader *r, TpVar *v, Span at)
{
    SMap seen;
    smap_init(&seen, r->ctx->perm);
    for (int k = 1; k < r->weights->rows; k++) {
        const char *word = csv_at(r->weights, k, 1)->text;
        if (strcmp(csv_at(r->weights, k, 0)->text, "tokens") || line_of(r->weights, "tokens", word) < 0) continue;   /* twice: it cannot be looked up */
        word_add(r, &seen, word, k);
    }
    v->size = r->out->words.n;
    return v->size ? 1 : read_fails(r, at, "tprog-weights", "%s has no line of the feature 'tokens': there is no vocabulary", r->weights->source->path);
}

int embeddings_open(Reader *r, const Py *file)
{
    if (file->kind != PY_text) return read_fails(r, file->span, "tprog-form", "the name of a file is wanted");
    Csv *c = csv_read(r->ctx, beside(r->ctx, r->source, file->text), file->span);
    SMap seen;
    if (!c) return 0;
    int word = csv_column(c, "word");
    if (word < 0) return read_fails(r, csv_at(c, 0, 0)->at, "tprog-embeddings", "there is no column 'word'");
    smap_init(&seen, r->ctx->perm);
    for (int k = 1; k < c->rows; k++)
        if (word_add(r, &seen, csv_at(c, k, word)->text, k) < 0)
            return read_fails(r, csv_at(c, k, word)->at, "tprog-embeddings", "the word '%s' stands twice", csv_at(c, k, word)->text);
    r->embeddings = c;
    return 1;
}

int embedding_read(Reader *r, const char *column, const char *klass, TpVar *v, Span at)
{
    const Csv *c = r->embeddings;
    const PyEnum *e = NULL;
    int at_column = csv_column(c, column), word = csv_column(c, "word"), n = 0;
    for (int k = 0; k < r->enums.n; k++) if (!strcmp(r->enums.at[k].name, klass)) e = &r->enums.at[k];
    if (at_column < 0) return read_fails(r, at, "tprog-embeddings", "%s has no column '%s'", c->source->path, column);
    if (!e) return read_fails(r, at, "tprog-embeddings", "'%s' is no enumeration that the program imports", klass);
    v->type = TP_enum;
    v->klass = e->name;
    v->size = e->n;
    v->code_of = NEWN(r->ctx->perm, int32_t, r->out->words.n);
    for (int k = 1; k < c->rows; k++) {
        const CsvField *f = csv_at(c, k, at_column);
        char *end;
        if (is_missing(csv_at(c, k, word)->text)) continue;
        errno = 0;
        long code = strtol(f->text, &end, 10);
        if (*end || end == f->text || errno || code < 0 || code >= e->n) return read_fails(r, f->at, "tprog-embeddings", "'%.40s' is no member of %s, which has 0 .. %d", f->text, klass, e->n - 1);
        v->code_of[n++] = (int32_t)e->canonical[code];
    }
    return 1;
}
