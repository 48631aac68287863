/* program.c - a generated Python file to a program: its imports, helpers and the statements of run(), one form after the other.
 * Takes the tree, gives variables, heads, tables and the classifier. What is no known form is reported with its line. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "frontends/tprog/read.h"

int read_fails(Reader *r, Span at, const char *id, const char *fmt, ...)
{
    va_list v;
    va_start(v, fmt);
    const char *text = arena_vprintf(r->ctx->perm, fmt, v);
    va_end(v);
    diag_error(&r->ctx->diag, at, id, "%s", text);
    return 0;
}

/* ---- enumerations of an embeddings file ---- */

static int same_values(const Py *a, const Py *b)
{
    if (a->kind != b->kind || a->n != b->n || a->num != b->num || (a->text && b->text && strcmp(a->text, b->text))) return 0;
    for (int k = 0; k < a->n; k++) if (!same_values(a->kid[k], b->kid[k])) return 0;
    return 1;
}

static int enum_read(Reader *r, const Py *c)
{
    PyEnum e = {c->text, 0, NEWN(r->ctx->perm, int, c->kid[0]->n + 1)};
    for (int k = 0; k < c->kid[0]->n; k++) {
        const Py *st = c->kid[0]->kid[k];
        const char *name = arena_printf(r->ctx->perm, "V%02d", k);
        if (st->kind != PY_assign || st->kid[0]->kind != PY_name || strcmp(st->kid[0]->text, name))
            return read_fails(r, st->span, "tprog-embeddings", "the member %s of '%s' is wanted here", name, c->text);
        e.canonical[k] = k;
        for (int j = 0; j < k && e.canonical[k] == k; j++)
            if (same_values(st->kid[1], c->kid[0]->kid[j]->kid[1])) e.canonical[k] = j;      /* Python: an alias of the first */
        e.n++;
    }
    vec_push(r->ctx->perm, &r->enums, e);
    return 1;
}

/* from folder.NAME import Emb0, Emb1: the classes of NAME.py beside the program. */
static int import_read(Reader *r, const Py *st)
{
    const char *why = NULL, *path;
    if (!st->n) return 1;
    path = beside(r->ctx, r->source, arena_printf(r->ctx->perm, "%s.py", st->text));
    Source *s = source_read(&r->ctx->sources, path, &why);
    if (!s) return read_fails(r, st->span, "tprog-file", "the program imports %s: %s", path, why);
    vec_push(r->ctx->perm, &r->ctx->deps, path);
    Py *file = py_parse(r->ctx, s);
    if (!file) return 0;
    for (int k = 0; k < st->n; k++) {
        const Py *found = NULL;
        for (int j = 0; j < file->n; j++) if (file->kid[j]->kind == PY_class && !strcmp(file->kid[j]->text, st->kid[k]->text)) found = file->kid[j];
        if (!found) return read_fails(r, st->kid[k]->span, "tprog-embeddings", "%s has no class '%s'", path, st->kid[k]->text);
        if (!enum_read(r, found)) return 0;
    }
    return 1;
}

/* ---- names ---- */

/* Where the vocabulary comes from: the embeddings, otherwise the rows of the feature `tokens`. */
static int vocabulary(Reader *r, Span at)
{
    TpVar *tokens = r->out->vars.at[0];
    if (tokens->size || !r->weights) return 1;
    if (r->embeddings) { tokens->size = r->out->words.n; return 1; }
    return tokens_open(r, tokens, at);
}

static TpVar *find_var(Reader *r, const Py *e)
{
    for (int k = 0; e->kind == PY_name && k < r->out->vars.n; k++) if (!strcmp(r->out->vars.at[k]->name, e->text)) return k || vocabulary(r, e->span) ? r->out->vars.at[k] : NULL;
    read_fails(r, e->span, "tprog-name", e->kind == PY_name ? "'%s' is no variable of the program up to here" : "%sa variable is wanted here", e->kind == PY_name ? e->text : "");
    return NULL;
}

static const Py *find_function(Reader *r, const Py *e)
{
    for (int k = r->functions.n - 1; e->kind == PY_name && k >= 0; k--) if (!strcmp(r->functions.at[k].name, e->text)) return r->functions.at[k].py;
    read_fails(r, e->span, "tprog-name", "'%s' is no function of the program up to here", e->kind == PY_name ? e->text : "this");
    return NULL;
}

