"""WHERE facts are kept: the append-only, gapless, sealed, hash-committed log on PostgreSQL."""
