"""What happened to a customer, event by event: pages, as known then, and as it comes in."""
