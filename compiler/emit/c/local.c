/* local.c - values that get a name: what is known outside a loop is computed there, and what occurs several times in an
 * expression is computed once. Takes expressions whose slots are open, writes declarations into the function, after
 * which c_expr writes the name. A value is moved only to where it may be evaluated whatever the predicates say. */
#include <ctype.h>
#include <string.h>
#include "compiler/emit/c/c_int.h"

/* Subscripts in range wherever the open loops may be; ranges of loops not yet open may be empty and tell nothing. */
static int read_is_safe(FnC *f, const Expr *e, uint32_t open)
{
    RangeCtx rc;
    Node bare = *f->node;
    bare.nconj = 0;
    for (bare.nred = 0; bare.nred < f->node->nred && open >> (bare.rank + bare.nred) & 1; bare.nred++) {}
    range_ctx(&rc, f->e->plan->module, f->ep->entry, &bare);
    for (int k = 0; k < e->n; k++) {
        int64_t lo, hi, elo, ehi;
        range_of(&rc, e->arg[k], &lo, &hi);
        range_of(&rc, e->u.node->ext[k], &elo, &ehi);
        if (lo < 0 || hi < lo) return 0;
        int row = 0;                                        /* a row at hand, of a tensor with as many rows */
        for (int j = 0; f->step && j < f->step->nin; j++)
            if (e->arg[k] == f->at[f->step->in[j].axis] && e->u.node->ext[k] == f->step->in[j].region->ext) row = 1;
        if (hi >= elo && !row) {                            /* hi < ext must be proved symbolically */
            Expr *in = ex_bin(f->e->plan->module, EX_lt, e->arg[k], e->u.node->ext[k]);
            if (range_proves(&rc, in) != 1) return 0;
        }
    }
    return 1;
}

typedef struct Safe { FnC *f; uint32_t open; int bad; } Safe;
static void safe_part(void *u, const Expr *e)
{
    Safe *s = u;
    if (e->op == EX_guard || (e->op == EX_read && !s->bad && !read_is_safe(s->f, e, s->open))) s->bad = 1;
}

static int safe(FnC *f, const Expr *e, uint32_t open)
{
    Safe s = {f, open, 0};
    ex_visit(e, safe_part, &s);
    return !s.bad;
}

int local_safe(FnC *f, const Expr *e) { return safe(f, e, 0xffffffffu); }

static void declare(FnC *f, Out *o, const Expr *e)
{
    const char *name = arena_printf(f->e->a, "v%d", f->ntemps++);
    out_f(o, "const %s %s = %s;\n", c_value(e->dtype), name, c_expr(f, e));
    map_put(&f->temps, e, (void *)(uintptr_t)name);
    vec_push(f->e->a, &f->hoisted, e);
}

static void hoist(FnC *f, const Expr *e, uint32_t open, uint32_t all, Map *seen)
{
    if (map_get(&f->temps, e) || e->op == EX_acc || e->n == 0 || map_get(seen, e)) return;
    map_put(seen, e, f);
    uint32_t used = ex_slots(e);
    if (dtype_is_float(e->dtype) && !(used & ~open) && used != all && ex_cost(e) > 0 && safe(f, e, open)) {
        declare(f, &f->body, e);
        return;
    }
    if (e->op == EX_read || e->op == EX_read_or || e->op == EX_select) return;    /* subscripts and arms stay in place */
    for (int k = 0; k < e->n; k++) hoist(f, e->arg[k], open, all, seen);
}

void local_hoist(FnC *f, const Expr *e, uint32_t open, uint32_t all)
{
    Map seen;
    map_init(&seen, f->e->a);
    hoist(f, e, open, all, &seen);
}

typedef struct Share { FnC *f; Map uses; } Share;

/* Counts how often each value is an operand. */
static void count_uses(Share *s, const Expr *e)
{
    if (map_get(&s->f->temps, e)) return;
    uintptr_t n = (uintptr_t)map_get(&s->uses, e);
    map_put(&s->uses, e, (void *)(n + 1));
    if (n || e->op == EX_read) return;                      /* a subscript is written as one sum for all of the read */
    for (int k = e->op == EX_read_or ? e->n - 1 : 0; k < e->n; k++) count_uses(s, e->arg[k]);
}

static void share_part(void *u, const Expr *e)
{
    Share *s = u;
    if ((uintptr_t)map_get(&s->uses, e) < 2 || e->n == 0 || e->op == EX_read || map_get(&s->f->temps, e)) return;
    if (safe(s->f, e, 0xffffffffu)) declare(s->f, &s->f->body, e);
}

void local_share(FnC *f, const Expr *e)
{
    Share s = {f, {0}};
    map_init(&s.uses, f->e->a);
    count_uses(&s, e);
    ex_visit(e, share_part, &s);
}

int local_mark(const FnC *f) { return f->hoisted.n; }

void local_forget(FnC *f, int mark)
{
    while (f->hoisted.n > mark) map_put(&f->temps, f->hoisted.at[--f->hoisted.n], NULL);
}

static const char *use_of(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = text; (p = strstr(p, name)); p += n)
        if (!isalnum((unsigned char)p[n]) && p[n] != '_' && (p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '_'))) return p;
    return NULL;
}

int c_mentions(const char *text, const char *name) { return use_of(text, name) != NULL; }

char *local_drop_unused(const FnC *f, char *body)
{
    for (int k = f->ntemps - 1; k >= 0; k--) {
        const char *name = arena_printf(f->e->a, "v%d", k), *at = use_of(body, name);
        if (!at || use_of(at + strlen(name), name)) continue;
        char *line = body + (at - body), *end = strchr(line, '\n');
        while (line > body && line[-1] != '\n') line--;
        memmove(line, end + 1, strlen(end + 1) + 1);
    }
    return body;
}
