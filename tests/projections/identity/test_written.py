"""Which ids are looked for in tables that were empty at first."""

from __future__ import annotations

from hashlib import sha256

from projections.identity.written import Written


def test_what_was_added_is_never_absent_and_little_else_is_there() -> None:
    """All that were added are found; of as many others hardly any is."""
    written = Written(1_000_000)
    ids = [sha256(b"%d" % number).digest()[:16] for number in range(2_000)]
    for one in ids[::2]:
        written.add(one)
    assert all(written.can_have(one) for one in ids[::2])
    assert sum(written.can_have(one) for one in ids[1::2]) <= 2
