# file: seq.py
# at: seq.py:51:
s/^            return token == "1"/  return token == "1"/
