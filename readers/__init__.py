"""HOW views are read: the HTTP interface."""
