# file: args.json
# at: args.json:5:
s/"n_cat_mlps": 2,/"n_cat_mlps" 2,/
