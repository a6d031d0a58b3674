"""When something falls due in working days: weekdays, closed dates and time zones.

Promise: pure arithmetic on a calendar as defined; a day is the local day of the calendar's zone.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

DAYS_SEARCHED_MAX = 3660  # a calendar closed for ten years holds no working day to count on


class WorkingCalendar(Struct, frozen=True, gc=False):
    """The working days of an organisation, in its own local time."""

    timezone: str
    weekdays: tuple[int, ...]
    closes: time
    closed_dates: tuple[date, ...]

    def is_working(self, day: date) -> bool:
        """Tell whether work is done on this local day (weekdays: Monday is 1)."""
        return day.isoweekday() in self.weekdays and day not in self.closed_dates


def due_after_working_days(
    made_at: datetime, days: int, *, calendar: WorkingCalendar
) -> datetime | None:
    """Return the closing time, in UTC, of the last of `days` whole working days after `made_at`.

    None where the calendar has no such day or its zone is not known on this machine.
    """
    try:
        zone = ZoneInfo(calendar.timezone)
    except (KeyError, ValueError, OSError):
        return None
    working = (d for d in _days_after(made_at.astimezone(zone).date()) if calendar.is_working(d))
    last = next((d for n, d in enumerate(working, 1) if n == days), None)
    return None if last is None else _at(last, calendar.closes, zone=zone)


def _at(day: date, closes: time, *, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, closes, zone).astimezone(UTC)


def _days_after(day: date) -> Iterator[date]:
    return (day + timedelta(days=n) for n in range(1, DAYS_SEARCHED_MAX))
