"""Contacts: calls and every other conversation; a call is a contact with `channel: voice`."""

from typing import ClassVar, Literal

from pydantic import Field

from domain.events.event import EventData
from domain.events.values import (
    Channel,
    Direction,
    Fact,
    Id,
    Name,
    Seconds,
    Text,
    Visibility,
)


class ContactStarted(EventData):
    """A conversation began."""

    TOPIC = "toldonce.contact.started.v1"
    contact_id: Id
    channel: Channel
    direction: Direction
    from_: Text | None = Field(default=None, alias="from")
    to: Text | None = None
    purpose: Text | None = None
    previous_contact_id: Id | None = None


class ContactIvrCompleted(EventData):
    """The customer came through the spoken menu."""

    TOPIC = "toldonce.contact.ivr_completed.v1"
    contact_id: Id
    duration_s: Seconds
    choices: tuple[Text, ...]
    outcome: Text | None = None


class ContactQueued(EventData):
    """The conversation was put into a queue."""

    TOPIC = "toldonce.contact.queued.v1"
    contact_id: Id
    queue: Text


class ContactAnswered(EventData):
    """An agent took the conversation."""

    TOPIC = "toldonce.contact.answered.v1"
    contact_id: Id
    agent_id: Id
    wait_s: Seconds


class ContactHeld(EventData):
    """The customer was put on hold."""

    TOPIC = "toldonce.contact.held.v1"
    contact_id: Id
    hold_s: Seconds


class ContactTransferred(EventData):
    """The conversation was passed on to a queue or an agent."""

    TOPIC = "toldonce.contact.transferred.v1"
    contact_id: Id
    kind: Literal["blind", "consultation"]
    to_queue: Text | None = None
    to_agent_id: Id | None = None
    note_id: Id | None = None


class ContactInformationProvided(EventData):
    """The customer told us facts."""

    TOPIC = "toldonce.contact.information_provided.v1"
    contact_id: Id
    facts: tuple[Fact, ...]


class ContactInformationRequested(EventData):
    """Somebody asked for facts."""

    TOPIC = "toldonce.contact.information_requested.v1"
    contact_id: Id
    fields: tuple[Name, ...]
    asked_by: Literal["agent", "form", "ivr", "customer"]


class ContactHandoffNoted(EventData):
    """An agent wrote down what was done, for whoever comes next."""

    TOPIC = "toldonce.contact.handoff_noted.v1"
    VISIBILITY: ClassVar[Visibility] = "internal"
    contact_id: Id
    note_id: Id
    tried: tuple[Text, ...]
    measured: tuple[Text, ...]
    ruled_out: tuple[Text, ...]
    next_step: Text | None = None


class ContactMessageSent(EventData):
    """A message went out to the customer."""

    TOPIC = "toldonce.contact.message_sent.v1"
    message_id: Id
    channel: Text
    template: Text
    purpose: Text
    delivery_status: Text | None = None


class ContactEnded(EventData):
    """The conversation ended."""

    TOPIC = "toldonce.contact.ended.v1"
    contact_id: Id
    ended_by: Literal["customer", "agent", "system"]
    resolution: Literal["resolved", "unresolved", "escalated", "callback_promised"]
    talk_s: Seconds | None = None
