"""What the company said it would do by a time, and what became of it.

Promise: a state is computed for a moment and never waits for an event that says time has passed.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Raw, field

from domain.events import (
    EventData,
    PromiseKept,
    PromiseLapsed,
    PromiseMade,
    PromiseRefused,
    PromiseRescheduled,
    PromiseSuperseded,
    PromiseWaived,
)
from domain.identifiers import IDENTIFIER_TYPES
from domain.identity.observation import rank
from domain.story.cite import Cite, Step
from domain.story.due import due_after_working_days
from domain.story.leads import Thing, lead_from, leads_to
from domain.story.saved import Saved
from domain.story.shelf import Shelved

if TYPE_CHECKING:
    from domain.story.story import Story

SOON = timedelta(hours=24)
LET_GO = ("superseded", "waived")  # nothing is awaited any more, and no time runs
PROMISE_REFS = (
    "order_id",
    "delivery_id",
    "tracking_number",
    "job_id",
    "issue_id",
    "contact_id",
    "appointment_id",
    "visit_id",
    "policy_id",
    "claim_id",
    "encounter_id",
    "service_id",
    "asset_id",
)


class Fulfilling(Saved):
    """The event that keeps a promise: the first of this name that leads to `ref`."""

    event: str
    ref: str
    direction: str | None = None


class Standing(NamedTuple):
    """How a promise stood until an event gave it another time or settled it."""

    until: datetime
    due_at: datetime | None
    was_overdue: bool
    settled_as: str | None
    settled_at: datetime | None


class Lapse(NamedTuple):
    """What the clock said: this due time passed; `at` is when."""

    due_at: datetime
    at: datetime


class Promise(Saved):
    """One promise; `due_at` is None while it is not known when it falls due.

    `identifier` is the best one of the event that introduced it, as a handle, and `leads` are those
    of `refs` that this event named: by them it found its customer.
    """

    promise_id: str
    made_at: datetime | None = None
    what: str | None = None
    made_by: str | None = None
    due_at: datetime | None = None
    calendar_id: str | None = None
    business_days: int | None = None
    when: Fulfilling | None = None
    refs: dict[str, str] = {}
    fulfilled_at: datetime | None = None
    was_overdue: bool = False
    settled_as: str | None = None
    settled_at: datetime | None = None
    superseded_by: str | None = None
    cites: list[Cite] = []
    earlier: list[Standing] = []
    identifier: str | None = None
    leads: list[str] = []

    @property
    def title(self) -> str:
        """Return what was promised, or which promise it is while nobody has said what."""
        return self.what or f"promise {self.promise_id}"


class Promises(Saved):
    """All promises, by name of event those that such an event may keep, and what the clock said.

    A lapse is of its due time, which may lie before anything else that is known of the promise.
    """

    by_id = Shelved(Promise)
    shelved_by_id: dict[str, Raw] = field(default_factory=dict, name="by_id")
    awaiting: dict[str, list[str]] = {}
    lapses: dict[str, list[Lapse]] = {}

    def lapsed_at(self, promise: Promise) -> datetime | None:
        """Return when the clock said that the promise's due time passed; None if it did not yet."""
        said = self.lapses.get(promise.promise_id, ())
        return next((lapse.at for lapse in said if lapse.due_at == promise.due_at), None)


def state_at(promise: Promise, as_of: datetime) -> str:
    """Return what the promise is worth at a moment: a promise is broken from its due time on."""
    due_at = promise.due_at
    if promise.fulfilled_at is not None:
        late = promise.was_overdue or (due_at is not None and promise.fulfilled_at > due_at)
        return "kept_late" if late else "kept"
    if promise.settled_as is not None:
        return promise.settled_as
    if due_at is None or due_at - as_of > SOON:
        return "open"
    return "due_soon" if as_of < due_at else "broken"


