# file: args.json
# at: args.json:1:
/"max_length"/d
