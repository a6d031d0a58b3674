"""The figures of continuity, defined a second time: from the events alone, as plainly as can be.

Slow and without a fold: every question looks through all events of the customer again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.corrections import with_corrections
from domain.event import Event
from domain.events import (
    ContactAnswered,
    ContactEnded,
    ContactHandoffNoted,
    ContactInformationProvided,
    ContactInformationRequested,
    ContactStarted,
    ContactTransferred,
    IdentityIdentifierLinked,
    IssueReopened,
    IssueResolved,
)
from domain.identifiers import STRONG_TYPES
from projections.continuity.figures import Figures

CLOSED = timedelta(days=30)
OF_A_CONTACT = (
    ContactStarted,
    ContactAnswered,
    ContactTransferred,
    ContactHandoffNoted,
    ContactEnded,
)


@dataclass(frozen=True)
class Counted:
    """Something that a figure counts."""

    figure: str
    at: datetime
    value: int | None = None


class Customer:
    """The events of one customer as they read after corrections, in their order."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = [event for event, has_effect in with_corrections(events) if has_effect]
        self.contacts = dict.fromkeys(
            event.data.contact_id for event in self.events if isinstance(event.data, OF_A_CONTACT)
        )

    def counted(self, as_of: datetime) -> list[Counted]:
        """Return everything that counts at a moment."""
        found = []
        for contact_id in self.contacts:
            found += self._of_contact(contact_id or "", as_of)
        return [*found, *self._questions(as_of)]

    def of(self, contact_id: str) -> list[Event]:
        """Return the events of a contact; what comes 30 days after its end is none of it."""
        kept: list[Event] = []
        for event in self.events:
            if isinstance(event.data, OF_A_CONTACT) and event.data.contact_id == contact_id:
                ends = [e.time for e in kept if isinstance(e.data, ContactEnded)]
                if not ends or ends[-1] >= event.time - CLOSED:
                    kept.append(event)
        return kept

    def is_inbound(self, contact_id: str) -> bool:
        """Say whether the first start of a contact says that it is inbound."""
        starts = [e.data for e in self.of(contact_id) if isinstance(e.data, ContactStarted)]
        return bool(starts) and starts[0].direction == "inbound"

    def mentions(self, issue_id: str) -> dict[str, tuple[datetime, bool]]:
        """Return the contacts that name an issue: when first, and whether it was open in them."""
        named: dict[str, tuple[datetime, bool]] = {}
        is_open = True
        for event in self.events:
            if event.data.issue_id != issue_id:
                continue
            is_reopened = isinstance(event.data, IssueReopened)
            if event.data.contact_id:
                when, was_open = named.get(event.data.contact_id, (event.time, False))
                named[event.data.contact_id] = (when, was_open or is_open or is_reopened)
            if is_reopened or isinstance(event.data, IssueResolved):
                is_open = is_reopened
        return named

    def is_repeat(self, contact_id: str, as_of: datetime) -> bool:
        """Say whether an inbound contact named an open issue after another inbound contact."""
        for issue_id in {event.data.issue_id for event in self.events} - {None}:
            named = self.mentions(issue_id or "")
            when, was_open = named.get(contact_id, (as_of, False))
            before = list(named)[: list(named).index(contact_id)] if contact_id in named else []
            if was_open and when <= as_of and any(self.is_inbound(other) for other in before):
                return True
        return False

    def is_followed(self, contact_id: str, as_of: datetime) -> bool:
        """Say whether a further inbound contact named one of the issues of this one."""
        for issue_id in {event.data.issue_id for event in self.events} - {None}:
            named = self.mentions(issue_id or "")
            if contact_id not in named:
                continue
            after = list(named)[list(named).index(contact_id) + 1 :]
            if any(self.is_inbound(other) and named[other][0] <= as_of for other in after):
                return True
        return False

    def _of_contact(self, contact_id: str, as_of: datetime) -> list[Counted]:
        events = self.of(contact_id)
        ends = [event for event in events if isinstance(event.data, ContactEnded)]
        if not ends or ends[-1].time > as_of:
            return []
        at, stated = ends[-1].time, ends[-1].data
        found = []
        if not any(isinstance(event.data, ContactHandoffNoted) for event in events):
            transfers = [e for e in events if isinstance(e.data, ContactTransferred)]
            found += [Counted("transfers_without_note", at) for _ in transfers]
        if not self.is_inbound(contact_id):
            return found
        found.append(Counted("contacts", at))
        waits = [event.data.wait_s for event in events if isinstance(event.data, ContactAnswered)]
        if waits:
            found.append(Counted("waits", at, sum(waits)))
        if self.is_repeat(contact_id, as_of):
            return [*found, Counted("repeat_contacts", at)]
        found.append(Counted("first_contacts", at))
        is_resolved = isinstance(stated, ContactEnded) and stated.resolution == "resolved"
        if is_resolved and not self.is_followed(contact_id, as_of):
            found.append(Counted("first_contact_resolutions", at))
        return found

    def _questions(self, as_of: datetime) -> list[Counted]:
        found = []
        for number, event in enumerate(self.events):
            data = event.data
            if isinstance(data, ContactInformationRequested) and data.asked_by != "customer":
                known = self._known(number)
                asked = [field for field in dict.fromkeys(data.fields) if field in known]
                found += [Counted("redundant_questions", event.time) for _ in asked]
        return [one for one in found if one.at <= as_of]

    def _known(self, number: int) -> set[str]:
        """Return the fields that were known when the event with this number happened."""
        known: set[str] = set()
        for event in self.events[: number + 1]:
            known |= {one.type for one in event.data.identifiers if one.type in STRONG_TYPES}
        for event in self.events[:number]:
            if isinstance(event.data, ContactInformationProvided):
                known |= {fact.field for fact in event.data.facts}
            if isinstance(event.data, IdentityIdentifierLinked):
                known |= {one.type for one in (event.data.a, event.data.b)} & set(STRONG_TYPES)
        return known


def figures_by_day(
    counted: Iterable[Counted], zone: str = "UTC"
) -> tuple[dict[date, Figures], Figures]:
    """Return the figures of each day of a zone, and those of all days."""
    found = list(counted)
    days: dict[date, list[Counted]] = {}
    for one in found:
        days.setdefault(one.at.astimezone(ZoneInfo(zone)).date(), []).append(one)
    return {day: _figures(of_day) for day, of_day in days.items()}, _figures(found)


def _figures(counted: Sequence[Counted]) -> Figures:
    waits = sorted(one.value for one in counted if one.value is not None)
    numbers = {
        name: sum(one.figure == name for one in counted)
        for name in Figures._fields
        if not name.startswith("wait_s")
    }
    return Figures(wait_s_median=_part(waits, 0.5), wait_s_p90=_part(waits, 0.9), **numbers)


def _part(waits: Sequence[int], share: float) -> float | None:
    """Return what this share of waits does not exceed, interpolated between neighbours."""
    if not waits:
        return None
    place = share * (len(waits) - 1)
    below = int(place)
    above = min(below + 1, len(waits) - 1)
    return waits[below] + (waits[above] - waits[below]) * (place - below)


FAR = datetime(2100, 1, 1, tzinfo=UTC)
