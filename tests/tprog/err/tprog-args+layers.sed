# file: args.json
# at: args.json:1:
s/"n_layers": 3/"n_layers": 4/
