/* exact.c - every entry of conv.tfx on inputs and outputs that end where their memory does, for the sanitizers. IN, OUT: channels; STRIDE, PAD. */
#include <stdlib.h>
#include "m.h"
static m_work work;

static float *numbers(int n)
{
    float *x = malloc(sizeof *x * (size_t)n);
    for (int i = 0; x && i < n; i++) x[i] = (float)(i % 7 - 3);
    return x;
}

typedef m_status Picture(m_work *, const float *, float *);
static int picture(Picture *f, int in, int out)
{
    float *x = numbers(in), *y = numbers(out);
    int bad = f(&work, x, y) != M_OK;
    free(x);
    free(y);
    return bad;
}

typedef m_status Line(m_work *, int32_t, const float *, float *);
static int line(Line *f, int T, int in, int out)
{
    float *x = numbers(in), *y = numbers(out);
    int bad = f(&work, T, x, y) != M_OK;
    free(x);
    free(y);
    return bad;
}

int main(void)
{
    int bad = picture(m_picture, M_PICTURE_IN_X, M_PICTURE_OUT_OUT) | picture(m_deep, M_DEEP_IN_X, M_DEEP_OUT_OUT) |
              picture(m_picture_first, M_PICTURE_FIRST_IN_X, M_PICTURE_FIRST_OUT_OUT) | picture(m_deep_first, M_DEEP_FIRST_IN_X, M_DEEP_FIRST_OUT_OUT);
    for (int T = 1; T <= M_MAX_T && !bad; T++) {
        int in = M_LINE_IN_X - (M_MAX_T - T) * IN, places = (T + 2 * PAD) / STRIDE + 1;
        bad = line(m_line, T, in, places * OUT) | line(m_causal, T, T * IN, T * IN) | line(m_line_first, T, in, places * OUT) |
              line(m_line_deep_first, T, in, places * IN);
    }
    return bad;
}
