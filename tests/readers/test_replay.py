"""What the page of a replay tells is what the command tells."""

from __future__ import annotations

import html
import re
from datetime import datetime
from uuid import UUID

import pytest

from cli.replaying import replayed_of
from domain.handles import Handle
from tests.readers.desk import Desk

STORY = """
2026-04-01T08:00 registration.completed account_no:7731 facts={name: "Rita <b>Replayed</b>"}
2026-04-01T09:00 order.placed O-9 account_no:9999
2026-04-02T09:00 order.placed O-1 account_no:7731 #placed
2026-04-03T10:00:00.250 promise.made P-1 account_no:7731 due_at=2026-04-20 order:O-1
2026-04-03T12:00 contact.started c2 account_no:9999
2026-03-01T12:00 contact.started c1 account_no:7731
2026-04-05T09:00 event.retracted corrects=#placed account_no:7731
"""
POSITIONS = (1, 3, 4, 6, 7)
WHO = Handle("account_no", "7731")


@pytest.mark.parametrize("as_of", [None, "2026-05-01T00:00:00Z"])
def test_every_step_is_what_the_command_tells(desk: Desk, as_of: str | None) -> None:
    """Each event's changes, sentence by sentence, of its own moment or of one and the same."""
    desk.tell(STORY)
    customer_id = UUID(desk.customer_id(str(WHO)))
    for step, position in enumerate(POSITIONS, 1):
        recorded = desk.parts.views.recorded(customer_id, step=step)
        assert recorded and (recorded.steps, recorded.row.position) == (len(POSITIONS), position)
        moment = datetime.fromisoformat(as_of) if as_of else recorded.row.occurred_at
        page = desk.get("/audit/replay", identifier=WHO, step=step, as_of=as_of or "").text
        assert changes_on(page) == told_by_the_command(desk, position, as_of=moment)


def test_a_replay_ends_where_its_log_does(desk: Desk) -> None:
    """As known at a position there are no later steps; nobody's replay is the desk's answer."""
    desk.tell(STORY)
    page = desk.get("/audit/replay", identifier=WHO, step=99, known_at=4).text
    assert "event 3 of 3, recorded" in page
    assert "nothing to replay" in desk.get("/audit/replay", identifier=WHO, known_at=0).text
    answer = desk.get("/audit/replay", identifier="account_no:1", known_at=4)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk?identifier=account_no%3A1&known_at=4"


def changes_on(page: str) -> list[str]:
    """Return the sentences of a page."""
    (section,) = re.findall('<section[^>]* id="changes".*?</section>', page, re.DOTALL)
    return [html.unescape(one) for one in re.findall("<li>(.*?)</li>", section)]


def told_by_the_command(desk: Desk, position: int, *, as_of: datetime) -> list[str]:
    """Return the sentences about the entry at a position."""
    known = range(position, position + 1)
    found = replayed_of(desk.parts.views, WHO, as_of=as_of, known=known, limit=1)
    (step,) = found.to_json()["steps"]
    return [change["sentence"] for change in step["changes"] if change["sentence"] is not None]
