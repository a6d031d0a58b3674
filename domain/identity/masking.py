"""Identifiers to be recognised by whoever knows them, and not to be read by whoever does not."""

from collections.abc import Sequence

from domain.handles import Handle

ENDING_CHARS = 3
HIDDEN = "…"


def masked(handle: Handle, among: Sequence[Handle] = ()) -> str:
    """Return the end of an identifier, as long as needed to tell it from others.

    Never more than half of it is shown, so that a short one is not given away.
    """
    value = handle.value
    others = [other.value for other in among if other != handle]
    half = len(value) // 2
    for length in range(min(ENDING_CHARS, half), half + 1):
        if not any(other.endswith(value[-length:]) for other in others if length):
            return HIDDEN + (value[-length:] if length else "")
    return HIDDEN + (value[-half:] if half else "")
