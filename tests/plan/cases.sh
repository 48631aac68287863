# cases.sh - the graphs of run.sh. encoder: encoder.sh LAYERS D HEADS FF SEQ [CAUSAL].
encoder() {
    name=$1; shift
    calls=$1; shift
    sh "$here/encoder.sh" "$@" >"$TMPDIR/$name.ir"
    one "$name" 1 "$calls"
}
lengths="-c T=1 -c T=2 -c T=3 -c T=15 -c T=16 -c T=17 -c T=33 -c T=37"
encoder enc_64 "" 1 64 4 256 32
encoder enc_odd "" 1 24 3 40 7
encoder enc_one "" 1 8 1 16 1
encoder enc_causal "" 2 40 5 100 19 1
encoder enc_run "$lengths" 1 48 6 72 "T<=37"
encoder enc_run_causal "$lengths" 1 32 2 64 "T<=48" 1

# A linear layer y[t, n] = sum[k] x[t, k] w[n, k] + b[n].
linear() {
    cat >"$TMPDIR/linear_$1_$2_$3.ir" <<IR
module "linear"
param %1 w: f32[$2,$3] = random seed 1 scale 0.5 offset 0
param %2 b: f32[$2] = random seed 2 scale 1 offset 0
entry main(%3 x: f32[$1,$3]) {
  %4 y: f32[$1,$2] = compute sum[r0 in 0..$3] %3[o0, r0] * %1[o1, r0] post acc + %2[o1]
  output y %4
}
IR
    one "linear_$1_$2_$3" 0 ""
}
for shape in "1 1 1" "1 7 5" "1 8 1" "3 17 33" "5 16 16" "9 100 37" "4 31 64" "2 15 129" "13 48 200"; do
    # shellcheck disable=SC2086
    linear $shape
done

# Attention of groups of heads: queries q[Q, H, G, C], keys and values k[K, H, C], v[K, H, C] made from inputs, so that
# layouts are the planner's choice. attention Q K H G C CALLS [MASK]: Q and K are sizes or T; MASK uses o3 (key), o2 (query).
attention() {
    name=attention_$1_$2_$3_$4_$5_$#
    dims= list=
    case "$1$2" in *T*) dims="dim T 1..=40" list=" dims T" ;; esac
    case "${7-}" in *len*) name=${name}_len ;; esac
    mask=$(echo "${7-}" | sed 's/len/%3[o2]/')
    cat >"$TMPDIR/$name.ir" <<IR
module "attention"
$dims
param %10 wq: f32[$3,$4,$5,24] = random seed 1 scale 0.6 offset 0
param %11 wk: f32[$3,$5,24] = random seed 2 scale 0.6 offset 0
param %12 wv: f32[$3,$5,24] = random seed 3 scale 0.6 offset 0
param %13 wo: f32[24,$3,$4,$5] = random seed 4 scale 0.3 offset 0
entry main(%1 x: f32[$1,24], %2 y: f32[$2,24], %3 len: i32[$1] in 0..=8)$list {
  %20 q: f32[$1,$3,$4,$5] = compute sum[r0 in 0..24] %1[o0, r0] * %10[o1, o2, o3, r0]
  %21 k: f32[$2,$3,$5] = compute sum[r0 in 0..24] %2[o0, r0] * %11[o1, o2, r0]
  %22 v: f32[$2,$3,$5] = compute sum[r0 in 0..24] %2[o0, r0] * %12[o1, o2, r0]
  %23 s: f32[$3,$4,$1,$2] = compute sum[r0 in 0..$5] %20[o2, o0, o1, r0] * %21[o3, o0, r0] post acc * 0.3
  %24 p: f32[$3,$4,$1,$2] = softmax axes(3) ${mask:+[where $mask]} %23[o0, o1, o2, o3]
  %25 o: f32[$1,$3,$4,$5] = compute sum[r0 in 0..$2] %24[o1, o2, o0, r0] * %22[r0, o1, o3]
  %26 z: f32[$1,24] = compute sum[r0 in 0..$3, r1 in 0..$4, r2 in 0..$5] %25[o0, r0, r1, r2] * %13[o1, r0, r1, r2] post acc + %1[o0, o1]
  output z %26
}
IR
    one "$name" 1 "$6"
}
runs="-c T=1 -c T=4 -c T=7 -c T=16 -c T=31 -c T=40"
attention 9 33 2 3 8 ""
attention 1 48 3 1 16 ""
attention 16 16 2 2 5 "" "o3 <= o2"
attention 37 37 1 4 16 "" "o3 <= o2 && o2 - 5 <= o3"
attention 12 64 2 1 12 "" "o3 < o2 * 2 && o3 != 3"
attention 20 32 2 2 8 "" "o3 < len"
attention T T 2 3 8 "$runs" "o3 <= o2"
attention T T 1 2 16 "$runs" "o2 - 3 <= o3 && o3 <= o2 + 3"
attention 5 T 2 2 8 "$runs" "o3 < len"
attention T 24 2 2 8 "$runs"
