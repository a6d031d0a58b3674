"""Calendars: which days and hours a location works."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.events.checks import refusal
from domain.events.event import EventData
from domain.events.values import Day, Id, LocalTime, Zone

Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]


class CalendarDefined(EventData):
    """A calendar is as follows from now on; weekday 1 is Monday."""

    TOPIC = "toldonce.calendar.defined.v1"
    calendar_id: Id
    timezone: Zone
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
    opens: LocalTime
    closes: LocalTime
    closed_dates: tuple[Day, ...]

    @model_validator(mode="after")
    def _is_open_on_some_days(self) -> Self:
        if self.opens >= self.closes:
            raise refusal("must open before it closes")
        if len(set(self.weekdays)) != len(self.weekdays):
            raise refusal("must name each weekday once")
        return self
