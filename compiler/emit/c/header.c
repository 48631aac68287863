/* header.c - the .h file: sizes as constants, the types of work memory and state, the entries with the meaning of their
 * arguments. Takes the plan, gives text that C99 and C++ read. */
#include <ctype.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"

static void state_struct(const CEmit *e, Out *h)
{
    const Plan *p = e->plan;
    if (!p->states.n) return;
    out_f(h, "/* Everything that lives between calls: plain data, copy it to save, restore or fork. */\ntypedef struct %s_state {\n", e->prefix);
    for (int k = 0; k < p->states.n; k++) {
        const Buffer *b = p->states.at[k];
        if (b->rank) out_f(h, "    %s %s[%lld];", c_type(b->dtype), c_ident(e->a, b->name), (long long)b->count);
        else out_f(h, "    %s %s;", c_type(b->dtype), c_ident(e->a, b->name));
        out_f(h, " /* %s[", dtype_info[b->dtype].name);
        for (int d = 0; d < b->rank; d++) out_f(h, "%s%lld", d ? ", " : "", (long long)b->state->shape[d]);
        out_f(h, "] */\n");
    }
    out_f(h, "} %s_state;\n\n/* The first values of the state: before the first call, or to begin again. */\nvoid %s_reset(%s_state *state);\n\n", e->prefix, e->prefix, e->prefix);
}

/* Every field at a multiple of its element, the whole a multiple of the largest. */
int64_t emit_state_offset(const Plan *p, int k)
{
    int64_t at = 0, most = 1;
    for (int j = 0; j < p->states.n; j++) {
        int64_t size = dtype_info[p->states.at[j]->dtype].bits / 8;
        at = (at + size - 1) / size * size;
        if (j == k) return at;
        at += size * p->states.at[j]->count;
        if (size > most) most = size;
    }
    return (at + most - 1) / most * most;
}

const char *c_upper(Arena *a, const char *text)
{
    char *s = arena_str(a, text, strlen(text));
    for (char *p = s; *p; p++) *p = (char)toupper((unsigned char)*p);
    return s;
}

static void dims(const CEmit *e, Out *h)
{
    const Plan *p = e->plan;
    SMap done;
    smap_init(&done, e->a);
    for (int k = 0; k < p->entries.n; k++)
        for (int d = 0; d < p->entries.at[k]->entry->dims.n; d++) {
            const Sym *s = p->entries.at[k]->entry->dims.at[d];
            const char *name = c_ident(e->a, s->name);
            if (smap_get(&done, name)) continue;
            smap_put(&done, name, (void *)(uintptr_t)s);
            out_f(h, "#define %s_MIN_%s %lld\n#define %s_MAX_%s %lld\n", e->upper, name, (long long)s->lo, e->upper, name, (long long)s->hi);
        }
}

/* f32[T, 4] with the names of dims */
static const char *shape_text(const CEmit *e, const Node *n)
{
    const char *t = arena_printf(e->a, "%s[", dtype_info[n->dtype].name);
    for (int d = 0; d < n->rank; d++) t = arena_printf(e->a, "%s%s%s", t, d ? ", " : "", expr_text(e->a, e->plan->module, n->ext[d], 0));
    t = arena_printf(e->a, "%s]", t);
    for (char *p = arena_str(e->a, t, strlen(t)); (p = strstr(p, "*/")) != NULL; p++) return "";
    return t;
}

/* Elements of every argument at the largest sizes: for the caller's arrays. */
static void counts(const CEmit *e, const EntryPlan *ep, Out *h)
{
    const Entry *en = ep->entry;
    const char *name = c_upper(e->a, c_plain(e->a, en->name));
    for (int k = 0; k < en->inputs.n + en->outputs.n; k++) {
        int in = k < en->inputs.n;
        const Node *n = in ? en->inputs.at[k] : en->outputs.at[k - en->inputs.n].node;
        const char *of = in ? n->name ? n->name : "t" : en->outputs.at[k - en->inputs.n].name;
        long long count = node_count_bound(e->plan->module, en, n);
        out_f(h, "#define %s_%s_%s_%s %lld /* elements at most: %s */\n", e->upper, name, in ? "IN" : "OUT", c_upper(e->a, c_plain(e->a, of)), count, shape_text(e, n));
    }
}

