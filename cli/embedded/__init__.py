"""Run a PostgreSQL of our own, from a wheel, for those who name no database."""

from cli.embedded.cluster import EmbeddedPostgresError
from cli.embedded.server import DATABASE, EmbeddedPostgres, embedded_postgres

__all__ = ["DATABASE", "EmbeddedPostgres", "EmbeddedPostgresError", "embedded_postgres"]
