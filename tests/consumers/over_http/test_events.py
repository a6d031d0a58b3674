"""What publishing over HTTP promises."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.intake import Intake
from consumers.over_http import messages
from consumers.over_http.events import events_router
from consumers.over_http.openapi import BatchAnswer, Limits, ProblemDetails, VerdictAnswer
from eventlog.errors import LogUnavailable
from eventlog.log import Log, LogTransaction
from tests.consumers.published import ids_kept, published, raw
from tests.domain.malformed import MALFORMED, VALID

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
# Over the limit they are not read at all.
READABLE = [case for case in MALFORMED if len(case[1]) <= 65_536]


class Client:
    """Sends requests to an application in this process and waits for the answers."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = ASGITransport(app)

    def get(self, path: str) -> Response:
        """Send a GET request."""
        return asyncio.run(self._send("GET", path, {}))

    def post(self, path: str, **options: Any) -> Response:
        """Send a POST request."""
        return asyncio.run(self._send("POST", path, options))

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> Response:
        async with AsyncClient(transport=self._transport, base_url="http://test") as client:
            return await client.request(method, path, **options)


@pytest.fixture
def client(intake: Intake) -> Client:
    """Give a client of an application that has nothing but these routes."""
    app = FastAPI()
    app.include_router(events_router(intake))
    return Client(app)


