# file: seq.py
# at: seq.py:30:
s/^    return predictions.tolist()//
