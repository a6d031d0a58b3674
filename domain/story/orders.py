"""What was ordered, by when it is needed, and whether it has been called off or paid back.

Promise: an order is known from the first event that names it, placed or not.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from domain.events import (
    DeadlineRecorded,
    EventData,
    OrderCancelled,
    OrderPlaced,
    OrderRefunded,
)
from domain.story.cite import Cite, Step
from domain.story.saved import Saved

if TYPE_CHECKING:
    from domain.story.story import Story


class Deadline(Saved):
    """When the customer needs it."""

    need_by: datetime
    reason: str
    cite: Cite


class Order(Saved):
    """One order; its deliveries and jobs name it."""

    order_id: str
    first: Cite
    placed: Cite | None = None
    cancelled: Cite | None = None
    refunded: Cite | None = None
    last_dispatched: Cite | None = None
    deadline: Deadline | None = None

    @property
    def is_called_off(self) -> bool:
        """Tell whether nothing is owed any more because it was cancelled or paid back."""
        return self.cancelled is not None or self.refunded is not None


def placed(story: "Story", data: OrderPlaced, *, cite: Cite) -> None:
    """Take the order down."""
    order = order_of(story, data.order_id, cite=cite)
    order.placed = order.placed or cite


def cancelled(story: "Story", data: OrderCancelled, *, cite: Cite) -> None:
    """Call the order off."""
    order_of(story, data.order_id, cite=cite).cancelled = cite


def refunded(story: "Story", data: OrderRefunded, *, cite: Cite) -> None:
    """Note that the money was paid back."""
    order_of(story, data.order_id, cite=cite).refunded = cite


def deadline_recorded(story: "Story", data: DeadlineRecorded, *, cite: Cite) -> None:
    """Keep the newest deadline of the order that is named, or of the job's once it is known."""
    job = story.jobs.get(data.job_id or "")
    order_id = data.order_id or (None if job is None else job.order_id)
    deadline = Deadline(data.need_by, data.reason, cite)
    if order_id is not None:
        order_of(story, order_id, cite=cite).deadline = deadline
    elif data.job_id is not None:
        story.waiting_deadlines[data.job_id] = deadline


def take_deadline(story: "Story", job_id: str, *, order: Order) -> None:
    """Give an order the deadline that waited for its job's, unless it has a newer one."""
    waited = story.waiting_deadlines.pop(job_id, None)
    if waited is not None and (order.deadline is None or order.deadline.cite < waited.cite):
        order.deadline = waited


def order_of(story: "Story", order_id: str, *, cite: Cite) -> Order:
    """Return the order with this id, known from now on if it was not."""
    order = story.orders.get(order_id)
    if order is None:
        order = story.orders[order_id] = Order(order_id, cite)
    return order


STEPS: dict[type[EventData], Step] = {
    OrderPlaced: placed,
    OrderCancelled: cancelled,
    OrderRefunded: refunded,
    DeadlineRecorded: deadline_recorded,
}
