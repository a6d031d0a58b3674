"""The other side of a topic: events sent into one, and the document of what it takes."""
