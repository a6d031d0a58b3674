"""Who the customer is, as far as the match allows saying it.

Identifiers stand in the order of the match, segments in the order of the contract.
"""

from datetime import datetime, timedelta

from domain.brief.reading import Reading
from domain.brief.shape import Json, stamp_or_none
from domain.identity.match import KnownIdentifier

PERMANENT_COMPLETED_MIN = 5
PERMANENT_YEARS_MIN = 5
NEW = timedelta(days=30)


def who(reading: Reading) -> Json:
    """Return the person and how sure we are."""
    match = reading.match
    is_known = match.level == "known"
    name = reading.facts.get("name")
    since = reading.story.first_at
    return {
        "match": {
            "level": match.level,
            "by": [{"type": h.type, "value": h.value} for h in match.by],
            "candidates": match.candidates,
        },
        "name": name and name.value,
        "customer_since": stamp_or_none(since),
        "tenure_years": since and _tenure_years(since, reading.as_of),
        "segments": [] if since is None else _segments(reading, since),
        "identifiers": [_identifier(i) for i in match.identifiers] if is_known else [],
    }


def _identifier(identifier: KnownIdentifier) -> Json:
    handle = identifier.handle
    return {
        "type": handle.type,
        "value": handle.value,
        "issuer": handle.issuer or None,
        "verified": identifier.verified,
    }


def _tenure_years(since: datetime, as_of: datetime) -> int:
    before_anniversary = _within_year(as_of) < _within_year(since)
    return as_of.year - since.year - before_anniversary


def _within_year(at: datetime) -> tuple[int, int, int, int, int, int]:
    return at.month, at.day, at.hour, at.minute, at.second, at.microsecond


def _segments(reading: Reading, since: datetime) -> list[str]:
    completed = sum(visit.is_over for visit in reading.story.visits.by_id.values())
    completed += sum(state.is_completed for state in reading.orders.values() if state.order)
    years = _tenure_years(since, reading.as_of)
    segments = []
    if completed >= PERMANENT_COMPLETED_MIN or years >= PERMANENT_YEARS_MIN:
        segments.append("permanent_client")
    if reading.as_of - since < NEW:
        segments.append("new")
    return segments