static TpVar *var_new(Reader *r, const Py *name, TpHow how, TpType type, int64_t size)
{
    TpVar *v = NEW(r->ctx->perm, TpVar);
    if (name->kind != PY_name) return read_fails(r, name->span, "tprog-form", "a name is wanted here"), NULL;
    for (int k = 0; k < r->out->vars.n; k++)
        if (!strcmp(r->out->vars.at[k]->name, name->text)) return read_fails(r, name->span, "tprog-name", "'%s' has a value already", name->text), NULL;
    *v = (TpVar){.name = name->text, .span = name->span, .how = how, .type = type, .size = size};
    vec_push(r->ctx->perm, &r->out->vars, v);
    return v;
}

/* ---- statements of run() ---- */

static int scores(Reader *r, const Holes *h, int number)
{
    const Py *feature = hole(h, "FEATURE"), *frame = hole(h, "FRAME");
    TpVar *v = find_var(r, hole(h, "VALUES"));
    TpScore s;
    if (!v) return 0;
    if (feature->kind != PY_text || frame->kind != PY_name) return read_fails(r, feature->span, "tprog-form", "the name of a feature is wanted here");
    if (!r->weights) return read_fails(r, feature->span, "tprog-form", "classifier_weights are used before they are read");
    if ((v->type == TP_number) != number) return read_fails(r, feature->span, "tprog-type", "'%s' is %s", v->name, number ? "a category; only numbers are multiplied with a row" : "a number; it is multiplied with its row");
    if (!weights_rows(r, feature->text, v, feature->span, &s)) return 0;
    vec_push(r->ctx->perm, &r->scores, s);
    vec_push(r->ctx->perm, &r->score_names, frame->text);
    return 1;
}

static int pattern(Reader *r, const Holes *h, int closest)
{
    const Py *name = hole(h, "PATTERN");
    Pattern p = {name->text, closest, find_var(r, hole(h, "KEYS")), find_var(r, hole(h, "QUERIES")), find_function(r, hole(h, "PREDICATE"))};
    if (!p.keys || !p.queries || !p.fn) return 0;
    if (!(r->helpers & (closest ? 1 : 2))) return read_fails(r, name->span, "tprog-name", "'%s' is not defined", closest ? "select_closest" : "select");
    vec_push(r->ctx->perm, &r->patterns, p);
    return 1;
}

static int head(Reader *r, const Holes *h, int sum)
{
    const Py *name = hole(h, "PATTERN");
    const Pattern *p = NULL;
    TpVar *values = find_var(r, hole(h, "VALUES")), *v;
    for (int k = 0; name->kind == PY_name && k < r->patterns.n; k++) if (!strcmp(r->patterns.at[k].name, name->text)) p = &r->patterns.at[k];
    if (!values) return 0;
    if (!p) return read_fails(r, name->span, "tprog-name", "this is no pattern of the program up to here");
    if (!(r->helpers & (sum ? 8 : 4))) return read_fails(r, name->span, "tprog-name", "'%s' is not defined", sum ? "aggregate_sum" : "aggregate");
    if (sum != (values->type == TP_number) || sum == p->closest) return read_fails(r, name->span, "tprog-type", sum ? "aggregate_sum takes a pattern of select and a number" : "aggregate takes a pattern of select_closest and a category");
    v = var_new(r, hole(h, "NAME"), sum ? TP_sum : TP_closest, values->type, sum ? values->size * r->out->most : values->size);
    if (!v) return 0;
    if (v->size > INT32_MAX) return read_fails(r, name->span, "tprog-range", "'%s' could leave 32 bits", v->name);
    v->klass = values->klass;
    v->keys = p->keys;
    v->queries = p->queries;
    v->values = values;
    v->predicate = p->fn->text;
    v->causal = r->helper_causal[!p->closest];
    return predicate_read(r, p, v);
}

