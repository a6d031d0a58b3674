"""Changes of a brief as sentences; None for a change that follows from what is told anyway.

Fixed forms over the brief's own words; values verbatim, codes and names of fields as words. The
caller makes them safe to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from audit.differences import Change
from domain.sentences.phrases import coded, spoken

Json = Any

# How one element of a list of the brief is called, and the member that says most about it.
ELEMENTS: Mapping[str, tuple[str, str | None]] = {
    "banners": ("banner", "text"),
    "issues": ("issue", "category"),
    "hypotheses": ("hypothesis", "result"),
    "remedies": ("remedy", "what"),
    "promises": ("promise", "what"),
    "orders": ("order", None),
    "attempts": ("delivery", "state"),
    "jobs": ("job", "state"),
    "upcoming": ("coming up:", "text"),
    "last_contacts": ("contact", "channel"),
    "identifiers": ("identifier", None),
    "parties": ("party", None),
    "segments": ("segment", None),
    "do_not_ask": ("“do not ask”", None),
    "confirm": ("“confirm”", None),
    "missing": ("“missing”", None),
}
# Elements that are named by a field, and members whose values are codes.
NAMED_BY_FIELD = frozenset(["do_not_ask", "confirm", "missing", "segments"])
CODES = frozenset(
    ["state", "result", "category", "channel", "resolution", "kind", "level", "hypothesis"]
)
# What follows from what is told anyway.
SILENT = frozenset(["evidence", "headline_evidence", "observed_at", "events_considered"])
# The part of a name that says in what its value is counted: `wait_s_total`.
SECONDS = "s"
NOTHING: tuple[Json, ...] = (None, "", [], {})


def in_words(change: Change) -> str | None:
    """Return one sentence about a change, without its end mark."""
    if change.kind == "reordered" or SILENT.intersection(change.where):
        return None
    match change.where:
        case ("headline",):
            return f"the headline is now: {_value(change.after)}"
        case ("known", field):
            return _known(change, field)
        case ("known", field, "value"):
            return f"known {spoken(field)}: {_value(change.before)} → {_value(change.after)}"
        case ("metrics", name):
            return f"{_named(name)}: {_said(name, change.before)} → {_said(name, change.after)}"
        case _:
            return _TOLD[change.kind](change)


def _known(change: Change, field: str) -> str:
    if change.kind == "removed":
        return f"{spoken(field)} is not known any more"
    return f"{spoken(field)} is known: {_value(change.after.get('value'))}"


def _appeared(change: Change) -> str:
    return f"{_subject(change.where)} appears{_content(change.where, change.after)}"


def _went(change: Change) -> str:
    return f"{_subject(change.where)} goes{_content(change.where, change.before)}"


def _moved(change: Change) -> str:
    before, after = (_said(change.where[-1], one) for one in (change.before, change.after))
    return f"{_subject(change.where)}: {before} → {after}"


_TOLD: Mapping[str, Callable[[Change], str]] = {
    "added": _appeared,
    "removed": _went,
    "changed": _moved,
}


def _subject(where: tuple[str, ...]) -> str:
    """Name what changed, from the outside in: `issue I-1 told count`."""
    words: list[str] = []
    steps = iter(where)
    for step in steps:
        if step in ELEMENTS and (label := next(steps, None)) is not None:
            named = spoken(label) if step in NAMED_BY_FIELD else label
            words.append(f"{ELEMENTS[step][0]} {named}".strip())
        else:
            words.append(_named(step))
    return " ".join(words)


def _named(member: str) -> str:
    """Say the name of a member; its unit stands with the value."""
    return " ".join(part for part in member.split("_") if part != SECONDS)


def _content(where: tuple[str, ...], value: Json) -> str:
    """Return the member of an element that says most about it."""
    section = where[-2] if len(where) > 1 else ""
    member = ELEMENTS.get(section, ("", None))[1]
    if member is None or not isinstance(value, Mapping) or value.get(member) in NOTHING:
        return ""
    return f": {_said(member, value[member])}"


def _said(name: str, value: Json) -> str:
    """Say the value of a member: a code as words, a time with its unit."""
    if SECONDS in name.split("_") and value not in NOTHING:
        return f"{value} {SECONDS}"
    return coded(_value(value)) if name in CODES else _value(value)


def _value(value: Json) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list() | dict() if not value:
            return "none"
        case None | "":
            return "none"
        case list():
            return ", ".join(_value(one) for one in value)
        case dict():
            return ", ".join(f"{_named(name)} {_said(name, one)}" for name, one in value.items())
        case _:
            return str(value)
