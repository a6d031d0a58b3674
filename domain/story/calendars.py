"""The working calendars that promises of this story were made in.

A calendar belongs to nobody, so defining one is not counted as an event of the customer.
Promise: a due time stays as it was counted; a later definition serves later promises.
"""

from typing import TYPE_CHECKING

from domain.events import CalendarDefined, EventData
from domain.story.cite import Cite, Step
from domain.story.due import WorkingCalendar
from domain.story.promises import set_due

if TYPE_CHECKING:
    from domain.story.story import Story


def defined(story: "Story", data: CalendarDefined, *, cite: Cite) -> None:
    """Keep the calendar, and count the working days that promises waited to have counted."""
    story.calendars[data.calendar_id] = WorkingCalendar(
        timezone=data.timezone,
        weekdays=data.weekdays,
        closes=data.closes,
        closed_dates=data.closed_dates,
    )
    for promise in story.promises.by_id.values():
        if promise.calendar_id == data.calendar_id:
            set_due(story, promise)


STEPS: dict[type[EventData], Step] = {CalendarDefined: defined}
