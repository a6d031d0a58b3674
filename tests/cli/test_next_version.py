"""What one version stored the next reads as its own; the other way round nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.next_version import NextVersion
from tests.cli.running import Done, run
from tests.notation import cloud_event

ANN, BOB = "account_no:7731", "account_no:8842"
V2 = "toldonce.service.measured.v2"
Program = Callable[..., Done]


@pytest.fixture
def older(database_url: str) -> Iterator[Program]:
    """Give what runs a command of this version."""
    return lambda *of, **more: run(*of, TOLDONCE_DATABASE_URL=database_url, **more)


@pytest.fixture
def newer(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Give what runs a command of the next version."""
    program = NextVersion(tmp_path_factory.mktemp("next"))
    return lambda *of, **more: program.run(*of, TOLDONCE_DATABASE_URL=database_url, **more)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a home for both, for they share a keyring."""
    return tmp_path


def written(events: Iterable[dict[str, Any]]) -> str:
    """Return events as a file of lines."""
    return "".join(f"{json.dumps(event)}\n" for event in events)


def told(*lines: str) -> str:
    """Return events of the compact notation as a file of lines."""
    return written(cloud_event(line, id=line) for line in lines)


def told_as_v2(line: str) -> str:
    """Return an event of the compact notation, published in version 2."""
    return written([{**cloud_event(line, id=line), "type": V2}])


def sentences(done: Done) -> list[str]:
    """Return what a timeline says, without its service."""
    assert done.code == 0, done.err
    told = [event["sentence"] for event in done.json()["events"]]
    return [text.partition(": ")[2] for text in told if text.startswith("Measured")]


def test_every_way_of_reading_sees_the_newest_version(
    home: Path, older: Program, newer: Program
) -> None:
    """Live, refolded for a merge, and rebuilt: version 1 reads as version 2."""
    first = told(
        f"2026-01-01 service.measured S-1 {ANN} metric=down value=38",
        f"2026-01-02 service.measured S-1 {ANN} metric=down value=39 unit=kbit/s",
        f"2026-01-01 service.measured S-2 {BOB} metric=up value=7",
    )
    assert older(home, "import", "-", stdin=first).code == 0
    assert sentences(older(home, "timeline", ANN, "--json")) == ["down 39 kbit/s", "down 38"]
    second = told(f"2026-01-03 service.measured S-1 {ANN} metric=down value=40") + told_as_v2(
        f"2026-01-04 service.measured S-1 {ANN} metric=down value=41 unit=Mbit/s"
    )
    assert newer(home, "import", "-", stdin=second).code == 0
    live = ["down 41 Mbit/s", "down 40 unknown unit", "down 39 kbit/s"]
    # What an older version folded stands until it is folded anew.
    assert sentences(newer(home, "timeline", ANN, "--json")) == [*live, "down 38"]
    reason = ("--reason", "one person", "--actor", "a1")
    assert newer(home, "merge", ANN, BOB, *reason).code == 0
    refolded = [*live, "down 38 unknown unit", "up 7 unknown unit"]
    assert sorted(sentences(newer(home, "timeline", ANN, "--json"))) == sorted(refolded)
    typed = newer(home, "timeline", ANN, "--type", "toldonce.service.measured.v1", "--json")
    assert sorted(sentences(typed)) == sorted(refolded)
    assert newer(home, "projections", "rebuild").code == 0
    assert sorted(sentences(newer(home, "timeline", ANN, "--json"))) == sorted(refolded)


def test_a_correction_may_speak_the_version_of_its_event_or_the_newest(
    home: Path, older: Program, newer: Program
) -> None:
    """Measured at somebody else's: both events change hands, as either version says it."""
    lines = [f"2026-01-0{day} service.measured S-1 {ANN} metric=down value=1" for day in (1, 2)]
    assert older(home, "import", "-", stdin=told(*lines)).code == 0
    source = cloud_event(lines[0], id="")["source"]
    states = ({}, {"unit": "kbit/s"})
    named = {"service_id": "S-1", "identifiers": [{"type": "account_no", "value": "8842"}]}
    corrections = [
        {
            **cloud_event(f"2026-01-05 event.corrected {ANN}", id=f"correction {line}"),
            "data": {
                "corrects": {"source": source, "id": line},
                "data": {**named, "metric": "down", "value": 1, **state},
                "reason": "misread",
                "declared_by": "a1",
            },
        }
        for line, state in zip(lines, states, strict=True)
    ]
    assert newer(home, "import", "-", stdin=written(corrections)).code == 0
    shown = sentences(newer(home, "timeline", BOB, "--json"))
    assert shown == ["down 1 unknown unit", "down 1 unknown unit"]


def test_an_older_version_stops_at_what_it_cannot_read_and_the_next_goes_on(
    home: Path, older: Program, newer: Program
) -> None:
    """Its customer says since when it is incomplete; released by the next version, it is whole."""
    event = f"2026-01-04 service.measured S-1 {ANN} metric=down value=41 unit=Mbit/s"
    others = told(f"2026-01-01 service.measured S-2 {BOB} metric=up value=7 unit=kbit/s")
    assert newer(home, "import", "-", stdin=told_as_v2(event) + others).code == 0
    assert sentences(older(home, "timeline", BOB, "--json")) == ["up 7 kbit/s"]
    status = older(home, "projections", "status", "--json").json()
    (parked,) = status["parked"]
    assert parked["error"] == "TypeUnknown"
    released = newer(home, "projections", "release", f"customer:{parked['customer_id']}")
    assert released.code == 0, released.err
    assert sentences(newer(home, "timeline", ANN, "--json")) == ["down 41 Mbit/s"]