def post(client: Client, body: Any, media_type: str = STRUCTURED, **headers: str) -> Response:
    """Post bytes, or whatever else is given as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(
        "/v1/events", content=content, headers={"content-type": media_type} | headers
    )


def binary(event: dict[str, Any]) -> dict[str, str]:
    """Return the headers of an event in binary mode."""
    return {f"ce-{name}": quote(value) for name, value in event.items() if name != "data"}


def said(answer: Response) -> dict[str, Any]:
    """Return problem details, once they are what was announced."""
    assert answer.headers["content-type"] == "application/problem+json"
    details = ProblemDetails.model_validate_json(answer.content)
    assert details.status == answer.status_code
    assert details.type.startswith("urn:toldonce:problem:")
    content: dict[str, Any] = answer.json()
    return content


def test_an_event_is_created_once(client: Client, log: Log) -> None:
    """201 when it is new and durable, 200 when it was known."""
    first = post(client, published(1))
    assert (first.status_code, first.json()) == (
        201,
        {"verdict": "stored", "source": "test", "id": "e-1", "position": 1},
    )
    assert ids_kept(log) == ["e-1"]
    again = post(client, published(1))
    assert (again.status_code, again.json()["verdict"]) == (200, "duplicate")
    assert again.json()["position"] == 1


def test_another_content_is_a_conflict(client: Client, intake: Intake) -> None:
    """409 says where the other one stands; whoever posted it keeps it."""
    post(client, published(1))
    answer = post(client, published(1, purpose="other"))
    assert answer.status_code == 409
    details = said(answer)
    assert (details["verdict"], details["position"]) == ("conflict", 1)
    assert intake.quarantine.held() == []


def test_an_event_about_an_erased_person_is_answered(client: Client, log: Log) -> None:
    """200 with the verdict: there is nothing for the publisher to mend."""
    post(client, published(1))
    with log.transaction() as transaction:
        transaction.cursor.execute(
            "UPDATE log.stream_keys SET wrapped = NULL, destroyed_at = now()"
        )
    answer = post(client, published(8))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "suppressed")


def test_every_malformed_event_is_unprocessable(client: Client, intake: Intake) -> None:
    """422 with pointer and reason, never a failure of the server; nothing goes into quarantine."""
    for name, malformed, pointer, reason in READABLE:
        answer = post(client, malformed)
        assert answer.status_code == 422, name
        problems = said(answer)["problems"]
        assert any(p["pointer"] == pointer and reason in p["reason"] for p in problems), name
    assert intake.quarantine.held() == []
    assert intake.log.reader.head().position == 0


def test_every_malformed_event_of_a_batch_has_its_own_verdict(client: Client) -> None:
    """Between good events, those that are JSON at all are invalid alone."""
    cases = [case for case in READABLE if "is not JSON" not in case[3] and case[1]]
    cases = [case for case in cases if not case[1].startswith(b"\xef\xbb\xbf")]
    events = [event for at, case in enumerate(cases) for event in (raw(at), case[1])]
    answer = post(client, b"[" + b",".join(events) + b"]", BATCH)
    assert answer.status_code == 200
    verdicts = answer.json()["verdicts"]
    assert [v["verdict"] for v in verdicts] == ["stored", "invalid"] * len(cases)
    for (name, _, pointer, reason), verdict in zip(cases, verdicts[1::2], strict=True):
        problems = verdict["problems"]
        assert any(p["pointer"] == pointer and reason in p["reason"] for p in problems), name


def test_what_is_no_json_breaks_its_whole_batch(client: Client) -> None:
    """Where an event ends can no longer be told, so nothing of it is stored and 422 says so."""
    for body in (b"", b"{}", b"[", b"[{}", b"[{},]", b"null", b"\xff", b"[" * 100_000):
        answer = post(client, body, BATCH)
        assert answer.status_code == 422, body[:9]
        assert said(answer)["problems"]


def test_a_batch_is_answered_in_order(client: Client) -> None:
    """201 when all of it is kept and some of it new, else 200: then the verdicts are to be read."""
    answer = post(client, [published(2), published(1), published(2)], BATCH)
    assert answer.status_code == 201
    assert [v["id"] for v in answer.json()["verdicts"]] == ["e-2", "e-1", "e-2"]
    assert answer.json()["counts"]["duplicate"] == 1
    assert post(client, [published(1), published(2)], BATCH).status_code == 200
    mixed = post(client, [published(3), {}, published(1, purpose="other")], BATCH)
    assert mixed.status_code == 200
    counts = {"stored": 1, "duplicate": 0, "conflict": 1, "invalid": 1, "suppressed": 0}
    assert mixed.json()["counts"] == {**counts, "position": 3}
    assert BatchAnswer.model_validate_json(mixed.content).verdicts[1].verdict == "invalid"


def test_an_empty_batch_is_answered(client: Client) -> None:
    """Nothing was sent, and nothing is said of it."""
    answer = post(client, [], BATCH)
    assert (answer.status_code, answer.json()["verdicts"]) == (200, [])


def test_one_event_is_the_same_in_every_mode(client: Client) -> None:
    """Structured, batch and binary mode of one event are duplicates of each other."""
    event = published(1) | {"subject": "a 50 % “Größe”", "sequence": "7", "traceparent": "00-ab"}
    assert post(client, event).status_code == 201
    assert post(client, [event], BATCH).json()["verdicts"][0]["verdict"] == "duplicate"
    answer = post(client, event["data"], "application/json", **binary(event))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "duplicate")
    quoted = binary(event) | {"ce-id": '"e\\-1"'}
    charset = "application/json; charset=UTF-8"
    assert post(client, event["data"], charset, **quoted).json()["verdict"] == "duplicate"


def test_binary_mode_alone_is_enough(client: Client, log: Log) -> None:
    """An event that only ever came with headers is like any other."""
    event = published(1)
    assert post(client, event["data"], "application/json", **binary(event)).status_code == 201
    assert ids_kept(log) == ["e-1"]
    assert post(client, event).json()["verdict"] == "duplicate"


@pytest.mark.parametrize(
    ("changes", "pointer", "reason"),
    [
        ({"ce-id": "%FF"}, "/id", "percent-encoded UTF-8"),
        ({"ce-id": "%00"}, "/id", "control characters"),
        ({"ce-id": ""}, "/id", "must not be empty"),
        ({"ce-time": "yesterday"}, "/time", "RFC 3339"),
        ({"ce-data": "x"}, "/data", "is no attribute"),
        ({"ce-Bad_Name": "x"}, "/bad_name", "is no attribute"),
        ({"ce-datacontenttype": "text/xml"}, "/datacontenttype", "is said by Content-Type"),
    ],
)
def test_a_wrong_header_is_pointed_at(
    client: Client, changes: dict[str, str], pointer: str, reason: str
) -> None:
    """What is wrong with an attribute is said as if it stood in the event."""
    event = published(1)
    answer = post(client, event["data"], "application/json", **binary(event) | changes)
    assert answer.status_code == 422
    (problem,) = said(answer)["problems"]
    assert problem["pointer"] == pointer
    assert reason in problem["reason"]


def test_an_attribute_given_twice_is_refused(client: Client) -> None:
    """Which of them is meant is not ours to guess."""
    event = published(1)
    headers = [*binary(event).items(), ("ce-id", "e-2"), ("content-type", "application/json")]
    answer = client.post("/v1/events", content=json.dumps(event["data"]), headers=headers)
    assert answer.status_code == 422
    assert said(answer)["problems"] == [{"pointer": "/id", "reason": "is given more than once"}]


def test_malformed_data_in_binary_mode_is_pointed_at(client: Client) -> None:
    """What is wrong with the body is said of /data."""
    answer = post(client, b"{", "application/json", **binary(published(1)))
    assert answer.status_code == 422
    assert said(answer)["problems"][0]["pointer"] == "/data"


@pytest.mark.parametrize(
    ("media_type", "headers"),
    [
        ("application/json", {}),
        ("text/plain", {"ce-id": "e-1"}),
        ("", {"ce-id": "e-1"}),
        ("application/cloudevents+xml", {}),
        (f"{STRUCTURED}; charset=utf-16", {}),
        (STRUCTURED, {"content-encoding": "gzip"}),
    ],
)
def test_what_is_none_of_the_three_modes_is_refused(
    client: Client, media_type: str, headers: dict[str, str]
) -> None:
    """415 says what could be sent instead; a compressed body is never opened."""
    answer = post(client, gzip.compress(raw(1)), media_type, **headers)
    assert answer.status_code == 415
    assert "cannot be read" in said(answer)["detail"]


def test_bodies_over_the_limits_are_refused(client: Client, intake: Intake) -> None:
    """413 for an event, a batch in bytes and a batch in events; exactly the limit is fine."""
    longest = raw(1) + b" " * (65_536 - len(raw(1)))
    assert post(client, longest).status_code == 201
    assert post(client, longest + b" ").status_code == 413
    event = published(2)
    data = b" " * 65_536
    assert post(client, data + b" ", "application/json", **binary(event)).status_code == 413
    largest = b"[]" + b" " * (4 * 1024 * 1024 - 2)
    assert post(client, largest, BATCH).status_code == 200
    assert post(client, largest + b" ", BATCH).status_code == 413
    assert post(client, [published(n) for n in range(1_000)], BATCH).status_code == 201
    too_many = post(client, [published(n) for n in range(1_001)], BATCH)
    assert too_many.status_code == 413
    assert said(too_many)["problems"][0]["reason"] == "has more than 1000 events"
    assert intake.log.reader.head().position == 1_000


def test_a_body_of_unknown_length_is_bounded_too(client: Client) -> None:
    """No more than the limit is read of what says nothing about its length."""
    pieces = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            pieces.append(b" " * 4096)
            yield pieces[-1]

    headers = {"content-type": STRUCTURED}
    answer = client.post("/v1/events", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert len(pieces) <= 18


def test_a_body_that_trickles_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """408 after a while: a slow publisher holds no connection for ever."""
    monkeypatch.setattr(messages, "BODY_TIMEOUT_S", 0)

    async def trickling() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {"content-type": STRUCTURED}
    answer = client.post("/v1/events", content=trickling(), headers=headers)
    assert answer.status_code == 408
    assert "did not arrive" in said(answer)["detail"]


def test_without_the_log_nothing_is_promised(
    client: Client, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After, and nothing of what the database said."""

    @contextmanager
    def gone() -> Iterator[LogTransaction]:
        raise LogUnavailable(reason="connection to server at db.internal failed")
        yield

    with monkeypatch.context() as patched:
        patched.setattr(log, "transaction", gone)
        answer = post(client, published(1))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "db.internal" not in answer.text
    assert "duplicate" in said(answer)["detail"]
    assert post(client, published(1)).status_code == 201


