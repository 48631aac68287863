/* weights.c - bytes of the weights as the emitted program reads them. */
#include <string.h>
#include "compiler/plan/plan_int.h"

static void put(unsigned char *dst, DType t, int64_t k, double f, int64_t i)
{
    float v = (float)f; int32_t w = (int32_t)i; uint16_t h;
    switch (dtype_info[t].bits) {
    case 64: if (t == DT_f64) memcpy(dst + 8 * k, &f, 8); else memcpy(dst + 8 * k, &i, 8); return;
    case 32: if (dtype_class(t) == CLS_F) memcpy(dst + 4 * k, &v, 4); else memcpy(dst + 4 * k, &w, 4); return;
    case 16: h = t == DT_f16 ? f64_to_f16(f) : t == DT_bf16 ? f64_to_bf16(f) : (uint16_t)i; memcpy(dst + 2 * k, &h, 2); return;
    default: dst[k] = (unsigned char)i;
    }
}

static int row_major(const Buffer *b, const int64_t *shape)
{
    int64_t run = 1, v;
    for (int k = b->rank - 1; k >= 0; k--) {
        if (!ex_is_int(b->stride[k], &v) || v != run) return 0;
        run *= shape[k];
    }
    return 1;
}

/* Tensor whose dimensions are stored in another order than they are written. */
static void put_permuted(const Buffer *b, const Node *n, const Tensor *t, const Value *v, unsigned char *dst)
{
    int64_t at[MAX_RANK] = {0}, stride[MAX_RANK], shape[MAX_RANK], pos = 0;
    for (int k = 0; k < b->rank; k++) {
        if (!ex_is_int(b->stride[k], &stride[k]) || !ex_is_int(n->ext[k], &shape[k])) bug("weight %s has a run-time size", b->name);
    }
    for (int64_t j = 0; j < b->count; j++) {
        int isf = dtype_is_float(b->dtype);
        put(dst, b->dtype, pos, !isf ? 0 : t ? tensor_f64(t, j) : v->f[j], isf ? 0 : t ? tensor_i64(t, j) : v->i[j]);
        for (int k = b->rank - 1; k >= 0; k--) {
            pos += stride[k];
            if (++at[k] < shape[k]) break;
            pos -= stride[k] * shape[k];
            at[k] = 0;
        }
    }
}

/* Position in the tensor of each column (cols != 0) or each step of depth, as the panels count them. */
static int64_t *panel_places(const Buffer *b, const int64_t *shape, int cols, Arena *a)
{
    int64_t run[MAX_RANK], r = 1, n = cols ? b->cols : b->depth, *at = NEWN(a, int64_t, n + 1), v;
    for (int k = b->rank - 1; k >= 0; k--) { run[k] = r; r *= shape[k]; }
    for (int k = 0; k < b->rank; k++) {
        if ((int)(b->col_axes >> k & 1) != cols) continue;
        if (!ex_is_int(b->stride[k], &v)) bug("weight %s has a run-time stride", b->name);
        for (int64_t j = 0; j < n; j++) at[j] += j / v % shape[k] * run[k];
    }
    return at;
}

/* [N/panel][K][panel] */
static void put_panels(const Buffer *b, const int64_t *shape, const Tensor *t, const Value *v, Arena *a, unsigned char *dst)
{
    const int64_t *col = panel_places(b, shape, 1, a), *deep = panel_places(b, shape, 0, a), w = b->panel;
    memset(dst, 0, (size_t)b->bytes);
    for (int64_t n = 0; n < b->cols; n += w)
        for (int64_t k = 0; k < b->depth; k++) {
            int64_t have = b->cols - n < w ? b->cols - n : w, step = have > 1 ? col[n + 1] - col[n] : 1, even = 1;
            for (int64_t j = 1; j < have; j++) if (col[n + j] - col[n + j - 1] != step) even = 0;
            if (t && even && b->dtype == DT_f32 && w <= 64) {
                float row[64];
                tensor_f32_run(t, col[n] + deep[k], step, have, row);
                memcpy(dst + 4 * (n * b->depth + k * w), row, 4 * (size_t)have);
                continue;
            }
            for (int64_t j = 0; j < have; j++) {
                int64_t from = col[n + j] + deep[k], to = n * b->depth + k * w + j;
                if (dtype_is_float(b->dtype)) put(dst, b->dtype, to, t ? tensor_f64(t, from) : v->f[from], 0);
                else put(dst, b->dtype, to, 0, t ? tensor_i64(t, from) : v->i[from]);
            }
        }
}

static int shape_of(const Node *n, int64_t *shape)
{
    for (int k = 0; k < n->rank; k++) if (!ex_is_int(n->ext[k], &shape[k])) return 0;
    return 1;
}

void plan_weight_bytes(const Plan *p, const Weight *w, Arena *scratch, unsigned char *dst)
{
    const Node *n = w->node;
    DType t = w->buf->dtype;
    int64_t shape[MAX_RANK];
    if (!shape_of(n, shape)) bug("weight %s has a run-time size", w->buf->name);
    if (w->buf->panel || !row_major(w->buf, shape)) {
        Value v = {0};
        if (!n->data) v = interp_const(p->module, scratch, n);
        if (w->buf->panel) { put_panels(w->buf, shape, n->data, &v, scratch, dst); return; }
        put_permuted(w->buf, n, n->data, &v, dst);
        return;
    }
    if (n->data) {
        int64_t count = tensor_count(n->data);
        if (t == DT_f32) {                                   /* by rows: the mapped file is unaligned */
            float row[256];
            for (int64_t k = 0; k < count; k += 256) {
                int64_t c = count - k < 256 ? count - k : 256;
                tensor_f32_run(n->data, k, 1, c, row);
                memcpy(dst + 4 * k, row, 4 * (size_t)c);
            }
            return;
        }
        for (int64_t k = 0; k < count; k++)
            if (dtype_is_float(t)) put(dst, t, k, tensor_f64(n->data, k), 0);
            else put(dst, t, k, 0, tensor_i64(n->data, k));
        return;
    }
    Value v = interp_const(p->module, scratch, n);
    int64_t count = value_count(&v);
    for (int64_t k = 0; k < count; k++)
        if (dtype_is_float(t)) put(dst, t, k, v.f[k], 0); else put(dst, t, k, 0, v.i[k]);
}
