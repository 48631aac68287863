# file: seq.py
# at: seq.py:54:
s/positions, predicate_0_0)/positions, predicate_9_9)/
