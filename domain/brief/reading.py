"""The story as it reads at one moment: what several sections of a brief need, worked out once.

Promise: nothing here is kept; the same story and moment give the same reading.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.brief.known import known_facts
from domain.brief.order_states import OrderState, order_states
from domain.identity.match import Match
from domain.story.facts import Known
from domain.story.promises import Promise
from domain.story.story import Story, new_story


@dataclass(frozen=True, slots=True)
class Reading:
    """A story at a moment; of somebody who is not known for sure there is no story."""

    story: Story
    as_of: datetime
    match: Match
    facts: dict[str, Known]
    orders: dict[str | None, OrderState]

    def order_of(self, promise: Promise) -> OrderState | None:
        """Return the order that a promise is about: its own, its parcel's or its job's."""
        refs, parcels = promise.refs, self.story.deliveries
        if "order_id" in refs:
            return self.orders.get(refs["order_id"])
        tracked = parcels.by_tracking.get(refs.get("tracking_number", ""), "")
        delivery = parcels.by_id.get(refs.get("delivery_id", tracked))
        job = self.story.jobs.get(refs.get("job_id", ""))
        order_id = (delivery and delivery.order_id) or (job and job.order_id)
        return self.orders.get(order_id) if order_id else None


def read(story: Story, as_of: datetime, *, match: Match) -> Reading:
    """Read the story at a moment, for as sure as the match is."""
    if match.level != "known":
        story = new_story()
    return Reading(story, as_of, match, known_facts(story, match), order_states(story))
