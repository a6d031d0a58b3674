"""What the quarantine promises."""

from __future__ import annotations

import json
from uuid import uuid4

from consumers.intake import Batch, Intake
from consumers.verdicts import Received
from domain.problems import Problem
from eventlog.log import Log
from tests.consumers.published import batch, raw, rows
from tests.domain.malformed import MALFORMED


def refuse(intake: Intake, *received: Received) -> None:
    """Offer events that nobody waits for."""
    intake.take(Batch(received, is_awaited=False))


def test_original_bytes_come_back(intake: Intake) -> None:
    """What was refused is given back byte for byte, with why and where from."""
    refuse(intake, Received(b'{"a":\n\xff\0', "stories.ndjson:12"))
    (listed,) = intake.quarantine.held()
    assert (listed.origin, listed.verdict, listed.state) == ("stories.ndjson:12", "invalid", "held")
    assert listed.problems[0].pointer == ""
    assert listed.problems[0].reason.startswith("is not JSON")
    held = intake.quarantine.get(listed.id)
    assert held is not None
    assert held.received == Received(b'{"a":\n\xff\0', "stories.ndjson:12")


def test_the_envelope_of_binary_mode_comes_back_too(intake: Intake) -> None:
    """Without its attributes an event in binary mode could not be offered again."""
    attributes = {"id": "e-1", "source": "ü\n", "specversion": "1.0"}
    refuse(intake, Received(b"{}", "kafka:calls/3@42", attributes))
    held = intake.quarantine.get(intake.quarantine.held()[0].id)
    assert held is not None
    assert held.received == Received(b"{}", "kafka:calls/3@42", attributes)


def test_every_malformed_event_can_be_kept(intake: Intake) -> None:
    """No kind of malformed bytes or problem is refused by the quarantine itself."""
    refuse(intake, *(Received(raw, f"case:{name}") for name, raw, _, _ in MALFORMED))
    held = [intake.quarantine.get(each.id) for each in intake.quarantine.held()]
    found = {one.origin: one.received and one.received.raw for one in held if one}
    assert found == {f"case:{name}": raw for name, raw, _, _ in MALFORMED}


def test_the_same_bytes_from_the_same_place_are_one_row(intake: Intake) -> None:
    """A repeat is only counted; another place or other bytes are another row."""
    refuse(intake, Received(b"{", "a:1"), Received(b"{", "a:2"), Received(b"{", "a:1"))
    refuse(intake, Received(b"{", "a:1"), Received(b"[", "a:1"))
    seen = sorted((held.origin, held.seen_count) for held in intake.quarantine.held())
    assert seen == [("a:1", 1), ("a:1", 2), ("a:2", 1)]
    first = next(held for held in intake.quarantine.held() if held.seen_count == 2)
    assert first.last_seen > first.first_seen


def test_nothing_personal_lies_open(intake: Intake, log: Log) -> None:
    """Values of the event are only within the sealed bytes."""
    event = json.loads(raw(1))
    event["data"]["identifiers"] = [{"type": "phone", "value": "0717 secret 0142"}]
    refuse(intake, Received(json.dumps(event).encode(), "a:1"))
    (row,) = rows(log, "SELECT q::text FROM log.quarantine q")
    assert "secret" not in row[0]
    assert b"secret".hex() not in row[0]


def test_a_conflict_says_where_the_other_event_stands(intake: Intake) -> None:
    """Whoever decides can look at both."""
    intake.take(batch(raw(1), raw(2)))
    refuse(intake, Received(raw(2, purpose="other"), "a:1"))
    (held,) = intake.quarantine.held()
    reason = "differs from position 2, kept under the same source and id"
    assert (held.verdict, held.problems) == ("conflict", (Problem("", reason),))


def test_there_is_nothing_under_an_unknown_id(intake: Intake) -> None:
    """An id that was never given finds nothing."""
    assert intake.quarantine.get(uuid4()) is None


def test_listing_is_bounded(intake: Intake) -> None:
    """However much is held, only so much is listed, oldest first."""
    refuse(intake, *(Received(b"{", f"a:{number}") for number in range(300)))
    assert len(intake.quarantine.held()) == 200
    assert len(intake.quarantine.held(3)) == 3
