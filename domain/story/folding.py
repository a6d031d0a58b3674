"""The fold: which steps each type of event takes the story through.

Promise: every type of event stands in one table here, those that change nothing among them, and
no valid event makes a step fail.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

from domain.corrections import with_corrections
from domain.event import Event, order_key
from domain.events import (
    ApologyGiven,
    CalendarDefined,
    ComplaintFiled,
    ConsentGranted,
    ConsentWithdrawn,
    ContactHeld,
    ContactMessageSent,
    ContactQueued,
    DiscountApplied,
    ErasureExecuted,
    ErasureRefused,
    ErasureRequested,
    EventCorrected,
    EventData,
    EventRetracted,
    ExportProduced,
    FeedbackRecorded,
    IdentityCustomersMerged,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
    InvoiceIssued,
    OrderRefundRequested,
    PortalAccessGranted,
    PreauthorizationDecided,
    PreauthorizationRequested,
    PromiseLapsed,
    RecordViewed,
    ServiceActivated,
    ServiceMeasured,
)
from domain.story import (
    actions,
    calendars,
    contacts,
    coverage,
    deliveries,
    facts,
    issues,
    jobs,
    merges,
    orders,
    promises,
    remedies,
    visits,
)
from domain.story.cite import Cite, Step
from domain.story.facts import observe
from domain.story.issues import mention
from domain.story.promises import fulfil_awaited
from domain.story.story import Story, new_story

UNCHANGING: tuple[type[EventData], ...] = (
    ApologyGiven,
    ComplaintFiled,
    ConsentGranted,
    ConsentWithdrawn,
    ContactHeld,
    ContactMessageSent,
    ContactQueued,
    DiscountApplied,
    ErasureExecuted,
    ErasureRefused,
    ErasureRequested,
    EventCorrected,  # taken into account before the fold
    EventRetracted,
    ExportProduced,
    FeedbackRecorded,
    IdentityCustomersMerged,  # identity is decided elsewhere
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
    InvoiceIssued,
    OrderRefundRequested,
    PortalAccessGranted,
    PreauthorizationDecided,
    PreauthorizationRequested,
    RecordViewed,
    ServiceActivated,
    ServiceMeasured,
)
"""Types that only count: their identifiers and references are still taken up."""
# Our clock only repeats what was named; a calendar counts for everybody, whomever it names.
OBSERVING_NOBODY: frozenset[type[EventData]] = frozenset({PromiseLapsed, CalendarDefined})

_FAMILIES: tuple[Mapping[type[EventData], Step], ...] = (
    calendars.STEPS,
    contacts.STEPS,
    issues.STEPS,
    promises.STEPS,
    remedies.STEPS,
    orders.STEPS,
    jobs.STEPS,
    deliveries.STEPS,
    visits.STEPS,
    coverage.STEPS,
    facts.STEPS,
    merges.STEPS,
    actions.STEPS,  # last: an action counts for the issues that the event itself names
)
_CHANGING = dict.fromkeys(chain.from_iterable(_FAMILIES))

STEPS: Mapping[type[EventData], tuple[Step, ...]] = {
    **{data: () for data in UNCHANGING},
    **{data: tuple(f[data] for f in _FAMILIES if data in f) for data in _CHANGING},
}
"""What is done for each type of event, in this order."""


def apply(story: Story, event: Event) -> None:
    """Take the story one event further.

    Events come in the order of `order_key`; one that is earlier than `story.last_key` needs the
    whole story folded again, and so do corrections and retractions.
    """
    data = event.data
    # To ask whether it is an instance would cost more: pydantic answers for its classes in Python.
    kind = type(data)
    cite = Cite(event.time, event.source, event.id)
    if kind not in OBSERVING_NOBODY:
        _take_up(story, data, cite=cite)
    for step in STEPS[kind]:
        step(story, data, cite=cite)
    if story.first_at is None and kind is not CalendarDefined:
        story.first_at = event.time
    _count(story, event)


def fold(events: Iterable[Event]) -> Story:
    """Return the story of these events, in whatever order they are given."""
    story = new_story()
    for event, has_effect in with_corrections(events):
        if has_effect:
            apply(story, event)
        else:
            _count(story, event)
    return story


def _take_up(story: Story, data: EventData, *, cite: Cite) -> None:
    """Take up what an event names."""
    if data.identifiers:
        observe(story, data.identifiers, cite=cite)
    fulfil_awaited(story, data, cite=cite)
    mention(story, data, cite=cite)


def _count(story: Story, event: Event) -> None:
    if _is_nobodys(event):
        return
    story.events_considered += 1
    story.last_key = order_key(event)


def _is_nobodys(event: Event) -> bool:
    """Tell whether an event only serves to understand others, as a calendar does."""
    return type(event.data) is CalendarDefined
