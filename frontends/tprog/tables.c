/* tables.c - predicates and tables of a program, by evaluation: the Python function is called for every value that its arguments
 * can have. Numbers can have many; of those only the ones that the function names, and one beyond, need a call. */
#include <stdlib.h>
#include <string.h>
#include "frontends/tprog/read.h"

enum { MOST_CELLS = 1 << 22 };

static int member_of(void *user, const char *klass, const char *name)
{
    const Reader *r = user;
    for (int k = 0; k < r->enums.n; k++) {
        const PyEnum *e = &r->enums.at[k];
        char *end;
        if (strcmp(e->name, klass) || name[0] != 'V' || !name[1]) continue;
        long m = strtol(name + 1, &end, 10);
        return *end || m < 0 || m >= e->n ? -1 : e->canonical[m];
    }
    return -1;
}

Pv code_value(const Reader *r, const TpVar *v, int64_t code)
{
    if (v->type == TP_token) return pv_text(r->out->words.at[code]);
    return v->type == TP_enum ? pv_enum(v->klass, code) : pv_int(code);
}

/* Functions that only compare with what they name treat all other values alike. */
static int only_compares(const Py *e, int64_t *largest)
{
    if (e->kind == PY_binary || e->kind == PY_call || e->kind == PY_index || e->kind == PY_neg || e->kind == PY_comp || e->kind == PY_for || e->kind == PY_lambda) return 0;
    if (e->kind == PY_compare && strcmp(e->text, "==") && strcmp(e->text, "!=") && strcmp(e->text, "in")) return 0;
    if (e->kind == PY_int && e->num > *largest) *largest = e->num;
    for (int k = 0; k < e->n; k++) if (!only_compares(e->kid[k], largest)) return 0;
    return 1;
}

static int failed(Reader *r, const PyRun *p, const Py *fn)
{
    return read_fails(r, p->why ? p->at : fn->span, "tprog-function", "'%s' cannot be evaluated: %s", fn->text, p->why ? p->why : "no value");
}

enum { MANY_CALLS = 4096 };     /* after which their memory is given back */

static void start(PyRun *p) { p->a = arena_new(); map_init(&p->sets, p->a); }

static int evaluate(PyRun *p, int64_t call, const Py *fn, int n, const Pv *args, Pv *out)
{
    if (call % MANY_CALLS == MANY_CALLS - 1) { arena_free(p->a); start(p); }
    p->steps = 0;
    return py_call(p, fn, n, args, out);
}

/* One key for each query, or none: what generated predicates are. Otherwise the whole matrix. */
static void by_query(Reader *r, TpVar *head)
{
    int64_t q = head->queries->size, k = head->keys->size;
    int32_t *of = NEWN(r->ctx->perm, int32_t, q);
    for (int64_t i = 0; i < q; i++) {
        of[i] = -1;
        for (int64_t j = 0; j < k; j++) {
            if (!head->match[i * k + j]) continue;
            if (of[i] >= 0) return;
            of[i] = (int32_t)j;
        }
    }
    head->key_of = of;
}

int predicate_read(Reader *r, const Pattern *p, TpVar *head)
{
    int64_t q = p->queries->size, k = p->keys->size;
    if (p->queries->type == TP_number || p->keys->type == TP_number) return read_fails(r, p->fn->span, "tprog-type", "a predicate compares categories, and %s is a number", p->queries->type == TP_number ? p->queries->name : p->keys->name);
    if (p->fn->kid[0]->n != 2) return read_fails(r, p->fn->span, "tprog-function", "a predicate takes a query and a key");
    if (k * q > MOST_CELLS) return read_fails(r, p->fn->span, "tprog-range", "%lld queries times %lld keys are more than are tried", (long long)q, (long long)k);
    PyRun run = {.ctx = r->ctx, .member = member_of, .user = r};
    start(&run);
    head->match = NEWN(r->ctx->perm, unsigned char, q * k);
    int ok = 1;
    for (int64_t i = 0; ok && i < q; i++)
        for (int64_t j = 0; ok && j < k; j++) {
            Pv args[2] = {code_value(r, p->queries, i), code_value(r, p->keys, j)}, out;
            ok = evaluate(&run, i * k + j, p->fn, 2, args, &out) || failed(r, &run, p->fn);
            if (ok) head->match[i * k + j] = (unsigned char)pv_truth(&out);
        }
    arena_free(run.a);
    if (ok) by_query(r, head);
    return ok;
}

int table_read(Reader *r, const Py *fn, TpVar *v)
{
    int64_t named = -1, cells = 1, largest = 0;
    int simple = only_compares(fn->kid[1], &named);
    if (fn->kid[0]->n != v->nin) return read_fails(r, fn->span, "tprog-function", "'%s' takes %d arguments, and %d are given", fn->text, fn->kid[0]->n, v->nin);
    v->extent[0] = v->extent[1] = 1;
    for (int k = 0; k < v->nin; k++) {
        int64_t all = v->in[k]->type == TP_number ? v->in[k]->size + 1 : v->in[k]->size;
        v->extent[k] = v->in[k]->type == TP_number && simple && all > named + 2 ? named + 2 : all;
        cells *= v->extent[k];
        if (cells > MOST_CELLS) return read_fails(r, fn->span, "tprog-range", "'%s' would be a table of more than %d cells", fn->text, MOST_CELLS);
    }
    PyRun run = {.ctx = r->ctx, .member = member_of, .user = r};
    start(&run);
    v->table = NEWN(r->ctx->perm, int32_t, cells);
    int ok = 1;
    for (int64_t c = 0; ok && c < cells; c++) {
        Pv args[2] = {code_value(r, v->in[0], c / v->extent[1]), v->nin > 1 ? code_value(r, v->in[1], c % v->extent[1]) : pv_int(0)}, out = {0};
        ok = evaluate(&run, c, fn, v->nin, args, &out) || failed(r, &run, fn);
        if (ok && out.kind == PV_int && out.num >= MOST_CELLS) ok = read_fails(r, fn->span, "tprog-range", "'%s' gives %lld; values are below %d", fn->text, (long long)out.num, MOST_CELLS);
        else if (ok && (out.kind != PV_int || out.num < 0)) ok = read_fails(r, fn->span, "tprog-function", "'%s' does not give a number from 0 on for every input", fn->text);
        if (ok) v->table[c] = (int32_t)out.num;
        if (ok && out.num > largest) largest = out.num;
    }
    arena_free(run.a);
    v->size = largest + 1;
    return ok;
}
