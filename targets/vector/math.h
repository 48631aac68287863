/* Elementary functions on vectors of floats, written once in the words of targets/ISA/vec.h (tfx_v_add, tfx_v_fma ..).
 * A line `vec: NAME needs=A,B scalar=C` in a comment of its own starts the section of tfx_v_NAME, which ends at the next
 * such line; needs: other sections it uses, scalar: files of runtime/math.  Sections stand after what they need.
 * Beside the arithmetic, sin and cos use tfx_vm_any(m): 1 if m is set in some lane.
 * tfx_v_min and tfx_v_max give the second operand when one is NaN: limits are therefore the first operand and NaN stays.
 * Everything is rounded by fused multiply-add as written; options that regroup arithmetic (-ffast-math) break it.
 * Special values are those of the scalar functions in runtime/math, but exp, exp2, sigmoid keep subnormal results.
 * Polynomials: Remez, as in tests/math/fit.py; all but those of exp2_near, gelu, sin and cos are the scalar ones.
 * Errors are the largest over all floats, against double (STRIDE=1 tests/vec/run-slow.sh).
 */
/* vec: exp needs= */
/* e^x = 2^n e^r, n = round(x log2 e), r = x - n ln2 (ln2 in two constants; the first product is exact), e^r of degree 6.
 * Error: <= 1 ULP, subnormal results too.  tfx_v_exp_in: the same for -104 <= x <= 89 or NaN only. */
TFX_INLINE tfx_v tfx_v_exp_in(tfx_v x) {
  const tfx_v n = tfx_v_round(tfx_v_mul(x, tfx_v_set1(1.44269504f)));
  const tfx_v r = tfx_v_fnma(n, tfx_v_set1(-2.12194440e-4f), tfx_v_fnma(n, tfx_v_set1(0.693359375f), x));
  tfx_v p = tfx_v_fma(tfx_v_set1(0.00138369785f), r, tfx_v_set1(0.00836918782f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.0416681208f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.166665167f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.49999994f));
  p = tfx_v_fma(p, r, tfx_v_set1(1.0f));
  p = tfx_v_fma(p, r, tfx_v_set1(1.0f));
  return tfx_v_scale(p, n);
}
TFX_INLINE tfx_v tfx_v_exp(tfx_v x) {
  return tfx_v_exp_in(tfx_v_max(tfx_v_set1(-104.0f), tfx_v_min(tfx_v_set1(89.0f), x)));
}
/* vec: exp_low needs= */
/* e^x for x <= 0 or NaN only, 0 below -86.9, as exp with one step less: for softmax, where the largest of a row is 1.
 * Error: <= 1 ULP from -86.9 on. */
TFX_INLINE tfx_v tfx_v_exp_low(tfx_v x) {
  const tfx_v least = tfx_v_set1(-86.9f), a = tfx_v_max(least, x);
  const tfx_v n = tfx_v_round(tfx_v_mul(a, tfx_v_set1(1.44269504f)));
  const tfx_v r = tfx_v_fnma(n, tfx_v_set1(-2.12194440e-4f), tfx_v_fnma(n, tfx_v_set1(0.693359375f), a));
  tfx_v p = tfx_v_fma(tfx_v_set1(0.00138369785f), r, tfx_v_set1(0.00836918782f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.0416681208f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.166665167f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.49999994f));
  p = tfx_v_fma(p, r, tfx_v_set1(1.0f));
  p = tfx_v_fma(p, r, tfx_v_set1(1.0f));
  return tfx_v_select(tfx_v_lt(x, least), tfx_v_zero(), tfx_v_scale_normal(p, n));
}
/* vec: exp2 needs= */
/* 2^x = 2^n 2^r, n = round(x), r = x - n (exact), 2^r = 1 + r g(r) of degree 6.
 * Error: <= 1 ULP, subnormal results too. */
