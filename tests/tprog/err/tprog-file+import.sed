# file: words.py
# at: words.py:3:
s/from tests.words_embeddings/from tests.no_embeddings/
