"""The figures of continuity, by day and in total, as of a moment of the world's clock.

Promise: a figure is the number of its items, by the same definition and within the same bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor

from projections.continuity.promises import PROMISES_DUE

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
# Looking up what was said of each contact is the quicker way to few of them, one pass over all that
# was said is the quicker way to many.
MANY_MIN = 50_000
MANY_MEMORY = "SET LOCAL work_mem = '64MB'"
SELECT_ARE_MANY = """
SELECT count(*) >= %(many)s FROM (
    SELECT FROM continuity_contacts
    WHERE ended_at >= %(since)s::timestamp AT TIME ZONE %(zone)s
        AND ended_at < (%(until)s::date + 1)::timestamp AT TIME ZONE %(zone)s
    LIMIT %(many)s) AS ended
"""
_FEW = "(SELECT * FROM continuity_ended WHERE direction = 'inbound')"
_MANY = "continuity_inbound"
_OTHERS = """
SELECT figure, at, holds_from, holds_until FROM continuity_within
UNION ALL SELECT figure, at, holds_from, holds_until
"""
_COUNTED = """
SELECT ended_at AS at, 'contacts' AS figure, repeated_at <= %(as_of)s AS is_repeat,
    coalesce(repeated_at > %(as_of)s, true) AS is_first,
    resolution = 'resolved' AND coalesce(least(repeated_at, followed_at) > %(as_of)s, true)
        AS is_settled,
    CASE WHEN answered_at IS NOT NULL THEN wait_s END AS waited_s
FROM (SELECT *, ended_at AS at, ended_at AS holds_from, NULL::timestamptz AS holds_until
    FROM {ended} AS ended) AS contact
WHERE {period}
UNION ALL
SELECT at, figure, NULL, NULL, NULL, NULL FROM ({others} FROM ({promises}) AS due) AS other
WHERE {period}
"""
_WAITS = "(percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY waited_s))"
_FIGURES = f"""
count(*) FILTER (WHERE figure = 'contacts'), count(*) FILTER (WHERE is_repeat),
    count(*) FILTER (WHERE is_first), count(*) FILTER (WHERE is_settled),
    count(waited_s), {_WAITS}[1], {_WAITS}[2],
    count(*) FILTER (WHERE figure = 'transfers_without_note'),
    count(*) FILTER (WHERE figure = 'redundant_questions'),
    count(*) FILTER (WHERE figure = 'promises_kept'),
    count(*) FILTER (WHERE figure = 'promises_kept_late'),
    count(*) FILTER (WHERE figure = 'promises_broken')
"""
# The row of the total has no day and comes first.
_SELECT = """
SELECT day, {figures}
FROM (SELECT *, (at AT TIME ZONE %(zone)s)::date AS day FROM ({counted}) AS counted) AS dated
GROUP BY GROUPING SETS ((day), ())
HAVING grouping(day) = 1 OR %(before)s::date IS NULL OR day < %(before)s
ORDER BY grouping(day) DESC, day DESC LIMIT %(limit)s + 2
"""


def _figures_of(ended: str) -> str:
    parts = {"ended": ended, "others": _OTHERS, "promises": PROMISES_DUE, "period": IN_PERIOD}
    return _SELECT.format(figures=_FIGURES, counted=_COUNTED.format(**parts))


SELECT_OF_FEW, SELECT_OF_MANY = _figures_of(_FEW), _figures_of(_MANY)


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
    parameters = {**period.parameters(), "before": before, "limit": limit, "many": MANY_MIN}
    cursor.execute(SELECT_ARE_MANY, parameters)
    if cursor.fetchone() == (True,):
        cursor.execute(MANY_MEMORY)
        cursor.execute(SELECT_OF_MANY, parameters)
    else:
        cursor.execute(SELECT_OF_FEW, parameters)
    (_, *total), *rows = cursor.fetchall()
    days = tuple((day, Figures(*figures)) for day, *figures in rows[:limit])
    return FiguresPage(days, Figures(*total), days[-1][0] if len(rows) > limit else None, head)
