"""What was done to put something right, from the offer to its delivery.

Promise: a remedy that was delivered stays delivered.
"""

from typing import TYPE_CHECKING

from domain.events import (
    EventData,
    RemedyAccepted,
    RemedyDeclined,
    RemedyDelivered,
    RemedyOffered,
)
from domain.story.cite import Cite, Step
from domain.story.saved import Saved

if TYPE_CHECKING:
    from domain.story.story import Story

RemedyEvent = RemedyOffered | RemedyAccepted | RemedyDeclined | RemedyDelivered
MEETS_A_NEED = frozenset({"interim", "replacement", "repair"})


class Remedy(Saved):
    """One remedy and how far it got."""

    remedy_id: str
    kind: str | None = None
    what: str | None = None
    state: str = "offered"
    issue_id: str | None = None
    order_id: str | None = None
    completion_promise_id: str | None = None
    delivered: Cite | None = None
    cites: list[Cite] = []


def offered(story: "Story", data: RemedyOffered, *, cite: Cite) -> None:
    """Take the offer down."""
    remedy = _remedy(story, data, cite=cite)
    remedy.kind = data.kind
    remedy.what = data.what
    remedy.completion_promise_id = data.completion_promise_id


def accepted(story: "Story", data: RemedyAccepted, *, cite: Cite) -> None:
    """Note that the customer took it."""
    _move(_remedy(story, data, cite=cite), "accepted")


def declined(story: "Story", data: RemedyDeclined, *, cite: Cite) -> None:
    """Note that the customer did not want it."""
    _move(_remedy(story, data, cite=cite), "declined")


def delivered(story: "Story", data: RemedyDelivered, *, cite: Cite) -> None:
    """Note that the customer has it."""
    remedy = _remedy(story, data, cite=cite)
    _move(remedy, "delivered")
    remedy.delivered = remedy.delivered or cite


def order_of_remedy(story: "Story", remedy: Remedy) -> str | None:
    """Return the order that a remedy is for: its own, its issue's or its promise's."""
    issue = story.issues.by_id.get(remedy.issue_id or "")
    promise = story.promises.by_id.get(remedy.completion_promise_id or "")
    return (
        remedy.order_id
        or (issue and issue.order_id)
        or (promise and promise.refs.get("order_id"))
        or None
    )


def _remedy(story: "Story", data: RemedyEvent, *, cite: Cite) -> Remedy:
    remedy = story.remedies.get(data.remedy_id)
    if remedy is None:
        remedy = story.remedies[data.remedy_id] = Remedy(data.remedy_id)
    remedy.issue_id = remedy.issue_id or data.issue_id
    remedy.order_id = remedy.order_id or data.order_id
    remedy.cites.append(cite)
    return remedy


def _move(remedy: Remedy, state: str) -> None:
    if remedy.state != "delivered":
        remedy.state = state


STEPS: dict[type[EventData], Step] = {
    RemedyOffered: offered,
    RemedyAccepted: accepted,
    RemedyDeclined: declined,
    RemedyDelivered: delivered,
}
