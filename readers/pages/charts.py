"""Small charts over days as the geometry of their bars; a template draws them as SVG.

Promise: every day of the period has its place, whether or not anything happened on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH = 360
HEIGHT = 72
BAR_SHARE = 0.8
"""Of the place of a day; the rest parts it from the next one."""
BAR_HEIGHT_MIN = 1.5
"""What happened once is to be seen beside what happened a thousand times."""

Stack = Sequence[float | None]
"""The values of a day that stand on each other; None where there is none to take."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a day, in the units of the drawing; `series` is its place in the stack."""

    day: date
    series: int
    value: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, and the value that the full height stands for."""

    bars: tuple[Bar, ...]
    top: float
    width: int = WIDTH
    height: int = HEIGHT


def chart(stacks: Mapping[date, Stack], days: Sequence[date]) -> Chart:
    """Draw the values of days, each in its place among all days of a period."""
    top = max((sum(filter(None, stack)) for stack in stacks.values()), default=0)
    step = WIDTH / max(1, len(days))
    bars = (
        bar
        for number, day in enumerate(days)
        for bar in _bars(day, stacks.get(day, ()), x=number * step, step=step, top=top)
    )
    return Chart(tuple(bars), top)


def days_of(since: date, until: date) -> list[date]:
    """Return every day from one to another, both included."""
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def _bars(day: date, stack: Stack, *, x: float, step: float, top: float) -> Iterator[Bar]:
    y = float(HEIGHT)
    for series, value in enumerate(stack):
        if value:
            height = round(max(BAR_HEIGHT_MIN, value / top * HEIGHT), 2)
            y = max(0.0, round(y - height, 2))
            yield Bar(day, series, value, round(x, 2), y, round(step * BAR_SHARE, 2), height)
