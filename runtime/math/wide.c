/*: math ldiv,lmod,lpow,lmin,lmax,labs,lsign,tolong,dmin,dmax,dabs,dsign,dtrunc,dfloor,dceil,dround,dmod,dinf,dnan needs=
 * 64-bit integers wrap; tfx_ldiv rounds down, tfx_lmod has the sign of the divisor, both give 0 for a divisor of 0.
 * Doubles: tfx_dtrunc, dfloor, dceil, dround (ties to even) are exact; tfx_dmod is a - b floor(a / b),
 * exactly where that has the sign of a, otherwise rounded once (as Python's %).
 */
TFX_INLINE int64_t tfx_ldiv(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return (int64_t)(0u - (uint64_t)a);
  const int64_t q = a / b;
  return q - (a % b != 0 && (a < 0) != (b < 0));
}

TFX_INLINE int64_t tfx_lmod(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  const int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

TFX_INLINE int64_t tfx_lpow(int64_t a, int64_t b) {
  uint64_t r = 1, x = (uint64_t)a;
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
  for (; b; b >>= 1, x *= x) {
    if (b & 1) r *= x;
  }
  return (int64_t)r;
}

TFX_INLINE int64_t tfx_lmin(int64_t a, int64_t b) { return a < b ? a : b; }
TFX_INLINE int64_t tfx_lmax(int64_t a, int64_t b) { return a > b ? a : b; }
TFX_INLINE int64_t tfx_labs(int64_t a) { return a < 0 ? (int64_t)(0u - (uint64_t)a) : a; }
TFX_INLINE int64_t tfx_lsign(int64_t a) { return (a > 0) - (a < 0); }
TFX_INLINE int64_t tfx_tolong(double x) {
  if (x != x) return 0;
  return x >= 9223372036854775808.0 ? INT64_MAX : x < -9223372036854775808.0 ? INT64_MIN : (int64_t)x;
}

TFX_INLINE double tfx_dmin(double a, double b) { return a < b ? a : b; }
TFX_INLINE double tfx_dmax(double a, double b) { return a > b ? a : b; }
TFX_INLINE double tfx_dabs(double a) { return a < 0 ? -a : a; }
TFX_INLINE double tfx_dsign(double a) { return a > 0 ? 1.0 : a < 0 ? -1.0 : 0.0; }
/* Beyond 2^52 every double is whole. */
TFX_INLINE double tfx_dtrunc(double a) { return a > -4503599627370496.0 && a < 4503599627370496.0 ? (double)(int64_t)a : a; }
TFX_INLINE double tfx_dfloor(double a) {
  const double t = tfx_dtrunc(a);
  return t > a ? t - 1.0 : t;
}

TFX_INLINE double tfx_dceil(double a) {
  const double t = tfx_dtrunc(a);
  return t < a ? t + 1.0 : t;
}

TFX_INLINE double tfx_dround(double a) {
  const double low = tfx_dfloor(a), up = a - low;
  if (!(up >= 0.5)) return low == low ? low : a;
  if (up > 0.5) return low + 1.0;
  return tfx_dtrunc(low * 0.5) * 2.0 == low ? low : low + 1.0;
}

/* Long division: t runs over b 2^k, every difference is exact; only the last sum, for signs that differ, rounds. */
TFX_INLINE double tfx_dmod(double a, double b) {
  const double d = b < 0 ? -b : b;
  double r = a < 0 ? -a : a, t = d;
  if (!(d > 0) || !(r <= 1.7976931348623157e308)) return a - b * tfx_dfloor(a / b);
  if (r >= d) {
    while (t <= r - t) t += t;
    for (;;) {
      if (r >= t) r -= t;
      if (t <= d) break;
      t *= 0.5;
    }
  }
  if (a < 0) r = -r;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

TFX_INLINE double tfx_dinf(void) {
  const double big = 1e300;
  return big * 1e300;
}

TFX_INLINE double tfx_dnan(void) {
  const double zero = tfx_dinf();
  return zero - zero;
}
