"""Handles: identifiers and references in the one form by which they are looked up.

Promise: an event always yields the same handles in the same order, each once, and nothing that the
event does not state.
"""

import re
from typing import TYPE_CHECKING, NamedTuple, Self

from domain.identifiers import (
    IDENTIFIER_TYPES,
    STRONG_TYPES,
    IdentifierInvalid,
    normalise,
    normalise_kept,
)

if TYPE_CHECKING:
    from domain.event import Event
    from domain.events.event import EventData

REFERENCES = {
    "tracking_number": "tracking_number",
    "delivery_id": "delivery",
    "replaces_delivery_id": "delivery",
    "job_id": "job",
    "promise_id": "promise",
    "by_promise_id": "promise",
    "completion_promise_id": "promise",
    "remedy_id": "remedy",
    "claim_id": "claim",
    "preauthorization_id": "preauthorization",
    "encounter_id": "encounter",
    "appointment_id": "appointment",
    "visit_id": "visit",
    "payment_id": "payment",
    "invoice_id": "invoice",
    "complaint_id": "complaint",
    "contact_id": "contact",
    "previous_contact_id": "contact",
    "issue_id": "issue",
    "order_id": "order",
    "policy_id": "policy",
    "service_id": "service",
    "asset_id": "asset",
}
"""Members of `data` that lead to a customer, with the type of handle; most specific first."""

_REFERRING = frozenset(REFERENCES)
_SPECIFIC_FIRST = {name: rank for rank, name in enumerate(REFERENCES)}
EVENT = "event"
REFERENCE_TYPES = (*dict.fromkeys(REFERENCES.values()), EVENT)
REFERENCE_CHARS_MAX = 128
_FILING = {kind: rank for rank, kind in enumerate((*IDENTIFIER_TYPES, *REFERENCE_TYPES))}
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WITH_ISSUER = frozenset((*STRONG_TYPES, EVENT))


class NotAHandle(ValueError):
    """The text is not a handle such as `phone:+17175550142`; the message says why, not what."""


# Named tuples, not dataclasses: several are made and hashed for every event, at half the cost.
class Handle(NamedTuple):
    """An identifier or a reference in its normal form; `issuer` is empty where there is none."""

    type: str
    value: str
    issuer: str = ""

    def __str__(self) -> str:
        """Print the form that `parse` reads back: `type:value`, or `type:value@issuer`."""
        if self.type not in _WITH_ISSUER or not (self.issuer or "@" in self.value):
            return f"{self.type}:{self.value}"
        issuer = self.issuer.replace("%", "%25").replace("@", "%40")
        return f"{self.type}:{self.value}@{issuer}"

    @classmethod
    def parse(cls, text: str, *, is_kept: bool = False) -> Self:
        """Read `type:value` or `type:value@issuer`, normalising the value.

        What is kept was accepted once and is taken whatever today's rules say. Raises NotAHandle.
        """
        if _UNWRITABLE.search(text):
            raise NotAHandle("must not contain control characters")
        kind, _, value = text.partition(":")
        if kind not in _FILING:
            raise NotAHandle("has no known type before its colon")
        issuer = ""
        if kind in _WITH_ISSUER and "@" in value:
            value, _, issuer = value.rpartition("@")
            issuer = issuer.replace("%40", "@").replace("%25", "%").strip()
        if kind in IDENTIFIER_TYPES:
            return cls(kind, _normal(kind, value, is_kept=is_kept), issuer)
        if not value or (kind != EVENT and len(value) > REFERENCE_CHARS_MAX):
            raise NotAHandle(f"needs 1 to {REFERENCE_CHARS_MAX} characters after its colon")
        return cls(kind, value, issuer)

    @property
    def is_strong(self) -> bool:
        """Whether this belongs to one person per issuer."""
        return self.type in STRONG_TYPES

    @property
    def is_identifier(self) -> bool:
        """Whether this was observed about a person, rather than being the id of a thing."""
        return self.type in IDENTIFIER_TYPES


class Handles(NamedTuple):
    """Everything by which one event can be found, by the kind of evidence it is."""

    strong: tuple[Handle, ...] = ()
    weak: tuple[Handle, ...] = ()
    references: tuple[Handle, ...] = ()
    parties: tuple[Handle, ...] = ()
    stated: tuple[Handle, ...] = ()
    """The identifiers that an identity statement is about, in its order: (a, b)."""

    @property
    def everything(self) -> tuple[Handle, ...]:
        """Every handle once: strong, weak, stated, references, parties."""
        if not (self.stated or self.parties):
            # These three have no type in common, and each has every handle once.
            return self.strong + self.weak + self.references
        return _once([*self.strong, *self.weak, *self.stated, *self.references, *self.parties])


def handles_of(data: "EventData") -> Handles:
    """Return the handles in `data`: identifiers as given, references most specific first."""
    strong: list[Handle] = []
    weak: list[Handle] = []
    for handle in data.observed():
        (strong if handle.type in STRONG_TYPES else weak).append(handle)
    parties: tuple[Handle, ...] = ()
    if data.parties:
        parties = _once([i.handle for party in data.parties for i in party.identifiers])
    return Handles(_once(strong), _once(weak), references_of(data), parties, data.stated())


def references_of(data: "EventData") -> tuple[Handle, ...]:
    """Return the references in `data`, most specific first, each once."""
    # the dictionary is read because sixteen attributes of a model cost as much as the rest
    members = data.__dict__
    named = data.__pydantic_fields_set__ & _REFERRING
    ordered = named if len(named) < 2 else sorted(named, key=_SPECIFIC_FIRST.__getitem__)
    found = [Handle(REFERENCES[n], members[n]) for n in ordered if members[n] is not None]
    found.extend(data.pointed())
    return _once(found)


def filing_handle(event: "Event", found: Handles | None = None) -> Handle:
    """Return the one handle that an event is filed under; `found` spares looking for them again.

    That is the strongest identifier observed or stated in it, else its most specific reference,
    else the event itself. Other parties' identifiers never file it: it is not their story.
    """
    found = found or handles_of(event.data)
    candidates = found.strong or found.weak or found.stated or found.references
    if not candidates:
        return Handle(EVENT, event.id, event.source)
    return candidates[0] if len(candidates) == 1 else min(candidates, key=_rank)


def _once(handles: list[Handle]) -> tuple[Handle, ...]:
    return tuple(handles) if len(handles) < 2 else tuple(dict.fromkeys(handles))


def _rank(handle: Handle) -> int:
    return _FILING[handle.type]


def _normal(kind: str, value: str, *, is_kept: bool) -> str:
    if is_kept:
        return normalise_kept(kind, value)
    try:
        return normalise(kind, value)
    except IdentifierInvalid as invalid:
        raise NotAHandle(f"{kind} {invalid}") from None
