"""HOW it is run: settings, wiring, commands. The only reader of the environment."""
