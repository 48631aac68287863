# file: seq.py
# at: seq.py:38:
s/^    positions = .*/    while True: pass/
