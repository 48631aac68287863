# file: seq.py
# at: seq.py:65:
s/attn_0_1_outputs = /attn_0_0_outputs = /
