# file: seq.py
# at: seq.py:32:
s/seq_weights.csv/other_weights.csv/
