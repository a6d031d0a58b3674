"""Holds the log against the truth: lost, duplicated, phantom, misordered; all must be 0."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from eventlog.keyring import keyring_file
from eventlog.read import LogReader
from tests.system.topics import Acknowledged

PAGE = 50_000
Name = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """How much is wrong with the log; nothing is."""

    lost: int = 0
    duplicated: int = 0
    phantom: int = 0
    misordered_partitions: int = 0
    misordered_customers: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in asdict(self).items())


NOTHING = Found()


class Expected(NamedTuple):
    """One event that the log is to have, first published there."""

    name: Name
    partition: int
    offset: int
    customer: str


def found_in(database_url: str, home: Path, *, truth: Sequence[Acknowledged]) -> Found:
    """Compare the whole log with the valid events of what was acknowledged."""
    expected = expected_from(truth)
    kept = list(names_kept(database_url, home))
    times = Counter(kept)
    position_of = {name: at for at, name in enumerate(kept)}
    names = {one.name for one in expected}
    stored = [one for one in expected if one.name in position_of]
    partitions = {at: by_offset(stored, at) for at in {one.partition for one in stored}}
    customers: dict[str, list[Expected]] = {}
    for each in partitions.values():
        for one in each:
            customers.setdefault(one.customer, []).append(one)
    return Found(
        lost=len(names - set(kept)),
        duplicated=sum(number - 1 for number in times.values()),
        phantom=len(set(kept) - names),
        misordered_partitions=misordered(partitions.values(), position_of),
        misordered_customers=misordered(customers.values(), position_of),
    )


def expected_from(truth: Sequence[Acknowledged]) -> list[Expected]:
    """Return the valid events in the truth, each where it was published first."""
    first: dict[Name, Expected] = {}
    for acknowledged in sorted(truth, key=lambda one: one[:2]):
        event = valid_event(acknowledged.sent.value)
        if event is not None:
            name = (event["source"], event["id"])
            key = acknowledged.sent.key or b""
            first.setdefault(name, Expected(name, *acknowledged[:2], key.decode()))
    return list(first.values())


def valid_event(value: bytes | None) -> dict[str, str] | None:
    """Return an event of the truth, or None for a message that was meant to be bad."""
    try:
        event = json.loads(value or b"")
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "source" in event else None


def names_kept(database_url: str, home: Path) -> Iterator[Name]:
    """Yield source and id of every entry in the log, in the order of positions."""
    reader = LogReader(database_url, keyring_file(home / "keyring.json"))
    after = 0
    while entries := reader.read(after, PAGE):
        after = entries[-1].position
        for event in reader.events(entries):
            if event is not None:
                yield event.source, event.id
    reader.close()


def by_offset(stored: Iterable[Expected], partition: int) -> list[Expected]:
    """Return the events of one partition in its order."""
    here = (one for one in stored if one.partition == partition)
    return sorted(here, key=lambda one: one.offset)


def misordered(groups: Iterable[Sequence[Expected]], position_of: Mapping[Name, int]) -> int:
    """Count the neighbours in each group that the log has the other way round."""
    return sum(
        position_of[one.name] > position_of[other.name]
        for group in groups
        for one, other in pairwise(group)
    )
