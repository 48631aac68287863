# file: seq.py
# at: seq.py:57:
s/("attn_0_0_outputs", str(v))/("attn_9_9_outputs", str(v))/