def test_limits_are_told(client: Client) -> None:
    """GET /v1/limits says what is taken at most."""
    answer = client.get("/v1/limits")
    assert answer.status_code == 200
    assert Limits.model_validate_json(answer.content) == Limits()
    numbers = {name: value for name, value in answer.json().items() if name != "content_types"}
    assert numbers == {
        "event_bytes_max": 65_536,
        "batch_events_max": 1_000,
        "batch_bytes_max": 4_194_304,
        "future_s_max": 86_400,
    }


def test_the_description_holds(client: Client) -> None:
    """Every example in the OpenAPI document is taken or answered as it says."""
    document = client.get("/openapi.json").json()
    described = document["paths"]["/v1/events"]["post"]
    requests = {name: body["example"] for name, body in described["requestBody"]["content"].items()}
    headers = {each["name"]: quote(each["example"]) for each in described["parameters"]}
    assert post(client, requests[STRUCTURED]).status_code == 201
    assert post(client, requests[BATCH], BATCH).status_code == 200
    last = post(client, requests["application/json"], "application/json", **headers)
    assert last.json()["verdict"] == "duplicate"
    for status, response in described["responses"].items():
        for media_type, content in response["content"].items():
            if media_type == "application/problem+json":
                assert ProblemDetails.model_validate(content["example"]).status == int(status)
                continue
            for example in content["examples"].values():
                shape = BatchAnswer if "verdicts" in example["value"] else VerdictAnswer
                shape.model_validate(example["value"])
    assert set(described["responses"]) >= {"200", "201", "409", "413", "415", "422", "503"}
    references = json.dumps(document).split('"#/components/schemas/')[1:]
    assert {each.split('"')[0] for each in references} <= set(document["components"]["schemas"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(),
        st.tuples(st.integers(0, len(VALID)), st.binary(max_size=3)).map(
            lambda cut: VALID[: cut[0]] + cut[1] + VALID[cut[0] :]
        ),
    ),
    st.sampled_from([STRUCTURED, BATCH, "application/json"]),
)
def test_no_bytes_break_the_server(client: Client, body: bytes, media_type: str) -> None:
    """Whatever is posted is answered with a verdict or a problem."""
    answer = post(client, body, media_type, **{"ce-id": "e-1"})
    assert answer.status_code in {200, 201, 409, 422}
