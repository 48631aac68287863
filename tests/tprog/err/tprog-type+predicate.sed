# file: seq.py
# at: seq.py:49:
s/select_closest(tokens, positions, predicate_0_0)/select_closest(ones, positions, predicate_0_0)/
