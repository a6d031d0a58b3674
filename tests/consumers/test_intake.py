"""What the intake promises, whichever way events come in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event as Signal
from threading import enumerate as running_threads

import pytest
from psycopg2.extensions import cursor as Cursor

from consumers import preparing
from consumers.intake import Batch, Intake
from consumers.verdicts import Received, Tally, Verdict
from domain.decode import Accepted, decode
from domain.problems import Problem
from eventlog.log import Log
from tests.consumers.published import batch, ids_kept, kinds, published, raw, received, rows
from tests.domain.malformed import MALFORMED, VALID
from tests.notation import TOPICS

INSERT = "INSERT INTO log.ingest_offsets (source, next_offset) VALUES ('beside', 1)"
SELECT = "SELECT source FROM log.ingest_offsets"
OURS = {
    "promise.lapsed": {"promise_id": "P-1", "due_at": "2026-03-01T10:00:00Z"},
    "record.viewed": {"viewer": "a1", "purpose": "call", "scope": "brief", "outcome": "shown"},
}
DESTROY = "UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now()"


class Stop(Exception):
    """What comes beside a batch fails."""


def failing(cursor: Cursor) -> None:
    """Write something, then fail."""
    cursor.execute(INSERT)
    raise Stop


def test_every_event_of_a_batch_gets_its_verdict_in_order(intake: Intake) -> None:
    """Stored, duplicate, conflict and invalid are told apart within one batch."""
    verdicts = intake.take(batch(raw(1), b"{", raw(1), raw(1, purpose="other"), raw(2)))
    assert kinds(verdicts) == ["stored", "invalid", "duplicate", "conflict", "stored"]
    assert [verdict.position for verdict in verdicts] == [1, None, 1, 1, 2]
    assert verdicts[0] == Verdict("stored", "test", "e-1", 1)
    assert verdicts[3].problems[0].reason == (
        "differs from position 1, kept under the same source and id"
    )


def test_the_same_again_is_a_duplicate_for_ever(intake: Intake) -> None:
    """Offering a batch again stores nothing."""
    intake.take(batch(raw(1), raw(2)))
    assert kinds(intake.take(batch(raw(2), raw(1)))) == ["duplicate", "duplicate"]
    assert kinds(intake.take(batch(raw(2, purpose="other")))) == ["conflict"]
    assert intake.log.reader.head().position == 2


def test_the_form_of_the_json_does_not_make_another_event(intake: Intake) -> None:
    """The order of members and blanks between them are no content."""
    plain = raw(1)
    spaced = plain.replace(b": ", b" :\t").replace(b'"specversion" :\t"1.0", ', b"")
    spaced = spaced[:-1] + b', "specversion": "1.0"}'
    assert kinds(intake.take(batch(plain, spaced))) == ["stored", "duplicate"]


def test_an_event_about_an_erased_person_is_suppressed(intake: Intake, log: Log) -> None:
    """Once the key is destroyed nothing more is stored about the person, and it is said so."""
    intake.take(batch(raw(1)))
    with log.transaction() as transaction:
        transaction.cursor.execute(DESTROY)
    (verdict,) = intake.take(batch(raw(8)))
    assert verdict == Verdict("suppressed", "test", "e-8")
    assert log.reader.head().position == 1


def test_malformed_events_harm_no_neighbour(intake: Intake) -> None:
    """Every kind of malformed event is invalid, with its pointer and reason."""
    numbered = [(raw(number), malformed) for number, (_, malformed, _, _) in enumerate(MALFORMED)]
    verdicts = intake.take(batch(*(event for pair in numbered for event in pair)))
    assert kinds(verdicts) == ["stored", "invalid"] * len(MALFORMED)
    unexplained = [
        name
        for (name, _, pointer, reason), verdict in zip(MALFORMED, verdicts[1::2], strict=True)
        if not any(p.pointer == pointer and reason in p.reason for p in verdict.problems)
    ]
    assert unexplained == []


def test_a_refused_event_is_named_when_it_can_be(intake: Intake) -> None:
    """Source and id are read from what is invalid, unless they are what is wrong."""
    no_type = VALID.replace(b'"type"', b'"kind"', 1)
    two = intake.take(batch(no_type, b'{"id": 7, "source": "\\u001b"}', b"[1]", b"\xff"))
    assert [(v.source, v.id) for v in two] == [
        ("urn:example:calls", "e-1"),
        (None, None),
        (None, None),
        (None, None),
    ]


def test_a_fault_of_the_decoder_costs_one_event(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should decoding raise after all, the event is invalid and its neighbours are stored."""

    def faulty(raw: bytes, *, now: datetime) -> Accepted | object:
        if b"e-2" in raw:
            raise RecursionError("secret")
        return decode(raw, now=now)

    monkeypatch.setattr(preparing, "decode", faulty)
    verdicts = intake.take(batch(raw(1), raw(2), raw(3)))
    assert kinds(verdicts) == ["stored", "invalid", "stored"]
    assert "a fault of ours" in verdicts[1].problems[0].reason
    assert "secret" not in str(verdicts[1])


