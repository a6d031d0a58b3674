"""Connections that are shared by those who read at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import psycopg2
import pytest

from eventlog.errors import LogUnavailable
from eventlog.pool import Pool
from eventlog.read import READER

SELECT_BACKEND = "SELECT pg_backend_pid()"
WAIT_S = 120


def backend(pool: Pool, together: Barrier | None = None) -> int:
    """Return the backend that a transaction has, once others have theirs."""
    with pool.transaction() as cursor:
        cursor.execute(SELECT_BACKEND)
        (pid,) = cursor.fetchone() or (0,)
        if together is not None:
            together.wait(WAIT_S)
        return int(pid)


def test_transactions_at_once_have_connections_of_their_own(database_url: str) -> None:
    """As many as the pool has; one after the other they share one."""
    with closing(Pool(database_url, role=READER, search_path="log", size=3)) as pool:
        together = Barrier(3)
        with ThreadPoolExecutor(3) as threads:
            found = {*threads.map(lambda _: backend(pool, together), range(3))}
        assert len(found) == 3
        assert len({backend(pool) for _ in range(5)}) == 1


def test_a_connection_that_was_lost_is_made_again(database_url: str) -> None:
    """Whoever was in a transaction is told; whoever comes next is not."""
    with closing(Pool(database_url, role=READER, search_path="log", size=1)) as pool:
        pid = backend(pool)
        with closing(psycopg2.connect(database_url)) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
        with pytest.raises(LogUnavailable):
            backend(pool)
        assert backend(pool) != pid
