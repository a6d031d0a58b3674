"""The lapse of a promise: said once for each time that it was due, however many clocks run."""

from __future__ import annotations

from datetime import datetime

from domain.decisions.decision import By, Decision, Said
from domain.decisions.refusals import refuse_repeated
from domain.events import PromiseLapsed
from domain.handles import Handle


def lapse_handle(promise_id: str, due_at: datetime) -> Handle:
    """Return the handle of a promise's due time; a rescheduled promise has another one."""
    return Handle("lapse", f"{due_at.isoformat()} {promise_id}")


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
