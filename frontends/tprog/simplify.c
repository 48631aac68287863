/* simplify.c - leaves out of a program what cannot matter, each time with a reason that is written down:
 *   values that no input can give a variable, from the values of what it is made of, first to last;
 *   inputs of a table on which its result does not depend; tables that give one value;
 *   features of the classifier that are the same at every position, or the same for all classes: into one row for all;
 *   classes that another one always beats, by the bounds of the sum of their differences; then features that only told those
 *   apart; variables that nothing uses any more; ends of tables beyond the largest value.
 * When all inputs are few the program is compared with the original on every one of them. Takes and changes a Tprog with exact
 * weights (of others only unused variables go); the text of -O0 is the program as it was read. */
#include <stdarg.h>
#include <string.h>
#include "frontends/tprog/tprog.h"

enum { ALL_INPUTS = 40000 };
typedef struct Simple { Ctx *ctx; Tprog *p; Out *notes; } Simple;

static void note(Simple *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(Simple *s, const char *fmt, ...)
{
    va_list v;
    va_start(v, fmt);
    out_f(s->notes, "// - %s\n", arena_vprintf(s->ctx->perm, fmt, v));
    va_end(v);
}

/* ---- values that occur ---- */

static int never_matches(const TpVar *h)
{
    for (int64_t q = 0; q < h->queries->size; q++)
        for (int64_t k = 0; h->queries->reach[q] && k < h->keys->size; k++)
            if (h->keys->reach[k] && h->match[q * h->keys->size + k]) return 0;
    return 1;
}

static void reach_head(TpVar *v)
{
    int none = never_matches(v);
    for (int64_t c = 0; c < v->size; c++) v->reach[c] = v->values->reach[c];
    if (v->values->how != TP_positions) return;
    if (none || v->keys->how == TP_positions) {                          /* position 0, or one that the predicate names */
        memset(v->reach, 0, (size_t)v->size);
        v->reach[0] = 1;
    }
    for (int64_t q = 0; !none && v->keys->how == TP_positions && q < v->queries->size; q++)
        for (int64_t k = 0; v->queries->reach[q] && k < v->size; k++) v->reach[k] |= v->match[q * v->keys->size + k];
}

static int64_t reach_of(const TpVar *v, int64_t code, int64_t extent)
{
    if (v->type != TP_number) return v->reach[code];
    return code < extent - 1 ? code >= v->least && code <= v->largest : v->largest >= code;
}

static void reach_table(TpVar *v)
{
    for (int64_t a = 0; a < v->extent[0]; a++)
        for (int64_t b = 0; b < v->extent[1]; b++)
            if ((v->nin < 1 || reach_of(v->in[0], a, v->extent[0])) && (v->nin < 2 || reach_of(v->in[1], b, v->extent[1]))) v->reach[v->table[a * v->extent[1] + b]] = 1;
}

static void reach(Simple *s)
{
    for (int k = 0; k < s->p->vars.n; k++) {
        TpVar *v = s->p->vars.at[k];
        v->reach = NEWN(s->ctx->perm, unsigned char, v->size + 1);
        switch (v->how) {
        case TP_ones: v->least = v->largest = 1; break;
        case TP_embedding: for (int w = 0; w < s->p->words.n; w++) v->reach[v->code_of[w]] = 1; break;
        case TP_closest: reach_head(v); break;
        case TP_sum: v->least = 0; v->largest = never_matches(v) ? 0 : v->size; break;
        case TP_table: reach_table(v); break;
        default: memset(v->reach, 1, (size_t)v->size);
        }
    }
}

/* The only value; -1: there are several. */
static int64_t single(const TpVar *v)
{
    int64_t found = -1;
    if (v->type == TP_number) return v->least == v->largest ? v->least : -1;
    for (int64_t c = 0; c < v->size; c++) {
        if (!v->reach[c]) continue;
        if (found >= 0) return -1;
        found = c;
    }
    return found;
}

/* ---- tables ---- */

static int64_t cell(const TpVar *v, int64_t a, int64_t b) { return v->table[a * v->extent[1] + b]; }

/* Does the result depend on input k, over what occurs? */
static int depends(const TpVar *v, int k)
{
    int64_t n = v->extent[k], m = v->extent[1 - k];
    for (int64_t y = 0; y < m; y++) {
        int64_t first = -1;
        if (v->nin > 1 && !reach_of(v->in[1 - k], y, m)) continue;
        for (int64_t x = 0; x < n; x++) {
            if (!reach_of(v->in[k], x, n)) continue;
            int64_t c = k ? cell(v, y, x) : cell(v, x, y);
            if (first >= 0 && c != first) return 1;
            first = c;
        }
    }
    return 0;
}

static void drop_input(Simple *s, TpVar *v, int k)
{
    int64_t m = v->extent[1 - k], keep = 0;
    while (!reach_of(v->in[k], keep, v->extent[k])) keep++;
    int32_t *table = NEWN(s->ctx->perm, int32_t, m);
    for (int64_t y = 0; y < m; y++) table[y] = (int32_t)(k ? cell(v, y, keep) : cell(v, keep, y));
    if (v->nin > 1) note(s, "%s does not depend on %s: its table over all values that occur", v->name, v->in[k]->name);
    if (v->nin > 1 && !k) v->in[0] = v->in[1];
    v->nin--;
    v->table = table;
    v->extent[0] = v->nin ? m : 1;
    v->extent[1] = 1;
}

static void tables(Simple *s)
{
    for (int i = 0; i < s->p->vars.n; i++) {
        TpVar *v = s->p->vars.at[i];
        if (v->how != TP_table) continue;
        for (int k = v->nin - 1; k >= 0; k--) if (!depends(v, k)) drop_input(s, v, k);
        if (!v->nin) note(s, "%s is always %d: its table over all values that occur", v->name, (int)v->table[0]);
    }
}

/* ---- the classifier ---- */

static int occurs(const TpScore *f, int64_t row) { return f->var->type == TP_number || f->var->reach[row]; }

/* Bounds of the difference that a feature makes between classes a and b. */
static void difference(const Tprog *p, const TpScore *f, int a, int b, int64_t *lo, int64_t *hi)
{
    int first = 1;
    for (int64_t r = 0; r < f->rows; r++) {
        if (!occurs(f, r)) continue;
        int64_t d = f->w[r * p->nclasses + a] - f->w[r * p->nclasses + b], x = d, y = d;
        if (f->var->type == TP_number) { x = d * f->var->least; y = d * f->var->largest; }
        if (first || x < *lo || y < *lo) *lo = x < y ? (first || x < *lo ? x : *lo) : (first || y < *lo ? y : *lo);
        if (first || x > *hi || y > *hi) *hi = x > y ? (first || x > *hi ? x : *hi) : (first || y > *hi ? y : *hi);
        first = 0;
    }
}

/* Class a wins over b whatever the input. */
static int beats(const Tprog *p, int a, int b)
{
    int64_t lo = p->bias ? p->bias[a] - p->bias[b] : 0;
    for (int k = 0; k < p->scores.n; k++) {
        int64_t l = 0, h = 0;
        difference(p, &p->scores.at[k], a, b, &l, &h);
        lo += l;
    }
    return a < b ? lo >= 0 : lo > 0;
}

static void add_bias(Simple *s, const int64_t *row, int64_t times)
{
    Tprog *p = s->p;
    if (!p->bias) p->bias = NEWN(s->ctx->perm, int64_t, p->nclasses);
    for (int c = 0; c < p->nclasses; c++) p->bias[c] += times * row[c];
}

/* Between classes that can win every row of the feature makes the same differences: the first row serves for all. */
static int is_constant(const Tprog *p, const TpScore *f, const unsigned char *wins, int64_t *row)
{
    int64_t at = 0;
    int ref = 0;
    while (at < f->rows - 1 && !occurs(f, at)) at++;
    while (ref < p->nclasses - 1 && !wins[ref]) ref++;
    *row = at;
    for (int c = 0; c < p->nclasses; c++) {
        int64_t lo = 0, hi = 0;
        if (!wins[c]) continue;
        difference(p, f, c, ref, &lo, &hi);
        if (lo != hi) return 0;
    }
    return 1;
}

static void features(Simple *s)
{
    Tprog *p = s->p;
    unsigned char *wins = NEWN(s->ctx->perm, unsigned char, p->nclasses + 1);
    memset(wins, 1, (size_t)p->nclasses);
    for (int b = 0; b < p->nclasses; b++)
        for (int a = 0; a < p->nclasses && wins[b]; a++)
            if (a != b && wins[a] && beats(p, a, b)) {
                wins[b] = 0;
                note(s, "class \"%s\" never wins: \"%s\" is above it by the bounds of all features", p->classes.at[b], p->classes.at[a]);
            }
    for (int k = 0; k < p->scores.n; k++) {
        TpScore *f = &p->scores.at[k];
        int64_t row;
        if (!is_constant(p, f, wins, &row)) continue;
        add_bias(s, f->w + row * p->nclasses, f->var->type == TP_number ? f->var->least : 1);
        note(s, "feature %s: %s; its row is part of w_always", f->var->name, single(f->var) >= 0 ? "the variable has one value" : "no two of its rows tell classes apart that can win");
        memmove(f, f + 1, (size_t)(p->scores.n - k - 1) * sizeof *f);
        p->scores.n--;
        k--;
    }
    /* what never wins has to stay below: the features that went may have held it down */
    for (int c = 0; p->bias && c < p->nclasses; c++) {
        int64_t far = 0, least = INT64_MAX;
        if (wins[c]) continue;
        for (int k = 0; k < p->scores.n; k++) {
            int64_t top = 0;
            for (int w = 0; w < p->nclasses; w++) {
                int64_t l = 0, h = 0;
                if (wins[w]) difference(p, &p->scores.at[k], c, w, &l, &h);
                if (wins[w] && h > top) top = h;
            }
            far += top;
        }
        for (int w = 0; w < p->nclasses; w++) if (wins[w] && p->bias[w] < least) least = p->bias[w];
        if (p->bias[c] > least - far - 1) p->bias[c] = least - far - 1;
    }
}

/* ---- what is used ---- */

static void use(TpVar *v, Map *used)
{
    if (!v || map_get(used, v)) return;
    map_put(used, v, v);
    use(v->keys, used); use(v->queries, used); use(v->values, used);
    for (int k = 0; k < v->nin; k++) use(v->in[k], used);
}

static void drop_unused(Simple *s)
{
    Tprog *p = s->p;
    Map used;
    int n = 0;
    map_init(&used, s->ctx->perm);
    map_put(&used, p->vars.at[0], p);                     /* the input stays */
    for (int k = 0; k < p->scores.n; k++) use(p->scores.at[k].var, &used);
    for (int k = 0; k < p->vars.n; k++) {
        TpVar *v = p->vars.at[k];
        if (map_get(&used, v)) { p->vars.at[n++] = v; continue; }
        if (v->how != TP_ones && v->how != TP_positions) note(s, "%s is not computed: nothing uses it", v->name);
    }
    p->vars.n = n;
}

/* Ends of tables and of weights that nothing reaches. Sizes of variables stay: their readers' tables have them. */
static void crop(Simple *s)
{
    for (int k = 0; k < s->p->scores.n; k++) {
        TpScore *f = &s->p->scores.at[k];
        int64_t was = f->rows;
        while (f->rows > 1 && !occurs(f, f->rows - 1)) f->rows--;
        if (f->rows < was) note(s, "w_%s: its last %d rows are values that do not occur", f->var->name, (int)(was - f->rows));
    }
}

/* ---- all inputs ---- */

static int64_t all_inputs(const Tprog *p)
{
    int64_t sum = 0, power = 1;
    for (int64_t n = 1; n <= p->most; n++) {
        power *= p->words.n;
        sum += power;
        if (sum > ALL_INPUTS) return -1;
    }
    return sum;
}

static void compare(Simple *s, const Tprog *before, int64_t inputs)
{
    int64_t n, v;
    for (int64_t k = 0; k < inputs; k++) {
        Arena *a = arena_new();
        int32_t *tokens = NEWN(a, int32_t, s->p->most), *x = NEWN(a, int32_t, s->p->most), *y = NEWN(a, int32_t, s->p->most);
        for (n = 1, v = k; ; n++) {                       /* k in base V, all shorter ones left out */
            int64_t of = 1;
            for (int64_t i = 0; i < n; i++) of *= s->p->words.n;
            if (v < of) break;
            v -= of;
        }
        for (int64_t i = 0; i < n; i++, v /= s->p->words.n) tokens[i] = (int32_t)(v % s->p->words.n);
        tprog_eval(before, a, tokens, n, x);
        tprog_eval(s->p, a, tokens, n, y);
        if (memcmp(x, y, (size_t)(s->p->pooled ? 1 : n) * sizeof *x)) bug("simplifying %s changed its result", s->p->name);
        arena_free(a);
    }
    note(s, "compared with the program as written on all %lld inputs", (long long)inputs);
}

/* Variables of its own for p: those of the original stay as they are, to compare with. */
static void copy_vars(Simple *s)
{
    Tprog *p = s->p;
    Map to;
    map_init(&to, s->ctx->perm);
    TpVar **vars = NEWN(s->ctx->perm, TpVar *, p->vars.n + 1);
    for (int k = 0; k < p->vars.n; k++) {
        vars[k] = arena_dup(s->ctx->perm, p->vars.at[k], sizeof **vars);
        map_put(&to, p->vars.at[k], vars[k]);
    }
    for (int k = 0; k < p->vars.n; k++) {
        TpVar *v = vars[k], **of[] = {&v->keys, &v->queries, &v->values, &v->in[0], &v->in[1]};
        for (int j = 0; j < 5; j++) if (*of[j]) *of[j] = map_get(&to, *of[j]);
    }
    p->vars.at = vars;
    p->scores.at = p->scores.n ? arena_dup(s->ctx->perm, p->scores.at, (size_t)p->scores.n * sizeof *p->scores.at) : NULL;
    for (int k = 0; k < p->scores.n; k++) p->scores.at[k].var = map_get(&to, p->scores.at[k].var);
}

void tprog_simplify(Ctx *ctx, Tprog *p, Out *notes)
{
    Out text;
    Simple s = {ctx, p, &text};
    Tprog before = *p;
    out_init(&text, ctx->perm);
    copy_vars(&s);
    reach(&s);
    if (p->decimals >= 0) {
        tables(&s);
        features(&s);
        crop(&s);
    }
    drop_unused(&s);
    if (!text.n) return;
    int64_t inputs = all_inputs(p);
    if (inputs > 0) compare(&s, &before, inputs);
    out_f(notes, "// left out, with the reason:\n%s", text.at);
}
