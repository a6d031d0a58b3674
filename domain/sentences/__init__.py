"""What happened, in one English sentence an event: a fixed template a type, facts verbatim."""

from collections.abc import Mapping

from domain.event import Event
from domain.events import EventData
from domain.sentences import (
    contacts,
    coverage,
    deliveries,
    issues,
    orders,
    promises,
    records,
    visits,
)
from domain.sentences.template import Template

TEMPLATES: Mapping[type[EventData], Template] = {
    **contacts.TEMPLATES,
    **issues.TEMPLATES,
    **promises.TEMPLATES,
    **orders.TEMPLATES,
    **deliveries.TEMPLATES,
    **visits.TEMPLATES,
    **coverage.TEMPLATES,
    **records.TEMPLATES,
}
"""The template of every type of event."""


def sentence(event: Event) -> str:
    """Return what the event says, without its time and without a full stop."""
    return TEMPLATES[type(event.data)](event.data)
