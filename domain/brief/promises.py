"""The promises, the most pressing first: broken, refused, due soon, open, then what is settled.

Within a state the one due first stands first; one without a due time stands last.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from domain.brief.reading import Reading
from domain.brief.shape import Json, evidence, stamp_or_none
from domain.story.promises import Promise, overdue_s, state_at

STATES = (
    "broken",
    "refused",
    "due_soon",
    "open",
    "kept_late",
    "kept",
    "superseded",
    "waived",
)
_NEVER = datetime.max.replace(tzinfo=UTC)


def promises(reading: Reading) -> list[Json]:
    """Return every promise with its state."""
    as_of = reading.as_of
    found = [(promise, state_at(promise, as_of)) for promise in _all(reading)]
    return [
        promise_json(promise, state, as_of=as_of)
        for promise, state in sorted(found, key=lambda pair: _pressing(*pair))
    ]


def promise_json(promise: Promise, state: str, *, as_of: datetime) -> Json:
    """Return a promise as it stands at a moment, when it is in this state."""
    return {
        "promise_id": promise.promise_id,
        "what": promise.what,
        "due_at": stamp_or_none(promise.due_at),
        "state": state,
        "overdue_s": overdue_s(promise, as_of),
        "refs": dict(sorted(promise.refs.items())),
        "evidence": evidence(promise.cites),
    }


def _all(reading: Reading) -> Iterable[Promise]:
    return reading.story.promises.by_id.values()


def _pressing(promise: Promise, state: str) -> tuple[int, datetime, str]:
    return STATES.index(state), promise.due_at or _NEVER, promise.promise_id
