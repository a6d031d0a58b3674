"""Whoever follows a stream by its rules has what a reader of the timeline has, whatever happens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.brief import canonical_json
from projections.queries import Views
from projections.timeline import live as feed
from projections.timeline.live import LiveReader
from projections.timeline.pages import TimelineQuery
from readers import listener as listeners
from readers import live as streams
from readers.listener import Listener
from readers.live import Live
from tests.projections.conftest import keyring
from tests.projections.families import END, histories, of_number
from tests.projections.test_many_histories import NewWorld, Told, a_log, chances, new_world, pieces
from tests.projections.test_reading_model import HISTORIES

__all__ = ["keyring", "new_world"]

PATIENCE_S = 120
few = st.lists(histories(with_calendars=True), min_size=HISTORIES, max_size=HISTORIES).map(Told)


class Page:
    """What somebody has on the screen of one customer: read once, then kept up by the stream.

    The brief is read again whenever the stream says anything, the timeline only where it says so.
    """

    def __init__(self, views: Views, live: Live, customer_id: UUID) -> None:
        self._views = views
        self._live = live
        self.customer_id = customer_id
        self.shown: list[int] = []
        self.brief = b""
        self.read_to = 0
        self.read()
        self.last_event_id = self.read_to

    def read(self) -> None:
        """Read the whole timeline, as at first and after a reset."""
        found = self._views.look_up(self.customer_id).customer_id or self.customer_id
        page = self._views.timeline(TimelineQuery(found))
        assert page.next is None
        self.shown = sorted(row.position for row in page.rows)
        self.read_to = page.position
        self.read_brief()

    def read_brief(self) -> None:
        """Read the brief; that the log has grown does not show in it."""
        brief = self._views.brief(self.customer_id, as_of=END)
        self.brief = canonical_json({**brief, "known_at": None})

    async def listen(self) -> None:
        """Follow the stream until it is cut off."""
        listener = Listener(self.customer_id, after=self.last_event_id)
        async for messages in self._live.listen(listener):
            for message in messages.decode().strip().split("\n\n"):
                self._take(dict(_member(line) for line in message.splitlines()))

    def _take(self, message: dict[str, str]) -> None:
        position = int(message["id"])
        if message.get("event") == "reset":
            self.read()
        elif message.get("event") == "entry":
            assert position > self.last_event_id
            # what was read includes what is told up to there
            if position > self.read_to:
                self.shown = sorted([*self.shown, json.loads(message["data"])["position"]])
            self.read_brief()
        assert position >= self.last_event_id
        self.last_event_id = position


def _member(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


async def watched(pages: Sequence[Page], live: Live, moves: Iterable[int], chance: Random) -> None:
    """Let all pages listen, some cut off now and then, until all were told up to the last move."""
    listening = {page: asyncio.create_task(page.listen()) for page in pages}
    moving = iter(moves)
    head = 0
    while (position := await asyncio.to_thread(next, moving, None)) is not None:
        head = position
        for page in chance.sample(pages, len(pages) // 4):
            listening[page].cancel()
            listening[page] = asyncio.create_task(page.listen())
    deadline = time.monotonic() + PATIENCE_S
    while any(page.last_event_id < head for page in pages):
        for gone in [one for one in listening.values() if one.done()]:
            gone.result()
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)
    live.end()
    await asyncio.gather(*listening.values())


@a_log
@given(told=few, chance=chances)
def test_a_page_that_is_kept_up_shows_what_a_new_one_shows(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """Through merges, corrections and late events, in any batches, cut off at any moment.

    The brief too says what a new one says, whoever's event changed it.
    """
    arriving = [raw for number, lines in enumerate(told) for raw in of_number(lines, number)]
    chance.shuffle(arriving)
    batches = list(pieces(arriving, chance))
    with new_world() as (world, views), pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "POLL_S", 0.001)
        patch.setattr(listeners, "HEARTBEAT_S", 0.01)
        patch.setattr(feed, "POSITIONS_MAX", chance.choice([1, 3, 500]))
        patch.setattr(feed, "MISSED_MAX", chance.choice([2, 1_000]))
        runner = world.runner(page_entries=chance.choice([1, 7, 50]))

        def moved(batch: list[bytes]) -> int:
            world.append(batch)
            return runner.catch_up()

        moved(batches[0])
        with closing(LiveReader(world.url)) as reader:
            live = Live(reader)
            known = world.rows("SELECT customer_id FROM story")
            pages = [Page(views, live, UUID(customer_id)) for (customer_id,) in known]
            asyncio.run(watched(pages, live, map(moved, batches[1:]), chance))
        for page in pages:
            kept_up = page.shown, page.brief
            page.read()
            assert kept_up == (page.shown, page.brief)
