/* helpers.c - the four functions in front of run(). Their Python may be written in any way: each is run on cases, all of up to
 * three positions and random ones of up to nine, and has to do what its name stands for:
 *   select_closest(keys, queries, predicate)[i]: one true entry, at the match nearest to i; position i itself counts as far away
 *     as there are matches; of equally near ones the first; position 0 when nothing matches;
 *   select(keys, queries, predicate)[i][j]: predicate(queries[i], keys[j]);
 *   aggregate(attention, values)[i]: the value where row i is true;  aggregate_sum: the sum of those.
 * The first two look at all keys, or (autoregressive) at keys[: i + 1]; which one is found out. */
#include <string.h>
#include "frontends/tprog/read.h"

enum { MOST_N = 9, RANDOM_CASES = 200 };
typedef struct Case { int n; unsigned char at[MOST_N][MOST_N]; } Case;

static int matrix_at(PyRun *r, const Pv *f, int n, const Pv *args, Pv *result)
{
    const Case *c = r->user;
    (void)f;
    if (n != 2 || args[0].kind != PV_int || args[1].kind != PV_int) return 0;
    *result = (Pv){.kind = PV_bool, .num = c->at[args[0].num][args[1].num]};
    return 1;
}

static int closest(const Case *c, int i, int upto)
{
    int matches = 0, best = 0, least = 0, found = 0;
    for (int j = 0; j < upto; j++) matches += c->at[i][j];
    for (int j = 0; j < upto; j++) {
        int cost = j == i ? matches : j < i ? i - j : j - i;
        if (c->at[i][j] && (!found || cost < least)) { found = 1; least = cost; best = j; }
    }
    return best;
}

static Pv numbers(PyRun *p, int n, int times, int plus)
{
    Pv v = pv_list(p);
    for (int k = 0; k < n; k++) pv_push(p, &v, pv_int((int64_t)k * times + plus));
    return v;
}

static Pv matrix(PyRun *p, const Case *c)
{
    Pv v = pv_list(p);
    for (int i = 0; i < c->n; i++) {
        Pv row = pv_list(p);
        for (int j = 0; j < c->n; j++) pv_push(p, &row, (Pv){.kind = PV_bool, .num = c->at[i][j]});
        pv_push(p, &v, row);
    }
    return v;
}

/* Does row i of what came out say what it should? */
static int row_right(const Case *c, const Pv *row, int i, int closest_one, int causal)
{
    int upto = causal ? i + 1 : c->n, at = closest(c, i, upto);
    if (!row->items || (closest_one ? row->items->n != c->n : row->items->n != upto)) return 0;
    for (int j = 0; j < row->items->n; j++)
        if (pv_truth(&row->items->at[j]) != (closest_one ? j == at : c->at[i][j])) return 0;
    return 1;
}

typedef struct Trial { Reader *r; const Py *fn; int select, sum, may[2]; } Trial;   /* may: looking at all keys, at those before */

static int one_case(Trial *t, Case *c)
{
    Arena *a = arena_new();
    PyRun p = {.ctx = t->r->ctx, .a = a, .native = matrix_at, .user = c};
    Pv args[3], out = {0};
    int ok, n = t->select ? 3 : 2;
    map_init(&p.sets, a);
    if (t->select) {
        args[0] = numbers(&p, c->n, 1, 0);
        args[1] = numbers(&p, c->n, 1, 0);
        args[2] = (Pv){.kind = PV_function};
    } else {
        args[0] = matrix(&p, c);
        args[1] = numbers(&p, c->n, 7, 3);
    }
    ok = py_call(&p, t->fn, n, args, &out) && out.kind == PV_list && out.items->n == c->n;
    for (int i = 0; ok && t->select && i < c->n; i++)
        for (int causal = 0; causal < 2; causal++) t->may[causal] &= row_right(c, &out.items->at[i], i, t->select == 1, causal);
    for (int i = 0; ok && !t->select && i < c->n; i++) {
        int64_t want = 0;
        for (int j = 0; j < c->n; j++) want += c->at[i][j] * (j * 7 + 3);
        ok = pv_same(&out.items->at[i], &(Pv){.kind = PV_int, .num = want});
    }
    if (!ok && p.why) read_fails(t->r, p.at, "tprog-helper", "'%s' fails: %s", t->fn->text, p.why);
    else if (!ok) read_fails(t->r, t->fn->span, "tprog-helper", "'%s' does not do what its name stands for in Transformer Programs", t->fn->text);
    arena_free(a);
    return ok;
}

static uint64_t next_random(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return *s >> 33;
}

/* One true entry a row for aggregate; anything otherwise. */
static void fill(Case *c, int n, uint64_t bits, uint64_t *random, int one)
{
    c->n = n;
    for (int i = 0; i < n; i++) {
        int at = (int)(next_random(random) % (uint64_t)n);
        for (int j = 0; j < n; j++) {
            c->at[i][j] = one ? j == at : random && n > 3 ? next_random(random) % 3 == 0 : bits & 1;
            bits >>= 1;
        }
    }
}

int helper_check(Reader *r, const Py *fn)
{
    static const char *const names[] = {"select_closest", "select", "aggregate", "aggregate_sum"};
    int what = 0;
    uint64_t random = 1;
    while (what < 4 && strcmp(names[what], fn->text)) what++;
    if (what == 4) return read_fails(r, fn->span, "tprog-helper", "'%s' is no function of Transformer Programs; they have select_closest, select, aggregate, aggregate_sum and run", fn->text);
    if (fn->kid[0]->n != (what < 2 ? 3 : 2)) return read_fails(r, fn->span, "tprog-helper", "'%s' takes %d arguments", fn->text, what < 2 ? 3 : 2);
    Trial t = {r, fn, what < 2 ? what + 1 : 0, what == 3, {1, 1}};
    Case c;
    for (int n = 1; n <= 3; n++)
        for (uint64_t bits = 0; bits < 1u << (n * n); bits++) {
            fill(&c, n, bits, &random, what == 2);
            if (!one_case(&t, &c)) return 0;
        }
    for (int k = 0; k < RANDOM_CASES; k++) {
        fill(&c, 4 + k % (MOST_N - 3), 0, &random, what == 2);
        if (!one_case(&t, &c)) return 0;
    }
    if (t.select && !t.may[0] && !t.may[1]) return read_fails(r, fn->span, "tprog-helper", "'%s' does not do what its name stands for in Transformer Programs", fn->text);
    if (t.select) r->helper_causal[what] = !t.may[0];
    r->helpers |= 1 << what;
    return 1;
}
