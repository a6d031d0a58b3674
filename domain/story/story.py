"""The story of one customer: the state that the fold of all events leaves, and how it is saved.

Promise: `dump` of what `load` read gives the same bytes, and nothing here depends on a clock.
"""

from datetime import datetime
from functools import cached_property

from msgspec import Raw, field
from msgspec.msgpack import Decoder, Encoder

from domain.event import OrderKey
from domain.story.cite import Cite
from domain.story.contacts import Contacts
from domain.story.coverage import Coverage
from domain.story.deliveries import Deliveries
from domain.story.due import WorkingCalendar
from domain.story.facts import Facts
from domain.story.issues import Issues
from domain.story.jobs import Job
from domain.story.news import News
from domain.story.orders import Deadline, Order
from domain.story.promises import Promises
from domain.story.remedies import Remedy
from domain.story.saved import Saved
from domain.story.shelf import Shelved, with_nothing_resting
from domain.story.visits import Visits


class Story(Saved, dict=True, gc=True):
    """Everything that a brief may need of one customer, and the order key reached so far."""

    events_considered: int = 0
    events_hidden: int = 0
    last_key: OrderKey | None = None
    first_at: datetime | None = None
    facts: Facts = field(default_factory=Facts)
    contacts: Contacts = field(default_factory=Contacts)
    issues: Issues = field(default_factory=Issues)
    promises: Promises = field(default_factory=Promises)
    remedies = Shelved(Remedy)
    shelved_remedies: dict[str, Raw] = field(default_factory=dict, name="remedies")
    orders = Shelved(Order)
    shelved_orders: dict[str, Raw] = field(default_factory=dict, name="orders")
    waiting_deadlines: dict[str, Deadline] = {}
    deliveries: Deliveries = field(default_factory=Deliveries)
    jobs = Shelved(Job)
    shelved_jobs: dict[str, Raw] = field(default_factory=dict, name="jobs")
    visits: Visits = field(default_factory=Visits)
    coverage: Coverage = field(default_factory=Coverage)
    calendars: dict[str, WorkingCalendar] = {}
    unmerged: dict[str, Cite] = {}

    @cached_property
    def news(self) -> News:
        """What the fold noticed: told on, never saved, and no part of what is known."""
        return News()


_ENCODER = Encoder()
_DECODER = Decoder(Story)
_WHOLE_DECODER = Decoder(with_nothing_resting(Story))


def new_story() -> Story:
    """Return the story of a customer of whom nothing is known yet."""
    return Story()


def take_news(story: Story) -> News:
    """Return what the fold noticed since news were last taken, and begin anew."""
    news = story.news
    del story.news
    told = news.promises.items()
    news.lapsed = {promise_id: story.promises.lapsed_at(promise) for promise_id, promise in told}
    return news


def dump(story: Story) -> bytes:
    """Return the story as MessagePack; what has its first value is left out."""
    return _ENCODER.encode(story)


def load(saved: bytes) -> Story:
    """Read a story that `dump` wrote, its parts when they are asked for."""
    return _DECODER.decode(saved)


def load_whole(saved: bytes) -> Story:
    """Read a story that `dump` wrote, all its parts at once: what a brief asks for."""
    return _WHOLE_DECODER.decode(saved)
