# file: seq.py
# at: seq.py:50:
s/{0, 1}/{0, 99999999999}/
