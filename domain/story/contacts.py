"""The conversations with the customer: what a brief still shows of them, and what it counts.

Promise: a contact is forgotten only when no brief can show it; then its direction alone is kept.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Raw, field

from domain.events import (
    ContactAnswered,
    ContactEnded,
    ContactHandoffNoted,
    ContactIvrCompleted,
    ContactStarted,
    ContactTransferred,
    EventData,
)
from domain.story.cite import Cite, Step
from domain.story.saved import Saved
from domain.story.shelf import Shelved

if TYPE_CHECKING:
    from domain.story.story import Story

LAST_CONTACTS_MAX = 10  # what fits a screen; the timeline has them all
MEASURED = timedelta(days=30)  # waits are added up for so long, and so long an end may be revised
FORGET_AT = 32  # looking for old contacts only at every doubling keeps the fold linear


class Note(Saved):
    """What an agent left for the next one, verbatim."""

    note_id: str
    tried: list[str]
    measured: list[str]
    ruled_out: list[str]
    next_step: str | None = None


class Contact(Saved):
    """One conversation; it has ended when `ended_at` is known."""

    contact_id: str
    channel: str | None = None
    direction: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    agents: list[str] = []
    ivr_s: int = 0
    wait_s: int = 0
    ended_by: str | None = None
    resolution: str | None = None
    transfers: int = 0
    notes: list[Note] = []
    cites: list[Cite] = []

    @property
    def held_at(self) -> datetime | None:
        """Return when the contact was held: its start, where that is known."""
        return self.started_at or self.answered_at or self.ended_at


class Transfer(NamedTuple):
    """A contact was passed on."""

    contact_id: str
    cite: Cite


class Contacts(Saved):
    """The contacts that a brief may show, and the directions of those it can only count."""

    live = Shelved(Contact)
    shelved_live: dict[str, Raw] = field(default_factory=dict, name="live")
    past: dict[str, str | None] = {}
    last_answered: str | None = None
    last_ended_inbound: str | None = None
    transfers_without_note: int = 0
    forget_at: int = FORGET_AT

    def direction_of(self, contact_id: str) -> str | None:
        """Return whether a contact was inbound or outbound, where that is known."""
        # Of a long story most are past.
        if contact_id in self.past:
            return self.past[contact_id]
        contact = self.live.get(contact_id)
        return None if contact is None else contact.direction

    def is_ended_inbound(self, contact_id: str) -> bool:
        """Tell whether this contact was made by the customer and is over."""
        if contact_id in self.past:
            return self.past[contact_id] == "inbound"
        contact = self.live.get(contact_id)
        return contact is not None and contact.direction == "inbound" and bool(contact.ended_at)

    def has_ended(self, contact_id: str) -> bool:
        """Tell whether this contact is over."""
        if contact_id in self.past:
            return True
        contact = self.live.get(contact_id)
        return contact is not None and contact.ended_at is not None


def last_contacts(contacts: Contacts) -> list[Contact]:
    """Return the newest contacts that have ended or been answered, the newest first."""
    held = [c for c in contacts.live.values() if c.ended_at or c.answered_at]
    held.sort(key=lambda c: (c.held_at, c.contact_id), reverse=True)
    return held[:LAST_CONTACTS_MAX]


def started(story: "Story", data: ContactStarted, *, cite: Cite) -> None:
    """Open a contact."""
    _forget_old(story.contacts, cite.at)
    contact = _contact(story, data.contact_id, cite=cite)
    if contact is None or contact.started_at is not None:
        return
    contact.started_at = cite.at
    contact.channel = data.channel
    contact.direction = data.direction
    contact.cites.append(cite)
    _note_last_ended(story.contacts, contact)


def ivr_completed(story: "Story", data: ContactIvrCompleted, *, cite: Cite) -> None:
    """Add the time that the menu took."""
    if contact := _contact(story, data.contact_id, cite=cite):
        contact.ivr_s += data.duration_s


def answered(story: "Story", data: ContactAnswered, *, cite: Cite) -> None:
    """Add the wait and the agent; the first answer is the one that ends the ringing."""
    contact = _contact(story, data.contact_id, cite=cite)
    if contact is None:
        return
    contact.wait_s += data.wait_s
    if data.agent_id not in contact.agents:
        contact.agents.append(data.agent_id)
    if contact.answered_at is None:
        contact.answered_at = cite.at
        story.contacts.last_answered = contact.contact_id
    contact.cites.append(cite)


def transferred(story: "Story", data: ContactTransferred, *, cite: Cite) -> None:
    """Count a transfer."""
    if contact := _contact(story, data.contact_id, cite=cite):
        contact.transfers += 1
        story.news.transfers.append(Transfer(data.contact_id, cite))


def handoff_noted(story: "Story", data: ContactHandoffNoted, *, cite: Cite) -> None:
    """Keep the note for whoever takes over."""
    if contact := _contact(story, data.contact_id, cite=cite):
        lists = (list(data.tried), list(data.measured), list(data.ruled_out))
        contact.notes.append(Note(data.note_id, *lists, next_step=data.next_step))
        contact.cites.append(cite)


def ended(story: "Story", data: ContactEnded, *, cite: Cite) -> None:
    """Close a contact: from now on it counts."""
    contact = _contact(story, data.contact_id, cite=cite)
    if contact is None:
        return
    contact.ended_at = cite.at
    contact.ended_by = data.ended_by
    contact.resolution = data.resolution
    contact.cites.append(cite)
    _note_last_ended(story.contacts, contact)


def _note_last_ended(contacts: Contacts, contact: Contact) -> None:
    # publishers' clocks differ: a contact may start, by its time, after it has ended
    if contact.direction != "inbound" or contact.ended_at is None:
        return
    last = contacts.live.get(contacts.last_ended_inbound or "")
    if last is None or last.ended_at is None or contact.ended_at >= last.ended_at:
        contacts.last_ended_inbound = contact.contact_id


def _contact(story: "Story", contact_id: str, *, cite: Cite) -> Contact | None:
    contacts = story.contacts
    contact = contacts.live.get(contact_id)
    if contact is None:
        if contact_id in contacts.past:
            return None
        contact = contacts.live[contact_id] = Contact(contact_id)
    if _is_closed(contact, cite.at):
        return None
    story.news.contacts[contact_id] = contact
    return contact


def _is_closed(contact: Contact, now: datetime) -> bool:
    # so that it makes no difference whether the contact has been forgotten yet
    return contact.ended_at is not None and contact.ended_at < now - MEASURED


def _forget_old(contacts: Contacts, now: datetime) -> None:
    if len(contacts.live) < contacts.forget_at:
        return
    kept = {contact.contact_id for contact in last_contacts(contacts)}
    kept |= {contacts.last_answered or "", contacts.last_ended_inbound or ""}
    for contact in list(contacts.live.values()):
        is_old = contact.held_at is not None and contact.held_at < now - MEASURED
        if _is_closed(contact, now) and is_old and contact.contact_id not in kept:
            _forget(contacts, contact)
    contacts.forget_at = 2 * len(contacts.live) + FORGET_AT


def _forget(contacts: Contacts, contact: Contact) -> None:
    del contacts.live[contact.contact_id]
    contacts.past[contact.contact_id] = contact.direction
    if not contact.notes:
        contacts.transfers_without_note += contact.transfers


STEPS: dict[type[EventData], Step] = {
    ContactStarted: started,
    ContactIvrCompleted: ivr_completed,
    ContactAnswered: answered,
    ContactTransferred: transferred,
    ContactHandoffNoted: handoff_noted,
    ContactEnded: ended,
}
