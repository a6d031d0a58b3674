"""Where a piece of the story was told: the event that anything shown can be traced to.

Promise: whatever the story keeps, it keeps together with the events it rests on.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

Step = Callable[..., None]
"""A step of the fold: step(story, data, cite=cite) changes the story and raises nothing."""


class Cite(NamedTuple):
    """One event as evidence: when it happened, who published it and under which id."""

    at: datetime
    source: str
    id: str

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Be read as the tuple it is: a story has thousands, and calls by field are slow."""
        as_tuple = handler.generate_schema(tuple[datetime, str, str])
        return core_schema.no_info_after_validator_function(partial(tuple.__new__, cls), as_tuple)


def as_kept(value: Any) -> Any:
    """Return a value of an event in the form that it has after a round trip through JSON."""
    return list(value) if isinstance(value, tuple) else value
