# file: seq.py
# at: seq.py:79:
/^def aggregate_sum/,/^    return/{s/.*/#/}
