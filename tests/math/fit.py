#!/usr/bin/env python3
"""Derives the polynomial coefficients written in runtime/math/*.c.

Takes nothing; prints one block per function: the coefficients as the floats used in the C text and the maximum
weighted error of the rounded polynomial in units of 2^-24 (half an ULP of a value just above 1).
Method: Remez exchange for the weighted minimax problem  max |(P(x) - F(x)) * w(x)|  on a dense grid.  The coefficients
are rounded to float one after the other, lowest power first, and the remaining ones are fitted again each time, so the
later ones absorb the rounding of the earlier ones.
It is an oracle: nothing in the build or the tests runs it.  Needs numpy and mpmath.
"""
import mpmath as mp
import numpy as np

mp.mp.dps = 50


def remez(xs, F, w, powers):
    """Coefficients of sum c_k x^powers[k] minimising max |(P-F) w| over the grid xs."""
    n = len(powers)
    A = np.stack([xs ** p for p in powers], 1) * w[:, None]
    b = F * w
    scale = np.abs(A).max(0)
    A = A / scale
    # start: Chebyshev-spaced reference
    m = len(xs)
    ref = np.unique(np.round((1 - np.cos(np.pi * np.arange(n + 1) / n)) / 2 * (m - 1)).astype(int))
    best = None
    for _ in range(60):
        M = np.concatenate([A[ref], ((-1.0) ** np.arange(n + 1))[:, None]], 1)
        sol = np.linalg.solve(M, b[ref])
        err = A @ sol[:n] - b
        worst = np.abs(err).max()
        if best is None or worst < best[0]:
            best = (worst, sol[:n] / scale)
        if worst <= abs(sol[n]) * (1 + 1e-6):
            break
        # one extremum per sign run, then keep n+1 neighbouring ones with the largest minimum
        cut = np.flatnonzero(np.diff(np.sign(err)) != 0) + 1
        ext = [s[0] + int(np.argmax(np.abs(err[s[0]:s[-1] + 1]))) for s in np.split(np.arange(m), cut) if len(s)]
        while len(ext) > n + 1:
            if len(ext) == n + 2:
                ext.pop(0 if abs(err[ext[0]]) < abs(err[ext[-1]]) else -1)
            else:
                k = min(range(len(ext) - 1), key=lambda i: max(abs(err[ext[i]]), abs(err[ext[i + 1]])))
                del ext[k:k + 2]
        if len(ext) < n + 1:
            break
        ref = np.array(ext)
    return best[1], best[0]


def fit(name, f, w, lo, hi, powers, points=4001):
    xs = lo + (hi - lo) * (1 - np.cos(np.pi * (np.arange(points) + 0.5) / points)) / 2
    F = np.array([float(f(mp.mpf(x))) for x in xs])
    W = np.array([float(w(mp.mpf(x))) for x in xs])
    fixed, G = [], F.copy()
    _, ideal = remez(xs, F, W, powers)
    for k in range(len(powers)):
        c, _ = remez(xs, G, W, powers[k:])
        c0 = float(np.float32(c[0]))
        fixed.append(c0)
        G = G - c0 * xs ** powers[k]
    worst = np.abs(G * W).max()
    print(f"{name}  [{lo:.6g}, {hi:.6g}]  powers {powers}")
    print("   " + ", ".join(f"{c:.9g}f" for c in fixed))
    print(f"   max weighted error {worst * 2**24:.4f} x 2^-24 (unrounded {ideal * 2**24:.4f})")
    return fixed


def main():
    e, ln2 = mp.e, mp.log(2)
    h = float(ln2 / 2) * 1.0005
    q = lambda r: (mp.expm1(r) - r) / (r * r)
    for d in (4, 5):
        fit("exp: q, e^r = 1 + r + r^2 q", q, lambda r: r * r / mp.exp(r), -h, h, list(range(d)) + [d])
        fit("expm1: q", q, lambda r: r * r / mp.expm1(r), -h, h, list(range(d)) + [d])
    fit("exp2: g, 2^r = 1 + r g", lambda r: mp.expm1(r * ln2) / r, lambda r: r / mp.exp(r * ln2), -0.5005, 0.5005, list(range(6)))
    lo, hi = float(mp.sqrt(0.5) - 1) * 1.0005, float(mp.sqrt(2) - 1) * 1.0005
    for d in (7, 8):
        fit("log: P, log(1+f) = f - f^2/2 + f^3 P", lambda f: (mp.log1p(f) - f + f * f / 2) / f**3,
            lambda f: f**3 / mp.log1p(f), lo, hi, list(range(d + 1)))
    c0 = mp.mpf(float(np.float32(0.4426950408889634)))
    for d in (7, 8):
        fit("log2: Q, log2(1+f) = f + f (c0 + f Q), c0 = 0.442695051f", lambda f: ((mp.log1p(f) / ln2 - f) / f - c0) / f,
            lambda f: f * f * ln2 / mp.log1p(f), lo, hi, list(range(d + 1)))
    for split in (0.875, 1.0):
        for d in (5, 6):
            fit("erf small: P(s), erf x = x + x P(x^2), s", lambda s: mp.erf(mp.sqrt(s)) / mp.sqrt(s) - 1,
                lambda s: mp.sqrt(s) / mp.erf(mp.sqrt(s)), 1e-6, split * split, list(range(d + 1)))
        for d in (6, 7):
            fit("erf large: g(t), erf t = 1 - 2^g", lambda t: mp.log(mp.erfc(t)) / ln2,
                lambda t: mp.erfc(t) * ln2 / mp.erf(t), split, 3.95, list(range(d + 1)))
    p4 = float(mp.pi / 4) * 1.0002
    fit("sin: S(s), sin r = r + r s S", lambda s: (mp.sin(mp.sqrt(s)) / mp.sqrt(s) - 1) / s,
        lambda s: s * mp.sqrt(s) / mp.sin(mp.sqrt(s)), 1e-6, p4 * p4, [0, 1, 2])
    for d in (1, 2):
        fit("cos: C(s), cos r = 1 - s/2 + s^2 C", lambda s: (mp.cos(mp.sqrt(s)) - 1 + s / 2) / (s * s),
            lambda s: s * s / mp.cos(mp.sqrt(s)), 1e-4, p4 * p4, list(range(d + 1)))
    sm = float((mp.sqrt(1.5) - 1) / (mp.sqrt(1.5) + 1)) * 1.0005
    for d in (1, 2, 3):
        fit("pow: T(u), log2 m = s (2/ln2) + s^3 T(s^2)", lambda u: (2 * mp.atanh(mp.sqrt(u)) / mp.sqrt(u) - 2) / u / ln2,
            lambda u: u * ln2 / (2 * mp.atanh(mp.sqrt(u)) / mp.sqrt(u)), 1e-6, sm * sm, list(range(d + 1)))


if __name__ == "__main__":
    main()
