# file: words.py
# at: words.py:47:
s/embeddings\["var0_embeddings"\]/embeddings["var9_embeddings"]/
