"""The way in over HTTP: what publishers post, and what is told of quarantine."""
