"""Replaying a customer: asking the views for the brief at each position, and what each event is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from audit.difference_words import in_words
from audit.differences import Change
from audit.replay import Step, changed, replayed
from domain.handles import Handle
from projections.queries import Views
from projections.timeline.pages import TimelineQuery, TimelineRow

Json = dict[str, Any]


class Shown(NamedTuple):
    """A step with the event that made it; None where others' events did."""

    step: Step
    event: TimelineRow | None

    def to_json(self) -> Json:
        """Return the step as JSON, each change with its sentence where it has one."""
        event = self.event
        return {
            "position": self.step.position,
            "by_others": self.step.by_others,
            "source": event and event.source,
            "id": event and event.event_id,
            "type": event and event.type,
            "occurred_at": event and event.occurred_at,
            "sentence": event and event.sentence,
            "changes": [
                {**change.to_json(), "sentence": in_words(change)} for change in self.step.changes
            ],
        }


@dataclass(frozen=True, slots=True)
class Replayed:
    """Steps in the order of their positions, and from where on there are more; None: no more."""

    as_of: datetime
    steps: tuple[Shown, ...]
    next_after: int | None

    def to_json(self) -> Json:
        """Return the replay as JSON."""
        return {
            "as_of": self.as_of,
            "steps": [shown.to_json() for shown in self.steps],
            "next_after": self.next_after,
        }


def replayed_of(
    views: Views, whom: Handle | UUID, *, as_of: datetime, known: range, limit: int
) -> Replayed:
    """Replay the events of whoever this names, as many as `limit`, of those positions.

    Whose events they are is asked as of now, and what was known of each as of then.
    """
    rows = sorted(_rows(views, whom, upto=known.stop - 1), key=lambda row: row.position)
    wanted = [row for row in rows if row.position in known]
    chosen = {row.position: row for row in wanted[:limit]}
    steps = replayed(
        chosen,
        lambda position: views.brief(whom, as_of=as_of, known_at=position),
        after=known.start - 1,
    )
    shown = tuple(Shown(step, chosen.get(step.position)) for step in steps)
    more = shown[-1].step.position if len(wanted) > limit else None
    return Replayed(as_of, shown, more)


def differing(
    views: Views, whom: Handle | UUID, *, as_of: datetime, earlier: int, later: int | None
) -> tuple[Change, ...]:
    """Return what differs in a brief of one moment between two states of the log."""
    before = views.brief(whom, as_of=as_of, known_at=earlier)
    return changed(before, views.brief(whom, as_of=as_of, known_at=later))


def _rows(views: Views, whom: Handle | UUID, *, upto: int) -> Iterator[TimelineRow]:
    customer_id = views.look_up(whom).customer_id
    if customer_id is None:
        return
    query = TimelineQuery(customer_id, upto=upto)
    while True:
        page = views.timeline(query)
        yield from page.rows
        if page.next is None:
            return
        query = replace(query, after=page.next)