TFX_INLINE tfx_v tfx_v_exp2(tfx_v x) {
  const tfx_v a = tfx_v_max(tfx_v_set1(-151.0f), tfx_v_min(tfx_v_set1(129.0f), x)), n = tfx_v_round(a);
  const tfx_v r = tfx_v_sub(a, n);
  tfx_v p = tfx_v_fma(tfx_v_set1(0.000158252122f), r, tfx_v_set1(0.00134177483f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.00961706508f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.0555027276f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.240226552f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.693147242f));
  p = tfx_v_fma(p, r, tfx_v_set1(1.0f));
  return tfx_v_scale(p, n);
}
/* vec: exp2_near needs= */
/* 2^x for x <= 126 or NaN only, 0 below -125, of degree 5: for results that are subtracted from or added to 1.
 * Error: <= 3 ULP; 2^0 is one unit above 1. */
TFX_INLINE tfx_v tfx_v_exp2_near(tfx_v x) {
  const tfx_v least = tfx_v_set1(-125.0f), a = tfx_v_max(least, x), n = tfx_v_round(a);
  const tfx_v r = tfx_v_sub(a, n);
  tfx_v p = tfx_v_fma(tfx_v_set1(0.00136583578f), r, tfx_v_set1(0.0096848188f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.0554970428f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.240219191f));
  p = tfx_v_fma(p, r, tfx_v_set1(0.693147421f));
  p = tfx_v_fma(p, r, tfx_v_set1(1.00000012f));
  return tfx_v_select(tfx_v_lt(x, least), tfx_v_zero(), tfx_v_scale_normal(p, n));
}
/* vec: expm1 needs= */
/* e^x - 1 = 2^n (p + (1 - 2^-n)), reduction as in exp, p = e^r - 1 = r + r^2 q(r), q of degree 5.  At n = 0 this is p itself,
 * so small and subnormal x are kept; below -18 the result is -1.  The sign is that of x, which also keeps -0.
 * Error: <= 2 ULP. */
TFX_INLINE tfx_v tfx_v_expm1(tfx_v x) {
  const tfx_v a = tfx_v_max(tfx_v_set1(-18.0f), tfx_v_min(tfx_v_set1(89.0f), x));
  const tfx_v one = tfx_v_set1(1.0f), n = tfx_v_round(tfx_v_mul(a, tfx_v_set1(1.44269504f)));
  const tfx_v r = tfx_v_fnma(n, tfx_v_set1(-2.12194440e-4f), tfx_v_fnma(n, tfx_v_set1(0.693359375f), a));
  tfx_v q = tfx_v_fma(tfx_v_set1(0.000196626337f), r, tfx_v_set1(0.00139350432f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.0083336439f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.0416664667f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.166666657f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.5f));
  q = tfx_v_fma(tfx_v_mul(r, r), q, r);
  const tfx_v y = tfx_v_scale(tfx_v_add(q, tfx_v_sub(one, tfx_v_scale(one, tfx_v_neg(n)))), n);
  return tfx_v_copysign(y, x);
}
/* vec: log needs= scalar=bits */
/* x = 2^n m, m in [sqrt(1/2), sqrt 2), f = m - 1; log x = n ln2 + f - f^2/2 + f^3 P(f), P of degree 7, ln2 in two constants.
 * Error: <= 1 ULP on all positive floats.
 * tfx_v_log_split: n and m; tfx_v_log_sum: n ln2 + log(1 + f); tfx_v_log_ends: y with the values for x <= 0, inf and NaN. */
