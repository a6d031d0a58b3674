"""How sure we are of who a customer is, and by which identifiers we know them.

Promise: only `known` names a person; `maybe` gives a number of candidates and nothing about them.
"""

from dataclasses import dataclass
from typing import Literal

from domain.handles import Handle

Level = Literal["known", "maybe", "unknown"]


@dataclass(frozen=True, slots=True)
class KnownIdentifier:
    """An identifier that belongs to the customer, and whether anybody verified it."""

    handle: Handle
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What looking somebody up came to, and `by` what was asked with."""

    level: Level
    by: tuple[Handle, ...] = ()
    candidates: int = 0
    identifiers: tuple[KnownIdentifier, ...] = ()
