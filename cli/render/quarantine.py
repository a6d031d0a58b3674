"""Quarantine as a person reads it: a list with reasons, one event, what was refused again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.sheet import BAD, BOLD, DIM, GOOD, Cell, Flow, columns, section
from consumers.held import Held, HeldPage
from consumers.resolving import Retried
from domain.problems import Problem
from domain.sentences.phrases import count
from domain.sentences.words import clock, plain

BYTES_SHOWN = 4_000
"""More does not help to see what is wrong; --raw writes all."""


def held_sheet(page: HeldPage) -> RenderableType:
    """Return one page, an event and its reasons each, or that there is none."""
    if not page.items:
        return Text("no events")
    go_on = Text(f"more with --cursor {page.next}", DIM, no_wrap=True, overflow="ignore")
    more = [go_on] if page.next else []
    said = Text(count(len(page.items), "event"), DIM)
    return Group(*columns(_row(held) for held in page.items), said, *more)


def in_full(held: Held) -> RenderableType:
    """Return one event: where it came from, why it is here, what was decided, what was sent."""
    seen = f"first {clock(held.first_seen.isoformat())} UTC"
    fate = [Text(held.state, GOOD if held.state == "stored" else BOLD)]
    if held.position:
        fate.append(Text(f"at position {held.position}"))
    if held.decided:
        fate.append(Text(f"by {plain(held.decided.by)}: {plain(held.decided.reason)}"))
    again = f"offered again {count(held.retried_count, 'time')}" if held.retried_count else None
    return Group(
        *section("event", [Text(str(held.id))]),
        *section("from", [Flow(plain(held.origin), seen, count(held.seen_count, "time"))]),
        *section("state", [Flow(*fate, again)]),
        *section(held.verdict, [Text(_reason(problem)) for problem in held.problems], style=BAD),
        *section("sent", _sent(held)),
    )


def refused_again(retried: Sequence[Retried]) -> Iterator[str]:
    """Yield a line for each reason why an event that was offered again stays held."""
    for held, verdict in retried:
        if verdict.is_refused:
            for problem in verdict.problems:
                yield f"{plain(held.origin)}: {verdict.kind}{_reason(problem, ' ')}"


def _row(held: Held) -> tuple[Cell, ...]:
    reasons = [Text(_reason(problem)) for problem in held.problems]
    times = f"seen {count(held.seen_count, 'time')}" if held.seen_count > 1 else None
    at = f"at position {held.position}" if held.position else None
    told = Flow(Text(held.verdict, BAD), *reasons, times, at)
    return Text(str(held.id), no_wrap=True), Text(plain(held.origin)), told


def _reason(problem: Problem, before: str = "") -> str:
    at = f"{before}{plain(problem.pointer)}" if problem.pointer else ""
    return f"{at}: {plain(problem.reason)}" if at or before else plain(problem.reason)


def _sent(held: Held) -> list[RenderableType]:
    if held.received is None:
        return [Text("nothing is left: the person was erased")]
    raw, attributes = held.received.raw, held.received.attributes or {}
    named: list[RenderableType] = [
        Text(f"{plain(name)}: {plain(value)}", DIM) for name, value in sorted(attributes.items())
    ]
    shown = Text(plain(raw[:BYTES_SHOWN].decode("utf-8", "backslashreplace")))
    rest = len(raw) - BYTES_SHOWN
    cut = [Text(f"and {count(rest, 'byte')} more; --raw writes all", DIM)] if rest > 0 else []
    return [*named, shown, *cut]
