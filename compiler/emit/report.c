/* report.c - what a plan needs and what takes it, as a text table: flash, RAM, the steps with their cost, the buffers with
 * the time they live. Takes a plan, gives text for people; json.c says the same to programs. */
#include <string.h>
#include "compiler/emit/emit.h"

enum { NAME = 32, MAP = 40 };              /* columns of names; of the map of lifetimes */

static const char *clipped(Arena *a, const char *name)
{
    size_t n = strlen(name);
    return n <= NAME ? name : arena_printf(a, "..%s", name + n - NAME + 2);
}

static const char *share(Arena *a, double part, double all) { return all > 0 ? arena_printf(a, "%5.1f%%", 100 * part / all) : "      "; }

static void step_lines(const Plan *p, const EntryPlan *ep, Step *const *s, int n, double all, Out *o)
{
    Arena *a = o->arena;
    for (int k = 0; k < n; k++) {
        Cost c = step_cost(p, ep, s[k]);
        const char *form = step_growth(a, p, ep, s[k]);
        const char *what = s[k]->kind == STEP_region ? arena_printf(a, "rows, %d at a time:", s[k]->region->rows) : s[k]->kind == STEP_loop ? "loop:" : s[k]->kind == STEP_if ? "if:" : step_title(a, s[k]);
        out_f(o, "%-*s %14s %s %14s %14s%s%s\n", NAME + 8 - 2 * o->indent, clipped(a, what), grouped(a, c.macs), share(a, c.macs, all), grouped(a, c.ops), grouped(a, c.bytes), *form ? "  " : "", form);
        if (s[k]->kind == STEP_node || s[k]->kind == STEP_copy) continue;
        o->indent++;
        step_lines(p, ep, s[k]->body.at, s[k]->body.n, all, o);
        step_lines(p, ep, s[k]->other.at, s[k]->other.n, all, o);
        o->indent--;
    }
}

/* One line a buffer: '#' where it lives, a column for each step of time. */
static void buffer_lines(const EntryPlan *ep, Out *o)
{
    Arena *a = o->arena;
    int span = ep->positions > 0 ? ep->positions : 1;
    out_f(o, "%-*s %10s %12s  life\n", NAME, "work memory", "offset", "bytes");
    for (int k = 0; k < ep->buffers.n; k++) {
        const Buffer *b = ep->buffers.at[k];
        if (b->space != SPACE_work) continue;
        char map[MAP + 1];
        for (int j = 0; j < MAP; j++) {
            int from = (int)((int64_t)j * span / MAP), to = (int)((int64_t)(j + 1) * span / MAP);
            map[j] = b->first < (to > from ? to : from + 1) && b->last >= from ? '#' : '.';
        }
        map[MAP] = 0;
        out_f(o, "%-*s %10lld %12s  %s %d..%d%s\n", NAME, clipped(a, b->name), (long long)b->offset, grouped(a, (double)b->bytes), map, b->first, b->last, b->over ? " (over another)" : "");
    }
}

void report_text(const Plan *p, Out *o)
{
    Arena *a = o->arena;
    out_f(o, "flash  %14s B  weights, %d tensors\n", grouped(a, (double)p->weight_bytes), p->weights.n);
    out_f(o, "RAM    %14s B  work memory\n", grouped(a, (double)p->work_bytes));
    out_f(o, "RAM    %14s B  state, %d tensors\n", grouped(a, (double)emit_state_offset(p, p->states.n)), p->states.n);
    for (int k = 0; k < p->entries.n; k++) {
        const EntryPlan *ep = p->entries.at[k];
        Cost c = entry_cost(p, ep);
        out_f(o, "\nentry %s: %s multiply-adds, %s other operations, work memory %s B (no plan can do with less than %s)\n", ep->entry->name, grouped(a, c.macs), grouped(a, c.ops), grouped(a, (double)ep->work_bytes), grouped(a, (double)ep->lower_bound));
        if (*entry_growth(a, p, ep)) out_f(o, "%s\n", entry_growth(a, p, ep));
        out_f(o, "%-*s %14s %6s %14s %14s\n", NAME + 8, "step", "multiply-adds", "", "operations", "bytes touched");
        step_lines(p, ep, ep->steps.at, ep->steps.n, c.macs, o);
        out_f(o, "\n");
        buffer_lines(ep, o);
    }
    choices_text(p, o);
    if (!p->weights.n) return;
    out_f(o, "\n%-*s %10s %12s\n", NAME, "weights", "offset", "bytes");
    for (int k = 0; k < p->weights.n; k++) {
        const Buffer *b = p->weights.at[k].buf;
        out_f(o, "%-*s %10lld %12s %s%s\n", NAME, clipped(a, b->name), (long long)b->offset, grouped(a, (double)b->bytes), dtype_info[b->dtype].name, b->panel ? " in panels" : "");
    }
}
