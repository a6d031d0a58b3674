"""HOW facts become views: the batch runner, refold, and one unit per view."""
