"""What answers look like in a terminal: calm, at most 100 columns, whole without colour."""
