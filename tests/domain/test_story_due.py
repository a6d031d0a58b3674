"""Counting working days: weekends, closed dates, time zones and their summer time."""

from datetime import UTC, date, datetime, time

from domain.story.due import WorkingCalendar, due_after_working_days

NEW_YORK = WorkingCalendar("America/New_York", (1, 2, 3, 4, 5), time(17), ())
BERLIN = WorkingCalendar("Europe/Berlin", (1, 2, 3, 4, 5), time(18, 30), (date(2026, 5, 1),))


def due(made_at: str, days: int, calendar: WorkingCalendar) -> str:
    """Return when it falls due, as text."""
    found = due_after_working_days(datetime.fromisoformat(made_at), days, calendar=calendar)
    assert found is not None
    assert found.tzinfo is UTC
    return found.isoformat()


def test_the_day_it_was_made_does_not_count() -> None:
    """Made on a Monday morning, one working day ends on Tuesday evening."""
    assert due("2026-06-01T08:00-04:00", 1, NEW_YORK) == "2026-06-02T21:00:00+00:00"


def test_a_promise_on_a_friday_passes_over_the_weekend() -> None:
    """Friday plus one is Monday."""
    assert due("2026-06-05T16:59-04:00", 1, NEW_YORK) == "2026-06-08T21:00:00+00:00"


def test_the_day_is_the_local_day_of_the_calendar() -> None:
    """Late on Sunday in New York it is Monday in UTC, and Monday is the first working day."""
    assert due("2026-06-08T02:00+00:00", 1, NEW_YORK) == "2026-06-08T21:00:00+00:00"


def test_closing_time_follows_summer_time() -> None:
    """The same closing time is another moment on either side of the change."""
    assert due("2026-03-05T12:00-05:00", 1, NEW_YORK) == "2026-03-06T22:00:00+00:00"
    assert due("2026-03-06T12:00-05:00", 1, NEW_YORK) == "2026-03-09T21:00:00+00:00"
    assert due("2026-10-30T12:00-04:00", 1, NEW_YORK) == "2026-11-02T22:00:00+00:00"


def test_closed_dates_are_not_counted() -> None:
    """The first of May is a Friday that nobody works in Berlin."""
    assert due("2026-04-30T10:00+02:00", 1, BERLIN) == "2026-05-04T16:30:00+00:00"


def test_a_calendar_without_working_days_gives_no_due_time() -> None:
    """The search is bounded: what is never open has no due time."""
    never = WorkingCalendar("UTC", (), time(17), ())
    assert due_after_working_days(datetime(2026, 1, 1, tzinfo=UTC), 1, calendar=never) is None


def test_a_zone_that_is_not_known_here_gives_no_due_time() -> None:
    """A zone that another machine knew when the event was accepted is no reason to fail."""
    gone = WorkingCalendar("Atlantis/Capital", (1,), time(17), ())
    assert due_after_working_days(datetime(2026, 1, 1, tzinfo=UTC), 1, calendar=gone) is None
