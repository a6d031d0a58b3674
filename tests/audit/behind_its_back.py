"""What a superuser can do to the log who wants nobody to notice."""

from __future__ import annotations

from contextlib import closing

import psycopg2


def damage(url: str, *statements: str) -> None:
    """Do as a superuser does who wants nobody to notice."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


def restore_to(url: str, head: tuple[object, ...]) -> None:
    """Bring the database back to where it was when its head was this one."""
    position, frontier, root, recorded_at = head
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM log.entries WHERE position > %s", (position,))
        cursor.execute("DELETE FROM log.checkpoints WHERE size > %s", (position,))
        cursor.execute(
            "UPDATE log.log_head SET position = %s, frontier = %s, root = %s, recorded_at = %s",
            (position, frontier, root, recorded_at),
        )


def head_row(url: str) -> tuple[object, ...]:
    """Return the row of the log's head."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT position, frontier, root, recorded_at FROM log.log_head")
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)
