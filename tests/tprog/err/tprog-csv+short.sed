# file: seq_weights.csv
# at: seq_weights.csv:3:
3s/,[^,]*$//
