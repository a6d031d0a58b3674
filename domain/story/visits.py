"""Appointments and visits: what is booked, what was advised, and how long anybody was there.

Promise: a claimed time and every observation of it are kept side by side, neither overrides.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Raw, field

from domain.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentRescheduled,
    EventData,
    VisitAdviceGiven,
    VisitCheckedIn,
    VisitCheckedOut,
    VisitPresenceObserved,
    VisitServicePerformed,
    VisitTimeReported,
)
from domain.story.cite import Cite, Step
from domain.story.saved import Saved
from domain.story.shelf import Shelved

if TYPE_CHECKING:
    from domain.story.story import Story

VisitEvent = (
    VisitCheckedIn
    | VisitServicePerformed
    | VisitAdviceGiven
    | VisitCheckedOut
    | VisitTimeReported
    | VisitPresenceObserved
)


class Advice(NamedTuple):
    """What the customer was told will be needed, and by when."""

    text: str
    due: datetime | None
    cite: Cite


class Span(NamedTuple):
    """A stretch of time that somebody claimed or observed."""

    who: str
    start: datetime
    end: datetime
    cite: Cite


class Appointment(Saved):
    """A time that was agreed; `state` is booked, cancelled or missed."""

    appointment_id: str
    service: str | None = None
    start: datetime | None = None
    location_id: str | None = None
    state: str = "booked"
    cites: list[Cite] = []


class Visit(Saved):
    """One visit; `is_over` once the customer checked out."""

    visit_id: str
    first: Cite
    appointment_id: str | None = None
    is_over: bool = False
    advice: list[Advice] = []
    claims: dict[str, Span] = {}
    observations: list[Span] = []


class Visits(Saved):
    """All visits in the order in which they began, and all appointments."""

    by_id = Shelved(Visit)
    shelved_by_id: dict[str, Raw] = field(default_factory=dict, name="by_id")
    appointments = Shelved(Appointment)
    shelved_appointments: dict[str, Raw] = field(default_factory=dict, name="appointments")


class ReportedTime(NamedTuple):
    """A claimed time against the union of all that observers saw inside it, in whole minutes."""

    visit_id: str
    claim: Span
    observations: list[Span]
    claimed_min: int
    observed_union_min: int

    @property
    def unsupported_min(self) -> int:
        """Return the claimed minutes that nobody observed."""
        return self.claimed_min - self.observed_union_min


def reported_times(visit: Visit) -> list[ReportedTime]:
    """Return every claimed time of a visit with what the observations support of it."""
    return [
        ReportedTime(
            visit.visit_id,
            claim,
            visit.observations,
            _minutes(claim.end - claim.start),
            _minutes(_observed(claim, visit.observations)),
        )
        for claim in visit.claims.values()
    ]


def booked(story: "Story", data: AppointmentBooked, *, cite: Cite) -> None:
    """Take the appointment down."""
    appointment = _appointment(story, data.appointment_id, cite=cite)
    appointment.service = data.service
    appointment.start = data.start
    appointment.location_id = data.location_id
    appointment.state = "booked"


def rescheduled(story: "Story", data: AppointmentRescheduled, *, cite: Cite) -> None:
    """Move the appointment, which is booked again if it had been missed."""
    appointment = _appointment(story, data.appointment_id, cite=cite)
    appointment.start = data.start
    appointment.location_id = data.location_id or appointment.location_id
    appointment.state = "booked"


def cancelled(story: "Story", data: AppointmentCancelled, *, cite: Cite) -> None:
    """Call the appointment off."""
    _appointment(story, data.appointment_id, cite=cite).state = "cancelled"


def missed(story: "Story", data: AppointmentMissed, *, cite: Cite) -> None:
    """Note that nobody came."""
    _appointment(story, data.appointment_id, cite=cite).state = "missed"


def attended(story: "Story", data: VisitEvent, *, cite: Cite) -> None:
    """Take the visit down."""
    _visit(story, data, cite=cite)


def advice_given(story: "Story", data: VisitAdviceGiven, *, cite: Cite) -> None:
    """Keep the advice for the next visit."""
    _visit(story, data, cite=cite).advice.append(Advice(data.advice, data.due, cite))


def checked_out(story: "Story", data: VisitCheckedOut, *, cite: Cite) -> None:
    """Complete the visit."""
    _visit(story, data, cite=cite).is_over = True


def time_reported(story: "Story", data: VisitTimeReported, *, cite: Cite) -> None:
    """Keep the newest claim of each who claims."""
    span = Span(data.claimed_by, data.start, data.end, cite)
    _visit(story, data, cite=cite).claims[data.claimed_by] = span


def presence_observed(story: "Story", data: VisitPresenceObserved, *, cite: Cite) -> None:
    """Keep the observation."""
    span = Span(data.observer, data.start, data.end, cite)
    _visit(story, data, cite=cite).observations.append(span)


def _appointment(story: "Story", appointment_id: str | None, *, cite: Cite) -> Appointment:
    named = appointment_id or ""
    appointment = story.visits.appointments.setdefault(named, Appointment(named))
    appointment.cites.append(cite)
    return appointment


def _visit(story: "Story", data: VisitEvent, *, cite: Cite) -> Visit:
    visit = story.visits.by_id.get(data.visit_id)
    if visit is None:
        visit = story.visits.by_id[data.visit_id] = Visit(data.visit_id, cite)
    visit.appointment_id = visit.appointment_id or data.appointment_id
    return visit


def _observed(claim: Span, observations: list[Span]) -> timedelta:
    seen, until = timedelta(), claim.start
    for span in sorted(observations, key=lambda s: s.start):
        start, end = max(span.start, until), min(span.end, claim.end)
        if start < end:
            seen += end - start
            until = end
    return seen


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60


STEPS: dict[type[EventData], Step] = {
    AppointmentBooked: booked,
    AppointmentRescheduled: rescheduled,
    AppointmentCancelled: cancelled,
    AppointmentMissed: missed,
    VisitCheckedIn: attended,
    VisitServicePerformed: attended,
    VisitAdviceGiven: advice_given,
    VisitCheckedOut: checked_out,
    VisitTimeReported: time_reported,
    VisitPresenceObserved: presence_observed,
}
