"""Identifiers of facts that were accepted once: made by the rules once, and met again many times.

Promise: they are what the rules make of what was stated.
"""

from functools import lru_cache
from typing import Any

from domain.events.checks import TRUSTED
from domain.events.values import Identifier

# About 1 KB each, and those of whom much is heard are heard of again and again.
REMEMBERED_MAX = 8_192


def identifiers_met(stated: list[dict[str, Any]]) -> tuple[tuple[Identifier, ...], bool]:
    """Return identifiers that were accepted once, and whether they were stated in normal form."""
    met = [_met(tuple(one.items())) for one in stated]
    if len(met) == 1:
        ((identifier, is_normal),) = met
        return (identifier,), is_normal
    return tuple([identifier for identifier, _ in met]), all([is_normal for _, is_normal in met])


@lru_cache(maxsize=REMEMBERED_MAX)
def _met(stated: tuple[tuple[str, Any], ...]) -> tuple[Identifier, bool]:
    made = Identifier.model_validate(dict(stated), context=TRUSTED)
    return made, all([value is not None and getattr(made, name) == value for name, value in stated])
