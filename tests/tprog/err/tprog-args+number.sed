# file: args.json
# at: args.json:1:
s/"d_var": 8/"d_var": 7/