TFX_INLINE tfx_v tfx_v_log_split(tfx_v x, tfx_v *n) {
  const tfx_v m = tfx_v_mantissa(x), e = tfx_v_exponent(x);
  const tfx_vm big = tfx_v_gt(m, tfx_v_set1(1.41421354f));
  *n = tfx_v_select(big, tfx_v_add(e, tfx_v_set1(1.0f)), e);
  return tfx_v_select(big, tfx_v_mul(m, tfx_v_set1(0.5f)), m);
}
TFX_INLINE tfx_v tfx_v_log_sum(tfx_v n, tfx_v f) {
  tfx_v p = tfx_v_fma(tfx_v_set1(-0.0764468685f), f, tfx_v_set1(0.1277024f));
  p = tfx_v_fma(p, f, tfx_v_set1(-0.131605759f));
  p = tfx_v_fma(p, f, tfx_v_set1(0.142006516f));
  p = tfx_v_fma(p, f, tfx_v_set1(-0.166232109f));
  p = tfx_v_fma(p, f, tfx_v_set1(0.200012669f));
  p = tfx_v_fma(p, f, tfx_v_set1(-0.250008255f));
  p = tfx_v_fma(p, f, tfx_v_set1(0.333333313f));
  p = tfx_v_fma(p, f, tfx_v_set1(-0.5f));
  p = tfx_v_fma(tfx_v_mul(f, f), p, tfx_v_mul(n, tfx_v_set1(-2.12194440e-4f)));
  return tfx_v_fma(n, tfx_v_set1(0.693359375f), tfx_v_add(f, p));
}
TFX_INLINE tfx_v tfx_v_log_ends(tfx_v x, tfx_v y) {
  const tfx_v zero = tfx_v_set1(0.0f), inf = tfx_v_set1(tfx_i2f(0x7F800000));
  const tfx_v low = tfx_v_select(tfx_v_eq(x, zero), tfx_v_neg(inf), tfx_v_set1(tfx_i2f(0x7FC00000)));
  y = tfx_v_select(tfx_v_lt(x, inf), y, x);
  return tfx_v_select(tfx_v_gt(x, zero), y, low);
}
TFX_INLINE tfx_v tfx_v_log(tfx_v x) {
  tfx_v n;
  const tfx_v m = tfx_v_log_split(x, &n);
  return tfx_v_log_ends(x, tfx_v_log_sum(n, tfx_v_sub(m, tfx_v_set1(1.0f))));
}
/* vec: log2 needs=log */
/* As log; log2 x = n + f + f (c0 + f Q(f)), c0 = log2(e) - 1, Q of degree 8.  Powers of two are exact.
 * Error: <= 1.5 ULP on all positive floats. */
TFX_INLINE tfx_v tfx_v_log2(tfx_v x) {
  tfx_v n;
  const tfx_v m = tfx_v_log_split(x, &n), f = tfx_v_sub(m, tfx_v_set1(1.0f));
  tfx_v q = tfx_v_fma(tfx_v_set1(-0.146902904f), f, tfx_v_set1(0.209782168f));
  q = tfx_v_fma(q, f, tfx_v_set1(-0.187532976f));
  q = tfx_v_fma(q, f, tfx_v_set1(0.2005312f));
  q = tfx_v_fma(q, f, tfx_v_set1(-0.239551201f));
  q = tfx_v_fma(q, f, tfx_v_set1(0.28878805f));
  q = tfx_v_fma(q, f, tfx_v_set1(-0.360707074f));
  q = tfx_v_fma(q, f, tfx_v_set1(0.480894387f));
  q = tfx_v_fma(q, f, tfx_v_set1(-0.721347213f));
  q = tfx_v_fma(q, f, tfx_v_set1(0.442695051f));
  return tfx_v_log_ends(x, tfx_v_add(n, tfx_v_fma(f, q, f)));
}
/* vec: log1p needs=log */
/* t = 1 + x rounded, c its rounding error (exact); t = 2^n m as in log, f = (m - 1) + c 2^-n.  The sign is that of x.
 * Error: <= 1.5 ULP for all x > -1. */
