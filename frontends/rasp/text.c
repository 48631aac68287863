/* text.c - the .tfx text of an s-op: lines are written while the program is evaluated, each knows those that it reads; an
 * entry is the lines that its result needs, in order. Codes of texts, names. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "frontends/rasp/value.h"

const char *const rasp_base_name[BASE_COUNT] = {"tokens", "tokens_int", "tokens_float", "tokens_bool"};

const char *fmt(Rasp *r, const char *f, ...)
{
    va_list v, w;
    va_start(v, f);
    va_copy(w, v);
    int n = vsnprintf(NULL, 0, f, v);
    char *s = arena_alloc(r->a, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, f, w);
    va_end(v);
    va_end(w);
    return s;
}

Line *line_new(Rasp *r, const char *text, const Deps *deps)
{
    Line *l = NEW(r->a, Line);
    l->text = text;
    l->base = -1;
    if (deps) deps_add(r, &l->deps, deps);
    return l;
}

void deps_add(Rasp *r, Deps *to, const Deps *more)
{
    for (int k = 0; k < more->n; k++) {
        int known = 0;
        for (int j = 0; j < to->n; j++) known |= to->at[j] == more->at[k];
        if (!known) vec_push(r->a, to, more->at[k]);
    }
}

/* A name that the text has not had; names of the program keep their look. */
const char *fresh(Rasp *r, const char *hint) { return fmt(r, "%s_%d", hint && *hint ? hint : "x", ++r->counter); }

/* One character: its number in Unicode. Others: places in the list of texts. */
int64_t text_code(Rasp *r, const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    int n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (p[0] && strlen(s) == (size_t)n) {
        int64_t c = n == 1 ? p[0] : p[0] & (0x7F >> n);
        for (int k = 1; k < n; k++) c = c << 6 | (p[k] & 0x3F);
        return c;
    }
    for (int k = 0; k < r->out->texts.n; k++)
        if (!strcmp(r->out->texts.at[k], s)) return RASP_TEXTS + k;
    vec_push(r->a, &r->out->texts, s);
    return RASP_TEXTS + r->out->texts.n - 1;
}

Sop *base_sop(Rasp *r, RaspBase b)
{
    if (r->base[b]) return r->base[b];
    static const RaspType types[] = {RT_text, RT_int, RT_float, RT_bool};
    Sop *s = NEW(r->a, Sop);
    Line *l = line_new(r, "", NULL);
    l->base = (int)b;
    *s = (Sop){.type = types[b], .name = rasp_base_name[b]};
    if (b == BASE_int) s->lo = INT32_MIN, s->hi = INT32_MAX;
    if (b == BASE_float) s->lo = -FAR, s->hi = FAR;
    if (b == BASE_bool) s->hi = 1;
    if (b == BASE_tokens) {
        s->nparts = 1;
        s->part = NEWN(r->a, const char *, 1);
        s->literal = NEWN(r->a, const char *, 2);
        s->part[0] = s->name;
        s->literal[0] = s->literal[1] = "";
    }
    vec_push(r->a, &s->deps, l);
    return r->base[b] = s;
}

static void collect(Rasp *r, Line *l, Out *o, int *uses)
{
    if (l->seen) return;
    l->seen = 1;
    for (int k = 0; k < l->deps.n; k++) collect(r, l->deps.at[k], o, uses);
    if (l->base >= 0) uses[l->base] = 1;
    else out_f(o, "    %s\n", l->text);
}

static void forget(Line *l)
{
    if (!l->seen) return;
    l->seen = 0;
    for (int k = 0; k < l->deps.n; k++) forget(l->deps.at[k]);
}

/* The head of a text, up to the results of its entry; lines: what the body begins with. */
static void head(Rasp *r, RaspEntry *e, const Deps *deps, Out *text, Out *lines)
{
    static const char *const input[] = {"tokens: i32[T]", "tokens_int: i32[T]", "tokens_float: f64[T]", "tokens_bool: bool[T]"};
    int any = 0;
    out_init(lines, r->a);
    out_init(text, r->a);
    for (int k = 0; k < deps->n; k++) collect(r, deps->at[k], lines, e->uses);
    for (int k = 0; k < deps->n; k++) forget(deps->at[k]);
    out_f(text, "// %s: codes of texts are Unicode characters", e->name);
    for (int k = 0; k < r->out->texts.n; k++) out_f(text, ", %d is \"%s\"", RASP_TEXTS + k, r->out->texts.at[k]);
    out_f(text, "\ndim T <= %lld;\nconst one = [1];\nmodel %s {\n  entry run(", (long long)r->max, e->name);
    for (int k = 0; k < BASE_COUNT; k++)
        if (e->uses[k]) out_f(text, "%s%s", any++ ? ", " : "", input[k]);
    if (!any) out_f(text, "position: i32[T]");
}

static void replace(Rasp *r, RaspEntry e, void *entries)
{
    VEC(RaspEntry) *all = entries;
    for (int k = 0; k < all->n; k++)
        if (!strcmp(all->at[k].name, e.name)) { all->at[k] = e; return; }
    vec_push(r->a, all, e);
}

void selector_write(Rasp *r, const char *name, const Sel *s, Span at)
{
    RaspEntry e = {.name = name, .span = at, .out = {.type = RT_bool}};
    Out lines, text;
    head(r, &e, &s->deps, &text, &lines);
    out_f(&text, ") -> (rows: bool[T,T]) {\n%s    let rows[i in 0 .. T,j in 0 .. T] = %s;\n    return rows;\n  }\n}\n", lines.n ? lines.at : "", s->txt);
    e.text = arena_str(r->a, text.at, text.n);
    replace(r, e, &r->out->selectors);
}

void entry_write(Rasp *r, const char *name, const Sop *s, Span at)
{
    RaspEntry e = {.name = name, .span = at, .out = {s->type, s->nparts, s->literal}};
    Out lines, text;
    head(r, &e, &s->deps, &text, &lines);
    static const char *const out_type[] = {"i32", "f64", "bool", "i32", "f64"};
    int n = s->type == RT_text ? s->nparts : s->type == RT_mixed ? 2 : 1;
    out_f(&text, ") -> (");
    for (int k = 0; k < n; k++) out_f(&text, "%sout%d: %s[T]", k ? ", " : "", k, s->type == RT_mixed && k ? "i32" : s->type == RT_int && s->wide ? "i64" : out_type[s->type]);
    out_f(&text, ") {\n");
    out_n(&text, lines.n ? lines.at : "", lines.n);
    out_f(&text, "    return ");
    for (int k = 0; k < n; k++) out_f(&text, "%s%s", k ? ", " : "", s->type == RT_text ? s->part[k] : k ? s->tag : s->name);
    out_f(&text, ";\n  }\n}\n");
    e.text = arena_str(r->a, text.at, text.n);
    replace(r, e, &r->out->entries);
}
