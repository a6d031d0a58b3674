"""Corrections: nothing is ever edited; a correction is a further event (EPCIS errorDeclaration)."""

from domain.events.event import EventData
from domain.events.values import Document, EventKey, Text
from domain.handles import EVENT, Handle


class Correction(EventData):
    """A statement about an earlier event."""

    corrects: EventKey
    reason: Text
    declared_by: Text

    def pointed(self) -> tuple[Handle, ...]:
        """Return the event that this is about: it leads to the customer."""
        return (Handle(EVENT, self.corrects.id, self.corrects.source),)


class EventCorrected(Correction):
    """An earlier event should have read otherwise; `data` is the whole of it."""

    TOPIC = "toldonce.event.corrected.v1"
    data: Document


class EventRetracted(Correction):
    """An earlier event should never have been published."""

    TOPIC = "toldonce.event.retracted.v1"
