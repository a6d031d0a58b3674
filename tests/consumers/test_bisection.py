"""What becomes of a batch that the database refuses."""

from __future__ import annotations

import logging

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from consumers.intake import Batch, Intake
from eventlog.log import Log
from tests.consumers.published import batch, ids_kept, kinds, raw, rows

OFFSETS = "SELECT source, next_offset FROM log.ingest_offsets"
INSERT = "INSERT INTO log.ingest_offsets (source, next_offset) VALUES ('beside', 1)"
# Bytes that decode are bytes that PostgreSQL takes; only a fault, made here, refuses one.
REFUSE = """
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.source LIKE 'poison%' THEN
        RAISE EXCEPTION 'secret %', NEW.source USING ERRCODE = '{state}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON log.entries FOR EACH ROW EXECUTE FUNCTION public.refuse()
"""


@pytest.fixture(params=["P0001", "22003", "23514"])
def faulty(request: pytest.FixtureRequest, intake: Intake, database_url: str) -> Intake:
    """Give an intake whose database refuses events of some sources, as a fault would."""
    fault(database_url, state=request.param)
    return intake


def fault(database_url: str, *, state: str) -> None:
    """Have the database refuse events of some sources with an SQLSTATE."""
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(REFUSE.format(state=state))
    connection.close()


def poison(number: int) -> bytes:
    """Return an event that decodes and is refused."""
    return raw(number, source="poison")


def test_what_the_database_refuses_is_one_event_s_verdict(faulty: Intake, log: Log) -> None:
    """Its neighbours are stored in order, whatever else the batch holds."""
    verdicts = faulty.take(batch(raw(1), poison(2), b"{", raw(1), poison(3), raw(4), raw(5)))
    assert kinds(verdicts) == [
        *("stored", "invalid", "invalid", "duplicate", "invalid", "stored", "stored")
    ]
    assert [verdict.position for verdict in verdicts] == [1, None, None, 1, None, 2, 3]
    assert (verdicts[1].source, verdicts[1].id) == ("poison", "e-2")
    assert "a fault of ours" in verdicts[1].problems[0].reason
    assert ids_kept(log) == ["e-1", "e-4", "e-5"]


def test_what_nobody_waits_for_is_quarantined_with_its_bytes(faulty: Intake, log: Log) -> None:
    """Of a large batch only the refused ones are held; the offset moves once, with all of it."""
    events = [poison(n) if n in (0, 150, 299) else raw(n) for n in range(300)]
    moved: list[bool] = []

    def beside(cursor: Cursor) -> None:
        cursor.execute(INSERT)
        moved.append(True)

    verdicts = faulty.take(batch(*events, is_awaited=False, beside=beside))
    assert kinds(verdicts).count("stored") == 297
    assert log.reader.head().position == 297
    assert rows(log, OFFSETS) == [("beside", 1)]
    assert len(moved) == 2  # once in vain, once for good
    held = [faulty.quarantine.get(one.id) for one in faulty.quarantine.held()]
    assert {one.received.raw for one in held if one and one.received} == {
        poison(n) for n in (0, 150, 299)
    }


def test_a_batch_of_nothing_else_is_refused_event_by_event(faulty: Intake, log: Log) -> None:
    """However many are refused, what comes after them is taken."""
    verdicts = faulty.take(batch(*(poison(n) for n in range(20)), is_awaited=False))
    assert kinds(verdicts) == ["invalid"] * 20
    assert log.reader.head().position == 0
    assert kinds(faulty.take(batch(raw(1)))) == ["stored"]


def test_a_pipeline_goes_on_after_a_refusal(faulty: Intake, log: Log) -> None:
    """The batches before and after it are taken as ever."""
    batches = [batch(raw(1), raw(2)), batch(poison(3), raw(4)), batch(raw(5))]
    told = [kinds(verdicts) for _, verdicts in faulty.take_all(batches)]
    assert told == [["stored", "stored"], ["invalid", "stored"], ["stored"]]
    assert ids_kept(log) == ["e-1", "e-2", "e-4", "e-5"]


def test_what_the_database_says_is_not_repeated(
    intake: Intake, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A message of the server may hold what an event states; its class cannot."""
    fault(database_url, state="P0001")
    with caplog.at_level(logging.DEBUG):
        (verdict,) = intake.take(batch(poison(1)))
    assert "RaiseException" in caplog.text
    assert "secret" not in caplog.text
    assert "secret" not in str(verdict)


@pytest.mark.parametrize("state", ["42501", "53100", "XX001"])
def test_what_is_no_event_s_fault_stops_the_batch(
    intake: Intake, database_url: str, state: str
) -> None:
    """A right that is missing, a full disk or damage would otherwise put good events aside."""
    fault(database_url, state=state)
    with pytest.raises(Exception, match="secret"):
        intake.take(batch(raw(1), poison(2), is_awaited=False))
    assert intake.log.reader.head().position == 0
    assert intake.quarantine.held() == []


def test_a_failure_beside_the_batch_is_not_blamed_on_an_event(intake: Intake) -> None:
    """What is written beside may be refused too; then nothing is stored and nobody is held."""

    def failing(cursor: Cursor) -> None:
        cursor.execute("SELECT 1/0")

    with pytest.raises(psycopg2.DataError):
        intake.take(Batch(batch(raw(1)).received, is_awaited=False, beside=failing))
    assert intake.log.reader.head().position == 0
    assert intake.quarantine.held() == []


def test_verdicts_can_be_written_with_what_they_are_about(intake: Intake, log: Log) -> None:
    """Whoever counts verdicts counts them in the same transaction, or not at all."""

    def judged(cursor: Cursor, verdicts: object) -> None:
        assert isinstance(verdicts, list)
        cursor.execute(INSERT.replace("1)", f"{len(verdicts)})"))
        if len(verdicts) > 2:
            raise OSError

    assert kinds(intake.take(batch(raw(1), b"{", judged=judged))) == ["stored", "invalid"]
    assert rows(log, OFFSETS) == [("beside", 2)]
    with log.transaction() as transaction:
        transaction.cursor.execute("DELETE FROM log.ingest_offsets")
    with pytest.raises(OSError):
        intake.take(batch(raw(2), raw(3), raw(4), judged=judged))
    assert (ids_kept(log), rows(log, OFFSETS)) == (["e-1"], [])
