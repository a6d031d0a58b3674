"""HOW facts arrive: one intake, several ways in, one verdict per event."""
