# file: seq.py
# at: seq.py:1:
s/^def run(tokens):/def go(tokens):/
