"""What looking into quarantine over HTTP promises."""

from __future__ import annotations

import base64
import json
import re
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from consumers.intake import Intake
from consumers.over_http.openapi import ProblemDetails
from consumers.over_http.quarantine import HeldInFull, HeldPageAnswer, quarantine_router
from consumers.verdicts import Received
from eventlog.errors import LogUnavailable
from eventlog.log import Log
from tests.consumers.over_http.test_events import Client
from tests.consumers.published import batch, raw
from tests.consumers.test_quarantine import refuse

NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def client(intake: Intake) -> Client:
    """Give a client of an application that has nothing but these routes."""
    app = FastAPI()
    app.include_router(quarantine_router(intake.quarantine))
    return Client(app)


def listed(client: Client, query: str = "") -> dict[str, Any]:
    """Return a page, once it is what was announced."""
    answer = client.get(f"/v1/quarantine{query}")
    assert answer.status_code == 200, answer.text
    HeldPageAnswer.model_validate_json(answer.content)
    page: dict[str, Any] = answer.json()
    return page


def test_what_is_held_is_listed_without_what_was_sent(client: Client, intake: Intake) -> None:
    """Reason and origin tell what to look at; the bytes may be personal."""
    refuse(intake, Received(b'{"secret', "stories.ndjson:12"))
    page = listed(client)
    (event,) = page["events"]
    assert (event["origin"], event["verdict"], event["state"]) == (
        *("stories.ndjson:12", "invalid", "held"),
    )
    assert event["problems"][0]["reason"].startswith("is not JSON")
    assert page["next"] is None
    assert "secret" not in str(page)


def test_one_event_comes_with_its_bytes(client: Client, intake: Intake) -> None:
    """Exactly what was sent, with the envelope of binary mode."""
    refuse(intake, Received(b"\xff{", "a:1", {"id": "e-1"}))
    (event,) = listed(client)["events"]
    answer = client.get(f"/v1/quarantine/{event['id']}")
    HeldInFull.model_validate_json(answer.content)
    sent = answer.json()["sent"]
    assert base64.b64decode(sent["base64"]) == b"\xff{"
    assert (sent["attributes"], sent["text"]) == ({"id": "e-1"}, None)


def test_pages_follow_each_other(client: Client, intake: Intake) -> None:
    """Filters and cursors are taken together."""
    intake.take(batch(raw(1)))
    refuse(intake, *(Received(b"{", f"a:{n}") for n in range(5)))
    refuse(intake, Received(raw(1, purpose="other"), "a:9"), Received(b"{", "b:1"))
    query = "?limit=2&origin=a:&verdict=invalid"
    first = listed(client, query)
    second = listed(client, f"{query}&cursor={first['next']}")
    third = listed(client, f"{query}&cursor={second['next']}")
    pages = [[event["origin"] for event in page["events"]] for page in (first, second, third)]
    assert pages == [["a:0", "a:1"], ["a:2", "a:3"], ["a:4"]]
    assert third["next"] is None


def test_what_was_decided_is_told(client: Client, intake: Intake) -> None:
    """A discarded event is found in its state, with who, when and why."""
    refuse(intake, Received(b"{", "a:1"))
    (held,) = intake.quarantine.held()
    intake.quarantine.discard([held.id], by="ann", reason="a test of theirs")
    assert listed(client)["events"] == []
    (event,) = listed(client, "?state=discarded")["events"]
    assert (event["decided"]["by"], event["decided"]["reason"]) == ("ann", "a test of theirs")


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        (f"/v1/quarantine/{NOBODY}", 404, "not-quarantined"),
        ("/v1/quarantine?cursor=nobody", 422, "invalid-request"),
    ],
)
def test_what_cannot_be_found_is_a_problem(
    client: Client, path: str, status: int, name: str
) -> None:
    """As everywhere, it says what kind of problem it is."""
    answer = client.get(path)
    assert answer.headers["content-type"] == "application/problem+json"
    details = ProblemDetails.model_validate_json(answer.content)
    assert (answer.status_code, details.status) == (status, status)
    assert details.type == f"urn:toldonce:problem:{name}"


def test_a_log_that_is_away_is_said(
    client: Client, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks is told to ask again."""

    @contextmanager
    def away() -> Any:
        raise LogUnavailable(reason="secret host")
        yield

    monkeypatch.setattr(log, "transaction", away)
    answer = client.get("/v1/quarantine")
    assert (answer.status_code, "secret" in answer.text) == (503, False)
    assert answer.headers["retry-after"]


def test_the_description_refers_to_what_it_holds(intake: Intake) -> None:
    """Tools that read OpenAPI find every shape."""
    app = FastAPI()
    app.include_router(quarantine_router(intake.quarantine))
    described = app.openapi()
    references = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(described)))
    assert {"HeldPageAnswer", "Reason"} <= references <= set(described["components"]["schemas"])
