# file: seq.py
# at: seq.py:2:
s/^import pandas as pd/limit = 3/
