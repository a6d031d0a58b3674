"""Who is who: the graph of identifiers and references, and what is asked of it."""
