# file: seq_weights.csv
# at: seq.py:107:
/^num_mlp_0_0_outputs,3,/d
