"""What was promised to whom, asked over HTTP."""

from typing import Any
from uuid import UUID

import pytest

from projections.identity.queries import Found
from projections.queries import Views
from tests.readers.desk import Desk

NOW = "2026-03-08T12:00:00Z"
STORY = """
2026-03-01 registration.completed account_no:1 facts={name: Ann}
2026-03-01 promise.made P-1 account_no:1 order:O-1 due_at=2026-03-08T10:00 what="A call"
2026-03-01 promise.made P-2 account_no:2 due_at=2026-03-09T10:00
2026-03-01 promise.made P-3 account_no:1 due_at=2026-04-09
2026-03-01 promise.made P-4 account_no:2 due_at=2026-03-07
2026-03-05 promise.kept P-4
"""


def ids(answer: Any) -> list[tuple[str, str]]:
    """Return the promises of a page with their states."""
    assert answer.status_code == 200, answer.text
    return [(one["promise_id"], one["state"]) for one in answer.json()["promises"]]


def test_what_is_owed_comes_with_its_customer_and_its_evidence(desk: Desk) -> None:
    """Each promise as its customer's brief has it, with the customer, moment and position."""
    position = desk.tell(STORY)
    answer = desk.get("/v1/promises", as_of=NOW)
    assert ids(answer) == [("P-1", "broken"), ("P-2", "due_soon"), ("P-3", "open")]
    assert answer.headers["toldonce-position"] == str(position)
    document = answer.json()
    assert (document["position"], document["as_of"], document["next"]) == (position, NOW, None)
    first = document["promises"][0]
    assert UUID(first.pop("customer_id")) == UUID(desk.customer_id("account_no:1"))
    assert (first.pop("name"), first.pop("incomplete_since")) == ("Ann", None)
    (in_brief,) = [
        promise
        for promise in desk.brief("account_no:1", as_of=NOW)["promises"]
        if promise["promise_id"] == "P-1"
    ]
    assert first == in_brief
    assert (first["overdue_s"], first["refs"]) == (7200, {"order_id": "O-1"})


def test_promises_are_chosen_by_state_customer_and_moment(desk: Desk) -> None:
    """A state may be named several times; a customer by anything that leads to them."""
    desk.tell(STORY)
    assert ids(desk.send("GET", f"/v1/promises?state=kept&state=broken&as_of={NOW}")) == [
        ("P-1", "broken"),
        ("P-4", "kept"),
    ]
    assert ids(desk.get("/v1/promises", as_of=NOW, customer="order:O-1", state="open")) == [
        ("P-3", "open")
    ]
    earlier = desk.get("/v1/promises", as_of="2026-03-04T00:00:00Z", customer="account_no:2")
    assert ids(earlier) == [("P-4", "open"), ("P-2", "open")]


def test_whoever_is_merged_while_asked_for_is_owed_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who it is and what was promised are two questions, between which the views move."""
    desk.tell(STORY)
    usual = Views.look_up

    def overtaken(views: Views, whom: Any) -> Found:
        found = usual(views, whom)
        pair = "survivor=account_no:1 absorbed=account_no:2"
        desk.tell(f"2026-03-07 identity.customers_merged merge_id=m-1 {pair}")
        return found

    monkeypatch.setattr(Views, "look_up", overtaken)
    answer = desk.get("/v1/promises", as_of=NOW, customer="account_no:2")
    assert ids(answer) == [("P-1", "broken"), ("P-2", "due_soon"), ("P-3", "open")]
    assert answer.json()["position"] == 7


def test_pages_keep_the_moment_of_the_first(desk: Desk) -> None:
    """Without `as_of` the first page is of now, and so are those that follow it."""
    desk.tell(STORY)
    first = desk.get("/v1/promises", limit=2, as_of=NOW)
    second = desk.get("/v1/promises", limit=2, cursor=first.json()["next"])
    assert ids(first) + ids(second) == [("P-1", "broken"), ("P-2", "due_soon"), ("P-3", "open")]
    assert (second.json()["as_of"], second.json()["next"]) == (NOW, None)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"state": "canary"}, "state"),
        ({"limit": 201}, "limit"),
        ({"customer": "canary"}, "customer"),
        ({"as_of": "canary"}, "as_of"),
    ],
)
def test_what_is_asked_wrongly_is_named(
    desk: Desk, query: dict[str, object], parameter: str
) -> None:
    """Problem details name the parameter and never what was asked."""
    answer = desk.get("/v1/promises", **query)
    assert answer.status_code == 422
    assert [problem["parameter"] for problem in answer.json()["problems"]] == [parameter]
    assert "canary" not in answer.text


def test_a_cursor_or_customer_that_does_not_exist_is_said(desk: Desk) -> None:
    """An empty list would say that nothing is owed."""
    assert desk.get("/v1/promises", cursor="canary").status_code == 422
    assert desk.get("/v1/promises", customer="account_no:404").status_code == 404
