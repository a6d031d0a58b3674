"""WHERE facts are kept: the append-only, gapless, sealed, hash-committed log on PostgreSQL.

The package is also a persistence module of the eventsourcing library, which finds the factory here.
"""

from eventlog.factory import EventLogFactory as Factory

__all__ = ["Factory"]
