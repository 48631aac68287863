# file: seq.py
# at: seq.py:54:
s/select_closest(tokens, positions, predicate_0_0)/select_closest(tokenz, positions, predicate_0_0)/
