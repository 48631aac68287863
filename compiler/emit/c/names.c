/* names.c - names of codes (tokens, classes) as arrays of the emitted program, for those who print or parse them.
 * Compiled with -DPREFIX_NO_NAMES the program is without them. */
#include "compiler/emit/c/c_int.h"

void names_header(const CEmit *e, Out *h)
{
    if (!e->opt->ntables) return;
    out_f(h, "\n#ifndef %s_NO_NAMES /* define it where nothing is printed: the texts take flash */", e->upper);
    for (int k = 0; k < e->opt->ntables; k++) {
        const NameTable *t = &e->opt->tables[k];
        out_f(h, "\n/* %s. */\n#define %s_N%s %d\nextern const char *const %s_%s[%s_N%s];\n", t->what, e->upper, c_upper(e->a, t->name), t->n, e->prefix, t->name, e->upper, c_upper(e->a, t->name));
    }
    out_s(h, "#endif\n");
}

/* As a C string: what is not plain ASCII in octal, no trigraphs. */
static void text(Out *o, const char *s)
{
    out_s(o, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 32 || c >= 127) out_f(o, "\\%03o", c);
        else if (c == '"' || c == '\\' || c == '?') out_f(o, "\\%c", c);
        else out_f(o, "%c", c);
    }
    out_s(o, "\"");
}

void names_emit(const CEmit *e, Out *c)
{
    if (!e->opt->ntables) return;
    out_f(c, "\n#ifndef %s_NO_NAMES", e->upper);
    for (int k = 0; k < e->opt->ntables; k++) {
        const NameTable *t = &e->opt->tables[k];
        out_f(c, "\nconst char *const %s_%s[%s_N%s] = {", e->prefix, t->name, e->upper, c_upper(e->a, t->name));
        for (int j = 0; j < t->n; j++) {
            out_s(c, j % 8 ? ", " : j ? ",\n    " : "\n    ");
            text(c, t->at[j]);
        }
        out_s(c, "\n};\n");
    }
    out_s(c, "#endif\n");
}
