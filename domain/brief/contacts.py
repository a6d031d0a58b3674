"""The last contacts, newest first: those that have ended, and one in progress once it is answered.

A contact that still rings is the one that the brief is prepared for.
"""

from domain.brief.reading import Reading
from domain.brief.shape import Json, stamp_or_none
from domain.story.contacts import Contact
from domain.story.contacts import last_contacts as newest


def last_contacts(reading: Reading) -> list[Json]:
    """Return the contacts that are shown."""
    return [_contact(contact) for contact in newest(reading.story.contacts)]


def _contact(contact: Contact) -> Json:
    """Return a contact, with what was noted for whoever takes over, verbatim."""
    return {
        "contact_id": contact.contact_id,
        "channel": contact.channel,
        "direction": contact.direction,
        "started_at": stamp_or_none(contact.started_at),
        "agents": list(contact.agents),
        "ivr_s": contact.ivr_s,
        "wait_s": contact.wait_s,
        "ended_by": contact.ended_by,
        "resolution": contact.resolution,
        "handoff_notes": [
            {
                "note_id": note.note_id,
                "tried": list(note.tried),
                "measured": list(note.measured),
                "ruled_out": list(note.ruled_out),
                "next_step": note.next_step,
            }
            for note in contact.notes
        ],
    }
