/* recognise.c - contractions, attention, convolutions, gathers, and conditions as ranges of an index; see recognise.h. */
#include "compiler/opt/recognise.h"
#include "compiler/opt/util.h"

/* ---- contractions ---- */

static int is_affine_read(const Expr *e)
{
    Affine a;
    if (e->op != EX_read || dtype_class(e->u.node->dtype) != CLS_F) return 0;
    for (int i = 0; i < e->n; i++)
        if (e->arg[i]->traits & TRAIT_read || !affine_of(e->arg[i], &a)) return 0;
    return 1;
}

int recognise_contraction(const Node *n, Contraction *out)
{
    if (n->kind != NODE_compute || n->red != RED_sum || !n->nred || n->empty || n->body->op != EX_mul || n->body->dtype != DT_f32) return 0;
    const Expr *a = n->body->arg[0], *b = n->body->arg[1];
    if (!is_affine_read(a) || !is_affine_read(b)) return 0;
    uint32_t outs = (1u << n->rank) - 1, red = ((1u << n->nred) - 1) << n->rank, sa = ex_slots(a), sb = ex_slots(b);
    *out = (Contraction){a, b, sa & ~sb & outs, sb & ~sa & outs, sa & sb & outs, sa & sb & red, (sa ^ sb) & red};
    return out->k && (out->m || out->n);
}

/* ---- conditions as ranges ---- */

typedef struct Bounds { Module *m; RangeCtx base; int slot; uint32_t others; IndexRange *out; } Bounds;

/* May x stand as a bound: other slots only, no wrapping, readable? */
static int is_bound(Bounds *b, const Expr *x)
{
    int64_t lo, hi;
    if (ex_slots(x) & ~b->others || !expr_is_safe(b->m, &b->base, x)) return 0;
    if (!(x->traits & TRAIT_data)) return 1;
    range_of(&b->base, x, &lo, &hi);
    return lo > INT32_MIN && hi < INT32_MAX;
}

static int lower(Bounds *b, Expr *x)
{
    if (!is_bound(b, x)) return 0;
    b->out->r.lo = ex_bin(b->m, EX_max, b->out->r.lo, x);
    return 1;
}

static int upper(Bounds *b, Expr *x)
{
    if (!is_bound(b, x)) return 0;
    b->out->r.hi = ex_bin(b->m, EX_min, b->out->r.hi, x);
    return 1;
}

/* k * slot + rest >= 0 */
static int at_least_zero(Bounds *b, int64_t k, Expr *rest)
{
    Module *m = b->m;
    if (!is_bound(b, rest)) return 0;
    if (k > 0) return lower(b, ex_un(m, EX_neg, ex_bin(m, EX_div, rest, ex_int(m, k))));
    return upper(b, ex_add(m, ex_bin(m, EX_div, rest, ex_int(m, -k)), ex_int(m, 1)));
}

/* slot / S == e: e*S <= slot < e*S + S */
static int block_of(Bounds *b, Expr *q, Expr *e)
{
    Module *m = b->m;
    int64_t s;
    if (q->op != EX_div || !expr_is_index(q->arg[0], &(int){0}) || q->arg[0]->u.slot != b->slot || !ex_is_int(q->arg[1], &s) || s < 1) return 0;
    Expr *first = ex_mul(m, e, ex_int(m, s)), *end = ex_add(m, first, ex_int(m, s));
    return is_bound(b, first) && is_bound(b, end) && lower(b, first) && upper(b, end);
}

static int equal(Bounds *b, Expr *l, Expr *r)
{
    Module *m = b->m;
    int64_t k;
    Expr *rest;
    if (block_of(b, l, r) || block_of(b, r, l)) return 1;
    if (!affine_split(m, ex_sub(m, l, r), b->slot, &k, &rest) || (k != 1 && k != -1)) return 0;
    Expr *at = k > 0 ? ex_un(m, EX_neg, rest) : rest, *end = ex_add(m, at, ex_int(m, 1));
    return is_bound(b, at) && is_bound(b, end) && lower(b, at) && upper(b, end);
}

/* (slot - e) % S == c: every S-th index; lower bounds are rounded up to the first of them by whoever makes the loop. */
static int strided(Bounds *b, Expr *l, Expr *r)
{
    Module *m = b->m;
    int64_t s, c, k;
    Expr *rest;
    if (b->out->step > 1 || l->op != EX_mod || !ex_is_int(l->arg[1], &s) || s < 2 || !ex_is_int(r, &c) || c < 0 || c >= s) return 0;
    if (!affine_split(m, l->arg[0], b->slot, &k, &rest) || (k != 1 && k != -1)) return 0;
    Expr *first = k > 0 ? ex_sub(m, r, rest) : ex_sub(m, rest, r);    /* slot = first modulo S */
    first = ex_bin(m, EX_mod, first, l->arg[1]);
    if (!is_bound(b, first)) return 0;
    b->out->step = s;
    b->out->start = first;
    return 1;
}

