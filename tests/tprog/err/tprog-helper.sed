# file: seq.py
# at: seq.py:5:
s/abs(i - j)/j/
