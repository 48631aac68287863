#!/bin/sh
# encoder.sh [LAYERS D HEADS FF SEQ [CAUSAL]]: an encoder as a graph in text form with synthetic weights, on standard output.
# Pre-LN with gain and bias, biases everywhere, erf GELU. SEQ may be "T<=512": a run-time length.
awk -v L="${1:-2}" -v D="${2:-64}" -v H="${3:-4}" -v F="${4:-256}" -v S="${5:-32}" -v causal="${6:-}" '
function param(name, shape, scale, offset) {
    print "param %" ++id " " name ": f32[" shape "] = random seed " id " scale " scale " offset " offset
    return "%" id
}
function node(name, shape, text) { body = body "  %" ++id " " name ": f32[" shape "] = " text "\n"; return "%" id }
function norm(x, p, g, b,   mu, rs) {
    mu = node(p ".mu", T, "compute sum[r0 in 0.." D "] " x "[o0, r0] post acc * " 1 / D)
    rs = node(p ".rs", T, "compute sum[r0 in 0.." D "] (" x "[o0, r0] - " mu "[o0]) * (" x "[o0, r0] - " mu "[o0]) post rsqrt(acc * " 1 / D " + 1e-05)")
    return node(p, T "," D, "compute (" x "[o0, o1] - " mu "[o0]) * " rs "[o0] * " g "[o1] + " b "[o1]")
}
function heads(x, p, w, b) { return node(p, T "," H "," C, "compute sum[r0 in 0.." D "] " x "[o0, r0] * " w "[o1, o2, r0] post acc + " b "[o1, o2]") }
BEGIN {
    C = D / H; T = S; dim = ""
    if (split(S, part, "<=") == 2) { T = part[1]; dim = " dims " T; print "module \"encoder\"\ndim " T " 1..=" part[2] } else print "module \"encoder\""
    for (l = 0; l <= L; l++) {
        g1[l] = param("l" l ".ln1.g", D, 0.3, 1); b1[l] = param("l" l ".ln1.b", D, 0.3, 0)
        if (l == L) break
        wq[l] = param("l" l ".wq", H "," C "," D, 0.2, 0); bq[l] = param("l" l ".bq", H "," C, 0.2, 0)
        wk[l] = param("l" l ".wk", H "," C "," D, 0.2, 0); bk[l] = param("l" l ".bk", H "," C, 0.2, 0)
        wv[l] = param("l" l ".wv", H "," C "," D, 0.2, 0); bv[l] = param("l" l ".bv", H "," C, 0.2, 0)
        wo[l] = param("l" l ".wo", D "," H "," C, 0.2, 0); bo[l] = param("l" l ".bo", D, 0.2, 0)
        g2[l] = param("l" l ".ln2.g", D, 0.3, 1); b2[l] = param("l" l ".ln2.b", D, 0.3, 0)
        w1[l] = param("l" l ".w1", F "," D, 0.2, 0); c1[l] = param("l" l ".b1", F, 0.2, 0)
        w2[l] = param("l" l ".w2", D "," F, 0.1, 0); c2[l] = param("l" l ".b2", D, 0.2, 0)
    }
    x = "%" ++id
    head = "entry main(" x " x: f32[" T "," D "])" dim " {"
    for (l = 0; l < L; l++) {
        n = norm(x, "l" l ".ln1", g1[l], b1[l])
        q = heads(n, "l" l ".q", wq[l], bq[l]); k = heads(n, "l" l ".k", wk[l], bk[l]); v = heads(n, "l" l ".v", wv[l], bv[l])
        s = node("l" l ".s", H "," T "," T, "compute sum[r0 in 0.." C "] " q "[o1, o0, r0] * " k "[o2, o0, r0] post acc * " 1 / sqrt(C))
        p = node("l" l ".p", H "," T "," T, "softmax axes(2)" (causal ? " [where o2 <= o1]" : "") " " s "[o0, o1, o2]")
        o = node("l" l ".o", T "," H "," C, "compute sum[r0 in 0.." T "] " p "[o1, o0, r0] * " v "[r0, o1, o2]")
        a = node("l" l ".a", T "," D, "compute sum[r0 in 0.." H ", r1 in 0.." C "] " o "[o0, r0, r1] * " wo[l] "[o1, r0, r1] post acc + " bo[l] "[o1] + " x "[o0, o1]")
        n = norm(a, "l" l ".ln2", g2[l], b2[l])
        h = node("l" l ".h", T "," F, "compute sum[r0 in 0.." D "] " n "[o0, r0] * " w1[l] "[o1, r0] post (acc + " c1[l] "[o1]) * 0.5 * (1.0 + erf((acc + " c1[l] "[o1]) * 0.70710678118654752))")
        x = node("l" l ".y", T "," D, "compute sum[r0 in 0.." F "] " h "[o0, r0] * " w2[l] "[o1, r0] post acc + " c2[l] "[o1] + " a "[o0, o1]")
    }
    y = norm(x, "y", g1[L], b1[L])
    print head "\n" body "  output y " y "\n}"
}'
