# file: words_embeddings.csv
# at: words_embeddings.csv:1:
1s/word/name/
