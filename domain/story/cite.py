"""Where a piece of the story was told: the event that anything shown can be traced to.

Promise: whatever the story keeps, it keeps together with the events it rests on.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

Step = Callable[..., None]
"""A step of the fold: step(story, data, cite=cite) changes the story and raises nothing."""


class Cite(NamedTuple):
    """One event as evidence: when it happened, who published it and under which id."""

    at: datetime
    source: str
    id: str


def as_kept(value: Any) -> Any:
    """Return a value of an event in the form that it has once it was saved and read."""
    return list(value) if isinstance(value, tuple) else value
