# file: args.json
# at: args.json:2:
s/"n_layers": 3/"n_layers": "three"/
