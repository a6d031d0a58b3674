"""What becomes of an event in quarantine once somebody decides."""

from __future__ import annotations

import json

import psycopg2
import pytest

from consumers import preparing, resolving
from consumers.errors import NotQuarantined, QuarantineCursorInvalid
from consumers.held import Held, HeldQuery
from consumers.intake import Intake
from consumers.resolving import discard_all, retry, retry_all
from consumers.verdicts import Received
from domain.problems import Invalid, Problem
from eventlog.log import Log
from tests.consumers.published import batch, ids_kept, kinds, raw, rows
from tests.consumers.test_quarantine import refuse

DESTROY = "UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now()"
NOBODY = "00000000-0000-0000-0000-000000000001"


def refuse_for_now(monkeypatch: pytest.MonkeyPatch, intake: Intake, *events: bytes) -> None:
    """Have events refused by a fault that is mended afterwards."""

    def faulty(raw: bytes, *, now: object) -> Invalid:
        return Invalid.because("is not understood yet", "/data")

    with monkeypatch.context() as fault:
        fault.setattr(preparing, "decode", faulty)
        refuse(intake, *(Received(event, f"a:{at}") for at, event in enumerate(events, 1)))


def again(intake: Intake, held: Held) -> Held:
    """Return an event as quarantine has it now."""
    return intake.quarantine.existing(held.id)


def with_bytes(intake: Intake) -> list[Held]:
    """Return everything that is held, with what was sent."""
    return list(intake.quarantine.page(HeldQuery(), with_bytes=True).items)


