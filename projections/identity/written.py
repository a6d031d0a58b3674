"""Which ids tables that were empty can have rows of: the others need not be looked for.

Promise: what was added is never said to be absent; of the rest few are said to be there.
"""

from __future__ import annotations

# One byte for each: of ids that are not there, 3 in 100 are looked for when all are written that
# were expected.
SLOTS_AN_ID = 32
SLOTS_MAX = 1 << 25
# Ids are keyed hashes, so any part of one is as good as a hash of it.
_TAKEN_BYTES = 4


class Written:
    """Remembers ids by a slot each."""

    def __init__(self, ids: int) -> None:
        """Remember about so many ids; up to a million of them do not get in each other's way."""
        self._size = min(SLOTS_AN_ID * max(ids, 1), SLOTS_MAX)
        self._slots = bytearray(self._size)

    def add(self, id_: bytes) -> None:
        """Note that there can be rows of this id."""
        self._slots[int.from_bytes(id_[:_TAKEN_BYTES], "big") % self._size] = 1

    def can_have(self, id_: bytes) -> bool:
        """Say whether there can be rows of this id."""
        return self._slots[int.from_bytes(id_[:_TAKEN_BYTES], "big") % self._size] == 1
