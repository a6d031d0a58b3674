"""The lapse of a promise: said once for each time that it was due, however many clocks run."""

from __future__ import annotations

from pydantic_core import to_json

from domain.decisions.decision import By, Decision, Said
from domain.decisions.refusals import refuse_repeated
from domain.events import PromiseLapsed
from domain.handles import Handle


def lapse_handle(data: PromiseLapsed) -> Handle:
    """Return the handle of a promise's due time; a rescheduled promise has another one.

    Two customers may have promises of one id, so whatever else the lapse names is part of it.
    """
    return Handle("lapse", to_json(data, exclude_none=True, by_alias=True).decode())


class Lapse(Decision):
    """One due time of one promise."""

    TOPIC = "toldonce.decisions.lapse.v1"

    class Event(Said):
        """What happens to a due time."""

        TOPIC = "toldonce.decisions.lapse_said.v1"

    class Lapsed(Event):
        """It passed without what was promised."""

        TOPIC = PromiseLapsed.TOPIC

    def lapse(self, data: PromiseLapsed, by: By) -> None:
        """Say that the time has passed.

        Raises:
            AlreadyDecided: it was said before.
        """
        refuse_repeated(self.facts, asked=data, by=by)
        self.say(self.Lapsed, data, by=by)
