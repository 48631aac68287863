# A model that is not there: message, exit 1, no output.
args: /nonexistent/model.tfx
