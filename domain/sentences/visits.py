"""How appointments, visits, registrations and services read."""

from domain.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMissed,
    AppointmentRescheduled,
    RegistrationCompleted,
    ServiceActivated,
    ServiceMeasured,
    VisitAdviceGiven,
    VisitCheckedIn,
    VisitCheckedOut,
    VisitPresenceObserved,
    VisitServicePerformed,
    VisitTimeReported,
)
from domain.sentences.phrases import coded, listed, moment
from domain.sentences.template import Templates, because, told, value, with_


def _booked(data: AppointmentBooked) -> str:
    until = f" until {moment(data.end)}" if data.end else ""
    practitioner = with_(" with", data.practitioner_id)
    return (
        f"Booked {coded(data.service)} at {data.location_id}{practitioner} for {moment(data.start)}"
        f"{until} (appointment {data.appointment_id})"
    )


def _rescheduled(data: AppointmentRescheduled) -> str:
    at = with_(" at", data.location_id)
    return f"Appointment {data.appointment_id} was moved to {moment(data.start)}{at}"


def _cancelled(data: AppointmentCancelled) -> str:
    return f"Appointment {data.appointment_id} was cancelled{because(data.reason)}"


def _missed(data: AppointmentMissed) -> str:
    return f"Appointment {data.appointment_id} was missed{because(data.reason)}"


def _checked_in(data: VisitCheckedIn) -> str:
    booked = with_(", appointment", data.appointment_id)
    return f"Checked in at {data.location_id} (visit {data.visit_id}{booked})"


def _service_performed(data: VisitServicePerformed) -> str:
    return f"Done at visit {data.visit_id}: {listed(data.items)}"


def _advice_given(data: VisitAdviceGiven) -> str:
    due = f" (due {moment(data.due)})" if data.due else ""
    return f"Advised at visit {data.visit_id}: {data.advice}{due}"


def _checked_out(data: VisitCheckedOut) -> str:
    return f"Checked out of visit {data.visit_id}{because(data.outcome)}"


def _time_reported(data: VisitTimeReported) -> str:
    return (
        f"{data.claimed_by} claimed to have been at visit {data.visit_id} "
        f"from {moment(data.start)} to {moment(data.end)}"
    )


def _presence_observed(data: VisitPresenceObserved) -> str:
    proof = f" (evidence {data.evidence_sha256})" if data.evidence_sha256 else ""
    return (
        f"{data.observer.capitalize()} observed presence at visit {data.visit_id} "
        f"from {moment(data.start)} to {moment(data.end)}{proof}"
    )


def _registration_completed(data: RegistrationCompleted) -> str:
    facts = f": {told(data.facts)}" if data.facts else ""
    return f"Registered at {data.location_id}{facts}"


def _activated(data: ServiceActivated) -> str:
    return f"Activated {data.product} (service {data.service_id})"


def _measured(data: ServiceMeasured) -> str:
    unit = with_("", data.unit)
    return f"Measured on service {data.service_id}: {coded(data.metric)} {value(data.value)}{unit}"


TEMPLATES: Templates = {
    AppointmentBooked: _booked,
    AppointmentRescheduled: _rescheduled,
    AppointmentCancelled: _cancelled,
    AppointmentMissed: _missed,
    VisitCheckedIn: _checked_in,
    VisitServicePerformed: _service_performed,
    VisitAdviceGiven: _advice_given,
    VisitCheckedOut: _checked_out,
    VisitTimeReported: _time_reported,
    VisitPresenceObserved: _presence_observed,
    RegistrationCompleted: _registration_completed,
    ServiceActivated: _activated,
    ServiceMeasured: _measured,
}