TFX_INLINE tfx_v tfx_v_log1p(tfx_v x) {
  const tfx_v one = tfx_v_set1(1.0f), t = tfx_v_add(one, x);
  const tfx_v c = tfx_v_sub(tfx_v_min(one, x), tfx_v_sub(t, tfx_v_max(one, x)));
  tfx_v n;
  const tfx_v m = tfx_v_log_split(t, &n);
  const tfx_v f = tfx_v_add(tfx_v_sub(m, one), tfx_v_scale(c, tfx_v_neg(n)));
  return tfx_v_copysign(tfx_v_log_ends(t, tfx_v_log_sum(n, f)), x);
}
/* vec: tanh needs= */
/* tanh a = (e^2a - 1) / (e^2a + 1), a = |x| limited to 10, where the quotient is exactly 1.  With e^2a = 2^n (1 + p), p as in
 * expm1, the numerator is 2^n p + (2^n - 1) and has no cancellation; at n = 0 it is p, which keeps subnormals.  Odd.
 * Error: <= 3 ULP. */
TFX_INLINE tfx_v tfx_v_tanh(tfx_v x) {
  const tfx_v a = tfx_v_min(tfx_v_set1(10.0f), tfx_v_abs(x)), one = tfx_v_set1(1.0f);
  const tfx_v n = tfx_v_round(tfx_v_mul(a, tfx_v_set1(2.88539008f)));
  const tfx_v r = tfx_v_fnma(n, tfx_v_set1(-2.12194440e-4f), tfx_v_fnma(n, tfx_v_set1(0.693359375f), tfx_v_add(a, a)));
  tfx_v q = tfx_v_fma(tfx_v_set1(0.000196626337f), r, tfx_v_set1(0.00139350432f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.0083336439f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.0416664667f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.166666657f));
  q = tfx_v_fma(q, r, tfx_v_set1(0.5f));
  q = tfx_v_fma(tfx_v_mul(r, r), q, r);
  const tfx_v s = tfx_v_scale(one, n);
  const tfx_v y = tfx_v_div(tfx_v_fma(s, q, tfx_v_sub(s, one)), tfx_v_fma(s, q, tfx_v_add(s, one)));
  return tfx_v_copysign(y, x);
}
/* vec: sigmoid needs=exp */
/* 1 / (1 + e^-x) as e / (1 + e), e = e^x: right for subnormal results, too.  At the limit 88 the quotient is exactly 1.
 * Error: <= 2.5 ULP. */
TFX_INLINE tfx_v tfx_v_sigmoid(tfx_v x) {
  const tfx_v e = tfx_v_exp_in(tfx_v_max(tfx_v_set1(-104.0f), tfx_v_min(tfx_v_set1(88.0f), x)));
  return tfx_v_div(e, tfx_v_add(e, tfx_v_set1(1.0f)));
}
/* vec: silu needs=exp */
/* x sigmoid(x) as x / (1 + e^-x), which rounds once less than the product; NaN at -inf, as the product says.
 * Error: <= 3 ULP for x >= -88.7228317; below, where e^-x overflows, the result is -0 (exactly it is less than 2.7e-37). */
TFX_INLINE tfx_v tfx_v_silu(tfx_v x) {
  return tfx_v_div(x, tfx_v_add(tfx_v_exp(tfx_v_neg(x)), tfx_v_set1(1.0f)));
}
/* vec: erf needs=exp2_near */
/* a = |x| limited to 3.95, where erf rounds to 1.  a < 0.875: a + a P(a^2), P of degree 5; else 1 - 2^g(a), g = log2(erfc) of
 * degree 6.  Both are computed.  Odd.
 * Error: <= 2 ULP. */
