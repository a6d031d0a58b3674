"""What the customer's effort comes to in numbers.

Contacts are counted once they have ended. Waits, menus and agents are added up over the contacts
of the last 30 days, the one in progress included: its wait has already happened.
"""

from datetime import datetime, timedelta

from domain.brief.shape import Json
from domain.story.contacts import MEASURED, Contact, Contacts
from domain.story.issues import Issue
from domain.story.story import Story

RECENT = timedelta(hours=120)


def metrics(story: Story, as_of: datetime) -> Json:
    """Return the metrics of the customer at a moment."""
    contacts = story.contacts
    measured = [c for c in contacts.live.values() if _is_measured(c, as_of)]
    return {
        "contacts_5d": sum(_is_recent(c, as_of) for c in contacts.live.values()),
        "repeat_contacts": _repeat_contacts(story),
        "distinct_agents": len({agent for c in measured for agent in c.agents}),
        "ivr_s": sum(c.ivr_s for c in measured),
        "wait_s_total": sum(c.wait_s for c in measured),
        "time_to_answer_s": _time_to_answer_s(contacts),
        "redundant_questions": story.facts.redundant_questions,
        "handoffs_without_note": contacts.transfers_without_note
        + sum(c.transfers for c in contacts.live.values() if not c.notes),
    }


def told_count(story: Story, issue: Issue) -> int:
    """Return in how many inbound contacts that have ended the issue was told."""
    return sum(story.contacts.is_ended_inbound(contact_id) for contact_id in issue.told)


def _is_recent(contact: Contact, as_of: datetime) -> bool:
    ended_at = contact.ended_at
    return contact.direction == "inbound" and ended_at is not None and as_of - ended_at <= RECENT


def _is_measured(contact: Contact, as_of: datetime) -> bool:
    return contact.held_at is not None and as_of - contact.held_at <= MEASURED


def _repeat_contacts(story: Story) -> int:
    repeated: set[str] = set()
    for issue in story.issues.by_id.values():
        inbound = [c for c in issue.contacts if story.contacts.direction_of(c) == "inbound"]
        repeated.update(c for c in inbound[1:] if issue.contacts[c])
    return sum(story.contacts.is_ended_inbound(contact_id) for contact_id in repeated)


def _time_to_answer_s(contacts: Contacts) -> int | None:
    contact = contacts.live.get(contacts.last_answered or "")
    if contact is None or contact.started_at is None or contact.answered_at is None:
        return None
    # publishers' clocks differ: nobody is answered before the contact starts
    return max(0, int((contact.answered_at - contact.started_at).total_seconds()))
