/* growth.c - how the cost of a step grows with the run-time sizes, and what kind of loop it is: from the loops that are written,
 * not measured. Takes a plan, gives words: "all pairs O(T^2)", "sorting O(T log T)". */
#include <string.h>
#include "compiler/emit/emit.h"

/* Power of the sizes, with a logarithm or without; name: of the size, "n" for several. */
typedef struct Growth { int power, log; const char *name; } Growth;

static const char *size_name(const EntryPlan *ep) { return ep->entry->dims.n == 1 ? ep->entry->dims.at[0]->name : "n"; }

static void mentions(void *u, const Expr *e) { *(int *)u |= e->op == EX_sym || e->op == EX_index || e->op == EX_read; }

/* Does a loop over so many values grow with the run-time sizes? Those with a small bound do not. */
static int grows(const RangeCtx *rc, Module *m, const EntryPlan *ep, Expr *lo, Expr *hi)
{
    int64_t least, most, largest = 0;
    int found = 0;
    Expr *count = ex_sub(m, hi, lo);
    ex_visit(count, mentions, &found);
    if (!found) return 0;
    range_of(rc, count, &least, &most);
    for (int k = 0; k < ep->entry->dims.n; k++) if (ep->entry->dims.at[k]->hi > largest) largest = ep->entry->dims.at[k]->hi;
    return most > 1 && most >= largest / 4;
}

static int own_power(const EntryPlan *ep, const Node *n)
{
    int power = 0, found;
    (void)ep;
    for (int d = 0; d < n->rank; d++) {
        found = 0;
        ex_visit(n->ext[d], mentions, &found);
        power += found;
    }
    return power;
}

static Growth node_growth(const Plan *p, const EntryPlan *ep, const Node *n, const char **form)
{
    Growth g = {own_power(ep, n), 0, size_name(ep)};
    RangeCtx rc;
    int red = 0;
    range_ctx_base(&rc, p->module, ep->entry, n);
    /* the first of a range without conditions is found at once */
    for (int k = 0; k < n->nred && !(n->red == RED_first && !n->nconj); k++) red += grows(&rc, p->module, ep, n->r[k].lo, n->r[k].hi);
    switch (n->kind) {
    case NODE_scatter: *form = "scatter"; if (red > g.power) g.power = red; break;
    case NODE_argsort: *form = "sorting"; g.log = 1; break;
    case NODE_search: *form = "binary search"; g.log = 1; break;
    case NODE_cumsum: case NODE_cummax: *form = "running"; break;
    default:
        *form = red ? g.power ? "all pairs" : "reduction" : n->nred ? "bounded loop" : "element by element";
        g.power += red;
    }
    return g;
}

static const char *order(Arena *a, Growth g)
{
    if (!g.power) return "O(1)";
    const char *s = g.power > 1 ? arena_printf(a, "%s^%d", g.name, g.power) : g.name;
    return arena_printf(a, g.log ? "O(%s log %s)" : "O(%s)", s, g.name);
}

const char *step_growth(Arena *a, const Plan *p, const EntryPlan *ep, const Step *s)
{
    const char *form = "";
    if (s->kind != STEP_node || !ep->entry->dims.n) return "";
    Growth g = node_growth(p, ep, s->node, &form);
    return arena_printf(a, "%s %s", form, order(a, g));
}

static void largest(const Plan *p, const EntryPlan *ep, Step *const *s, int n, Growth *most)
{
    for (int k = 0; k < n; k++) {
        const char *form;
        if (s[k]->kind == STEP_node || s[k]->kind == STEP_copy) {
            Growth g = {own_power(ep, s[k]->node), 0, size_name(ep)};
            if (s[k]->kind == STEP_node) g = node_growth(p, ep, s[k]->node, &form);
            if (g.power > most->power || (g.power == most->power && g.log > most->log)) *most = g;
            continue;
        }
        largest(p, ep, s[k]->body.at, s[k]->body.n, most);
        largest(p, ep, s[k]->other.at, s[k]->other.n, most);
    }
}

static int has_loop(Step *const *s, int n)
{
    for (int k = 0; k < n; k++) if (s[k]->kind == STEP_loop || has_loop(s[k]->body.at, s[k]->body.n) || has_loop(s[k]->other.at, s[k]->other.n)) return 1;
    return 0;
}

const char *entry_growth(Arena *a, const Plan *p, const EntryPlan *ep)
{
    Growth time = {0, 0, size_name(ep)}, space = time;
    if (!ep->entry->dims.n || has_loop(ep->steps.at, ep->steps.n)) return "";
    largest(p, ep, ep->steps.at, ep->steps.n, &time);
    for (int k = 0; k < ep->buffers.n; k++) {
        const Buffer *b = ep->buffers.at[k];
        if (b->space != SPACE_work || !b->node) continue;
        int power = own_power(ep, b->node) - (b->ntile ? 1 : 0);
        if (power > space.power) space.power = power;
    }
    return arena_printf(a, "time %s, work memory %s", order(a, time), order(a, space));
}