def overdue_s(promise: Promise, as_of: datetime) -> int:
    """Return the whole seconds past due, counted until it was fulfilled, replaced or waived."""
    if promise.due_at is None:
        return 0
    until = promise.fulfilled_at or as_of
    if promise.fulfilled_at is None and promise.settled_as in LET_GO:
        until = promise.settled_at or as_of
    return max(0, int((until - promise.due_at).total_seconds()))


def made(story: "Story", data: PromiseMade, *, cite: Cite) -> None:
    """Take the promise down; saying it again does not move what was promised."""
    promise = _promise(story, data, cite=cite)
    if promise.made_at is not None:
        return
    if len(promise.cites) > 1:
        _changes(promise, cite)
    promise.made_at = cite.at
    promise.what = data.what
    promise.made_by = data.made_by
    promise.calendar_id = data.calendar_id
    promise.business_days = data.due_business_days
    promise.due_at = data.due_at
    if data.due_within is not None:
        promise.due_at = cite.at + data.due_within
    set_due(story, promise)
    if data.fulfilled_when is not None:
        when = data.fulfilled_when
        promise.when = Fulfilling(when.event, when.ref, when.direction)
        _refer_to(promise, when.ref)
        if promise.fulfilled_at is None and promise.settled_as not in LET_GO:
            story.promises.awaiting.setdefault(when.event, []).append(promise.promise_id)


def set_due(story: "Story", promise: Promise) -> None:
    """Count the working days of a promise, once its calendar is known."""
    calendar = story.calendars.get(promise.calendar_id or "")
    if promise.due_at is None and calendar and promise.made_at and promise.business_days:
        promise.due_at = due_after_working_days(
            promise.made_at, promise.business_days, calendar=calendar
        )
        story.news.promises[promise.promise_id] = promise


def rescheduled(story: "Story", data: PromiseRescheduled, *, cite: Cite) -> None:
    """Move the due time, if the customer was told; that it was overdue stays on record."""
    promise = _promise(story, data, cite=cite)
    if not data.told_customer or promise.fulfilled_at is not None:
        return
    _changes(promise, cite)
    promise.was_overdue |= promise.due_at is not None and promise.due_at <= cite.at
    promise.due_at = data.due_at


def kept(story: "Story", data: PromiseKept, *, cite: Cite) -> None:
    """Fulfil the promise: kept is never undone."""
    _fulfil(story, _promise(story, data, cite=cite), cite=cite)


def refused(story: "Story", data: PromiseRefused, *, cite: Cite) -> None:
    """Note the refusal; doing it after all still fulfils the promise."""
    _settle(_promise(story, data, cite=cite), "refused", cite=cite)


def waived(story: "Story", data: PromiseWaived, *, cite: Cite) -> None:
    """Note that the customer lets the promise go."""
    promise = _promise(story, data, cite=cite)
    _settle(promise, "waived", cite=cite)
    _await_no_longer(story, promise)


def superseded(story: "Story", data: PromiseSuperseded, *, cite: Cite) -> None:
    """Note which promise took the place of this one."""
    promise = _promise(story, data, cite=cite)
    _settle(promise, "superseded", cite=cite)
    promise.superseded_by = data.by_promise_id
    _await_no_longer(story, promise)


def lapsed(story: "Story", data: PromiseLapsed, *, cite: Cite) -> None:
    """Note that the clock said so, and nothing else: no state depends on when that arrives."""
    story.promises.lapses.setdefault(data.promise_id, []).append(Lapse(data.due_at, cite.at))
    promise = story.promises.by_id.get(data.promise_id)
    if promise is not None:
        story.news.promises[promise.promise_id] = promise


def fulfil_awaited(story: "Story", data: EventData, *, cite: Cite) -> None:
    """Keep the promises that waited for this event: its references lead to what they name."""
    awaiting = story.promises.awaiting.get(data.NAME)
    if not awaiting:
        return
    reached = leads_to(story, data)
    for promise in [story.promises.by_id[promise_id] for promise_id in awaiting]:
        when = promise.when
        if when is not None and _is_there(when, reached) and _is_towards(story, when, data=data):
            _rest_on(story, promise, cite=cite)
            _fulfil(story, promise, cite=cite)