def test_what_a_way_in_refused_is_invalid_without_being_decoded(intake: Intake) -> None:
    """A line that was cut off may be a valid event by chance; it is not one."""
    refusal = Problem("", "is longer than 64 KiB")
    (verdict,) = intake.take(Batch([Received(raw(1), "test:1", refusal=refusal)]))
    assert (verdict.kind, verdict.problems) == ("invalid", (refusal,))


def test_what_is_written_beside_a_batch_shares_its_fate(intake: Intake, log: Log) -> None:
    """Offsets are committed with the events, or neither is."""
    intake.take(batch(raw(1), beside=lambda cursor: cursor.execute(INSERT)))
    assert rows(log, SELECT) == [("beside",)]
    with log.transaction() as transaction:
        transaction.cursor.execute("DELETE FROM log.ingest_offsets")
    with pytest.raises(Stop):
        intake.take(batch(raw(2), b"{", beside=failing, is_awaited=False))
    assert rows(log, SELECT) == []
    assert ids_kept(log) == ["e-1"]
    assert intake.quarantine.held() == []


def test_refused_events_are_quarantined_only_where_nobody_waits(intake: Intake) -> None:
    """A publisher who is told keeps its event; nobody is told about a line of a file."""
    intake.take(batch(b"{", raw(1), raw(1, purpose="other")))
    assert intake.quarantine.held() == []
    intake.take(batch(b"{", raw(1), raw(1, purpose="other"), is_awaited=False))
    assert {held.verdict for held in intake.quarantine.held()} == {"invalid", "conflict"}


def overlapping(source: str) -> list[Batch]:
    """Return batches that hold duplicates and conflicts within and across them."""
    changed = [raw(n, source=source, purpose="other") for n in range(0, 60, 11)]
    plain = [raw(n, source=source) for n in range(60)]
    again = [raw(n, source=source) for n in range(30, 90)]
    events = plain + [b"{"] + again + changed
    return [batch(*events[at : at + 13]) for at in range(0, len(events), 13)]


def test_taking_all_in_a_pipeline_is_taking_one_after_another(intake: Intake, log: Log) -> None:
    """The pipeline changes when work is done, not what comes of it."""
    one_by_one = [intake.take(each) for each in overlapping("plain")]
    middle = log.reader.head().position
    batches = overlapping("piped")
    taken = list(intake.take_all(batches))
    assert [each for each, _ in taken] == batches
    for plain, (_, piped) in zip(one_by_one, taken, strict=True):
        assert [(v.kind, v.id, v.problems and v.kind) for v in plain] == [
            (v.kind, v.id, v.problems and v.kind) for v in piped
        ]
        assert [v.position and v.position + middle for v in plain] == [v.position for v in piped]
    kept = ids_kept(log)
    assert kept[:middle] == kept[middle:] == [f"e-{n}" for n in range(90)]


def test_the_next_batch_is_prepared_while_one_is_appended(intake: Intake) -> None:
    """A batch that waits for its successor to be read would wait for ever without the pipeline."""
    second_was_read = Signal()

    def batches() -> Iterator[Batch]:
        yield batch(raw(1), beside=lambda _: waited.append(second_was_read.wait(30)))
        second_was_read.set()
        yield batch(raw(2))

    waited: list[bool] = []
    assert [kinds(verdicts) for _, verdicts in intake.take_all(batches())] == [["stored"]] * 2
    assert waited == [True]