static int table(Reader *r, const Holes *h, int nin)
{
    const Py *fn = find_function(r, hole(h, "FUNCTION"));
    TpVar *a = find_var(r, hole(h, "A")), *b = nin > 1 ? find_var(r, hole(h, "B")) : NULL, *v;
    if (!fn || !a || (nin > 1 && !b)) return 0;
    v = var_new(r, hole(h, "NAME"), TP_table, TP_int, 0);
    if (!v) return 0;
    v->nin = nin;
    v->in[0] = a;
    v->in[1] = b;
    v->function = fn->text;
    return table_read(r, fn, v);
}

static int concat(Reader *r, const Py *frames)
{
    Tprog *p = r->out;
    if (frames->kind != PY_list) return read_fails(r, frames->span, "tprog-form", "a list of scores is wanted here");
    for (int k = 0; k < frames->n; k++) {
        int found = -1;
        for (int j = 0; frames->kid[k]->kind == PY_name && j < r->scores.n; j++) if (!strcmp(r->score_names.at[j], frames->kid[k]->text)) found = j;
        if (found < 0) return read_fails(r, frames->kid[k]->span, "tprog-name", "these are no scores of the program up to here");
        vec_push(r->ctx->perm, &p->scores, r->scores.at[found]);
    }
    return p->scores.n ? 1 : read_fails(r, frames->span, "tprog-form", "the classifier adds nothing");
}

static int class_of(Reader *r, const char *text)
{
    for (int k = 0; k < r->out->classes.n; k++) if (!strcmp(r->out->classes.at[k], text)) return k;
    vec_push(r->ctx->perm, &r->out->classes, text);
    return r->out->classes.n - 1;
}

void program_forced(Reader *r, const char *word, int *token, int *to)
{
    for (int k = 0; k < r->out->words.n; k++) if (!strcmp(r->out->words.at[k], word)) *token = k;
    if (*token >= 0) *to = class_of(r, word);
}

static int forced(Reader *r, const Py *word, int *token, int *to)
{
    if (word->kind != PY_text || *token >= 0) return read_fails(r, word->span, "tprog-form", "one word is wanted here");
    program_forced(r, word->text, token, to);
    return 1;
}

static int embedding(Reader *r, const Holes *h)
{
    const Py *column = hole(h, "COLUMN"), *klass = hole(h, "ENUM");
    if (!r->embeddings || column->kind != PY_text || klass->kind != PY_name) return read_fails(r, klass->span, "tprog-form", "a column of the embeddings, read before, is wanted here");
    TpVar *v = var_new(r, hole(h, "NAME"), TP_embedding, TP_enum, 0);
    return v && embedding_read(r, column->text, klass->text, v, column->span);
}

static int statement(Reader *r, const Py *st, FormId *last)
{
    Holes h;
    FormId form = forms_find(&r->forms, st, &h);
    Tprog *p = r->out;
    *last = form;
    if ((form == FORM_first || form == FORM_last || form == FORM_concat) && !vocabulary(r, st->span)) return 0;
    if (!r->weights && form != FORM_weights && form != FORM_COUNT) return read_fails(r, st->span, "tprog-form", "the weights of the classifier are read first");
    switch (form) {
    case FORM_weights: return r->weights ? read_fails(r, st->span, "tprog-form", "the weights are read twice") : weights_open(r, hole(&h, "FILE"));
    case FORM_scores: return scores(r, &h, 0);
    case FORM_number_scores: return scores(r, &h, 1);
    case FORM_positions: {
        int64_t n = positions_known(r);
        p->most = n && n < p->most ? n : p->most;
        return var_new(r, hole(&h, "NAME"), TP_positions, TP_int, p->most) != NULL;
    }
    case FORM_ones: return var_new(r, hole(&h, "NAME"), TP_ones, TP_number, 1) != NULL;
    case FORM_embed_file: return r->embeddings || p->words.n ? read_fails(r, st->span, "tprog-form", "the vocabulary is known already") : embeddings_open(r, hole(&h, "FILE"));
    case FORM_embedding: return embedding(r, &h);
    case FORM_closest: return pattern(r, &h, 1);
    case FORM_select: return pattern(r, &h, 0);
    case FORM_aggregate: return head(r, &h, 0);
    case FORM_sum: return head(r, &h, 1);
    case FORM_table1: return table(r, &h, 1);
    case FORM_table2: return table(r, &h, 2);
    case FORM_concat: return concat(r, hole(&h, "FRAMES"));
    case FORM_first: return forced(r, hole(&h, "WORD"), &p->first_token, &p->first_class);
    case FORM_last: return forced(r, hole(&h, "WORD"), &p->last_token, &p->last_class);
    case FORM_pooled: p->pooled = 1; return 1;
    case FORM_COUNT: break;
    default: return 1;
    }
    const char *near = forms_nearest(&r->forms, st);
    read_fails(r, st->span, "tprog-form", "this statement is not one of a generated Transformer Program");
    if (near) diag_note(&r->ctx->diag, st->span, "nearest to it is: %s", near);
    return 0;
}

