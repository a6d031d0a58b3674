"""What lies ahead: appointments, promises, renewals, and advice that still applies.

Sorted by time, then kind and reference; what has no time stands last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.brief.reading import Reading
from domain.brief.shape import Json, stamp_or_none
from domain.sentences.phrases import coded, moment
from domain.story.cite import Cite
from domain.story.promises import Promise, state_at
from domain.story.remedies import Remedy
from domain.story.visits import Advice, Visit

RENEWAL_AHEAD = timedelta(days=7)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ahead:
    """One thing that lies ahead."""

    kind: str
    at: datetime | None
    text: str
    ref: str
    cites: tuple[Cite, ...]

    def shown(self) -> Json:
        """Return it as it stands in the brief."""
        at = stamp_or_none(self.at)
        return {"kind": self.kind, "at": at, "text": self.text, "ref": self.ref}


def upcoming(reading: Reading) -> list[Ahead]:
    """Return everything that lies ahead of the moment."""
    ahead = [
        *_appointments(reading),
        *_promises(reading),
        *_renewals(reading),
        *_advice(reading),
    ]
    return sorted(ahead, key=lambda a: (a.at or _NEVER, a.kind, a.ref, a.text))


def _appointments(reading: Reading) -> Iterator[Ahead]:
    for booked in reading.story.visits.appointments.values():
        if booked.state == "booked" and booked.start and booked.start >= reading.as_of:
            place = f" at {booked.location_id}" if booked.location_id else ""
            text = f"{coded(booked.service or 'Appointment')}{place} on {moment(booked.start)}."
            ref = f"appointment:{booked.appointment_id}"
            yield Ahead("appointment", booked.start, text, ref, tuple(booked.cites))


def _promises(reading: Reading) -> Iterator[Ahead]:
    completed_by = {
        remedy.completion_promise_id: remedy
        for remedy in reading.story.remedies.values()
        if remedy.delivered is not None
    }
    for promise in reading.story.promises.by_id.values():
        if promise.due_at and state_at(promise, reading.as_of) in ("open", "due_soon"):
            yield _owed(promise, completed_by.get(promise.promise_id))


def _owed(promise: Promise, interim: Remedy | None) -> Ahead:
    ref = f"promise:{promise.promise_id}"
    due = moment(promise.due_at) if promise.due_at else "a time not known yet"
    cites = tuple(promise.cites)
    if interim is None or interim.delivered is None:
        text = f"Promised by {due}: {promise.title}."
        return Ahead("promise", promise.due_at, text, ref, cites)
    text = (
        f"Delivered on {moment(interim.delivered.at)}: {interim.what} ({interim.kind}). "
        f"Still owed by {due}: {promise.title}."
    )
    return Ahead("promise", promise.due_at, text, ref, (*cites, interim.delivered))


def _renewals(reading: Reading) -> Iterator[Ahead]:
    for policy in reading.story.coverage.policies.values():
        valid_to = policy.valid_to
        if valid_to and valid_to - RENEWAL_AHEAD <= reading.as_of <= valid_to:
            product = f" ({policy.product})" if policy.product else ""
            offered = ", renewal offered" if policy.renewal_offered else ""
            text = f"Policy {policy.policy_id}{product} ends on {moment(valid_to)}{offered}."
            rests_on = (policy.valid_since or policy.first, policy.renewal_offered)
            cites = tuple(cite for cite in rests_on if cite is not None)
            yield Ahead("renewal", valid_to, text, f"policy:{policy.policy_id}", cites)


def _advice(reading: Reading) -> Iterator[Ahead]:
    visits = list(reading.story.visits.by_id.values())
    last = _last(visits)
    for visit in visits:
        for advice in visit.advice:
            if visit is last or (advice.due and advice.due >= reading.as_of):
                yield _advised(visit, advice)


def _last(visits: list[Visit]) -> Visit | None:
    # a visit that has just begun is not yet the last one
    over = [v for n, v in enumerate(visits) if v.is_over or v.advice or n < len(visits) - 1]
    return max(over, key=lambda v: v.first, default=None)


def _advised(visit: Visit, advice: Advice) -> Ahead:
    due = f" by {moment(advice.due)}" if advice.due else ""
    text = f"Advised on {moment(advice.cite.at)}{due}: {advice.text}."
    return Ahead("advice", advice.due, text, f"visit:{visit.visit_id}", (advice.cite,))