static void entry_declare(CEmit *e, const EntryPlan *ep, Out *h)
{
    const Entry *en = ep->entry;
    out_f(h, "\n/* %s\n", en->name);
    for (int k = 0; k < en->dims.n; k++) out_f(h, " *   %s in %lld..%lld\n", c_ident(e->a, en->dims.at[k]->name), (long long)en->dims.at[k]->lo, (long long)en->dims.at[k]->hi);
    for (int k = 0; k < en->inputs.n; k++) {
        const Node *n = en->inputs.at[k];
        out_f(h, " *   in_%s: %s", c_plain(e->a, n->name ? n->name : "t"), shape_text(e, n));
        if (dtype_is_int(n->dtype) && (n->lo > INT32_MIN || n->hi < INT32_MAX)) out_f(h, ", values %lld..%lld", (long long)n->lo, (long long)n->hi);
        out_f(h, "\n");
    }
    for (int k = 0; k < en->outputs.n; k++) out_f(h, " *   %s: %s\n", output_arg(e->a, en->outputs.at[k].name), shape_text(e, en->outputs.at[k].node));
    Cost c = entry_cost(e->plan, ep);
    const char *growth = entry_growth(e->a, e->plan, ep);
    out_f(h, " * %s multiply-adds at the largest sizes; work memory %s bytes.%s%s%s */\n", grouped(e->a, c.macs), grouped(e->a, (double)ep->work_bytes), *growth ? " Grows as " : "", growth, *growth ? "." : "");
    entry_signature(e, ep, h);
    out_f(h, ";\n");
}

static void sizes(const CEmit *e, Out *h)
{
    const Plan *p = e->plan;
    const char *X = e->upper;
    out_f(h, "#define %s_ABI 1\n", X);
    out_f(h, "#define %s_WORK_BYTES %lldu /* work memory of one call */\n", X, (long long)(p->work_bytes ? p->work_bytes : 64));
    out_f(h, "#define %s_STATE_BYTES %lldu /* what lives between calls */\n", X, (long long)emit_state_offset(p, p->states.n));
    out_f(h, "#define %s_WEIGHTS_BYTES %lldu\n", X, (long long)p->weight_bytes);
    if (weights_argument(e)) out_f(h, "#define %s_BLOB_BYTES %lldu /* the file of weights: they, and a header */\n", X, (long long)p->weight_bytes + IMAGE_HEADER);
    out_f(h, "#define %s_STACK_BYTES %lldu /* estimate of a call's stack */\n", X, (long long)banner_stack(e));
}

enum { LARGE_WEIGHTS = 4 << 20 };         /* no cache near a core holds them */

void header_emit(CEmit *e, Out *h)
{
    const Plan *p = e->plan;
    const char *x = e->prefix, *X = e->upper;
    out_f(h, "#ifndef %s_H\n#define %s_H\n#include <stddef.h>\n#include <stdint.h>\n", X, X);
    threads_include(e, h);
    out_f(h, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    sizes(e, h);
    dims(e, h);
    for (int k = 0; k < p->entries.n; k++) counts(e, p->entries.at[k], h);
    out_f(h, "\ntypedef enum %s_status {\n    %s_OK = 0,\n    %s_EARG = 1,   /* null pointer or size out of bounds */\n    %s_ERANGE = 2, /* an input value (token, index) out of range */\n    %s_EFULL = 3,  /* the state has no room for this input */\n    %s_EBLOB = 4   /* these are not the weights of this program */\n", x, X, X, X, X, X);
    if (e->opt->dispatch && e->opt->targets.at[e->opt->targets.n - 1]->test) out_f(h, "    , %s_ECPU = 5  /* this processor lacks what the code was compiled for */\n", X);
    out_f(h, "} %s_status;\n\n", x);
    out_f(h, "#ifndef %s_ALIGN\n#if defined(__GNUC__) || defined(__clang__)\n#define %s_ALIGN(n) __attribute__((aligned(n)))\n#else\n#define %s_ALIGN(n)\n#endif\n#endif\n", X, X, X);
    out_f(h, "/* Scratch memory of one call, the caller's: static, on a stack, in a section. One for each thread. */\ntypedef struct %s_work {\n    %s_ALIGN(64) unsigned char bytes[%s_WORK_BYTES];\n} %s_work;\n\n", x, X, X, x);
    state_struct(e, h);
    threads_header(e, h);
    if (weights_argument(e))
        out_f(h, "/* Checks weights in memory: `bytes` bytes read or mapped from the file, at a multiple of 16. EBLOB when they are damaged or\n"
                 " * another model's. Call it once; entries are given the same pointer and look at the header only.%s */\n%s_status %s_bind(const void *blob, size_t bytes);\n",
              p->weight_bytes > LARGE_WEIGHTS ? "\n * So many weights are read faster from large pages: memory at a multiple of 2 MiB and, on Linux, madvise(MADV_HUGEPAGE)." : "", x, x);
    for (int k = 0; k < p->entries.n; k++) entry_declare(e, p->entries.at[k], h);
    names_header(e, h);
    out_f(h, "\n/* The status in words. */\nconst char *%s_strerror(%s_status status);\n", x, x);
    trace_header(e, h);
    golden_header(e, h);
    out_f(h, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}
