"""How lengths of time, moments, money and lists read in English.

Promise: exact, never rounded; moments are in UTC and say so.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from domain.events.values import Money

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
_CHANNELS = {
    "voice": "call",
    "sms": "text message",
    "email": "e-mail",
    "chat": "chat",
    "letter": "letter",
    "walk_in": "walk-in",
    "portal": "portal message",
}


_ROLES = {
    "owner_of": "the owner of",
    "household": "of the same household as",
    "patient_of": "a patient of",
    "works_for": "working for",
}


def duration(seconds: int) -> str:
    """Say a length of time in days, hours, minutes and seconds: `2 days 5 hours`."""
    parts = []
    for unit, size in _UNITS:
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(count(number, unit))
    return " ".join(parts) or "0 seconds"


def moment(at: datetime) -> str:
    """Say a moment to the minute, or to the second where it has seconds."""
    at = at.astimezone(UTC)
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{day(at)}, {clock} UTC"


def day(at: datetime) -> str:
    """Say the day of a moment: `2 March 2026`."""
    at = at.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def money(amount: Money) -> str:
    """Say an amount with its currency: `12.50 EUR`."""
    return f"{amount.amount} {amount.currency}"


def listed(items: Iterable[object]) -> str:
    """Join what is listed: `a`, `a and b`, `a, b and c`."""
    *first, last = [str(item) for item in items] or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def count(number: int, noun: str) -> str:
    """Say how many: `1 minute`, `30 minutes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spoken(code: str) -> str:
    """Say a code as words: `not_arrived` is not arrived."""
    return code.replace("_", " ")


def coded(text: str) -> str:
    """Say a text that may be a code: one is said as words, prose keeps every letter."""
    return spoken(text) if _CODE.fullmatch(text) else text


def related(role: str) -> str:
    """Say what somebody is to another: `the owner of`."""
    return _ROLES[role]


def conversation(channel: str | None) -> str:
    """Name a contact by its channel: a call, a chat, a letter."""
    return _CHANNELS.get(channel or "", "contact")
