"""Promises of many customers, one line each, under how they stand."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.brief_sections import PROMISE_STYLES, promise_parts
from cli.render.sheet import BOLD, DIM, WARNING, Cell, Flow, columns
from domain.sentences.phrases import count
from domain.sentences.words import clock, plain, spaced

Document = Mapping[str, Any]
Part = Mapping[str, Any]


def promises_sheet(document: Document) -> RenderableType:
    """Return a page of promises, or that there are none."""
    as_of, promises = document["as_of"], document["promises"]
    end = (
        f"{count(len(promises), 'promise')} · as of {clock(as_of)} UTC"
        f" · known at position {document['position']}"
    )
    # Whole on its line however long: it is there to be copied.
    go_on = Text(f"more with --cursor {document['next']}", DIM, no_wrap=True, overflow="ignore")
    more = [go_on] if document["next"] else []
    return Group(*_by_state(promises, as_of), Text(end, DIM), *more)


def _by_state(promises: list[Part], as_of: str) -> Iterator[RenderableType]:
    for state, group in groupby(promises, key=lambda promise: promise["state"]):
        yield Text(spaced(state), PROMISE_STYLES.get(state, "") or BOLD)
        yield from columns(_row(promise, as_of) for promise in group)
        yield Text()


def _row(promise: Part, as_of: str) -> tuple[Cell, ...]:
    name = Text(plain(promise["name"]), BOLD) if promise["name"] else None
    who = Text(f"customer:{promise['customer_id']}", DIM)
    missing = Text("events are missing", WARNING) if promise["incomplete_since"] else None
    told = Flow(name, *promise_parts(promise, as_of), who, missing)
    return Text(f"  {plain(promise['promise_id'])}"), told
