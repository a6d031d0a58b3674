"""The checks behind the values of events that need more than a length and a pattern.

Promise: a scalar is never converted into another, and a reason never repeats the value it refuses.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import isfinite
from typing import Any
from zoneinfo import available_timezones

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

TEXT_CHARS_MAX = 4096
INTEGER_MAX = 2**53 - 1  # I-JSON: beyond it other languages round
DURATION_MAX = timedelta(days=36_525)  # a century: a due time must stay within the calendar
PROSE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"  # no control characters but tab, LF, CR
TRUSTED = "trusted"  # validation context of bytes that were accepted once

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,18})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_CALENDAR_DURATION = re.compile(r"P(?:\d+[YMWD])*\d+[YM]", re.ASCII)
_HH_MM = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_YYYY_MM_DD = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def refusal(reason: str) -> PydanticCustomError:
    """Make the error that carries `reason` to whoever published the event."""
    # braces would be read as a template
    return PydanticCustomError("refused", "{reason}", {"reason": reason})


def moment(value: Any) -> datetime:
    """Read an RFC 3339 time with an offset as an aware UTC datetime."""
    if type(value) is str and _RFC_3339.fullmatch(value):
        try:
            value = _from_text(value)
        except ValueError:
            raise refusal("is not a time that exists") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise refusal("must be an RFC 3339 time with an offset")
    return value if value.tzinfo is UTC and value.year > 1 else _in_utc(value)


def kept_moment(text: str) -> datetime:
    """Read a time that was accepted once as `moment` reads it."""
    value = _from_text(text)
    return value if value.tzinfo is UTC and value.year > 1 else _in_utc(value)


def _from_text(text: str) -> datetime:
    return datetime.fromisoformat(text if text[-1] != "z" else text[:-1] + "Z")


def _in_utc(value: datetime) -> datetime:
    try:
        in_utc = value.astimezone(UTC)
    except OverflowError:
        raise refusal("is outside the years 2 to 9999") from None
    # the first day of the year 1 does not exist in every time zone
    if in_utc.year < 2:
        raise refusal("is outside the years 2 to 9999")
    return in_utc


def duration(value: Any) -> timedelta:
    """Read an ISO 8601 duration of fixed length."""
    if isinstance(value, str):
        if _CALENDAR_DURATION.match(value):
            raise refusal("has years or months, which have no fixed length: use days or weeks")
        found = _DURATION.fullmatch(value)
        parts = {k: int(v) for k, v in found.groupdict().items() if v} if found else {}
        if not parts:
            raise refusal("must be an ISO 8601 duration, such as PT24H")
        value = timedelta(**parts)
    if not isinstance(value, timedelta):
        raise refusal("must be an ISO 8601 duration, such as PT24H")
    if not timedelta(0) < value <= DURATION_MAX:
        raise refusal("must be longer than nothing and at most a century")
    return value


def local_time(value: Any) -> time:
    """Read `HH:MM` as a local time."""
    if isinstance(value, str) and _HH_MM.fullmatch(value):
        value = time.fromisoformat(value)
    if not isinstance(value, time) or value.tzinfo is not None or value.second:
        raise refusal("must be a local time HH:MM")
    return value


def day(value: Any) -> date:
    """Read `YYYY-MM-DD` as a date."""
    if isinstance(value, str) and _YYYY_MM_DD.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise refusal("is not a day that exists") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise refusal("must be a day YYYY-MM-DD")
    return value


def number(value: Any) -> int | float:
    """Take a finite number that every reader holds exactly."""
    if type(value) is int:
        if -INTEGER_MAX <= value <= INTEGER_MAX:
            return value
        raise refusal("is beyond the integers that all readers hold exactly")
    if type(value) is float and isfinite(value):
        return value
    raise refusal("must be a finite number")


def scalar(value: Any) -> str | int | float | bool:
    """Take a string, a number or a boolean."""
    if type(value) is str:
        return prose(value)
    if type(value) is bool:
        return value
    if type(value) is int or type(value) is float:
        return number(value)
    raise refusal("must be a string, a number or a boolean")


def prose(value: str) -> str:
    """Take text without control characters but tab, line feed and carriage return."""
    if len(value) > TEXT_CHARS_MAX:
        raise refusal(f"must have at most {TEXT_CHARS_MAX} characters")
    if not value.isprintable() and _UNPRINTABLE.search(value):
        raise refusal("must not contain control characters")
    return value


def fact_value(value: Any) -> Any:
    """Take a scalar or a list of scalars, which becomes a tuple."""
    if type(value) is list or type(value) is tuple:
        return tuple(scalar(item) for item in value)
    if type(value) is dict or value is None:
        raise refusal("must be a string, a number, a boolean or a list of them")
    return scalar(value)


def document(value: Any) -> dict[str, Any]:
    """Take a JSON object whose strings and numbers can be kept."""
    if type(value) is not dict:
        raise refusal("must be an object")
    _check_json(value)
    return value


def _check_json(value: Any) -> None:
    # the parser bounds the depth
    if type(value) is dict:
        for name, item in value.items():
            prose(name)
            _check_json(item)
    elif type(value) is list:
        for item in value:
            _check_json(item)
    elif type(value) is str:
        prose(value)
    elif value is not None and type(value) is not bool:
        number(value)


def zone(value: str, info: ValidationInfo) -> str:
    """Take the name of an IANA time zone."""
    # a zone that was known when it was accepted stays readable
    if value not in _zones() and info.context != TRUSTED:
        raise refusal("is not an IANA time zone known here")
    return value


@cache
def _zones() -> frozenset[str]:
    # what these two mean depends on the machine
    return frozenset(available_timezones() - {"localtime", "posixrules"})
