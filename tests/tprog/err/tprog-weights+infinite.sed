# file: seq_weights.csv
# at: seq_weights.csv:2:
2s/-7.04/inf/
