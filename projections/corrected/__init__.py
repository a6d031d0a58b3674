"""Which events read otherwise than they were published, for whoever counts in plain SQL."""