TFX_INLINE tfx_v tfx_v_erf(tfx_v x) {
  const tfx_v a = tfx_v_min(tfx_v_set1(3.95f), tfx_v_abs(x)), s = tfx_v_mul(a, a);
  tfx_v p = tfx_v_fma(tfx_v_set1(-0.000602019078f), s, tfx_v_set1(0.0049988972f));
  p = tfx_v_fma(p, s, tfx_v_set1(-0.0267704781f));
  p = tfx_v_fma(p, s, tfx_v_set1(0.112819217f));
  p = tfx_v_fma(p, s, tfx_v_set1(-0.376125038f));
  p = tfx_v_fma(p, s, tfx_v_set1(0.128379151f));
  p = tfx_v_fma(p, a, a);
  tfx_v g = tfx_v_fma(tfx_v_set1(0.000289970165f), a, tfx_v_set1(-0.00446119206f));
  g = tfx_v_fma(g, a, tfx_v_set1(0.0323454253f));
  g = tfx_v_fma(g, a, tfx_v_set1(-0.150512636f));
  g = tfx_v_fma(g, a, tfx_v_set1(-0.918617725f));
  g = tfx_v_fma(g, a, tfx_v_set1(-1.62726784f));
  g = tfx_v_fma(g, a, tfx_v_set1(-0.00019270851f));
  const tfx_v large = tfx_v_sub(tfx_v_set1(1.0f), tfx_v_exp2_near(g));
  return tfx_v_copysign(tfx_v_select(tfx_v_lt(a, tfx_v_set1(0.875f)), p, large), x);
}
/* vec: gelu needs=exp2_near */
/* x Phi(x) = x (1 + erf(x / sqrt 2)) / 2.  Phi(-a) = 2^G(a), G of degree 7 on [0, 14.4], fitted for the absolute error of
 * a Phi(-a) with a relative one of 10% in the far tail; Phi(a) = 1 - Phi(-a).  At 14.3 Phi(-a) is 0.  NaN at -inf, as the product says.
 * Error: <= 4e-7 max(1, |x|) absolute. */
TFX_INLINE tfx_v tfx_v_gelu(tfx_v x) {
  const tfx_v a = tfx_v_min(tfx_v_set1(14.3f), tfx_v_abs(x));
  tfx_v g = tfx_v_fma(tfx_v_set1(-1.07271717e-6f), a, tfx_v_set1(4.68934631e-5f));
  g = tfx_v_fma(g, a, tfx_v_set1(-0.000833599886f));
  g = tfx_v_fma(g, a, tfx_v_set1(0.0082216002f));
  g = tfx_v_fma(g, a, tfx_v_set1(-0.0535641164f));
  g = tfx_v_fma(g, a, tfx_v_set1(-0.458695441f));
  g = tfx_v_fma(g, a, tfx_v_set1(-1.15121472f));
  g = tfx_v_fma(g, a, tfx_v_set1(-0.999993145f));
  const tfx_v e = tfx_v_exp2_near(g);
  return tfx_v_mul(x, tfx_v_select(tfx_v_gt(x, tfx_v_set1(0.0f)), tfx_v_sub(tfx_v_set1(1.0f), e), e));
}
/* vec: gelu_tanh needs=exp2_near */
/* x (1 + tanh u) / 2 with u = sqrt(2/pi) (x + 0.044715 x^3) is x sigmoid(2u) = x e / (1 + e), e = 2^(2u log2 e).
 * NaN at -inf, as the product says.
 * Error: <= 4e-7 max(1, |x|) absolute. */
TFX_INLINE tfx_v tfx_v_gelu_tanh(tfx_v x) {
  const tfx_v t = tfx_v_mul(x, tfx_v_fma(tfx_v_mul(x, x), tfx_v_set1(0.102943242f), tfx_v_set1(2.30220819f)));
  const tfx_v e = tfx_v_exp2_near(tfx_v_min(tfx_v_set1(126.0f), t));
  return tfx_v_mul(x, tfx_v_div(e, tfx_v_add(e, tfx_v_set1(1.0f))));
}
/* vec: sin needs= scalar=sincos */
/* n = round(x / pi), r = x - n pi with pi in three constants (Cody and Waite, "Software manual for the elementary
 * functions", 1980; the first fused step is exact), sin x = (-1)^n sin r,
 * sin r = r + r^3 P(r^2), P of degree 3 on |r| <= pi/2, limited to +-1.
 * Lanes beyond 1e5, inf and NaN are done by the scalar function.  sin(+-0) = +-0 needs a select.
 * Error: <= 2 ULP. */
