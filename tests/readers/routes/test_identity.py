"""Deciding over HTTP: previewed, made once, undone, and refused with what was decided."""

from collections.abc import Iterator

import pytest
from httpx import Response

from cli.following import following
from tests.readers.desk import Desk, Json

A, B, PHONE = "email:a@x.example", "email:b@x.example", "phone:+17175550142"
STORY = f"""
2026-01-01T10:00 order.placed O-1 {A}
2026-01-01T11:00 order.placed O-2 {B}
2026-01-01T12:00 contact.started c-1 account_no:1 {PHONE}
2026-01-01T13:00 contact.started c-2 account_no:2 {PHONE}
2026-01-01T14:00 contact.started c-3 {PHONE}
"""
SAID = {"reason": "said so", "actor": "a1"}


@pytest.fixture
def told(desk: Desk) -> Iterator[Desk]:
    """Give a desk with four people, whose projector runs."""
    desk.tell(STORY)
    with following(desk.parts.runner.run_forever, name="projector", on_failure=lambda: None):
        yield desk


def decided(desk: Desk, what: str, *, preview: bool = False, **body: str | None) -> Response:
    """Ask for a decision, with a reason unless that is None."""
    path = f"/v1/identity/{what}?preview={preview}"
    said = {name: value for name, value in {**SAID, **body}.items() if value is not None}
    return desk.send("POST", path, json=said)


def orders(desk: Desk, whose: str, position: int) -> list[str]:
    """Return the orders in a brief, once it knows a position."""
    brief: Json = desk.brief(whose, wait_for=position)
    return sorted(order["order_id"] for order in brief["orders"])


def test_a_merge_is_previewed_made_once_and_undone(told: Desk) -> None:
    """The preview writes nothing and comes true; the fact is in the log with its position."""
    merge = {"survivor": A, "absorbed": B, "merge_id": "m-1"}
    preview = decided(told, "merge", preview=True, **merge)
    assert preview.status_code == 200
    assert [one["events"] for one in preview.json()["change"]["after"]] == [2]
    made = decided(told, "merge", **merge)
    assert made.status_code == 201
    position = made.json()["decided"]["position"]
    assert made.headers["toldonce-position"] == str(position)
    assert orders(told, A, position) == ["O-1", "O-2"]
    again = decided(told, "merge", **merge)
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:toldonce:problem:decision-refused",
    )
    assert again.json()["by"] == "a1"
    undone = decided(told, "unmerge", merge_id="m-1")
    assert orders(told, A, undone.json()["decided"]["position"]) == ["O-1"]
    assert decided(told, "unmerge", merge_id="m-1").status_code == 409
    assert decided(told, "unmerge", merge_id="m-2").status_code == 409


def test_what_waits_is_listed_and_a_link_decides_it(told: Desk) -> None:
    """The choices of review are what a link takes."""
    (waiting,) = told.get("/v1/review").json()["waiting"]
    assert (waiting["reason"], waiting["candidate_count"]) == ("shared", 2)
    choice = next(one for one in waiting["choices"] if one["decision"] == "link")
    made = decided(told, "link", a=choice["a"], b=choice["b"])
    assert made.status_code == 201
    position = made.json()["decided"]["position"]
    assert told.get("/v1/review", wait_for=position).json()["waiting"] == []
    assert told.get("/v1/review", reason="violation").json()["waiting"] == []
    undone = decided(told, "link", a=choice["a"], b=choice["b"], statement="unlinked")
    assert undone.status_code == 201


def test_a_relationship_is_declared_and_joins_nobody(told: Desk) -> None:
    """Previewed, kept once, refused with who said so, and shown on both pages."""
    related = {"subject": A, "object": B, "role": "works_for", "reason": None}
    preview = decided(told, "relate", preview=True, **related)
    assert preview.status_code == 200, preview.text
    change = preview.json()["change"]
    assert (change["before"], change["evidence_total"]) == (change["after"], 0)
    made = decided(told, "relate", **related)
    assert made.status_code == 201
    position = made.json()["decided"]["position"]
    assert orders(told, A, position) == ["O-1"]
    assert decided(told, "relate", **related).status_code == 409
    for whose, words in ((A, "Working for"), (B, "is working for them")):
        page = told.get(f"/customers/{told.customer_id(whose)}").text
        assert words in page.partition('id="relationships"')[2]


@pytest.mark.parametrize(
    ("what", "body", "parameter"),
    [
        ("link", {"a": "order:O-1", "b": A}, "a"),
        ("link", {"a": A, "b": "x"}, "b"),
        ("link", {"a": A, "b": B, "statement": "x"}, "statement"),
        ("relate", {"subject": A, "object": A, "role": "household", "reason": None}, "body"),
        ("relate", {"subject": A, "object": B, "role": "friend", "reason": None}, "role"),
        ("merge", {"survivor": PHONE, "absorbed": A}, "survivor"),
        ("merge", {"survivor": A, "absorbed": "order:O-9"}, "absorbed"),
        ("merge", {"survivor": A}, "absorbed"),
        ("unmerge", {"merge_id": "m", "reason": "x\u0000"}, "reason"),
        ("unmerge", {"merge_id": ""}, "merge_id"),
    ],
)
def test_what_cannot_be_decided_is_named(told: Desk, what: str, body: Json, parameter: str) -> None:
    """The member and the reason are given; nothing is written."""
    head = told.parts.log.reader.head()
    answer = decided(told, what, **body)
    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.json()["problems"]] == [parameter]
    assert told.parts.log.reader.head() == head


def test_a_form_of_another_site_decides_nothing(told: Desk) -> None:
    """Only JSON that says it is JSON is read, which no page can send across sites unasked."""
    body = '{"merge_id": "m-1", "reason": "x", "actor": "x"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        sent = told.send(
            "POST", "/v1/identity/unmerge", content=body, headers={"content-type": kind}
        )
        assert sent.status_code == 422


def test_projections_are_told_with_who_is_parked(told: Desk) -> None:
    """Where each view stands, and the head."""
    found = told.get("/v1/projections").json()
    assert {view["name"] for view in found["views"]} >= {"identity", "timeline", "story"}
    assert all(view["is_ready"] and view["head"] == 5 for view in found["views"])
    assert found["parked"] == []
