# file: seq.py
# at: seq.py:51:
s/if position in {0, 1}:/if position in {0, 1/
