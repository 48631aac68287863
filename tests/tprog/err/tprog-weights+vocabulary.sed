# file: seq_weights.csv
# at: seq.py:35:
s/^tokens,/token,/
