/* weights.c - bytes of the weights as the emitted program reads them. */
#include <string.h>
#include "compiler/plan/plan_int.h"

static void put(unsigned char *dst, DType t, int64_t k, double f, int64_t i)
{
    float v = (float)f; int32_t w = (int32_t)i; uint16_t h;
    switch (dtype_info[t].bits) {
    case 32: if (dtype_class(t) == CLS_F) memcpy(dst + 4 * k, &v, 4); else memcpy(dst + 4 * k, &w, 4); return;
    case 16: h = t == DT_f16 ? f64_to_f16(f) : t == DT_bf16 ? f64_to_bf16(f) : (uint16_t)i; memcpy(dst + 2 * k, &h, 2); return;
    default: dst[k] = (unsigned char)i;
    }
}

void plan_weight_bytes(const Plan *p, const Weight *w, Arena *scratch, unsigned char *dst)
{
    const Node *n = w->node;
    DType t = w->buf->dtype;
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
            if (dtype_class(t) == CLS_F) put(dst, t, k, tensor_f64(n->data, k), 0);
            else put(dst, t, k, 0, tensor_i64(n->data, k));
        return;
    }
    Value v = interp_const(p->module, scratch, n);
    int64_t count = value_count(&v);
    for (int64_t k = 0; k < count; k++)
        if (dtype_class(t) == CLS_F) put(dst, t, k, v.f[k], 0); else put(dst, t, k, 0, v.i[k]);
}
