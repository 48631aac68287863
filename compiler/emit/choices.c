/* choices.c - the part of the report that explains choices: the tiles of every contraction beside other widths by the cost model, and all
 * that the plan chose among, with the rule or the tuning file as the reason. Takes a plan made with a Tuning, gives text. */
#include <string.h>
#include "compiler/emit/emit.h"
#include "compiler/plan/kernel.h"
#include "compiler/plan/tuning.h"

static const char *estimate(Arena *a, const Target *t, const TileSizes *s, int rows, int columns)
{
    return arena_printf(a, "%d x %d %.0f%%", rows, columns, 100 * tile_share(t, s, rows, columns));
}

static void contraction(const Plan *p, const Entry *e, const Step *s, SMap *seen, Out *o)
{
    Arena *a = o->arena;
    const Target *t = p->module->ctx->target;
    const char *key = tuning_key(a, p->module, e, s->node);
    int rows, columns, width[MAX_WIDTHS], n = tile_widths(t, width);
    TileSizes z;
    if (smap_get(seen, key)) return;
    smap_put(seen, key, seen);
    kernel_tile(p, s->node, s->kernel, &rows, &columns);
    out_f(o, "%-48s ", key);
    if (!tile_sizes(p->module, e, s->node, s->in, s->nin, s->kernel, &z)) { out_f(o, "%d x %d, for any number of rows\n", rows, columns); return; }
    out_f(o, "%.0f x %.0f x %.0f  in %s;", z.rows, z.columns, z.depth, estimate(a, t, &z, rows, columns));
    for (int k = 0; k < n; k++)
        if (width[k] != columns) out_f(o, " %s", estimate(a, t, &z, target_rows(t, width[k]), width[k]));
    out_f(o, "%s\n", s->nin ? "" : ", alone");
}

static void contractions(const Plan *p, const Entry *e, Step *const *s, int n, SMap *seen, Out *o)
{
    for (int k = 0; k < n; k++) {
        if (s[k]->kind == STEP_node && s[k]->kernel) contraction(p, e, s[k], seen, o);
        contractions(p, e, s[k]->body.at, s[k]->body.n, seen, o);
        contractions(p, e, s[k]->other.at, s[k]->other.n, seen, o);
    }
}

static const char *reason(Arena *a, const Target *t, const TuneQuestion *q)
{
    if (q->answered) return arena_printf(a, "tuning file; without it %s", tuning_value(a, q->choice, q->rule));
    switch (q->choice) {
    case TUNE_columns: return t && t->registers < 32 && q->key[0] == '*' ? "cost model, 16 where rows are not known" : "rule: what divides the columns and leaves registers for rows";
    case TUNE_rows: return "rule: what the registers hold";
    case TUNE_alone: return q->value ? "rule: weights too large to be read for every few rows" : "rule: few weights";
    case TUNE_ahead: return q->value ? "rule: few tiles of rows a panel" : "rule: many tiles of rows a panel, or few weights";
    default: return "rule";
    }
}

void choices_text(const Plan *p, Out *o)
{
    Arena *a = o->arena;
    const Tuning *t = p->module->ctx->tuning;
    const Target *target = p->module->ctx->target;
    size_t wide = 24;
    SMap seen;
    if (!t || !t->asked.n) return;
    smap_init(&seen, a);
    if (target && target->width) {
        out_f(o, "\ncontractions: rows x columns x depth at hand, the tile and others, with the part of the peak that the cost model gives them\n");
        for (int k = 0; k < p->entries.n; k++) contractions(p, p->entries.at[k]->entry, p->entries.at[k]->steps.at, p->entries.at[k]->steps.n, &seen, o);
    }
    for (int k = 0; k < t->asked.n; k++) if (strlen(t->asked.at[k]->key) > wide) wide = strlen(t->asked.at[k]->key);
    out_f(o, "\n%-*s %-8s %6s\n", (int)wide, "choices (for --tuning)", "", "value");
    for (int k = 0; k < t->asked.n; k++) {
        const TuneQuestion *q = t->asked.at[k];
        out_f(o, "%-*s %-8s %6s  %s\n", (int)wide, q->key, tune_info[q->choice].name, tuning_value(a, q->choice, q->value), reason(a, target, q));
    }
}
