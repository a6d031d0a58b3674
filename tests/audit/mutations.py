"""Every bit of something flipped, one at a time."""

from __future__ import annotations

from collections.abc import Iterator


def flipped(raw: bytes, step: int = 1) -> Iterator[bytes]:
    """Yield `raw` with one bit flipped, for every `step`th of its bits."""
    for bit in range(0, 8 * len(raw), step):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)
