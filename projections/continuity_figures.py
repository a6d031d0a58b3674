"""The figures of continuity, by day and in total, as of a moment of the world's clock.

Promise: a figure is the number of its items, by the same definition and within the same bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from projections.continuity_promises import PROMISES_DUE

DAYS_MAX = 200

ITEMS = f"""
SELECT figure, at, holds_from, holds_until, customer_id, contact_id, source, name, number, value,
    field, NULL AS promise_id, evidence FROM continuity_items
UNION ALL {PROMISES_DUE}
"""  # noqa: S608 - constants above
IN_PERIOD = """
at >= %(since)s::timestamp AT TIME ZONE %(zone)s
    AND at < (%(until)s::date + 1)::timestamp AT TIME ZONE %(zone)s
    AND at <= %(as_of)s AND holds_from <= %(as_of)s
    AND (holds_until IS NULL OR holds_until > %(as_of)s)
"""
_FIGURES = """
count(*) FILTER (WHERE figure = 'contacts'),
    count(*) FILTER (WHERE figure = 'repeat_contacts'),
    count(*) FILTER (WHERE figure = 'first_contacts'),
    count(*) FILTER (WHERE figure = 'first_contact_resolutions'),
    count(*) FILTER (WHERE figure = 'waits'),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FILTER (WHERE figure = 'waits'),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY value) FILTER (WHERE figure = 'waits'),
    count(*) FILTER (WHERE figure = 'transfers_without_note'),
    count(*) FILTER (WHERE figure = 'redundant_questions'),
    count(*) FILTER (WHERE figure = 'promises_kept'),
    count(*) FILTER (WHERE figure = 'promises_kept_late'),
    count(*) FILTER (WHERE figure = 'promises_broken')
"""
# The row of the total has no day and comes first.
SELECT_FIGURES = f"""
SELECT day, {_FIGURES}
FROM (SELECT (at AT TIME ZONE %(zone)s)::date AS day, figure, value FROM ({ITEMS}) AS item
    WHERE {IN_PERIOD}) AS counted
GROUP BY GROUPING SETS ((day), ())
HAVING grouping(day) = 1 OR %(before)s::date IS NULL OR day < %(before)s
ORDER BY grouping(day) DESC, day DESC LIMIT %(limit)s + 2
"""  # noqa: S608 - constants above


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a time zone, both ends included, as they stood at a moment of the world's clock."""

    as_of: datetime
    since: date = date.min
    until: date = date.max
    zone: str = "UTC"

    def parameters(self) -> dict[str, object]:
        """Return what IN_PERIOD asks for."""
        return {
            "as_of": self.as_of,
            "since": self.since,
            "until": self.until,
            "zone": self.zone,
        }


class Figures(NamedTuple):
    """The figures of a day or of all days; docs/continuity.md says what each counts."""

    contacts: int
    repeat_contacts: int
    first_contacts: int
    first_contact_resolutions: int
    waits: int
    wait_s_median: float | None
    wait_s_p90: float | None
    transfers_without_note: int
    redundant_questions: int
    promises_kept: int
    promises_kept_late: int
    promises_broken: int

    @property
    def first_contact_resolution_rate(self) -> float | None:
        """Return the part of first contacts that settled the matter; None where there are none."""
        return self.first_contact_resolutions / self.first_contacts if self.first_contacts else None


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """The newest days that have figures, newest first, and the total of the whole period.

    `next` is the day before which the next page begins; None: this was the last.
    """

    days: tuple[tuple[date, Figures], ...]
    total: Figures
    next: date | None
    position: int


def read_figures(
    cursor: Cursor, period: Period, *, before: date | None, limit: int, head: int
) -> FiguresPage:
    """Return a page of days, each with its figures, as the views know them at `head`."""
    limit = max(1, min(limit, DAYS_MAX))
    cursor.execute(SELECT_FIGURES, {**period.parameters(), "before": before, "limit": limit})
    (_, *total), *rows = cursor.fetchall()
    days = tuple((day, Figures(*figures)) for day, *figures in rows[:limit])
    return FiguresPage(days, Figures(*total), days[-1][0] if len(rows) > limit else None, head)