def test_the_pipeline_reads_only_one_batch_ahead(intake: Intake) -> None:
    """However slow the database is, memory holds two batches."""
    read: list[int] = []

    def batches() -> Iterator[Batch]:
        for number in range(6):
            read.append(number)
            yield batch(raw(number))

    for told, _ in enumerate(intake.take_all(batches()), start=1):
        assert len(read) <= told + 1


def test_a_failing_batch_ends_the_pipeline(intake: Intake, log: Log) -> None:
    """What came before is stored and told, nothing that came after is stored."""
    batches = [batch(raw(1)), batch(raw(2)), batch(raw(3), beside=failing), batch(raw(4))]
    told = []
    with pytest.raises(Stop):
        for _, verdicts in intake.take_all(batches):
            told += kinds(verdicts)
    assert told == ["stored", "stored"]
    assert ids_kept(log) == ["e-1", "e-2"]
    assert kinds(intake.take(batch(raw(3)))) == ["stored"]


def test_what_is_under_way_when_reading_fails_is_told(intake: Intake, log: Log) -> None:
    """A file that breaks off costs no verdict of what was read before."""

    def breaking() -> Iterator[Batch]:
        yield batch(raw(1))
        yield batch(raw(2))
        raise Stop

    told = []
    with pytest.raises(Stop):
        for _, verdicts in intake.take_all(breaking()):
            told += kinds(verdicts)
    assert told == ["stored", "stored"]
    assert ids_kept(log) == ["e-1", "e-2"]


def test_a_pipeline_that_is_left_early_leaves_nothing_running(intake: Intake, log: Log) -> None:
    """Closing it waits for what is under way; nothing more is read."""
    before = {*running_threads()}
    taken = intake.take_all(batch(raw(number)) for number in range(9))
    next(taken)
    taken.close()
    assert {*running_threads()} <= before
    assert ids_kept(log) in (["e-0"], ["e-0", "e-1"])


def test_a_tally_counts_and_remembers_the_newest_position(intake: Intake) -> None:
    """The tally is what an import prints."""
    tally = Tally()
    tally.add(intake.take(batch(raw(1), raw(2), raw(1), b"", raw(2, purpose="other"))))
    assert tally.to_json() == {
        "stored": 2,
        "duplicate": 1,
        "conflict": 1,
        "invalid": 1,
        "suppressed": 0,
        "position": 2,
    }


def test_an_event_offered_by_many_at_once_is_stored_once(intake: Intake) -> None:
    """Publishers may repeat themselves while the first answer is still under way."""
    events = [raw(number % 5) for number in range(40)]
    with ThreadPoolExecutor(8) as publishers:
        verdicts = [answer[0] for answer in publishers.map(intake.take, map(batch, events))]
    assert Counter(kinds(verdicts)) == {"stored": 5, "duplicate": 35}
    assert {v.position for v in verdicts} == set(range(1, 6))


def test_an_empty_batch_is_no_work(intake: Intake) -> None:
    """Nothing comes of nothing, and what is beside it is still written."""
    assert intake.take(Batch(received(), beside=lambda cursor: cursor.execute(INSERT))) == []
    assert rows(intake.log, SELECT) == [("beside",)]


@pytest.mark.parametrize("name", ["promise.lapsed", "record.viewed"])
def test_what_only_we_say_is_refused_from_outside(intake: Intake, name: str) -> None:
    """A lapse or a look that another system claims would be believed by every reader."""
    event = published(1) | {"type": TOPICS[name], "data": OURS[name]}
    (verdict,) = intake.take(batch(json.dumps(event).encode()))
    assert verdict.kind == "invalid"
    assert verdict.problems == (Problem("/type", "is said by this system alone"),)


def test_nobody_else_speaks_in_our_name(intake: Intake) -> None:
    """A source that is ours could take the place of a decision."""
    (verdict,) = intake.take(batch(raw(1, source="toldonce")))
    assert (verdict.kind, verdict.problems[0].pointer) == ("invalid", "/source")
    (named_like,) = intake.take(batch(raw(1, source="toldonce.example")))
    assert named_like.kind == "stored"
