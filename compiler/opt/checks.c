/* checks.c - what an entry checks before it runs. Takes entries, gives them without repeated and trivial checks; every
 * other check without ranges is a fact, which the interval analysis uses. Checks are not dropped because declared
 * intervals imply them: they are what makes those intervals true. */
#include "compiler/opt/util.h"

static int same_check(const Check *a, const Check *b)
{
    if (a->cond != b->cond || a->nred != b->nred) return 0;
    for (int i = 0; i < a->nred; i++)
        if (a->r[i].lo != b->r[i].lo || a->r[i].hi != b->r[i].hi) return 0;
    return 1;
}

/* Is check `at` needed beside the first `kept` ones? */
static int is_needed(const Entry *e, int kept, int at)
{
    const Check *k = &e->checks.at[at];
    if (k->cond->op == EX_int && k->cond->u.i) return 0;
    for (int i = 0; i < kept; i++)
        if (same_check(&e->checks.at[i], k)) return 0;
    return 1;
}

/* 1 when it was not known before. */
static int add_fact(Module *m, Entry *e, Expr *cond)
{
    if (cond->op == EX_and) return add_fact(m, e, cond->arg[0]) + add_fact(m, e, cond->arg[1]);
    if (cond->op == EX_int) return 0;
    for (int i = 0; i < e->facts.n; i++)
        if (e->facts.at[i] == cond) return 0;
    vec_push(m->arena, &e->facts, cond);
    return 1;
}

static int clean(OptCtx *c, Entry *e)
{
    int changes = 0, kept = 0;
    for (int i = 0; i < e->checks.n; i++) {
        if (!is_needed(e, kept, i) && opt_may(c)) changes++;
        else e->checks.at[kept++] = e->checks.at[i];
    }
    e->checks.n = kept;
    for (int i = 0; i < kept; i++)
        if (!e->checks.at[i].nred) changes += add_fact(c->m, e, e->checks.at[i].cond);
    return changes;
}

int pass_checks(OptCtx *c, Module *m)
{
    int changes = 0;
    for (int i = 0; i < m->entries.n; i++) changes += clean(c, m->entries.at[i]);
    return changes;
}
