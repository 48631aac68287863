# file: seq.py
# at: seq.py:51:
s/== "1"/== "\\q"/
