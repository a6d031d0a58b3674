"""Whether a process lives and whether it is worth asking."""

import pytest

from readers.routes import health
from tests.readers.desk import Desk

CALL = "2026-01-02T10:00 contact.started c1 account_no:7731"


def test_a_process_that_answers_lives(desk: Desk) -> None:
    """It needs nothing for that."""
    assert desk.get("/healthz").json() == {"status": "ok"}


def test_readiness_tells_how_far_the_views_are(desk: Desk) -> None:
    """A little behind is ready."""
    desk.tell(CALL)
    desk.publish("2026-01-02T10:05 contact.ended c1")
    answer = desk.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "head": 2, "position": 1, "lag": 1}


def test_far_behind_is_not_ready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who balances load sends requests elsewhere meanwhile."""
    monkeypatch.setattr(health, "LAG_MAX", 0)
    desk.publish(CALL)
    answer = desk.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["lag"], answer.json()["title"]) == (1, "It cannot be answered now")


def test_every_path_is_described(desk: Desk) -> None:
    """OpenAPI knows what is asked, what is published and how it fails."""
    paths = desk.get("/openapi.json").json()["paths"]
    assert {"/v1/brief", "/v1/find", "/v1/continuity", "/v1/events", "/readyz"} <= paths.keys()
    refused = paths["/v1/brief"]["get"]["responses"]["422"]["content"]
    assert list(refused) == ["application/problem+json"]
