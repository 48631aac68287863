# file: seq.py
# at: seq.py:113:
s/for df in \[/for df in [] + [/
