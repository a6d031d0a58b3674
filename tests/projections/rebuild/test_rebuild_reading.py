"""What a rebuild reads for the identity view in a process beside is what it would read itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from domain.decode import Accepted, decode
from domain.identity.observation import distill
from eventlog.errors import WrongKeyring
from eventlog.keyring import Keyring
from eventlog.read import LogReader
from projections.errors import RebuildFailed
from projections.ownership import PROJECTOR
from projections.read_ahead import ReadAhead
from projections.rebuild import building
from projections.rebuild.beside import Beside
from projections.rebuild.reading import Distilled, distilled
from projections.slots import NEXT
from tests.golden.kept import golden_keyring, load
from tests.notation import cloud_event
from tests.projections.rebuild.rebuilt import digests_of, rebuilding_of, unheard
from tests.projections.world import NOW, World

PAGE = 50


@pytest.fixture
def golden(database_url: str) -> Iterator[World]:
    """Give the log with every type of event, and one of a type that is not known yet."""
    load(database_url)
    world = World(database_url, golden_keyring())
    raw = json.dumps(cloud_event("2026-01-01 contact.started c-1", id="later")).encode()
    accepted = decode(raw, now=NOW)
    assert isinstance(accepted, Accepted)
    event = accepted.event._replace(type="toldonce.contact.foreseen.v1")
    body = accepted.body.replace(b"contact.started", b"contact.foreseen")
    world.log.append(world.log.draft([Accepted(event, body)]))
    yield world
    world.close()


def pages(read: Callable[[int, int], Distilled]) -> list[Distilled]:
    """Return every page of the log."""
    found = [read(0, PAGE)]
    while found[-1].size:
        found.append(read(found[-1].position, PAGE))
    return found


def test_what_is_read_beside_is_what_would_be_read_here(golden: World) -> None:
    """Every type of event, who was erased and what cannot be read: page by page the same."""
    reader = LogReader(golden.url, golden.keyring, role=PROJECTOR)
    with closing(reader), closing(ReadAhead(reader)) as ahead:
        here = pages(lambda after, limit: distilled(ahead.page(after, limit)))
        events = ahead.events_at(range(1, here[-1].position))
    with closing(Beside(golden.url, golden.keyring)) as beside:
        assert pages(beside.page) == here
    whole = {position for page in here for position in page.whole}
    told = [one for page in here for one in page.told]
    assert told == [distill(event) for event in events if event.position not in whole]
    assert here[-1].position in here[-2].whole, "it cannot be read"


def test_a_rebuild_that_reads_beside_comes_to_the_live_rows(
    golden: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calendars, corrections, merges, erasures, and what parks a customer: all as live."""
    monkeypatch.setattr(building, "BESIDE_ENTRIES_MIN", 1)
    monkeypatch.setattr(building, "PAGE_ENTRIES", 20)
    golden.runner().catch_up()
    assert golden.rows("SELECT error FROM parked") == [("TypeUnknown",)]
    with rebuilding_of(golden, workers=2) as rebuilding:
        rebuilding.build(unheard)
    assert digests_of(golden, NEXT) == digests_of(golden)


def test_what_the_process_failed_with_is_said_here(golden: World) -> None:
    """A wrong keyring is that, and a process that was killed is no end of the log."""
    wrong = Keyring(kek=b"k" * 32, pepper=b"p" * 32)
    with closing(Beside(golden.url, wrong)) as beside, pytest.raises(WrongKeyring):
        beside.page(0, PAGE)
    with closing(Beside(golden.url, golden.keyring)) as beside:
        assert beside.page(0, PAGE).size == PAGE
        beside.process.kill()
        with pytest.raises(RebuildFailed, match="it was killed"):
            pages(beside.page)
