"""Why an event is invalid: pointers to what is wrong, and reasons for whoever published it.

Promise: a reason never contains a value from the input, so it can be logged, counted and shown.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails, ValidationError

from domain.events.checks import PROSE

PROBLEMS_MAX = 10  # enough to fix a publisher, and bounded for whoever keeps them
POINTER_CHARS_MAX = 256

_REASONS = {
    "missing": "is required",
    "extra_forbidden": "is not a member of this event",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_unicode": "must be valid Unicode",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "bool_type": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "refused": "{reason}",
}
_PATTERNS = {
    PROSE: "must not contain control characters",
    r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$": "must be in snake_case",
    r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$": "must be a decimal number in a string, such as 12.50",
    r"^[A-Z]{3}$": "must be three upper-case letters",
    r"^[a-z0-9]{1,20}$": "is no attribute: extensions have 1 to 20 lower-case letters and digits",
    r"^[0-9a-f]{64}$": "must be 64 lower-case hexadecimal digits",
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `pointer` is a JSON Pointer (RFC 6901), "" for the whole event."""

    pointer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """The event cannot be taken; at least one problem, at most PROBLEMS_MAX."""

    problems: tuple[Problem, ...]

    @classmethod
    def because(cls, reason: str, pointer: str = "") -> "Invalid":
        """Make the verdict that rests on one problem."""
        return cls((Problem(pointer, reason),))


def problems_of(error: ValidationError, prefix: tuple[str, ...] = ()) -> list[Problem]:
    """Return what a failed validation found, without any value of the input."""
    details = error.errors(include_url=False, include_input=False)
    return [
        Problem(pointer_to((*prefix, *detail["loc"])), _reason(detail))
        for detail in details[:PROBLEMS_MAX]
    ]


def pointer_to(path: Iterable[str | int]) -> str:
    """Write a path as a JSON Pointer that any store and terminal can hold."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    pointer = "".join(f"/{step}" for step in steps)
    if len(pointer) > POINTER_CHARS_MAX:
        pointer = pointer[: POINTER_CHARS_MAX - 1] + "…"
    return _UNPRINTABLE.sub("\ufffd", pointer)


def _reason(detail: ErrorDetails) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    if detail["type"] == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], "is not of the right form")
    return _REASONS.get(detail["type"], "is not valid").format_map(context)