TFX_INLINE tfx_v tfx_v_sin(tfx_v x) {
  const tfx_v n = tfx_v_round(tfx_v_mul(x, tfx_v_set1(0.318309873f)));
  tfx_v r = tfx_v_fnma(n, tfx_v_set1(3.14159274f), x);
  r = tfx_v_fnma(n, tfx_v_set1(-8.74227766e-8f), r);
  r = tfx_v_fnma(n, tfx_v_set1(-3.43024902e-15f), r);
  const tfx_v z = tfx_v_mul(r, r), h = tfx_v_mul(n, tfx_v_set1(0.5f));
  tfx_v p = tfx_v_fma(tfx_v_set1(2.60572824e-6f), z, tfx_v_set1(-0.000198096546f));
  p = tfx_v_fma(p, z, tfx_v_set1(0.00833306834f));
  p = tfx_v_fma(p, z, tfx_v_set1(-0.166666597f));
  r = tfx_v_fma(tfx_v_mul(z, r), p, r);
  r = tfx_v_max(tfx_v_set1(-1.0f), tfx_v_min(tfx_v_set1(1.0f), r));
  r = tfx_v_select(tfx_v_ne(tfx_v_round(h), h), tfx_v_neg(r), r);
  r = tfx_v_select(tfx_v_eq(x, tfx_v_set1(0.0f)), x, r);
  if (tfx_vm_any(tfx_vm_not(tfx_v_le(tfx_v_abs(x), tfx_v_set1(1e5f))))) {
    float from[TFX_W], to[TFX_W];
    tfx_v_store(from, x);
    tfx_v_store(to, r);
    for (int i = 0; i < TFX_W; i++)
      if (!(from[i] >= -1e5f && from[i] <= 1e5f)) to[i] = tfx_sin(from[i]);
    r = tfx_v_load(to);
  }
  return r;
}
/* vec: cos needs= scalar=sincos */
/* cos x = sin(x + pi/2): n = round(x / pi - 1/2) + 1/2, r = x - n pi, cos x = -(-1)^(n - 1/2) sin r; the rest as in sin.
 * Error: <= 2 ULP. */
TFX_INLINE tfx_v tfx_v_cos(tfx_v x) {
  const tfx_v half = tfx_v_set1(0.5f), k = tfx_v_round(tfx_v_fma(x, tfx_v_set1(0.318309873f), tfx_v_set1(-0.5f))), n = tfx_v_add(k, half);
  tfx_v r = tfx_v_fnma(n, tfx_v_set1(3.14159274f), x);
  r = tfx_v_fnma(n, tfx_v_set1(-8.74227766e-8f), r);
  r = tfx_v_fnma(n, tfx_v_set1(-3.43024902e-15f), r);
  const tfx_v z = tfx_v_mul(r, r), h = tfx_v_mul(k, half);
  tfx_v p = tfx_v_fma(tfx_v_set1(2.60572824e-6f), z, tfx_v_set1(-0.000198096546f));
  p = tfx_v_fma(p, z, tfx_v_set1(0.00833306834f));
  p = tfx_v_fma(p, z, tfx_v_set1(-0.166666597f));
  r = tfx_v_fma(tfx_v_mul(z, r), p, r);
  r = tfx_v_max(tfx_v_set1(-1.0f), tfx_v_min(tfx_v_set1(1.0f), r));
  r = tfx_v_select(tfx_v_eq(tfx_v_round(h), h), tfx_v_neg(r), r);
  if (tfx_vm_any(tfx_vm_not(tfx_v_le(tfx_v_abs(x), tfx_v_set1(1e5f))))) {
    float from[TFX_W], to[TFX_W];
    tfx_v_store(from, x);
    tfx_v_store(to, r);
    for (int i = 0; i < TFX_W; i++)
      if (!(from[i] >= -1e5f && from[i] <= 1e5f)) to[i] = tfx_cos(from[i]);
    r = tfx_v_load(to);
  }
  return r;
}
/* vec: rsqrt needs= */
/* 1 / sqrt(x) by the instructions of that name; +-0 gives +-inf, x < 0 NaN.
 * Error: <= 1.5 ULP. */
