# file: seq.py
# at: seq.py:34:
s/token_scores = classifier_weights.loc\[/token_scores = ?/
