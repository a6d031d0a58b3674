"""Where the parcels are: sent, seen, missed, replaced, delivered.

Promise: a completed delivery stays completed, whatever is scanned or reported afterwards.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Raw, field

from domain.events import (
    DeliveryAttempted,
    DeliveryCompleted,
    DeliveryDispatched,
    DeliveryInvestigationOpened,
    DeliveryScanned,
    EventData,
    IssueReported,
    OrderReplacementSent,
)
from domain.story.cite import Cite, Step
from domain.story.orders import order_of
from domain.story.promises import fulfil_in_hindsight
from domain.story.saved import Saved
from domain.story.shelf import Shelved

if TYPE_CHECKING:
    from domain.story.story import Story

SCANNED_STATES = {
    "info_received": "in_transit",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "available_for_pickup": "out_for_delivery",
    "exception": "exception",
}


class Delivery(Saved):
    """One parcel; until its id is known it goes by its tracking number."""

    delivery_id: str
    first: Cite
    order_id: str | None = None
    attempt_no: int = 1
    state: str = "in_transit"
    eta: datetime | None = None
    eta_said: Cite | None = None
    replaces: str | None = None
    is_replaced: bool = False
    missed: Cite | None = None
    completed: Cite | None = None


class Deliveries(Saved):
    """All deliveries, and which of them a tracking number means."""

    by_id = Shelved(Delivery)
    shelved_by_id: dict[str, Raw] = field(default_factory=dict, name="by_id")
    by_tracking: dict[str, str] = {}


def dispatched(story: "Story", data: DeliveryDispatched, *, cite: Cite) -> None:
    """Take a parcel down that was sent for an order."""
    delivery = _delivery(story, data, cite=cite)
    delivery.eta, delivery.eta_said = data.expected_by, cite
    order_of(story, data.order_id, cite=cite).last_dispatched = cite


def scanned(story: "Story", data: DeliveryScanned, *, cite: Cite) -> None:
    """Move the parcel to where it was seen."""
    _move(_delivery(story, data, cite=cite), SCANNED_STATES[data.status])


def attempted(story: "Story", data: DeliveryAttempted, *, cite: Cite) -> None:
    """Note that the parcel could not be handed over."""
    _move(_delivery(story, data, cite=cite), "exception")


def completed(story: "Story", data: DeliveryCompleted, *, cite: Cite) -> None:
    """Note that the parcel was handed over; the first time counts."""
    delivery = _delivery(story, data, cite=cite)
    _move(delivery, "delivered")
    delivery.completed = delivery.completed or cite


def investigation_opened(story: "Story", data: DeliveryInvestigationOpened, *, cite: Cite) -> None:
    """Note that the carrier was asked where the parcel is."""
    _move(_delivery(story, data, cite=cite), "under_investigation")


def replacement_sent(story: "Story", data: OrderReplacementSent, *, cite: Cite) -> None:
    """Take the replacement down, and what it replaces; a missed parcel is presumed lost then."""
    replaced = _replaced(story, data)
    delivery = _delivery(story, data, cite=cite)
    delivery.attempt_no = data.attempt_no
    order_of(story, data.order_id, cite=cite).last_dispatched = cite
    if replaced is not None:
        delivery.replaces = replaced.delivery_id
        replaced.is_replaced = True
        _presume_lost(replaced)


def reported_missing(story: "Story", data: IssueReported, *, cite: Cite) -> None:
    """Note which parcel did not arrive: the one named, else the last sent for the order."""
    issue = story.issues.by_id[data.issue_id]
    if not issue.reports_missing:
        return
    delivery = _meant(story, data)
    if delivery is not None:
        issue.delivery_id = issue.delivery_id or delivery.delivery_id
        delivery.missed = delivery.missed or cite
        _presume_lost(delivery)


def of_order(story: "Story", order_id: str) -> list[Delivery]:
    """Return the deliveries of an order by attempt, in the order in which they were sent."""
    found = (d for d in story.deliveries.by_id.values() if d.order_id == order_id)
    return sorted(found, key=lambda d: (d.attempt_no, d.first))


def _delivery(story: "Story", data: EventData, *, cite: Cite) -> Delivery:
    deliveries = story.deliveries
    number = data.tracking_number
    tracked = deliveries.by_tracking.get(number or "")
    delivery_id = data.delivery_id or tracked or number or ""
    delivery = deliveries.by_id.setdefault(delivery_id, Delivery(delivery_id, cite))
    if number is not None:
        deliveries.by_tracking[number] = delivery_id
        if tracked == number and delivery_id != number:
            _adopt(delivery, deliveries.by_id.pop(number))
    if delivery.order_id is None and data.order_id is not None:
        delivery.order_id = data.order_id
        order_of(story, data.order_id, cite=cite)
        if delivery.completed is not None:
            thing = ("delivery", delivery_id)
            done = delivery.completed
            fulfil_in_hindsight(story, DeliveryCompleted.NAME, thing=thing, cite=done)
    return delivery


def _adopt(delivery: Delivery, seen: Delivery) -> None:
    # scanned under its tracking number before anybody said which delivery it is
    _move(delivery, seen.state)
    delivery.first = min(delivery.first, seen.first)
    delivery.order_id = delivery.order_id or seen.order_id
    delivery.completed = delivery.completed or seen.completed


def _replaced(story: "Story", data: OrderReplacementSent) -> Delivery | None:
    if data.replaces_delivery_id is not None:
        return story.deliveries.by_id.get(data.replaces_delivery_id)
    earlier = [d for d in of_order(story, data.order_id) if d.attempt_no < data.attempt_no]
    return earlier[-1] if earlier else None


def _meant(story: "Story", data: IssueReported) -> Delivery | None:
    deliveries = story.deliveries
    delivery_id = data.delivery_id or deliveries.by_tracking.get(data.tracking_number or "")
    if delivery_id is not None:
        return deliveries.by_id.get(delivery_id)
    sent = of_order(story, data.order_id) if data.order_id is not None else []
    return sent[-1] if sent else None


def _presume_lost(delivery: Delivery) -> None:
    if delivery.missed is not None and delivery.is_replaced:
        _move(delivery, "presumed_lost")


def _move(delivery: Delivery, state: str) -> None:
    if delivery.completed is None:
        delivery.state = state


STEPS: dict[type[EventData], Step] = {
    DeliveryDispatched: dispatched,
    DeliveryScanned: scanned,
    DeliveryAttempted: attempted,
    DeliveryCompleted: completed,
    DeliveryInvestigationOpened: investigation_opened,
    OrderReplacementSent: replacement_sent,
    IssueReported: reported_missing,
}
