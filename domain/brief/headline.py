"""The one sentence to begin with: the first banner, else what comes next, else the last contact."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.brief.banners import Banner
from domain.brief.reading import Reading
from domain.brief.upcoming import Ahead
from domain.sentences.phrases import conversation, listed, moment, spoken
from domain.story.cite import Cite
from domain.story.contacts import Contact, last_contacts


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence and the events that it rests on."""

    text: str
    cites: tuple[Cite, ...] = ()


def headline(reading: Reading, banners: Sequence[Banner], *, upcoming: Sequence[Ahead]) -> Headline:
    """Return the most important thing to know."""
    if banners:
        return Headline(banners[0].text, banners[0].cites)
    if upcoming:
        return Headline(upcoming[0].text, upcoming[0].cites)
    contacts = last_contacts(reading.story.contacts)
    if contacts:
        return Headline(_last_contact(contacts[0]), tuple(contacts[0].cites))
    if reading.match.level == "unknown":
        return Headline("Nobody is known by this yet.")
    return Headline("Nothing is open, and there has been no contact yet.")


def _last_contact(contact: Contact) -> str:
    name = conversation(contact.channel)
    when = moment(contact.held_at) if contact.held_at else "a day not known"
    agents = f" with {listed(contact.agents)}" if contact.agents else ""
    if contact.ended_at is None:
        return f"In progress: {name}{agents}, since {when}."
    outcome = spoken(contact.resolution or "no outcome known")
    return f"Last contact: {name}{agents} on {when}, {outcome}."
