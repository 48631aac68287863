# file: seq.py
# at: seq.py:97:
103d
