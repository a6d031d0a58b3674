"""One module a group of paths; what they share stands beside this folder."""
