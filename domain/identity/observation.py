"""What one event says about who somebody is, without anything else that it says.

Promise: parties of an event (patient, payer, household) never identify its customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from domain.corrections import STATEMENTS, EventName, claims, name_of, with_corrections
from domain.event import Event, OrderKey, order_key
from domain.events import CalendarDefined, EventCorrected, EventRetracted
from domain.events.identity import (
    IdentityCustomersMerged,
    IdentityCustomersUnmerged,
    IdentityIdentifierLinked,
    IdentityIdentifierUnlinked,
    IdentityMatchRejected,
    IdentityRelationshipDeclared,
)
from domain.handles import Handle, references_of

StatementKind = Literal["linked", "unlinked", "rejected", "merged", "unmerged", "related"]

_NOBODY: frozenset[Handle] = frozenset()
_RANKS = {"email": 1, "phone": 2}
_KINDS: dict[type, StatementKind] = {
    IdentityIdentifierLinked: "linked",
    IdentityIdentifierUnlinked: "unlinked",
    IdentityMatchRejected: "rejected",
    IdentityCustomersMerged: "merged",
    IdentityCustomersUnmerged: "unmerged",
    IdentityRelationshipDeclared: "related",
}


def rank(handle: Handle) -> int:
    """Return how well an identifier identifies: 0 strong, 1 e-mail, 2 telephone."""
    return _RANKS.get(handle.type, 0)


def merge_handle(merge_id: str) -> Handle:
    """Return the handle of a merge: nobody looks one up, but what undoes it waits under it."""
    return Handle("merge", merge_id)


class Statement(NamedTuple):
    """What somebody said about two identifiers, or about a merge that went before.

    Those who are related have a role: (subject, object) in `pair` are patient and doctor, say.
    """

    kind: StatementKind
    pair: tuple[Handle, ...] = ()
    merge_id: str = ""
    role: str = ""


class Observation(NamedTuple):
    """The identifiers, references and statement of one event.

    `anchors` are its identifiers of the best rank, `attached` those of lower ranks; `verified` are
    those that somebody checked. A retracted event only belongs where its handles lead. `about` is
    the event that a correction names, and `follows` what the events behind it say, as they read
    now: it is theirs too. `since` is the position from which on it reads as it does, where that is
    not its own.
    """

    position: int
    key: OrderKey
    anchors: tuple[Handle, ...] = ()
    attached: tuple[Handle, ...] = ()
    references: tuple[Handle, ...] = ()
    statement: Statement | None = None
    verified: frozenset[Handle] = frozenset()
    is_retracted: bool = False
    about: Handle | None = None
    follows: tuple[Observation, ...] = ()
    since: int = 0

    @property
    def named(self) -> tuple[Handle, ...]:
        """Every handle by which it can become somebody's; a merge is one of them."""
        if self.about is None:
            return self.own
        followed = [handle for one in self.follows for handle in one.own]
        return tuple(dict.fromkeys((*self.own, self.about, *followed)))

    @property
    def own(self) -> tuple[Handle, ...]:
        """Every handle that it states itself, by itself or about a merge."""
        said = self.statement
        if said is None:
            return (*self.anchors, *self.attached, *self.references)
        return (*said.pair, merge_handle(said.merge_id)) if said.merge_id else said.pair

    @property
    def event_name(self) -> EventName:
        """The source and the id of the event, which its place in order ends with."""
        _, source, _, _, _, event_id = self.key
        return source, event_id

    @property
    def is_followed(self) -> bool:
        """Whether its customers are looked for anew whenever anything that it names changes."""
        return self.statement is not None or self.is_retracted or self.about is not None

    @property
    def said(self) -> Observation:
        """What it says by itself, whatever it is about."""
        return self if self.about is None else self._replace(about=None, follows=())

    @property
    def is_violation(self) -> bool:
        """Whether it names two values of one type and issuer, which never are one person."""
        if len(self.anchors) < 2:
            return False
        kinds = [(handle.type, handle.issuer) for handle in self.anchors]
        return len(set(kinds)) < len(kinds)


def distill(event: Event) -> Observation:
    """Return what an event says about who somebody is, were it not for corrections."""
    data, key = event.data, order_key(event)
    kind = _KINDS.get(type(data))
    if kind is not None:
        merge_id, role = (getattr(data, name, "") for name in ("merge_id", "role"))
        said = Statement(kind, data.stated(), merge_id, role)
        return Observation(event.position, key, statement=said)
    if type(data) is CalendarDefined:
        # Whomever it names, it is nobody's: promises of all are counted by it.
        return Observation(event.position, key)
    about = None
    references = references_of(data)
    if type(data) in STATEMENTS:
        # What it is about leads to that event's customers, not to whoever else named that event.
        (about,) = data.pointed()
        references = tuple(handle for handle in references if handle != about)
    people = data.observed()
    anchors, attached = _by_rank(people) if people else ((), ())
    checked = [one.handle for one in data.identifiers if one.verified]
    verified = frozenset(checked) if checked else _NOBODY
    # By place, not by name: every event comes through here.
    return Observation(
        event.position, key, anchors, attached, references, None, verified, False, about
    )


def _by_rank(people: tuple[Handle, ...]) -> tuple[tuple[Handle, ...], tuple[Handle, ...]]:
    """Return the handles of the best rank, and the others."""
    if len(people) == 1:
        return people, ()
    people = tuple(dict.fromkeys(people))
    ranks = [rank(handle) for handle in people]
    best = min(ranks)
    ranked = list(zip(people, ranks, strict=True))
    return (
        tuple([handle for handle, its in ranked if its == best]),
        tuple([handle for handle, its in ranked if its != best]),
    )


def observations(events: Iterable[Event]) -> list[Observation]:
    """Return what events say about who somebody is, each as it reads after the corrections of it.

    All corrections that count are among the events, and corrections of these.
    """
    told = list(events)
    stated = _stated_at(told)
    if not stated:
        return [distill(event) for event in told]
    now: dict[EventName, Event] = {}
    seen: dict[EventName, Observation] = {}
    for event, has_effect in with_corrections(told):
        name = name_of(event)
        now[name], seen[name] = event, distill(event)._replace(is_retracted=not has_effect)
    return [_read(event, seen, now=now, since=stated.get(name_of(event), 0)) for event in told]


def _read(
    event: Event,
    seen: Mapping[EventName, Observation],
    *,
    now: Mapping[EventName, Event],
    since: int,
) -> Observation:
    name = name_of(event)
    one = seen[name]
    if one.about is not None:
        followed = tuple(seen[about].said for about in _behind(name, now))
        one = one._replace(follows=followed)
    if not since or one.is_retracted or one.said == distill(event).said:
        return one
    return one._replace(since=since)


def _stated_at(events: Iterable[Event]) -> dict[EventName, int]:
    """Return the position of the last statement that can count for each event."""
    found: dict[EventName, int] = {}
    for event in events:
        if isinstance(event.data, EventCorrected | EventRetracted):
            for name, _ in claims(event.data):
                found[name] = max(event.position, found.get(name, 0))
    return found


def _behind(name: EventName, now: Mapping[EventName, Event]) -> Iterator[EventName]:
    """Yield what a correction is about; where that is a correction, also what that is about."""
    passed = {name}
    while isinstance(data := now[name].data, EventCorrected | EventRetracted):
        name = (data.corrects.source, data.corrects.id)
        if name in passed or name not in now:
            return
        passed.add(name)
        yield name
