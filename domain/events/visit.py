"""Visits: appointments, what was done on site, and what was told on arrival."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from domain.events.checks import refusal
from domain.events.event import EventData
from domain.events.values import Fact, Id, Moment, Sha256, Text, Visibility


class AppointmentBooked(EventData):
    """A time was agreed."""

    TOPIC = "toldonce.appointment.booked.v1"
    appointment_id: Id
    service: Text
    start: Moment
    location_id: Id
    end: Moment | None = None
    practitioner_id: Id | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end is not None and self.end < self.start:
            raise refusal("must not end before its start")
        return self


class AppointmentRescheduled(EventData):
    """Another time was agreed."""

    TOPIC = "toldonce.appointment.rescheduled.v1"
    appointment_id: Id
    start: Moment
    location_id: Id | None = None


class AppointmentCancelled(EventData):
    """The appointment was called off."""

    TOPIC = "toldonce.appointment.cancelled.v1"
    appointment_id: Id
    reason: Text | None = None


class AppointmentMissed(EventData):
    """Nobody came to the appointment."""

    TOPIC = "toldonce.appointment.missed.v1"
    appointment_id: Id
    reason: Text | None = None


class VisitCheckedIn(EventData):
    """The customer arrived."""

    TOPIC = "toldonce.visit.checked_in.v1"
    visit_id: Id
    location_id: Id


class VisitServicePerformed(EventData):
    """Work was done during the visit."""

    TOPIC = "toldonce.visit.service_performed.v1"
    visit_id: Id
    items: tuple[Text, ...]


class VisitAdviceGiven(EventData):
    """The customer was told what will be needed."""

    TOPIC = "toldonce.visit.advice_given.v1"
    visit_id: Id
    advice: Text
    due: Moment | None = None


class VisitCheckedOut(EventData):
    """The customer left."""

    TOPIC = "toldonce.visit.checked_out.v1"
    visit_id: Id
    outcome: Text | None = None


class Span(EventData):
    """A stretch of time at a visit, from start to end."""

    visit_id: Id
    start: Moment
    end: Moment

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end < self.start:
            raise refusal("must not end before its start")
        return self


class VisitTimeReported(Span):
    """Somebody claimed to have been there for a time."""

    TOPIC = "toldonce.visit.time_reported.v1"
    VISIBILITY: ClassVar[Visibility] = "internal"
    claimed_by: Text


class VisitPresenceObserved(Span):
    """Somebody was seen to be there for a time."""

    TOPIC = "toldonce.visit.presence_observed.v1"
    VISIBILITY: ClassVar[Visibility] = "internal"
    observer: Literal["camera", "supervisor", "badge"]
    evidence_sha256: Sha256 | None = None


class RegistrationCompleted(EventData):
    """The customer filled in a registration at a location."""

    TOPIC = "toldonce.registration.completed.v1"
    location_id: Id
    facts: tuple[Fact, ...]
