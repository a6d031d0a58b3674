"""What goes into every export: the verifier, a program of its own."""
