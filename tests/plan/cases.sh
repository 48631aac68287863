# cases.sh - the graphs of run.sh. encoder: bench/encoder/gen.sh LAYERS D HEADS FF SEQ [CAUSAL].
encoder() {
    name=$1; shift
    calls=$1; shift
    sh "$SRCDIR/bench/encoder/gen.sh" "$@" >"$TMPDIR/$name.ir"
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
