/* tabulate.c - what costs much and depends on indices alone becomes a table. Takes expressions of functions such as pow, exp and sin over
 * indices of known size, as in the frequencies of rotary positions; gives a constant tensor in their place, which fold evaluates.
 *
 *     a[t,k] = to_f(t) * pow(1e4, to_f(k) / -32)      becomes      f[k] = pow(1e4, to_f(k) / -32), a[t,k] = to_f(t) * f[k] */
#include "compiler/opt/util.h"

enum { LEAST_COST = 12, MAX_TABLE = 4096 };

typedef struct Tabulate { OptCtx *c; Module *m; const Entry *e; Node *n; int done; } Tabulate;

/* Elements of a table over the slots of e; 0: some index has no known size, or there are too many. */
static int64_t table_size(const Tabulate *t, const Expr *e)
{
    int64_t count = 1, lo, size;
    for (int s = 0; s < t->n->rank + t->n->nred; s++) {
        if (!ex_uses_slot(e, s)) continue;
        const Range *r = s < t->n->rank ? NULL : &t->n->r[s - t->n->rank];
        if (r && (!ex_is_int(r->lo, &lo) || lo)) return 0;
        if (!ex_is_int(r ? r->hi : t->n->ext[s], &size) || size < 1 || (count *= size) > MAX_TABLE) return 0;
    }
    return count;
}

static int worth_it(const Tabulate *t, const Expr *e)
{
    RangeCtx rc;
    if (e->dtype != DT_f32 || e->traits & (TRAIT_read | TRAIT_data | TRAIT_acc | TRAIT_guard | TRAIT_sym)) return 0;
    if (!ex_slots(e) || ex_cost(e) < LEAST_COST || !table_size(t, e)) return 0;
    range_ctx(&rc, t->m, t->e, t->n);
    return expr_is_safe(t->m, &rc, e);
}

/* e with its largest parts that are worth it as tables. */
static Expr *with_tables(Tabulate *t, Expr *e)
{
    Expr *arg[MAX_RANK + 1];
    int changed = 0;
    if (worth_it(t, e) && opt_may(t->c)) {
        Expr *read = expr_as_tensor(t->m, t->n, e, "table");
        t->done += read != NULL;
        return read ? read : e;
    }
    if (ex_cost(e) < LEAST_COST) return e;
    for (int k = 0; k < e->n; k++) {
        arg[k] = with_tables(t, e->arg[k]);
        changed |= arg[k] != e->arg[k];
    }
    if (!changed) return e;
    if (e->op == EX_read) return ex_read(t->m, e->u.node, arg);
    if (e->op == EX_read_or) return ex_read_or(t->m, e->u.node, arg, arg[e->n - 1]);
    return ex_op(t->m, e->op, arg);
}

int pass_tabulate(OptCtx *c, Module *m)
{
    int done = 0;
    for (int k = 0; k < m->entries.n; k++) {
        NodeList list = entry_nodes(c, m->entries.at[k]);
        for (int j = 0; j < list.v.n; j++) {
            Tabulate t = {c, m, m->entries.at[k], list.v.at[j], 0};
            if (node_is_const(t.n)) continue;
            if (t.n->body) t.n->body = with_tables(&t, t.n->body);
            if (t.n->post) t.n->post = with_tables(&t, t.n->post);
            done += t.done;
        }
    }
    return done;
}
