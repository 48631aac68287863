/* print.c - a plan as text: memory map, then the steps of every entry. */
#include "compiler/plan/plan.h"

static void buffer_line(const Buffer *b, Out *o)
{
    out_f(o, "%-7s %8lld..%-8lld %s[%lld] %s", space_name[b->space], (long long)b->offset, (long long)(b->offset + b->bytes), dtype_info[b->dtype].name, (long long)b->count, b->name);
    if (b->space == SPACE_work) out_f(o, "  life %d..%d", b->first, b->last);
    out_f(o, "\n");
}

static void steps(const Plan *p, Step *const *s, int n, Out *o, Arena *a)
{
    static const char *const kind[] = {"node", "copy", "loop", "if", "region"};
    for (int k = 0; k < n; k++) {
        out_f(o, "%s %%%u", kind[s[k]->kind], s[k]->node->id);
        if (s[k]->src) out_f(o, " %s@%lld ->", s[k]->src->name, (long long)s[k]->src->offset);
        if (s[k]->dst) out_f(o, " %s@%s+%lld", s[k]->dst->name, space_name[s[k]->dst->space], (long long)s[k]->dst->offset);
        if (s[k]->split) out_f(o, " split%s", s[k]->with_next ? " with the next" : "");
        if (s[k]->kind == STEP_node) out_f(o, " ; %s", node_text(a, p->module, s[k]->node));
        out_f(o, "\n");
        if (s[k]->kind == STEP_node || s[k]->kind == STEP_copy) continue;
        o->indent++;
        steps(p, s[k]->body.at, s[k]->body.n, o, a);
        o->indent--;
        if (s[k]->kind != STEP_if) continue;
        out_f(o, "else\n");
        o->indent++;
        steps(p, s[k]->other.at, s[k]->other.n, o, a);
        o->indent--;
    }
}

void plan_print(const Plan *p, Out *o)
{
    out_f(o, "plan weights %lld state %lld work %lld\n", (long long)p->weight_bytes, (long long)p->state_bytes, (long long)p->work_bytes);
    for (int k = 0; k < p->weights.n; k++) buffer_line(p->weights.at[k].buf, o);
    for (int k = 0; k < p->states.n; k++) buffer_line(p->states.at[k], o);
    for (int k = 0; k < p->entries.n; k++) {
        const EntryPlan *ep = p->entries.at[k];
        out_f(o, "entry %s work %lld lower bound %lld\n", ep->entry->name, (long long)ep->work_bytes, (long long)ep->lower_bound);
        o->indent++;
        for (int j = 0; j < ep->buffers.n; j++) buffer_line(ep->buffers.at[j], o);
        steps(p, ep->steps.at, ep->steps.n, o, p->arena);
        o->indent--;
    }
}
