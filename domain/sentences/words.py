"""Times, spans and values in the words of a person, on one line and without what moves a cursor."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

_DAY_S = 86_400
_UNITS = ((_DAY_S, "day", "days"), (3_600, "h", "h"), (60, "min", "min"), (1, "s", "s"))
_SPAN_UNITS_MAX = 2  # "2 days 5 h" is as exact as anybody says it
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NEIGHBOURS = {-1: "yesterday", 0: "today", 1: "tomorrow"}
# Controls, and the marks that make text read in another direction than it is written.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def plain(value: object) -> str:
    """Return a value as text on one line that a terminal only shows."""
    match value:
        case bool():
            text = "yes" if value else "no"
        case str():
            text = value
        case Sequence():
            text = ", ".join(plain(part) for part in value)
        case _:
            text = str(value)
    return _UNPRINTABLE.sub("\ufffd", text)


def spaced(name: object) -> str:
    """Return a snake_case name as words."""
    return plain(name).replace("_", " ")


def span(seconds: int) -> str:
    """Return a length of time by its two largest units: `2 days 5 h`."""
    rest, parts = abs(seconds), []
    for size, one, many in _UNITS:
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number} {one if number == 1 else many}")
    return " ".join(parts[:_SPAN_UNITS_MAX]) or "0 s"


def parsed(moment: str) -> datetime:
    """Read an RFC 3339 time."""
    return datetime.fromisoformat(moment)


def day(moment: str) -> str:
    """Return the date of an RFC 3339 time: `3 Mar 2026`."""
    at = parsed(moment)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def clock(moment: str) -> str:
    """Return an RFC 3339 time in full: `3 Mar 2026 10:00`, with seconds if it has any."""
    return f"{day(moment)} {_hours(parsed(moment))}"


def incomplete(since: str | None) -> str:
    """Say that what was recorded since then is missing, where that is so."""
    return "" if since is None else f" · INCOMPLETE: what came since {clock(since)} UTC is missing"


def when(moment: str, as_of: str) -> str:
    """Return a time as somebody says it at `as_of`: `today 10:00`, `3 Mar 10:00`."""
    at, now = parsed(moment), parsed(as_of)
    neighbour = _NEIGHBOURS.get((at.date() - now.date()) // timedelta(days=1))
    if neighbour:
        return f"{neighbour} {_hours(at)}"
    return (
        clock(moment) if at.year != now.year else f"{at.day} {_MONTHS[at.month - 1]} {_hours(at)}"
    )


def when_about(moment: str, as_of: str) -> str:
    """Return a time as `when` does, but only the day if it is longer ago than yesterday."""
    said = when(moment, as_of)
    return said if said.startswith(tuple(_NEIGHBOURS.values())) else said.rpartition(" ")[0]


def seconds_between(earlier: str, later: str) -> int:
    """Return the whole seconds from one RFC 3339 time to another."""
    return int((parsed(later) - parsed(earlier)).total_seconds())


def _hours(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
