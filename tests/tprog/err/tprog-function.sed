# file: seq.py
# at: seq.py:87:
87s/return 0/return token/
