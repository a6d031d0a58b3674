"""An event as published, decoded: its envelope and the typed data.

Promise: `order_key` puts any two events into the same order everywhere, in memory and in JSON.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from sys import intern
from types import MappingProxyType
from typing import NamedTuple, Self

from domain.events import EventData

OrderKey = tuple[int, str, int, str, int, str]
"""(time in microseconds, source, length of sequence, sequence, position, id): JSON scalars."""

# What this system itself says names it; facts from outside name the system they come from.
OUR_SOURCE = "toldonce"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_US = 86_400_000_000
_SECOND_US = 1_000_000
_AFTER_NUMBERS = 1_000  # more than the digits of any sequence: text stands after all numbers


# A named tuple, not a dataclass: every fact that comes in or is read back is one of these.
class Event(NamedTuple):
    """A fact as published; `position` is 0 and `recorded_at` is None until it is kept.

    `type` is the version in which it was published, `data` says it as the newest version does.
    """

    id: str
    source: str
    type: str
    time: datetime
    data: EventData
    subject: str | None = None
    sequence: str | None = None
    extensions: Mapping[str, str | int | bool] = MappingProxyType({})
    position: int = 0
    recorded_at: datetime | None = None

    @classmethod
    def of(cls, data: EventData, *, id: str, source: str, time: datetime) -> Self:
        """Make the event that states `data`, its type being that of the data."""
        return cls(id, source, data.TOPIC, time, data)

    @property
    def name(self) -> str:
        """The type without prefix and version, such as `contact.started`."""
        return self.data.NAME


def order_key(event: Event) -> OrderKey:
    """Return what events are sorted by: time, source, sequence, position.

    Sequences that are numbers compare as numbers; none comes first, text comes last. The id only
    decides between events that are not kept yet.
    """
    since = event.time - _EPOCH
    time_us = since.days * _DAY_US + since.seconds * _SECOND_US + since.microseconds
    length, sequence = (0, "") if event.sequence is None else _by_number(event.sequence)
    # few sources name all events, and views remember the keys of very many
    return time_us, intern(event.source), length, sequence, event.position, event.id


def _by_number(sequence: str) -> tuple[int, str]:
    if not (sequence.isascii() and sequence.isdigit()):
        return _AFTER_NUMBERS, sequence
    # without leading zeros the longer number is the larger, and equal lengths compare as text
    digits = sequence.lstrip("0") or "0"
    return len(digits), digits
