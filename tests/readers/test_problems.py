"""Every failure is problem details, and none repeats what was asked."""

import logging
from http import HTTPStatus
from uuid import UUID

import pytest
from fastapi import FastAPI

from eventlog.errors import LogUnavailable
from projections.errors import ProjectionError, ViewsOutdated
from readers import positions
from readers.problems import KINDS, MEDIA_TYPE, Kind, of_status
from tests.readers.desk import Desk

CANARY = "canary-6f1d"
NOBODY = UUID(int=1)

INVALID = [
    ("/v1/brief", {}, "identifier"),
    ("/v1/brief", {"identifier": CANARY}, "identifier"),
    ("/v1/brief", {"identifier": f"phone:{CANARY}"}, "identifier"),
    ("/v1/brief", {"identifier": f"customer:{CANARY}"}, "identifier"),
    ("/v1/brief", {"identifier": "order:O-1", "as_of": CANARY}, "as_of"),
    ("/v1/brief", {"identifier": "order:O-1", "known_at": CANARY}, "known_at"),
    ("/v1/brief", {"identifier": "order:O-1", "known_at": "9" * 40}, "known_at"),
    ("/v1/brief", {"identifier": "order:O-1", "wait_for": CANARY}, "wait_for"),
    ("/v1/brief", {"identifier": "order:" + "x" * 600}, "identifier"),
    ("/v1/find", {"q": ""}, "q"),
    ("/v1/find", {"q": f"{CANARY}\0"}, "q"),
    ("/v1/continuity", {"from": CANARY}, "from"),
    ("/v1/continuity", {"to": CANARY}, "to"),
    ("/v1/continuity", {"timezone": CANARY}, "timezone"),
    ("/v1/continuity", {"cursor": CANARY}, "cursor"),
    ("/v1/continuity", {"limit": 201}, "limit"),
    ("/v1/continuity/waits", {"as_of": CANARY}, "as_of"),
    ("/v1/continuity/waits", {"limit": 201}, "limit"),
    (f"/v1/continuity/{CANARY}", {}, "figure"),
    (f"/v1/customers/{CANARY}/brief", {}, "customer_id"),
    ("/v1/quarantine", {"state": CANARY}, "state"),
    ("/v1/quarantine", {"verdict": CANARY}, "verdict"),
    ("/v1/quarantine", {"limit": 201}, "limit"),
    (f"/v1/quarantine/{CANARY}", {}, "quarantine_id"),
    (f"/v1/customers/{NOBODY}/timeline", {"limit": 201}, "limit"),
    (f"/v1/customers/{NOBODY}/timeline", {"order": CANARY}, "order"),
]


@pytest.mark.parametrize(("path", "query", "parameter"), INVALID)
def test_what_is_not_valid_is_named_and_not_repeated(
    desk: Desk, path: str, query: dict[str, object], parameter: str
) -> None:
    """The parameter and the reason are given, the value never."""
    answer = desk.get(path, **query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == MEDIA_TYPE
    (problem,) = answer.json()["problems"]
    assert problem["parameter"] == parameter
    assert problem["reason"]
    assert CANARY not in answer.text


@pytest.mark.parametrize("query", [{"type": "contact.begun"}, {"reference": "phone:+17175550142"}])
def test_a_filter_that_can_find_nothing_is_refused(desk: Desk, query: dict[str, object]) -> None:
    """A misspelt type gives no empty timeline that somebody could believe."""
    desk.tell("2026-01-01T09:00 order.placed O-1 account_no:7731")
    path = f"/v1/customers/{desk.customer_id('account_no:7731')}/timeline"
    assert desk.get(path, **query).status_code == 422
    assert desk.get(path, cursor=CANARY).status_code == 422


def test_a_customer_who_does_not_exist_is_not_found(desk: Desk) -> None:
    """Unlike an identifier, a customer's id is a place."""
    for page in ("brief", "timeline"):
        answer = desk.get(f"/v1/customers/{NOBODY}/{page}")
        assert (answer.status_code, answer.json()["type"]) == (
            404,
            "urn:toldonce:problem:customer-unknown",
        )


def test_a_position_that_is_not_reached_in_time_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is bounded, and the answer says how far the views are."""
    monkeypatch.setattr(positions, "WAIT_S_MAX", 0.05)
    assert desk.publish("2026-01-01T09:00 order.placed O-1 account_no:7731").status_code == 201
    answer = desk.get("/v1/brief", identifier="order:O-1", wait_for=1)
    assert answer.status_code == 504
    assert answer.headers["retry-after"]
    assert (answer.json()["position"], answer.json()["wanted"]) == (0, 1)


def test_a_position_that_the_log_does_not_have_is_not_waited_for(desk: Desk) -> None:
    """Nobody can have been told of it."""
    answer = desk.get("/v1/brief", identifier="order:O-1", wait_for=7)
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:toldonce:problem:not-yet-known",
    )


def test_what_is_not_known_yet_is_a_conflict(desk: Desk) -> None:
    """A brief is never made of less than what was asked for."""
    answer = desk.get("/v1/brief", identifier="order:O-1", known_at=7)
    assert answer.status_code == 409


def test_what_the_framework_refuses_is_problem_details_too(desk: Desk) -> None:
    """No path and no method answer alike."""
    for answer in (desk.get("/v1/nothing"), desk.send("DELETE", "/v1/brief")):
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.json()["status"] == answer.status_code


def failing(app: FastAPI, error: Exception) -> None:
    """Add a path that fails with `error`."""

    @app.get("/failing")
    def fail() -> None:
        raise error


def test_a_fault_is_answered_and_logged_without_its_words(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """What an error says may repeat what a customer said."""
    failing(desk.app, KeyError(CANARY))
    with caplog.at_level(logging.ERROR):
        answer = desk.get("/failing")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert CANARY not in answer.text + caplog.text
    assert "KeyError at test_problems.py" in caplog.text


@pytest.mark.parametrize("error", [LogUnavailable(reason=CANARY), ViewsOutdated(views=CANARY)])
def test_what_cannot_be_reached_is_unavailable(desk: Desk, error: Exception) -> None:
    """The reason is for whoever runs it, and may name hosts."""
    failing(desk.app, error)
    answer = desk.get("/failing")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert CANARY not in answer.text


def test_every_error_of_the_projections_is_in_the_table() -> None:
    """A new one is at least unavailable, and kinds with a name are of one status each."""
    assert all(
        any(base in KINDS for base in error.__mro__) for error in ProjectionError.__subclasses__()
    )
    named: dict[str, Kind] = {}
    for kind in KINDS.values():
        assert named.setdefault(kind.name, kind) == kind


@pytest.mark.parametrize("status", [404, 405, 415])
def test_a_status_without_a_kind_of_its_own_says_all_there_is(status: int) -> None:
    """RFC 9457: about:blank, and the phrase of the status as the title."""
    shape = of_status(status).shape()
    assert shape == {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