static int condition(Bounds *b, Expr *c, int steps)
{
    Module *m = b->m;
    int64_t k;
    Expr *rest;
    if (c->n != 2 || c->arg[0]->dtype != DT_i32) return 0;
    if (c->op == EX_eq) return equal(b, c->arg[0], c->arg[1]) || (steps && strided(b, c->arg[0], c->arg[1]));
    if (c->op != EX_le && c->op != EX_lt) return 0;
    Expr *d = ex_sub(m, c->arg[1], c->arg[0]);                        /* >= 0, or >= 1 */
    if (c->traits & TRAIT_data && (!is_bound(b, c->arg[0]) && !is_bound(b, c->arg[1]))) return 0;
    if (!affine_split(m, d, b->slot, &k, &rest) || !k) return 0;
    return at_least_zero(b, k, c->op == EX_lt ? ex_sub(m, rest, ex_int(m, 1)) : rest);
}

static int range_of_index(Bounds *b, Range all, Expr *const *conj, int nconj, int steps)
{
    *b->out = (IndexRange){.r = all, .step = 1};
    int learnt = 0;
    for (int i = 0; i < nconj; i++) {
        if (ex_uses_slot(conj[i], b->slot) && condition(b, conj[i], steps)) learnt = 1;
        else if (b->out->nrest < MAX_REST) b->out->rest[b->out->nrest++] = conj[i];
        else return 0;
    }
    return learnt;
}

int recognise_range(Module *m, const Entry *e, const Node *at, int slot, Range all, uint32_t others,
                    Expr *const *conj, int nconj, int steps, IndexRange *out)
{
    Bounds b = {.m = m, .slot = slot, .others = others, .out = out};
    Node bare;
    range_ctx_outside(&b.base, &bare, m, e, at, slot < at->rank ? 0 : slot - at->rank);
    return nconj <= MAX_REST && range_of_index(&b, all, conj, nconj, steps);
}

/* ---- attention ---- */

static int row_slot(const Node *p)
{
    for (int s = 0; s < p->rank; s++)
        if (p->row_axes == 1u << s) return s;
    return -1;
}

int recognise_attention(Module *m, const Entry *e, Node *n, Attention *out)
{
    Contraction pv;
    int slot;
    if (!recognise_contraction(n, &pv)) return 0;
    *out = (Attention){.out = n, .p = pv.a, .v = pv.b};
    if (pv.a->u.node->kind != NODE_softmax) out->p = pv.b, out->v = pv.a;
    Node *p = out->soft = out->p->u.node;
    if (p->kind != NODE_softmax || (out->key = row_slot(p)) < 0) return 0;
    if (!expr_is_index(out->p->arg[out->key], &slot) || slot < n->rank) return 0;
    out->out_key = slot;
    if (p->body->op == EX_read && recognise_contraction(p->body->u.node, &out->qk)) out->score = p->body->u.node;
    uint32_t others = ((1u << p->rank) - 1) & ~(1u << out->key);
    Range all = {ex_int(m, 0), p->ext[out->key]};
    recognise_range(m, e, p, out->key, all, others, p->conj, p->nconj, 1, &out->keys);
    return 1;
}

/* ---- convolutions, gathers ---- */

/* One output and one reduced slot in a subscript: stride * out + dilation * red + offset. */
static int conv_axis(Module *m, const Node *n, const Expr *x, int sub, Convolution *k)
{
    uint32_t s = ex_slots(x->arg[sub]), o = s & ((1u << n->rank) - 1), r = s & ~o;
    Expr *rest;
    if (!o || !r || (o & (o - 1)) || (r & (r - 1))) return 0;
    int i = k->naxes;
    k->axis[i].sub = sub;
    k->axis[i].out = __builtin_ctz(o);
    k->axis[i].red = __builtin_ctz(r);
    if (!affine_split(m, x->arg[sub], k->axis[i].out, &k->axis[i].stride, &rest)) return 0;
    if (!affine_split(m, rest, k->axis[i].red, &k->axis[i].dilation, &k->axis[i].offset)) return 0;
    k->naxes++;
    return 1;
}

int recognise_convolution(Module *m, const Node *n, Convolution *out)
{
    *out = (Convolution){0};
    if (!recognise_contraction(n, &out->c)) return 0;
    for (int side = 0; side < 2 && !out->naxes; side++) {
        out->x = side ? out->c.b : out->c.a;
        for (int i = 0; i < out->x->n; i++) conv_axis(m, n, out->x, i, out);
    }
    return out->naxes > 0;
}

int recognise_gather(const Node *n, Gather *out)
{
    if (!node_is_map(n) || n->body->op != EX_read) return 0;
    for (int i = 0; i < n->body->n; i++)
        if (n->body->arg[i]->traits & TRAIT_read) {
            *out = (Gather){n->body, i};
            return 1;
        }
    return 0;
}
