# file: seq.py
# at: seq.py:51:
s/== "1"/== Emb0.V00/
