# file: words_embeddings.py
# at: words_embeddings.py:5:
s/V00/V01/
