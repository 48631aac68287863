/* json.c - the plan and its cost as one JSON object, for programs: the numbers of report.c and the memory map. */
#include <string.h>
#include "compiler/emit/emit.h"

static void string(Out *o, const char *s)
{
    out_n(o, "\"", 1);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') { char two[2] = {'\\', (char)c}; out_n(o, two, 2); }
        else if (c < 32) { const char *t = arena_printf(o->arena, "\\u%04x", c); out_n(o, t, 6); }
        else out_n(o, s, 1);
    }
    out_n(o, "\"", 1);
}

/* "key": with the comma that separates it from what comes before */
static void key(Out *o, const char *k, int first)
{
    out_f(o, first ? "" : ", ");
    string(o, k);
    out_f(o, ": ");
}
static void key_int(Out *o, const char *k, double v, int first) { key(o, k, first); out_f(o, "%.0f", v); }
static void key_str(Out *o, const char *k, const char *v, int first) { key(o, k, first); string(o, v); }

static void shape(Out *o, const Module *m, const Node *n)
{
    key(o, "shape", 0);
    out_f(o, "[");
    for (int d = 0; d < n->rank; d++) {
        int64_t v;
        out_f(o, d ? ", " : "");
        if (ex_is_int(n->ext[d], &v)) out_f(o, "%lld", (long long)v);
        else string(o, expr_text(o->arena, m, n->ext[d], 0));
    }
    out_f(o, "]");
}

static void cost(Out *o, Cost c)
{
    key_int(o, "macs", c.macs, 0);
    key_int(o, "operations", c.ops, 0);
    key_int(o, "bytes_touched", c.bytes, 0);
}

static void begin(Out *o, int k) { out_f(o, k ? ",\n" : "\n"); }

static void steps(const Plan *p, const EntryPlan *ep, Step *const *s, int n, Out *o)
{
    static const char *const kind[] = {"node", "copy", "loop", "if", "region"};
    out_f(o, "[");
    o->indent++;
    for (int k = 0; k < n; k++) {
        begin(o, k);
        out_f(o, "{");
        key_str(o, "kind", kind[s[k]->kind], 1);
        key_int(o, "node", s[k]->node ? s[k]->node->id : 0, 0);
        if (s[k]->kind != STEP_region) key_str(o, "name", step_title(o->arena, s[k]), 0);
        else key_int(o, "rows", s[k]->region->rows, 0);
        if (s[k]->dst) { key_str(o, "to", s[k]->dst->name, 0); key_str(o, "space", space_name[s[k]->dst->space], 0); key_int(o, "offset", (double)s[k]->dst->offset, 0); }
        cost(o, step_cost(p, ep, s[k]));
        if (s[k]->kind != STEP_node && s[k]->kind != STEP_copy) {
            key(o, "steps", 0);
            steps(p, ep, s[k]->body.at, s[k]->body.n, o);
            if (s[k]->other.n) { key(o, "else", 0); steps(p, ep, s[k]->other.at, s[k]->other.n, o); }
        }
        out_f(o, "}");
    }
    o->indent--;
    out_f(o, "]");
}

static void buffer(Out *o, const Buffer *b)
{
    out_f(o, "{");
    key_str(o, "name", b->name, 1);
    key_str(o, "dtype", dtype_info[b->dtype].name, 0);
    key_int(o, "offset", (double)b->offset, 0);
    key_int(o, "bytes", (double)b->bytes, 0);
    if (b->space == SPACE_work) { key_int(o, "first", b->first, 0); key_int(o, "last", b->last, 0); }
    if (b->panel) key_int(o, "panel", b->panel, 0);
    out_f(o, "}");
}

static void tensor(const Module *m, const char *name, const Node *n, Out *o)
{
    out_f(o, "{");
    key_str(o, "name", name, 1);
    key_str(o, "dtype", dtype_info[n->dtype].name, 0);
    shape(o, m, n);
    out_f(o, "}");
}

static void entry(const Plan *p, const EntryPlan *ep, Out *o)
{
    const Entry *en = ep->entry;
    out_f(o, "{");
    key_str(o, "name", en->name, 1);
    key_int(o, "work_bytes", (double)ep->work_bytes, 0);
    key_int(o, "lower_bound", (double)ep->lower_bound, 0);
    cost(o, entry_cost(p, ep));
    o->indent++;
    out_f(o, ",\n\"dims\": [");
    for (int k = 0; k < en->dims.n; k++) {
        out_f(o, k ? ", {" : "{");
        key_str(o, "name", en->dims.at[k]->name, 1);
        key_int(o, "min", (double)en->dims.at[k]->lo, 0);
        key_int(o, "max", (double)en->dims.at[k]->hi, 0);
        out_f(o, "}");
    }
    out_f(o, "],\n\"inputs\": [");
    for (int k = 0; k < en->inputs.n; k++) { out_f(o, k ? ", " : ""); tensor(p->module, en->inputs.at[k]->name ? en->inputs.at[k]->name : "t", en->inputs.at[k], o); }
    out_f(o, "],\n\"outputs\": [");
    for (int k = 0; k < en->outputs.n; k++) { out_f(o, k ? ", " : ""); tensor(p->module, en->outputs.at[k].name, en->outputs.at[k].node, o); }
    out_f(o, "],\n\"buffers\": [");
    int first = 0;
    for (int k = 0; k < ep->buffers.n; k++) {
        if (ep->buffers.at[k]->space != SPACE_work) continue;
        begin(o, first++);
        buffer(o, ep->buffers.at[k]);
    }
    out_f(o, "],\n\"steps\": ");
    steps(p, ep, ep->steps.at, ep->steps.n, o);
    o->indent--;
    out_f(o, "}");
}

void report_json(const Plan *p, const char *model, Out *o)
{
    out_f(o, "{");
    key_str(o, "tfxc", TFXC_VERSION, 1);
    key_str(o, "model", model, 0);
    key_int(o, "weights_bytes", (double)p->weight_bytes, 0);
    key_int(o, "work_bytes", (double)p->work_bytes, 0);
    key_int(o, "state_bytes", (double)emit_state_offset(p, p->states.n), 0);
    out_f(o, ",\n\"weights\": [");
    for (int k = 0; k < p->weights.n; k++) { begin(o, k); buffer(o, p->weights.at[k].buf); }
    out_f(o, "],\n\"states\": [");
    for (int k = 0; k < p->states.n; k++) { begin(o, k); buffer(o, p->states.at[k]); }
    out_f(o, "],\n\"entries\": [");
    for (int k = 0; k < p->entries.n; k++) { begin(o, k); entry(p, p->entries.at[k], o); }
    out_f(o, "]}\n");
}
