# file: seq_weights.csv
# at: seq_weights.csv:4:
4s/tokens,/tokens,"/
