"""WHAT we decide ourselves: merges, links, erasures and lapses, as an application on the log."""
