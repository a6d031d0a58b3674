"""What dashboards are told of how well the company remembers."""

import pytest

from projections.continuity.items import FIGURES
from tests.readers.desk import Desk

CALLS = """
2026-03-01T09:00 contact.started c1 account_no:7731 issue:I-1
2026-03-01T09:02 contact.answered c1 wait_s=120
2026-03-01T09:05 contact.information_requested c1 fields=[account_no]
2026-03-01T09:10 contact.transferred c1 to_queue=billing
2026-03-01T09:20 contact.ended c1
2026-03-02T09:00 contact.started c2 account_no:7731 issue:I-1
2026-03-02T09:20 contact.ended c2 resolution=resolved
2026-03-02T10:00 contact.started c3 account_no:8842
2026-03-02T10:01 contact.answered c3 wait_s=60
2026-03-02T10:20 contact.ended c3 resolution=resolved
"""
FIRST = {
    "contacts": 1,
    "repeat_contacts": 0,
    "first_contacts": 1,
    "first_contact_resolutions": 0,
    "first_contact_resolution_rate": 0.0,
    "waits": 1,
    "wait_s_median": 120.0,
    "wait_s_p90": 120.0,
    "transfers_without_note": 1,
    "redundant_questions": 1,
    "promises_kept": 0,
    "promises_kept_late": 0,
    "promises_broken": 0,
}
TOTAL = {
    "contacts": 3,
    "repeat_contacts": 1,
    "first_contacts": 2,
    "first_contact_resolutions": 1,
    "first_contact_resolution_rate": 0.5,
    "waits": 2,
    "wait_s_median": 90.0,
    "wait_s_p90": 114.0,
    "transfers_without_note": 1,
    "redundant_questions": 1,
    "promises_kept": 0,
    "promises_kept_late": 0,
    "promises_broken": 0,
}


def test_figures_come_by_day_and_in_total(desk: Desk) -> None:
    """Newest first, with the position they rest on."""
    position = desk.tell(CALLS)
    answer = desk.get("/v1/continuity")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [day.pop("day") for day in told["days"]] == ["2026-03-02", "2026-03-01"]
    assert (told["days"][1], told["total"]) == (FIRST, TOTAL)
    assert (told["position"], told["from"], told["to"], told["next"]) == (
        position,
        None,
        None,
        None,
    )
    assert answer.headers["toldonce-position"] == str(position)


def test_figures_can_be_asked_for_days_and_moments(desk: Desk) -> None:
    """Both ends are included, days are those of a zone, and the world can be that of an evening."""
    desk.tell(CALLS)
    first = desk.get("/v1/continuity", **{"from": "2026-03-01", "to": "2026-03-01"}).json()
    assert (first["total"], len(first["days"])) == (FIRST, 1)
    evening = desk.get("/v1/continuity", as_of="2026-03-01T20:00:00Z").json()
    assert evening["total"] == FIRST
    eastern = desk.get("/v1/continuity", timezone="Asia/Tokyo", **{"to": "2026-03-01"}).json()
    assert (eastern["timezone"], eastern["total"]["contacts"]) == ("Asia/Tokyo", 1)


def test_days_come_in_pages(desk: Desk) -> None:
    """The cursor of a page leads to older days; the total stays that of the period."""
    desk.tell(CALLS)
    page = desk.get("/v1/continuity", limit=1).json()
    rest = desk.get("/v1/continuity", limit=1, cursor=page["next"]).json()
    assert [day["day"] for day in page["days"] + rest["days"]] == ["2026-03-02", "2026-03-01"]
    assert (page["total"], rest["total"], rest["next"]) == (TOTAL, TOTAL, None)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_lists_as_many_items_as_it_says(desk: Desk, figure: str) -> None:
    """Page by page, each with customer, contact and the positions of its events."""
    desk.tell(CALLS)
    path, items, cursor = f"/v1/continuity/{figure}", [], ""
    while cursor is not None:
        asked = {"cursor": cursor} if cursor else {}
        answer = desk.get(path, limit=1, **asked)
        items += answer.json()["items"]
        cursor = answer.json()["next"]
    assert len(items) == TOTAL[figure]
    for item in items:
        assert item["customer_id"]
        assert item["contact_id"] in ("c1", "c2", "c3")
        assert all(event["position"] and event["source"] for event in item["evidence"])


def test_an_item_says_what_it_is_of(desk: Desk) -> None:
    """A wait its seconds, a question its field."""
    desk.tell(CALLS)
    waits = desk.get("/v1/continuity/waits").json()["items"]
    assert [item["wait_s"] for item in waits] == [120, 60]
    (question,) = desk.get("/v1/continuity/redundant_questions").json()["items"]
    assert (question["field"], question["at"]) == ("account_no", "2026-03-01T09:05:00Z")
    asked = {"source": "test", "id": "t3", "type": "toldonce.contact.information_requested.v1"}
    assert question["evidence"] == [{**asked, "position": 3}]
