"""What a desk is told about whoever calls."""

from datetime import UTC, datetime

import pytest

from cli.following import following
from domain.brief import canonical_json
from domain.handles import Handle
from tests.readers.desk import Desk

CALL = "2026-01-02T10:00 contact.started c1 phone:+17175550142 account_no:7731"
TOLD = "2026-01-02T10:05 contact.information_provided c1 facts={symptom: no line}"
SHARED = """
2026-01-01T10:00 registration.completed phone:+17175550142 account_no:7731 facts={name: Ada Park}
2026-01-01T11:00 registration.completed phone:+17175550142 account_no:7732 facts={name: Bo Lind}
"""
NOW = "2026-01-02T10:30:00Z"


def test_what_was_published_is_in_the_next_brief(desk: Desk) -> None:
    """Who publishes at a position and waits for it finds the event."""
    with following(desk.parts.runner.run_forever, name="projector", on_failure=lambda: None):
        desk.publish(CALL)
        posted = desk.publish(TOLD)
        assert posted.status_code == 201
        position = posted.json()["position"]
        answer = desk.get(
            "/v1/brief", identifier="phone:+17175550142", as_of=NOW, wait_for=position
        )
    assert answer.headers["toldonce-position"] == str(position)
    assert answer.json()["known"]["symptom"]["value"] == "no line"
    assert answer.json()["known_at"] == position


def test_a_brief_is_the_same_bytes_as_in_the_views(desk: Desk) -> None:
    """Nothing is added or rewritten on the way."""
    desk.tell(CALL, TOLD)
    answer = desk.get("/v1/brief", identifier="account_no:7731", as_of=NOW)
    whom, as_of = Handle("account_no", "7731"), datetime(2026, 1, 2, 10, 30, tzinfo=UTC)
    assert answer.content == canonical_json(desk.parts.views.brief(whom, as_of=as_of))


def test_nobody_is_an_answer_and_looking_creates_nobody(desk: Desk) -> None:
    """Somebody unknown is 200 with level unknown, however often it is asked."""
    desk.tell(CALL)
    for _ in range(2):
        brief = desk.brief("phone:+12025550100")
        assert brief["who"]["match"]["level"] == "unknown"
        assert brief["customer_id"] is None
    assert desk.get("/v1/find", q="+12025550100").json()["hits"] == []


def test_a_shared_phone_tells_how_many_and_nothing_of_them(desk: Desk) -> None:
    """`maybe` gives the number of candidates and no personal fact."""
    desk.tell(SHARED)
    answer = desk.get("/v1/brief", identifier="phone:+17175550142")
    match = answer.json()["who"]["match"]
    assert (match["level"], match["candidates"]) == ("maybe", 2)
    assert answer.json()["known"] == {}
    assert "Park" not in answer.text
    assert "Lind" not in answer.text


@pytest.mark.parametrize("identifier", ["phone:+1 717 555 0142", "phone: 17175550142"])
def test_a_phone_is_found_as_people_and_browsers_write_it(desk: Desk, identifier: str) -> None:
    """Blanks do not matter, nor does a plus sign that a URL made a blank."""
    desk.tell(CALL)
    assert desk.brief(identifier)["who"]["match"]["level"] == "known"


def test_a_brief_of_the_past_is_as_known_then(desk: Desk) -> None:
    """`known_at` is a position, or the time by which something was recorded."""
    first = desk.tell(CALL)
    desk.tell(TOLD)
    then = desk.brief("account_no:7731", as_of=NOW, known_at=first)
    assert "symptom" not in then["known"]
    assert then["known_at"] == first
    assert desk.brief("account_no:7731", known_at="2000-01-01T00:00:00Z")["known_at"] == 0


def test_a_customer_is_found_by_its_id_too(desk: Desk) -> None:
    """The id in a brief leads to the same customer, as a path and as an identifier."""
    desk.tell(CALL)
    customer_id = desk.customer_id("account_no:7731")
    by_path = desk.get(f"/v1/customers/{customer_id}/brief", as_of=NOW)
    assert by_path.json()["customer_id"] == customer_id
    assert desk.brief(f"customer:{customer_id}")["customer_id"] == customer_id


def test_find_leads_to_customers_by_identifier_reference_and_name(desk: Desk) -> None:
    """Each hit says who it is and by what it was found."""
    position = desk.tell(SHARED, "2026-01-02T10:00 order.placed O-77 account_no:7731")
    answer = desk.get("/v1/find", q="O-77")
    (hit,) = answer.json()["hits"]
    assert hit["by"] == {"type": "order", "value": "O-77", "issuer": None}
    assert hit["name"] == "Ada Park"
    assert answer.json()["position"] == position
    assert answer.headers["toldonce-position"] == str(position)
    assert [h["name"] for h in desk.get("/v1/find", q="lind").json()["hits"]] == ["Bo Lind"]