def fulfil_in_hindsight(story: "Story", event: str, *, thing: Thing, cite: Cite) -> None:
    """Keep the promises that waited for an event, now that it is known where its thing leads.

    `cite` is the event, which happened when nobody had said yet what the thing belongs to.
    """
    reached = lead_from(story, thing)
    for promise_id in list(story.promises.awaiting.get(event, ())):
        promise = story.promises.by_id[promise_id]
        is_made = promise.made_at is not None and promise.made_at <= cite.at
        if is_made and promise.when is not None and promise.when.ref in reached:
            _rest_on(story, promise, cite=cite)
            _fulfil(story, promise, cite=cite)


def _is_there(when: Fulfilling, reached: list[str]) -> bool:
    # an identifier names the customer whose story this is
    return when.ref in reached or when.ref.partition(":")[0] in IDENTIFIER_TYPES


def _is_towards(story: "Story", when: Fulfilling, *, data: EventData) -> bool:
    if when.direction is None:
        return True
    stated: str | None = getattr(data, "direction", None)
    return (stated or story.contacts.direction_of(data.contact_id or "")) == when.direction


def _promise(story: "Story", data: EventData, *, cite: Cite) -> Promise:
    promise_id = data.promise_id or ""
    promise = story.promises.by_id.get(promise_id)
    if promise is None:
        promise = story.promises.by_id[promise_id] = Promise(promise_id)
        _lead_there(promise, data)
    for name in PROMISE_REFS:
        value = getattr(data, name)
        if value is not None:
            promise.refs.setdefault(name, value)
    _rest_on(story, promise, cite=cite)
    return promise


def _rest_on(story: "Story", promise: Promise, *, cite: Cite) -> None:
    promise.cites.append(cite)
    story.news.promises[promise.promise_id] = promise


def _lead_there(promise: Promise, data: EventData) -> None:
    observed = data.observed()
    promise.identifier = str(min(observed, key=rank)) if observed else None
    promise.leads = [name for name in PROMISE_REFS if getattr(data, name) is not None]


def _refer_to(promise: Promise, ref: str) -> None:
    kind, _, value = ref.partition(":")
    name = "tracking_number" if kind == "tracking_number" else f"{kind}_id"
    if name in PROMISE_REFS:
        promise.refs.setdefault(name, value)


def _fulfil(story: "Story", promise: Promise, *, cite: Cite) -> None:
    if promise.fulfilled_at is None:
        promise.fulfilled_at = cite.at
        _await_no_longer(story, promise)


def _settle(promise: Promise, state: str, *, cite: Cite) -> None:
    if promise.fulfilled_at is None:
        _changes(promise, cite)
        promise.settled_as = state
        promise.settled_at = cite.at


def _changes(promise: Promise, cite: Cite) -> None:
    """Keep how it stands, so that it can be told for every earlier moment."""
    standing = promise.due_at, promise.was_overdue, promise.settled_as, promise.settled_at
    promise.earlier.append(Standing(cite.at, *standing))


def _await_no_longer(story: "Story", promise: Promise) -> None:
    awaiting = story.promises.awaiting
    if promise.when is None or promise.promise_id not in awaiting.get(promise.when.event, ()):
        return
    awaiting[promise.when.event].remove(promise.promise_id)
    if not awaiting[promise.when.event]:
        del awaiting[promise.when.event]


STEPS: dict[type[EventData], Step] = {
    PromiseMade: made,
    PromiseRescheduled: rescheduled,
    PromiseKept: kept,
    PromiseRefused: refused,
    PromiseWaived: waived,
    PromiseSuperseded: superseded,
    PromiseLapsed: lapsed,
}
