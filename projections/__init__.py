"""HOW facts become views: a package for each view, and around them what all of them share."""
