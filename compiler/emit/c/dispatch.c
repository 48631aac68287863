/* dispatch.c - one program for several processors, which chooses when it runs (--dispatch). Takes the text of each variant, gives
 * it names of its own and lets the compiler use the processor's instructions in it; gives entries that ask the processor and call
 * the variant that fits. Without --dispatch the compiler chooses by #if (emit_c.c). */
#include <ctype.h>
#include <string.h>
#include "compiler/base/embedded.h"
#include "compiler/emit/c/c_int.h"

static int is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* The end of a variant's names: "_x86_64_v4". */
static const char *suffix(const CEmit *e, const Target *t) { return arena_printf(e->a, "_%s", c_plain(e->a, t->name)); }

static int starts(const char *word, size_t n, const char *with) { return n >= strlen(with) && !memcmp(word, with, strlen(with)); }

/* Functions and types of the variant: what its steps are called, and the words of its vectors. */
static int is_own(CEmit *e, const SMap *own, const char *word, size_t n)
{
    const char *x = e->prefix, *X = e->upper;
    const char *text = arena_str(e->a, word, n);
    if (smap_get(own, text)) return 1;
    if (!e->target->width) return 0;
    if (starts(word, n, arena_printf(e->a, "%s_v_", x)) || starts(word, n, arena_printf(e->a, "%s_vm_", x))) return 1;
    return !strcmp(text, arena_printf(e->a, "%s_v", x)) || !strcmp(text, arena_printf(e->a, "%s_vm", x)) ||
           !strcmp(text, arena_printf(e->a, "%s_VEC", X)) || !strcmp(text, arena_printf(e->a, "%s_W", X));
}

static void renamed(CEmit *e, const SMap *own, const Out *from, Out *to)
{
    const char *end = suffix(e, e->target), *text = from->at ? from->at : "";
    for (size_t k = 0; k < from->n;) {
        size_t n = 0;
        while (k + n < from->n && is_word(text[k + n])) n++;
        out_n(to, text + k, n ? n : 1);
        if (n && !isdigit((unsigned char)text[k]) && (starts(text + k, n, e->prefix) || starts(text + k, n, e->upper)) && is_own(e, own, text + k, n)) out_s(to, end);
        k += n ? n : 1;
    }
}

void dispatch_variant(CEmit *e, const Out *variant, Out *code)
{
    const Target *t = e->target;
    SMap own;
    smap_init(&own, e->a);
    for (int k = 0; k < e->texts.n; k++) smap_put(&own, e->texts.at[k]->name, e);
    for (int k = 0; k < e->plan->entries.n; k++) smap_put(&own, emit_entry_name(e->a, e->prefix, e->plan->entries.at[k]->entry), e);
    if (t->test) {
        out_f(code, "#ifdef %s_DISPATCH /* %s */\n", e->upper, t->name);
        out_f(code, "#if defined(__clang__)\n#pragma clang attribute push(__attribute__((target(\"%s\"))), apply_to = function)\n#else\n#pragma GCC push_options\n#pragma GCC target(\"%s\")\n#endif\n\n", t->isa, t->isa);
    } else out_f(code, "/* %s */\n\n", t->name);
    renamed(e, &own, variant, code);
    if (t->test) out_f(code, "#if defined(__clang__)\n#pragma clang attribute pop\n#else\n#pragma GCC pop_options\n#endif\n#endif\n\n");
}

void dispatch_begin(CEmit *e, Out *code)
{
    const EmbeddedFile *f = embedded_find("runtime/dispatch/x86_64.c");
    if (!f) bug("no runtime/dispatch/x86_64.c");
    c_paste(e, code, f->text, f->size);
    if (e->opt->targets.at[e->opt->targets.n - 1]->test) out_f(code, "#ifndef %s_DISPATCH\n#error \"this file has no code for the processor that it is compiled for\"\n#endif\n", e->upper);
    out_f(code, "\n");
}

/* The names of an entry's arguments, as entry_signature declares them. */
static void arguments(const CEmit *e, const EntryPlan *ep, Out *o)
{
    const Entry *en = ep->entry;
    out_f(o, "(work");
    if (e->plan->states.n) out_f(o, ", state");
    if (weights_argument(e)) out_f(o, ", blob");
    if (e->opt->threads) out_f(o, ", threads");
    for (int k = 0; k < en->dims.n; k++) out_f(o, ", %s", c_ident(e->a, en->dims.at[k]->name));
    for (int k = 0; k < en->inputs.n; k++) out_f(o, ", in_%s", c_plain(e->a, en->inputs.at[k]->name ? en->inputs.at[k]->name : "t"));
    for (int k = 0; k < en->outputs.n; k++) out_f(o, ", %s", output_arg(e->a, en->outputs.at[k].name));
    out_f(o, ");\n");
}

static void entry_choose(CEmit *e, const EntryPlan *ep, Out *code)
{
    const TargetList *list = &e->opt->targets;
    const char *name = emit_entry_name(e->a, e->prefix, ep->entry);
    int any = 0;
    Out sig, args;
    out_init(&sig, e->a);
    out_init(&args, e->a);
    entry_signature(e, ep, &sig);
    arguments(e, ep, &args);
    out_f(code, "%.*s\n{\n#ifdef %s_DISPATCH\n    const int cpu = %s_cpu();\n", (int)sig.n, sig.at, e->upper, e->prefix);
    for (int k = 0; k < list->n; k++)
        if (list->at[k]->test) out_f(code, "    if (cpu >= %d) return %s%s%.*s", list->at[k]->level, name, suffix(e, list->at[k]), (int)args.n, args.at);
        else any = k;
    out_f(code, "#endif\n");
    if (any) out_f(code, "    return %s%s%.*s}\n\n", name, suffix(e, list->at[any]), (int)args.n, args.at);
    else out_f(code, "    return %s_ECPU;\n}\n\n", e->upper);
}

void dispatch_end(CEmit *e, Out *code)
{
    for (int k = 0; k < e->plan->entries.n; k++) entry_choose(e, e->plan->entries.at[k], code);
}
