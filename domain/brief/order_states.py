"""What an order's deliveries and jobs come to: delivered or not, and late against its deadline.

Promise: an order is delivered when each of its parcels, or a replacement of it, was.
"""

from dataclasses import dataclass, field
from datetime import datetime

from domain.story.deliveries import Delivery
from domain.story.jobs import Job
from domain.story.orders import Order
from domain.story.remedies import MEETS_A_NEED, order_of_remedy
from domain.story.story import Story


@dataclass(slots=True)
class OrderState:
    """An order with its deliveries and jobs; `order` is None for those that name no order."""

    order: Order | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    is_met_by_remedy: bool = False

    @property
    def is_delivered(self) -> bool:
        """Tell whether every parcel arrived, or one that was sent in its place."""
        if all(delivery.completed for delivery in self.deliveries):
            return bool(self.deliveries)
        first = {d.delivery_id: d.delivery_id for d in self.deliveries}
        for delivery in self.deliveries:
            replaced = first.get(delivery.replaces or "")
            first[delivery.delivery_id] = replaced or delivery.delivery_id
        arrived = {first[d.delivery_id] for d in self.deliveries if d.completed}
        return arrived == set(first.values())

    @property
    def is_completed(self) -> bool:
        """Tell whether everything was delivered, or all work done where nothing is sent."""
        if self.deliveries:
            return self.is_delivered
        return bool(self.jobs) and all(job.completed for job in self.jobs)

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is owed on the order any more."""
        called_off = self.order is not None and self.order.is_called_off
        return called_off or self.is_completed

    @property
    def eta(self) -> datetime | None:
        """Return the latest time at which something of the order is still expected."""
        jobs = [job.eta for job in self.jobs if job.eta and not job.completed]
        return max([*jobs, *(d.eta for d in self.expected if d.eta)], default=None)

    @property
    def expected(self) -> list[Delivery]:
        """Return the parcels that still have to arrive, with a time at which they should."""
        sent = (d for d in self.deliveries if not d.completed and not d.is_replaced)
        return [delivery for delivery in sent if delivery.eta is not None]

    @property
    def late_by_s(self) -> int:
        """Return by how many seconds the order will miss its deadline, unless the need is met."""
        deadline = self.order and self.order.deadline
        if not deadline or self.eta is None or self.is_settled or self.is_met_by_remedy:
            return 0
        return max(0, int((self.eta - deadline.need_by).total_seconds()))


def order_states(story: Story) -> dict[str | None, OrderState]:
    """Return all orders, newest first; under None what belongs to no known order."""
    newest_first = sorted(story.orders.values(), key=lambda o: o.first, reverse=True)
    states: dict[str | None, OrderState] = {o.order_id: OrderState(o) for o in newest_first}
    without_order = OrderState()
    for delivery in sorted(story.deliveries.by_id.values(), key=lambda d: (d.attempt_no, d.first)):
        states.get(delivery.order_id, without_order).deliveries.append(delivery)
    for job in sorted(story.jobs.values(), key=lambda j: j.first):
        states.get(job.order_id, without_order).jobs.append(job)
    for remedy in story.remedies.values():
        if remedy.delivered and remedy.kind in MEETS_A_NEED:
            states.get(order_of_remedy(story, remedy), without_order).is_met_by_remedy = True
    if without_order.deliveries or without_order.jobs:
        states[None] = without_order
    return states
