# file: words_embeddings.csv
# at: words_embeddings.csv:3:
3s/,0,0/,7,0/