def test_what_was_mended_is_stored_and_leaves_the_list(
    intake: Intake, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps where it stands, who decided and when; the others stay with their reasons."""
    refuse_for_now(monkeypatch, intake, raw(1), b"{", raw(2))
    retried = retry(intake, with_bytes(intake), by="ann")
    assert kinds(verdict for _, verdict in retried) == ["stored", "invalid", "stored"]
    assert ids_kept(log) == ["e-1", "e-2"]
    (left,) = intake.quarantine.held()
    assert (left.origin, left.retried_count, left.state) == ("a:2", 1, "held")
    assert left.problems[0].reason.startswith("is not JSON")
    stored = again(intake, retried[0][0])
    assert (stored.state, stored.position, stored.decided and stored.decided.by) == (
        *("stored", 1, "ann"),
    )
    assert stored.received == Received(raw(1), "a:1")


def test_what_is_in_the_log_already_counts_as_stored(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher may have sent the same again meanwhile."""
    refuse_for_now(monkeypatch, intake, raw(2))
    intake.take(batch(raw(1), raw(2)))
    ((held, verdict),) = retry(intake, with_bytes(intake), by="ann")
    assert verdict.kind == "duplicate"
    assert (again(intake, held).state, again(intake, held).position) == ("stored", 2)


def test_a_conflict_stays_one(intake: Intake) -> None:
    """Offering it again changes nothing about what is kept."""
    intake.take(batch(raw(1)))
    refuse(intake, Received(raw(1, purpose="other"), "a:1"))
    retry(intake, with_bytes(intake), by="ann")
    (held,) = intake.quarantine.held()
    assert (held.verdict, held.retried_count) == ("conflict", 1)


def test_a_retry_that_fails_leaves_everything_as_it_was(
    intake: Intake, log: Log, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event and the note about it are one transaction."""
    refuse_for_now(monkeypatch, intake, raw(1))
    held = with_bytes(intake)
    owner = psycopg2.connect(database_url)
    with owner, owner.cursor() as cursor:
        cursor.execute("REVOKE UPDATE ON log.quarantine FROM toldonce_writer")
    owner.close()
    with pytest.raises(Exception, match="permission denied"):
        retry(intake, held, by="ann")
    assert ids_kept(log) == []
    assert again(intake, held[0]).state == "held"


def test_the_same_is_stored_once_however_often_it_is_offered(
    intake: Intake, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people may decide at once."""
    refuse_for_now(monkeypatch, intake, raw(1))
    both = with_bytes(intake)
    retry(intake, both, by="ann")
    retry(intake, both, by="ben")
    assert ids_kept(log) == ["e-1"]
    assert retry(intake, [again(intake, both[0])], by="ann") == []


def test_an_event_of_an_erased_person_is_discarded_with_its_bytes(
    intake: Intake, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What will never be stored for that reason is not kept here either."""
    intake.take(batch(raw(1)))
    refuse_for_now(monkeypatch, intake, raw(8))
    held = with_bytes(intake)
    erased = "WHERE stream_id IN (SELECT stream_id FROM log.entries)"
    with log.transaction() as transaction:
        transaction.cursor.execute(f"{DESTROY} {erased}")
    ((_, verdict),) = retry(intake, held, by="ann")
    assert verdict.kind == "suppressed"
    now = again(intake, held[0])
    assert (now.state, now.received) == ("discarded", None)
    assert now.decided is not None
    assert now.decided.reason == "the person was erased"
    assert rows(log, "SELECT octet_length(sealed) FROM log.quarantine") == [(0,)]


def test_a_discarded_event_keeps_its_bytes_and_who_decided_why(intake: Intake) -> None:
    """It leaves the list, can still be looked at, and is discarded once."""
    refuse(intake, Received(b"{", "a:1"), Received(b"[", "a:2"))
    first, second = intake.quarantine.held()
    gone = intake.quarantine.discard([first.id, first.id], by="ann", reason="a test of theirs")
    assert gone == [first.id]
    assert [held.id for held in intake.quarantine.held()] == [second.id]
    now = again(intake, first)
    assert now.received == Received(b"{", "a:1")
    assert now.decided is not None
    assert (now.decided.by, now.decided.reason) == ("ann", "a test of theirs")
    assert now.decided.at >= now.first_seen
    assert intake.quarantine.discard([first.id], by="ben", reason="again") == []


def test_a_discarded_event_can_be_offered_after_all(
    intake: Intake, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes were kept for that; all that is held does not include it."""
    refuse_for_now(monkeypatch, intake, raw(1))
    (held,) = intake.quarantine.held()
    intake.quarantine.discard([held.id], by="ann", reason="by mistake")
    assert list(retry_all(intake, HeldQuery(), by="ann")) == [[]]
    retry(intake, [again(intake, held)], by="ben")
    assert again(intake, held).state == "stored"
    assert ids_kept(log) == ["e-1"]


def test_who_decided_and_why_do_not_lie_open(intake: Intake, log: Log) -> None:
    """A reason may name somebody."""
    refuse(intake, Received(b"{", "a:1"))
    ids = [held.id for held in intake.quarantine.held()]
    intake.quarantine.discard(ids, by="ann", reason="secret")
    (row,) = rows(log, "SELECT q::text FROM log.quarantine q")
    assert "secret" not in row[0]
    assert b"secret".hex() not in row[0]


def test_what_the_way_in_refused_stays_refused(intake: Intake) -> None:
    """The beginning of an event that was cut off may be a valid event by chance; it is not one."""
    refusal = Problem("", "is longer than 64 KiB")
    refuse(intake, Received(raw(1), "a:1", refusal=refusal))
    ((_, verdict),) = retry(intake, with_bytes(intake), by="ann")
    assert (verdict.kind, verdict.problems) == ("invalid", (refusal,))


def test_all_of_an_origin_are_offered_again_in_pages(
    intake: Intake, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused again is passed over, and other origins are left alone."""
    monkeypatch.setattr(resolving, "RETRY_EVENTS_MAX", 4)
    refuse_for_now(monkeypatch, intake, *(raw(n) if n % 2 else b"{" for n in range(1, 12)))
    refuse(intake, Received(b"{", "a1"), Received(b"{", "b:1"))
    pages = list(retry_all(intake, HeldQuery(origin="a:"), by="ann"))
    assert [len(page) for page in pages] == [4, 4, 3]
    assert ids_kept(log) == [f"e-{n}" for n in range(1, 12, 2)]
    left = {held.origin: held.retried_count for held in intake.quarantine.held()}
    assert left == {"a:2": 1, "a:4": 1, "a:6": 1, "a:8": 1, "a:10": 1, "a1": 0, "b:1": 0}
    assert discard_all(intake.quarantine, HeldQuery(origin="a:"), by="ann", reason="junk") == 5
    assert {held.origin for held in intake.quarantine.held()} == {"a1", "b:1"}


@pytest.mark.parametrize("origin", ["%", "_", "\\", "a:%", "A:", "\0", "\ud800"])
def test_an_origin_is_taken_by_its_letters(intake: Intake, origin: str) -> None:
    """No character stands for others, and none that no text can hold does any harm."""
    refuse(intake, Received(b"{", "a:1"))
    assert intake.quarantine.page(HeldQuery(origin=origin)).items == []


def test_pages_hold_every_event_once(intake: Intake) -> None:
    """In the order in which they came, whatever else is held meanwhile."""
    for start in range(0, 30, 10):
        refuse(intake, *(Received(b"{", f"a:{start + n}") for n in range(10)))
    seen: list[Held] = []
    query = HeldQuery(limit=7)
    while True:
        page = intake.quarantine.page(query)
        seen += page.items
        refuse(intake, Received(b"[", f"later:{len(seen)}"))
        if page.next is None or len(seen) >= 30:
            break
        query = HeldQuery(limit=7, after=page.next)
    assert len({held.id for held in seen}) == len(seen)
    assert {f"a:{n}" for n in range(30)} <= {held.origin for held in seen}
    assert [held.place for held in seen] == sorted(held.place for held in seen)


def test_pages_can_be_of_one_verdict_or_state(intake: Intake) -> None:
    """Filters are taken together."""
    intake.take(batch(raw(1)))
    refuse(intake, Received(raw(1, purpose="other"), "a:1"), Received(b"{", "a:2"))
    page = intake.quarantine.page
    assert [held.origin for held in page(HeldQuery(verdict="conflict")).items] == ["a:1"]
    assert page(HeldQuery("stored")).items == []
    assert page(HeldQuery("held", "invalid", "a:1")).items == []


@pytest.mark.parametrize("cursor", ["", "x", "W10", "bm90IGpzb24", "ü", "WyJ4IiwgMV0"])
def test_a_cursor_of_nobody_s_is_refused(intake: Intake, cursor: str) -> None:
    """Guessing would show the wrong page."""
    with pytest.raises(QuarantineCursorInvalid):
        intake.quarantine.page(HeldQuery(after=cursor))


def test_an_unknown_id_is_said(intake: Intake) -> None:
    """It is an expected mistake, not an empty answer."""
    refuse(intake, Received(b"{", "a:1"))
    (held,) = intake.quarantine.held()
    with pytest.raises(NotQuarantined):
        intake.quarantine.existing(type(held.id)(NOBODY))


def test_json_has_the_bytes_only_where_they_are_asked_for(intake: Intake) -> None:
    """Text is given beside the bytes where they are text."""
    refuse(intake, Received(b"\xff{", "a:1", {"id": "e-1"}))
    (held,) = intake.quarantine.held()
    assert "sent" not in held.to_json()
    sent = again(intake, held).to_json_with_bytes()["sent"]
    assert sent == {"attributes": {"id": "e-1"}, "text": None, "base64": "/3s="}
    assert json.dumps(sent)
