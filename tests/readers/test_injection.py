"""Hostile texts in every parameter: nothing happens but an answer that the document names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import psycopg2
import pytest

from tests.readers.desk import Desk, Json

HOSTILE = (
    "' OR '1'='1",
    "'; DROP TABLE views.timeline; --",
    "\\'; DELETE FROM log.entries; --",
    "$$; SELECT pg_sleep(30); $$",
    "%s%(customer_id)s%%",
    "{0.__class__}{{7*7}}${7*7}",
    "../../../../etc/passwd",
    "<script>alert(1)</script>",
    "\u0000",
    "\ud7ff\u202e\ufeff",
    "order:' OR ''='",
    "phone:+1717555' --",
    "customer:00000000-0000-0000-0000-000000000000' OR true",
    "2026-01-01'; COMMIT; --",
    "1e400",
    "-1",
    "9" * 400,
    "a" * 5_000,
)
EFFECTS = (
    "SELECT position FROM log.log_head",
    "SELECT count(*), sum(position) FROM views.timeline",
    "SELECT count(*) FROM log.quarantine",
    "SELECT count(*) FROM pg_class WHERE relnamespace = 'views'::regnamespace",
)
STORY = """
2026-01-01T09:00 order.placed O-1 account_no:7731
2026-01-01T10:00 order.placed O-2 account_no:8842
"""


def parameters(document: Json) -> Iterator[tuple[str, str, str]]:
    """Yield every parameter of every question: where it is asked, its place and its name."""
    for path, methods in document["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            yield path, parameter["in"], parameter["name"]


@pytest.fixture
def told(desk: Desk) -> Desk:
    """Give a desk with two customers."""
    desk.tell(STORY)
    return desk


def test_no_parameter_does_anything_but_be_read(told: Desk) -> None:
    """Whatever the text, there is an answer below 500, and all tables are as they were."""
    customer_id = told.customer_id("account_no:7731")
    before = fingerprint(told)
    asked = list(parameters(told.get("/openapi.json").json()))
    assert len(asked) > 40
    for path, place, name in asked:
        for hostile in HOSTILE:
            answer = ask(told, path, place, name=name, value=hostile, customer_id=customer_id)
            assert answer < 500, (path, name, hostile)
    assert fingerprint(told) == before


def ask(desk: Desk, path: str, place: str, **given: str) -> int:
    """Ask with one parameter as it is given and those that are needed; return the status."""
    name, value = given["name"], given["value"]
    query = {"identifier": "account_no:7731", "q": "x"} if path.startswith("/v1") else {}
    headers: dict[str, bytes] = {}
    if place == "header":
        headers[name] = value.encode("utf-8", "replace").replace(b"\0", b"")
    elif place == "query":
        query[name] = value
    filled = path
    for part in ("customer_id", "figure", "quarantine_id", "path"):
        text = value if part == name else {"figure": "waits"}.get(part, given["customer_id"])
        filled = filled.replace(f"{{{part}}}", quote(text, safe=""))
    return desk.send("GET", filled, params=query, headers=headers).status_code


def fingerprint(desk: Desk) -> list[object]:
    """Return what an effect would change: the head of the log, and the rows of the views."""
    found: list[object] = []
    with closing(psycopg2.connect(desk.parts.database_url)) as connection:
        for query in EFFECTS:
            with connection.cursor() as cursor:
                cursor.execute(query)
                found += cursor.fetchall()
    return found
