"""How far each partition is, and why one stands, as text and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import BAD, GOOD, WARNING, columns, dotted
from consumers.topics.consumed import Consumed
from domain.sentences.phrases import count
from domain.sentences.words import plain

KINDS = ("stored", "duplicate", "conflict", "invalid", "suppressed", "absent")


def consumed_json(found: Sequence[Consumed]) -> dict[str, Any]:
    """Return every partition, and whether all of them are sound."""
    partitions = [asdict(one) | {"lag": one.lag} for one in found]
    return {"partitions": partitions, "is_sound": all(one.is_sound for one in found)}


def consumed_sheet(found: Sequence[Consumed]) -> RenderableType:
    """Return each partition with its counts and its lag; below, why some stand."""
    if not found:
        return Text("nothing was consumed yet")
    rows = [(plain(f"{one.topic}/{one.partition}"), _counts(one), _state(one)) for one in found]
    return Group(*columns(rows), *(_reason(one) for one in found if one.halt is not None))


def _counts(one: Consumed) -> Text:
    given = [f"{number:,} {kind}" for kind in KINDS if (number := getattr(one, kind))]
    return dotted(f"at offset {one.next_offset:,}", *given)


def _state(one: Consumed) -> Text:
    if one.is_complete is False:
        return Text("✖ does not add up", BAD)
    if one.halt is not None:
        return Text(f"✖ stands: {one.halt}", BAD)
    if one.lag is None:
        return Text("▲ lag unknown", WARNING)
    if one.lag:
        return Text(f"▲ {count(one.lag, 'event')} behind", WARNING)
    return Text("● up to date", GOOD)


def _reason(one: Consumed) -> Text:
    since = "" if one.halted_at is None else f" since {one.halted_at:%Y-%m-%dT%H:%M:%SZ}"
    return Text(f"{plain(f'{one.topic}/{one.partition}')} stands{since}: {one.halt_reason}", BAD)
