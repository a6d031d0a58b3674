"""Who is who: identity rules over what was observed and said, as a graph that can be undone."""