static int run_read(Reader *r, const Py *run)
{
    const Py *params = run->kid[0], *body = run->kid[1];
    FormId last = FORM_COUNT;
    int seen[FORM_COUNT + 1] = {0}, ok = 1;
    if (!params->n || params->kid[0]->kind != PY_name || strcmp(params->kid[0]->text, "tokens"))
        return read_fails(r, run->span, "tprog-run", "run takes tokens");
    var_new(r, params->kid[0], TP_tokens, TP_token, 0);
    for (int k = 0; ok && k < body->n; k++) {
        const Py *st = body->kid[k];
        if (st->kind == PY_def) { NamedPy f = {st->text, st}; vec_push(r->ctx->perm, &r->functions, f); continue; }
        if (st->kind == PY_expr && st->kid[0]->kind == PY_text) continue;                      /* a comment as a text */
        ok = statement(r, st, &last);
        seen[last] = 1;
    }
    if (!ok) return 0;
    int whole = last == FORM_results && seen[FORM_predictions] && !seen[FORM_pooled], one = last == FORM_result && seen[FORM_pooled] && seen[FORM_prediction];
    if (!seen[FORM_concat] || !seen[FORM_logits] || !seen[FORM_classes] || (!whole && !one))
        return read_fails(r, run->span, "tprog-run", "run does not end with feature_logits, logits, classes and predictions that it returns");
    return weights_scale(r);
}

/* What stands behind run: examples and a loop that prints them. */
static int is_tail(const Py *st)
{
    if (st->kind == PY_assign) return st->kid[0]->kind == PY_name && !strcmp(st->kid[0]->text, "examples");
    if (st->kind == PY_expr) return st->kid[0]->kind == PY_text;
    if (st->kind == PY_if) return st->kid[0]->kind == PY_compare && st->kid[0]->kid[0]->kind == PY_name && !strcmp(st->kid[0]->kid[0]->text, "__name__");
    return st->kind == PY_for && st->kid[1]->kind == PY_name && !strcmp(st->kid[1]->text, "examples");
}

Tprog *tprog_load(Ctx *ctx, Source *s, int semantics, int64_t max_length)
{
    Reader r = {.ctx = ctx, .source = s, .out = NEW(ctx->perm, Tprog)};
    const Py *file = py_parse(ctx, s), *run = NULL;
    const char *base = strrchr(s->path, '/');
    Tprog *p = r.out;
    int before = ctx->diag.errors;
    if (!file) return NULL;
    base = base ? base + 1 : s->path;
    p->name = arena_str(ctx->perm, base, strcspn(base, "."));
    p->first_token = p->last_token = -1;
    p->most = max_length;
    p->model = semantics == TPROG_BY_MODEL;
    forms_init(&r.forms, ctx);
    for (int k = 0; k < file->n; k++) {
        const Py *st = file->kid[k];
        if (st->kind == PY_import) import_read(&r, st);
        else if (st->kind == PY_def && strcmp(st->text, "run")) helper_check(&r, st);
        else if (st->kind == PY_def && !run) run = st;
        else if (!is_tail(st)) read_fails(&r, st->span, "tprog-form", "this statement is not one of a generated Transformer Program");
    }
    if (!run) read_fails(&r, source_span(&ctx->sources, s, 0, 0), "tprog-run", "%s has no function run(tokens): it is no Transformer Program", s->path);
    if (ctx->diag.errors > before || !run_read(&r, run)) return NULL;
    return p;
}
