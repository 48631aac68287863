# file: seq.py
# at: seq.py:5:
s/^def select_closest/def select_nearest/
