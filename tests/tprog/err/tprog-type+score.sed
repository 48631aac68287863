# file: seq.py
# at: seq.py:44:
s/\[("ones", "_") for v in ones\]\].mul(/[("ones", str(v)) for v in ones]]/;45,46d
