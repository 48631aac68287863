/* tuning.c - questions and answers of tuning.h. Takes nodes, gives keys and choices; files of answers are read and written by
 * the driver. */
#include <ctype.h>
#include <string.h>
#include "compiler/plan/tuning.h"
#include "compiler/plan/plan.h"

const TuneInfo tune_info[TUNE_COUNT] = {
    {"columns", "columns of a register tile or panel", 8, 64, 8},
    {"rows", "rows of a register tile", 1, 16, 1},
    {"alone", "all rows at once, outside of regions", 0, 1, 1},
    {"ahead", "fetch the next panel", 0, 1, 1},
    {"region", "rows of a region", 2, 256, 1},
};

int tune_allowed(TuneChoice c, long value)
{
    const TuneInfo *i = &tune_info[c];
    return value >= i->lo && value <= i->hi && (value - i->lo) % i->step == 0;
}

const char *tuning_value(Arena *a, TuneChoice c, int value) { return tune_info[c].lo ? arena_printf(a, "%d", value) : value ? "yes" : "no"; }

Tuning *tuning_new(Arena *a)
{
    Tuning *t = NEW(a, Tuning);
    t->arena = a;
    smap_init(&t->by_name, a);
    smap_init(&t->questions, a);
    return t;
}

static const char *full_name(Arena *a, const char *key, TuneChoice c) { return arena_printf(a, "%s %s", key, tune_info[c].name); }

int tuning_add(Tuning *t, const char *key, TuneChoice c, int value, Span at)
{
    const char *name = full_name(t->arena, key, c);
    if (smap_get(&t->by_name, name)) return 0;
    TuneAnswer *row = NEW(t->arena, TuneAnswer);
    *row = (TuneAnswer){key, c, value, 0, at};
    vec_push(t->arena, &t->answers, row);
    smap_put(&t->by_name, name, row);
    return 1;
}

/* ---- keys ---- */

/* Numbers between dots or at the end become *, what a word of a file cannot hold becomes _. */
static void plain_name(Out *o, const char *name)
{
    for (const char *p = name; *p;) {
        size_t n = strcspn(p, "."), digits = strspn(p, "0123456789");
        if (n && digits == n) out_s(o, "*");
        else for (size_t k = 0; k < n; k++) out_f(o, "%c", isalnum((unsigned char)p[k]) ? p[k] : '_');
        p += n;
        if (*p) { out_s(o, "."); p++; }
    }
}

static void sizes(Out *o, const Module *m, const Entry *e, const Node *n)
{
    RangeCtx rc;
    int64_t v, lo, hi;
    range_ctx_base(&rc, m, e, n);
    out_s(o, "[");
    for (int k = 0; k < n->rank; k++) {
        int known = ex_is_int(n->ext[k], &v);
        if (!known) v = node_bound(m, e, n, k);
        out_f(o, "%s%s%lld", k ? "," : "", known ? "" : "<=", (long long)v);
    }
    for (int k = 0; k < n->nred; k++) {
        int known = ex_is_int(n->r[k].hi, &hi);
        if (!known) range_of(&rc, n->r[k].hi, &lo, &hi);
        out_f(o, "%s%s%lld", k ? "," : ";", known ? "" : "<=", (long long)hi);
    }
    out_s(o, "]");
}

const char *tuning_key(Arena *a, const Module *m, const Entry *e, const Node *n)
{
    Out o;
    out_init(&o, a);
    plain_name(&o, e ? e->name : "");
    out_s(&o, e ? "/" : "*/");
    plain_name(&o, n->name ? n->name : n->data && n->data->name ? n->data->name : node_kind_name[n->kind]);
    sizes(&o, m, e, n);
    return arena_str(a, o.at, o.n);
}

/* ---- questions ---- */
static void count_work(TuneQuestion *q, const Module *m, const Entry *e, const Node *n)
{
    if (map_get(&q->nodes, n)) return;
    map_put(&q->nodes, n, q);
    int64_t count = node_count_bound(m, e, n);
    q->work += node_macs(m, e, n) + (count > 0 ? (double)count : 0);
}

static int answer(const Module *m, const char *key, const Entry *e, const Node *n, TuneChoice c, int rule)
{
    Tuning *t = m->ctx->tuning;
    const char *name = full_name(t->arena, key, c);
    TuneQuestion *q = smap_get(&t->questions, name);
    if (!q) {
        TuneAnswer *row = smap_get(&t->by_name, name);
        q = NEW(t->arena, TuneQuestion);
        q->key = key;
        q->choice = c;
        q->rule = q->value = rule;
        map_init(&q->nodes, t->arena);
        vec_push(t->arena, &t->asked, q);
        smap_put(&t->questions, name, q);
        if (row) { q->answered = row->used = 1; q->value = row->value; }
    }
    count_work(q, m, e, n);
    return q->answered ? q->value : rule;
}

int tuning_step(const Module *m, const Entry *e, const Node *n, TuneChoice c, int rule)
{
    if (!m->ctx->tuning) return rule;
    return answer(m, tuning_key(m->ctx->tuning->arena, m, e, n), e, n, c, rule);
}

void tuning_also(const Module *m, const Entry *e, const Node *n, TuneChoice c, const Node *also)
{
    Tuning *t = m->ctx->tuning;
    TuneQuestion *q = !t ? NULL : smap_get(&t->questions, full_name(t->arena, tuning_key(t->arena, m, e, n), c));
    if (q) count_work(q, m, e, also);
}

int tuning_weight(const Module *m, const Entry *in, const Node *of, const Node *weight, TuneChoice c, int rule)
{
    if (!m->ctx->tuning) return rule;
    return answer(m, tuning_key(m->ctx->tuning->arena, m, NULL, weight), in, of, c, rule);
}
