"""Runs in the library's environment: saves and projects the same events; prints rates as JSON.

Called as `python -m bench.library.measured`, with the server in POSTGRES_* and the events, one JSON
a line, on standard input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from domain.decode import restore
from domain.sentences import sentence

SAVED_ONE_BY_ONE = 2_000
SAVED_TOGETHER = 20_000
AGGREGATES_A_SAVE = 100
PROJECTED = 4_000
PROJECTION_TIMEOUT_S = 300


class Fact(Aggregate):
    """An aggregate that keeps one published event."""

    @event("Told")
    def __init__(self, body: str) -> None:
        self.body = body


class Facts(Application[UUID]):
    """The library's application over those aggregates."""


class TimelineTable(PostgresTrackingRecorder):
    """The library's way to a view: a recorder that writes a row and its tracking together."""

    def _create_table(self, curs: Any) -> None:
        super()._create_table(curs)
        curs.execute(
            "CREATE TABLE IF NOT EXISTS timeline (customer_id uuid, occurred_at timestamptz,"
            " source text, sequence text, position bigint, recorded_at timestamptz, event_id text,"
            " type text, channel text, direction text, contact_id text, issue_id text,"
            " order_id text, delivery_id text, promise_id text, visit_id text, visibility text,"
            " is_late boolean, sentence text, data jsonb,"
            " PRIMARY KEY (customer_id, occurred_at, source, sequence, position))"
        )

    def write(self, row: tuple[Any, ...], tracking: Any) -> None:
        """Insert one row and where it was read, in one transaction."""
        with self.datastore.transaction(commit=True) as curs:
            self._insert_tracking(curs, tracking)
            curs.execute(f"INSERT INTO timeline VALUES ({', '.join(['%s'] * 20)})", row)  # noqa: S608


class Timeline(Projection[TimelineTable]):
    """The same rows as the timeline view, one event at a time."""

    name = "timeline"

    def process_event(self, domain_event: Any, tracking: Any) -> None:
        """Write the row of one event."""
        body = domain_event.body.encode()
        told = restore(body, position=tracking.notification_id)
        named = [
            getattr(told.data, name, None)
            for name in ("channel", "direction", "contact_id", "issue_id", "order_id")
            + ("delivery_id", "promise_id", "visit_id")
        ]
        row = (
            (domain_event.originator_id, told.time, told.source, told.sequence or "")
            + (told.position, domain_event.timestamp, told.id, told.type, *named)
            + (told.data.shown_to, False, sentence(told), json.dumps(json.loads(body)["data"]))
        )
        self.view.write(row, tracking)


def main() -> None:
    """Measure and print."""
    bodies = [line.rstrip("\n") for line in sys.stdin]
    env = {**os.environ, "PERSISTENCE_MODULE": "eventsourcing.postgres"}
    app = Facts(env)
    rates = {
        "save_one_s": saved(app, bodies[:SAVED_ONE_BY_ONE], together=1),
        "save_many_s": saved(app, bodies[:SAVED_TOGETHER], together=AGGREGATES_A_SAVE),
    }
    app.close()
    rates["project_s"] = projected(env, bodies[:PROJECTED])
    print(json.dumps(rates))


def saved(app: Facts, bodies: list[str], *, together: int) -> float:
    """Return events saved a second, so many aggregates in each save."""
    facts = [Fact(body) for body in bodies]
    begun = time.perf_counter()
    for at in range(0, len(facts), together):
        app.save(*facts[at : at + together])
    return len(facts) / (time.perf_counter() - begun)


def projected(env: dict[str, str], bodies: list[str]) -> float:
    """Return events projected a second by the library's runner, from a log that is there."""
    env = {**env, "POSTGRES_DBNAME": env["PROJECTED_DBNAME"]}
    app = Facts(env)
    for at in range(0, len(bodies), AGGREGATES_A_SAVE):
        app.save(*[Fact(body) for body in bodies[at : at + AGGREGATES_A_SAVE]])
    newest = app.recorder.max_notification_id()
    app.close()
    begun = time.perf_counter()
    with ProjectionRunner(
        application_class=Facts, projection_class=Timeline, view_class=TimelineTable, env=env
    ) as runner:
        runner.wait(newest, timeout=PROJECTION_TIMEOUT_S)
        taken = time.perf_counter() - begun
    return len(bodies) / taken


if __name__ == "__main__":
    main()
