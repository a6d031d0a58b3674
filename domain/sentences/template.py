"""What a template is, and the turns that several of them share.

Promise: a template has its wording fixed and its facts verbatim; codes and names of fields are said
as words.
"""

from collections.abc import Callable
from typing import Any

from domain.events import EventData
from domain.events.values import Fact, Identifier
from domain.sentences.phrases import coded, listed, spoken

Template = Callable[..., str]
Templates = dict[type[EventData], Template]


def because(reason: str | None) -> str:
    """Append a reason where there is one."""
    return f": {coded(reason)}" if reason else ""


def with_(words: str, value: object) -> str:
    """Append words and a value where there is a value: `with_(" by", "courier")`."""
    return "" if value is None else f"{words} {value}"


def about(data: EventData) -> str:
    """Name the issue and the things that an event concerns, apart from its own id."""
    things = (
        ("issue", data.issue_id),
        ("order", data.order_id),
        ("delivery", data.delivery_id),
        ("visit", data.visit_id),
    )
    named = [f"{kind} {thing}" for kind, thing in things if thing is not None]
    return f" for {listed(named)}" if named else ""


def told(facts: tuple[Fact, ...]) -> str:
    """List facts as they were told."""
    return listed(f"{spoken(fact.field)} {value(fact.value)}" for fact in facts)


def value(said: Any) -> str:
    """Say a value: a list by its parts, a truth as yes or no."""
    if isinstance(said, tuple):
        return listed(value(part) for part in said)
    if isinstance(said, bool):
        return "yes" if said else "no"
    return str(said)


def named(identifier: Identifier) -> str:
    """Name an identifier with its type."""
    return f"{spoken(identifier.type)} {identifier.value}"
