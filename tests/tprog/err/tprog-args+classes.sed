# file: args.json
# at: 
s/  "4"$/  "4", "5"/