TFX_INLINE tfx_v tfx_v_rsqrt(tfx_v x) {
  return tfx_v_div(tfx_v_set1(1.0f), tfx_v_sqrt(x));
}
/* vec: sign needs= */
/* -1, 0, 1; 0 for zeros and NaN.  Exact. */
TFX_INLINE tfx_v tfx_v_sign(tfx_v x) {
  const tfx_v zero = tfx_v_zero(), one = tfx_v_set1(1.0f);
  return tfx_v_sub(tfx_v_select(tfx_v_gt(x, zero), one, zero), tfx_v_select(tfx_v_lt(x, zero), one, zero));
}
/* vec: fmod needs= */
/* a - b floor(a / b), of the sign of b, each operation rounded. */
TFX_INLINE tfx_v tfx_v_fmod(tfx_v a, tfx_v b) {
  return tfx_v_sub(a, tfx_v_mul(b, tfx_v_floor(tfx_v_div(a, b))));
}
/* vec: pow needs= scalar=bits */
/* x^y of C99 (F.9.4.4).  |x| = 2^k m, m in [sqrt(3/4), sqrt 3); c = 1 or 3/2, the nearer one; s = (m - c) / (m + c) as s0 + sl;
 * log2 |x| = k + log2 c + s 2/ln2 + s^3 T(s^2) as th + tl; y th exactly as p - d by a fused step; 2^p as in exp2 with the
 * small part added to its remainder.  |y| is limited to 2^34, which gives 0, 1 or inf already; |y| >= 2^24 is even.
 * Error: <= 2.5 ULP, subnormal results 2 units of the last place. */
