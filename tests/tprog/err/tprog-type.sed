# file: seq.py
# at: seq.py:55:
s/aggregate(attn_0_0_pattern, positions)/aggregate(attn_0_0_pattern, ones)/
