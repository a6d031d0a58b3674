"""What the customer has told us, and what was asked of them although it was known.

Promise: per field the newest value by event time, with the event that said it.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from domain.events import (
    ContactInformationProvided,
    ContactInformationRequested,
    CoverageEligibilityChecked,
    EventData,
    IdentityIdentifierLinked,
    RegistrationCompleted,
)
from domain.events.values import Identifier
from domain.identifiers import STRONG_TYPES
from domain.story.cite import Cite, Step, as_kept
from domain.story.saved import Saved

if TYPE_CHECKING:
    from domain.story.story import Story


class Known(Saved):
    """A value of one field; `issuer` is set where the value is an identifier."""

    value: Any
    cite: Cite
    location_id: str | None = None
    verified: bool = False
    issuer: str | None = None


class RedundantQuestion(NamedTuple):
    """The customer was asked for a field that was known; `number` is its place in the event."""

    contact_id: str
    field: str
    number: int
    cite: Cite


class Facts(Saved):
    """All that is known by field, and the fields that were ever requested of the customer."""

    known: dict[str, Known] = {}
    requested: dict[str, Cite] = {}
    redundant_questions: int = 0


def observe(story: "Story", identifiers: tuple[Identifier, ...], *, cite: Cite) -> None:
    """Learn the strong identifiers seen with an event; weak ones are nobody's own."""
    for seen in identifiers:
        if seen.type in STRONG_TYPES:
            _learn(story.facts, seen, cite=cite, verified=seen.verified is True)


def linked(story: "Story", data: IdentityIdentifierLinked, *, cite: Cite) -> None:
    """Learn the strong identifiers that somebody linked to the customer."""
    for seen in (data.a, data.b):
        if seen.type in STRONG_TYPES:
            verified = seen.verified is True or data.method == "agent_confirmed"
            _learn(story.facts, seen, cite=cite, verified=verified)


def provided(story: "Story", data: ContactInformationProvided, *, cite: Cite) -> None:
    """Learn what was said in a contact."""
    for fact in data.facts:
        story.facts.known[fact.field] = Known(as_kept(fact.value), cite)


def registered(story: "Story", data: RegistrationCompleted, *, cite: Cite) -> None:
    """Learn what a registration form holds, and where it was filled in."""
    for fact in data.facts:
        value = as_kept(fact.value)
        story.facts.known[fact.field] = Known(value, cite, location_id=data.location_id)


def checked(story: "Story", data: CoverageEligibilityChecked, *, cite: Cite) -> None:
    """Learn the member id that an eligibility check found."""
    if data.member_id is not None:
        story.facts.known["member_id"] = Known(data.member_id, cite)


def requested(story: "Story", data: ContactInformationRequested, *, cite: Cite) -> None:
    """Note what was asked of the customer; what was known then need not have been asked."""
    if data.asked_by == "customer":
        return
    facts = story.facts
    # asking for one thing twice in one breath is one question
    for name, number in {name: n for n, name in reversed([*enumerate(data.fields)])}.items():
        facts.requested.setdefault(name, cite)
        if name in facts.known:
            facts.redundant_questions += 1
            question = RedundantQuestion(data.contact_id, name, number, cite)
            story.news.questions.append(question)


def _learn(facts: Facts, seen: Identifier, *, cite: Cite, verified: bool) -> None:
    issuer = seen.issuer or ""
    before = facts.known.get(seen.type)
    # seeing it again without verifying it does not make it unverified
    if before is not None and (before.value, before.issuer) == (seen.value, issuer):
        verified = verified or before.verified
    facts.known[seen.type] = Known(seen.value, cite, verified=verified, issuer=issuer)


STEPS: dict[type[EventData], Step] = {
    IdentityIdentifierLinked: linked,
    ContactInformationProvided: provided,
    RegistrationCompleted: registered,
    CoverageEligibilityChecked: checked,
    ContactInformationRequested: requested,
}
