"""What we know of the customer, so that nobody asks again; what may have changed; what is missing.

Fields stand in alphabetical order.
"""

from datetime import datetime, timedelta

from domain.brief.shape import Json, evidence, stamp
from domain.handles import Handle
from domain.identity.match import Match
from domain.story.facts import Known
from domain.story.story import Story

VOLATILE = frozenset(
    {
        "address",
        "service_address",
        "email",
        "phone",
        "insurer",
        "member_id",
        "allergies",
        "medications",
    }
)
FRESH = timedelta(days=365)


def known_facts(story: Story, who: Match) -> dict[str, Known]:
    """Return the known fields; an identifier counts as long as it is one of the customer's."""
    facts = sorted(story.facts.known.items())
    return {field: known for field, known in facts if _is_theirs(field, known, who=who)}


def known(facts: dict[str, Known]) -> Json:
    """Return every known value with its origin."""
    return {field: _value(value) for field, value in facts.items()}


def do_not_ask(facts: dict[str, Known], as_of: datetime) -> list[str]:
    """Return the fields that are known and still hold."""
    return [field for field, value in facts.items() if not _is_stale(field, value, as_of=as_of)]


def confirm(facts: dict[str, Known], as_of: datetime) -> list[str]:
    """Return the known fields that change with time and were told more than a year ago."""
    return [field for field, value in facts.items() if _is_stale(field, value, as_of=as_of)]


def missing(story: Story, facts: dict[str, Known]) -> list[str]:
    """Return the fields that were ever asked for and are still not known."""
    return sorted(story.facts.requested.keys() - facts.keys())


def _value(value: Known) -> Json:
    return {
        "value": value.value,
        "observed_at": stamp(value.cite.at),
        "location_id": value.location_id,
        "verified": value.verified,
        "evidence": evidence([value.cite]),
    }


def _is_stale(field: str, value: Known, *, as_of: datetime) -> bool:
    return field in VOLATILE and as_of - value.cite.at > FRESH


def _is_theirs(field: str, value: Known, *, who: Match) -> bool:
    if value.issuer is None or not who.identifiers:
        return True
    handle = Handle(field, value.value, value.issuer)
    return any(identifier.handle == handle for identifier in who.identifiers)
