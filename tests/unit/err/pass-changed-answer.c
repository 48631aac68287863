/* pass-changed-answer: what --check-passes tells when a pass changes an answer. Here the "passes" are changes by hand:
 * of a constant, of a condition, of a state, of a check, of a result that only some sizes show. */
#include <stdlib.h>
#include "compiler/opt/check.h"
#include "compiler/opt/opt.h"
#include "tests/unit/check.h"

static const char text[] =
    "module \"m\"\ndim T 1..=9\nstate s: f32[4] = 0\n"
    "entry step(%1 x: f32[T,4], %2 t: i32[T] in 0..=3) dims T {\n"
    "  check RANGE [r0 in 0..T] %2[r0] < 4 \"token out of range\"\n"
    "  %3 f32[T] = compute sum[r0 in 0..4 where r0 <= o0] %1[o0, r0] * 0.5\n"
    "  %4 f32[4] = state s\n"
    "  %5 f32[4] = compute %4[o0] + %1[0, o0]\n"
    "  %6 i32[T] = compute %2[o0] + 1\n"
    "  %7 f32[2] = compute %1[0, 0] - %1[0, 0]\n"
    "  output y %3\n  output n %6\n  output zero %7\n  state_out s %5\n}\n";

typedef struct Test { Arena *a; Ctx ctx; Module *m; OptCheck *check; char *told; size_t size; Node *node[16]; } Test;

static void find(void *u, Node *n)
{
    Test *t = u;
    if (n->id < 16) t->node[n->id] = n;
}

static void begin(Test *t)
{
    memset(t, 0, sizeof *t);
    t->a = arena_new();
    t->ctx.perm = t->a;
    sources_init(&t->ctx.sources, t->a);
    diag_init(&t->ctx.diag, t->a, &t->ctx.sources);
    t->ctx.diag.out = open_memstream(&t->told, &t->size);
    t->ctx.strings = strings_new(t->a);
    t->m = graph_read(&t->ctx, source_add(&t->ctx.sources, "m.ir", text, sizeof text - 1, 0));
    module_each_node(t->m, find, t);
    t->check = opt_check_new(t->m, t->a);
}

/* Was exactly this told? NULL: nothing. */
static void end(Test *t, int ok, const char *want)
{
    diag_flush(&t->ctx.diag);
    fflush(t->ctx.diag.out);
    CHECK_INT(ok, !want);
    CHECK_INT(t->ctx.diag.errors, want ? 1 : 0);
    if (want) CHECK(strstr(t->told, want) && strstr(t->told, "[pass-changed-answer]"));
    if (want && !strstr(t->told, want)) printf("told: %s\n", t->told);
    fclose(t->ctx.diag.out);
    free(t->told);
    arena_free(t->a);
}

static void test_unchanged(void)
{
    Test t;
    begin(&t);
    int ok = opt_check_pass(t.check, "nothing");
    t.node[3]->body = ex_mul(t.m, ex_flt(t.m, 0.25), ex_add(t.m, t.node[3]->body, t.node[3]->body));
    t.node[3]->body = ex_mul(t.m, t.node[3]->body, ex_flt(t.m, 2));
    ok &= opt_check_pass(t.check, "other order");
    OptOptions all = {.level = 1, .check = 1};
    ok &= !opt_run(t.m, &all);
    end(&t, ok, NULL);
}

static void test_changed(void)
{
    Test t;
    begin(&t);
    t.node[3]->body = ex_mul(t.m, t.node[3]->body, ex_flt(t.m, 1.00001));
    end(&t, opt_check_pass(t.check, "scale"), "pass scale changed output y of entry step");
    begin(&t);
    t.node[3]->conj[0] = ex_bin(t.m, EX_lt, ex_index(t.m, 1), ex_index(t.m, 0));
    end(&t, opt_check_pass(t.check, "bounds"), "pass bounds changed output y");
    begin(&t);
    t.node[5]->body = ex_sub(t.m, t.node[5]->body, ex_flt(t.m, 1e-6));
    end(&t, opt_check_pass(t.check, "state"), "pass state changed state s");
    begin(&t);
    t.node[6]->body = ex_bin(t.m, EX_min, t.node[6]->body, ex_int(t.m, 3));
    end(&t, opt_check_pass(t.check, "ints"), "pass ints changed output n");
    begin(&t);
    t.m->entries.at[0]->checks.at[0].cond = ex_bin(t.m, EX_lt, ex_sym(t.m, t.m->syms.at[0]), ex_int(t.m, 5));
    end(&t, opt_check_pass(t.check, "checks"), "pass checks changed the status of entry step");
}

/* The comparison is with the time before the last pass, and the culprit is named once. */
static void test_culprit(void)
{
    Test t;
    begin(&t);
    t.node[7]->body = ex_flt(t.m, 1e-17);                             /* 0 up to rounding */
    int ok = opt_check_pass(t.check, "rounding");
    t.node[3]->red = RED_max;
    ok &= opt_check_pass(t.check, "guilty");
    int later = opt_check_pass(t.check, "innocent");
    CHECK(later);
    end(&t, ok, "pass guilty changed output y");
}

int main(void)
{
    test_unchanged();
    test_changed();
    test_culprit();
    return check_done();
}
