/* golden.c - the self-test of the emitted program: calls whose inputs come from a small generator and whose results were
 * computed by the reference interpreter when the program was generated. Under #ifdef PREFIX_SELF_TEST, so that a
 * program without it has neither the code nor the arrays. */
#include <math.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"

enum { SAMPLES = 64 };                    /* values compared of each output */

void golden_header(const CEmit *e, Out *h)
{
    const char *x = e->prefix;
    if (!e->opt->ngolden) return;
    out_f(h, "\n#ifdef %s_SELF_TEST\n/* Calls the entries on stored inputs and compares with stored results: 0 when all agree, otherwise 1 + the number of\n"
             " * the call that fails. Needs arrays of its own; the state is reset before and after. */\nint %s_self_test(%s_work *work", e->upper, x, x);
    if (e->plan->states.n) out_f(h, ", %s_state *state", x);
    if (weights_argument(e)) out_f(h, ", const void *blob");
    out_f(h, ");\n#endif\n");
}

static const char *number(CEmit *e, const Value *v, int64_t k)
{
    if (!dtype_is_float(v->dtype)) return arena_printf(e->a, v->dtype == DT_i64 ? "INT64_C(%lld)" : "%lld", (long long)v->i[k]);
    if (v->dtype == DT_f64) return isfinite(v->f[k]) ? fmt_f64(e->a, v->f[k]) : "0";
    if (v->dtype == DT_f16) return arena_printf(e->a, "%u", f64_to_f16(v->f[k]));
    if (v->dtype == DT_bf16) return arena_printf(e->a, "%u", f64_to_bf16(v->f[k]));
    const char *t = fmt_f32(e->a, (float)v->f[k]);
    if (strpbrk(t, "in")) return "0.0f";              /* not finite: not compared, see sample */
    return arena_printf(e->a, "%sf", t);
}

static int sample(const Value *v, int64_t k)
{
    if (dtype_is_float(v->dtype) && !(v->f[k] - v->f[k] == 0)) return 0;
    return 1;
}

static void input_array(CEmit *e, const char *name, const Value *v, Out *c)
{
    int64_t n = value_count(v);
    out_f(c, "    static const %s %s[%lld] = {", c_type(v->dtype), name, (long long)(n ? n : 1));
    if (!n) out_f(c, "0");
    for (int64_t k = 0; k < n; k++) out_f(c, "%s%s", k ? k % 16 ? ", " : ",\n        " : "", number(e, v, k));
    out_f(c, "};\n");
}

static double largest(const Value *v)
{
    double big = 0;
    for (int64_t k = 0; k < value_count(v); k++) {
        double x = v->f[k] < 0 ? -v->f[k] : v->f[k];
        if (x > big && x - x == 0) big = x;
    }
    return big;
}

/* Compares up to SAMPLES elements, spread over the output. */
static void output_test(CEmit *e, int call, int index, const char *name, const Value *v, Out *c)
{
    int64_t n = value_count(v), step = n > SAMPLES ? (n + SAMPLES - 1) / SAMPLES : 1;
    int isf = dtype_is_float(v->dtype);
    if (v->dtype == DT_f16 || v->dtype == DT_bf16 || !n) return;
    if (step > 1) step |= 1;
    const char *want = arena_printf(e->a, "want_%d_%d", call, index);
    int64_t m = 0;
    out_f(c, "    static const struct { int32_t at; %s value; } %s[] = {", c_value(v->dtype), want);
    for (int64_t k = 0; k < n; k += step) {
        if (!sample(v, k)) continue;
        out_f(c, "%s{%lld, %s}", m ? m % 8 ? ", " : ",\n        " : "", (long long)k, number(e, v, k));
        m++;
    }
    if (!m) out_f(c, "{0, 0}");
    out_f(c, "};\n");
    if (!m) { out_f(c, "    (void)%s;\n", want); return; }
    out_f(c, "    for (int k = 0; k < %lld; k++)\n", (long long)m);
    if (isf) {
        float tol = (float)(1e-4 * largest(v) + 1e-30);
        out_f(c, "        if (!(%s[%s[k].at] - %s[k].value <= %sf && %s[k].value - %s[%s[k].at] <= %sf)) return %d;\n", name, want, want, fmt_f32(e->a, tol), want, name, want, fmt_f32(e->a, tol), call + 1);
    } else out_f(c, "        if ((%s)%s[%s[k].at] != %s[k].value) return %d;\n", c_value(v->dtype), name, want, want, call + 1);
}

static void call_emit(CEmit *e, int k, Out *c)
{
    const GoldenCall *g = &e->opt->golden[k];
    const EntryPlan *ep = e->plan->entries.at[g->entry];
    const Entry *en = ep->entry;
    const char *args = "work";
    if (e->plan->states.n) args = arena_printf(e->a, "%s, state", args);
    if (weights_argument(e)) args = arena_printf(e->a, "%s, blob", args);
    if (e->opt->threads) args = arena_printf(e->a, "%s, NULL", args);
    for (int j = 0; j < en->dims.n; j++) args = arena_printf(e->a, "%s, %lld", args, (long long)g->dims[j]);
    out_f(c, "static int %s_self_test_%d(%s_work *work%s%s%s)\n{\n", e->prefix, k, e->prefix,
          e->plan->states.n ? arena_printf(e->a, ", %s_state *state", e->prefix) : "", weights_argument(e) ? ", const void *blob" : "", "");
    for (int j = 0; j < en->inputs.n; j++) {
        const char *name = arena_printf(e->a, "in_%d", j);
        input_array(e, name, &g->in[j], c);
        args = arena_printf(e->a, en->inputs.at[j]->rank ? "%s, %s" : "%s, %s[0]", args, name);
    }
    for (int j = 0; j < en->outputs.n; j++) {
        long long n = node_count_bound(e->plan->module, en, en->outputs.at[j].node), has = value_count(&g->out[j]);
        if (has < n) n = has;
        out_f(c, "    static %s out_%d[%lld];\n", c_type(g->out[j].dtype), j, n ? n : 1);
        args = arena_printf(e->a, "%s, out_%d", args, j);
    }
    out_f(c, "    if (%s_%s(%s) != %s_OK) return %d;\n", e->prefix, c_plain(e->a, en->name), args, e->upper, k + 1);
    for (int j = 0; j < en->outputs.n; j++) output_test(e, k, j, arena_printf(e->a, "out_%d", j), &g->out[j], c);
    out_f(c, "    return 0;\n}\n\n");
}

void golden_emit(CEmit *e, Out *c)
{
    const char *x = e->prefix;
    if (!e->opt->ngolden) return;
    out_f(c, "\n#ifdef %s_SELF_TEST\n", e->upper);
    for (int k = 0; k < e->opt->ngolden; k++) call_emit(e, k, c);
    out_f(c, "int %s_self_test(%s_work *work", x, x);
    if (e->plan->states.n) out_f(c, ", %s_state *state", x);
    if (weights_argument(e)) out_f(c, ", const void *blob");
    out_f(c, ")\n{\n    int bad = 0;\n");
    if (e->plan->states.n) out_f(c, "    %s_reset(state);\n", x);
    for (int k = 0; k < e->opt->ngolden; k++)
        out_f(c, "    if (!bad) bad = %s_self_test_%d(work%s%s);\n", x, k, e->plan->states.n ? ", state" : "", weights_argument(e) ? ", blob" : "");
    if (e->plan->states.n) out_f(c, "    %s_reset(state);\n", x);
    out_f(c, "    return bad;\n}\n#endif\n");
}
