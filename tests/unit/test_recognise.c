/* What a node is, by its indices: contractions, attention with its range of keys, convolutions, gathers. */
#include "compiler/opt/recognise.h"
#include "tests/unit/check.h"

static const char text[] =
    "module \"m\"\ndim T 1..=9\n"
    "entry step(%1 x: f32[T,8], %2 t: i32[T] in 0..=8, %3 w: f32[9,8], %4 len: i32 in 1..=9) dims T {\n"
    "  %10 f32[T,9] = compute sum[r0 in 0..8] %1[o0, r0] * %3[o1, r0]\n"
    "  %11 f32[T] = compute sum[r0 in 0..8] %1[o0, r0] * %1[o0, r0]\n"
    "  %12 f32[2,T,T] = compute sum[r0 in 0..4] %1[o1, o0 * 4 + r0] * %1[o2, o0 * 4 + r0]\n"
    "  %13 f32[2,T,T] = softmax axes(2) [where o1 - 3 <= o2 && o2 <= o1 && o2 < %4 && %2[o1] == %2[o2]] %12[o0, o1, o2]\n"
    "  %14 f32[T,2,4] = compute sum[r0 in 0..T] %13[o1, o0, r0] * %1[r0, o1 * 4 + o2]\n"
    "  %15 f32[2,T,T] = softmax axes(2) [where o2 / 4 == o1 / 4 && (o2 - o1) % 2 == 0] %12[o0, o1, o2]\n"
    "  %16 f32[T,2,4] = compute sum[r0 in 0..T] %1[r0, o1 * 4 + o2] * %15[o1, o0, r0]\n"
    "  %17 f32[3,9] = compute sum[r0 in 0..2, r1 in 0..8] %3[o0 * 3 + r0 * 2, r1] * %3[o1, r1]\n"
    "  %18 f32[T,8] = compute %3[%2[o0], o1]\n"
    "  %19 f32[T] = compute sum[r0 in 0..8] %1[o0, r0] * %3[%2[o0], r0]\n"
    "  output a %10\n  output b %11\n  output c %14\n  output d %16\n  output e %17\n  output f %18\n  output g %19\n}\n";

typedef struct Test { Arena *a; Module *m; Node *node[20]; } Test;

static void find(void *u, Node *n)
{
    Test *t = u;
    if (n->id < 20) t->node[n->id] = n;
}

static const char *str(const Test *t, const Expr *e, int rank) { return expr_text(t->a, t->m, e, rank); }

static void test_contractions(Test *t)
{
    Contraction c;
    CHECK(recognise_contraction(t->node[10], &c));
    CHECK_INT(c.m, 1);
    CHECK_INT(c.n, 2);
    CHECK_INT(c.k, 4);
    CHECK_INT(c.batch | c.lone, 0);
    CHECK(!recognise_contraction(t->node[11], &c));                   /* a sum of squares is none */
    CHECK(recognise_contraction(t->node[12], &c));
    CHECK_INT(c.batch, 1);
    CHECK_INT(c.m, 2);
    CHECK_INT(c.n, 4);
    CHECK_INT(c.k, 8);
    CHECK(!recognise_contraction(t->node[13], &c));
    CHECK(!recognise_contraction(t->node[19], &c));                   /* subscripts by data */
}

static void test_attention(Test *t)
{
    Attention k;
    const Entry *e = t->m->entries.at[0];
    CHECK(recognise_attention(t->m, e, t->node[14], &k));
    CHECK(k.soft == t->node[13] && k.score == t->node[12] && k.v->u.node == t->node[1]);
    CHECK_INT(k.key, 2);
    CHECK_INT(k.out_key, 3);
    CHECK_INT(k.keys.step, 1);
    CHECK_INT(k.keys.nrest, 1);
    CHECK_STR(str(t, k.keys.rest[0], 3), "%2[o1] == %2[o2]");
    CHECK(strstr(str(t, k.keys.r.lo, 3), "o1 - 3"));
    CHECK(strstr(str(t, k.keys.r.hi, 3), "o1 + 1") && strstr(str(t, k.keys.r.hi, 3), "%4"));
    CHECK(recognise_attention(t->m, e, t->node[16], &k));             /* operands the other way round */
    CHECK(k.soft == t->node[15]);
    CHECK_INT(k.keys.step, 2);
    CHECK_INT(k.keys.nrest, 0);
    CHECK_STR(str(t, k.keys.start, 3), "o1 % 2");
    CHECK(strstr(str(t, k.keys.r.lo, 3), "o1 / 4 * 4") && strstr(str(t, k.keys.r.hi, 3), "o1 / 4 * 4 + 4"));
    CHECK(!recognise_attention(t->m, e, t->node[10], &k));
}

static void test_others(Test *t)
{
    Convolution v;
    Gather g;
    CHECK(recognise_convolution(t->m, t->node[17], &v));
    CHECK_INT(v.naxes, 1);
    CHECK_INT(v.axis[0].stride, 3);
    CHECK_INT(v.axis[0].dilation, 2);
    CHECK_INT(v.axis[0].out, 0);
    CHECK_INT(v.axis[0].red, 2);
    CHECK(!recognise_convolution(t->m, t->node[10], &v));
    CHECK(recognise_gather(t->node[18], &g));
    CHECK_INT(g.at, 0);
    CHECK(!recognise_gather(t->node[10], &g));
}

int main(void)
{
    Test t = {.a = arena_new()};
    Ctx *ctx = NEW(t.a, Ctx);
    ctx->perm = t.a;
    sources_init(&ctx->sources, t.a);
    diag_init(&ctx->diag, t.a, &ctx->sources);
    ctx->strings = strings_new(t.a);
    t.m = graph_read(ctx, source_add(&ctx->sources, "m.ir", text, sizeof text - 1, 0));
    diag_flush(&ctx->diag);
    if (!t.m) return 1;
    module_each_node(t.m, find, &t);
    t.node[1] = t.m->entries.at[0]->inputs.at[0];
    test_contractions(&t);
    test_attention(&t);
    test_others(&t);
    arena_free(t.a);
    return check_done();
}
