/* build_scope.c - names: who is visible where, assignment with a journal, and what to say about an unknown one.
 * Takes interned names, gives Bindings. Is not: what the names mean. */
#include <string.h>
#include "frontends/tfx/build.h"

Scope *scope_push(Build *b)
{
    Scope *s = NEW(b->a, Scope);
    s->parent = b->scope;
    map_init(&s->names, b->a);
    return b->scope = s;
}

void scope_pop(Build *b) { b->scope = b->scope->parent; }

Binding *scope_find_in(const Scope *s, const char *name) { return map_get(&s->names, name); }

Binding *scope_find(Build *b, const char *name)
{
    for (Scope *s = b->scope; s; s = s->parent) {
        Binding *f = scope_find_in(s, name);
        if (f) return f;
    }
    return b->prelude ? scope_find_in(b->prelude, name) : NULL;
}

Binding *scope_add(Build *b, Scope *s, BindKind k, const char *name, Span at)
{
    Binding *n = NEW(b->a, Binding);
    n->kind = k;
    n->name = name;
    n->span = at;
    n->scope = s;
    map_put(&s->names, name, n);
    return n;
}

Binding *scope_bind(Build *b, const char *name, Val v, Span at)
{
    Binding *n = scope_add(b, b->scope, BIND_val, name, at);
    n->val = v;
    return n;
}

void scope_set(Build *b, Binding *to, Val v)
{
    if (b->recording) {
        Change c = {to, to->val, NULL, NULL};
        vec_push(b->a, &b->journal, c);
    }
    to->val = v;
}

/* ---- unknown names ---- */

typedef struct Best { const char *want, *name; int distance; } Best;

static void consider(Best *best, const char *name)
{
    int most = (int)strlen(best->want) / 3 + 1;
    int d = str_distance(best->want, name, most);
    if (d <= most && d < best->distance && d < (int)strlen(best->want)) {
        best->distance = d;
        best->name = name;
    }
}

static const char *const builtins[] = {"max", "min", "clamp", "topk", "argsort", "perm", "randint", "uniform", "normal", "rand_u32", "abs", "sign", "pow", NULL};

int builtin_known(Build *b, const char *name)
{
    (void)b;
    for (int i = 0; builtins[i]; i++)
        if (!strcmp(builtins[i], name)) return 1;
    int op = expr_by_name(name);
    return op >= 0 && expr_info[op].arity == 1 && expr_info[op].arg == 'F';
}

static const char *nearest(Build *b, const char *name)
{
    Best best = {name, NULL, 1 << 20};
    for (Scope *s = b->scope; s; s = s->parent)
        for (int i = 0; i < s->names.n; i++) consider(&best, s->names.slots[i].val ? ((Binding *)s->names.slots[i].val)->name : "");
    for (int i = 0; builtins[i]; i++) consider(&best, builtins[i]);
    for (int i = 0; i < EX_COUNT; i++)
        if (expr_info[i].arity == 1 && expr_info[i].arg == 'F') consider(&best, expr_info[i].name);
    return best.name;
}

void tfx_unknown(Build *b, const char *name, Span at, const char *what)
{
    const char *like = nearest(b, name);
    if (like) tfx_error(b, at, "unknown-name", "there is no %s '%s'; did you mean '%s'?", what, name, like);
    else tfx_error(b, at, "unknown-name", "there is no %s '%s'", what, name);
}
