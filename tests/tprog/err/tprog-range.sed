# file: seq.py
# at: seq.py:97:
103s/return 3/return 99999999/
