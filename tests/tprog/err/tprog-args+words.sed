# file: args.json
# at: args.json:15:
s/ "1",/ "0",/
