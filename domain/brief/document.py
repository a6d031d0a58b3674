"""The brief as one document: every section in its place, from one reading of the story.

Promise: the same story, moment, position and match give the same document.
"""

from datetime import UTC, datetime
from uuid import UUID

from domain.brief.banners import banners
from domain.brief.contacts import last_contacts
from domain.brief.headline import headline
from domain.brief.issues import issues
from domain.brief.known import confirm, do_not_ask, known, missing
from domain.brief.metrics import metrics
from domain.brief.orders import orders
from domain.brief.promises import promises
from domain.brief.reading import read
from domain.brief.shape import Json, evidence, stamp
from domain.brief.upcoming import upcoming
from domain.brief.who import who as who_section
from domain.identity.match import Match
from domain.story.story import Story


def brief(
    story: Story, *, as_of: datetime, known_at: int, who: Match, customer_id: UUID | None
) -> Json:
    """Return the brief of a customer, JSON-ready, its members in the order of the contract.

    `as_of` is not before the newest event of the story. Unless the match is `known` the story
    stays closed: the brief then holds no personal fact.
    """
    as_of = as_of.astimezone(UTC)
    reading = read(story, as_of, match=who)
    raised, ahead = banners(reading), upcoming(reading)
    first = headline(reading, raised, upcoming=ahead)
    is_known = who.level == "known"
    return {
        "customer_id": str(customer_id) if customer_id and is_known else None,
        "as_of": stamp(as_of),
        "known_at": known_at,
        "events_considered": reading.story.events_considered,
        "events_hidden": reading.story.events_hidden,
        "incomplete_since": None,
        "who": who_section(reading),
        "headline": first.text,
        "headline_evidence": evidence(first.cites),
        "banners": [banner.shown() for banner in raised],
        "issues": issues(reading),
        "promises": promises(reading),
        "known": known(reading.facts),
        "do_not_ask": do_not_ask(reading.facts, as_of),
        "confirm": confirm(reading.facts, as_of),
        "missing": missing(reading.story, reading.facts),
        "orders": orders(reading),
        "upcoming": [thing.shown() for thing in ahead],
        "last_contacts": last_contacts(reading),
        "metrics": metrics(reading.story, as_of),
    }


def incomplete(document: Json, since: datetime) -> Json:
    """Say in a brief that events which were recorded at `since` and later are missing from it."""
    return {**document, "incomplete_since": stamp(since)}
