/* recognise.h - what a node is, said in terms of its indices: for the planner, and for passes. Asks only, changes nothing.
 * A node that nothing here recognises is a loop nest, which is always right. */
#ifndef OPT_RECOGNISE_H
#define OPT_RECOGNISE_H
#include "compiler/ir/ir.h"

/* sum of a * b, both reads with affine subscripts. Slots by where they occur: in a and out, in b and out, in a, b and out,
 * in a, b and reduced; lone: reduced but in one operand only. At least one of m and n, and k, are not empty. */
typedef struct Contraction { const Expr *a, *b; uint32_t m, n, batch, k, lone; } Contraction;
int recognise_contraction(const Node *n, Contraction *out);

/* What conditions say about one index: lo <= index < hi (step apart from start, when step > 1), and the rest of them.
 * lo, hi, start use only the slots allowed by the caller. */
enum { MAX_REST = 32 };
typedef struct IndexRange { Range r; int64_t step; Expr *start; int nrest; Expr *rest[MAX_REST]; } IndexRange;
/* conj[..] about `slot`, which without them runs over `all`. others: mask of the slots that bounds may use; bounds by data
 * must lie inside 32 bits and be readable whatever the conditions say. e: entry (facts); at: node whose slots these are.
 * 1 when some conjunct became a bound, 0: nothing learnt (out is the whole range and all conjuncts).
 * Understood: j <= e, e <= j, j*k <= e, j == e, j / S == e, |j - e| <= W as two conjuncts, (j - e) % S == c (if steps: out->step). */
int recognise_range(Module *m, const Entry *e, const Node *at, int slot, Range all, uint32_t others,
                    Expr *const *conj, int nconj, int steps, IndexRange *out);

/* out = sum[j] p[.., i, .. j] * v with p = softmax[j where conj] score, score a contraction over features.
 * keys: the range of j in terms of the other slots of p, from p's conj: outside it p is 0. */
typedef struct Attention {
    Node *out, *soft, *score;        /* score: NULL when the logit is not the read of a contraction */
    const Expr *p, *v;               /* the two factors in out */
    int key;                         /* slot of the key in p (its row axis) */
    int out_key;                     /* slot of the key in out (reduced) */
    Contraction qk;                  /* of score */
    IndexRange keys;
} Attention;
int recognise_attention(Module *m, const Entry *e, Node *n, Attention *out);

/* A contraction with an operand that has output and reduced indices in one subscript: a convolution along it. */
typedef struct Convolution { Contraction c; const Expr *x; int naxes; struct { int sub, out, red; int64_t stride, dilation; Expr *offset; } axis[MAX_RANK]; } Convolution;
int recognise_convolution(Module *m, const Node *n, Convolution *out);

/* A map that reads `table` at a row that is data: table[idx[..], ..]. at: which subscript. */
typedef struct Gather { const Expr *table; int at; } Gather;
int recognise_gather(const Node *n, Gather *out);
#endif