TFX_INLINE tfx_v tfx_v_pow_core(tfx_v ax, tfx_v y) {
  const tfx_v one = tfx_v_set1(1.0f), zero = tfx_v_set1(0.0f);
  const tfx_v m0 = tfx_v_mantissa(ax), k0 = tfx_v_exponent(ax);
  const tfx_vm big = tfx_v_gt(m0, tfx_v_set1(1.73205078f));
  const tfx_v m = tfx_v_select(big, tfx_v_mul(m0, tfx_v_set1(0.5f)), m0), k = tfx_v_select(big, tfx_v_add(k0, one), k0);
  const tfx_vm far = tfx_v_gt(m, tfx_v_set1(1.22474487f));
  const tfx_v c = tfx_v_select(far, tfx_v_set1(1.5f), one);
  const tfx_v f = tfx_v_sub(m, c), w = tfx_v_add(m, c), wl = tfx_v_sub(m, tfx_v_sub(w, c)), v = tfx_v_div(one, w);
  const tfx_v s = tfx_v_mul(f, v), sl = tfx_v_mul(tfx_v_fnma(s, wl, tfx_v_fnma(s, w, f)), v), z = tfx_v_mul(s, s);
  tfx_v t = tfx_v_fma(tfx_v_set1(0.418658048f), z, tfx_v_set1(0.577039063f));
  t = tfx_v_fma(t, z, tfx_v_set1(0.961796761f));
  const tfx_v a = tfx_v_mul(s, tfx_v_set1(2.88539004f));
  const tfx_v base = tfx_v_add(k, tfx_v_select(far, tfx_v_set1(0.5849609375f), zero)); /* log2 1.5 to 12 bits: exact */
  const tfx_v hi = tfx_v_add(base, a);
  tfx_v lo = tfx_v_select(far, tfx_v_set1(1.56322116e-6f), zero);
  lo = tfx_v_sub(lo, tfx_v_fnma(s, tfx_v_set1(2.88539004f), a));
  lo = tfx_v_fma(s, tfx_v_set1(3.85192607e-8f), lo);
  lo = tfx_v_fma(sl, tfx_v_set1(2.88539004f), lo);
  lo = tfx_v_fma(tfx_v_mul(s, z), t, lo);
  lo = tfx_v_add(tfx_v_sub(a, tfx_v_sub(hi, base)), lo);
  const tfx_v th = tfx_v_add(hi, lo), tl = tfx_v_sub(lo, tfx_v_sub(th, hi));
  const tfx_v p = tfx_v_mul(y, th), d = tfx_v_fnma(y, th, p);
  const tfx_v n = tfx_v_round(tfx_v_max(tfx_v_set1(-160.0f), tfx_v_min(tfx_v_set1(140.0f), p)));
  const tfx_v r = tfx_v_add(tfx_v_sub(p, n), tfx_v_sub(tfx_v_mul(y, tl), d));
  tfx_v g = tfx_v_fma(tfx_v_set1(0.000158252122f), r, tfx_v_set1(0.00134177483f));
  g = tfx_v_fma(g, r, tfx_v_set1(0.00961706508f));
  g = tfx_v_fma(g, r, tfx_v_set1(0.0555027276f));
  g = tfx_v_fma(g, r, tfx_v_set1(0.240226552f));
  g = tfx_v_fma(g, r, tfx_v_set1(0.693147242f));
  g = tfx_v_scale(tfx_v_fma(g, r, one), n);
  g = tfx_v_select(tfx_v_lt(p, tfx_v_set1(-151.0f)), zero, g);
  return tfx_v_select(tfx_v_gt(p, tfx_v_set1(129.0f)), tfx_v_set1(tfx_i2f(0x7F800000)), g);
}
TFX_INLINE tfx_v tfx_v_pow(tfx_v x, tfx_v y) {
  const tfx_v zero = tfx_v_set1(0.0f), one = tfx_v_set1(1.0f), ax = tfx_v_abs(x);
  const tfx_v inf = tfx_v_set1(tfx_i2f(0x7F800000)), nan = tfx_v_set1(tfx_i2f(0x7FC00000));
  const tfx_v limit = tfx_v_set1(17179869184.0f), half = tfx_v_mul(y, tfx_v_set1(0.5f));
  const tfx_vm whole = tfx_v_eq(tfx_v_round(y), y);
  const tfx_vm odd = tfx_vm_and(tfx_v_lt(tfx_v_abs(y), tfx_v_set1(16777216.0f)), tfx_vm_and(whole, tfx_v_ne(tfx_v_round(half), half)));
  const tfx_vm down = tfx_v_lt(y, zero);
  tfx_v r = tfx_v_pow_core(ax, tfx_v_max(tfx_v_neg(limit), tfx_v_min(limit, y)));
  r = tfx_v_select(tfx_v_eq(ax, inf), tfx_v_select(down, zero, inf), r);
  r = tfx_v_select(tfx_v_eq(ax, zero), tfx_v_select(down, inf, zero), r);
  r = tfx_v_select(odd, tfx_v_copysign(r, x), r);
  r = tfx_v_select(tfx_vm_and(tfx_vm_and(tfx_v_lt(x, zero), tfx_v_lt(ax, inf)), tfx_vm_not(whole)), nan, r);
  r = tfx_v_select(tfx_vm_or(tfx_v_ne(x, x), tfx_v_ne(y, y)), nan, r);
  return tfx_v_select(tfx_vm_or(tfx_v_eq(x, one), tfx_v_eq(y, zero)), one, r);
}
