"""A last contact that ended before the customer was done."""

from collections.abc import Iterator
from datetime import datetime

from domain.brief.banners.banner import Banner
from domain.brief.reading import Reading
from domain.sentences.phrases import conversation, listed, moment, spoken
from domain.story.contacts import Contact


def cut_off(reading: Reading) -> Iterator[Banner]:
    """Say that our side ended the customer's last contact with nothing resolved."""
    contacts = reading.story.contacts
    contact = contacts.live.get(contacts.last_ended_inbound or "")
    if contact is None or contact.ended_at is None:
        return
    if contact.ended_by in ("agent", "system") and contact.resolution != "resolved":
        text = _cut_off(contact, contact.ended_at)
        yield Banner("LAST_CONTACT_CUT_OFF", "critical", text, tuple(contact.cites))


def _cut_off(contact: Contact, ended_at: datetime) -> str:
    with_whom = f" with {listed(contact.agents)}" if contact.agents else ""
    outcome = spoken(contact.resolution or "unresolved")
    return (
        f"The last {conversation(contact.channel)}{with_whom} was ended by our "
        f"{contact.ended_by} on {moment(ended_at)}: {outcome}."
    )
