"""Pages in a real browser: its own package, so that the browser ends with its tests."""
