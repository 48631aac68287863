# file: seq.py
# at: seq.py:10:
s/if any(found)/if all(found)/
