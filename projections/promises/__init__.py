"""What customers were promised: lists over all of them, at any moment, and what falls due."""
