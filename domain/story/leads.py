"""Where the references of an event lead: a delivery to its order, a replacement to the replaced.

Promise: only to what the story has seen tied together by an event; each thing once.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.events import EventData

if TYPE_CHECKING:
    from domain.story.story import Story

Thing = tuple[str, str]
"""A kind of thing and its id, such as an order and O-2."""


def leads_to(story: "Story", data: EventData) -> list[str]:
    """Return all things, as `order:O-2`, that the references of an event lead to."""
    return _reached(story, _named(data))


def lead_from(story: "Story", thing: Thing) -> list[str]:
    """Return all things that one of them leads to, itself included."""
    return _reached(story, [thing])


def _reached(story: "Story", found: list[Thing]) -> list[str]:
    # the list grows while it is walked; what is found depends on nothing but the story
    for thing in found:
        for kind, name in _ties(story, thing):
            if name is not None and (kind, name) not in found:
                found.append((kind, name))
    return [f"{kind}:{name}" for kind, name in dict.fromkeys(found)]


def _named(data: EventData) -> list[Thing]:
    # The dictionary is read because sixteen attributes of a model cost as much as the rest.
    members = data.__dict__
    fields = data.REFERENCE_FIELDS
    return [(kind, value) for name, kind in fields if (value := members[name]) is not None]


def _ties(story: "Story", thing: Thing) -> Iterator[tuple[str, str | None]]:
    match thing:
        case ("tracking_number", value):
            yield "delivery", story.deliveries.by_tracking.get(value)
        case ("delivery", value) if delivery := story.deliveries.by_id.get(value):
            yield "order", delivery.order_id
            yield "delivery", delivery.replaces
        case ("job", value) if job := story.jobs.get(value):
            yield "order", job.order_id
        case ("issue", value) if issue := story.issues.by_id.get(value):
            yield "order", issue.order_id
            yield "delivery", issue.delivery_id
        case ("remedy", value) if remedy := story.remedies.get(value):
            yield "order", remedy.order_id
            yield "issue", remedy.issue_id
        case ("visit", value) if visit := story.visits.by_id.get(value):
            yield "appointment", visit.appointment_id
        case ("claim", value) if claim := story.coverage.claims.get(value):
            yield "encounter", claim.encounter_id
            yield "policy", claim.policy_id
