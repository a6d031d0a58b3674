"""Which streams were erased while this process remembered their keys.

Promise: once an erasure is committed, no append stores under a destroyed key and no read opens with
one, in whichever process the key was still in memory.
"""

from __future__ import annotations

from psycopg2.extensions import cursor as Cursor

SELECT_NUMBER = "SELECT keys_destroyed FROM log.log_head"
SELECT_SINCE = """
SELECT number, uuid_send(stream_id) FROM log.destroyed_keys WHERE number > %s ORDER BY number
"""


class Fence:
    """The streams whose keys were destroyed since the first key was remembered.

    They are never forgotten: a draft that was sealed before may still be on its way to an append.
    About 100 bytes each, and erasures are rare.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self.streams: set[bytes] = set()

    def catch_up(self, cursor: Cursor, *, number: int | None = None) -> None:
        """Learn what was destroyed since the last time.

        Called before any key is read that is to be remembered. `number` is that of the log's head,
        where the caller has read it.
        """
        if self._number is None:
            self._number = _number(cursor)
        elif number != self._number:
            cursor.execute(SELECT_SINCE, (self._number,))
            for newest, stream in cursor.fetchall():
                self.streams.add(bytes(stream))
                self._number = newest


def _number(cursor: Cursor) -> int:
    cursor.execute(SELECT_NUMBER)
    (number,) = cursor.fetchone() or (0,)
    return int(number)
