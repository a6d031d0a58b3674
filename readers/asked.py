"""What people ask with, read from text: whom they mean, which moment, which state of the log.

Commands and HTTP read it alike; a reason never repeats what was asked.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from domain.brief.promises import STATES
from domain.events.upcasting import topic_of
from domain.handles import Handle, NotAHandle
from projections.continuity.items import FIGURES, Figure
from projections.identity.review import REASONS, Reason

CUSTOMER = "customer:"
POSITION_MAX = 2**63 - 1


class NotReadable(ValueError):
    """What was asked with cannot be read; the message says why, not what."""


def identifier_in(text: str) -> Handle | UUID:
    """Read `phone:+17175550142`, `order:O-2` or `customer:UUID`.

    Raises:
        NotReadable: it is none of them.
    """
    try:
        if text.startswith(CUSTOMER):
            return UUID(text.removeprefix(CUSTOMER))
        return Handle.parse(text)
    except NotAHandle as error:
        raise NotReadable(str(error)) from None
    except ValueError:
        raise NotReadable("needs a UUID after customer:") from None


def moment_in(text: str) -> datetime:
    """Read an RFC 3339 time; one without an offset is UTC.

    Raises:
        NotReadable: it is not a time.
    """
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise NotReadable("must be a time such as 2026-03-05T15:00:00Z") from None


def day_in(text: str) -> date:
    """Read a day such as 2026-03-05.

    Raises:
        NotReadable: it is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotReadable("must be a day such as 2026-03-05") from None


def figure_in(text: str) -> Figure:
    """Read the name of a figure of continuity.

    Raises:
        NotReadable: there is no such figure.
    """
    for figure in FIGURES:
        if text == figure:
            return figure
    raise NotReadable(f"must be one of {', '.join(FIGURES)}")


def zone_in(text: str) -> str:
    """Read the name of an IANA time zone.

    Raises:
        NotReadable: there is no such zone.
    """
    if text not in zones():
        raise NotReadable("must be an IANA time zone such as Europe/Berlin")
    return text


@cache
def zones() -> frozenset[str]:
    """Return the time zones that mean the same on every machine."""
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


def position_or_moment_in(text: str) -> int | datetime:
    """Read a position of the log, or a time by which it had recorded what is meant.

    Raises:
        NotReadable: it is neither.
    """
    if not (text.isascii() and text.isdecimal()):
        return moment_in(text)
    if int(text[:20]) > POSITION_MAX:
        raise NotReadable("is too large for a position")
    return int(text)


def reason_in(text: str) -> Reason:
    """Read why something waits for a person.

    Raises:
        NotReadable: it is none of the reasons.
    """
    for reason in REASONS:
        if text == reason:
            return reason
    raise NotReadable(f"must be one of {', '.join(REASONS)}")


def type_in(text: str) -> str:
    """Read a type of event, by its full type or by its name such as `contact.started`.

    Raises:
        NotReadable: there is no such type.
    """
    topic = topic_of(text)
    if topic is None:
        raise NotReadable("is not a type of event")
    return topic


def state_in(text: str) -> str:
    """Read a state of a promise, such as `due_soon`.

    Raises:
        NotReadable: there is no such state.
    """
    if text not in STATES:
        raise NotReadable(f"must be one of {', '.join(STATES)}")
    return text


def reference_in(text: str) -> Handle:
    """Read the id of a thing, such as `order:O-2`.

    Raises:
        NotReadable: it is not the id of a thing.
    """
    named = identifier_in(text)
    if isinstance(named, UUID) or named.is_identifier:
        raise NotReadable("must be the id of a thing, such as order:O-2")
    return named


def text_in(text: str) -> str:
    """Read a text to search for.

    Raises:
        NotReadable: no database can hold it.
    """
    if "\0" in text or not text.isprintable():
        raise NotReadable("must be printable text")
    return text
