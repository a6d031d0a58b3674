"""The yardstick: the eventsourcing library on its own PostgreSQL module, in its own environment."""
